"""Rows as Arrow tables with the types of an Iceberg schema."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from pyiceberg.io.pyarrow import _pyarrow_schema_ensure_small_types, schema_to_pyarrow
from pyiceberg.schema import Schema


def arrow_schema(schema: Schema, field_ids: bool) -> Any:
    """Arrow's schema with plain strings and lists, as DuckDB gives them: Arrow's cast to the large kinds inside a map
    ends the process."""
    return _pyarrow_schema_ensure_small_types(schema_to_pyarrow(schema, include_field_ids=field_ids))


def fitted(columns: Iterable[Any], fields: Iterable[Any]) -> list[Any]:
    """The columns, those of another type converted to their field's."""
    return [
        column if column.type == field.type else column.cast(field.type)
        for column, field in zip(columns, fields, strict=True)
    ]
