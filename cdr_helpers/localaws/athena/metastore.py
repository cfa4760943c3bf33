"""The Glue catalog as the query engine sees it: names to tables, and tables to the objects that a query reads."""

from __future__ import annotations

import base64
import json
import shutil
import uuid
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .. import home, persistence
from ..errors import AwsError
from ..glue import catalog as glue
from ..glue.errors import EntityNotFound
from ..s3.access import ObjectAccess
from ..tables import reading
from ..tables import types as t
from ..tables.reading import Part
from ..tables.serdes import UnreadableTable
from ..tables.types import Type
from . import ast, bucketing, database, keptrows, projection
from .failures import QueryFailure
from .functions import type_of
from .parser import Parser
from .scope import Typed
from .tablekinds import current_columns, is_iceberg, is_view
from .translate import Scan, TableInfo, ViewText

CATALOG = "awsdatacatalog"
VIEW_START, VIEW_END = "/* Presto View: ", " */"


@dataclass
class Metastore:
    """The catalog of one account and region. `scanned` counts the bytes of the objects that were read."""

    account: str
    region: str
    scanned: int = 0
    objects: ObjectAccess = field(init=False)
    folder: Path = field(init=False)
    held: list[keptrows.Entry] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.objects = ObjectAccess(self.account)
        self.folder = home.active().scratch / f"unpacked-{uuid.uuid4().hex}"

    def clean(self) -> None:
        """Remove files that were unpacked for DuckDB, and let go of kept rows."""
        while self.held:
            keptrows.release(self.held.pop())
        shutil.rmtree(self.folder, ignore_errors=True)

    # names
    def table(
        self, catalog: str, schema: str, name: str, at: ast.Position, version: tuple[str, Typed] | None = None
    ) -> TableInfo:
        """A table or view, or an Iceberg table as of a version (`("VERSION" or "TIMESTAMP", value)`).

        Raises CATALOG_NOT_FOUND, SCHEMA_NOT_FOUND or TABLE_NOT_FOUND at `at`.
        """
        if catalog != CATALOG:
            raise QueryFailure("CATALOG_NOT_FOUND", f"Catalog '{catalog}' does not exist", at)
        if schema == "information_schema":
            return self.information(name, at)
        if not self.has_database(schema):
            raise QueryFailure("SCHEMA_NOT_FOUND", f"Schema '{schema}' does not exist", at)
        found = self.find(schema, name)
        if found is None and "$" in name:
            return self.metadata_table(catalog, schema, name, at)
        if found is None:
            raise QueryFailure("TABLE_NOT_FOUND", f"Table '{catalog}.{schema}.{name}' does not exist", at)
        if version is not None and not is_iceberg(found):
            raise QueryFailure("NOT_SUPPORTED", "This connector does not support versioned tables", at)
        try:
            if is_iceberg(found):
                from .iceberg import tables

                return tables.table_info(self, found, (catalog, schema, name), _constant(version, at))
            return table_info(found, (catalog, schema, name))
        except UnreadableTable as problem:
            raise QueryFailure(problem.name, problem.message, at) from None

    def metadata_table(self, catalog: str, schema: str, name: str, at: ast.Position) -> TableInfo:
        """`"table$partitions"`, and for Iceberg tables what `iceberg.inspection` has. Raises TABLE_NOT_FOUND."""
        found = self.find(schema, name.rpartition("$")[0])
        if is_iceberg(found):
            from .iceberg import tables

            return tables.metadata_info(self, found or {}, (catalog, schema, name), at)
        return self.partitions_table(catalog, schema, name, at)

    def partitions_table(self, catalog: str, schema: str, name: str, at: ast.Position) -> TableInfo:
        """`"table$partitions"`: a row per partition, its keys as columns (Athena user guide, "Query the AWS Glue Data
        Catalog"). Raises TABLE_NOT_FOUND for a table without keys too."""
        found = self.find(schema, name.removesuffix("$partitions"))
        keys = (found or {}).get("PartitionKeys") or []
        if found is None or not keys or not name.endswith("$partitions"):
            raise QueryFailure("TABLE_NOT_FOUND", f"Table '{catalog}.{schema}.{name}' does not exist", at)
        columns = [(key["Name"].lower(), reading.column_type(key)) for key in keys]
        values = [each["Values"] for each in self.partitions(schema, found["Name"])]
        rows = [[None if value == reading.DEFAULT_PARTITION else value for value in row] for row in values]
        return TableInfo((catalog, schema, name), columns, rows=rows)

    def has_database(self, name: str) -> bool:
        """Whether the database exists."""
        with persistence.lock("glue"):
            try:
                glue.get_database(self.account, self.region, name)
            except EntityNotFound:
                return False
        return True

    def find(self, database: str, name: str) -> dict[str, Any] | None:
        """The table as GetTable gives it, or None."""
        with persistence.lock("glue"):
            try:
                return glue.get_table(self.account, self.region, database, name)
            except EntityNotFound:
                return None

    def databases(self) -> list[str]:
        """All names, sorted."""
        with persistence.lock("glue"):
            return sorted(d["Name"] for d in glue.get_databases(self.account, self.region))

    def tables(self, database: str) -> list[dict[str, Any]]:
        """All tables of a database, by name."""
        with persistence.lock("glue"):
            return sorted(glue.get_tables(self.account, self.region, database), key=lambda x: x["Name"])

    def partitions(self, database: str, name: str) -> list[dict[str, Any]]:
        """All partitions of a table."""
        with persistence.lock("glue"):
            return glue.get_partitions(self.account, self.region, database, name)

    def information(self, name: str, at: ast.Position) -> TableInfo:
        """A table of `information_schema`."""
        rule = INFORMATION.get(name)
        if rule is None:
            raise QueryFailure("TABLE_NOT_FOUND", f"Table '{CATALOG}.information_schema.{name}' does not exist", at)
        columns = [(n, t.BIGINT if n == "ordinal_position" else t.VARCHAR) for n in rule[0]]
        return TableInfo((CATALOG, "information_schema", name), columns, rows=rule[1](self))

    # scans
    def bind(self, scan: Scan, connection: Any) -> str:
        """The relation of a scan, its partitions pruned; counts the bytes that it reads."""
        try:
            if scan.table.relation is not None:
                return scan.table.relation(scan)
            parts = self.parts(scan, connection)
            self.scanned += sum(o.size for p in parts for o in p.objects)
            needed = scan.used or ({0} if not scan.hidden and scan.table.columns else set())
            kept = self.kept(scan, parts, connection)
            if kept:
                return f"SELECT {', '.join(f'c{i}' for i in sorted(needed)) or '1 AS one'} FROM {kept}"
            return reading.relation_sql(scan.table.glue, parts, needed, scan.hidden, self.folder)
        except QueryFailure:
            raise
        except UnreadableTable as problem:
            raise QueryFailure(problem.name, problem.message) from None
        except ValueError as problem:
            raise QueryFailure("GENERIC_INTERNAL_ERROR", str(problem)) from None
        except AwsError as problem:
            raise QueryFailure(
                "PERMISSION_DENIED" if problem.code == "AccessDenied" else "HIVE_FILESYSTEM_ERROR", problem.message
            ) from None

    def kept(self, scan: Scan, parts: list[Part], connection: Any) -> str | None:
        """The engine's own table with the rows of `parts`, where they are kept."""
        source = None if scan.hidden else keptrows.source_of(scan.table.glue, parts)
        if source is None:
            return None
        every = set(range(len(scan.table.columns)))
        entry = keptrows.hold(
            source, lambda: reading.relation_sql(scan.table.glue, parts, every, set(), self.folder), connection
        )
        if entry is None:
            return None
        self.held.append(entry)
        return entry.name

    def parts(self, scan: Scan, connection: Any) -> list[Part]:
        """What is left to read of the scan's table, with its objects."""
        table = scan.table
        if not table.partition_keys:
            descriptor = table.glue["StorageDescriptor"]
            return [Part(descriptor, (), self.needed_objects(scan, [descriptor])[0])]
        if projection.is_projected(table.glue):
            keys = table.columns[len(table.columns) - len(table.partition_keys) :]
            partitions = projection.Projection(table.glue, keys, scan.alias, scan.filters).partitions(connection)
        else:
            partitions = self.partitions(table.name[1], table.name[2])
        kept = pruned(scan, partitions, connection)
        described = [partition["StorageDescriptor"] for partition in kept]
        objects = self.needed_objects(scan, described)
        return [
            Part(each, tuple(partition["Values"]), found)
            for each, partition, found in zip(described, kept, objects, strict=True)
        ]

    def needed_objects(self, scan: Scan, descriptors: list[dict[str, Any]]) -> list[tuple[reading.StoredFile, ...]]:
        """The data objects of a table or of partitions, without those of buckets that the scan does not need."""
        names = {f"{scan.alias}.c{at}": name for at, (name, _) in enumerate(scan.table.columns)}
        compared = bucketing.compared(scan.conjuncts, names)
        parameters = scan.table.glue.get("Parameters") or {}
        return [bucketing.kept(self.listed(each), bucketing.wanted(each, parameters, compared)) for each in descriptors]

    def listed(self, descriptor: dict[str, Any]) -> tuple[reading.StoredFile, ...]:
        """The data objects below a location."""
        location = descriptor.get("Location") or ""
        if "://" not in location:
            raise QueryFailure("HIVE_METASTORE_ERROR", f"Table location is not an S3 path: '{location}'")
        prefix = location if location.endswith("/") or location.count("/") < 3 else location + "/"
        found = self.objects.list(prefix)
        if not found and prefix != location:
            found = [o for o in self.objects.list(location) if o.uri == location]
        return tuple(o for o in found if reading.is_data(o))


