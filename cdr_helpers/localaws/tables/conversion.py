"""Formats that DuckDB does not know, turned into ones that it does: ORC from and to Parquet, Avro from and to rows.

ORC is read and written by pyarrow, Avro by fastavro; both a piece at a time, so that a large file needs little memory.
"""

from __future__ import annotations

import base64
import datetime
import decimal
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from .serdes.base import UnreadableTable

_ROWS = 50_000
_AVRO_TYPES = {
    "bool": "boolean",
    "int8": "int",
    "int16": "int",
    "int32": "int",
    "int64": "long",
    "float": "float",
    "double": "double",
    "string": "string",
    "large_string": "string",
    "binary": "bytes",
}
_COMPRESSIONS = {
    "GZIP": "zlib",
    "ZLIB": "zlib",
    "SNAPPY": "snappy",
    "ZSTD": "zstd",
    "LZ4": "lz4",
    "NONE": "uncompressed",
}
_CODECS = {"GZIP": "deflate", "ZLIB": "deflate", "DEFLATE": "deflate", "NONE": "null"}


def readable(source: Path, library: str, target: Path, uri: str) -> Path:
    """A file that DuckDB reads, made from one that it does not. Raises `UnreadableTable`, which names `uri`."""
    try:
        _READERS[library](source, target)
    except Exception as problem:  # pyarrow and fastavro raise many kinds for a broken file
        reason = str(problem).splitlines()[0] if str(problem) else type(problem).__name__
        raise UnreadableTable("HIVE_CURSOR_ERROR", f"Failed to read file: {uri} ({reason})") from None
    return target


def _orc_to_parquet(source: Path, target: Path) -> None:
    """Columns are called f0, f1, … as well as by their names: the catalog finds them by place, or by name."""
    import pyarrow as pa
    import pyarrow.orc
    import pyarrow.parquet as pq

    file = pyarrow.orc.ORCFile(source)
    fields = list(file.schema)
    schema = pa.schema([pa.field(f"f{at}", field.type) for at, field in enumerate(fields)])
    names = {f"f{at}": field.name.lower() for at, field in enumerate(fields)}
    schema = schema.with_metadata({"orc.names": json.dumps(names)})
    with pq.ParquetWriter(target, schema, compression="lz4") as writer:
        for stripe in range(file.nstripes):
            batch = file.read_stripe(stripe)
            writer.write_batch(pa.RecordBatch.from_arrays(batch.columns, schema=schema))


def orc_names(made: Path) -> tuple[str, ...]:
    """The columns' names, in lower case, of the ORC file that a Parquet file was made from."""
    import pyarrow.parquet as pq

    schema = pq.read_schema(made)
    names = json.loads((schema.metadata or {})[b"orc.names"])
    return tuple(names[name] for name in schema.names)


def _avro_to_json(source: Path, target: Path) -> None:
    import fastavro

    with source.open("rb") as data, target.open("w", encoding="utf-8") as out:
        for record in fastavro.reader(data):
            out.write(json.dumps(record, default=_plain) + "\n")


def _plain(value: Any) -> Any:
    if isinstance(value, datetime.datetime):
        moment = value.astimezone(datetime.UTC).replace(tzinfo=None) if value.tzinfo else value
        return str(moment)
    if isinstance(value, (datetime.date, datetime.time, decimal.Decimal)):
        return str(value)
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    raise TypeError(f"Avro value {value!r}")


_READERS: dict[str, Callable[[Path, Path], None]] = {"orcserde": _orc_to_parquet, "avroserde": _avro_to_json}
CONVERTED = tuple(_READERS)
"""Libraries (last part, lower case) whose files are turned into others before DuckDB reads them."""


def written(source: Path, form: str, compression: str, target: Path) -> Path:
    """A Parquet file as `ORC` or `AVRO`. Raises KeyError for a compression that the format does not have."""
    _WRITERS[form](source, compression, target)
    return target


def avro_schema(source: Path) -> str:
    """The schema, as JSON, that a Parquet file gets as Avro."""
    import pyarrow.parquet as pq

    return json.dumps(_schema(pq.read_schema(source)), separators=(",", ":"))


def compressions(form: str) -> tuple[str, ...]:
    """The compressions that a format can be written with."""
    return tuple(_COMPRESSIONS if form == "ORC" else _CODECS)


def _parquet_to_orc(source: Path, compression: str, target: Path) -> None:
    import pyarrow as pa
    import pyarrow.orc
    import pyarrow.parquet as pq

    file = pq.ParquetFile(source)
    with pyarrow.orc.ORCWriter(target, compression=_COMPRESSIONS[compression]) as writer:
        for batch in file.iter_batches(_ROWS):
            writer.write(pa.Table.from_batches([batch]))


def _parquet_to_avro(source: Path, compression: str, target: Path) -> None:
    import fastavro
    import pyarrow.parquet as pq

    file = pq.ParquetFile(source)
    schema = _schema(file.schema_arrow)

    def rows() -> Iterator[dict[str, Any]]:
        for batch in file.iter_batches(_ROWS):
            yield from batch.to_pylist(maps_as_pydicts="strict")

    with target.open("wb") as out:
        fastavro.writer(out, fastavro.parse_schema(schema), rows(), codec=_CODECS[compression])


def _schema(columns: Any) -> dict[str, Any]:
    return {"type": "record", "name": "row", "fields": [_field(each) for each in columns]}


def _field(field: Any) -> dict[str, Any]:
    return {"name": field.name, "type": ["null", _avro_type(field.type, field.name)], "default": None}


def _avro_type(kind: Any, name: str) -> Any:
    import pyarrow as pa

    if pa.types.is_struct(kind):
        inner = [_field(kind.field(at)) | {"name": kind.field(at).name} for at in range(kind.num_fields)]
        return {"type": "record", "name": f"{name}_row", "fields": inner}
    if pa.types.is_list(kind):
        return {"type": "array", "items": ["null", _avro_type(kind.value_type, f"{name}_item")]}
    if pa.types.is_map(kind):
        return {"type": "map", "values": ["null", _avro_type(kind.item_type, f"{name}_value")]}
    if pa.types.is_decimal(kind):
        return {"type": "bytes", "logicalType": "decimal", "precision": kind.precision, "scale": kind.scale}
    if pa.types.is_date(kind):
        return {"type": "int", "logicalType": "date"}
    if pa.types.is_timestamp(kind):
        return {"type": "long", "logicalType": "timestamp-millis"}
    return _AVRO_TYPES.get(str(kind), "string")


_WRITERS: dict[str, Callable[[Path, str, Path], None]] = {"ORC": _parquet_to_orc, "AVRO": _parquet_to_avro}
WRITTEN = tuple(form.lower() for form in _WRITERS)
"""Formats, in lower case, that `written` makes."""
