"""Results as files: CSV, JSON, Parquet, ORC and Avro as Glue names and writes them (public listings of its outputs).

Files are made in the scratch folder; they become objects only when the whole job has worked.
"""

from __future__ import annotations

import bz2
import re
import shutil
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from ...tables import conversion
from ...tables.parquetfiles import optional_columns
from . import casts, sparktypes
from .frames import Frame
from .sparktypes import FRACTIONAL, literal, quoted

if TYPE_CHECKING:
    from .sparkconnection import SparkConnection

NULL_PARTITION = "__HIVE_DEFAULT_PARTITION__"
# How CSV is written. AWS does not document either: values are quoted only where they must be, and timestamps stand
# with as many digits of a second's fraction as they have. Both are read back by LazySimpleSerDe.
_CSV = "FORMAT csv, HEADER true, DELIMITER {separator}, QUOTE '\"', ESCAPE '\"', NULLSTR ''"
_PARQUET = "FORMAT parquet"
_KEY, _PART = "__partition_", "__part"
# Characters that Hive writes as %XX in the names of partition folders.
_ESCAPED = frozenset("\"#%'*/:=?\\\x7f{[]^" + "".join(map(chr, range(1, 32))))

_TEXT = {"none": "", "uncompressed": "", "gzip": "gzip", "bzip2": "bzip2", "bzip": "bzip2"}
CODECS = {
    "csv": _TEXT,
    "json": _TEXT,
    "parquet": {
        "snappy": "snappy",
        "gzip": "gzip",
        "none": "uncompressed",
        "uncompressed": "uncompressed",
        "brotli": "brotli",
        "lz4": "lz4_raw",
        "zstd": "zstd",
    },
    "orc": {
        "snappy": "SNAPPY",
        "zlib": "ZLIB",
        "none": "NONE",
        "uncompressed": "NONE",
        "lz4": "LZ4",
        "zstd": "ZSTD",
    },
    "avro": {"none": "NONE", "uncompressed": "NONE", "deflate": "DEFLATE"},
}
"""Format → a target's compression → what the writer calls it."""
_DEFAULTS = {"parquet": "snappy", "orc": "snappy"}
_UNWRITTEN = {
    "xml": "AWS Glue reads XML and does not write it",
    "hyper": "Tableau's Hyper files need Tableau's own library",
    **dict.fromkeys(("hudi", "delta", "iceberg"), "tables of this kind need the library of their framework"),
}
LARGE_OBJECT = 4 << 20
"""Bytes of an input object (a compressed one may hold twenty times as much) from which on rows are written as they
come: to keep their order DuckDB holds the result of an object in memory until those before it are written."""
AS_THEY_COME = ", PRESERVE_ORDER false"
ROW_GROUP = 24 * 1024
"""Rows of a Parquet row group that is written as it comes: each thread holds one."""
_SUFFIX = {"lz4_raw": "lz4", "uncompressed": ""}
_ENDINGS = {"gzip": ".gz", "bzip2": ".bz2"}
_AVRO_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_AVRO_TEXT = re.compile(r"\b(?:date|timestamp|decimal)\b")


class CannotWrite(ValueError):
    """The frame cannot be written in this format; Spark refuses it, or it is not built."""


@dataclass(frozen=True)
class Shape:
    """How a target writes: format, compression (the writer's name), number of files, separator of CSV."""

    form: str
    compression: str = ""
    parts: int = 1
    separator: str = ","


@dataclass(frozen=True)
class Written:
    """One finished file: where it is, its key below the target's path, its partition values, and for Avro its schema
    as JSON."""

    file: Path
    key: str
    values: tuple[str, ...] = ()
    schema: str = ""


def codec(form: str, compression: str | None) -> str:
    """The writer's name of a compression. Raises `CannotWrite` for what is not written here."""
    known = CODECS.get(form)
    if known is None:
        reason = f": {_UNWRITTEN[form]}" if form in _UNWRITTEN else ""
        raise CannotWrite(f"the format {form} is not written here{reason}; {', '.join(CODECS)} are.")
    wanted = (compression or _DEFAULTS.get(form, "none")).lower()
    if wanted not in known:
        raise CannotWrite(f"the compression {wanted} is not written here for {form}; {', '.join(known)} are.")
    return known[wanted]


