"""Tags of SageMaker's resources (API reference: AddTags, ListTags, DeleteTags)."""

from __future__ import annotations

from typing import Any

from moto.core.base_backend import BaseBackend

from . import listing
from .errors import ValidationProblem

Record = dict[str, Any]


class TagCalls(BaseBackend):
    """AddTags, ListTags and DeleteTags; resources set theirs with `tag`."""

    def __init__(self, region_name: str, account_id: str) -> None:
        super().__init__(region_name, account_id)
        self.tags: dict[str, dict[str, str]] = {}

    def arn(self, kind: str, name: str) -> str:
        """The ARN of a resource: `kind` is `model`, `automl-job` …; AWS writes the name in lower case."""
        return f"arn:aws:sagemaker:{self.region_name}:{self.account_id}:{kind}/{name.lower()}"

    def tag(self, arn: str, tags: list[Record] | None) -> None:
        """Set the tags of a resource that is being made."""
        self.tags[arn] = {each["Key"]: each["Value"] for each in tags or ()}

    def untag(self, arn: str) -> None:
        """Forget the tags of a resource that is deleted."""
        self.tags.pop(arn, None)

    def _tags_of(self, arn: str) -> dict[str, str]:
        if arn not in self.tags:
            raise ValidationProblem(f"Could not find resource {arn}.")
        return self.tags[arn]

    def answer_add_tags(self, request: Record) -> Record:
        """AddTags. Raises `ValidationProblem`: there is no such resource."""
        held = self._tags_of(request["ResourceArn"])
        held.update({each["Key"]: each["Value"] for each in request["Tags"]})
        return {"Tags": _listed(held)}

    def answer_list_tags(self, request: Record) -> Record:
        """ListTags. Raises `ValidationProblem`: there is no such resource."""
        return listing.page("Tags", _listed(self._tags_of(request["ResourceArn"])), request, 50)

    def answer_delete_tags(self, request: Record) -> Record:
        """DeleteTags. Raises `ValidationProblem`: there is no such resource."""
        held = self._tags_of(request["ResourceArn"])
        for key in request["TagKeys"]:
            held.pop(key, None)
        return {}


def _listed(tags: dict[str, str]) -> list[Record]:
    return [{"Key": key, "Value": value} for key, value in tags.items()]
