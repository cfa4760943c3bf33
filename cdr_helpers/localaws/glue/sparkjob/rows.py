"""Files between Spark and S3: part files under Glue's names, and formats that Spark does not read as they are."""

from __future__ import annotations

import bz2
import gzip
import uuid
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from ... import engine
from ...tables import conversion
from ..visualjob import reading, sparktypes, writing, xmlrows
from ..visualjob.frames import Column
from ..visualjob.writing import Shape, Written

_SAMPLE = 1 << 16


class Unreadable(Exception):
    """Files that are not read here; the text says which and why."""


def written(folder: Path, shape: Shape, moment: int, header: bool = False, head: str = "") -> list[Written]:
    """The part files that Spark has left below `folder`, with the keys that Glue gives them; those without rows are
    left out. `moment` is the write's time in milliseconds, `header` whether CSV files begin with one, `head` a line to
    put before each."""
    made: list[Written] = []
    numbers: dict[tuple[str, ...], int] = {}
    for file in sorted(folder.rglob("part-*")):
        if not file.is_file() or not _holds_rows(file, shape.form, header):
            continue
        steps = file.relative_to(folder).parts[:-1]
        numbers[steps] = numbers.get(steps, -1) + 1
        values = tuple(unquote(step.partition("=")[2]) for step in steps)
        key = "/".join([*steps, writing.part_name(shape.form, shape.compression, moment, numbers[steps])])
        made.append(_finished(_headed(file, head) if head else file, key, values, shape))
    return made


def _headed(file: Path, head: str) -> Path:
    """A text file with a line before it; packed files are files in a row, which is what their formats allow."""
    content = file.read_bytes()
    packers: dict[bytes, Callable[[bytes], bytes]] = {b"\x1f\x8b": gzip.compress, b"BZ": bz2.compress}
    pack = packers.get(content[:2], bytes)
    made = file.with_name(f"headed-{file.name}")
    made.write_bytes(pack(head.encode()) + content)
    return made


def _finished(file: Path, key: str, values: tuple[str, ...], shape: Shape) -> Written:
    """A part in its own format: Avro comes from Spark as Parquet."""
    if shape.form != "avro":
        return Written(file, key, values)
    made = conversion.written(file, "AVRO", shape.compression, file.with_name(f"{file.name}.avro"))
    return Written(made, key, values, conversion.avro_schema(file))


def _holds_rows(file: Path, form: str, header: bool) -> bool:
    if form in ("parquet", "avro"):
        import pyarrow.parquet

        return bool(pyarrow.parquet.read_metadata(file).num_rows)
    if form == "orc":
        import pyarrow.orc

        return bool(pyarrow.orc.ORCFile(file).nrows)
    with reading.opened(file) as opened:
        sample = opened.read(_SAMPLE)
    return len(sample) == _SAMPLE or (b"\n" in sample.rstrip(b"\r\n") if header else bool(sample))


def json_rows(files: Sequence[Path], path: str, multiline: bool, folder: Path) -> list[Path]:
    """The values at a JSON path of documents, one a line, as one file for each."""
    found = f"json_extract(json, {sparktypes.literal(path)})"
    picked = f"unnest({found})" if "*" in path else found
    shape = "auto" if multiline else "newline_delimited"
    connection = engine.connect()
    try:
        made = []
        for file in files:
            target = folder / f"rows-{uuid.uuid4().hex}.json"
            scan = f"read_json_objects({sparktypes.literal(str(file))}, format = '{shape}')"
            query = f"SELECT {picked} AS j FROM {scan}"
            # A value's own text is a line; quotes and delimiters that no JSON holds keep COPY from adding any.
            connection.execute(
                f"COPY (SELECT j::VARCHAR FROM ({query}) WHERE j IS NOT NULL) TO {sparktypes.literal(str(target))} "
                "(FORMAT csv, HEADER false, QUOTE '', ESCAPE '', DELIMITER '\x01')"
            )
            made.append(target)
        return made
    finally:
        connection.close()


def xml_rows(files: Sequence[Path], row_tag: str, columns: Sequence[Column], folder: Path) -> list[Path]:
    """The rows of XML files as JSON lines. Raises `Unreadable`."""
    if not row_tag:
        raise Unreadable("the table is XML and has no rowTag among its SerDe's parameters.")
    made = []
    for file in files:
        try:
            made.append(xmlrows.to_json(file, folder / f"rows-{uuid.uuid4().hex}.json", row_tag, columns))
        except ValueError as problem:
            raise Unreadable(f"{file.name} is no XML: {problem}.") from None
    return made


def unescaped(files: Sequence[Path], form: reading.CsvFormat, folder: Path) -> list[Path]:
    """CSV files with an escape character as ones without, as the endpoint's own reader resolves them."""
    return [reading.without_escapes(file, folder / f"csv-{uuid.uuid4().hex}", form) for file in files]


_AVRO = {
    "null": "string",
    "boolean": "boolean",
    "int": "int",
    "long": "bigint",
    "float": "float",
    "double": "double",
    "string": "string",
    "enum": "string",
}
_LOGICAL = {
    "date": "date",
    "timestamp-millis": "timestamp",
    "timestamp-micros": "timestamp",
    "local-timestamp-millis": "timestamp",
    "local-timestamp-micros": "timestamp",
}


def avro(files: Sequence[Path], folder: Path) -> dict[str, Any]:
    """Avro files as JSON, a row a line, and the Spark types of their columns. Raises `Unreadable`.

    Source: Apache Spark, "Apache Avro Data Source Guide", for the types. All files must have one schema.
    """
    import fastavro

    made: list[str] = []
    columns: list[list[str]] = []
    for file in files:
        with file.open("rb") as opened:
            try:
                reader = fastavro.reader(opened)
                schema: Any = reader.writer_schema
                found = [[field["name"], _avro_kind(field["type"])] for field in schema["fields"]]
            except (ValueError, KeyError, TypeError) as problem:
                raise Unreadable(f"{file.name} is no Avro file of records that is read here: {problem}") from None
        if columns and found != columns:
            raise Unreadable(f"{file.name} has another Avro schema than the files before it; that is not read here.")
        columns = found
        made.append(str(_as_json(file, folder / f"avro-{uuid.uuid4().hex}.json")))
    return {"files": made, "columns": columns}


def _avro_kind(described: Any) -> str:
    if isinstance(described, list):
        others = [one for one in described if one != "null"]
        if len(others) != 1:
            raise ValueError(f"a union of {len(others)} types")
        return _avro_kind(others[0])
    if not isinstance(described, dict):
        return _known(_AVRO, str(described))
    kind, logical = described["type"], described.get("logicalType")
    if logical == "decimal":
        return f"decimal({described['precision']},{described.get('scale', 0)})"
    if logical in _LOGICAL:
        return _LOGICAL[logical]
    if kind == "array":
        return f"array<{_avro_kind(described['items'])}>"
    if kind == "map":
        return f"map<string,{_avro_kind(described['values'])}>"
    if kind == "record":
        inner = (f"{field['name']}:{_avro_kind(field['type'])}" for field in described["fields"])
        return f"struct<{','.join(inner)}>"
    return _avro_kind(kind) if isinstance(kind, dict | list) else _known(_AVRO, kind)


def _known(kinds: dict[str, str], name: str) -> str:
    if name not in kinds:
        raise ValueError(f"the type {name}")
    return kinds[name]


def _as_json(source: Path, target: Path) -> Path:
    return conversion.readable(source, "avroserde", target, source.name)