def part_name(form: str, compression: str, moment: int, number: int) -> str:
    """The object name of a part; `moment` is the run's time in milliseconds."""
    if form in ("orc", "avro"):
        return f"run-{moment}-part-r-{number:05}.{form}"
    if form != "parquet":
        return f"run-{moment}-part-r-{number:05}{_ENDINGS.get(compression, '')}"
    shown = _SUFFIX.get(compression, compression)
    return f"run-{moment}-part-block-0-0-r-{number:05}{'-' + shown if shown else ''}.parquet"


def escape(value: str) -> str:
    """A partition value as Hive writes it in a folder's name."""
    return "".join(f"%{ord(letter):02X}" if letter in _ESCAPED else letter for letter in value)


def _csv_value(sql: str, kind: str) -> str:
    """A value as CSV text. NULL and the empty text are both nothing: quotes would become data under Athena."""
    if sparktypes.is_nested(kind) or kind == "binary":
        raise CannotWrite(f"CSV data source doesn't support the column type {kind}.")
    if kind == "string":
        return f"NULLIF({sql}, '')"
    if kind in FRACTIONAL or kind in ("timestamp", "date"):
        return casts.cast(sql, kind, "string")
    return sql


def _json_value(sql: str, kind: str) -> str:
    if kind in ("timestamp", "date"):
        return casts.cast(sql, kind, "string")
    if kind in FRACTIONAL:
        return f"CASE WHEN isfinite({sql}) THEN to_json({sql}) ELSE to_json({casts.cast(sql, kind, 'string')}) END"
    return sql


def _avro_value(sql: str, kind: str) -> str:
    """A value for Glue's Avro 1.7 writer, its default: moments, days and decimals are text (AWS Glue: "Using the Avro
    format")."""
    if not _AVRO_TEXT.search(kind):
        return sql
    if sparktypes.is_nested(kind):
        raise CannotWrite(f"dates, timestamps and decimals within {kind} are not written as Avro here.")
    return casts.cast(sql, kind, "string")


_VALUES: dict[str, Callable[[str, str], str]] = {"csv": _csv_value, "json": _json_value, "avro": _avro_value}


def _value(form: str, sql: str, kind: str) -> str:
    return _VALUES[form](sql, kind) if form in _VALUES else sql


def _key_value(sql: str, kind: str) -> str:
    """A partition value as a folder name that any file system takes: the hexadecimal of its text, N for none."""
    shown = casts.cast(sql, kind, "string")
    return f"COALESCE(hex(NULLIF({shown}, '')), 'N')"


def _options(way: _Way) -> str:
    shape = way.shape
    options = {"csv": _CSV.format(separator=literal(shape.separator)), "json": "FORMAT json"}.get(shape.form, _PARQUET)
    if shape.compression and shape.form not in conversion.WRITTEN and shape.compression != "bzip2":
        options += f", COMPRESSION {shape.compression}"
    if not way.in_order:
        options += AS_THEY_COME + (f", ROW_GROUP_SIZE {ROW_GROUP}" if options.startswith(_PARQUET) else "")
    return options + (f", PARTITION_BY ({', '.join(way.folders)})" if way.folders else "")


def _check_names(frame: Frame, form: str) -> None:
    folded = [name.lower() for name in frame.names]
    twice = sorted({name for name in folded if folded.count(name) > 1})
    if twice:
        raise CannotWrite(f"Found duplicate column(s) when writing: {', '.join(f'`{name}`' for name in twice)}.")
    if "" in folded:
        raise CannotWrite("a column without a name is not written here: name it before.")
    odd = [name for name in frame.names if form == "avro" and not _AVRO_NAME.fullmatch(name)]
    if odd:
        raise CannotWrite(f"Avro's names hold letters, digits and _ alone: rename {', '.join(map(repr, odd))} before.")


def write(
    connection: SparkConnection,
    frame: Frame,
    shape: Shape,
    keys: Sequence[int],
    scratch: Path,
    moment: int,
    in_order: bool = True,
) -> tuple[int, list[Written]]:
    """Write a frame to files below `scratch`; `keys` are the positions of the partition columns. With `in_order` rows
    stand as in the input where memory suffices for that (Spark promises no order without a sort, and a sort holds).

    Returns the number of rows and the files; none where there are no rows. Raises `CannotWrite`.
    """
    _check_names(frame, shape.form)
    data = [at for at in range(len(frame.columns)) if at not in keys]
    if not data:
        raise CannotWrite("Cannot use all columns for partition columns.")
    kinds = [column.kind for column in frame.columns]
    cells = frame.cells if shape.form == "csv" else frozenset()
    shown = [f"t{at}" if at in cells else _value(shape.form, f"c{at}", kinds[at]) for at in data]
    listed = [f"{sql} AS {quoted(frame.columns[at].name)}" for sql, at in zip(shown, data, strict=True)]
    listed += [f"{_key_value(f'c{at}', kinds[at])} AS {_KEY}{n}" for n, at in enumerate(keys)]
    folders = [f"{_KEY}{n}" for n in range(len(keys))]
    if shape.parts > 1:
        listed.append(f"row_number() OVER () % {shape.parts} AS {_PART}")
        folders.append(_PART)
    target = scratch / f"out-{uuid.uuid4().hex}"
    query = f"SELECT {', '.join(listed)} FROM {frame.sql}"
    if shape.form == "parquet":
        query = optional_columns(query, len(listed))
    target.mkdir()
    rows = _copied(connection, query, target, _Way(shape, tuple(folders), in_order))
    names = [frame.columns[at].name for at in keys]
    return rows, _collect(target, names, shape, moment) if rows else []


