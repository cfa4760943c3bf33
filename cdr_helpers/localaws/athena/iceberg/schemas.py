"""Types, partition transforms and table properties of Iceberg, and what they are called in Athena.

Source: Athena user guide, "Create Iceberg tables" and "Supported data types for Iceberg tables in Athena".
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Sequence
from typing import Any

from pyiceberg import transforms
from pyiceberg import types as i
from pyiceberg.partitioning import PARTITION_FIELD_ID_START, PartitionField, PartitionSpec
from pyiceberg.schema import Schema

from ...tables import types as t
from ...tables.types import Type
from ..failures import QueryFailure

TIMESTAMP, TIME, TIMESTAMP_TZ = Type("timestamp", (6,)), Type("time", (6,)), Type("timestamptz", (6,))
_SCALARS: dict[str, i.IcebergType] = {
    "boolean": i.BooleanType(),
    "integer": i.IntegerType(),
    "bigint": i.LongType(),
    "real": i.FloatType(),
    "double": i.DoubleType(),
    "varchar": i.StringType(),
    "varbinary": i.BinaryType(),
    "date": i.DateType(),
    "time": i.TimeType(),
    "timestamp": i.TimestampType(),
    "timestamptz": i.TimestamptzType(),
    "uuid": i.UUIDType(),
}
_KINDS: dict[type, Type] = {
    i.BooleanType: t.BOOLEAN,
    i.IntegerType: t.INTEGER,
    i.LongType: t.BIGINT,
    i.FloatType: t.REAL,
    i.DoubleType: t.DOUBLE,
    i.StringType: t.VARCHAR,
    i.BinaryType: t.VARBINARY,
    i.FixedType: t.VARBINARY,
    i.DateType: t.DATE,
    i.TimeType: TIME,
    i.TimestampType: TIMESTAMP,
    i.TimestamptzType: TIMESTAMP_TZ,
    i.UUIDType: t.UUID,
}


def schema_of(columns: Sequence[tuple[str, Type, str | None]]) -> Schema:
    """A new table's schema. Raises NOT_SUPPORTED for a type that Iceberg does not have."""
    ids = itertools.count(1)
    fields = [(next(ids), name, type_, doc) for name, type_, doc in columns]
    made = [
        i.NestedField(at, name, iceberg_type(type_, ids), required=False, doc=doc) for at, name, type_, doc in fields
    ]
    return Schema(*made)


def iceberg_type(type_: Type, ids: Any) -> i.IcebergType:
    """Iceberg's type; `ids` numbers the fields inside. Raises NOT_SUPPORTED."""
    if type_.kind == "decimal":
        return i.DecimalType(*type_.args)
    if type_.kind == "array":
        return i.ListType(next(ids), _inner(type_.element, ids), element_required=False)
    if type_.kind == "map":
        key, value = next(ids), next(ids)
        return i.MapType(key, _inner(type_.key, ids), value, _inner(type_.value, ids), value_required=False)
    if type_.kind == "row":
        named = [(next(ids), t.field_name(at, name), inner) for at, (name, inner) in enumerate(type_.fields)]
        return i.StructType(*(i.NestedField(n, name, _inner(x, ids), required=False) for n, name, x in named))
    if type_.kind not in _SCALARS:
        raise QueryFailure("NOT_SUPPORTED", f"Type not supported for Iceberg: {t.trino_name(type_)}")
    return _SCALARS[type_.kind]


def _inner(type_: Type, ids: Any) -> i.IcebergType:
    """The type of what another one holds. Athena documents zoned times as columns alone; more is not done here."""
    if type_.kind == "timestamptz":
        raise QueryFailure("NOT_SUPPORTED", f"Type not supported within another for Iceberg: {t.trino_name(type_)}")
    return iceberg_type(type_, ids)


def stored_type(type_: Type) -> Type:
    """What a value of `type_` is once an Iceberg table holds it: texts without a length, times with microseconds."""
    return athena_type(iceberg_type(type_, itertools.count(1)))


def athena_type(type_: i.IcebergType) -> Type:
    """The type in queries. Raises NOT_SUPPORTED for those of newer Iceberg versions."""
    if isinstance(type_, i.DecimalType):
        return t.decimal(type_.precision, type_.scale)
    if isinstance(type_, i.ListType):
        return t.array(athena_type(type_.element_type))
    if isinstance(type_, i.MapType):
        return t.map_of(athena_type(type_.key_type), athena_type(type_.value_type))
    if isinstance(type_, i.StructType):
        return t.row([(f.name, athena_type(f.field_type)) for f in type_.fields])
    found = _KINDS.get(type(type_))
    if found is None:
        raise QueryFailure("NOT_SUPPORTED", f"Unsupported Iceberg type: {type_}")
    return found


_NUMBERED: dict[str, Callable[[int], transforms.Transform]] = {
    "bucket": transforms.BucketTransform,
    "truncate": transforms.TruncateTransform,
}
_NAMED: dict[str, Callable[[], transforms.Transform]] = {
    "year": transforms.YearTransform,
    "years": transforms.YearTransform,
    "month": transforms.MonthTransform,
    "months": transforms.MonthTransform,
    "day": transforms.DayTransform,
    "days": transforms.DayTransform,
    "date": transforms.DayTransform,
    "hour": transforms.HourTransform,
    "hours": transforms.HourTransform,
    "date_hour": transforms.HourTransform,
}
_CALL = re.compile(r"\s*(\w+)\s*\(\s*([^,()]+?)\s*(?:,\s*([^,()]+?)\s*)?\)\s*")


