"""Rows of small tables, parsed once and kept in the engine's memory for the next question of the same objects.

The file of an object never changes (`s3.blobs`), so rows that were read from it stay right. What they are found by is
all that they depend on: how the catalog describes the table and its partitions, and the files. A new object, another
column type or another set of partitions is another entry; those that were not asked for lately are dropped. Parquet is
not kept: DuckDB reads only the columns and pages of it that a query needs.
"""

from __future__ import annotations

import itertools
import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..tables import compression
from ..tables.reading import Part
from ..tables.serdes import UnreadableTable
from . import database

LARGEST = 16 << 20
"""Bytes of the objects that are kept at most, and of those that are packed or in a format of their own."""
LARGEST_PACKED = 2 << 20
MOST_OBJECTS = 256
BUDGET = 64 << 20
"""Bytes of memory, as DuckDB counts them, that all kept rows may take while no query uses them."""
MOST_ENTRIES = 64
_PLAIN = ("lazysimpleserde", "opencsvserde", "jsonserde", "regexserde", "grokserde")
_PACKED = ("orcserde", "avroserde")


@dataclass
class Entry:
    """One table's rows. `name` is None until they were read, and empty when they cannot be kept."""

    name: str | None = None
    users: int = 0
    reading: threading.Lock = field(default_factory=threading.Lock)


_guard = threading.Lock()
_entries: OrderedDict[str, Entry] = OrderedDict()
_numbers = itertools.count()


def found_by(table: dict[str, Any], parts: Sequence[Part]) -> str | None:
    """The key of a table's rows over the objects of `parts`; None when they are not kept: too large, or Parquet."""
    objects = [stored for part in parts for stored in part.objects]
    if not objects or len(objects) > MOST_OBJECTS or len(parts) > MOST_OBJECTS:
        return None
    libraries = {_library(part.descriptor) for part in parts}
    if not libraries <= {*_PLAIN, *_PACKED}:
        return None
    packed = bool(libraries & {*_PACKED}) or any(compression.suffix_of(stored.key) for stored in objects)
    if sum(stored.size for stored in objects) > (LARGEST_PACKED if packed else LARGEST):
        return None
    described = [table["StorageDescriptor"].get("Columns"), table.get("PartitionKeys"), table.get("Parameters")]
    read = [
        (part.descriptor, part.values, [(stored.key, str(stored.path)) for stored in part.objects]) for part in parts
    ]
    return repr((described, read))


def _library(descriptor: dict[str, Any]) -> str:
    library = (descriptor.get("SerdeInfo") or {}).get("SerializationLibrary") or ""
    return str(library).rsplit(".", 1)[-1].lower()


def hold(key: str, relation: Callable[[], str], connection: Any) -> Entry | None:
    """The entry of a key, its rows read now if they are not there; it stays until it is given to `release`.

    `relation` gives the DuckDB text of the rows. None when they cannot be kept: a cell that cannot be read fails the
    queries that use it, and no others.
    """
    with _guard:
        entry = _entries.setdefault(key, Entry())
        _entries.move_to_end(key)
        entry.users += 1
    try:
        with entry.reading:
            if entry.name is None:
                entry.name = _read(relation, connection)
    except BaseException:
        release(entry)
        raise
    if entry.name:
        return entry
    release(entry)
    return None


def _read(relation: Callable[[], str], connection: Any) -> str | None:
    import duckdb

    name = f"kept_{next(_numbers)}"
    try:
        connection.execute(f"CREATE TABLE {name} AS {relation()}")
    except duckdb.InterruptException:
        raise
    except duckdb.OutOfMemoryException:
        return None
    except (duckdb.Error, UnreadableTable, ValueError):
        return ""
    _make_room()
    return name


def release(entry: Entry) -> None:
    """A query needs the rows no longer."""
    with _guard:
        entry.users -= 1


def _make_room() -> None:
    """Drop what was not asked for lately until the rest fits the budget."""
    # Not on the query's own connection: an interruption of it would leave a table that nobody drops.
    connection = database.cursor()
    while len(_entries) > MOST_ENTRIES or _taken(connection) > BUDGET:
        with _guard:
            idle = next((key for key, entry in _entries.items() if not entry.users), None)
            gone = _entries.pop(idle) if idle else None
        if gone is None:
            return
        _drop(connection, gone)


def _taken(connection: Any) -> int:
    row = connection.execute(
        "SELECT memory_usage_bytes + temporary_storage_bytes FROM duckdb_memory() WHERE tag = 'IN_MEMORY_TABLE'"
    ).fetchone()
    return int(row[0])


def _drop(connection: Any, entry: Entry) -> None:
    if entry.name:
        connection.execute(f"DROP TABLE {entry.name}")


def forget() -> None:
    """Drop all rows that no query uses: the objects are gone."""
    with _guard:
        gone = [_entries.pop(key) for key in [key for key, entry in _entries.items() if not entry.users]]
    for entry in gone:
        _drop(database.cursor(), entry)
