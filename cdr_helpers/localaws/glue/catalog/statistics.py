"""The API calls on column statistics: kept as they are given, for tables and for partitions."""

from __future__ import annotations

from typing import Any

from ..errors import EntityNotFound
from . import batches
from .entries import partition
from .partitions import PartitionCalls

Record = dict[str, Any]


class StatisticsCalls(PartitionCalls):
    """Column statistics of the Data Catalog."""

    def answer_update_column_statistics_for_table(self, request: Record) -> Record:
        """UpdateColumnStatisticsForTable."""
        return _update(self._holder(request), request)

    def answer_get_column_statistics_for_table(self, request: Record) -> Record:
        """GetColumnStatisticsForTable."""
        return _found(self._holder(request), request)

    def answer_delete_column_statistics_for_table(self, request: Record) -> Record:
        """DeleteColumnStatisticsForTable."""
        return _delete(self._holder(request), request)

    def answer_update_column_statistics_for_partition(self, request: Record) -> Record:
        """UpdateColumnStatisticsForPartition."""
        return _update(self._holder(request), request)

    def answer_get_column_statistics_for_partition(self, request: Record) -> Record:
        """GetColumnStatisticsForPartition."""
        return _found(self._holder(request), request)

    def answer_delete_column_statistics_for_partition(self, request: Record) -> Record:
        """DeleteColumnStatisticsForPartition."""
        return _delete(self._holder(request), request)

    def _holder(self, request: Record) -> Any:
        """The table or partition that the request names. Raises `EntityNotFound`."""
        table = self.table(request["DatabaseName"], request["TableName"])
        return partition(table, request["PartitionValues"]) if "PartitionValues" in request else table


def _statistics(holder: Any) -> dict[str, Record]:
    kept: dict[str, Record] = holder.__dict__.setdefault("column_statistics", {})
    return kept


def _update(holder: Any, request: Record) -> Record:
    batches.check_size(request)
    for given in request["ColumnStatisticsList"]:
        _statistics(holder)[given["ColumnName"].lower()] = given
    return {"Errors": []}


def _found(holder: Any, request: Record) -> Record:
    batches.check_size(request)
    known = _statistics(holder)
    names = request["ColumnNames"]
    missing = {"ErrorCode": "EntityNotFoundException", "ErrorMessage": "Statistics do not exist for the column."}
    return {
        "ColumnStatisticsList": [known[name.lower()] for name in names if name.lower() in known],
        "Errors": [{"ColumnName": name, "Error": missing} for name in names if name.lower() not in known],
    }


def _delete(holder: Any, request: Record) -> Record:
    if _statistics(holder).pop(request["ColumnName"].lower(), None) is None:
        raise EntityNotFound(f"Statistics do not exist for column {request['ColumnName']}.")
    return {}
