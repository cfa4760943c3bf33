"""An Iceberg table at one snapshot as a DuckDB relation over its data files."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pyiceberg.expressions import AlwaysTrue, BooleanExpression
from pyiceberg.schema import Schema
from pyiceberg.table import FileScanTask, Table

from ...s3.access import StoredObject
from ...tables import types as t
from ...tables.reading import HIDDEN_TYPES, HIDDEN_VALUES, lookup
from ...tables.serdes.base import text
from ...tables.types import Type, duckdb_name, quote
from ..failures import QueryFailure
from .arrow import arrow_schema, fitted
from .files import ObjectInput
from .schemas import athena_type

ROW = "$row"
"""Hidden column: the place of a row in its file. With `$path` it tells rows apart that are otherwise equal."""
HIDDEN = {"$path": t.VARCHAR, "$file_modified_time": t.TIMESTAMP_TZ, ROW: t.BIGINT}
_HIDDEN_TYPES = HIDDEN_TYPES | {ROW: "BIGINT"}


@dataclass(frozen=True)
class Snapshot:
    """A table as of one snapshot (`id` None: it holds no rows yet)."""

    table: Table
    id: int | None

    @property
    def schema(self) -> Schema:
        """The columns that the snapshot was written with; the newest for the current one."""
        if self.id is None or self.id == self.table.metadata.current_snapshot_id:
            return self.table.schema()
        found = self.table.snapshot_by_id(self.id)
        known = {s.schema_id: s for s in self.table.metadata.schemas}
        return known.get(found.schema_id if found and found.schema_id is not None else -1, self.table.schema())

    @property
    def columns(self) -> list[tuple[str, Type]]:
        """Names and types."""
        return [(f.name.lower(), athena_type(f.field_type)) for f in self.schema.fields]

    def tasks(self, row_filter: BooleanExpression = AlwaysTrue()) -> list[FileScanTask]:  # noqa: B008
        """The data files that can hold rows for the filter. Raises ICEBERG_CANNOT_OPEN_SPLIT for lost manifests."""
        if self.id is None:
            return []
        try:
            return list(self._scan(row_filter).plan_files())
        except (TypeError, ValueError):  # a condition that does not fit the column's type prunes nothing
            return list(self._scan(AlwaysTrue()).plan_files())
        except OSError as problem:
            raise QueryFailure("ICEBERG_CANNOT_OPEN_SPLIT", f"Error opening Iceberg split {problem}") from None

    def _scan(self, row_filter: BooleanExpression) -> Any:
        return self.table.scan(row_filter=row_filter, snapshot_id=self.id, case_sensitive=False)


def snapshot(table: Table, version: tuple[str, Any] | None) -> Snapshot:
    """The current snapshot, or that of `("VERSION", id or tag)` or `("TIMESTAMP", milliseconds)`.

    Raises INVALID_ARGUMENTS as Trino does.
    """
    current = table.metadata.current_snapshot_id
    if version is None:
        return Snapshot(table, current if current != -1 else None)
    kind, value = version
    if kind == "VERSION" and isinstance(value, str):
        found = table.snapshot_by_name(value)
        if found is None:
            raise QueryFailure("INVALID_ARGUMENTS", f"Cannot find snapshot with reference name: {value}")
    elif kind == "VERSION":
        found = table.snapshot_by_id(value)
        if found is None:
            raise QueryFailure("INVALID_ARGUMENTS", f"Iceberg snapshot ID does not exists: {value}")
    else:
        found = table.snapshot_as_of_timestamp(value)
        if found is None:
            name = '"' + '"."'.join(table.name()) + '"'
            raise QueryFailure("INVALID_ARGUMENTS", f"No version history table {name} at or before {_moment(value)}")
    return Snapshot(table, found.snapshot_id)


def _moment(milliseconds: int) -> str:
    import datetime

    moment = datetime.datetime.fromtimestamp(milliseconds / 1000, datetime.UTC)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{milliseconds % 1000:03d}Z"


def scanned_bytes(tasks: Sequence[FileScanTask]) -> int:
    """What reading the tasks reads: data files and their delete files."""
    deletes = {d.file_path: d.file_size_in_bytes for task in tasks for d in task.delete_files}
    return sum(task.file.file_size_in_bytes for task in tasks) + sum(deletes.values())


def relation_sql(
    seen: Snapshot, tasks: Sequence[FileScanTask], needed: set[int], hidden: set[str], scratch: Path
) -> str:
    """`SELECT` of columns c0, c1, … (those in `needed`) and the hidden ones over the files of the tasks."""
    columns = seen.columns
    if not tasks:
        listed = [f"CAST(NULL AS {duckdb_name(columns[at][1])}) AS c{at}" for at in sorted(needed)]
        listed += [f"CAST(NULL AS {_HIDDEN_TYPES[h]}) AS {quote(h)}" for h in sorted(hidden)]
        return f"SELECT {', '.join(listed) or '1 AS one'} WHERE false"
    files = {str(_local(seen, task, scratch)): _stored(seen.table, task.file.file_path) for task in tasks}
    fields = ", ".join(
        _field(at, f.field_id, columns[at][1]) for at, f in enumerate(seen.schema.fields) if at in needed
    )
    listed = [
        f"{zoned(f'f{at}') if columns[at][1].kind == 'timestamptz' else f'f{at}'} AS c{at}" for at in sorted(needed)
    ]
    for name in sorted(hidden):
        value = "file_row_number" if name == ROW else lookup(files, HIDDEN_VALUES[name])
        listed.append(f"{value} AS {quote(name)}")
    paths = ", ".join(text(path) for path in files)
    more = ", ".join(
        option
        for option, wanted in (
            (f"schema = MAP {{{fields}}}", fields),
            ("filename = true", hidden - {ROW}),
            ("file_row_number = true", ROW in hidden),
        )
        if wanted
    )
    return f"SELECT {', '.join(listed) or '1 AS one'} FROM read_parquet([{paths}]{', ' + more if more else ''})"


def _field(at: int, number: int, type_: Type) -> str:
    kind = "TIMESTAMP" if type_.kind == "timestamptz" else duckdb_name(type_)
    return f"{number}: {{name: {text(f'f{at}')}, type: {text(kind)}, default_value: NULL}}"


def zoned(name: str) -> str:
    """A timestamp in UTC as queries hold a timestamp with time zone."""
    return f"CASE WHEN {name} IS NOT NULL THEN struct_pack(t := {name}, z := 'UTC') END"


def _stored(table: Table, uri: str) -> StoredObject:
    source = table.io.new_input(uri)
    assert isinstance(source, ObjectInput)
    try:
        return source.stored()
    except OSError as problem:
        raise QueryFailure("ICEBERG_CANNOT_OPEN_SPLIT", f"Error opening Iceberg split {problem}") from None


def _local(seen: Snapshot, task: FileScanTask, scratch: Path) -> Path:
    """The Parquet file to read: the object's, or one made without the rows that delete files take away."""
    plain = str(task.file.file_format).rsplit(".", 1)[-1].upper() == "PARQUET"
    if plain and not task.delete_files and "schema.name-mapping.default" not in seen.table.properties:
        return _stored(seen.table, task.file.file_path).path
    return _made(seen, task, scratch)


def _made(seen: Snapshot, task: FileScanTask, scratch: Path) -> Path:
    import pyarrow as pa
    import pyarrow.parquet as pq
    from pyiceberg.io.pyarrow import ArrowScan

    schema = arrow_schema(seen.schema, field_ids=True)
    scratch.mkdir(parents=True, exist_ok=True)
    target = scratch / f"iceberg-{uuid.uuid4().hex}.parquet"
    scan = ArrowScan(seen.table.metadata, seen.table.io, seen.schema, AlwaysTrue(), case_sensitive=False)
    with pq.ParquetWriter(target, schema, compression="lz4") as writer:
        for batch in scan.to_record_batches([task]):
            writer.write_batch(pa.RecordBatch.from_arrays(fitted(batch.columns, schema), schema=schema))
    return target
