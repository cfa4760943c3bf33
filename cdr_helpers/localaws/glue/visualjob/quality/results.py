"""What is kept of an evaluation: results as the Data Quality API returns them, and lines for the run's log."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from moto.core.utils import utcnow

from .rules import Outcome


@dataclass(frozen=True)
class Evaluation:
    """One node's evaluation in a run: its context, its outcomes, whether the node publishes them."""

    context: str
    outcomes: Sequence[Outcome]
    published: bool
    result_id: str = field(default_factory=lambda: f"dqresult-{secrets.token_hex(20)}")
    started_on: datetime = field(default_factory=utcnow)

    @property
    def score(self) -> float:
        """The share of rules that passed."""
        return sum(one.passed for one in self.outcomes) / max(len(self.outcomes), 1)

    def lines(self) -> list[str]:
        """A line for each rule."""
        return [
            f"{self.context}: {'Passed' if one.passed else 'Failed'} {one.rule} {one.reason}".rstrip()
            for one in self.outcomes
        ]

    def as_dict(self, job: str, run_id: str) -> dict[str, Any]:
        """The result as GetDataQualityResult returns it."""
        return {
            "ResultId": self.result_id,
            "Score": self.score,
            "EvaluationContext": self.context,
            "StartedOn": self.started_on,
            "CompletedOn": self.started_on,
            "JobName": job,
            "JobRunId": run_id,
            "RuleResults": [
                {
                    "Name": f"Rule_{at}",
                    "Description": one.rule,
                    "EvaluationMessage": one.reason or None,
                    "Result": "PASS" if one.passed else "FAIL",
                    "EvaluatedMetrics": dict(one.metrics),
                }
                for at, one in enumerate(self.outcomes, start=1)
            ],
        }
