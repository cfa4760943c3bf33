"""Data Catalog table as source (S3CatalogSource, CatalogSource): Glue's readers over the table's location."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ....s3.access import StoredObject
from ....tables import conversion
from ...globs import glob
from .. import casts, reading, sparktypes, xmlrows
from ..frames import Column, Frame, Output, Term, term
from ..reading import CsvFormat, Part
from .base import Node, text
from .s3source import bounded, bounds, check_bounds

if TYPE_CHECKING:
    from ..execute import Run

_FORMATS = (
    ("parquet", "parquet"),
    ("json", "json"),
    ("lazysimple", "csv"),
    ("opencsv", "csv"),
    ("orc", "orc"),
    ("avro", "avro"),
    ("xml", "xml"),
)


class CatalogSource(Node):
    """The table's columns, then its partition keys; cells are cast to the table's types as Spark casts text."""

    arity = (0, 0)
    required = ("Database", "Table")

    def check(self) -> None:
        super().check()
        check_bounds(self)

    def script(self, variables: Sequence[str]) -> str:
        predicate = self.settings.get("PartitionPredicate")
        pushed = f"push_down_predicate={text(predicate)}, " if predicate else ""
        return (
            f"{self.variable} = glueContext.create_dynamic_frame.from_catalog("
            f"database={text(self.settings['Database'])}, {pushed}"
            f"table_name={text(self.settings['Table'])}, {self._bounds()}transformation_ctx={text(self.variable)})"
        )

    def _bounds(self) -> str:
        limits = ", ".join(f"{text(option)}: {text(value)}" for option, value in bounds(self).items())
        return f"additional_options={{{limits}}}, " if limits else ""

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
        places = self._places(run, table, keys)
        found = [self._found(run, location, table) for location, _ in places]
        chosen = {one.uri for one in bounded(self, run, (one for listed in found for one in listed))}
        return [
            part
            for (_, values), listed in zip(places, found, strict=True)
            for part in run.files.parts((one for one in listed if one.uri in chosen), values)
        ]

    def _found(self, run: Run, location: str, table: dict[str, Any]) -> list[StoredObject]:
        """The objects of a location, without those that the crawler was told to leave out: the table's parameter
        `exclusions` has their patterns (AWS Glue: "Crawler properties", exclude patterns)."""
        patterns = _exclusions(self, table)
        found = run.files.under(location, context=self.variable)
        return [one for one in found if not any(pattern.fullmatch(one.uri) for pattern in patterns)]

    def _places(self, run: Run, table: dict[str, Any], keys: list[Column]) -> list[tuple[str, tuple[str, ...]]]:
        """Location and values of each partition to read, or the location of a table without partition keys."""
        if not keys:
            return [(table["StorageDescriptor"].get("Location") or "", ())]
        found, predicate = run.partitions(self, table), self.settings.get("PartitionPredicate")
        if predicate:
            found = run.pruned(self, found, keys, predicate)
        return [(one["StorageDescriptor"]["Location"], tuple(one["Values"])) for one in found]


def _exclusions(node: Node, table: dict[str, Any]) -> list[re.Pattern[str]]:
    given = (table.get("Parameters") or {}).get("exclusions") or "[]"
    try:
        return [glob(str(pattern)) for pattern in json.loads(given)]
    except (ValueError, TypeError, re.error) as problem:
        raise node.fail(f"the exclusions of table '{table['Name']}' cannot be read: {problem}.") from None


def _kind(column: dict[str, Any]) -> str:
    return sparktypes.parse(column.get("Type") or "string", sparktypes.SPARK_DECIMAL)


def _columns(table: dict[str, Any]) -> list[Column]:
    return [Column(column["Name"], _kind(column)) for column in table["StorageDescriptor"].get("Columns") or []]


def csv_format(table: dict[str, Any]) -> CsvFormat:
    """How the table's CSV is written: SerDe parameters first, then the crawler's `delimiter`."""
    parameters = table.get("Parameters") or {}
    serde = (table["StorageDescriptor"].get("SerdeInfo") or {}).get("Parameters") or {}
    skip = parameters.get("skip.header.line.count") or serde.get("skip.header.line.count") or "0"
    quote = serde.get("quoteChar") or '"'
    return CsvFormat(
        reading.separator_of(table),
        quote,
        serde.get("escapeChar") or quote,
        int(skip) if re.fullmatch(r"\d+", skip) else 0,
    )


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
    columns, form = _columns(table), csv_format(table)
    whole = run.files.whole_numbers(parts, [column.kind for column in columns], form.skip)
    source = reading.csv_sql(parts, len(columns), len(keys), form, whole)
    terms = cast_terms(node, [*columns, *keys])
    read = [Term(one.name, one.kind, f"c{at}") if at in whole else one for at, one in enumerate(terms)]
    return run.select(read, f"({source})")


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
    if column.kind == "binary":
        return Term(column.name, column.kind, f"TRY(from_base64(json_extract_string({value}, '$')))")
    if sparktypes.is_nested(column.kind):
        return Term(
            column.name, column.kind, f"from_json({value}, {sparktypes.literal(sparktypes.json_shape(column.kind))})"
        )
    return Term(column.name, column.kind, casts.cast(f"json_extract_string({value}, '$')", "string", column.kind))


def _read_parquet(node: CatalogSource, run: Run, table: dict[str, Any], keys: list[Column], parts: list[Part]) -> Frame:
    columns = _columns(table)
    if not parts:
        terms = [Term(one.name, one.kind, f"CAST(NULL AS {sparktypes.duckdb(one.kind)})") for one in (*columns, *keys)]
        return run.select(terms, "(SELECT 1)", where="false")
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


def _read_orc(node: CatalogSource, run: Run, table: dict[str, Any], keys: list[Column], parts: list[Part]) -> Frame:
    """ORC, by the names in the files, as Spark reads it."""
    groups: dict[tuple[str, ...], list[Part]] = {}
    for part in parts:
        made = conversion.readable(Path(part.path), "orcserde", run.files.fresh(), part.key)
        groups.setdefault(conversion.orc_names(made), []).append(replace(part, path=str(made)))
    frames = [_orc_frame(node, run, table, keys, list(names), group) for names, group in groups.items()]
    if not frames:
        return _read_parquet(node, run, table, keys, [])
    return run.view(" UNION ALL ".join(f"SELECT * FROM {frame.sql}" for frame in frames), frames[0].columns)


def _orc_frame(
    node: CatalogSource, run: Run, table: dict[str, Any], keys: list[Column], names: list[str], parts: list[Part]
) -> Frame:
    stored = [kind for _, kind in run.described(reading.parquet_scan(parts))]
    source = reading.parquet_sql(parts, [f"f{at}" for at in range(len(names))], len(keys))
    terms = [_orc_term(node, column, names, stored) for column in _columns(table)]
    at = len(names)
    terms += [Term(key.name, key.kind, casts.cast(f"c{at + n}", "string", key.kind)) for n, key in enumerate(keys)]
    return run.select(terms, f"({source})")


def _orc_term(node: Node, column: Column, names: list[str], stored: list[str]) -> Term:
    if column.name.lower() not in names:
        return Term(column.name, column.kind, f"CAST(NULL AS {sparktypes.duckdb(column.kind)})")
    at = names.index(column.name.lower())
    return parquet_term(node, column, f"c{at}", stored[at])


def _read_avro(node: CatalogSource, run: Run, table: dict[str, Any], keys: list[Column], parts: list[Part]) -> Frame:
    made = [conversion.readable(Path(part.path), "avroserde", run.files.fresh(), part.key) for part in parts]
    lines = [replace(part, path=str(path)) for part, path in zip(parts, made, strict=True)]
    return _read_json(node, run, table, keys, lines)


def _read_xml(node: CatalogSource, run: Run, table: dict[str, Any], keys: list[Column], parts: list[Part]) -> Frame:
    serde = (table["StorageDescriptor"].get("SerdeInfo") or {}).get("Parameters") or {}
    tag = serde.get("rowTag") or (table.get("Parameters") or {}).get("rowTag")
    if not tag:
        raise node.fail(f"table '{table['Name']}' is XML and has no rowTag among its SerDe's parameters.")
    lines = []
    for part in parts:
        try:
            made = xmlrows.to_json(Path(part.path), run.files.fresh(), tag, _columns(table))
        except ValueError as problem:
            raise node.fail(f"{part.key} is no XML: {problem}.") from None
        lines.append(replace(part, path=str(made)))
    return _read_json(node, run, table, keys, lines)


READERS = {
    "csv": _read_csv,
    "json": _read_json,
    "parquet": _read_parquet,
    "orc": _read_orc,
    "avro": _read_avro,
    "xml": _read_xml,
}
