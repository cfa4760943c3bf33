"""Statements that read: SELECT and what is built on it (CTAS, INSERT, UNLOAD, views), run on DuckDB."""

from __future__ import annotations

import datetime
import functools
import shutil
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .. import home
from ..errors import AwsError
from ..tables import buckets, conversion
from ..tables import types as t
from ..tables.parquetfiles import optional_columns
from ..tables.types import Type, hive_name, quote
from . import ast, bucketing, casts, database, results
from .engine_errors import failure_of
from .executions import Execution
from .failures import QueryFailure, ScanLimitReached
from .metastore import CATALOG, Metastore
from .translate import Compiled, Translator


@dataclass
class Session:
    """One execution's work: its catalog, its cursor, where it stands and where its output goes."""

    execution: Execution
    store: Metastore
    running: Any
    parameters: list[ast.Node] | None = None

    @property
    def context(self) -> tuple[str, str]:
        """Catalog and schema of unqualified names."""
        given = self.execution.context
        database = given.get("Database", "default").strip("`")
        return given.get("Catalog", CATALOG).lower(), database.lower()

    def cursor(self) -> Any:
        """The DuckDB cursor, known to StopQueryExecution."""
        if self.running.connection is None:
            self.running.connection = database.cursor()
        return self.running.connection

    def translate(self, query: ast.Query, all_parameters: bool = True) -> Compiled:
        """The query with its scans bound to files; `all_parameters` is False for a part of a statement, which need not
        use each of the parameters given."""
        now = datetime.datetime.fromtimestamp(self.execution.submitted, datetime.UTC)
        stamp = f"{now:%Y-%m-%d %H:%M:%S}.{now.microsecond // 1000:03d}"
        translator = Translator(self.store, self.context, stamp, self.parameters)
        compiled = translator.query(query)
        expected = len(self.parameters or [])
        if all_parameters and expected > translator.parameters_used:
            raise QueryFailure(
                "INVALID_PARAMETER_USAGE",
                f"Incorrect number of parameters: expected {translator.parameters_used} but found {expected}",
                (1, 1),
            )
        for scan in translator.scans:
            bound = self.guarded(functools.partial(self.store.bind, scan, self.cursor()))
            compiled.sql = compiled.sql.replace(scan.token, bound)
        if self.store.scanned > self.execution.configuration.get("cutoff", self.store.scanned):
            raise ScanLimitReached
        self.guarded(lambda: database.provide(compiled.sql))
        self.execution.planned = time.time()
        return compiled

    def guarded(self, work: Callable[[], Any]) -> Any:
        """What `work` gives; a DuckDB error becomes Athena's failure."""
        import duckdb

        try:
            return work()
        except duckdb.Error as problem:
            if self.running.cancelled.is_set():
                raise QueryFailure("USER_CANCELED", "Query was canceled") from None
            raise failure_of(problem) from None
        finally:
            self.execution.scanned = self.store.scanned

    def guarded_each(self, items: Iterator[Any]) -> Iterator[Any]:
        """The items, each made as `guarded` does."""
        end = object()
        while (item := self.guarded(lambda: next(items, end))) is not end:
            yield item

    def run(self, sql: str) -> Any:
        """Execute DuckDB SQL on the cursor."""
        return self.guarded(lambda: self.cursor().execute(sql))

    def scratch(self) -> Path:
        """A folder of its own."""
        folder = home.active().scratch / f"query-{uuid.uuid4().hex}"
        folder.mkdir(parents=True)
        return folder

    def put(self, uri: str, source: Path | bytes, content_type: str = "application/octet-stream") -> None:
        """Store an object; S3's refusals become the query's failure."""
        try:
            results.put(self.store.objects, uri, source, content_type)
        except AwsError as problem:
            raise QueryFailure("", f"Unable to write {uri}: {problem.message}") from None


