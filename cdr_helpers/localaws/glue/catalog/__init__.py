"""The Data Catalog: databases, tables, versions and partitions, on moto's objects.

The API's calls are in `CatalogCalls`. Crawler, job and query use the functions of this module: plain API-shaped dicts.
Background work changes the catalog only inside `persistence.changing("glue")`.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, cast

from ... import persistence
from .calls import CatalogCalls
from .entries import Table, add_partition, partitions_where, remove_partition, untouched

__all__ = ["CatalogCalls", "Table", "untouched"]

Record = dict[str, Any]


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
