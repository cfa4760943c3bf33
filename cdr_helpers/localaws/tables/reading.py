"""A catalog table as a DuckDB relation over the files of its objects.

Objects whose name begins with `_` or `.` are not read (Athena user guide, "Other notable limitations"); subfolders of
the location are.
"""

from __future__ import annotations

import itertools
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from . import blanklines, buckets, compression, conversion, serdes
from .serdes.base import Storage, UnreadableTable, text
from .types import Type, duckdb_name, parse_hive, quote


class StoredFile(Protocol):
    """What is needed to know of an object."""

    @property
    def bucket(self) -> str: ...
    @property
    def key(self) -> str: ...
    @property
    def size(self) -> int: ...
    @property
    def path(self) -> Path: ...
    @property
    def uri(self) -> str: ...
    @property
    def last_modified(self) -> Any: ...


@dataclass(frozen=True)
class Part:
    """A table without partitions, or one partition: its descriptor, the values of its keys, its objects."""

    descriptor: dict[str, Any]
    values: tuple[str, ...]
    objects: tuple[StoredFile, ...]


UNION_LIMIT = 24


def is_data(stored: StoredFile) -> bool:
    """Whether Athena reads the object."""
    return stored.size > 0 and stored.key.rsplit("/", 1)[-1][:1] not in ("_", ".", "")


def storage_of(descriptor: dict[str, Any], table_parameters: dict[str, str]) -> Storage:
    """What the descriptor says about reading. Raises `UnreadableTable` for a type that is none."""
    serde = descriptor.get("SerdeInfo") or {}
    parameters = {**table_parameters, **(descriptor.get("Parameters") or {}), **(serde.get("Parameters") or {})}
    columns = tuple((c["Name"].lower(), column_type(c)) for c in descriptor.get("Columns", []))
    return Storage(serde.get("SerializationLibrary") or "", columns, parameters)


def column_type(column: dict[str, Any]) -> Type:
    """The type of a catalog column. Raises `UnreadableTable`."""
    try:
        return parse_hive(column.get("Type") or "string")
    except ValueError as problem:
        raise UnreadableTable("HIVE_INVALID_METADATA", f"column {column['Name']}: {problem}") from None


DEFAULT_PARTITION = "__HIVE_DEFAULT_PARTITION__"
"""What stands for a partition key's NULL."""


def key_value(value: str, type_: Type) -> str:
    """A partition key's value as a literal; `__HIVE_DEFAULT_PARTITION__` is NULL."""
    if value == DEFAULT_PARTITION:
        return f"CAST(NULL AS {duckdb_name(type_)})"
    return f"CAST({text(value)} AS {duckdb_name(type_)})"


def relation_sql(
    table: dict[str, Any],
    parts: Sequence[Part],
    needed: set[int],
    hidden: set[str],
    scratch: Path,
) -> str:
    """`SELECT` of columns c0, c1, … (those in `needed`) of the table over the objects of `parts`.

    `hidden` names of Athena's hidden columns are added under their own names. `scratch` takes files that DuckDB
    cannot decompress. Raises `UnreadableTable`.
    """
    return _Reading(table, needed, hidden, scratch).sql(parts)


