"""EvaluateDataQuality: a ruleset in DQDL over the rows that pass (AWS Glue: "Evaluate Data Quality node").

`Output` says what goes on: the rows themselves (`PrimaryInput`) or the rules' outcomes (`EvaluationResults`).
`StopJobOnFailureOptions` ends the run when a rule fails, before anything is written or after it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from .. import sparktypes
from ..frames import Collection, Column, Frame, Output, Term, every
from ..quality import dqdl
from ..quality.results import Evaluation
from .base import MANY, Node, text

if TYPE_CHECKING:
    from ..execute import Run
    from ..quality.rules import Outcome

RESULTS = ("Rule", "Outcome", "FailureReason", "EvaluatedMetrics")
IMMEDIATE, LATER = "Immediate", "AfterDataLoad"


class Quality(Node):
    """What both nodes share: a ruleset, its results, and what a failing rule does."""

    required = ("Ruleset",)
    helpers = ("evaluate",)

    def check(self) -> None:
        super().check()
        if self._timing not in ("", IMMEDIATE, LATER):
            raise ValueError(f"StopJobOnFailureTiming must be {IMMEDIATE} or {LATER}, not {self._timing!r}.")
        if self._folder and not re.fullmatch(r"s3://[^/]+(/.*)?", self._folder):
            raise ValueError(f"PublishingOptions.ResultsS3Prefix must be s3://bucket/folder/, not {self._folder!r}.")
        dqdl.parse(self.settings["Ruleset"])

    @property
    def _timing(self) -> str:
        return str((self.settings.get("StopJobOnFailureOptions") or {}).get("StopJobOnFailureTiming") or "")

    @property
    def _publishing(self) -> dict[str, Any]:
        return self.settings.get("PublishingOptions") or {}

    @property
    def _folder(self) -> str:
        """Where results go; AWS's own example names the bucket alone."""
        given = self._publishing.get("ResultsS3Prefix") or ""
        return given if "://" in given or not given else f"s3://{given}"

    @property
    def _context(self) -> str:
        return self._publishing.get("EvaluationContext") or self.variable

    @property
    def _published(self) -> bool:
        return bool(self._publishing.get("ResultsPublishingEnabled"))

    @property
    def _stopped(self) -> str:
        return f"The job failed due to failing DQ rules for node: {self.variable}"

    @property
    def _options_text(self) -> str:
        """The publishing options as the script has them."""
        options: dict[str, str | bool] = {
            "dataQualityEvaluationContext": self._context,
            "enableDataQualityCloudWatchMetrics": bool(self._publishing.get("CloudWatchMetricsEnabled")),
            "enableDataQualityResultsPublishing": self._published,
        }
        if self._folder:
            options["resultsS3Prefix"] = self._folder
        return ", ".join(f"{text(key)}: {_python(value)}" for key, value in options.items())

    def _assertion(self, results: str) -> list[str]:
        if not self._timing:
            return []
        return [f'assert {results}.filter(lambda x: x["Outcome"] == "Failed").count() == 0, {text(self._stopped)}']

    def evaluated(self, run: Run, frame: Frame, others: Mapping[str, Frame]) -> list[Outcome]:
        """The rules' outcomes, noted for the run. Raises `NodeFailed` when a rule that fails stops the job at once."""
        from ..quality import measuring, rules

        measured = rules.Frames(run.connection, frame, others, run.moment)
        try:
            outcomes, analyzed = measuring.measure(self.settings["Ruleset"], measured)
        except rules.UnknownRule as problem:
            raise self.fail(str(problem)) from None
        run.evaluations.append(Evaluation(self._context, outcomes, self._published, analyzed, self._folder))
        failed = [f"{one.rule} ({one.reason})" for one in outcomes if not one.passed]
        if failed and self._timing:
            message = self.fail(f"{self._stopped}. Failed: {'; '.join(failed)}")
            if self._timing == IMMEDIATE:
                raise message
            run.late.append(message)
        return outcomes


class EvaluateDataQuality(Quality):
    """Rules over the input's rows."""

    def check(self) -> None:
        super().check()
        if self.settings.get("Output", "PrimaryInput") not in ("PrimaryInput", "EvaluationResults"):
            raise ValueError(f"Output must be PrimaryInput or EvaluationResults, not {self.settings['Output']!r}.")

    @property
    def _passes_rows(self) -> bool:
        return self.settings.get("Output", "PrimaryInput") == "PrimaryInput"

    def script(self, variables: Sequence[str]) -> str:
        results = f"{self.variable}_results" if self._passes_rows else self.variable
        lines = [
            f"{self.variable}_ruleset = {text(self.settings['Ruleset'])}",
            f"{results} = EvaluateDataQuality.apply(frame={variables[0]}, ruleset={self.variable}_ruleset, "
            f"publishing_options={{{self._options_text}}})",
            *self._assertion(results),
        ]
        return "\n".join([*lines, *([f"{self.variable} = {variables[0]}"] if self._passes_rows else [])])

    def relation(self, run: Run, inputs: Sequence[Output]) -> Output:
        frame = self.frame(inputs)
        outcomes = self.evaluated(run, frame, {})
        return frame if self._passes_rows else results_frame(run, outcomes)


