"""Data Catalog table as source (S3CatalogSource, CatalogSource): Glue's readers over the table's location."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from .. import casts, reading, sparktypes
from ..frames import Column, Frame, Output, Term, term
from ..reading import CsvFormat, Part
from .base import Node, text

if TYPE_CHECKING:
    from ..execute import Run

_FORMATS = (
    ("parquet", "parquet"),
    ("json", "json"),
    ("lazysimple", "csv"),
    ("opencsv", "csv"),
    ("orc", "orc"),
    ("avro", "avro"),
)


class CatalogSource(Node):
    """The table's columns, then its partition keys; cells are cast to the table's types as Spark casts text."""

    arity = (0, 0)
    required = ("Database", "Table")

    def check(self) -> None:
        super().check()
        options = self.settings.get("AdditionalOptions") or {}
        for option in ("BoundedSize", "BoundedFiles"):
            if options.get(option):
                raise ValueError(f"AdditionalOptions.{option} is not supported here.")

    def script(self, variables: Sequence[str]) -> str:
        predicate = self.settings.get("PartitionPredicate")
        pushed = f"push_down_predicate={text(predicate)}, " if predicate else ""
        return (
            f"{self.variable} = glueContext.create_dynamic_frame.from_catalog("
            f"database={text(self.settings['Database'])}, {pushed}"
            f"table_name={text(self.settings['Table'])}, transformation_ctx={text(self.variable)})"
        )

    def relation(self, run: Run, inputs: Sequence[Output]) -> Output:
        table = run.table(self, self.settings["Database"], self.settings["Table"])
        keys = [Column(key["Name"], _kind(key)) for key in table.get("PartitionKeys") or []]
        parts = self._parts(run, table, keys)
        return READERS[self._format(table)](self, run, table, keys, parts)

    def _format(self, table: dict[str, Any]) -> str:
        storage = table["StorageDescriptor"]
        library = (storage.get("SerdeInfo") or {}).get("SerializationLibrary", "")
        classification = (table.get("Parameters") or {}).get("classification", "")
        for mark, form in _FORMATS:
            if mark in library.lower() or classification in (mark, form):
                if form in READERS:
                    return form
                break
        raise self.fail(f"table '{table['Name']}' is {classification or library}, which is not read here.")

    def _parts(self, run: Run, table: dict[str, Any], keys: list[Column]) -> list[Part]:
        predicate = self.settings.get("PartitionPredicate")
        if not keys:
            location = table["StorageDescriptor"].get("Location") or ""
            return run.files.parts(run.files.under(location, context=self.variable))
        found = run.partitions(self, table)
        if predicate:
            found = run.pruned(self, found, keys, predicate)
        return [
            part
            for partition in found
            for part in run.files.parts(
                run.files.under(partition["StorageDescriptor"]["Location"], context=self.variable),
                tuple(partition["Values"]),
            )
        ]


def _kind(column: dict[str, Any]) -> str:
    return sparktypes.parse(column.get("Type") or "string", sparktypes.SPARK_DECIMAL)


def _columns(table: dict[str, Any]) -> list[Column]:
    return [Column(column["Name"], _kind(column)) for column in table["StorageDescriptor"].get("Columns") or []]


def csv_format(table: dict[str, Any]) -> CsvFormat:
    """How the table's CSV is written: SerDe parameters first, then the crawler's `delimiter`."""
    parameters = table.get("Parameters") or {}
    serde = (table["StorageDescriptor"].get("SerdeInfo") or {}).get("Parameters") or {}
    separator = serde.get("separatorChar") or serde.get("field.delim") or parameters.get("delimiter") or ","
    skip = parameters.get("skip.header.line.count") or serde.get("skip.header.line.count") or "0"
    escape = serde.get("escapeChar") or '"'
    return CsvFormat(
        _character(separator), serde.get("quoteChar") or '"', escape, int(skip) if re.fullmatch(r"\d+", skip) else 0
    )


def _character(written: str) -> str:
    match = re.fullmatch(r"\\u([0-9a-fA-F]{4})", written)
    return chr(int(match.group(1), 16)) if match else {"\\t": "\t", "\\001": "\x01"}.get(written, written)


def cast_terms(node: Node, columns: Sequence[Column], source: str = "string") -> list[Term]:
    """Terms that cast text columns `c0 …` to their catalog types."""
    terms = []
    for at, column in enumerate(columns):
        if sparktypes.is_nested(column.kind):
            raise node.fail(f"column '{column.name}' is {column.kind}, which this format does not hold here.")
        sql = f"c{at}"
        value, cell = casts.cast(sql, source, column.kind), casts.cell(sql, source, column.kind)
        terms.append(term(column.name, column.kind, value, cell))
    return terms


def _read_csv(node: CatalogSource, run: Run, table: dict[str, Any], keys: list[Column], parts: list[Part]) -> Frame:
    columns = _columns(table)
    source = reading.csv_sql(parts, len(columns), len(keys), csv_format(table))
    return run.select(cast_terms(node, [*columns, *keys]), f"({source})")


def _read_json(node: CatalogSource, run: Run, table: dict[str, Any], keys: list[Column], parts: list[Part]) -> Frame:
    columns = _columns(table)
    source = reading.json_objects_sql(parts, len(keys), multiline=False)
    terms = [json_term(column) for column in columns]
    terms += [Term(key.name, key.kind, casts.cast(f"c{1 + at}", "string", key.kind)) for at, key in enumerate(keys)]
    return run.select(terms, f"({source})")


def json_term(column: Column) -> Term:
    """A member of the JSON value `c0` as a column; numbers and text go through Spark's casts."""
    path = sparktypes.literal('$."' + column.name.replace('"', '\\"') + '"')
    value = f"sp_json_member(c0, {sparktypes.literal(column.name.lower())}, {path})"
    if sparktypes.is_nested(column.kind):
        return Term(
            column.name, column.kind, f"from_json({value}, {sparktypes.literal(sparktypes.json_shape(column.kind))})"
        )
    return Term(column.name, column.kind, casts.cast(f"json_extract_string({value}, '$')", "string", column.kind))


