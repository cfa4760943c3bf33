"""Source objects as DuckDB relations, read as Glue's own readers read them (not as Athena's SerDes do).

Every CSV column is read as text, with the columns given: nothing is sniffed, nothing passes through Python.
"""

from __future__ import annotations

import bz2
import codecs
import csv
import gzip
import io
import re
import shutil
import uuid
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, cast

from ...s3.access import ObjectAccess, StoredObject, split
from ...tables import compression
from . import plaincsv, sparktypes
from .bookmarks import Reader
from .frames import NodeFailed
from .sparktypes import literal

# No text of a cell is taken for NULL: an empty cell of a string column is an empty string. This is no one's cell.
_NO_NULL = "\ue000null\ue000"
_CHUNK = 1 << 20
_BUFFER, _LONGEST_RECORD = 8 << 20, 4 << 20
"""Bytes of CSV that a thread holds at a time (DuckDB's own 32 MB would be most of a job's memory), and of a record."""
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


def separator_of(table: dict[str, Any]) -> str:
    """The separator of a CSV table: SerDe parameters first, then the crawler's `delimiter`."""
    parameters = table.get("Parameters") or {}
    serde = (table["StorageDescriptor"].get("SerdeInfo") or {}).get("Parameters") or {}
    written = serde.get("separatorChar") or serde.get("field.delim") or parameters.get("delimiter") or ","
    match = re.fullmatch(r"\\u([0-9a-fA-F]{4})", written)
    return chr(int(match.group(1), 16)) if match else {"\\t": "\t", "\\001": "\x01"}.get(written, written)


@dataclass
class Files:
    """Finds the objects of a source and makes them readable for DuckDB."""

    access: ObjectAccess
    scratch: Path
    repair: bool = False
    guess: bool = True
    """Whether CSV may be read by what it looks like; `guessed` says that some was."""
    guessed: bool = False
    read_bytes: int = 0
    largest: int = 0
    """Bytes of the largest object read."""
    made: dict[Path, str] = field(default_factory=dict)
    bookmark: Reader | None = None

    def under(self, uri: str, recurse: bool = True, context: str = "") -> list[StoredObject]:
        """Objects with data at `uri`: the object itself, or everything below it as a folder. Names that begin with
        `_` or `.` are hidden, as for every Hadoop reader. With a bookmark and the `context` of a source, only what
        that source has not read yet."""
        key = split(uri)[1]
        found = [stored for stored in self.access.list(uri) if stored.size and _within(stored.key, key, recurse)]
        shown = [stored for stored in found if not _hidden(stored.key[len(key) :])]
        return self.bookmark.new(context, shown) if self.bookmark and context else shown

    def note(self, context: str, read: Iterable[StoredObject]) -> None:
        """Tell the bookmark, if there is one, what a source reads."""
        if self.bookmark:
            self.bookmark.note(context, read)

    def parts(self, stored: Iterable[StoredObject], values: tuple[str | None, ...] = ()) -> list[Part]:
        """The objects as files that DuckDB reads: checked for permission, unpacked where DuckDB cannot."""
        return [Part(self._path(one), values, one.key) for one in stored]

    def whole_numbers(self, parts: Sequence[Part], kinds: Sequence[str], skip: int) -> dict[int, str]:
        """Which columns of CSV files DuckDB may read as integers, and of which type; none where files do not look as if
        that gave what Spark's casts give."""
        found = {at: sparktypes.duckdb(kind) for at, kind in enumerate(kinds) if kind in sparktypes.INTEGRAL}
        paths = [Path(part.path) for part in parts]
        # In a sheet of one column DuckDB takes an empty line for a row, unless it fills up missing cells.
        if not (self.guess and found and paths and len(kinds) > 1):
            return {}
        if any(packed_as(path) != "none" for path in paths):
            return {}
        if not plaincsv.is_plain(paths, skip):
            return {}
        self.guessed = True
        return found

    def fresh(self) -> Path:
        """The name of a scratch file that is not there yet."""
        return self.scratch / f"in-{uuid.uuid4().hex}"

    def _path(self, stored: StoredObject) -> str:
        path = self.access.readable(stored)
        self.read_bytes += stored.size
        self.largest = max(self.largest, stored.size)
        if path not in self.made:
            self.made[path] = str(self._prepared(path, stored))
        return self.made[path]

    def _prepared(self, path: Path, stored: StoredObject) -> Path:
        """The file itself where DuckDB reads it as it is; else its content in a scratch file."""
        with path.open("rb") as file:
            head = file.read(4)
        if head.startswith(UTF_16):
            raise NodeFailed(f"Unable to parse file: {stored.uri}. It is UTF-16, and Glue reads UTF-8: convert it.")
        if head.startswith(NO_TEXT):
            return path
        suffix, packing = compression.suffix_of(stored.key), _packing(head)
        if suffix in _BY_NAME:
            path, packing = compression.decompressed(path, suffix, self.fresh(), stored.uri), "none"
        marked = _has_mark_before_quote(path, packing)
        if not (self.repair or marked) and packing in ("none", "gzip"):
            return path
        target = self.fresh()
        with _unpacked(path, packing) as source, target.open("wb") as sink:
            source.read(len(codecs.BOM_UTF8) if marked else 0)
            if self.repair:
                _replace_undecodable(source, sink)
            else:
                shutil.copyfileobj(source, sink, _CHUNK)
        return target


