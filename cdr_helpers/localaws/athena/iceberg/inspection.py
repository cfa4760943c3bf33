"""The metadata tables of an Iceberg table: `"table$snapshots"`, `$history`, `$files`, `$manifests`, `$partitions`,
`$refs`.

Source: Athena user guide, "Query Iceberg table metadata"; columns as Trino's Iceberg connector has them.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from ...tables import types as t
from ...tables.serdes.base import text
from ...tables.types import Type, duckdb_name
from .reading import Snapshot, zoned
from .schemas import TIMESTAMP_TZ

_VARCHARS = t.map_of(t.INTEGER, t.VARCHAR)
_COUNTS = t.map_of(t.INTEGER, t.BIGINT)


@dataclass(frozen=True)
class MetadataTable:
    """What a metadata table holds: its columns, and its rows as plain values."""

    columns: list[tuple[str, Type]]
    rows: list[list[Any]]

    def relation_sql(self, folder: Path) -> str:
        """`SELECT` of all columns as c0, c1, …; the rows lie in a file below `folder`."""
        import pyarrow as pa
        import pyarrow.parquet as pq

        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"metadata-{uuid.uuid4().hex}.parquet"
        arrays = [pa.array([row[at] for row in self.rows], _arrow(type_)) for at, (_, type_) in enumerate(self.columns)]
        names = [f"v{at}" for at in range(len(arrays))]
        pq.write_table(pa.Table.from_arrays(arrays, names), path)
        listed = ", ".join(f"{_read(f'v{at}', type_)} AS c{at}" for at, (_, type_) in enumerate(self.columns))
        return f"SELECT {listed} FROM read_parquet([{text(str(path))}])"


def _read(name: str, type_: Type) -> str:
    if type_.kind == "timestamptz":
        return zoned(name)
    return f"CAST({name} AS {duckdb_name(type_)})"


def _arrow(type_: Type) -> Any:
    import pyarrow as pa

    plain = {
        "varchar": pa.string(),
        "bigint": pa.int64(),
        "integer": pa.int32(),
        "boolean": pa.bool_(),
        "date": pa.date32(),
        "double": pa.float64(),
        "real": pa.float32(),
        "varbinary": pa.binary(),
    }
    if type_.kind in ("timestamp", "timestamptz"):
        return pa.timestamp("us")
    if type_.kind == "decimal":
        return pa.decimal128(*type_.args)
    if type_.kind == "array":
        return pa.list_(_arrow(type_.element))
    if type_.kind == "map":
        return pa.map_(_arrow(type_.key), _arrow(type_.value))
    if type_.kind == "row":
        return pa.struct([(t.field_name(at, name), _arrow(inner)) for at, (name, inner) in enumerate(type_.fields)])
    return plain[type_.kind]


def metadata_table(seen: Snapshot, kind: str) -> MetadataTable:
    """Raises KeyError for a kind that there is not."""
    return _KINDS[kind](seen)


def kinds() -> tuple[str, ...]:
    """The metadata tables there are."""
    return tuple(_KINDS)


def _snapshots(seen: Snapshot) -> MetadataTable:
    columns = [
        ("committed_at", TIMESTAMP_TZ),
        ("snapshot_id", t.BIGINT),
        ("parent_id", t.BIGINT),
        ("operation", t.VARCHAR),
        ("manifest_list", t.VARCHAR),
        ("summary", t.map_of(t.VARCHAR, t.VARCHAR)),
    ]
    rows = []
    for one in sorted(seen.table.snapshots(), key=lambda s: s.timestamp_ms):
        summary = one.summary
        operation = summary.operation.value if summary else None
        more = list(summary.additional_properties.items()) if summary else []
        rows.append(
            [one.timestamp_ms * 1000, one.snapshot_id, one.parent_snapshot_id, operation, one.manifest_list, more]
        )
    return MetadataTable(columns, rows)


def _history(seen: Snapshot) -> MetadataTable:
    columns = [
        ("made_current_at", TIMESTAMP_TZ),
        ("snapshot_id", t.BIGINT),
        ("parent_id", t.BIGINT),
        ("is_current_ancestor", t.BOOLEAN),
    ]
    parents = {one.snapshot_id: one.parent_snapshot_id for one in seen.table.snapshots()}
    ancestors, at = set(), seen.table.metadata.current_snapshot_id
    while at is not None and at not in ancestors:
        ancestors.add(at)
        at = parents.get(at)
    rows = [
        [entry.timestamp_ms * 1000, entry.snapshot_id, parents.get(entry.snapshot_id), entry.snapshot_id in ancestors]
        for entry in seen.table.history()
    ]
    return MetadataTable(columns, rows)


def _files(seen: Snapshot) -> MetadataTable:
    columns = [
        ("content", t.INTEGER),
        ("file_path", t.VARCHAR),
        ("file_format", t.VARCHAR),
        ("record_count", t.BIGINT),
        ("file_size_in_bytes", t.BIGINT),
        ("column_sizes", _COUNTS),
        ("value_counts", _COUNTS),
        ("null_value_counts", _COUNTS),
        ("nan_value_counts", _COUNTS),
        ("lower_bounds", _VARCHARS),
        ("upper_bounds", _VARCHARS),
        ("key_metadata", t.VARBINARY),
        ("split_offsets", t.array(t.BIGINT)),
        ("equality_ids", t.array(t.INTEGER)),
    ]
    rows = []
    for one in _inspected(seen, "files"):
        counted = [_pairs(one[name]) for name, type_ in columns[5:9]]
        bounds = [
            [(number, _shown(seen, number, value)) for number, value in _pairs(one[name]) or []]
            for name in ("lower_bounds", "upper_bounds")
        ]
        start = [one[name] for name in ("content", "file_path", "file_format", "record_count", "file_size_in_bytes")]
        start[2] = str(start[2]).rsplit(".", 1)[-1].upper()
        rows.append([*start, *counted, *bounds, one["key_metadata"], one["split_offsets"], one["equality_ids"]])
    return MetadataTable(columns, rows)


def _shown(seen: Snapshot, number: int, value: bytes) -> str | None:
    from pyiceberg.conversions import from_bytes
    from pyiceberg.transforms import IdentityTransform
    from pyiceberg.types import PrimitiveType

    try:
        type_ = cast(PrimitiveType, seen.schema.find_type(number))
        shown: Any = IdentityTransform()
        return shown.to_human_string(type_, from_bytes(type_, value))
    except ValueError:
        return None


def _pairs(value: Any) -> list[tuple[Any, Any]] | None:
    return None if value is None else list(value.items() if isinstance(value, dict) else value)


def _manifests(seen: Snapshot) -> MetadataTable:
    summary = t.row([("contains_null", t.BOOLEAN), ("contains_nan", t.BOOLEAN), ("lower_bound", t.VARCHAR)])
    summary = t.row([*summary.fields, ("upper_bound", t.VARCHAR)])
    columns = [
        ("path", t.VARCHAR),
        ("length", t.BIGINT),
        ("partition_spec_id", t.INTEGER),
        ("added_snapshot_id", t.BIGINT),
        ("added_data_files_count", t.INTEGER),
        ("added_rows_count", t.BIGINT),
        ("existing_data_files_count", t.INTEGER),
        ("existing_rows_count", t.BIGINT),
        ("deleted_data_files_count", t.INTEGER),
        ("deleted_rows_count", t.BIGINT),
        ("partition_summaries", t.array(summary)),
    ]
    found = seen.table.snapshot_by_id(seen.id) if seen.id is not None else None
    rows_of = {
        one.manifest_path: (one.added_rows_count, one.existing_rows_count, one.deleted_rows_count)
        for one in (found.manifests(seen.table.io) if found else [])
    }
    rows = []
    for one in _inspected(seen, "manifests"):
        added, existing, deleted = rows_of.get(one["path"], (None, None, None))
        rows.append(
            [
                *(one[name] for name in ("path", "length", "partition_spec_id", "added_snapshot_id")),
                one["added_data_files_count"],
                added,
                one["existing_data_files_count"],
                existing,
                one["deleted_data_files_count"],
                deleted,
                one["partition_summaries"],
            ]
        )
    return MetadataTable(columns, rows)


def _partitions(seen: Snapshot) -> MetadataTable:
    from .schemas import athena_type

    spec, schema = seen.table.spec(), seen.schema
    fields = [(f.name, athena_type(f.transform.result_type(schema.find_type(f.source_id)))) for f in spec.fields]
    columns: list[tuple[str, Type]] = [("partition", t.row(list(fields)))] if fields else []
    columns += [("record_count", t.BIGINT), ("file_count", t.BIGINT), ("total_size", t.BIGINT)]
    totals: dict[tuple[Any, ...], list[int]] = {}
    for task in seen.tasks():
        key = tuple(task.file.partition[at] for at in range(len(fields)))
        total = totals.setdefault(key, [0, 0, 0])
        for at, count in enumerate((task.file.record_count, 1, task.file.file_size_in_bytes)):
            total[at] += count
    rows = [
        [*([{name: value for (name, _), value in zip(fields, key, strict=True)}] if fields else []), *total]
        for key, total in totals.items()
    ]
    return MetadataTable(columns, rows)


def _refs(seen: Snapshot) -> MetadataTable:
    columns = [
        ("name", t.VARCHAR),
        ("type", t.VARCHAR),
        ("snapshot_id", t.BIGINT),
        ("max_reference_age_in_ms", t.BIGINT),
        ("min_snapshots_to_keep", t.INTEGER),
        ("max_snapshot_age_in_ms", t.BIGINT),
    ]
    rows = [
        [
            name,
            ref.snapshot_ref_type.value.upper(),
            ref.snapshot_id,
            ref.max_ref_age_ms,
            ref.min_snapshots_to_keep,
            ref.max_snapshot_age_ms,
        ]
        for name, ref in seen.table.refs().items()
    ]
    return MetadataTable(columns, rows)


def _inspected(seen: Snapshot, what: str) -> list[dict[str, Any]]:
    if seen.id is None:
        return []
    inspect = seen.table.inspect
    found = inspect.files(seen.id) if what == "files" else inspect.manifests()
    return found.to_pylist()


_KINDS: dict[str, Callable[[Snapshot], MetadataTable]] = {
    "snapshots": _snapshots,
    "history": _history,
    "files": _files,
    "manifests": _manifests,
    "partitions": _partitions,
    "refs": _refs,
}