class _Reading:
    """One table read once."""

    def __init__(self, table: dict[str, Any], needed: set[int], hidden: set[str], scratch: Path) -> None:
        self.table = table
        self.parameters = dict(table.get("Parameters") or {})
        self.columns = [(c["Name"].lower(), column_type(c)) for c in table["StorageDescriptor"].get("Columns", [])]
        self.keys = [(c["Name"].lower(), column_type(c)) for c in table.get("PartitionKeys") or []]
        self.needed, self.hidden, self.scratch = needed, hidden, scratch

    def sql(self, parts: Sequence[Part]) -> str:
        filled = [self.described(p) for p in parts if p.objects]
        groups = [list(g) for g in _grouped(filled, self.parameters)]
        selects = [self.group(group) for group in groups]
        return " UNION ALL ".join(selects) if selects else self.empty()

    def described(self, part: Part) -> Part:
        """A partition that names no columns (awswrangler registers such) has those of its table."""
        if part.descriptor.get("Columns"):
            return part
        columns = self.table["StorageDescriptor"].get("Columns", [])
        return Part({**part.descriptor, "Columns": columns}, part.values, part.objects)

    def empty(self) -> str:
        types = [type_ for _, type_ in (*self.columns, *self.keys)]
        listed = [f"CAST(NULL AS {duckdb_name(types[i])}) AS c{i}" for i in sorted(self.needed)]
        listed += [f"CAST(NULL AS {HIDDEN_TYPES[h]}) AS {quote(h)}" for h in sorted(self.hidden)]
        return f"SELECT {', '.join(listed) or '1 AS one'} WHERE false"

    def group(self, parts: list[Part]) -> str:
        """Parts with one descriptor and one compression."""
        if len(parts) > UNION_LIMIT and self.key_columns():
            return self.mapped(parts)
        if self.key_columns():
            return " UNION ALL ".join(self.select([part], self.constants(part)) for part in parts)
        return self.select(parts, [])

    def key_columns(self) -> list[int]:
        """The needed partition keys."""
        return [i for i in sorted(self.needed) if i >= len(self.columns)]

    def constants(self, part: Part) -> list[str]:
        first = len(self.columns)
        return [f"{key_value(part.values[i - first], self.keys[i - first][1])} AS c{i}" for i in self.key_columns()]

    def select(self, parts: list[Part], keys: list[str]) -> str:
        storage = storage_of(parts[0].descriptor, self.parameters)
        serde = serdes.find(storage.library)
        objects = [o for p in parts for o in p.objects]
        relation, paths = self.opened(objects, storage, bool(self.hidden))
        names = {str(path): o for path, o in zip(paths, objects, strict=True)}
        listed = [*self.data_columns(storage, serde), *keys, *self.hidden_columns(names)]
        return f"SELECT {', '.join(listed) or '1 AS one'} FROM {relation}"

    def opened(self, objects: Sequence[StoredFile], storage: Storage, filename: bool) -> tuple[str, list[Path]]:
        """The relation over the objects' files, and the files that are read in their place."""
        packing, paths = _readable(objects, storage.library, self.scratch)
        serde = serdes.find(storage.library)
        if not isinstance(serde, serdes.LazySimple):
            return serde.relation(paths, packing, storage, filename), paths
        filled = blanklines.filled(paths, packing, self.scratch)
        relation = serde.relation(filled, packing, storage, filename)
        return relation if filled == paths else blanklines.unmarked(relation), filled

    def data_columns(self, storage: Storage, serde: serdes.SerDe) -> list[str]:
        """The needed columns. A partition may have fewer than the table: those are NULL."""
        listed = []
        for index in sorted(i for i in self.needed if i < len(self.columns)):
            name, type_ = self.columns[index]
            at = self.position(storage, index, name)
            if at is None:
                listed.append(f"CAST(NULL AS {duckdb_name(type_)}) AS c{index}")
            elif storage.columns[at][1] == type_:
                listed.append(f"{serde.column(at, storage)} AS c{index}")
            else:
                listed.append(f"CAST({serde.column(at, storage)} AS {duckdb_name(type_)}) AS c{index}")
        return listed

    def position(self, storage: Storage, index: int, name: str) -> int | None:
        """Where the partition has the table's column: by place in text, by name in Parquet and JSON."""
        if storage.library.rsplit(".", 1)[-1].lower() in ("parquethiveserde", "jsonserde", "avroserde"):
            names = [n for n, _ in storage.columns]
            return names.index(name) if name in names else None
        return index if index < len(storage.columns) else None

    def hidden_columns(self, names: dict[str, StoredFile]) -> list[str]:
        return [f"{lookup(names, HIDDEN_VALUES[h])} AS {quote(h)}" for h in sorted(self.hidden)]

    def mapped(self, parts: list[Part]) -> str:
        """Many partitions in one scan: the key values come from a table of file names."""
        first = len(self.columns)
        keys = self.key_columns()
        rows = []
        for part in parts:
            values = ", ".join(key_value(part.values[i - first], self.keys[i - first][1]) for i in keys)
            rows += [(o, values) for o in part.objects]
        storage = storage_of(parts[0].descriptor, self.parameters)
        objects = [o for o, _ in rows]
        relation, paths = self.opened(objects, storage, True)
        listed_rows = ", ".join(f"({text(str(p))}, {v})" for p, (_, v) in zip(paths, rows, strict=True))
        names = ", ".join(["path", *(f"k{i}" for i in keys)])
        serde = serdes.find(storage.library)
        hidden = self.hidden_columns({str(p): o for p, o in zip(paths, objects, strict=True)})
        listed = [*self.data_columns(storage, serde), *(f"k{i} AS c{i}" for i in keys), *hidden]
        return (
            f"SELECT {', '.join(listed)} FROM {relation} AS files JOIN (VALUES {listed_rows}) AS parts({names}) "
            "ON files.filename = parts.path"
        )


