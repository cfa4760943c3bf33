"""EvaluateDataQuality (AWS Glue: "Evaluating data quality for ETL jobs in AWS Glue Studio notebooks").

The rules are the endpoint's own, so that a ruleset means the same for visual jobs on either engine.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from awsglue.columns import numbered
from awsglue.dynamicframe import DynamicFrame, DynamicFrameCollection
from awsglue.endpoint import ask
from awsglue.transforms import GlueTransform
from awsglue.writers import kind_of, write_parts

_COLUMNS = ("Rule", "Outcome", "FailureReason", "EvaluatedMetrics")


class EvaluateDataQuality(GlueTransform):
    """Rules in DQDL over the rows of a frame."""

    ORIGINAL_DATA_KEY = "originalData"
    DATA_QUALITY_RULE_OUTCOMES_KEY = "ruleOutcomes"
    DATA_QUALITY_ROW_LEVEL_OUTCOMES_KEY = "rowLevelOutcomes"

    def __call__(
        self,
        frame: DynamicFrame,
        ruleset: str,
        publishing_options: Mapping[str, Any] | None = None,
        additional_options: Mapping[str, Any] | None = None,
        additional_data_sources: Mapping[str, Any] | None = None,
        **_: Any,
    ) -> DynamicFrame:
        rows = _evaluated(frame, dict(additional_data_sources or {}), ruleset, dict(publishing_options or {}))
        schema = ", ".join(f"{name} string" for name in _COLUMNS)
        return DynamicFrame(frame.glue_ctx.spark_session.createDataFrame(rows, schema), frame.glue_ctx, "ruleOutcomes")

    def process_rows(
        self,
        frame: DynamicFrame,
        ruleset: str,
        publishing_options: Mapping[str, Any] | None = None,
        additional_options: Mapping[str, Any] | None = None,
        **named: Any,
    ) -> DynamicFrameCollection:
        """The collection of `ruleOutcomes` and `originalData`. Outcomes of single rows (`rowLevelOutcomes`) are not
        made here."""
        outcomes = self(frame, ruleset, publishing_options, additional_options, **named)
        frames = {self.ORIGINAL_DATA_KEY: frame, self.DATA_QUALITY_RULE_OUTCOMES_KEY: outcomes}
        return _Results(frames, frame.glue_ctx)


class _Results(DynamicFrameCollection):
    def __getitem__(self, key: str) -> DynamicFrame:
        if key == EvaluateDataQuality.DATA_QUALITY_ROW_LEVEL_OUTCOMES_KEY:
            raise NotImplementedError("rowLevelOutcomes of EvaluateDataQuality are not supported here")
        return super().__getitem__(key)

    def select(self, key: str, transformation_ctx: str = "") -> DynamicFrame:
        return self[key]


def _evaluated(
    frame: DynamicFrame, others: Mapping[str, DynamicFrame], ruleset: str, options: Mapping[str, Any]
) -> list[list[str | None]]:
    answer = ask(
        "evaluate",
        primary=_given(frame),
        others={alias: _given(other) for alias, other in others.items()},
        ruleset=ruleset,
        context=options.get("dataQualityEvaluationContext") or "EvaluateDataQuality",
        publish=bool(options.get("enableDataQualityResultsPublishing")),
        results=options.get("resultsS3Prefix") or "",
    )
    return [list(row) for row in answer]


def _given(frame: DynamicFrame) -> dict[str, Any]:
    """A frame's rows as the endpoint takes them."""
    rows = frame.toDF()
    # One partition at least is written, and with it the schema, when there is no row.
    folder = write_parts(numbered(rows), "parquet", [], "snappy", {}, header=False)
    return {"folder": folder, "columns": [[field.name, kind_of(field)] for field in rows.schema.fields]}
