"""Rows into an Iceberg table: data files, then one commit that adds them and takes away the files they replace."""

from __future__ import annotations

import itertools
import uuid
from collections.abc import Iterator, Sequence
from typing import Any

import pyarrow as pa
from pyiceberg.exceptions import CommitFailedException, ValidationException
from pyiceberg.io.pyarrow import _dataframe_to_data_files
from pyiceberg.manifest import DataFile
from pyiceberg.schema import Schema
from pyiceberg.table import Transaction
from pyiceberg.table.metadata import TableMetadata

from ...tables.types import Type, quote
from .. import casts
from ..failures import QueryFailure
from ..queries import OPEN_WRITERS
from .arrow import arrow_schema, fitted
from .catalog import IcebergCatalog
from .schemas import stored_type

_BATCH_ROWS = 65_536
_BATCH_BYTES = 48 * 1024 * 1024


def data_files(session: Any, metadata: TableMetadata, sql: str, columns: Sequence[tuple[str, Type]]) -> list[DataFile]:
    """Run `sql`, whose columns c0, c1, … are `columns`, and store its rows as data files of the table.

    Counts the rows in the execution. Rows come a piece at a time, so that a large result needs little memory.
    """
    schema = metadata.schema()
    listed = ", ".join(f"{_stored(f'c{at}', type_)} AS {quote(name)}" for at, (name, type_) in enumerate(columns))
    reader = session.guarded(lambda: session.cursor().sql(f"SELECT {listed} FROM ({sql})").to_arrow_reader(_BATCH_ROWS))
    found: list[DataFile] = []
    io, write_uuid, counter = IcebergCatalog(session.store).io, uuid.uuid4(), itertools.count()
    for piece in session.guarded_each(_pieces(reader, schema)):
        _check_required(piece, schema)
        found += _dataframe_to_data_files(metadata, piece, io, write_uuid, counter)
        if len({one.partition for one in found}) > OPEN_WRITERS:
            shown = f"Exceeded limit of {OPEN_WRITERS} open writers for partitions"
            raise QueryFailure("ICEBERG_TOO_MANY_OPEN_PARTITIONS", shown)
    session.execution.rows = sum(one.record_count for one in found)
    return found


def _stored(name: str, type_: Type) -> str:
    target = stored_type(type_)
    if target.kind == "timestamptz":
        return f"({name}).t"
    return casts.cast(name, type_, target, True) or name


def _pieces(reader: Any, schema: Schema) -> Iterator[Any]:
    target = arrow_schema(schema, field_ids=False)
    kept: list[Any] = []
    size = 0
    for batch in reader:
        kept.append(batch)
        size += batch.nbytes
        if size >= _BATCH_BYTES:
            yield _typed(pa.Table.from_batches(kept), target)
            kept, size = [], 0
    if any(len(batch) for batch in kept):
        yield _typed(pa.Table.from_batches(kept), target)


def _typed(table: Any, target: Any) -> Any:
    """The table with the target's types, all columns nullable."""
    return pa.Table.from_arrays(fitted(table.columns, target), names=target.names)


def _check_required(piece: Any, schema: Schema) -> None:
    for at, field in enumerate(schema.fields):
        if field.required and piece.column(at).null_count:
            raise QueryFailure("CONSTRAINT_VIOLATION", f"NULL value not allowed for NOT NULL column: {field.name}")


def append(transaction: Transaction, files: Sequence[DataFile]) -> None:
    """Add files to the table when the transaction commits."""
    with transaction.update_snapshot().fast_append() as change:
        for one in files:
            change.append_data_file(one)


def replace(transaction: Transaction, old: Sequence[DataFile], new: Sequence[DataFile]) -> None:
    """Take `old` files away and add `new` ones, in one snapshot."""
    with transaction.update_snapshot().overwrite() as change:
        for one in old:
            change.delete_data_file(one)
        for one in new:
            change.append_data_file(one)


def commit(transaction: Any) -> None:
    """Raises ICEBERG_COMMIT_ERROR when another statement changed the same rows meanwhile."""
    try:
        transaction.commit_transaction()
    except (CommitFailedException, ValidationException) as problem:
        reason = str(problem).splitlines()[0]
        raise QueryFailure("ICEBERG_COMMIT_ERROR", f"Failed to commit Iceberg update to table: {reason}") from None