def _grouped(parts: Sequence[Part], parameters: dict[str, str]) -> list[list[Part]]:
    """Parts split by what is read alike: descriptor and compression."""
    found: dict[tuple[Any, ...], list[Part]] = {}
    for part in parts:
        storage = storage_of(part.descriptor, parameters)
        for suffix, objects in itertools.groupby(sorted(part.objects, key=_suffix), key=_suffix):
            key = (storage.library, storage.columns, tuple(sorted(storage.parameters.items())), suffix)
            found.setdefault(key, []).append(Part(part.descriptor, part.values, tuple(objects)))
    return list(found.values())


def _suffix(stored: StoredFile) -> str:
    return compression.suffix_of(stored.key)


def _readable(objects: Sequence[StoredFile], library: str, scratch: Path) -> tuple[str, list[Path]]:
    """The compression that DuckDB handles, and the files, decompressed beforehand where it does not."""
    suffix = _suffix(objects[0])
    name = library.rsplit(".", 1)[-1].lower()
    if name in conversion.CONVERTED:
        scratch.mkdir(parents=True, exist_ok=True)
        folder = Path(tempfile.mkdtemp(dir=scratch))
        made = [conversion.readable(o.path, name, folder / str(i), o.uri) for i, o in enumerate(objects)]
        return "none", made
    if library.rsplit(".", 1)[-1].lower() == "parquethiveserde" or not suffix:
        return "none", [o.path for o in objects]
    if suffix in compression.READ_BY_DUCKDB:
        for stored in objects:
            compression.check(stored.path, suffix, stored.uri)
        return compression.READ_BY_DUCKDB[suffix], [o.path for o in objects]
    scratch.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(dir=scratch))
    made = [compression.decompressed(o.path, suffix, folder / str(i), o.uri) for i, o in enumerate(objects)]
    return "none", made


HIDDEN_TYPES = {
    "$path": "VARCHAR",
    "$bucket": "INTEGER",
    "$file_size": "BIGINT",
    "$file_modified_time": "STRUCT(t TIMESTAMP, z VARCHAR)",
}
HIDDEN_VALUES: dict[str, Callable[[StoredFile], str]] = {
    "$path": lambda o: text(o.uri),
    "$bucket": lambda o: str(buckets.number_of(o.key) or 0),
    "$file_size": lambda o: str(o.size),
    "$file_modified_time": lambda o: f"struct_pack(t := TIMESTAMP '{o.last_modified:%Y-%m-%d %H:%M:%S}', z := 'UTC')",
}


def lookup(names: Mapping[str, StoredFile], value: Callable[[StoredFile], str]) -> str:
    """SQL of what `value` says of the object that a row was read from; `names` are the objects by their files."""
    pairs = ", ".join(f"{text(path)}: {value(stored)}" for path, stored in names.items())
    return f"MAP {{{pairs}}}[filename]"