def _read_parquet(node: CatalogSource, run: Run, table: dict[str, Any], keys: list[Column], parts: list[Part]) -> Frame:
    columns = _columns(table)
    if not parts:
        return run.select(
            cast_terms(node, [*columns, *keys]), f"({reading.csv_sql([], len(columns), len(keys), CsvFormat())})"
        )
    there = {name.lower(): (name, kind) for name, kind in run.described(reading.parquet_scan(parts))}
    present = [column for column in columns if column.name.lower() in there]
    source = reading.parquet_sql(parts, [there[column.name.lower()][0] for column in present], len(keys))
    terms = []
    for column in columns:
        if column not in present:
            terms.append(Term(column.name, column.kind, f"CAST(NULL AS {sparktypes.duckdb(column.kind)})"))
            continue
        sql = f"c{present.index(column)}"
        terms.append(parquet_term(node, column, sql, there[column.name.lower()][1]))
    at = len(present)
    terms += [Term(key.name, key.kind, casts.cast(f"c{at + n}", "string", key.kind)) for n, key in enumerate(keys)]
    return run.select(terms, f"({source})")


def parquet_term(node: Node, column: Column, sql: str, stored: str) -> Term:
    """A Parquet column as what the catalog says it is."""
    kind = sparktypes.from_duckdb(stored)
    plain = f"CAST({sql} AS TIMESTAMP)" if kind == "timestamp" else sql
    if sparktypes.is_nested(column.kind):
        return Term(column.name, column.kind, f"CAST({sql} AS {sparktypes.duckdb(column.kind)})")
    try:
        return Term(column.name, column.kind, casts.cast(plain, kind, column.kind))
    except casts.CastRefused as refusal:
        raise node.fail(f"column '{column.name}' of the files: {refusal}.") from None


READERS = {"csv": _read_csv, "json": _read_json, "parquet": _read_parquet}
