"""Tables and partitions, and the few ways in which they change."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from moto.glue.models import FakePartition, FakeTable
from moto.glue.utils import PartitionFilter

from ..errors import AlreadyExists, EntityNotFound, InvalidInput

Record = dict[str, Any]


class Table(FakeTable):
    """A table whose versions count from 0, as AWS's do, and that knows who made it."""

    def __init__(self, database: str, table_input: Record, catalog_id: str, created_by: str) -> None:
        super().__init__(database, table_input["Name"], table_input, catalog_id)
        self.versions = {"0": table_input}
        self._current_version = 0
        self.created_by = created_by
        self.indexes: list[Record] = []
        self.updated_time: datetime | None = self.created_time

    def as_dict(self, version: str | None = None) -> Record:
        """The table as GetTable returns it."""
        shown = super().as_dict(version if version is not None else str(self._current_version))
        return shown | {"CreatedBy": self.created_by, "IsRegisteredWithLakeFormation": False}

    @property
    def current(self) -> Record:
        """The newest version's TableInput."""
        return self.versions[str(self._current_version)]

    @property
    def version(self) -> str:
        """The newest version's id."""
        return str(self._current_version)


def untouched(entries: dict[Any, Any]) -> list[Any]:
    """The values, for reading only: looked at in another way they are compared at the next save."""
    return list(dict.values(entries))


def folded(table_input: Record) -> Record:
    """A TableInput as it is kept: the name in lower case, what AWS fills in filled in. Raises `InvalidInput`."""
    if not table_input.get("Name"):
        raise InvalidInput("Table name cannot be empty.")
    filled = {"Retention": 0, "PartitionKeys": [], "Parameters": {}, **table_input}
    return {**filled, "Name": table_input["Name"].lower()}


def change_table(table: Table, table_input: Record, keep_old: bool = True) -> None:
    """A new version of the table."""
    old = table.version
    table.update(table_input)
    if not keep_old:
        del table.versions[old]


def partition(table: Table, values: list[str]) -> FakePartition:
    """One partition. Raises `EntityNotFound`."""
    try:
        return table.partitions[str(list(values))]
    except KeyError:
        raise EntityNotFound() from None


def partitions_where(table: Table, expression: str | None = None) -> list[FakePartition]:
    """Partitions that match a GetPartitions expression, all without one."""
    everything = untouched(table.partitions)
    return [one for one in everything if not expression or PartitionFilter(expression, table)(one)]


def add_partition(table: Table, described: Record) -> None:
    """Raises `AlreadyExists`, and `InvalidInput` when the values are not as many as the keys."""
    values = described.get("Values") or []
    if len(values) != len(table.current.get("PartitionKeys") or ()):
        raise InvalidInput("The number of partition keys do not match the number of partition values")
    if str(values) in table.partitions:
        raise AlreadyExists("Partition already exists.")
    table.partitions[str(values)] = FakePartition(table.database_name, table.name, described)


def change_partition(table: Table, values: list[str], described: Record) -> None:
    """Replace a partition, with other values if `described` has them. Raises `EntityNotFound`, `AlreadyExists`."""
    old = partition(table, values)
    new = FakePartition(table.database_name, table.name, {"Values": old.values, **described})
    if new.values != old.values:
        add_partition(table, new.partition_input)
        del table.partitions[str(old.values)]
        return
    new.creation_time = old.creation_time
    table.partitions[str(old.values)] = new


def remove_partition(table: Table, values: list[str]) -> None:
    """Raises `EntityNotFound`."""
    del table.partitions[str(partition(table, values).values)]


def add_index(table: Table, index: Record) -> None:
    """A partition index, active at once. Raises `AlreadyExists`, and `InvalidInput` for keys that are none."""
    if any(known["IndexName"] == index["IndexName"] for known in table.indexes):
        raise AlreadyExists("Index already exists.")
    keys = {key["Name"]: key for key in table.current.get("PartitionKeys") or ()}
    missing = [name for name in index["Keys"] if name not in keys]
    if missing:
        raise InvalidInput(f"Index keys must be partition keys of the table; not found: {', '.join(missing)}")
    described = [{"Name": name, "Type": keys[name].get("Type", "string")} for name in index["Keys"]]
    table.indexes.append({"IndexName": index["IndexName"], "Keys": described, "IndexStatus": "ACTIVE"})
