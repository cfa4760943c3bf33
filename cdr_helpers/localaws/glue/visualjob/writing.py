"""Results as files: CSV, JSON and Parquet as Glue names and writes them (public listings of Glue's outputs).

Files are made in the scratch folder; they become objects only when the whole job has worked.
"""

from __future__ import annotations

import shutil
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from . import casts, sparktypes
from .frames import Frame
from .sparktypes import FRACTIONAL, literal, quoted

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

NULL_PARTITION = "__HIVE_DEFAULT_PARTITION__"
# How CSV is written. AWS does not document either: values are quoted only where they must be, and timestamps stand
# with as many digits of a second's fraction as they have. Both are read back by LazySimpleSerDe.
CSV_OPTIONS = "FORMAT csv, HEADER true, DELIMITER ',', QUOTE '\"', ESCAPE '\"', NULLSTR ''"
_KEY = "__partition_"
# Characters that Hive writes as %XX in the names of partition folders.
_ESCAPED = frozenset("\"#%'*/:=?\\\x7f{[]^" + "".join(map(chr, range(1, 32))))

CODECS = {
    "csv": {"none": "", "uncompressed": "", "gzip": "gzip"},
    "json": {"none": "", "uncompressed": "", "gzip": "gzip"},
    "parquet": {
        "snappy": "snappy",
        "gzip": "gzip",
        "none": "uncompressed",
        "uncompressed": "uncompressed",
        "brotli": "brotli",
        "lz4": "lz4_raw",
        "zstd": "zstd",
    },
}
LARGE_OBJECT = 4 << 20
"""Bytes of an input object (a compressed one may hold twenty times as much) from which on rows are written as they
come: to keep their order DuckDB holds the result of an object in memory until those before it are written."""
AS_THEY_COME = ", PRESERVE_ORDER false"
ROW_GROUP = 24 * 1024
"""Rows of a Parquet row group that is written as it comes: each thread holds one."""
_SUFFIX = {"lz4_raw": "lz4", "uncompressed": ""}


class CannotWrite(ValueError):
    """The frame cannot be written in this format; Spark refuses it, or it is not built."""


@dataclass(frozen=True)
class Written:
    """One finished file: where it is, its key below the target's path, and its partition values."""

    file: Path
    key: str
    values: tuple[str, ...] = ()


def codec(form: str, compression: str | None) -> str:
    """DuckDB's name of a compression. Raises `CannotWrite` for what is not written here."""
    known = CODECS.get(form)
    if known is None:
        raise CannotWrite(f"the format {form} is not written here; csv, json and parquet are.")
    wanted = (compression or ("snappy" if form == "parquet" else "none")).lower()
    if wanted not in known:
        raise CannotWrite(f"the compression {wanted} is not written here for {form}; {', '.join(known)} are.")
    return known[wanted]


def part_name(form: str, compression: str, moment: int, number: int) -> str:
    """The object name of a part; `moment` is the run's time in milliseconds."""
    if form != "parquet":
        return f"run-{moment}-part-r-{number:05}" + (".gz" if compression == "gzip" else "")
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


_VALUES = {"csv": _csv_value, "json": _json_value, "parquet": lambda sql, kind: sql}


def _key_value(sql: str, kind: str) -> str:
    """A partition value as a folder name that any file system takes: the hexadecimal of its text, N for none."""
    shown = casts.cast(sql, kind, "string")
    return f"COALESCE(hex(NULLIF({shown}, '')), 'N')"


def _options(form: str, compression: str, keys: int, in_order: bool) -> str:
    options = {"csv": CSV_OPTIONS, "json": "FORMAT json", "parquet": "FORMAT parquet"}[form]
    if compression:
        options += f", COMPRESSION {compression}"
    if not in_order:
        options += AS_THEY_COME + (f", ROW_GROUP_SIZE {ROW_GROUP}" if form == "parquet" else "")
    if keys:
        return options + f", PARTITION_BY ({', '.join(f'{_KEY}{at}' for at in range(keys))})"
    return options


def _check_names(frame: Frame) -> None:
    folded = [name.lower() for name in frame.names]
    twice = sorted({name for name in folded if folded.count(name) > 1})
    if twice:
        raise CannotWrite(f"Found duplicate column(s) when writing: {', '.join(f'`{name}`' for name in twice)}.")


