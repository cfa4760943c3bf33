"""AutoML jobs and their candidates as the endpoint keeps them.

Sources: API reference, "CreateAutoMLJobV2", "DescribeAutoMLJobV2", "AutoMLCandidate"; developer guide, "Autopilot
metrics and validation" (which objective fits which problem).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from moto.core.utils import utcnow

from ..errors import ValidationProblem

Record = dict[str, Any]

IN_PROGRESS, STOPPING = "InProgress", "Stopping"
COMPLETED, FAILED, STOPPED = "Completed", "Failed", "Stopped"
UNDER_WAY = (IN_PROGRESS, STOPPING)

BINARY, MULTICLASS, REGRESSION = "BinaryClassification", "MulticlassClassification", "Regression"
TABULAR, FORECAST = "TabularJobConfig", "TimeSeriesForecastingJobConfig"
PROBLEMS = {TABULAR: "Tabular", FORECAST: "TimeSeriesForecasting"}
"""Member of AutoMLProblemTypeConfig that is done here → its AutoMLProblemTypeConfigName."""

METRICS = {
    BINARY: ("F1", "Accuracy", "AUC", "BalancedAccuracy", "Precision", "Recall"),
    MULTICLASS: ("Accuracy", "F1macro", "BalancedAccuracy", "PrecisionMacro", "RecallMacro"),
    REGRESSION: ("MSE", "RMSE", "MAE", "R2"),
    FORECAST: ("AverageWeightedQuantileLoss", "RMSE", "WAPE", "MAPE", "MASE"),
}
"""Problem → the objectives that fit it; the first is the one without a choice."""

MINIMIZED = ("MSE", "RMSE", "MAE", "MAPE", "MASE", "WAPE", "AverageWeightedQuantileLoss", "LogLoss")


@dataclass
class Candidate:
    """One model that the job has trained, or is training."""

    name: str
    algorithm: str
    hyperparameters: dict[str, str]
    step: str
    status: str = IN_PROGRESS
    created: datetime = field(default_factory=utcnow)
    ended: datetime | None = None
    model: str = ""
    metrics: dict[str, float] = field(default_factory=dict)
    objective: str = ""
    reason: str = ""
    artifacts: Record = field(default_factory=dict)
    container: Record = field(default_factory=dict)

    def end(self, status: str, reason: str = "") -> None:
        """It is trained, or will never be."""
        self.status, self.reason, self.ended = status, reason, utcnow()

    @property
    def value(self) -> float | None:
        """The objective's value, once it is known."""
        return self.metrics.get(self.objective)

    def as_dict(self, step_arn: str) -> Record:
        """The candidate as ListCandidatesForAutoMLJob returns it."""
        states = {COMPLETED: "Succeeded", FAILED: "Failed", STOPPED: "Failed"}
        shown: Record = {
            "CandidateName": self.name,
            "ObjectiveStatus": states.get(self.status, "Pending"),
            "CandidateSteps": [
                {
                    "CandidateStepType": "AWS::SageMaker::TrainingJob",
                    "CandidateStepArn": step_arn,
                    "CandidateStepName": self.step,
                }
            ],
            "CandidateStatus": self.status,
            "CreationTime": self.created,
            "EndTime": self.ended,
            "LastModifiedTime": self.ended or self.created,
            "FailureReason": self.reason or None,
        }
        if self.status != COMPLETED:
            return shown
        locations = {"CandidateArtifactLocations": self.artifacts} if self.artifacts else {}
        # The log loss is no objective, so AWS's model has it as a standard metric alone.
        measured = [
            {"MetricName": None if name == "LogLoss" else name, "StandardMetricName": name, "Value": value}
            | {"Set": "Validation"}
            for name, value in self.metrics.items()
        ]
        return shown | {
            "FinalAutoMLJobObjectiveMetric": {
                "Type": "Minimize" if self.objective in MINIMIZED else "Maximize",
                "MetricName": self.objective,
                "StandardMetricName": self.objective,
                "Value": self.value,
            },
            "InferenceContainers": [self.container],
            "InferenceContainerDefinitions": {"CPU": [self.container]},
            "CandidateProperties": {**locations, "CandidateMetrics": measured},
        }


