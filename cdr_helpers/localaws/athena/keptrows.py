"""Rows of small tables, parsed once and kept in the engine's memory for the next question of the same objects.

The file of an object never changes (`s3.blobs`), so rows that were read from it stay right. What they are found by is
all that they depend on: how the catalog describes the table and its partitions, and the files. A new object, another
column type or another set of partitions is another entry. Rows that were asked for lately stay; others make room for
new ones. Parquet is not kept: DuckDB reads only the columns and pages of it that a query needs.
"""

from __future__ import annotations

import hashlib
import itertools
import logging
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..tables import compression
from ..tables.reading import Part
from ..tables.serdes import UnreadableTable
from . import database

BUDGET = 64 << 20
"""Bytes of memory, as DuckDB counts them, that kept rows may take."""
EXPECTED, EXPECTED_PACKED = 4, 40
"""Bytes of memory for a byte of text, and for one of an object that is packed or in a format of its own."""
MOST_OBJECTS = 256
MOST_ENTRIES = 64
LATELY_SECONDS = 60.0
_PLAIN = ("lazysimpleserde", "opencsvserde", "jsonserde", "regexserde", "grokserde")
_PACKED = ("orcserde", "avroserde")
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Source:
    """What rows are found by, and the memory that they are expected to take, in bytes."""

    key: str
    expected: int


@dataclass
class Entry:
    """One table's rows. `name` is None until they were read, and empty when they cannot be kept; `passing` ones are
    dropped when no query uses them any more."""

    size: int
    name: str | None = None
    users: int = 0
    passing: bool = False
    used: float = 0.0
    reading: threading.Lock = field(default_factory=threading.Lock)


_guard = threading.Lock()
_entries: OrderedDict[str, Entry] = OrderedDict()
_numbers = itertools.count()


def source_of(table: dict[str, Any], parts: Sequence[Part]) -> Source | None:
    """What a table's rows over the objects of `parts` are found by; None when they are not kept: too large, or
    Parquet."""
    objects = [stored for part in parts for stored in part.objects]
    if not objects or len(objects) > MOST_OBJECTS or len(parts) > MOST_OBJECTS:
        return None
    libraries = {_library(part.descriptor) for part in parts}
    if not libraries <= {*_PLAIN, *_PACKED}:
        return None
    packed = bool(libraries & {*_PACKED}) or any(compression.suffix_of(stored.key) for stored in objects)
    expected = sum(stored.size for stored in objects) * (EXPECTED_PACKED if packed else EXPECTED)
    if expected > BUDGET:
        return None
    described = [table["StorageDescriptor"].get("Columns"), table.get("PartitionKeys"), table.get("Parameters")]
    read = [
        (part.descriptor, part.values, [(stored.key, str(stored.path)) for stored in part.objects]) for part in parts
    ]
    return Source(hashlib.sha256(repr((described, read)).encode()).hexdigest(), expected)


def _library(descriptor: dict[str, Any]) -> str:
    library = (descriptor.get("SerdeInfo") or {}).get("SerializationLibrary") or ""
    return str(library).rsplit(".", 1)[-1].lower()


def hold(source: Source, relation: Callable[[], str], connection: Any) -> Entry | None:
    """The entry of a source, its rows read now if they are not there; it stays until it is given to `release`.

    `relation` gives the DuckDB text of the rows. None when they are not kept: there is no room, or a cell cannot be
    read, which fails the queries that use it and no others.
    """
    entry = _entered(source)
    if entry is None:
        return None
    try:
        with entry.reading:
            if entry.name is None:
                entry.name = _read(entry, relation, connection)
    except BaseException:
        release(entry)
        raise
    if entry.name:
        return entry
    release(entry)
    return None


def _entered(source: Source) -> Entry | None:
    """The entry with one user more; a new one takes the place of others that were not asked for lately."""
    now = time.monotonic()
    with _guard:
        entry = _entries.get(source.key)
        given_up = [] if entry else _making_room(source.expected, now)
        if given_up is None:
            return None
        gone = [_entries.pop(key) for key in given_up]
        if entry is None:
            entry = _entries[source.key] = Entry(source.expected)
        _entries.move_to_end(source.key)
        entry.users += 1
        entry.used = now
    for each in gone:
        _drop(each.name)
    return entry


def _making_room(expected: int, now: float) -> list[str] | None:
    """The keys of the entries that have to go for a new one; None when others are in use or were lately."""
    taken, count = sum(entry.size for entry in _entries.values()), len(_entries)
    given_up: list[str] = []
    for key, entry in _entries.items():
        if taken + expected <= BUDGET and count < MOST_ENTRIES:
            break
        if not entry.users and (entry.name == "" or now - entry.used > LATELY_SECONDS):
            given_up.append(key)
            taken, count = taken - entry.size, count - 1
    return given_up if taken + expected <= BUDGET and count < MOST_ENTRIES else None


def _read(entry: Entry, relation: Callable[[], str], connection: Any) -> str | None:
    import duckdb

    name = f"kept_{next(_numbers)}"
    before = _taken()
    try:
        connection.execute(f"CREATE TABLE {name} AS {relation()}")
    except duckdb.InterruptException:
        raise
    except duckdb.OutOfMemoryException:
        return None
    except (duckdb.Error, UnreadableTable, ValueError):
        entry.size = 0
        return ""
    entry.size = max(0, _taken() - before)
    entry.passing = entry.passing or entry.size > BUDGET
    return name


def _taken() -> int:
    row = (
        database.cursor()
        .execute(
            "SELECT memory_usage_bytes + temporary_storage_bytes FROM duckdb_memory() WHERE tag = 'IN_MEMORY_TABLE'"
        )
        .fetchone()
    )
    return int(row[0]) if row else 0


def release(entry: Entry) -> None:
    """A query needs the rows no longer."""
    with _guard:
        entry.users -= 1
        gone = entry.name if entry.passing and not entry.users else None
        if gone:
            entry.name, entry.size = "", 0
    _drop(gone)


def _drop(name: str | None) -> None:
    import duckdb

    if not name:
        return
    try:
        # Not on a query's own connection: an interruption of it would leave a table that nobody drops.
        database.cursor().execute(f"DROP TABLE {name}")
    except duckdb.Error:
        _log.exception("rows that were kept could not be dropped")


def forget() -> None:
    """Drop all rows, those in use when their queries end: the objects are gone."""
    with _guard:
        every = list(_entries.values())
        _entries.clear()
        for entry in every:
            entry.passing = True
        gone = [entry.name for entry in every if not entry.users]
    for name in gone:
        _drop(name)