class EvaluateDataQualityMultiFrame(Quality):
    """Rules over the first input, which is `primary`, and the others, by alias. It gives a collection: the rows of the
    first input (`originalData`), the rules' outcomes (`ruleOutcomes`), and the rows with the rules that each has passed
    and failed (`rowLevelOutcomes`). A node that picks from it is named after the key, as Glue Studio names it, or says
    the index in this order."""

    arity = (1, MANY)
    frame_names = ("originalData", "ruleOutcomes", "rowLevelOutcomes")

    def check(self) -> None:
        super().check()
        aliases = self._aliases
        for source in aliases:
            if source not in self.inputs:
                raise ValueError(f"AdditionalDataSources names {source}, which is none of its Inputs.")
        bare = [source for source in self.inputs[1:] if not aliases.get(source)]
        if bare:
            raise ValueError(f"AdditionalDataSources has no alias for the input {bare[0]}.")
        for option, value in (self.settings.get("AdditionalOptions") or {}).items():
            if option not in _RUNTIME:
                raise ValueError(f"AdditionalOptions.{option} is not known; {', '.join(_RUNTIME)} are.")
            if option == "compositeRuleEvaluation.method" and value == "ROW":
                raise ValueError("AdditionalOptions compositeRuleEvaluation.method ROW is not supported here.")

    @property
    def _aliases(self) -> dict[str, str]:
        """Input → alias. The API maps node names to aliases; either may stand first."""
        given = self.settings.get("AdditionalDataSources") or {}
        return {
            (key if key in self.inputs else value): (value if key in self.inputs else key)
            for key, value in given.items()
        }

    def script(self, variables: Sequence[str]) -> str:
        names = dict(zip(self.inputs, variables, strict=True))
        others = ", ".join(f"{text(self._aliases[source])}: {names[source]}" for source in self.inputs[1:])
        given = self.settings.get("AdditionalOptions") or {"performanceTuning.caching": "CACHE_NOTHING"}
        options = ", ".join(f"{text(key)}: {text(value)}" for key, value in given.items())
        lines = [
            f"{self.variable}_ruleset = {text(self.settings['Ruleset'])}",
            f"{self.variable} = EvaluateDataQuality().process_rows(frame={variables[0]}, "
            f"{f'additional_data_sources={{{others}}}, ' if others else ''}ruleset={self.variable}_ruleset, "
            f"publishing_options={{{self._options_text}}}, additional_options={{{options}}})",
            *self._assertion(f"{self.variable}[EvaluateDataQuality.DATA_QUALITY_RULE_OUTCOMES_KEY]"),
        ]
        return "\n".join(lines)

    def relation(self, run: Run, inputs: Sequence[Output]) -> Output:
        others = {self._aliases[source]: self.frame(inputs, at) for at, source in enumerate(self.inputs) if at}
        frame = self.frame(inputs)
        outcomes = self.evaluated(run, frame, others)
        made = {"originalData": frame, "ruleOutcomes": results_frame(run, outcomes)}
        ruleset = dqdl.parse(self.settings["Ruleset"]).rules
        if not any(isinstance(rule, dqdl.Composite) for rule in ruleset):
            made["rowLevelOutcomes"] = self._rows(run, frame, others, ruleset)
        return Collection(tuple(made.items()))

    def _rows(self, run: Run, frame: Frame, others: Mapping[str, Frame], ruleset: Sequence[dqdl.AnyRule]) -> Frame:
        """The rows, each with the texts of the rules that it has passed and failed, of those that say nothing about
        rows, and `Passed` or `Failed`."""
        from ..quality import rules

        measured = rules.Frames(run.connection, frame, others, run.moment)
        tests = {rule.text: rules.row_test(rule, measured) for rule in ruleset if isinstance(rule, dqdl.Rule)}
        asked = {rule: test for rule, test in tests.items() if test}
        shown = "".join(f", {test} AS test{at}" for at, test in enumerate(asked.values()))
        source = f"SELECT p.*{shown} FROM {frame.sql} p"

        def listed(condition: str) -> str:
            cells = (
                f"CASE WHEN {condition.format(f'test{at}')} THEN {sparktypes.literal(rule)} END"
                for at, rule in enumerate(asked)
            )
            return f"list_filter([{', '.join(cells)}]::VARCHAR[], lambda x: x IS NOT NULL)"

        skipped = ", ".join(sparktypes.literal(rule) for rule, test in tests.items() if not test)
        good = " AND ".join(f"test{at}" for at in range(len(asked))) or "true"
        more = (
            Term("DataQualityRulesPass", "array<string>", listed("{}")),
            Term("DataQualityRulesFail", "array<string>", listed("NOT {}")),
            Term("DataQualityRulesSkip", "array<string>", f"[{skipped}]::VARCHAR[]"),
            Term("DataQualityEvaluationResult", "string", f"CASE WHEN {good} THEN 'Passed' ELSE 'Failed' END"),
        )
        return run.select([*every(frame), *more], f"({source})")


_RUNTIME = ("performanceTuning.caching", "observations.scope", "compositeRuleEvaluation.method")


def results_frame(run: Run, outcomes: Sequence[Outcome]) -> Frame:
    """The rules' outcomes as rows."""
    columns = [Column(name, "string") for name in RESULTS]
    heads = ", ".join(f"c{at}" for at in range(len(RESULTS)))
    if not outcomes:
        return run.view(f"SELECT {', '.join(f'NULL::VARCHAR AS c{at}' for at in range(4))} WHERE false", columns)
    rows = ", ".join(f"({', '.join(_value(cell) for cell in one.as_row())})" for one in outcomes)
    return run.view(f"SELECT * FROM (VALUES {rows}) v({heads})", columns)


def _python(value: str | bool) -> str:
    return text(value) if isinstance(value, str) else str(value)


def _value(cell: str | None) -> str:
    return "NULL::VARCHAR" if cell is None else sparktypes.literal(cell)