def resolved(session: Session, table: ast.Table) -> tuple[str, str]:
    """Database and name of a table as written. Raises CATALOG_NOT_FOUND or SCHEMA_NOT_FOUND."""
    parts = [p.text for p in table.parts]
    full = (*session.context[: 3 - len(parts)], *parts)
    if len(full) != 3:
        raise QueryFailure("SYNTAX_ERROR", f"Too many dots in table name: {'.'.join(parts)}", table.at)
    if full[0] != CATALOG:
        raise QueryFailure("CATALOG_NOT_FOUND", f"Catalog '{full[0]}' does not exist", table.at)
    if not session.store.has_database(full[1]):
        raise QueryFailure("SCHEMA_NOT_FOUND", f"Schema {full[1]} not found", table.at)
    return full[1], full[2]


def select(session: Session, query: ast.Query) -> None:
    """Run the query and store its result CSV and `.metadata`."""
    compiled = session.translate(query)
    execution = session.execution
    execution.columns = [results.result_column(n, i, type_) for i, (n, type_) in enumerate(compiled.columns)]
    folder = session.scratch()
    try:
        target = folder / "result"
        session.guarded(lambda: results.write_csv(session.cursor(), compiled, execution.columns, target))
        if not session.running.cancelled.is_set():
            session.put(execution.output, target)
            session.put(execution.output + ".metadata", results.metadata(execution.id, execution.columns))
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@dataclass(frozen=True)
class Layout:
    """How files of a new table are written: format, compression, keys to partition by, delimiter of text, columns and
    number of Hive's buckets."""

    format: str = "PARQUET"
    compression: str = ""
    partitioned_by: tuple[str, ...] = ()
    delimiter: str = "\x01"
    null_text: str = "\\N"
    bucketed_by: tuple[str, ...] = ()
    buckets: int | None = None

    @property
    def folders(self) -> tuple[str, ...]:
        """The columns whose values become folders while files are written."""
        return (*self.partitioned_by, _BUCKET) if self.bucketed_by else self.partitioned_by


_BUCKET = "__bucket"


@dataclass(frozen=True)
class Written:
    """An object that a statement wrote, with the values of its partition."""

    uri: str
    values: tuple[str, ...]
    size: int


COMPRESSIONS = {
    "PARQUET": {"GZIP": "gzip", "SNAPPY": "snappy", "ZSTD": "zstd", "NONE": "uncompressed", "LZ4": "lz4_raw"},
    "TEXTFILE": {"GZIP": "gzip", "NONE": "none", "ZSTD": "zstd"},
    "JSON": {"GZIP": "gzip", "NONE": "none", "ZSTD": "zstd"},
    **{form: dict.fromkeys(conversion.compressions(form), "") for form in ("ORC", "AVRO")},
}
DEFAULT_COMPRESSION = dict.fromkeys(COMPRESSIONS, "GZIP")
SUFFIXES = {"gzip": ".gz", "zstd": ".zst"}


def write(
    session: Session, compiled: Compiled, columns: list[tuple[str, Type]], layout: Layout, location: str
) -> list[Written]:
    """Run the query and store its rows below `location`, one object per partition."""
    if layout.format not in COMPRESSIONS:
        raise QueryFailure(
            "NOT_SUPPORTED", f"Writing format {layout.format} is not supported; these are: {', '.join(COMPRESSIONS)}"
        )
    folder = session.scratch()
    try:
        session.execution.rows = _copy(session, compiled, columns, layout, folder)
        if not session.execution.rows:
            return []
        _check_writers(folder)
        if layout.format in ("ORC", "AVRO"):
            _convert(folder, layout)
        return [
            w
            for file in sorted(folder.rglob("*"))
            if file.is_file()
            for w in [_stored(session, file, folder, layout, location)]
        ]
    finally:
        shutil.rmtree(folder, ignore_errors=True)


OPEN_WRITERS = 100
"""Partitions, or buckets of partitions, that one statement writes at most (Athena user guide, "Use CTAS and INSERT INTO
to work around the 100 partition limit")."""


def _check_writers(folder: Path) -> None:
    if len({file.parent for file in folder.rglob("*") if file.is_file()}) > OPEN_WRITERS:
        shown = f"Exceeded limit of {OPEN_WRITERS} open writers for partitions/buckets"
        raise QueryFailure("HIVE_TOO_MANY_OPEN_PARTITIONS", shown)


