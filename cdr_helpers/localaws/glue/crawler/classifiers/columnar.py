"""Formats that carry their own schema: Parquet and ORC (footer), Avro (header)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from ..sampling import Sample
from ..schema import Facts, Schema
from ..types import Type

_ARROW = {
    "int8": "tinyint",
    "uint8": "smallint",
    "int16": "smallint",
    "uint16": "int",
    "int32": "int",
    "uint32": "bigint",
    "int64": "bigint",
    "uint64": "decimal(20,0)",
    "halffloat": "float",
    "float": "float",
    "double": "double",
    "bool": "boolean",
    "string": "string",
    "large_string": "string",
    "binary": "binary",
    "large_binary": "binary",
    "date32[day]": "date",
}
_AVRO = {
    "int": "int",
    "long": "bigint",
    "float": "float",
    "double": "double",
    "boolean": "boolean",
    "string": "string",
    "enum": "string",
    "bytes": "binary",
    "fixed": "binary",
    "null": None,
}
_AVRO_LOGICAL = {"date": "date", "timestamp-millis": "timestamp", "timestamp-micros": "timestamp"}


def classify(sample: Sample) -> Facts | None:
    """The schema written in the object itself, or None when it is of another format."""
    for magic, reader in _READERS:
        if sample.data.startswith(magic):
            return reader(sample)
    return None


def _parquet(sample: Sample) -> Facts | None:
    import pyarrow
    import pyarrow.parquet

    try:
        footer = pyarrow.parquet.read_metadata(sample.path)
    except (pyarrow.ArrowException, OSError):
        return None
    return _facts("parquet", _arrow_columns(footer.schema.to_arrow_schema()), sample, footer.num_rows)


def _orc(sample: Sample) -> Facts | None:
    import pyarrow
    import pyarrow.orc

    try:
        footer = pyarrow.orc.ORCFile(Path(sample.path))
    except (pyarrow.ArrowException, OSError):
        return None
    return _facts("orc", _arrow_columns(footer.schema), sample, footer.nrows)


def _facts(name: str, columns: tuple[tuple[str, Type], ...], sample: Sample, records: int) -> Facts:
    return Facts(Schema(name, columns), records, max(1, sample.size // max(1, records)))


def _arrow_columns(schema: Any) -> tuple[tuple[str, Type], ...]:
    return tuple((field.name.lower(), _arrow_type(field.type)) for field in schema)


def _arrow_type(kind: Any) -> Type:
    import pyarrow.types as arrow

    if arrow.is_timestamp(kind):
        return "timestamp"
    if arrow.is_decimal(kind):
        return f"decimal({kind.precision},{kind.scale})"
    if arrow.is_struct(kind):
        return ("struct", _arrow_columns(kind))
    if arrow.is_map(kind):
        return ("map", _arrow_type(kind.key_type), _arrow_type(kind.item_type))
    if arrow.is_list(kind) or arrow.is_large_list(kind):
        return ("array", _arrow_type(kind.value_type))
    return _ARROW.get(str(kind), "string")


def _avro(sample: Sample) -> Facts | None:
    try:
        schema = json.loads(_avro_metadata(sample.data)["avro.schema"])
    except (ValueError, KeyError, IndexError):
        return None
    if not isinstance(schema, dict) or schema.get("type") != "record":
        return None
    columns = tuple((field["name"].lower(), _avro_type(field["type"])) for field in schema["fields"])
    serde = (("avro.schema.literal", json.dumps(schema, separators=(",", ":"))), ("serialization.format", "1"))
    size = 16 * len(columns) + 1
    return Facts(Schema("avro", columns, serde=serde), sample.size // size, size)


def _avro_metadata(data: bytes) -> dict[str, str]:
    """The map of the header: blocks of (key, value) in Avro's own encoding."""
    position, entries = 4, {}
    count, position = _avro_long(data, position)
    while count:
        if count < 0:  # a block with its size in bytes before it
            _, position = _avro_long(data, position)
        for _ in range(abs(count)):
            key, position = _avro_bytes(data, position)
            value, position = _avro_bytes(data, position)
            entries[key.decode()] = value.decode("utf-8", errors="replace")
        count, position = _avro_long(data, position)
    return entries


def _avro_bytes(data: bytes, position: int) -> tuple[bytes, int]:
    size, position = _avro_long(data, position)
    return data[position : position + size], position + size


def _avro_long(data: bytes, position: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[position]
        position += 1
        value |= (byte & 0x7F) << shift
        shift += 7
        if not byte & 0x80:
            return (value >> 1) ^ -(value & 1), position


def _avro_type(kind: Any) -> Type:
    if isinstance(kind, list):  # a union: the type beside null
        others = [branch for branch in kind if branch != "null"]
        return _avro_type(others[0]) if len(others) == 1 else "string"
    if isinstance(kind, str):
        return _AVRO.get(kind, "string")
    return _avro_nested(kind)


def _avro_nested(kind: dict[str, Any]) -> Type:
    if kind.get("logicalType") == "decimal":
        return f"decimal({kind.get('precision', 10)},{kind.get('scale', 0)})"
    if kind.get("logicalType") in _AVRO_LOGICAL:
        return _AVRO_LOGICAL[kind["logicalType"]]
    if kind["type"] == "record":
        return ("struct", tuple((field["name"].lower(), _avro_type(field["type"])) for field in kind["fields"]))
    if kind["type"] == "array":
        return ("array", _avro_type(kind["items"]))
    if kind["type"] == "map":
        return ("map", "string", _avro_type(kind["values"]))
    return _avro_type(kind["type"])


_READERS = ((b"Obj\x01", _avro), (b"ORC", _orc), (b"PAR1", _parquet))