_BY_NAME = (".snappy", ".lz4", ".deflate")
"""Ends of names that alone say how an object is compressed."""
_MAGIC = {b"BZh": "bzip2", b"\x1f\x8b": "gzip", b"\x28\xb5\x2f\xfd": "zstd"}


def packed_as(path: Path) -> str:
    """How a file is compressed, by its first bytes: gzip, bzip2, zstd or none."""
    with path.open("rb") as file:
        return _packing(file.read(4))


def _packing(head: bytes) -> str:
    return next((packing for magic, packing in _MAGIC.items() if head.startswith(magic)), "none")


def opened(path: Path) -> IO[bytes]:
    """The content of a file, unpacked if it is compressed."""
    return _unpacked(path, packed_as(path))


def _unpacked(path: Path, packing: str) -> IO[bytes]:
    if packing == "zstd":
        import pyarrow as pa

        return cast(IO[bytes], pa.CompressedInputStream(pa.OSFile(str(path)), "zstd"))
    if packing == "bzip2":
        return bz2.open(path)
    return cast(IO[bytes], gzip.open(path)) if packing == "gzip" else path.open("rb")


def _has_mark_before_quote(path: Path, packing: str) -> bool:
    """Whether a byte order mark stands before a quote. DuckDB, told to skip a line, takes such a quote for a character,
    and the line to end elsewhere."""
    try:
        with _unpacked(path, packing) as source:
            beginning = source.read(len(codecs.BOM_UTF8) + 2)
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


# What an escaped letter stands for, and the character that holds its place until the row is taken apart.
_ESCAPES = {"n": ("\n", "\ue001"), "r": ("\r", "\ue002"), "t": ("\t", "\ue003"), "0": ("\0", "\ue004")}
_HELD = {ord(held): stands for stands, held in _ESCAPES.values()}


def without_escapes(source: Path, target: Path, form: CsvFormat) -> Path:
    """Write a CSV with escape characters as one without, in quotes.

    The character after an escape is taken as it is, except n, r, t and 0 (AWS Glue: "Using the CSV format", `escaper`).
    """
    csv.field_size_limit(1 << 30)
    pair = re.compile(re.escape(form.escape) + r"(.)", re.DOTALL)
    with opened(source) as data, target.open("w", encoding="utf-8", newline="") as out:
        lines = io.TextIOWrapper(data, "utf-8-sig", "replace", newline="")
        held = (pair.sub(lambda found: _ESCAPES.get(found[1], ("", found[0]))[1], line) for line in lines)
        rows = csv.reader(
            held,
            delimiter=form.separator,
            quotechar=form.quote or None,
            escapechar=form.escape,
            quoting=csv.QUOTE_MINIMAL if form.quote else csv.QUOTE_NONE,
        )
        # Everything in quotes: Python's writer leaves a carriage return without, and that would end the row.
        writer = csv.writer(out, delimiter=form.separator, lineterminator="\n", quoting=csv.QUOTE_ALL)
        for row in rows:
            writer.writerow([cell.translate(_HELD) for cell in row])
    return target


def _by_packing(parts: Sequence[Part]) -> list[tuple[str, list[Part]]]:
    groups: dict[str, list[Part]] = {}
    for part in parts:
        groups.setdefault(packed_as(Path(part.path)), []).append(part)
    return list(groups.items())


def _list(parts: Sequence[Part]) -> str:
    return "[" + ", ".join(literal(part.path) for part in parts) + "]"


def _empty(width: int) -> str:
    return f"SELECT {', '.join(f'NULL::VARCHAR AS c{at}' for at in range(width)) or '1'} WHERE false"


def csv_sql(
    parts: Sequence[Part], width: int, keys: int, form: CsvFormat, whole: Mapping[int, str] | None = None
) -> str:
    """A SELECT of `width` text columns `c0 …`, then the `keys` partition values, over CSV files. Positions in `whole`
    are read as the integer type of DuckDB that it says; DuckDB fails where a cell is none, and where cells are missing.
    """
    reads = [_csv_read(packing, group, width, keys, form, whole or {}) for packing, group in _by_packing(parts)]
    return " UNION ALL ".join(reads) or _empty(width + keys)


def _csv_read(packing: str, parts: list[Part], width: int, keys: int, form: CsvFormat, whole: Mapping[int, str]) -> str:
    columns = ", ".join(f"'c{at}': '{whole.get(at, 'VARCHAR')}'" for at in range(width))
    cells = f"nullstr = {literal(_NO_NULL)}, null_padding = true"
    shown = [f"r.c{at}" for at in range(width)]
    if whole:
        cells = "nullstr = ''"
        shown = [f"r.c{at}" if at in whole else f"coalesce(r.c{at}, '')" for at in range(width)]
    scan = (
        f"read_csv({_list(parts)}, columns = {{{columns}}}, auto_detect = false, header = false, skip = {form.skip}, "
        f"delim = {literal(form.separator)}, quote = {literal(form.quote)}, escape = {literal(form.escape)}, "
        f"{cells}, strict_mode = false, parallel = false, "
        f"buffer_size = {_BUFFER}, max_line_size = {_LONGEST_RECORD}, "
        f"compression = '{packing}'{_filename(keys)})"
    )
    return _with_values(scan, parts, shown, keys)


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