def partition_spec(schema: Schema, texts: Sequence[str]) -> PartitionSpec:
    """`day(ts)`, `bucket(16, id)` (CTAS writes `bucket(id, 16)`), `truncate(4, name)`, or a column by itself.

    Raises INVALID_TABLE_PROPERTY for another transform, and COLUMN_NOT_FOUND.
    """
    fields = [_partition_field(schema, text, PARTITION_FIELD_ID_START + at) for at, text in enumerate(texts)]
    return PartitionSpec(*fields) if fields else PartitionSpec()


def _partition_field(schema: Schema, text: str, number: int) -> PartitionField:
    call = _CALL.fullmatch(text)
    transform: transforms.Transform
    if call is None:
        column, name, transform = _plain(text), "", transforms.IdentityTransform()
    else:
        word, first, second = call.group(1).lower(), call.group(2), call.group(3)
        if word in _NUMBERED and second:
            count, column = (int(first), _plain(second)) if first.isdigit() else (int(second), _plain(first))
            transform, name = _NUMBERED[word](count), "_bucket" if word == "bucket" else "_trunc"
        elif word in _NAMED and second is None:
            transform, column = _NAMED[word](), _plain(first)
            name = f"_{transform}"
        else:
            raise QueryFailure("INVALID_TABLE_PROPERTY", f"Invalid partition field declaration: {text}")
    try:
        source = schema.find_field(column, case_sensitive=False)
    except ValueError:
        raise QueryFailure("COLUMN_NOT_FOUND", f"Column not found: {column}") from None
    if not transform.can_transform(source.field_type):
        raise QueryFailure(
            "INVALID_TABLE_PROPERTY", f"Cannot partition by {text}: {transform} does not take {source.field_type}"
        )
    return PartitionField(source.field_id, number, transform, source.name + name)


def _plain(name: str) -> str:
    return name.strip().strip('`"').lower()


def partition_texts(schema: Schema, spec: PartitionSpec) -> list[str]:
    """The fields of a spec as CREATE TABLE writes them."""
    texts = []
    for field in spec.fields:
        column = f"`{schema.find_column_name(field.source_id)}`"
        transform = field.transform
        if isinstance(transform, transforms.BucketTransform):
            column = f"bucket({transform.num_buckets}, {column})"
        elif isinstance(transform, transforms.TruncateTransform):
            column = f"truncate({transform.width}, {column})"
        elif not isinstance(transform, transforms.IdentityTransform):
            column = f"{transform}({column})"
        texts.append(column)
    return texts


FORMATS = ("PARQUET",)
COMPRESSIONS = {"GZIP": "gzip", "SNAPPY": "snappy", "ZSTD": "zstd", "LZ4": "lz4", "NONE": "uncompressed"}
ALLOWED = {
    "format",
    "write_compression",
    "optimize_rewrite_data_file_threshold",
    "optimize_rewrite_delete_file_threshold",
    "vacuum_min_snapshots_to_keep",
    "vacuum_max_snapshot_age_seconds",
    "vacuum_max_metadata_files_to_keep",
    "write_target_data_file_size_bytes",
}


def properties_of(given: dict[str, str]) -> dict[str, str]:
    """Athena's table properties as Iceberg's metadata keeps them. Raises INVALID_TABLE_PROPERTY and NOT_SUPPORTED."""
    unknown = set(given) - ALLOWED - {"table_type"}
    if unknown:
        raise QueryFailure(
            "INVALID_TABLE_PROPERTY",
            f"Unsupported table property key: {min(unknown)}; Athena takes: {', '.join(sorted(ALLOWED))}",
        )
    form = given.get("format", "PARQUET").upper()
    if form not in FORMATS:
        raise QueryFailure("NOT_SUPPORTED", f"Iceberg tables are written as PARQUET only here, not as {form}")
    chosen = given.get("write_compression", "ZSTD").upper()
    if chosen not in COMPRESSIONS:
        raise QueryFailure("INVALID_TABLE_PROPERTY", f"Unsupported write_compression {chosen}")
    kept = {key: value for key, value in given.items() if key in ALLOWED and key not in ("format", "write_compression")}
    return kept | {
        "write.format.default": form.lower(),
        "write.parquet.compression-codec": COMPRESSIONS[chosen],
    }


def shown_properties(properties: dict[str, str]) -> dict[str, str]:
    """The same as SHOW CREATE TABLE writes them."""
    codec = properties.get("write.parquet.compression-codec", "zstd")
    names = {codec_: name.lower() for name, codec_ in COMPRESSIONS.items()}
    kept = {key: value for key, value in properties.items() if key in ALLOWED}
    return {
        "table_type": "iceberg",
        "format": properties.get("write.format.default", "parquet"),
        "write_compression": names.get(codec, codec),
        **kept,
    }
