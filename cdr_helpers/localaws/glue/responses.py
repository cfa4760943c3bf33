"""How Glue requests reach the backend.

Every method `answer_<action>` of the backend (`answer_get_table` for GetTable) answers that action: it takes the
request and returns the response, plain dicts of the API's shape. Actions without one are moto's own.
"""

from __future__ import annotations

from collections.abc import Callable

from moto.glue.responses import GlueResponse

from .. import answers

PREFIX = "answer_"
NOT_RUN = ("create_dev_endpoint", "create_ml_transform", "create_session")
"""Actions that moto answers although nothing runs: they are refused by name."""


class GlueResponses(GlueResponse):
    """Moto's Glue responses with our answers instead of its own."""


def _answering(method: str) -> Callable[[GlueResponses], str]:
    def answer(self: GlueResponses) -> str:
        response = getattr(self.glue_backend, method)(self.parameters)
        self.response_headers["Content-Type"] = answers.JSON
        return answers.text(response)

    return answer


def answer_with(backend: type) -> None:
    """Give `GlueResponses` an action for each answering method of the backend class, and take away `NOT_RUN`."""
    for action in NOT_RUN:
        setattr(GlueResponses, action, None)
    for method in dir(backend):
        if method.startswith(PREFIX):
            setattr(GlueResponses, method.removeprefix(PREFIX), _answering(method))
