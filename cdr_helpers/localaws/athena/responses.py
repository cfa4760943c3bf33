"""How Athena requests reach the backend: action `GetX` is answered by the backend's method `answer_get_x`.

Each takes the request and returns the response, plain dicts of the API's shape. Actions without one are moto's own.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from moto.athena.responses import AthenaResponse
from moto.core.responses import ActionResult

from .requests import RequestProblem

PREFIX = "answer_"


class AthenaResponses(AthenaResponse):
    """Moto's Athena responses with our answers instead of its own."""


def _answering(method: str) -> Callable[[AthenaResponses], Any]:
    def answer(self: AthenaResponses) -> Any:
        try:
            return ActionResult(getattr(self.athena_backend, method)(json.loads(self.body or "{}")))
        except RequestProblem as problem:
            headers = {"status": 400, "x-amzn-ErrorType": problem.kind}
            return 400, headers, problem.body

    return answer


def answer_with(backend: type) -> None:
    """Give `AthenaResponses` an action for each answering method of the backend class."""
    for method in dir(backend):
        if method.startswith(PREFIX):
            setattr(AthenaResponses, method.removeprefix(PREFIX), _answering(method))
