"""Results of evaluations, of jobs and of runs over tables (API reference, "Data Quality API")."""

from __future__ import annotations

from typing import Any

from .. import paging
from ..catalog import CatalogCalls
from ..errors import EntityNotFound
from .filters import same_table, table_in, within

Record = dict[str, Any]

_SHOWN = ("ResultId", "DataSource", "JobName", "JobRunId", "EvaluationRunMode", "StartedOn")
_EQUAL = ("JobName", "JobRunId", "EvaluationRunMode", "DataQualityEvaluationConfig")


class ResultCalls(CatalogCalls):
    """GetDataQualityResult and its kin; `quality_results` are results as that call returns them, by id."""

    def __init__(self, region_name: str, account_id: str) -> None:
        super().__init__(region_name, account_id)
        self.quality_results: dict[str, Record] = {}

    def answer_list_data_quality_results(self, request: Record) -> Record:
        """ListDataQualityResults: those that the filter lets through, the newest first."""
        wanted = request.get("Filter") or {}
        found = [
            {field: one[field] for field in _SHOWN if field in one}
            for one in sorted(self.quality_results.values(), key=lambda one: one["StartedOn"], reverse=True)
            if _meets(one, wanted)
        ]
        return paging.answer("Results", found, request, 1000)

    def answer_get_data_quality_result(self, request: Record) -> Record:
        """GetDataQualityResult. Raises `EntityNotFound`."""
        found = self.quality_results.get(str(request.get("ResultId")))
        if found is None:
            raise EntityNotFound(f"Data quality result {request.get('ResultId')} not found.")
        return found

    def answer_batch_get_data_quality_result(self, request: Record) -> Record:
        """BatchGetDataQualityResult."""
        ids = request.get("ResultIds") or []
        return {
            "Results": [self.quality_results[one] for one in ids if one in self.quality_results],
            "ResultsNotFound": [one for one in ids if one not in self.quality_results],
        }


def _meets(result: Record, wanted: Record) -> bool:
    if any(wanted.get(field) not in (None, result.get(field)) for field in _EQUAL):
        return False
    if "DataSource" in wanted and not same_table(table_in(result.get("DataSource")), table_in(wanted["DataSource"])):
        return False
    return within(result["StartedOn"], wanted.get("StartedAfter"), wanted.get("StartedBefore"))
