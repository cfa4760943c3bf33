"""How Glue requests reach the backend.

Every method `answer_<action>` of the backend (`answer_get_table` for GetTable) answers that action: it takes the
request and returns the response, plain dicts of the API's shape. Actions without one are moto's own.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from moto.glue.responses import GlueResponse

PREFIX = "answer_"
NOT_RUN = ("create_dev_endpoint", "create_ml_transform", "create_session")
"""Actions that moto answers although nothing runs: they are refused by name."""
JSON = "application/x-amz-json-1.1"


class GlueResponses(GlueResponse):
    """Moto's Glue responses with our answers instead of its own."""


def _answering(method: str) -> Callable[[GlueResponses], str]:
    def answer(self: GlueResponses) -> str:
        response = getattr(self.glue_backend, method)(self.parameters)
        self.response_headers["Content-Type"] = JSON
        return json.dumps(_given(response), default=_epoch)

    return answer


def _given(value: Any) -> Any:
    """The response without what is None: AWS leaves such members out. Moto's own serializer does the same by the API
    model, at thirty times the cost: a page of a thousand partitions would take 0.3 s."""
    if isinstance(value, dict):
        return {key: _given(held) for key, held in value.items() if held is not None}
    return [_given(held) for held in value] if isinstance(value, (list, tuple)) else value


def _epoch(value: Any) -> float:
    if isinstance(value, datetime):
        return (value if value.tzinfo else value.replace(tzinfo=UTC)).timestamp()
    raise TypeError(f"not a value of a response: {value!r}")


def answer_with(backend: type) -> None:
    """Give `GlueResponses` an action for each answering method of the backend class, and take away `NOT_RUN`."""
    for action in NOT_RUN:
        setattr(GlueResponses, action, None)
    for method in dir(backend):
        if method.startswith(PREFIX):
            setattr(GlueResponses, method.removeprefix(PREFIX), _answering(method))
