"""CREATE, ALTER, DROP, SHOW and DESCRIBE of Iceberg tables.

Source: Athena user guide, "Create Iceberg tables", "Manage Iceberg tables", "Evolve Iceberg table schema".
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from typing import Any

from pyiceberg.exceptions import CommitFailedException, ValidationError
from pyiceberg.table import Table

from ... import persistence
from ...errors import AwsError
from ...glue import catalog as glue
from ...tables import types as t
from ...tables.types import Type, parse_hive
from .. import queries
from ..failures import QueryFailure
from ..translate import Compiled
from . import schemas, writing
from .catalog import IcebergCatalog


def create(
    session: Any,
    database: str,
    name: str,
    columns: Sequence[dict[str, str]],
    transforms: Sequence[str],
    location: str,
    properties: dict[str, str],
) -> None:
    """CREATE TABLE … TBLPROPERTIES ('table_type' = 'ICEBERG'): an empty table."""
    typed = [(c["Name"], parse_hive(c["Type"]), c.get("Comment")) for c in columns]
    _creation(session, database, name, typed, transforms, location, properties).commit_transaction()


def _creation(
    session: Any,
    database: str,
    name: str,
    columns: Sequence[tuple[str, Type, str | None]],
    transforms: Sequence[str],
    location: str,
    properties: dict[str, str],
) -> Any:
    schema = schemas.schema_of(columns)
    return IcebergCatalog(session.store).creation(
        database,
        name,
        schema,
        location.rstrip("/"),
        partition_spec=schemas.partition_spec(schema, transforms),
        properties=schemas.properties_of(properties),
    )


CTAS_PROPERTIES = {"table_type", "is_external", "location", "format", "write_compression", "partitioning"}


def create_as(
    session: Any, database: str, name: str, compiled: Compiled, columns: Sequence[tuple[str, Type]], empty: bool,
    properties: dict[str, Any],
) -> None:  # fmt: skip
    """CREATE TABLE … WITH (table_type = 'ICEBERG', …) AS: the table appears with its rows, or not at all."""
    unknown = set(properties) - CTAS_PROPERTIES - schemas.ALLOWED
    if unknown:
        raise QueryFailure(
            "INVALID_TABLE_PROPERTY", f"Catalog 'awsdatacatalog' table property '{min(unknown)}' does not exist"
        )
    if properties.get("is_external", False):
        raise QueryFailure("NOT_SUPPORTED", "Iceberg tables are managed tables: is_external must be false")
    location = properties.get("location")
    if not location:
        raise QueryFailure("INVALID_TABLE_PROPERTY", "An Iceberg table needs a location: WITH (location = 's3://…')")
    _require_empty(session, str(location))
    settings = {k: str(v) for k, v in properties.items() if k in schemas.ALLOWED}
    transforms = [str(text) for text in properties.get("partitioning", [])]
    typed = [(column, type_, None) for column, type_ in columns]
    transaction = _creation(session, database, name, typed, transforms, str(location), settings)
    files = [] if empty else writing.data_files(session, transaction.table_metadata, compiled.sql, columns)
    if files:
        writing.append(transaction, files)
    writing.commit(transaction)
    queries.write_manifest(
        session,
        [queries.Written(one.file_path, (), one.file_size_in_bytes) for one in files],
        f"{session.execution.output}-manifest.csv",
    )


def _require_empty(session: Any, location: str) -> None:
    try:
        found = session.store.objects.list(location.rstrip("/") + "/")
    except AwsError as problem:
        raise QueryFailure("ICEBERG_FILESYSTEM_ERROR", problem.message) from None
    if found:
        raise QueryFailure("ICEBERG_FILESYSTEM_ERROR", f"Cannot create a table on a non-empty location: {location}")


def drop(session: Any, database: str, name: str) -> None:
    """DROP TABLE: an Iceberg table is a managed one, so its objects go too."""
    found = session.store.find(database, name)
    with persistence.changing("glue"):
        glue.delete_table(session.store.account, session.store.region, database, name)
    location = found["StorageDescriptor"].get("Location") or ""
    if location.count("/") > 2 and location.rstrip("/").count("/") > 2:
        for stored in session.store.objects.list(location.rstrip("/") + "/"):
            session.store.objects.delete(stored.uri)


def alter(session: Any, database: str, name: str, change: Callable[[Any], None]) -> None:
    """One change in one commit. Raises QueryFailure with what pyiceberg says of a change that is not possible."""
    table = IcebergCatalog(session.store).load_table((database, name))
    try:
        with table.transaction() as transaction:
            change(transaction)
    except CommitFailedException as problem:
        raise QueryFailure("ICEBERG_COMMIT_ERROR", str(problem).splitlines()[0]) from None
    except (ValueError, ValidationError) as problem:
        raise QueryFailure("", f"FAILED: SemanticException {str(problem).splitlines()[0]}") from None


def add_columns(columns: Sequence[dict[str, str]]) -> Callable[[Any], None]:
    """ADD COLUMNS."""

    def change(transaction: Any) -> None:
        with transaction.update_schema(case_sensitive=False) as schema:
            for column in columns:
                type_ = schemas.iceberg_type(parse_hive(column["Type"]), itertools.count(1))
                schema.add_column(column["Name"], type_, doc=column.get("Comment"))

    return change


def drop_column(name: str) -> Callable[[Any], None]:
    """DROP COLUMN."""

    def change(transaction: Any) -> None:
        with transaction.update_schema(case_sensitive=False) as schema:
            schema.delete_column(name)

    return change


def change_column(old: str, column: dict[str, str], place: tuple[str, str] | None) -> Callable[[Any], None]:
    """CHANGE COLUMN: name, type, comment, and place (`("FIRST", "")` or `("AFTER", column)`)."""

    def change(transaction: Any) -> None:
        with transaction.update_schema(case_sensitive=False) as schema:
            type_ = schemas.iceberg_type(parse_hive(column["Type"]), itertools.count(1))
            now = transaction.table_metadata.schema().find_type(old, case_sensitive=False)
            if now != type_:
                schema.update_column(old, field_type=type_)
            if "Comment" in column:
                schema.update_column(old, doc=column["Comment"])
            if place and place[0] == "FIRST":
                schema.move_first(old)
            elif place:
                schema.move_after(old, place[1])
            if column["Name"] != old:
                schema.rename_column(old, column["Name"])

    return change


def replace_columns(columns: Sequence[dict[str, str]]) -> Callable[[Any], None]:
    """REPLACE COLUMNS: columns that are not named go away, new ones come."""

    def change(transaction: Any) -> None:
        known = {field.name for field in transaction.table_metadata.schema().fields}
        wanted = {column["Name"] for column in columns}
        with transaction.update_schema(case_sensitive=False) as schema:
            for name in sorted(known - wanted):
                schema.delete_column(name)
        add_columns([column for column in columns if column["Name"] not in known])(transaction)

    return change


def set_properties(given: dict[str, str]) -> Callable[[Any], None]:
    """SET TBLPROPERTIES."""
    kept = {k: v for k, v in schemas.properties_of(given).items() if k in given}
    if "format" in given:
        kept["write.format.default"] = schemas.properties_of(given)["write.format.default"]
    if "write_compression" in given:
        kept["write.parquet.compression-codec"] = schemas.properties_of(given)["write.parquet.compression-codec"]
    return lambda transaction: transaction.set_properties(kept) and None


def unset_properties(names: Sequence[str]) -> Callable[[Any], None]:
    """UNSET TBLPROPERTIES."""
    return lambda transaction: transaction.remove_properties(*names) and None


def rename(session: Any, database: str, old: str, new: str) -> None:
    """RENAME TO: the catalog's entry only."""
    store = session.store
    found = store.find(database, old)
    if store.find(database, new):
        raise QueryFailure("", f"FAILED: SemanticException Table {database}.{new} already exists")
    kept = ("Owner", "Description", "Parameters", "StorageDescriptor", "TableType", "PartitionKeys")
    with persistence.changing("glue"):
        glue.create_table(
            store.account, store.region, database, {"Name": new} | {k: found[k] for k in kept if k in found}
        )
        glue.delete_table(store.account, store.region, database, old)


