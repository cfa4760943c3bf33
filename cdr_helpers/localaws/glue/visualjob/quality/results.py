"""What is kept of an evaluation: results as the Data Quality API returns them, and lines for the run's log."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from moto.core.utils import utcnow

from .rules import Measured, Outcome


@dataclass(frozen=True)
class Evaluation:
    """One node's evaluation in a run: its context, its outcomes, what its analyzers measured, whether the node
    publishes them, and the folder on S3 that they go to, if any."""

    context: str
    outcomes: Sequence[Outcome]
    published: bool
    analyzed: Sequence[Measured] = ()
    folder: str = ""
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

    def as_json_lines(self) -> str:
        """A line of JSON for each rule. AWS documents that results are written below `resultsS3Prefix`, not how: the
        fields are those of the results' frame."""
        import json

        fields = ("Rule", "Outcome", "FailureReason", "EvaluatedMetrics")
        rows = (dict(zip(fields, one.as_row(), strict=True)) for one in self.outcomes)
        shown = (row | {"EvaluatedMetrics": json.loads(str(row["EvaluatedMetrics"]))} for row in rows)
        return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in shown)

    def as_dict(self, origin: dict[str, Any]) -> dict[str, Any]:
        """The result as GetDataQualityResult returns it; `origin` has the members that say where it is from: the job
        and its run, or the table, the ruleset and their run."""
        return {
            "ResultId": self.result_id,
            "Score": self.score,
            "EvaluationContext": self.context or None,
            "StartedOn": self.started_on,
            "CompletedOn": self.started_on,
            **origin,
            "RuleResults": [
                {
                    "Name": f"Rule_{at}",
                    "Description": one.rule,
                    "EvaluationMessage": one.reason or None,
                    "Result": "PASS" if one.passed else "FAIL",
                    "EvaluatedMetrics": dict(one.metrics),
                    "EvaluatedRule": one.rule,
                    **({"Labels": dict(one.labels)} if one.labels else {}),
                }
                for at, one in enumerate(self.outcomes, start=1)
            ],
            "AnalyzerResults": [
                {"Name": f"Analyzer_{at}", "Description": one.text, "EvaluatedMetrics": dict(one.metrics)}
                for at, one in enumerate(self.analyzed, start=1)
            ],
        }
