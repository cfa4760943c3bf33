"""Result objects: the CSV or text, its `.metadata`, the manifest; and pages read back from them.

Source: Athena user guide, "Work with query results and recent queries"; the `.metadata` fields as read by public
drivers.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .. import home
from ..errors import NoSuchKey
from ..s3.access import ObjectAccess
from ..tables.types import Type, quote, result_name
from . import casts
from .ast import Name
from .translate import Compiled

PRECISIONS = {
    "boolean": 0, "tinyint": 3, "smallint": 5, "integer": 10, "bigint": 19, "float": 17, "double": 17, "date": 0,
    "timestamp": 3, "timestamp with time zone": 3, "time": 3, "varchar": 2147483647, "string": 0,
    "varbinary": 1073741824,
}  # fmt: skip
CELL = re.compile(rb'(?:"((?:[^"]|"")*)"|([^",\n]*))(,|\n|$)')


@dataclass(frozen=True)
class ResultColumn:
    """A column as GetQueryResults describes it."""

    name: str
    type: str
    precision: int = 0
    scale: int = 0

    @property
    def info(self) -> dict[str, Any]:
        """ColumnInfo."""
        return {
            "CatalogName": "hive",
            "SchemaName": "",
            "TableName": "",
            "Name": self.name,
            "Label": self.name,
            "Type": self.type,
            "Precision": self.precision,
            "Scale": self.scale,
            "Nullable": "UNKNOWN",
            "CaseSensitive": self.type in ("varchar", "char"),
        }


def result_column(name: str | None, index: int, type_: Type) -> ResultColumn:
    """The description of output column `index`, whose name is shown as the query writes it."""
    base = result_name(type_)
    name = name.written if isinstance(name, Name) else name
    if type_.kind == "decimal":
        return ResultColumn(name or f"_col{index}", base, type_.args[0], type_.args[1])
    precision = PRECISIONS.get(base, 0)
    if type_.kind in ("varchar", "char") and type_.args:
        precision = type_.args[0]
    return ResultColumn(name if name is not None else f"_col{index}", base, precision)


MANAGED = "managed:"
"""How the place of a result begins that Athena keeps itself, in no bucket of the account."""


def put(objects: ObjectAccess, uri: str, source: Path | bytes, content_type: str = "application/octet-stream") -> None:
    """Store a result: as an object, or in the endpoint's own folder. Raises `AwsError` as S3 does."""
    if uri.startswith(MANAGED):
        place = home.active().results / uri.removeprefix(MANAGED)
        place.parent.mkdir(exist_ok=True)
        if isinstance(source, bytes):
            place.write_bytes(source)
        else:
            shutil.move(source, place)
    elif isinstance(source, bytes):
        objects.put_bytes(uri, source, content_type)
    else:
        objects.put_file(uri, source, content_type)


def stored(objects: ObjectAccess, uri: str) -> Path:
    """The file of a result that `put` stored. Raises `AwsError` when it is gone."""
    if not uri.startswith(MANAGED):
        return objects.readable(objects.find(uri))
    place = home.active().results / uri.removeprefix(MANAGED)
    if not place.exists():
        raise NoSuchKey("The specified key does not exist.")
    return place


def write_csv(connection: Any, compiled: Compiled, columns: list[ResultColumn], target: Path) -> None:
    """Run the query and write its rows as Athena does; DuckDB streams them to the file."""
    names = [c.name.lower() for c in columns]
    unique = len(set(names)) == len(names)
    values = ", ".join(
        f"{casts.text(f'c{i}', type_)} AS {quote(columns[i].name) if unique else f'c{i}'}"
        for i, (_, type_) in enumerate(compiled.columns)
    )
    body = target if unique else target.with_suffix(".body")
    connection.execute(
        f"COPY (SELECT {values} FROM ({compiled.sql})) TO {casts.text_literal(str(body))} (FORMAT csv, "
        f"HEADER {str(unique).lower()}, FORCE_QUOTE *, QUOTE '\"', ESCAPE '\"', NULLSTR '')"
    )
    if not unique:
        _with_header(columns, body, target)


def _with_header(columns: list[ResultColumn], body: Path, target: Path) -> None:
    """DuckDB would rename equal column names: the header is written here."""
    with target.open("wb") as out, body.open("rb") as rows:
        out.write((",".join(quote(c.name) for c in columns) + "\n").encode())
        shutil.copyfileobj(rows, out, 1 << 20)
    body.unlink()


def metadata(query_id: str, columns: list[ResultColumn]) -> bytes:
    """The protobuf message of the `.metadata` object."""
    return _text_field(1, query_id) + b"".join(_bytes_field(4, _column(c)) for c in columns)


def _column(column: ResultColumn) -> bytes:
    return (
        _text_field(1, "hive") + _text_field(4, column.name) + _text_field(5, column.name)
        + _text_field(6, column.type) + _number_field(7, column.precision) + _number_field(8, column.scale)
        + _number_field(9, 3) + _number_field(10, int(column.type in ("varchar", "char")))
    )  # fmt: skip


def _varint(number: int) -> bytes:
    out = bytearray()
    while number > 127:
        out.append(number & 127 | 128)
        number >>= 7
    return bytes([*out, number])


def _number_field(key: int, number: int) -> bytes:
    return _varint(key << 3) + _varint(number)


def _bytes_field(key: int, data: bytes) -> bytes:
    return _varint(key << 3 | 2) + _varint(len(data)) + data


def _text_field(key: int, text: str) -> bytes:
    return _bytes_field(key, text.encode())


@dataclass
class Page:
    """Rows of a result and where the next page begins (None at the end)."""

    rows: list[list[str | None]]
    next_offset: int | None


def csv_page(path: Path, width: int, offset: int, count: int) -> Page:
    """Up to `count` rows of a result CSV from byte `offset`."""
    rows: list[list[str | None]] = []
    with path.open("rb") as file:
        file.seek(offset)
        reader = _rows(file, width)
        for row, consumed in reader:
            rows.append(row)
            offset += consumed
            if len(rows) == count:
                return Page(rows, offset)
    return Page(rows, None)


def _rows(file: Any, width: int) -> Iterator[tuple[list[str | None], int]]:
    """Rows and the bytes each takes; a quoted value may hold line breaks."""
    pending = b""
    for line in file:
        pending += line
        if pending.count(b'"') % 2 == 0:
            yield _cells(pending, width), len(pending)
            pending = b""


def _cells(line: bytes, width: int) -> list[str | None]:
    cells: list[str | None] = []
    for match in CELL.finditer(line):
        quoted = match.group(1)
        cells.append(None if quoted is None else quoted.replace(b'""', b'"').decode("utf-8", "replace"))
        if len(cells) == width:
            break
    return cells


def text_page(path: Path, offset: int, count: int) -> Page:
    """Up to `count` lines of a text result from byte `offset`."""
    rows: list[list[str | None]] = []
    with path.open("rb") as file:
        file.seek(offset)
        for line in file:
            rows.append([line.rstrip(b"\n").decode("utf-8", "replace")])
            offset += len(line)
            if len(rows) == count:
                return Page(rows, offset)
    return Page(rows, None)