def pruned(scan: Scan, partitions: list[dict[str, Any]], connection: Any) -> list[dict[str, Any]]:
    """The partitions for which the scan's conditions hold."""
    if not scan.filters or not partitions:
        return partitions
    first = len(scan.table.columns) - len(scan.table.partition_keys)
    keys = scan.table.columns[first:]
    rows = ", ".join(
        "(" + ", ".join([str(i), *(reading.key_value(v, k[1]) for v, k in zip(p["Values"], keys, strict=False))]) + ")"
        for i, p in enumerate(partitions)
    )
    names = ", ".join(["i", *(f"c{first + i}" for i in range(len(keys)))])
    conditions = " AND ".join(f"coalesce({f}, false)" for f in scan.filters)
    found = connection.execute(f"SELECT i FROM (VALUES {rows}) AS {scan.alias}({names}) WHERE {conditions}").fetchall()
    return [partitions[i] for (i,) in sorted(found)]


def table_info(found: dict[str, Any], name: tuple[str, str, str]) -> TableInfo:
    """A catalog table for the translation. Raises `UnreadableTable`."""
    described = found.get("StorageDescriptor") or {}
    keys = [(c["Name"].lower(), reading.column_type(c)) for c in found.get("PartitionKeys") or []]
    columns = [(c["Name"].lower(), reading.column_type(c)) for c in described.get("Columns", [])]
    if is_view(found):
        return view_info(found, name)
    names = [n for n, _ in (*columns, *keys)]
    if len(set(names)) != len(names):
        raise UnreadableTable(
            "HIVE_INVALID_METADATA",
            f"Hive metadata for table {name[2]} is invalid: Table descriptor contains duplicate columns",
        )
    return TableInfo(name, columns + keys, [n for n, _ in keys], found)