@dataclass
class AutoMLJob:
    """An AutoML job: what was asked for, how far it is, what it has found."""

    name: str
    arn: str
    request: Record
    status: str = IN_PROGRESS
    secondary: str = "Starting"
    created: datetime = field(default_factory=utcnow)
    modified: datetime = field(default_factory=utcnow)
    ended: datetime | None = None
    reason: str = ""
    problem: str = ""
    objective: str = ""
    candidates: dict[str, Candidate] = field(default_factory=dict)
    artifacts: Record = field(default_factory=dict)

    @property
    def under_way(self) -> bool:
        """Whether it has not ended yet."""
        return self.status in UNDER_WAY

    @property
    def kind(self) -> str:
        """`TabularJobConfig` or `TimeSeriesForecastingJobConfig`."""
        return next(iter(self.request["AutoMLProblemTypeConfig"]))

    @property
    def config(self) -> Record:
        """The settings of that kind."""
        held: Record = self.request["AutoMLProblemTypeConfig"][self.kind]
        return held

    @property
    def criteria(self) -> Record:
        """CompletionCriteria; empty when nothing was said."""
        return self.config.get("CompletionCriteria") or {}

    @property
    def folder(self) -> str:
        """S3 address under which everything that the job makes lies; it ends in a slash."""
        return f"{self.request['OutputDataConfig']['S3OutputPath'].rstrip('/')}/{self.name}/"

    def enter(self, status: str, secondary: str, reason: str = "") -> None:
        """Pass to another state; a final one ends the job and every candidate that is still in training."""
        self.status, self.secondary, self.modified = status, secondary, utcnow()
        self.reason = reason or self.reason
        if not self.under_way:
            self.ended = self.modified
            for each in self.candidates.values():
                if each.status == IN_PROGRESS:
                    each.end(STOPPED if status in (STOPPED, COMPLETED) else FAILED, reason)

    @property
    def best(self) -> Candidate | None:
        """The trained candidate with the best value of the objective."""
        trained = [each for each in self.candidates.values() if each.status == COMPLETED and each.value is not None]
        sign = -1 if self.objective in MINIMIZED else 1
        return max(trained, key=lambda each: sign * (each.value or 0.0), default=None)

    def summary(self) -> Record:
        """The job as ListAutoMLJobs returns it."""
        return {
            "AutoMLJobName": self.name,
            "AutoMLJobArn": self.arn,
            "AutoMLJobStatus": self.status,
            "AutoMLJobSecondaryStatus": self.secondary,
            "CreationTime": self.created,
            "EndTime": self.ended,
            "LastModifiedTime": self.modified,
            "FailureReason": self.reason or None,
        }

    def as_dict(self, step_arn: str) -> Record:
        """The job as DescribeAutoMLJobV2 returns it; `step_arn` begins the ARNs of the candidates' steps."""
        best = self.best
        asked = ("OutputDataConfig", "RoleArn", "SecurityConfig", "AutoMLComputeConfig")
        shown = self.summary() | {member: self.request.get(member) for member in asked}
        resolved: Record = {"CompletionCriteria": self.criteria}
        if self.objective:
            resolved["AutoMLJobObjective"] = {"MetricName": self.objective}
        if self.problem and self.kind == TABULAR:
            resolved["AutoMLProblemTypeResolvedAttributes"] = {
                "TabularResolvedAttributes": {"ProblemType": self.problem}
            }
        return shown | {
            "AutoMLJobInputDataConfig": self.request["AutoMLJobInputDataConfig"],
            "AutoMLProblemTypeConfig": self.request["AutoMLProblemTypeConfig"],
            "AutoMLProblemTypeConfigName": PROBLEMS[self.kind],
            "AutoMLJobObjective": self.request.get("AutoMLJobObjective"),
            "DataSplitConfig": self.request.get("DataSplitConfig"),
            "AutoMLJobArtifacts": self.artifacts or None,
            "ResolvedAttributes": resolved,
            "BestCandidate": best.as_dict(step_arn + best.step) if best else None,
        }


def check(request: Record) -> None:
    """What CreateAutoMLJobV2 requires beyond the API model. Raises `ValidationProblem`, or NotImplementedError for
    the kinds of problems that are not done here."""
    kinds = list(request["AutoMLProblemTypeConfig"])
    if len(kinds) != 1:
        raise ValidationProblem("AutoMLProblemTypeConfig must contain exactly one problem type configuration.")
    if kinds[0] not in PROBLEMS:
        raise NotImplementedError(f"AutoML jobs with {kinds[0]}; tabular and time-series jobs are trained")
    if (request.get("ModelDeployConfig") or {}) not in ({}, {"AutoGenerateEndpointName": False}):
        raise NotImplementedError("ModelDeployConfig: there are no endpoints; score with a transform job")
    _check_objective(request, kinds[0])
    _check_channels(request)


def _check_objective(request: Record, kind: str) -> None:
    objective = (request.get("AutoMLJobObjective") or {}).get("MetricName")
    problem = request["AutoMLProblemTypeConfig"][kind].get("ProblemType") if kind == TABULAR else FORECAST
    if kind == TABULAR and bool(objective) != bool(problem):
        raise ValidationProblem(
            "AutoMLJobObjective and ProblemType must be specified together, or neither of them: give both, or let "
            "Autopilot infer both."
        )
    if objective and objective not in METRICS[problem]:
        name = "TimeSeriesForecasting" if problem == FORECAST else problem
        raise ValidationProblem(
            f"Objective metric {objective} is not supported for problem type {name}. Choose one of: "
            f"{', '.join(METRICS[problem])}."
        )


def _check_channels(request: Record) -> None:
    channels = [each.get("ChannelType", "training") for each in request["AutoMLJobInputDataConfig"]]
    if channels.count("training") != 1 or len(set(channels)) != len(channels):
        raise ValidationProblem(
            "AutoMLJobInputDataConfig needs one training channel and may have one validation channel."
        )
    for each in request["AutoMLJobInputDataConfig"]:
        if not each.get("DataSource"):
            raise ValidationProblem("Each channel of AutoMLJobInputDataConfig needs a DataSource.")
    if len(channels) == 2 and request.get("DataSplitConfig"):
        raise ValidationProblem("DataSplitConfig cannot be specified together with a validation channel.")
    fraction = (request.get("DataSplitConfig") or {}).get("ValidationFraction")
    if fraction is not None and not 0 < fraction < 1:
        raise ValidationProblem("ValidationFraction must be greater than 0 and less than 1.")
