"""From what a crawl found to the catalog: create, update, deprecate or delete by the crawler's policies.

(AWS pages "Setting crawler configuration options" and "Incremental crawls"; new tables and partitions are added
whatever the policy.) Runs inside `persistence.changing("glue")`; reads no object.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from ..catalog import CatalogCalls, Table, entries, untouched
from . import grouping, naming, tableinput
from .logs import CrawlLog
from .state import Changes
from .tableinput import VOLATILE, Origin

Record = dict[str, Any]

DEPRECATED = "DEPRECATED_BY_CRAWLER"
INDEX = "crawler_partition_index"
KEPT = ("Description", "LastAccessTime")
"""What an update leaves as it is."""


@dataclass(frozen=True)
class Found:
    """One table of the crawl, with where it lies and who writes it."""

    bucket: str
    table: grouping.Table
    origin: Origin

    @property
    def location(self) -> str:
        """The table's address."""
        return f"s3://{self.bucket}/{self.table.location}"


@dataclass(frozen=True)
class Policy:
    """What the crawler is told to do with differences."""

    update: str = "UPDATE_IN_DATABASE"
    delete: str = "DEPRECATE_IN_DATABASE"
    merge_columns: bool = False
    """`Tables.AddOrUpdateBehavior` MergeNewColumns: columns are only added."""
    inherit: bool = False
    """`Partitions.AddOrUpdateBehavior` InheritFromTable: partitions have the table's columns."""
    partitions_only: bool = False
    """A later crawl of CRAWL_NEW_FOLDERS_ONLY: nothing but new partitions."""
    existing_only: bool = False
    """A crawl of tables of the catalog: no table comes or goes, and their partition keys stay."""