def _constant(version: tuple[str, Typed] | None, at: ast.Position) -> tuple[str, Any] | None:
    """The version's value: a snapshot's id or a reference's name, or milliseconds since 1970. Raises TYPE_MISMATCH."""
    if version is None:
        return None
    kind, typed = version
    wanted = {"VERSION": ("integer", "bigint", "varchar"), "TIMESTAMP": ("timestamp", "timestamptz", "date")}[kind]
    if typed.type.kind not in wanted:
        raise QueryFailure("TYPE_MISMATCH", f"Type {t.trino_name(typed.type)} invalid for FOR {kind} AS OF", at)
    sql = typed.sql
    if kind == "TIMESTAMP":
        sql = f"epoch_ms(CAST({f'({sql}).t' if typed.type.kind == 'timestamptz' else sql} AS TIMESTAMP))"
    row = database.cursor().execute(f"SELECT {sql}").fetchone()
    return kind, row[0] if row else None


def view_info(found: dict[str, Any], name: tuple[str, str, str]) -> TableInfo:
    """A view that Athena (or this endpoint) stored."""
    text = found.get("ViewOriginalText") or ""
    if not text.startswith(VIEW_START):
        raise UnreadableTable("INVALID_VIEW", f"View '{name[1]}.{name[2]}' was not made by Athena")
    stored = json.loads(base64.b64decode(text[len(VIEW_START) : -len(VIEW_END)]))
    columns = [(c["name"], written_type(c["type"])) for c in stored["columns"]]
    view = ViewText(stored["originalSql"], stored.get("catalog", CATALOG), stored.get("schema", name[1]))
    return TableInfo(name, columns, glue=found, view=view)


def written_type(text: str) -> Type:
    """A type from Trino's text."""
    return type_of(Parser(text).type_name()) or t.VARCHAR


def view_text(sql: str, context: tuple[str, str], columns: list[tuple[str, Type]]) -> str:
    """What Athena stores of a view: base64 of JSON between comment marks."""
    stored = {
        "originalSql": sql,
        "catalog": context[0],
        "schema": context[1],
        "columns": [{"name": n, "type": t.trino_name(type_)} for n, type_ in columns],
    }
    packed = base64.b64encode(json.dumps(stored, separators=(",", ":")).encode()).decode()
    return f"{VIEW_START}{packed}{VIEW_END}"


def _schemata(store: Metastore) -> list[list[str | None]]:
    return [[CATALOG, d] for d in ("information_schema", *store.databases())]


def _tables(store: Metastore) -> list[list[str | None]]:
    return [
        [CATALOG, d, x["Name"], "VIEW" if is_view(x) else "BASE TABLE"]
        for d in store.databases()
        for x in store.tables(d)
    ]


def _columns(store: Metastore) -> list[list[str | None]]:
    rows: list[list[str | None]] = []
    for schema in store.databases():
        for table in store.tables(schema):
            data = current_columns(table)
            for position, column in enumerate([*data, *(table.get("PartitionKeys") or [])], 1):
                extra = None if position <= len(data) else "partition key"
                type_ = t.trino_name(reading.column_type(column))
                rows.append(
                    [
                        CATALOG,
                        schema,
                        table["Name"],
                        column["Name"],
                        str(position),
                        None,
                        "YES",
                        type_,
                        column.get("Comment"),
                        extra,
                    ]
                )
    return rows


INFORMATION: dict[str, tuple[list[str], Any]] = {
    "schemata": (["catalog_name", "schema_name"], _schemata),
    "tables": (["table_catalog", "table_schema", "table_name", "table_type"], _tables),
    "columns": (
        ["table_catalog", "table_schema", "table_name", "column_name", "ordinal_position", "column_default",
         "is_nullable", "data_type", "comment", "extra_info"],
        _columns,
    ),
}  # fmt: skip
