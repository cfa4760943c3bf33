"""Pictures of the workshop: what notebooks draw. matplotlib is imported when the first picture is drawn."""

from cdr_helpers.figures.charts import daily_calls, error_heat_map, run_history, scan_costs, top_callers
from cdr_helpers.figures.jobgraph import job_graph
from cdr_helpers.figures.learning import (
    calibration,
    confusion,
    cost_of_thresholds,
    importance,
    leaderboard,
    precision_and_recall,
)
from cdr_helpers.figures.overview import pipeline
from cdr_helpers.figures.schemas import columns_of, glossary, schema, schema_change

__all__ = [
    "calibration",
    "columns_of",
    "confusion",
    "cost_of_thresholds",
    "daily_calls",
    "error_heat_map",
    "glossary",
    "importance",
    "job_graph",
    "leaderboard",
    "pipeline",
    "precision_and_recall",
    "run_history",
    "scan_costs",
    "schema",
    "schema_change",
    "top_callers",
]
