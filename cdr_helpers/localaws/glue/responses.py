"""How Glue requests reach the backend.

Every method `answer_<action>` of the backend (`answer_get_table` for GetTable) answers that action: it takes the
request and returns the response, plain dicts of the API's shape. Actions without one are moto's own.
"""

from __future__ import annotations

from collections.abc import Callable

from moto.core.responses import ActionResult
from moto.glue.responses import GlueResponse

PREFIX = "answer_"


class GlueResponses(GlueResponse):
    """Moto's Glue responses with our answers instead of its own."""


def _answering(method: str) -> Callable[[GlueResponses], ActionResult]:
    def answer(self: GlueResponses) -> ActionResult:
        return ActionResult(getattr(self.glue_backend, method)(self.parameters))

    return answer


def answer_with(backend: type) -> None:
    """Give `GlueResponses` an action for each answering method of the backend class."""
    for method in dir(backend):
        if method.startswith(PREFIX):
            setattr(GlueResponses, method.removeprefix(PREFIX), _answering(method))
