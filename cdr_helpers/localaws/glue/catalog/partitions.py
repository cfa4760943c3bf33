"""The API calls on partitions and partition indexes."""

from __future__ import annotations

from typing import Any

from moto.glue.models import FakePartition

from .. import paging
from ..errors import EntityNotFound
from . import batches
from .entries import add_index, add_partition, change_partition, partition, partitions_where, remove_partition
from .tables import TableCalls

Record = dict[str, Any]
MOST = 1000
"""Partitions of a page."""


class PartitionCalls(TableCalls):
    """Partitions of the Data Catalog."""

    def answer_create_partition(self, request: Record) -> Record:
        """CreatePartition."""
        add_partition(self.table(request["DatabaseName"], request["TableName"]), request["PartitionInput"])
        return {}

    def answer_batch_create_partition(self, request: Record) -> Record:
        """BatchCreatePartition."""
        batches.check_size(request)
        table = self.table(request["DatabaseName"], request["TableName"])
        return batches.each(
            request["PartitionInputList"],
            lambda described: add_partition(table, described),
            lambda described, detail: {"PartitionValues": described.get("Values", []), "ErrorDetail": detail},
        )

    def answer_get_partition(self, request: Record) -> Record:
        """GetPartition."""
        table = self.table(request["DatabaseName"], request["TableName"])
        return {"Partition": self._shown(partition(table, request["PartitionValues"]))}

    def answer_batch_get_partition(self, request: Record) -> Record:
        """BatchGetPartition: those that exist."""
        batches.check_size(request)
        table = self.table(request["DatabaseName"], request["TableName"])
        keys = [str(wanted["Values"]) for wanted in request["PartitionsToGet"]]
        return {"Partitions": [self._shown(table.partitions[key]) for key in keys if key in table.partitions]}

    def answer_get_partitions(self, request: Record) -> Record:
        """GetPartitions: by expression, segment and page."""
        table = self.table(request["DatabaseName"], request["TableName"])
        found = partitions_where(table, request.get("Expression"))
        segment = request.get("Segment")
        if segment:
            found = found[segment["SegmentNumber"] :: segment["TotalSegments"]]
        shown, token = paging.page(found, request, MOST)
        bare = bool(request.get("ExcludeColumnSchema"))
        rows = [_without_columns(self._shown(one)) if bare else self._shown(one) for one in shown]
        return {"Partitions": rows} | ({"NextToken": token} if token else {})

    def _shown(self, one: FakePartition) -> Record:
        return {**one.as_dict(), "CatalogId": self.account_id}

    def answer_update_partition(self, request: Record) -> Record:
        """UpdatePartition."""
        table = self.table(request["DatabaseName"], request["TableName"])
        change_partition(table, request["PartitionValueList"], request["PartitionInput"])
        return {}

    def answer_batch_update_partition(self, request: Record) -> Record:
        """BatchUpdatePartition."""
        batches.check_size(request)
        table = self.table(request["DatabaseName"], request["TableName"])
        return batches.each(
            request["Entries"],
            lambda entry: change_partition(table, entry["PartitionValueList"], entry["PartitionInput"]),
            lambda entry, detail: {"PartitionValueList": entry["PartitionValueList"], "ErrorDetail": detail},
        )

    def answer_delete_partition(self, request: Record) -> Record:
        """DeletePartition."""
        remove_partition(self.table(request["DatabaseName"], request["TableName"]), request["PartitionValues"])
        return {}

    def answer_batch_delete_partition(self, request: Record) -> Record:
        """BatchDeletePartition."""
        batches.check_size(request)
        table = self.table(request["DatabaseName"], request["TableName"])
        return batches.each(
            request["PartitionsToDelete"],
            lambda wanted: remove_partition(table, wanted["Values"]),
            lambda wanted, detail: {"PartitionValues": wanted["Values"], "ErrorDetail": detail},
        )

    # partition indexes

    def answer_create_partition_index(self, request: Record) -> Record:
        """CreatePartitionIndex."""
        table = self.table(request["DatabaseName"], request["TableName"])
        index = request["PartitionIndex"]
        add_index(table, index)
        return {}

    def answer_get_partition_indexes(self, request: Record) -> Record:
        """GetPartitionIndexes."""
        table = self.table(request["DatabaseName"], request["TableName"])
        return {"PartitionIndexDescriptorList": table.indexes}

    def answer_delete_partition_index(self, request: Record) -> Record:
        """DeletePartitionIndex."""
        table = self.table(request["DatabaseName"], request["TableName"])
        if all(known["IndexName"] != request["IndexName"] for known in table.indexes):
            raise EntityNotFound()
        table.indexes = [known for known in table.indexes if known["IndexName"] != request["IndexName"]]
        return {}

    def answer_get_user_defined_functions(self, request: Record) -> Record:
        """GetUserDefinedFunctions: there are none."""
        if request.get("DatabaseName"):
            self.database(request["DatabaseName"])
        return {"UserDefinedFunctions": []}


def _without_columns(shown: Record) -> Record:
    descriptor = {key: value for key, value in (shown.get("StorageDescriptor") or {}).items() if key != "Columns"}
    return {**shown, "StorageDescriptor": descriptor}