class Writer:
    """Writes one crawl's tables into one database."""

    def __init__(
        self,
        backend: CatalogCalls,
        database: str,
        prefix: str,
        policy: Policy,
        log: CrawlLog,
        created_by: str | None,
        require: Callable[[str, str], None],
        changes: Changes,
    ) -> None:
        """`require(action, table)` raises `AccessDenied` when the crawler's role may not do it; `changes` is told what
        is done."""
        self.require = lru_cache(maxsize=None)(require)
        self.backend, self.database, self.prefix = backend, database, prefix
        self.policy, self.log, self.created_by = policy, log, created_by
        self.changes = changes
        self.by_location = {_place(_location(table)): table for table in backend.tables_of(database)}

    def write(self, found: Sequence[Found], crawled: Iterable[str], unread: Sequence[str], crawler: str) -> None:
        """Bring the database in line with `found`.

        `crawled` are the addresses of the folders that were listed; `unread` those of objects that exist but could
        not be read, which is no reason to call their table gone.
        """
        for one in _distinct(found):
            known = self.by_location.get(_place(one.location))
            if self.policy.existing_only and not self._fits(known, one):
                continue
            if known is None and not self.policy.partitions_only:
                known = self._create(one)
            elif known is not None:
                self._update(known, one)
            if known is not None:
                self._partitions(known, one, unread)
        if not self.policy.partitions_only:
            self._gone({_place(one.location) for one in found}, tuple(crawled), unread, crawler)

    def _fits(self, table: Table | None, one: Found) -> bool:
        """Whether what was found is what a table of the catalog says of its folders."""
        fits = table is not None and len(_key_names(table)) == one.table.depth
        if not fits:
            self.log.warn(
                f"What lies in {one.location} is not laid out as its table in the Data Catalog; it is left out"
            )
        return fits

    def _create(self, one: Found) -> Table:
        keys = tableinput.keys_of(one.table)
        described = tableinput.table_input(self._free_name(one), one.bucket, one.table, keys, one.origin)
        self.require("CreateTable", described["Name"])
        table = self.backend.add_table(self.database, described, self.created_by)
        table.current["LastAccessTime"] = table.created_time
        if keys and one.origin.indexed:
            entries.add_index(table, {"IndexName": INDEX, "Keys": list(keys)})
        self.changes.table["ADD"].append(table.name)
        self.log.info(f"Created table {table.name} in database {self.database}")
        return table

    def _free_name(self, one: Found) -> str:
        name = naming.table_name(one.location, self.prefix)
        taken = self.backend.database(self.database).tables
        return naming.unlike(name, one.location) if name in taken else name

    def _update(self, table: Table, one: Found) -> None:
        if self.policy.update == "LOG":
            return
        keys = self._keys(table, one)
        new = tableinput.table_input(table.name, one.bucket, one.table, keys, one.origin)
        old = table.current
        if self.policy.merge_columns and _ours(old) and _incompatible(old, new):
            self._deprecate_incompatible(table, _incompatible(old, new))
            return
        new["StorageDescriptor"]["Columns"] = self._columns(old, new)
        if self.policy.merge_columns:
            new["StorageDescriptor"] |= _formats_of(old, new)
        new |= {key: old[key] for key in KEPT if key in old}
        if _same(old, new):
            return
        self.require("UpdateTable", table.name)
        if keys != _key_names(table):
            table.partitions.clear()
        entries.change_table(table, new)
        self.changes.table["UPDATE"].append(table.name)
        self.log.info(f"Updated table {table.name} in database {self.database}")

    def _deprecate_incompatible(self, table: Table, attributes: Sequence[str]) -> None:
        """MergeNewColumns does not change what the table is; it is for somebody to settle."""
        self.log.warn(
            f"Table {table.name} in database {self.database} is marked deprecated because of an incompatible change of "
            f"{', '.join(attributes)} that needs to be resolved"
        )
        if not _deprecated(table.current):
            self.require("UpdateTable", table.name)
            entries.change_table(table, _marked(table.current))
            self.changes.table["UPDATE"].append(table.name)

    def _keys(self, table: Table, one: Found) -> tuple[str, ...]:
        """The table keeps its partition keys as long as the folders are as deep."""
        known = _key_names(table)
        return known if len(known) == one.table.depth else tableinput.keys_of(one.table)

    def _columns(self, old: Record, new: Record) -> list[Record]:
        known = _columns_of(old)
        fresh = _columns_of(new)
        if self.policy.merge_columns:
            names = {column["Name"] for column in known}
            return [*known, *(column for column in fresh if column["Name"] not in names)]
        comments = {(column["Name"], column.get("Type")): column for column in known if column.get("Comment")}
        return [comments.get((column["Name"], column["Type"]), column) for column in fresh]

    def _partitions(self, table: Table, one: Found, unread: Sequence[str]) -> None:
        keys = _key_names(table)
        if not keys:
            return
        found: dict[str, Record] = {}
        for part in one.table.parts:
            values = naming.partition_values(part.path, keys)
            if values is None:
                self.log.warn(
                    f"Skipped folder {'/'.join(part.path)}: its keys are not the partition keys {', '.join(keys)} of "
                    f"table {table.name}"
                )
            elif str(values) not in found:
                found[str(values)] = tableinput.partition_input(values, one.bucket, one.table, part, one.origin)
        for described in found.values():
            self._partition(table, described)
        if not self.policy.partitions_only:
            self._gone_partitions(table, found, unread)

    def _partition(self, table: Table, described: Record) -> None:
        if self.policy.inherit:
            _inherit(described, table.current)
        known = table.partitions.get(str(described["Values"]))
        name = f"{table.name}/{'/'.join(described['Values'])}"
        if known is None:
            self.require("BatchCreatePartition", table.name)
            entries.add_partition(table, described)
            self.changes.partition["ADD"].append(name)
        elif (self.policy.update != "LOG" or self.policy.inherit) and not _same(known.partition_input, described):
            self.require("UpdatePartition", table.name)
            entries.change_partition(table, described["Values"], described)
            self.changes.partition["UPDATE"].append(name)

    def _gone_partitions(self, table: Table, found: dict[str, Record], unread: Sequence[str]) -> None:
        gone = [one for one in untouched(table.partitions) if str(one.values) not in found]
        for one in gone:
            location = (one.partition_input.get("StorageDescriptor") or {}).get("Location", "")
            if any(address.startswith(location) for address in unread):
                continue
            name = f"{table.name}/{'/'.join(one.values)}"
            if self.policy.delete == "DELETE_FROM_DATABASE":
                self.require("BatchDeletePartition", table.name)
                entries.remove_partition(table, one.values)
                self.changes.partition["DELETE"].append(name)
            elif self.policy.delete == "DEPRECATE_IN_DATABASE" and not _deprecated(one.partition_input):
                self.require("UpdatePartition", table.name)
                entries.change_partition(table, one.values, _marked(one.partition_input))
                self.changes.partition["UPDATE"].append(name)

    def _gone(self, found: set[str], crawled: Sequence[str], unread: Sequence[str], crawler: str) -> None:
        """Tables of this crawler below the crawled folders that were not found again."""
        for place, table in self.by_location.items():
            parameters = table.current.get("Parameters") or {}
            ours = parameters.get("UPDATED_BY_CRAWLER") == crawler and _below(place, crawled)
            if not ours or place in found or any(address.startswith(place) for address in unread):
                continue
            self._remove(table)

    def _remove(self, table: Table) -> None:
        if self.policy.delete == "DELETE_FROM_DATABASE":
            self.require("DeleteTable", table.name)
            del self.backend.database(self.database).tables[table.name]
            self.changes.table["DELETE"].append(table.name)
            self.log.info(f"Deleted table {table.name} in database {self.database}")
        elif self.policy.delete == "DEPRECATE_IN_DATABASE" and not _deprecated(table.current):
            self.require("UpdateTable", table.name)
            entries.change_table(table, _marked(table.current))
            self.changes.table["UPDATE"].append(table.name)
            self.log.info(
                f"Table {table.name} in database {self.database} is marked deprecated because a matching schema was "
                "not found at the table's location."
            )
        elif self.policy.delete == "LOG":
            self.log.info(f"Table {table.name} in database {self.database} has no objects any more")


