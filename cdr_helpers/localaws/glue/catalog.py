"""The Data Catalog: databases, tables, versions and partitions, on moto's objects.

The calls of the API are the methods `answer_…` of `CatalogCalls`, which take a request and return a response, both as
plain dicts of the API's shape. Crawler, job and query use the functions at the end of the file. AWS folds the names of
databases and tables to lower case (API reference, "Databases", "Tables").
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any, cast

from moto.glue.models import FakeDatabase, FakePartition, FakeTable, GlueBackend
from moto.glue.utils import PartitionFilter

from .. import persistence
from . import paging
from .errors import AlreadyExists, ConcurrentModification, EntityNotFound, InvalidInput, InvalidRequest

Record = dict[str, Any]

OPEN_TO_ALL = [{"Principal": {"DataLakePrincipalIdentifier": "IAM_ALLOWED_PRINCIPALS"}, "Permissions": ["ALL"]}]
MOST_ROWS = {"partitions": 1000, "tables": 100, "databases": 100, "versions": 100}
MOST_IN_BATCH = {
    "PartitionInputList": 100,
    "PartitionsToDelete": 25,
    "PartitionsToGet": 1000,
    "Entries": 100,
    "TablesToDelete": 100,
    "VersionIds": 100,
}
"""Limits of the API model on lists in one request."""


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


def _lower(name: str) -> str:
    return name.lower()


def _check_batch(request: Record) -> None:
    for key, most in MOST_IN_BATCH.items():
        if len(request.get(key) or ()) > most:
            raise InvalidRequest(
                f"1 validation error detected: Value at '{key[0].lower()}{key[1:]}' failed to satisfy constraint: "
                f"Member must have length less than or equal to {most}"
            )


class CatalogCalls(GlueBackend):
    """The catalog's part of the Glue backend."""

    @property
    def user_arn(self) -> str:
        """Who calls: the endpoint has one user."""
        return f"arn:aws:sts::{self.account_id}:user/local"

    # databases

    def database(self, name: str) -> FakeDatabase:
        """Raises `EntityNotFound`."""
        try:
            return self.databases[_lower(name)]
        except KeyError:
            raise EntityNotFound(f"Database {name} not found.") from None

    def answer_create_database(self, request: Record) -> Record:
        """CreateDatabase."""
        described = dict(request["DatabaseInput"])
        described["Name"] = name = _lower(described["Name"])
        if name in self.databases:
            raise AlreadyExists("Database already exists.")
        described.setdefault("CreateTableDefaultPermissions", OPEN_TO_ALL)
        self.databases[name] = FakeDatabase(name, described, self.account_id)
        self.tag_resource(self._arn("database", name), request.get("Tags"))
        return {}

    def _arn(self, kind: str, name: str) -> str:
        return f"arn:aws:glue:{self.region_name}:{self.account_id}:{kind}/{name}"

    def answer_get_database(self, request: Record) -> Record:
        """GetDatabase."""
        return {"Database": self.database(request["Name"]).as_dict()}

    def answer_get_databases(self, request: Record) -> Record:
        """GetDatabases."""
        shown = [database.as_dict() for database in untouched(self.databases)]
        return paging.answer("DatabaseList", shown, request, MOST_ROWS["databases"])

    def answer_update_database(self, request: Record) -> Record:
        """UpdateDatabase."""
        database = self.database(request["Name"])
        database.input = {"CreateTableDefaultPermissions": OPEN_TO_ALL, **request["DatabaseInput"]}
        return {}

    def answer_delete_database(self, request: Record) -> Record:
        """DeleteDatabase: its tables go with it (API reference)."""
        del self.databases[self.database(request["Name"]).name]
        return {}

    # tables

    def table(self, database: str, name: str) -> Table:
        """Raises `EntityNotFound`."""
        found = self.database(database).tables.get(_lower(name))
        if not isinstance(found, Table):
            raise EntityNotFound()
        return found

    def add_table(self, database: str, table_input: Record, created_by: str | None = None) -> Table:
        """Raises `EntityNotFound` for the database, `AlreadyExists`."""
        holder = self.database(database)
        described = _folded(table_input)
        if described["Name"] in holder.tables:
            raise AlreadyExists("Table already exists.")
        table = Table(holder.name, described, self.account_id, created_by or self.user_arn)
        holder.tables[table.name] = table
        return table

    def answer_create_table(self, request: Record) -> Record:
        """CreateTable."""
        described = dict(request["TableInput"])
        if (request.get("OpenTableFormatInput") or {}).get("IcebergInput"):
            described["Parameters"] = {**described.get("Parameters", {}), "table_type": "ICEBERG"}
        table = self.add_table(request["DatabaseName"], described)
        for values in request.get("PartitionIndexes") or ():
            self._add_index(table, values)
        return {}

    def answer_get_table(self, request: Record) -> Record:
        """GetTable."""
        return {"Table": self.table(request["DatabaseName"], request["Name"]).as_dict()}

    def tables_of(self, database: str) -> list[Table]:
        """The tables of a database by name."""
        found = untouched(self.database(database).tables)
        return sorted((table for table in found if isinstance(table, Table)), key=lambda table: table.name)

    def answer_get_tables(self, request: Record) -> Record:
        """GetTables: `Expression` is a regular expression that the whole name must match."""
        wanted = re.compile(_as_regex(request.get("Expression")), re.IGNORECASE)
        found = [table for table in self.tables_of(request["DatabaseName"]) if wanted.fullmatch(table.name)]
        shown, token = paging.page(found, request, MOST_ROWS["tables"])
        return {"TableList": [table.as_dict() for table in shown]} | ({"NextToken": token} if token else {})

    def answer_update_table(self, request: Record) -> Record:
        """UpdateTable."""
        described = _folded({**request["TableInput"], "Name": request.get("Name") or request["TableInput"]["Name"]})
        table = self.table(request["DatabaseName"], described["Name"])
        if request.get("VersionId") not in (None, table.version):
            raise ConcurrentModification(
                f"Update table failed due to concurrent modifications. Version: {table.version}"
            )
        change_table(table, described, keep_old=not request.get("SkipArchive"))
        return {}

    def answer_delete_table(self, request: Record) -> Record:
        """DeleteTable."""
        table = self.table(request["DatabaseName"], request["Name"])
        del self.database(table.database_name).tables[table.name]
        return {}

    def answer_batch_delete_table(self, request: Record) -> Record:
        """BatchDeleteTable."""
        _check_batch(request)
        return _each(
            request["TablesToDelete"],
            lambda name: self.answer_delete_table({"DatabaseName": request["DatabaseName"], "Name": name}),
            lambda name, detail: {"TableName": name, "ErrorDetail": detail},
        )

    def answer_search_tables(self, request: Record) -> Record:
        """SearchTables: text in names, descriptions, columns and parameters; filters by key."""
        everything = [table.as_dict() for name in list(self.databases) for table in self.tables_of(name)]
        found = [table for table in everything if _matches(table, request)]
        for criterion in request.get("SortCriteria") or ():
            field = criterion.get("FieldName") or "Name"
            found.sort(key=lambda table: str(table.get(field, "")), reverse=criterion.get("Sort") == "DESC")
        return paging.answer("TableList", found, request, MOST_ROWS["tables"])

    # versions

    def answer_get_table_version(self, request: Record) -> Record:
        """GetTableVersion; without an id the newest."""
        table = self.table(request["DatabaseName"], request["TableName"])
        version = request.get("VersionId") or table.version
        return {"TableVersion": {"Table": table.as_dict(version), "VersionId": version}}

    def answer_get_table_versions(self, request: Record) -> Record:
        """GetTableVersions, the newest first."""
        table = self.table(request["DatabaseName"], request["TableName"])
        ids = sorted(table.versions, key=int, reverse=True)
        shown = [{"Table": table.as_dict(version), "VersionId": version} for version in ids]
        return paging.answer("TableVersions", shown, request, MOST_ROWS["versions"])

    def answer_delete_table_version(self, request: Record) -> Record:
        """DeleteTableVersion: the newest one stays (API reference)."""
        table = self.table(request["DatabaseName"], request["TableName"])
        version = request["VersionId"]
        if version not in table.versions:
            raise EntityNotFound()
        if version == table.version:
            raise InvalidInput("Cannot delete the current version of the table.")
        del table.versions[version]
        return {}

    def answer_batch_delete_table_version(self, request: Record) -> Record:
        """BatchDeleteTableVersion."""
        _check_batch(request)
        return _each(
            request["VersionIds"],
            lambda version: self.answer_delete_table_version({**request, "VersionId": version}),
            lambda version, detail: {
                "TableName": request["TableName"],
                "VersionId": version,
                "ErrorDetail": detail,
            },
        )

    # partitions

    def answer_create_partition(self, request: Record) -> Record:
        """CreatePartition."""
        add_partition(self.table(request["DatabaseName"], request["TableName"]), request["PartitionInput"])
        return {}

    def answer_batch_create_partition(self, request: Record) -> Record:
        """BatchCreatePartition."""
        _check_batch(request)
        table = self.table(request["DatabaseName"], request["TableName"])
        return _each(
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
        _check_batch(request)
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
        shown, token = paging.page(found, request, MOST_ROWS["partitions"])
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
        _check_batch(request)
        table = self.table(request["DatabaseName"], request["TableName"])
        return _each(
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
        _check_batch(request)
        table = self.table(request["DatabaseName"], request["TableName"])
        return _each(
            request["PartitionsToDelete"],
            lambda wanted: remove_partition(table, wanted["Values"]),
            lambda wanted, detail: {"PartitionValues": wanted["Values"], "ErrorDetail": detail},
        )

    # partition indexes

    def _add_index(self, table: Table, index: Record) -> None:
        keys = {key["Name"]: key for key in table.current.get("PartitionKeys") or ()}
        missing = [name for name in index["Keys"] if name not in keys]
        if missing:
            raise InvalidInput(f"Index keys must be partition keys of the table; not found: {', '.join(missing)}")
        described = [{"Name": name, "Type": keys[name].get("Type", "string")} for name in index["Keys"]]
        table.indexes.append({"IndexName": index["IndexName"], "Keys": described, "IndexStatus": "ACTIVE"})

    def answer_create_partition_index(self, request: Record) -> Record:
        """CreatePartitionIndex."""
        table = self.table(request["DatabaseName"], request["TableName"])
        index = request["PartitionIndex"]
        if any(known["IndexName"] == index["IndexName"] for known in table.indexes):
            raise AlreadyExists("Index already exists.")
        self._add_index(table, index)
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


def _folded(table_input: Record) -> Record:
    if not table_input.get("Name"):
        raise InvalidInput("Table name cannot be empty.")
    filled = {"Retention": 0, "PartitionKeys": [], "Parameters": {}, **table_input}
    return {**filled, "Name": _lower(table_input["Name"])}


def _as_regex(expression: str | None) -> str:
    """AWS takes a regular expression; callers (awswrangler among them) also write `name*` for "begins with"."""
    return re.sub(r"(?<![.\])])\*", ".*", expression) if expression else ".*"


def _each(items: Iterable[Any], work: Callable[[Any], Any], failed: Callable[[Any, Record], Record]) -> Record:
    """A batch call: what fails is told in `Errors`, the rest is done."""
    errors = []
    for item in items:
        try:
            work(item)
        except (EntityNotFound, AlreadyExists, InvalidInput) as error:
            errors.append(failed(item, {"ErrorCode": error.error_type, "ErrorMessage": error.message}))
    return {"Errors": errors} if errors else {}


def _without_columns(shown: Record) -> Record:
    descriptor = {key: value for key, value in (shown.get("StorageDescriptor") or {}).items() if key != "Columns"}
    return {**shown, "StorageDescriptor": descriptor}


def _matches(table: Record, request: Record) -> bool:
    text = (request.get("SearchText") or "").lower().strip('"')
    if text and text not in _searched(table):
        return False
    return all(_filtered(table, condition) for condition in request.get("Filters") or ())


def _searched(table: Record) -> str:
    columns = (table.get("StorageDescriptor") or {}).get("Columns") or []
    words = [table["Name"], table.get("Description"), *(column["Name"] for column in columns)]
    return " ".join([*filter(None, words), *(table.get("Parameters") or {}).values()]).lower()


def _filtered(table: Record, condition: Record) -> bool:
    key, wanted = condition.get("Key", ""), condition.get("Value", "")
    actual = {**(table.get("Parameters") or {}), **table}.get(key)
    for name in (key[:1].upper() + key[1:], "DatabaseName" if key.lower() == "databasename" else key):
        actual = table.get(name, actual)
    return _COMPARISONS[condition.get("Comparator", "EQUALS")](str(actual or "").lower(), str(wanted).lower())


_COMPARISONS: dict[str, Callable[[str, str], bool]] = {
    "EQUALS": lambda actual, wanted: wanted in actual,  # for text AWS matches tokens, not the whole
    "GREATER_THAN": lambda actual, wanted: actual > wanted,
    "LESS_THAN": lambda actual, wanted: actual < wanted,
    "GREATER_THAN_EQUALS": lambda actual, wanted: actual >= wanted,
    "LESS_THAN_EQUALS": lambda actual, wanted: actual <= wanted,
}


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


# For crawler, job and query: plain API-shaped dicts. Background work changes the catalog only inside
# `persistence.changing("glue")`.


def backend_of(account: str, region: str) -> CatalogCalls:
    """The Glue backend of an account and region, saved from now on."""
    return cast(CatalogCalls, persistence.store().adopt("glue", account, region))


def get_database(account: str, region: str, database: str) -> Record:
    """The database as GetDatabase returns it. Raises `EntityNotFound`."""
    return backend_of(account, region).database(database).as_dict()


def get_databases(account: str, region: str) -> list[Record]:
    """All databases as GetDatabases returns them."""
    return [database.as_dict() for database in untouched(backend_of(account, region).databases)]


def create_database(account: str, region: str, database_input: Record) -> None:
    """Raises `AlreadyExists`."""
    backend_of(account, region).answer_create_database({"DatabaseInput": database_input})


def delete_database(account: str, region: str, database: str) -> None:
    """With its tables. Raises `EntityNotFound`."""
    backend_of(account, region).answer_delete_database({"Name": database})


def get_table(account: str, region: str, database: str, table: str) -> Record:
    """The table as GetTable returns it. Raises `EntityNotFound`."""
    return backend_of(account, region).table(database, table).as_dict()


def get_tables(account: str, region: str, database: str) -> list[Record]:
    """All tables of a database, by name. Raises `EntityNotFound`."""
    return [table.as_dict() for table in backend_of(account, region).tables_of(database)]


def create_table(account: str, region: str, database: str, table_input: Record, created_by: str | None = None) -> None:
    """`created_by` is the ARN shown as `CreatedBy`. Raises `EntityNotFound`, `AlreadyExists`."""
    backend_of(account, region).add_table(database, table_input, created_by)


def update_table(account: str, region: str, database: str, table_input: Record) -> None:
    """A new version of the table that `table_input` names. Raises `EntityNotFound`."""
    backend_of(account, region).answer_update_table({"DatabaseName": database, "TableInput": table_input})


def delete_table(account: str, region: str, database: str, table: str) -> None:
    """Raises `EntityNotFound`."""
    backend_of(account, region).answer_delete_table({"DatabaseName": database, "Name": table})


def get_partitions(account: str, region: str, database: str, table: str, expression: str | None = None) -> list[Record]:
    """The table's partitions (all of them, however many) as GetPartitions returns them. Raises `EntityNotFound`."""
    found = backend_of(account, region).table(database, table)
    return [one.as_dict() for one in partitions_where(found, expression)]


def create_partitions(account: str, region: str, database: str, table: str, inputs: Iterable[Record]) -> None:
    """Add the partitions that are not there yet. Raises `EntityNotFound`, `InvalidInput`."""
    found = backend_of(account, region).table(database, table)
    for described in inputs:
        if str(described.get("Values")) not in found.partitions:
            add_partition(found, described)


def delete_partitions(account: str, region: str, database: str, table: str, values: Iterable[list[str]]) -> None:
    """Raises `EntityNotFound`."""
    found = backend_of(account, region).table(database, table)
    for one in values:
        remove_partition(found, one)
