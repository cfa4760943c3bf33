"""EvaluateDataQuality: a ruleset in DQDL over the rows that pass (AWS Glue: "Evaluate Data Quality node").

`Output` says what goes on: the rows themselves (`PrimaryInput`) or the rules' outcomes (`EvaluationResults`).
`StopJobOnFailureOptions` ends the run when a rule fails, before anything is written or after it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from .. import sparktypes
from ..frames import Column, Output
from ..quality import dqdl
from ..quality.results import Evaluation
from .base import Node, text

if TYPE_CHECKING:
    from ..execute import Run

RESULTS = ("Rule", "Outcome", "FailureReason", "EvaluatedMetrics")
IMMEDIATE, LATER = "Immediate", "AfterDataLoad"


class EvaluateDataQuality(Node):
    """Rules over the input's rows."""

    required = ("Ruleset",)
    helpers = ("evaluate",)

    def check(self) -> None:
        super().check()
        if self.settings.get("Output", "PrimaryInput") not in ("PrimaryInput", "EvaluationResults"):
            raise ValueError(f"Output must be PrimaryInput or EvaluationResults, not {self.settings['Output']!r}.")
        if self._timing not in ("", IMMEDIATE, LATER):
            raise ValueError(f"StopJobOnFailureTiming must be {IMMEDIATE} or {LATER}, not {self._timing!r}.")
        if self._publishing.get("ResultsS3Prefix"):
            raise ValueError("PublishingOptions.ResultsS3Prefix is not supported here.")
        dqdl.parse(self.settings["Ruleset"])

    @property
    def _timing(self) -> str:
        return str((self.settings.get("StopJobOnFailureOptions") or {}).get("StopJobOnFailureTiming") or "")

    @property
    def _publishing(self) -> dict[str, Any]:
        return self.settings.get("PublishingOptions") or {}

    @property
    def _context(self) -> str:
        return self._publishing.get("EvaluationContext") or self.variable

    @property
    def _published(self) -> bool:
        return bool(self._publishing.get("ResultsPublishingEnabled"))

    @property
    def _passes_rows(self) -> bool:
        return self.settings.get("Output", "PrimaryInput") == "PrimaryInput"

    @property
    def _stopped(self) -> str:
        return f"The job failed due to failing DQ rules for node: {self.variable}"

    def script(self, variables: Sequence[str]) -> str:
        results = f"{self.variable}_results" if self._passes_rows else self.variable
        options: dict[str, str | bool] = {
            "dataQualityEvaluationContext": self._context,
            "enableDataQualityCloudWatchMetrics": bool(self._publishing.get("CloudWatchMetricsEnabled")),
            "enableDataQualityResultsPublishing": self._published,
        }
        shown = ", ".join(f"{text(key)}: {_python(value)}" for key, value in options.items())
        lines = [
            f"{self.variable}_ruleset = {text(self.settings['Ruleset'])}",
            f"{results} = EvaluateDataQuality.apply(frame={variables[0]}, ruleset={self.variable}_ruleset, "
            f"publishing_options={{{shown}}})",
        ]
        if self._timing:
            lines.append(
                f'assert {results}.filter(lambda x: x["Outcome"] == "Failed").count() == 0, {text(self._stopped)}'
            )
        return "\n".join([*lines, *([f"{self.variable} = {variables[0]}"] if self._passes_rows else [])])

    def relation(self, run: Run, inputs: Sequence[Output]) -> Output:
        from ..quality import rules
        from ..sparksql import macros

        frame = self.frame(inputs)
        macros.prepare(run.connection)
        try:
            outcomes = rules.evaluate(dqdl.parse(self.settings["Ruleset"]), rules.Frames(run.connection, frame))
        except rules.UnknownRule as problem:
            raise self.fail(str(problem)) from None
        run.evaluations.append(Evaluation(self._context, outcomes, self._published))
        failed = [f"{one.rule} ({one.reason})" for one in outcomes if not one.passed]
        if failed and self._timing:
            message = self.fail(f"{self._stopped}. Failed: {'; '.join(failed)}")
            if self._timing == IMMEDIATE:
                raise message
            run.late.append(message)
        if self._passes_rows:
            return frame
        rows = ", ".join(f"({', '.join(_value(cell) for cell in one.as_row())})" for one in outcomes)
        heads = ", ".join(f"c{at}" for at in range(len(RESULTS)))
        return run.view(f"SELECT * FROM (VALUES {rows}) v({heads})", [Column(name, "string") for name in RESULTS])


def _python(value: str | bool) -> str:
    return text(value) if isinstance(value, str) else str(value)


def _value(cell: str | None) -> str:
    return "NULL::VARCHAR" if cell is None else sparktypes.literal(cell)