def _load(session: Any, database: str, name: str) -> Table:
    return IcebergCatalog(session.store).load_table((database, name))


def create_text(session: Any, database: str, name: str) -> list[str]:
    """The lines of SHOW CREATE TABLE."""
    table = _load(session, database, name)
    columns = [
        f"  {f.name} {t.hive_name(schemas.athena_type(f.field_type))}" + _comment(f.doc) for f in table.schema().fields
    ]
    lines = [f"CREATE TABLE {database}.{name} (", *(f"{line}," for line in columns[:-1]), f"{columns[-1]})"]
    transforms = schemas.partition_texts(table.schema(), table.spec())
    if transforms:
        lines.append(f"PARTITIONED BY ({', '.join(transforms)})")
    lines += [f"LOCATION '{table.location()}'", "TBLPROPERTIES ("]
    shown = [f"  '{key}'='{value}'" for key, value in schemas.shown_properties(table.properties).items()]
    return [*lines, *(f"{line}," for line in shown[:-1]), shown[-1], ")"]


def _comment(doc: str | None) -> str:
    return f" COMMENT '{doc}'" if doc else ""


def described(session: Any, database: str, name: str) -> list[str]:
    """The lines of DESCRIBE: columns, then the partition spec."""
    table = _load(session, database, name)
    lines = ["# Table schema:\t\t", "# col_name\tdata_type\tcomment"]
    lines += [
        f"{f.name}\t{t.hive_name(schemas.athena_type(f.field_type))}\t{f.doc or ''}" for f in table.schema().fields
    ]
    lines += ["\t\t", "# Partition spec:\t\t", "# field_name\tfield_transform\tcolumn_name"]
    spec, schema = table.spec(), table.schema()
    return lines + [f"{f.name}\t{f.transform}\t{schema.find_column_name(f.source_id)}" for f in spec.fields]


def properties(session: Any, database: str, name: str) -> dict[str, str]:
    """What SHOW TBLPROPERTIES lists."""
    return schemas.shown_properties(_load(session, database, name).properties)