def _convert(folder: Path, layout: Layout) -> None:
    """DuckDB has written Parquet; the files become what the layout says."""
    for file in [each for each in folder.rglob("*") if each.is_file()]:
        made = conversion.written(file, layout.format, _compression(layout), file.with_suffix(".made"))
        made.replace(file)


def _compression(layout: Layout) -> str:
    chosen = (layout.compression or DEFAULT_COMPRESSION[layout.format]).upper()
    if chosen not in COMPRESSIONS[layout.format]:
        raise QueryFailure("NOT_SUPPORTED", f"Compression {chosen} is not supported for {layout.format}")
    return chosen


def _copy(session: Session, compiled: Compiled, columns: list[tuple[str, Type]], layout: Layout, folder: Path) -> int:
    writer = {"TEXTFILE": _text_column, "JSON": _json_column}.get(layout.format, _parquet_column)
    listed = ", ".join(
        f"{_key_text(i, type_) if n in layout.partitioned_by else writer(i, type_)} AS {quote(n)}"
        for i, (n, type_) in enumerate(columns)
    )
    width = len(columns)
    if layout.bucketed_by:
        number = _bucket(columns, layout)
        session.guarded(lambda: database.provide(number))
        listed += f", {number} AS {_BUCKET}"
        width += 1
    options = _options(layout)
    target = folder / "part"
    if layout.folders:
        keys = ", ".join(quote(k) for k in layout.folders)
        options += f", PARTITION_BY ({keys}), OVERWRITE_OR_IGNORE true"
    query = f"SELECT {listed} FROM ({compiled.sql})"
    if layout.format == "PARQUET":
        query = optional_columns(query, width)
    sql = f"COPY ({query}) TO {casts.text_literal(str(target))} ({options})"
    return int(session.run(sql).fetchone()[0])


def _bucket(columns: list[tuple[str, Type]], layout: Layout) -> str:
    """The number of a row's bucket."""
    by_name = {name: (f"c{at}", type_) for at, (name, type_) in enumerate(columns)}
    return bucketing.number_sql([by_name[name] for name in layout.bucketed_by], layout.buckets or 1)


def _options(layout: Layout) -> str:
    compression = f"COMPRESSION {COMPRESSIONS[layout.format][_compression(layout)]}"
    if layout.format in ("ORC", "AVRO"):
        return "FORMAT parquet"
    if layout.format == "PARQUET":
        return f"FORMAT parquet, {compression}"
    if layout.format == "JSON":
        return f"FORMAT json, {compression}"
    null = casts.text_literal(layout.null_text)
    return (
        f"FORMAT csv, HEADER false, DELIM {casts.text_literal(layout.delimiter)}, QUOTE '', ESCAPE '', "
        f"NULLSTR {null}, {compression}"
    )


def _parquet_column(index: int, type_: Type) -> str:
    plain = casts.cast(f"c{index}", type_, stored_type(type_), True)
    return plain or f"c{index}"


def stored_type(type_: Type) -> Type:
    """The type that a table stores for a query's type: zoned timestamps and intervals as text, lengths dropped."""
    if type_.kind in ("varchar", "char"):
        return t.VARCHAR
    if type_.kind == "array":
        return t.array(stored_type(type_.element))
    if type_.kind == "map":
        return t.map_of(stored_type(type_.key), stored_type(type_.value))
    if type_.kind == "row":
        return t.row([(n, stored_type(f)) for n, f in type_.fields])
    if type_.kind == "timestamp":
        return t.TIMESTAMP
    return type_


def _text_column(index: int, type_: Type) -> str:
    return _delimited(f"c{index}", type_, 2)


