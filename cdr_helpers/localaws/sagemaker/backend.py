"""The SageMaker backend: AutoML jobs, models, transform jobs. Request ↔ work, no more.

Every method `answer_<action>` of the backend answers that action. All other actions of SageMaker are refused by name:
moto answers some of them as if something had been trained.
"""

from __future__ import annotations

import json
import re
from typing import Any

from .. import answers
from ..errors import AwsError
from . import requests
from .inference.calls import InferenceCalls


class SageMakerBackend(InferenceCalls):
    """What moto's SageMaker backend is replaced by."""

    transient: frozenset[str] = frozenset()
    answers_alone = True
    """Nothing is left to moto."""

    @classmethod
    def answering(cls, action: str) -> str | None:
        """The method that answers an action; None when the action is refused."""
        words = re.findall(r"AutoML|V\d|[A-Z][a-z]+|[A-Z]+(?![a-z])", action)
        method = "_".join(["answer", *("auto_ml" if word == "AutoML" else word.lower() for word in words)])
        return method if hasattr(cls, method) else None

    def recover(self) -> None:
        """After a restart: what was under way has failed, and says so."""
        self.recover_automl_jobs()
        self.recover_transform_jobs()


def register() -> Any:
    """Make this backend known to moto; returns what answers SageMaker's requests."""
    from moto.sagemaker import models

    backends: Any = models.sagemaker_backends
    backends.backend = SageMakerBackend
    return _answer


def _answer(request: Any, url: str, headers: dict[str, str]) -> tuple[int, dict[str, str], str]:
    from moto.core import DEFAULT_ACCOUNT_ID
    from moto.sagemaker.models import sagemaker_backends

    action = request.headers.get("X-Amz-Target", "").rpartition(".")[2]
    region = request.headers["Authorization"].split("Credential=")[1].split("/")[2]
    method = SageMakerBackend.answering(action)
    if method is None:
        if not requests.is_action(action):
            raise AwsError(f"Unknown operation {action}", "UnknownOperationException")
        raise NotImplementedError(f"SageMaker's {action}")
    asked = json.loads(request.data or b"{}")
    requests.check(action, asked)
    backend = sagemaker_backends[DEFAULT_ACCOUNT_ID][region]
    return 200, {"Content-Type": answers.JSON}, answers.text(getattr(backend, method)(asked))
