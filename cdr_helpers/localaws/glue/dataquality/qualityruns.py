"""Runs that evaluate rulesets or recommend one, as the endpoint keeps them (API reference, "Data Quality API")."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from moto.core.utils import utcnow

Record = dict[str, Any]

STARTING, RUNNING, STOPPING = "STARTING", "RUNNING", "STOPPING"
STOPPED, SUCCEEDED, FAILED, TIMEOUT = "STOPPED", "SUCCEEDED", "FAILED", "TIMEOUT"
UNDER_WAY = (STARTING, RUNNING, STOPPING)


@dataclass
class QualityRun:
    """A run: what was asked for (the members of the request, with their defaults), and how far it is."""

    settings: Record
    run_id: str = field(default_factory=lambda: f"dqrun-{secrets.token_hex(20)}")
    state: str = STARTING
    message: str = ""
    started_on: datetime = field(default_factory=utcnow)
    modified_on: datetime = field(default_factory=utcnow)
    completed_on: datetime | None = None

    @property
    def under_way(self) -> bool:
        """Whether it has not ended yet."""
        return self.state in UNDER_WAY

    def enter(self, state: str, message: str = "") -> None:
        """Pass to another state; a final one ends the run."""
        self.state, self.message, self.modified_on = state, message, utcnow()
        if not self.under_way:
            self.completed_on = self.modified_on

    @property
    def started_at(self) -> int:
        """When it was started, in epoch milliseconds: what `now()` is in its rules."""
        return int(self.started_on.replace(tzinfo=UTC).timestamp() * 1000)

    def option(self, name: str) -> Any:
        """One of its AdditionalRunOptions, if it is given."""
        return (self.settings.get("AdditionalRunOptions") or {}).get(name)

    @property
    def seconds(self) -> int:
        """Whole seconds that the run took, at least one once it has ended."""
        if self.completed_on is None:
            return 0
        return max(1, round((self.completed_on - self.started_on).total_seconds()))

    def as_dict(self) -> Record:
        """The run as the calls that get it return it."""
        shown = {key: value for key, value in self.settings.items() if key != "ClientToken"}
        return shown | {
            "RunId": self.run_id,
            "Status": self.state,
            "ErrorString": self.message or None,
            "StartedOn": self.started_on,
            "LastModifiedOn": self.modified_on,
            "CompletedOn": self.completed_on,
            "ExecutionTime": self.seconds,
        }

    def as_summary(self) -> Record:
        """The run as the calls that list it return it."""
        shown = ("RunId", "Status", "StartedOn", "DataSource", "CreatedRulesetName", "RecommendationMode")
        return {key: value for key, value in self.as_dict().items() if key in shown}


@dataclass
class EvaluationRun(QualityRun):
    """A run that evaluates rulesets; `results` has the id of a result for each of them."""

    results: list[str] = field(default_factory=list)

    def as_dict(self) -> Record:
        """The run as GetDataQualityRulesetEvaluationRun returns it."""
        return super().as_dict() | {"ResultIds": self.results or None}


@dataclass
class RecommendationRun(QualityRun):
    """A run that recommends a ruleset."""

    recommended: str = ""

    @property
    def created(self) -> str:
        """The name of the ruleset that it creates, if any."""
        return self.settings.get("CreatedRulesetName") or ""

    def as_dict(self) -> Record:
        """The run as GetDataQualityRuleRecommendationRun returns it."""
        return super().as_dict() | {"RecommendedRuleset": self.recommended or None}
