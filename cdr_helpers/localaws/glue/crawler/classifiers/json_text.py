"""JSON: lines, objects one after the other, one array, and custom classifiers with a JSON path.

Whole numbers that fit 32 bits are `int`, larger ones `bigint` (AWS page "Creating a single schema for each Amazon S3
include path" shows `int`). A file that is one array is one column, `array`, unless a path opens it (AWS page "Writing
custom classifiers").
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from .. import types
from ..sampling import LARGEST_SAMPLE, TEXT_SAMPLE, Sample
from ..schema import Facts, Schema
from ..types import Type

_BLANK = re.compile(r"[ \t\r\n,]*")
_STEP = re.compile(r"\.([^.\[\]]+)|\[['\"]([^'\"]+)['\"]\]|\[(\*|\d+)\]")
_DECODER = json.JSONDecoder()


def classify(sample: Sample, path: str | None = None) -> Facts | None:
    """The schema of JSON text, or None. `path` is a custom classifier's `JsonPath`; what it leads to is a record."""
    if sample.data.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] not in (b"{", b"["):
        return None
    for most in range(TEXT_SAMPLE, LARGEST_SAMPLE + 1, TEXT_SAMPLE):
        sample.grow(most)
        records, used = _records(sample.data.decode("utf-8-sig", errors="replace"), sample.complete)
        if records or sample.complete:
            break
    if not records:
        return None
    found = [value for record in records for value in (_follow(record, path) if path else _opened(record))]
    return _facts(sample, [value for value in found if isinstance(value, dict)], used) if found else None


def _records(text: str, complete: bool) -> tuple[list[Any], int]:
    """Whole top-level values, and the characters they took. A large array that does not end within the sample is
    its whole elements."""
    values, end, whole = _values(text, 0)
    if values or not text.lstrip().startswith("["):
        return (values, end) if whole or not complete else ([], 0)
    elements, end, _ = _values(text, text.index("[") + 1)
    return ([elements], end) if elements and not complete else ([], 0)


def _values(text: str, start: int) -> tuple[list[Any], int, bool]:
    """Values from `start` on, where they end, and whether nothing else is left."""
    values: list[Any] = []
    position = _skip(text, start)
    while position < len(text):
        try:
            value, position = _DECODER.raw_decode(text, position)
        except (ValueError, RecursionError):
            return values, position, False
        values.append(value)
        position = _skip(text, position)
    return values, position, True


def _skip(text: str, position: int) -> int:
    blank = _BLANK.match(text, position)
    return blank.end() if blank else position


def _opened(record: Any) -> list[Any]:
    return [{"array": record}] if isinstance(record, list) else [record]


def _follow(record: Any, path: str) -> Iterator[Any]:
    """What a JSON path (`$`, `.name`, `['name']`, `[*]`, `[0]`) leads to."""
    found = [record]
    for match in _STEP.finditer(path.removeprefix("$")):
        name, index = match[1] or match[2], match[3]
        found = [value for parent in found for value in _step(parent, name, index)]
    return iter(found)


def _step(parent: Any, name: str | None, index: str | None) -> list[Any]:
    if name is not None:
        return [parent[name]] if isinstance(parent, dict) and name in parent else []
    if not isinstance(parent, list):
        return []
    return parent if index == "*" else parent[int(index or 0) : int(index or 0) + 1]


def _facts(sample: Sample, records: list[dict[str, Any]], used: int) -> Facts | None:
    if not records:
        return None
    columns: tuple[tuple[str, Type], ...] = ()
    for record in records:
        columns = types.merge_fields(columns, _fields(record))
    paths = tuple(sorted({key for record in records for key in record}))
    size = max(1, used // len(records))
    count = len(records) if sample.complete else sample.size // size
    return Facts(Schema("json", columns, sample.compression, paths=paths), count, size)


def _fields(record: dict[str, Any]) -> tuple[tuple[str, Type], ...]:
    return tuple({key.lower(): _type(value) for key, value in record.items()}.items())


def _type(value: Any) -> Type:
    if isinstance(value, dict):
        return ("struct", _fields(value)) if value else "string"
    if isinstance(value, list):
        return ("array", types.merge_all(map(_type, value)))
    return _SCALARS.get(type(value), lambda _: "string")(value)


def _whole(value: int) -> str:
    if -(2**31) <= value < 2**31:
        return "int"
    return "bigint" if -(2**63) <= value < 2**63 else "double"


_SCALARS: dict[type, Any] = {
    bool: lambda _: "boolean",
    int: _whole,
    float: lambda _: "double",
    str: lambda _: "string",
    type(None): lambda _: None,
}