def write(
    connection: DuckDBPyConnection,
    frame: Frame,
    form: str,
    compression: str,
    keys: Sequence[int],
    scratch: Path,
    moment: int,
    in_order: bool = True,
) -> tuple[int, list[Written]]:
    """Write a frame to files below `scratch`; `keys` are the positions of the partition columns. With `in_order` rows
    stand as in the input where memory suffices for that (Spark promises no order without a sort, and a sort holds).

    Returns the number of rows and the files; none where there are no rows. Raises `CannotWrite`.
    """
    _check_names(frame)
    data = [at for at in range(len(frame.columns)) if at not in keys]
    if not data:
        raise CannotWrite("Cannot use all columns for partition columns.")
    value = _VALUES[form]
    cells = frame.cells if form == "csv" else frozenset()
    shown = [f"t{at}" if at in cells else value(f"c{at}", frame.columns[at].kind) for at in data]
    listed = [f"{sql} AS {quoted(frame.columns[at].name)}" for sql, at in zip(shown, data, strict=True)]
    listed += [f"{_key_value(f'c{at}', frame.columns[at].kind)} AS {_KEY}{n}" for n, at in enumerate(keys)]
    target = scratch / f"out-{uuid.uuid4().hex}"
    query = f"SELECT {', '.join(listed)} FROM {frame.view}"
    target.mkdir()
    rows = _copied(connection, query, target, _Way(form, compression, len(keys), in_order))
    names = [frame.columns[at].name for at in keys]
    return rows, _collect(target, names, form, compression, moment) if rows else []


@dataclass(frozen=True)
class _Way:
    """How rows are written: format, compression, number of partition keys, in the input's order or as they come."""

    form: str
    compression: str
    keys: int
    in_order: bool


def _copied(connection: DuckDBPyConnection, query: str, target: Path, way: _Way) -> int:
    """Write a query's rows below `target`; as they come where memory does not suffice for their order."""
    import duckdb

    if way.keys and way.form != "parquet" and not way.in_order:
        return _by_partition(connection, query, target, way)
    # One file, where no partition asks for more: DuckDB buffers what it cuts by size beyond its memory limit.
    out = target if way.keys else target / "0"
    try:
        return _copy(connection, query, out, way)
    except duckdb.OutOfMemoryException:
        if not way.in_order:
            raise
    shutil.rmtree(target)
    target.mkdir()
    return _copied(connection, query, target, replace(way, in_order=False))


def _by_partition(connection: DuckDBPyConnection, query: str, target: Path, way: _Way) -> int:
    """Text in partitions by way of Parquet in partitions: DuckDB would hold all of the text in memory."""
    between = target.with_name(f"{target.name}-parquet")
    rows = _copy(connection, query, between, replace(way, form="parquet", compression="snappy"))
    for folder in sorted({file.parent for file in between.rglob("*.parquet")}):
        into = target / folder.relative_to(between)
        into.mkdir(parents=True)
        files = literal(str(folder / "*.parquet"))
        part = f"SELECT * FROM read_parquet({files}, hive_partitioning = false)"
        _copy(connection, part, into / "0", replace(way, keys=0))
        shutil.rmtree(folder)
    shutil.rmtree(between, ignore_errors=True)
    return rows


def _copy(connection: DuckDBPyConnection, query: str, out: Path, way: _Way) -> int:
    done = connection.execute(
        f"COPY ({query}) TO {literal(str(out))} ({_options(way.form, way.compression, way.keys, way.in_order)})"
    ).fetchone()
    return int(done[0]) if done else 0


def _collect(target: Path, names: list[str], form: str, compression: str, moment: int) -> list[Written]:
    files = sorted((path for path in target.rglob("*") if path.is_file()), key=lambda path: _order(target, path))
    made: list[Written] = []
    numbers: dict[tuple[str, ...], int] = {}
    for path in files:
        values = tuple(_text(step) for step in path.relative_to(target).parts[:-1])
        numbers[values] = numbers.get(values, -1) + 1
        folder = "".join(f"{escape(name)}={escape(value)}/" for name, value in zip(names, values, strict=True))
        made.append(Written(path, folder + part_name(form, compression, moment, numbers[values]), values))
    return made


def _order(target: Path, path: Path) -> tuple[tuple[str, ...], int]:
    digits = "".join(filter(str.isdigit, path.stem)) or "0"
    return path.relative_to(target).parts[:-1], int(digits)


def _text(folder: str) -> str:
    """The partition value of a folder that DuckDB wrote."""
    value = folder.partition("=")[2]
    return NULL_PARTITION if value == "N" else bytes.fromhex(value).decode()
