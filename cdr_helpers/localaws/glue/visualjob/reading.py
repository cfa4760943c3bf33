"""Source objects as DuckDB relations, read as Glue's own readers read them (not as Athena's SerDes do).

Every CSV column is read as text, with the columns given: nothing is sniffed, nothing passes through Python.
"""

from __future__ import annotations

import bz2
import codecs
import gzip
import shutil
import uuid
import zlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, cast

from ...s3.access import ObjectAccess, StoredObject
from . import sparktypes
from .bookmarks import Reader
from .frames import NodeFailed
from .sparktypes import literal

# No text of a cell is taken for NULL: an empty cell of a string column is an empty string. This is no one's cell.
_NO_NULL = "\ue000null\ue000"
_CHUNK = 1 << 20
_BUFFER, _LONGEST_RECORD = 8 << 20, 4 << 20
"""Bytes of CSV that a thread holds at a time (DuckDB's own 32 MB would be most of a job's memory), and of a record."""
GZIP, BZIP2 = b"\x1f\x8b", b"BZh"
QUOTES = (b'"', b"'", "«".encode())
UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
NO_TEXT = (b"PAR1", b"ORC", b"Obj\x01")
"""How formats begin that hold text but are none."""


@dataclass(frozen=True)
class Part:
    """One object to read and the partition values that it stands for."""

    path: str
    values: tuple[str | None, ...] = ()
    key: str = ""


@dataclass(frozen=True)
class CsvFormat:
    """How a CSV is written: Glue's `separator`, `quoteChar`, `escaper` and the lines before the data."""

    separator: str = ","
    quote: str = '"'
    escape: str = '"'
    skip: int = 0


@dataclass
class Files:
    """Finds the objects of a source and makes them readable for DuckDB."""

    access: ObjectAccess
    scratch: Path
    repair: bool = False
    read_bytes: int = 0
    largest: int = 0
    """Bytes of the largest object read."""
    made: dict[Path, str] = field(default_factory=dict)
    bookmark: Reader | None = None

    def under(self, uri: str, recurse: bool = True, context: str = "") -> list[StoredObject]:
        """Objects with data at `uri`: the object itself, or everything below it as a folder. Names that begin with
        `_` or `.` are hidden, as for every Hadoop reader. With a bookmark and the `context` of a source, only what
        that source has not read yet."""
        key = uri.removeprefix("s3://").partition("/")[2]
        found = [stored for stored in self.access.list(uri) if stored.size and _within(stored.key, key, recurse)]
        shown = [stored for stored in found if not _hidden(stored.key[len(key) :])]
        return self.bookmark.new(context, shown) if self.bookmark and context else shown

    def parts(self, stored: Iterable[StoredObject], values: tuple[str | None, ...] = ()) -> list[Part]:
        """The objects as files that DuckDB reads: checked for permission, unpacked where DuckDB cannot."""
        return [Part(self._path(one), values, one.key) for one in stored]

    def _path(self, stored: StoredObject) -> str:
        path = self.access.readable(stored)
        self.read_bytes += stored.size
        self.largest = max(self.largest, stored.size)
        if path not in self.made:
            self.made[path] = str(self._prepared(path, stored.uri))
        return self.made[path]

    def _prepared(self, path: Path, uri: str) -> Path:
        with path.open("rb") as opened:
            head = opened.read(4)
        if head.startswith(UTF_16):
            raise NodeFailed(f"Unable to parse file: {uri}. It is UTF-16, and Glue reads UTF-8: convert it.")
        if head.startswith(NO_TEXT):
            return path
        opener = _opener(head)
        marked = _has_mark_before_quote(path, opener)
        if not (self.repair or marked or head.startswith(BZIP2)):
            return path
        target = self.scratch / f"in-{uuid.uuid4().hex}"
        with opener(path) as source, target.open("wb") as sink:
            source.read(len(codecs.BOM_UTF8) if marked else 0)
            if self.repair:
                _replace_undecodable(source, sink)
            else:
                shutil.copyfileobj(source, sink, _CHUNK)
        return target


def _opener(head: bytes) -> Callable[[Path], IO[bytes]]:
    """What opens a file that begins so for reading its content. (A blob's name says nothing.)"""
    if head.startswith(BZIP2):
        return bz2.open
    return cast(Callable[[Path], IO[bytes]], gzip.open) if head.startswith(GZIP) else lambda path: path.open("rb")


def _has_mark_before_quote(path: Path, opener: Callable[[Path], IO[bytes]]) -> bool:
    """Whether a byte order mark stands before a quote. DuckDB, told to skip a line, takes such a quote for a character,
    and the line to end elsewhere."""
    try:
        with opener(path) as opened:
            beginning = opened.read(len(codecs.BOM_UTF8) + 2)
    except (OSError, EOFError, zlib.error):  # a broken archive is the reader's to refuse
        return False
    return beginning.startswith(tuple(codecs.BOM_UTF8 + quote for quote in QUOTES))