def _delimited(sql: str, type_: Type, depth: int) -> str:
    """Hive's text of a value: nested ones joined by \\002, \\003, …"""
    if type_.kind == "array":
        return (
            f"array_to_string(list_transform({sql}, lambda x: coalesce({_delimited('x', type_.element, depth + 1)}, "
            f"'\\N')), chr({depth}))"
        )
    if type_.kind == "map":
        pair = f"{_delimited('x.key', type_.key, depth + 2)} || chr({depth + 1}) || coalesce("
        pair += f"{_delimited('x.value', type_.value, depth + 2)}, '\\N')"
        return f"array_to_string(list_transform(map_entries({sql}), lambda x: {pair}), chr({depth}))"
    if type_.kind == "row":
        parts = [
            f"coalesce({_delimited(f'({sql}).{quote(t.field_name(i, n))}', f, depth + 1)}, '\\N')"
            for i, (n, f) in enumerate(type_.fields)
        ]
        return f"concat_ws(chr({depth}), {', '.join(parts)})"
    if type_.kind == "varbinary":
        return f"to_base64({sql})"
    return casts.text(sql, type_)


def _json_column(index: int, type_: Type) -> str:
    if type_.kind in ("timestamp", "timestamptz", "time", "daytime", "yearmonth", "varbinary", "json"):
        return casts.text(f"c{index}", type_)
    return f"c{index}"


def _key_text(index: int, type_: Type) -> str:
    return f"coalesce({casts.text(f'c{index}', type_)}, '__HIVE_DEFAULT_PARTITION__')"


def _stored(session: Session, file: Path, folder: Path, layout: Layout, location: str) -> Written:
    """Move one file into S3 under Trino's kind of name."""
    from urllib.parse import quote as percent
    from urllib.parse import unquote

    values = tuple(unquote(p.split("=", 1)[1]) for p in file.relative_to(folder).parts[1:-1])
    keys = "".join(f"{k}={percent(v, safe=' ')}/" for k, v in zip(layout.partitioned_by, values, strict=False))
    chosen = COMPRESSIONS[layout.format][_compression(layout)]
    suffix = "" if layout.format == "PARQUET" else SUFFIXES.get(chosen, "")
    stamp = datetime.datetime.now(datetime.UTC)
    name = f"{stamp:%Y%m%d_%H%M%S}_{stamp.microsecond % 100000:05d}_{uuid.uuid4().hex[:5]}_{uuid.uuid4()}{suffix}"
    if layout.bucketed_by:
        values, bucket = values[:-1], int(values[-1])
        name = buckets.name_of(bucket, name)
    uri = f"{location.rstrip('/')}/{keys}{name}"
    size = file.stat().st_size
    session.put(uri, file)
    return Written(uri, values, size)


def write_manifest(session: Session, written: list[Written], uri: str) -> None:
    """The list of what a CTAS, INSERT or UNLOAD wrote."""
    session.put(uri, "".join(f"{w.uri}\n" for w in written).encode(), "text/csv")
    session.execution.manifest = uri


def table_columns(compiled: Compiled, node: ast.Node) -> list[tuple[str, Type]]:
    """The columns of a table made from a query. Raises where one has no name or a name comes twice."""
    seen: set[str] = set()
    columns: list[tuple[str, Type]] = []
    for index, (name, type_) in enumerate(compiled.columns):
        if name is None:
            raise QueryFailure("MISSING_COLUMN_NAME", f"Column name not specified at position {index + 1}", node.at)
        if name in seen:
            raise QueryFailure("DUPLICATE_COLUMN_NAME", f"Column name '{name}' specified more than once", node.at)
        if type_.kind == "unknown":
            raise QueryFailure("COLUMN_TYPE_UNKNOWN", f"Column type is unknown at position {index + 1}", node.at)
        seen.add(name)
        columns.append((name, type_))
    return columns


STORED_KINDS = ("timestamptz", "time", "daytime", "yearmonth", "json", "uuid")


def check_stored(columns: list[tuple[str, Type]]) -> None:
    """Types that a Hive table cannot hold."""
    for name, type_ in columns:
        if type_.kind in STORED_KINDS:
            raise QueryFailure("NOT_SUPPORTED", f"Unsupported Hive type: {t.trino_name(type_)} (column {name})")


def hive_columns(columns: list[tuple[str, Type]]) -> list[dict[str, Any]]:
    """Columns as the catalog writes them."""
    return [{"Name": n, "Type": hive_name(stored_type(type_))} for n, type_ in columns]