def _distinct(found: Sequence[Found]) -> list[Found]:
    """One of each location: targets may overlap."""
    places: dict[str, Found] = {}
    for one in found:
        places.setdefault(_place(one.location), one)
    return list(places.values())


def _location(table: Table) -> str:
    return str((table.current.get("StorageDescriptor") or {}).get("Location") or f"table:{table.name}")


def _place(location: str) -> str:
    """An address that is the same with and without a closing slash."""
    return location.rstrip("/")


def _below(place: str, folders: Sequence[str]) -> bool:
    return any(f"{place}/".startswith(f"{_place(folder)}/") for folder in folders)


def _key_names(table: Table) -> tuple[str, ...]:
    return tuple(key["Name"] for key in table.current.get("PartitionKeys") or ())


_FUNDAMENTAL = ("classification", "compressionType", "delimiter")
"""Parameters of a table that say what its objects are."""
_INHERITED = ("Columns", "InputFormat", "OutputFormat", "SerdeInfo")


def _ours(described: Record) -> bool:
    return "UPDATED_BY_CRAWLER" in (described.get("Parameters") or {})


def _incompatible(old: Record, new: Record) -> list[str]:
    """The fundamental attributes in which a table and what was found differ."""
    return [name for name in _FUNDAMENTAL if (old["Parameters"].get(name) != new["Parameters"].get(name))]


def _formats_of(old: Record, new: Record) -> Record:
    """Formats and SerDe as the table has them, with those parameters of the SerDe that the crawler sets."""
    known = old.get("StorageDescriptor") or {}
    kept = {key: known[key] for key in ("InputFormat", "OutputFormat") if known.get(key)}
    serde = known.get("SerdeInfo")
    if not serde:
        return kept
    fresh = (new["StorageDescriptor"].get("SerdeInfo") or {}).get("Parameters") or {}
    same = serde.get("SerializationLibrary") == new["StorageDescriptor"]["SerdeInfo"].get("SerializationLibrary")
    parameters = {**(serde.get("Parameters") or {}), **(fresh if same else {})}
    return {**kept, "SerdeInfo": {**serde, "Parameters": parameters}}


def _inherit(partition: Record, table: Record) -> None:
    """Classification, formats, SerDe and columns are the table's (`InheritFromTable`)."""
    known = table.get("StorageDescriptor") or {}
    partition["StorageDescriptor"] |= {key: known[key] for key in _INHERITED if key in known}
    classification = (table.get("Parameters") or {}).get("classification")
    for parameters in (partition["Parameters"], partition["StorageDescriptor"]["Parameters"]):
        parameters |= {"classification": classification} if classification else {}


def _columns_of(described: Record) -> list[Record]:
    return list((described.get("StorageDescriptor") or {}).get("Columns") or ())


def _same(old: Record, new: Record) -> bool:
    return _comparable(old) == _comparable(new)


def _comparable(described: Record) -> Record:
    descriptor = dict(described.get("StorageDescriptor") or {})
    descriptor["Parameters"] = _lasting(descriptor.get("Parameters"))
    return {**described, "StorageDescriptor": descriptor, "Parameters": _lasting(described.get("Parameters"))}


def _lasting(parameters: Record | None) -> Record:
    return {key: value for key, value in (parameters or {}).items() if key not in VOLATILE}


def _deprecated(described: Record) -> bool:
    return DEPRECATED in (described.get("Parameters") or {})


def _marked(described: Record) -> Record:
    """The same with the mark of a deprecated table or partition, in both maps of parameters."""
    mark = {DEPRECATED: str(int(time.time() * 1000))}
    descriptor = dict(described.get("StorageDescriptor") or {})
    descriptor["Parameters"] = {**(descriptor.get("Parameters") or {}), **mark}
    return {
        **described,
        "StorageDescriptor": descriptor,
        "Parameters": {**(described.get("Parameters") or {}), **mark},
    }
