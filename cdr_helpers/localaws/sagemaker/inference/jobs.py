"""Models and transform jobs as the endpoint keeps them (API reference: CreateModel, CreateTransformJob)."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from moto.core.utils import utcnow

from ..errors import ValidationProblem
from . import filters

Record = dict[str, Any]
IN_PROGRESS, STOPPING, COMPLETED, FAILED, STOPPED = "InProgress", "Stopping", "Completed", "Failed", "Stopped"
UNDER_WAY = (IN_PROGRESS, STOPPING)
OUTPUTS = ("predicted_label", "probability", "probabilities", "labels")


@dataclass
class Model:
    """A model: containers and the role that they run as."""

    name: str
    arn: str
    request: Record
    created: datetime = field(default_factory=utcnow)

    @property
    def container(self) -> Record:
        """The container that scores."""
        held = self.request.get("PrimaryContainer") or self.request["Containers"][0]
        return dict(held)

    def as_dict(self) -> Record:
        """The model as DescribeModel returns it."""
        shown = {key: value for key, value in self.request.items() if key != "Tags"}
        return {"ModelArn": self.arn, "CreationTime": self.created, "EnableNetworkIsolation": False, **shown}

    def summary(self) -> Record:
        """The model as ListModels returns it."""
        return {"ModelName": self.name, "ModelArn": self.arn, "CreationTime": self.created}


@dataclass
class TransformJob:
    """A batch transform job."""

    name: str
    arn: str
    request: Record
    status: str = IN_PROGRESS
    reason: str = ""
    created: datetime = field(default_factory=utcnow)
    modified: datetime = field(default_factory=utcnow)
    started: datetime | None = None
    ended: datetime | None = None

    @property
    def under_way(self) -> bool:
        """Whether it has not ended yet."""
        return self.status in UNDER_WAY

    def enter(self, status: str, reason: str = "") -> None:
        """Pass to another state; a final one ends the job."""
        self.status, self.modified = status, utcnow()
        self.reason = reason or self.reason
        if not self.under_way:
            self.ended = self.modified

    @property
    def processing(self) -> Record:
        """DataProcessing with its defaults."""
        said = self.request.get("DataProcessing") or {}
        return {"InputFilter": "$", "OutputFilter": "$", "JoinSource": "None", **said}

    def summary(self) -> Record:
        """The job as ListTransformJobs returns it."""
        return {
            "TransformJobName": self.name,
            "TransformJobArn": self.arn,
            "CreationTime": self.created,
            "TransformEndTime": self.ended,
            "LastModifiedTime": self.modified,
            "TransformJobStatus": self.status,
            "FailureReason": self.reason or None,
        }

    def as_dict(self) -> Record:
        """The job as DescribeTransformJob returns it."""
        asked = {key: value for key, value in self.request.items() if key != "Tags"}
        return asked | self.summary() | {"TransformStartTime": self.started, "DataProcessing": self.processing}


def check_model(request: Record) -> None:
    """What CreateModel requires beyond the API model. Raises `ValidationProblem`."""
    one, several = request.get("PrimaryContainer"), request.get("Containers")
    if bool(one) == bool(several):
        raise ValidationProblem("Specify either PrimaryContainer or Containers, and not both.")
    if several and len(several) > 1:
        raise NotImplementedError("models of several containers")
    if not request.get("ExecutionRoleArn"):
        raise ValidationProblem("ExecutionRoleArn is required.")


def check_transform(request: Record) -> None:
    """What CreateTransformJob requires beyond the API model. Raises `ValidationProblem`."""
    taken = request["TransformInput"].get("ContentType") or "text/csv"
    if taken.partition(";")[0].strip() != "text/csv":
        raise NotImplementedError(f"transform jobs on {taken}; text/csv is scored")
    processing = request.get("DataProcessing") or {}
    for member in ("InputFilter", "OutputFilter"):
        text = processing.get(member, "$")
        if not filters.is_usable(text):
            raise ValidationProblem(
                f"{member} {text} is not a JSONPath expression that CSV records can have, such as $[1:]."
            )
    joined = processing.get("JoinSource", "None") == "Input"
    line = request["TransformInput"].get("SplitType") == request["TransformOutput"].get("AssembleWith") == "Line"
    if joined and not line:
        raise ValidationProblem("To join the input, SplitType and AssembleWith must both be Line.")