@dataclass(frozen=True)
class _Way:
    """How rows are written: format, compression, columns that become folders, in the order of the input or as they
    come."""

    shape: Shape
    folders: tuple[str, ...]
    in_order: bool


def _copied(connection: SparkConnection, query: str, target: Path, way: _Way) -> int:
    """Write a query's rows below `target`; as they come where memory does not suffice for their order."""
    import duckdb

    if way.folders and way.shape.form in ("csv", "json") and not way.in_order:
        return _by_partition(connection, query, target, way)
    # One file, where no partition asks for more: DuckDB buffers what it cuts by size beyond its memory limit.
    out = target if way.folders else target / "0"
    try:
        return _copy(connection, query, out, way)
    except duckdb.OutOfMemoryException:
        if not way.in_order:
            raise
    shutil.rmtree(target)
    target.mkdir()
    return _copied(connection, query, target, replace(way, in_order=False))


def _by_partition(connection: SparkConnection, query: str, target: Path, way: _Way) -> int:
    """Text in partitions by way of Parquet in partitions: DuckDB would hold all of the text in memory."""
    between = target.with_name(f"{target.name}-parquet")
    parquet = replace(way.shape, form="parquet", compression="snappy")
    rows = _copy(connection, query, between, replace(way, shape=parquet))
    for folder in sorted({file.parent for file in between.rglob("*.parquet")}):
        into = target / folder.relative_to(between)
        into.mkdir(parents=True)
        files = literal(str(folder / "*.parquet"))
        part = f"SELECT * FROM read_parquet({files}, hive_partitioning = false)"
        _copy(connection, part, into / "0", replace(way, folders=()))
        shutil.rmtree(folder)
    shutil.rmtree(between, ignore_errors=True)
    return rows


def _copy(connection: SparkConnection, query: str, out: Path, way: _Way) -> int:
    done = connection.execute(f"COPY ({query}) TO {literal(str(out))} ({_options(way)})").fetchone()
    return int(done[0]) if done else 0


def _collect(target: Path, names: list[str], shape: Shape, moment: int) -> list[Written]:
    files = sorted((path for path in target.rglob("*") if path.is_file()), key=lambda path: _order(target, path))
    made: list[Written] = []
    numbers: dict[tuple[str, ...], int] = {}
    for path in files:
        values = tuple(_text(step) for step in path.relative_to(target).parts[: len(names)])
        numbers[values] = numbers.get(values, -1) + 1
        folder = "".join(f"{escape(name)}={escape(value)}/" for name, value in zip(names, values, strict=True))
        schema = conversion.avro_schema(path) if shape.form == "avro" else ""
        key = folder + part_name(shape.form, shape.compression, moment, numbers[values])
        made.append(Written(_finished(path, shape), key, values, schema))
    return made


def _finished(path: Path, shape: Shape) -> Path:
    """The file in its own format, where that is none of DuckDB's."""
    made = path.with_name(f"{path.name}-done")
    if shape.form in conversion.WRITTEN:
        conversion.written(path, shape.form.upper(), shape.compression, made)
    elif shape.compression == "bzip2":
        with path.open("rb") as source, bz2.open(made, "wb") as packed:
            shutil.copyfileobj(source, packed)
    else:
        return path
    path.unlink()
    return made


def _order(target: Path, path: Path) -> tuple[tuple[str, ...], int]:
    digits = "".join(filter(str.isdigit, path.stem)) or "0"
    return path.relative_to(target).parts[:-1], int(digits)


def _text(folder: str) -> str:
    """The partition value of a folder that DuckDB wrote."""
    value = folder.partition("=")[2]
    return NULL_PARTITION if value == "N" else bytes.fromhex(value).decode()