def _within(found: str, key: str, recurse: bool) -> bool:
    if found == key:
        return True
    folder = key if not key or key.endswith("/") else f"{key}/"
    return found.startswith(folder) and (recurse or "/" not in found[len(folder) :])


def _hidden(relative: str) -> bool:
    return any(step.startswith(("_", ".")) for step in relative.split("/") if step)


def _replace_undecodable(source: IO[bytes], sink: IO[bytes]) -> None:
    """Copy text; bytes that are no UTF-8 become U+FFFD, as Java's decoder makes them."""
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    for chunk in iter(lambda: source.read(_CHUNK), b""):
        sink.write(decoder.decode(chunk).encode("utf-8"))
    sink.write(decoder.decode(b"", True).encode("utf-8"))


def gzipped(path: str) -> bool:
    """Whether a file begins as gzip does."""
    with Path(path).open("rb") as opened:
        return opened.read(2) == GZIP


def _by_packing(parts: Sequence[Part]) -> list[tuple[str, list[Part]]]:
    groups: dict[str, list[Part]] = {}
    for part in parts:
        groups.setdefault("gzip" if gzipped(part.path) else "none", []).append(part)
    return list(groups.items())


def _list(parts: Sequence[Part]) -> str:
    return "[" + ", ".join(literal(part.path) for part in parts) + "]"


def _empty(width: int) -> str:
    return f"SELECT {', '.join(f'NULL::VARCHAR AS c{at}' for at in range(width)) or '1'} WHERE false"


def csv_sql(parts: Sequence[Part], width: int, keys: int, form: CsvFormat) -> str:
    """A SELECT of `width` text columns `c0 …`, then the `keys` partition values, over CSV files."""
    reads = [_csv_read(packing, group, width, keys, form) for packing, group in _by_packing(parts)]
    return " UNION ALL ".join(reads) or _empty(width + keys)


def _csv_read(packing: str, parts: list[Part], width: int, keys: int, form: CsvFormat) -> str:
    columns = ", ".join(f"'c{at}': 'VARCHAR'" for at in range(width))
    scan = (
        f"read_csv({_list(parts)}, columns = {{{columns}}}, auto_detect = false, header = false, skip = {form.skip}, "
        f"delim = {literal(form.separator)}, quote = {literal(form.quote)}, escape = {literal(form.escape)}, "
        f"nullstr = {literal(_NO_NULL)}, null_padding = true, strict_mode = false, parallel = false, "
        f"buffer_size = {_BUFFER}, max_line_size = {_LONGEST_RECORD}, "
        f"compression = '{packing}'{_filename(keys)})"
    )
    return _with_values(scan, parts, [f"r.c{at}" for at in range(width)], keys)


def _filename(keys: int) -> str:
    return ", filename = true" if keys else ""


def _with_values(scan: str, parts: Sequence[Part], columns: list[str], keys: int) -> str:
    """A scan's columns beside the partition values of the file that each row is from."""
    named = [f"{column} AS c{at}" for at, column in enumerate(columns)]
    if not keys:
        return f"SELECT {', '.join(named)} FROM {scan} r"
    named += [f"p.k{at} AS c{len(columns) + at}" for at in range(keys)]
    rows = ", ".join(f"({', '.join([literal(part.path), *map(_value, part.values)])})" for part in parts)
    heads = ", ".join(["path", *(f"k{at}" for at in range(keys))])
    return f"SELECT {', '.join(named)} FROM {scan} r JOIN (VALUES {rows}) p({heads}) ON r.filename = p.path"


def _value(value: str | None) -> str:
    return "NULL::VARCHAR" if value is None else literal(value)


def json_objects_sql(parts: Sequence[Part], keys: int, multiline: bool) -> str:
    """A SELECT of one JSON value a row (`c0`), then the partition values."""
    shape = "auto" if multiline else "newline_delimited"
    reads = [
        _with_values(
            f"read_json_objects({_list(group)}, format = '{shape}', compression = '{packing}'{_filename(keys)})",
            group,
            ["r.json"],
            keys,
        )
        for packing, group in _by_packing(parts)
    ]
    return " UNION ALL ".join(reads) or _empty(1 + keys).replace("NULL::VARCHAR AS c0", "NULL::JSON AS c0")


def parquet_sql(parts: Sequence[Part], columns: Sequence[str], keys: int) -> str:
    """A SELECT of named columns of Parquet files as `c0 …`, then the partition values."""
    scan = parquet_scan(parts, keys)
    return _with_values(scan, parts, [f"r.{sparktypes.quoted(name)}" for name in columns], keys)


def parquet_scan(parts: Sequence[Part], keys: int = 0) -> str:
    """The table function that reads Parquet files; columns are matched by name."""
    return f"read_parquet({_list(parts)}, union_by_name = true, hive_partitioning = false{_filename(keys)})"
