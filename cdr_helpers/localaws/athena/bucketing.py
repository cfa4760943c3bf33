"""Hive's buckets: which file a row goes to, and which files a query need not read.

Source: Athena user guide, "What is bucketing?": equality with values of the bucketed columns tells the buckets. The
hash is that of Hive's first bucketing version, which Trino has too. Tables that Spark bucketed (`bucketing_format`) are
read whole.
"""

from __future__ import annotations

import datetime
import itertools
import struct
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ..tables import buckets
from ..tables.reading import StoredFile
from ..tables.types import Type, trino_name
from . import ast
from .conditions import constants
from .failures import QueryFailure
from .scope import Visible

_BITS, _LONGEST = 0xFFFFFFFF, 0x7FFFFFFF
_MOST_BUCKETS = 1000
"""Buckets that values of an IN list are worked out for at most."""
_EPOCH = datetime.date(1970, 1, 1)


def _of_bigint(value: int) -> int:
    return ((value >> 32) ^ value) & _BITS


def _of_text(value: str) -> int:
    """Java's bytes have a sign."""
    found = 0
    for byte in value.encode():
        found = (31 * found + (byte - 256 if byte > 127 else byte)) & _BITS
    return found


def _of_double(value: float) -> int:
    return _of_bigint(struct.unpack(">q", struct.pack(">d", value or 0.0))[0])


def _of_real(value: float) -> int:
    return int(struct.unpack(">I", struct.pack(">f", value or 0.0))[0])


def _of_date(value: datetime.date) -> int:
    return (value - _EPOCH).days & _BITS


def _of_integer(value: int) -> int:
    return value & _BITS


HASHES: dict[str, tuple[Callable[[Any], int], str]] = {
    "boolean": (int, "BOOLEAN"),
    **dict.fromkeys(("tinyint", "smallint", "integer"), (_of_integer, "INTEGER")),
    "bigint": (_of_bigint, "BIGINT"),
    "real": (_of_real, "FLOAT"),
    "double": (_of_double, "DOUBLE"),
    "varchar": (_of_text, "VARCHAR"),
    "date": (_of_date, "DATE"),
}
"""Kind of a type → the hash of a value as 32 bits, and what DuckDB calls its argument."""


def columns_of(properties: dict[str, Any]) -> tuple[tuple[str, ...], int | None]:
    """`bucketed_by` and `bucket_count` of a table's properties. Raises INVALID_TABLE_PROPERTY for values of other
    types than an array of names and a whole number."""
    names, count = properties.get("bucketed_by", []), properties.get("bucket_count")
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise QueryFailure("INVALID_TABLE_PROPERTY", f"Invalid value for table property 'bucketed_by': {names}")
    if count is not None and (isinstance(count, bool) or not isinstance(count, int)):
        raise QueryFailure("INVALID_TABLE_PROPERTY", f"Invalid value for table property 'bucket_count': {count}")
    return tuple(name.lower() for name in names), count


def check(bucketed_by: Sequence[str], count: int | None, columns: Sequence[tuple[str, Type]]) -> None:
    """Raises INVALID_TABLE_PROPERTY or NOT_SUPPORTED for buckets that a table of these columns cannot have."""
    if bool(bucketed_by) != (count is not None):
        raise QueryFailure("INVALID_TABLE_PROPERTY", "bucketed_by and bucket_count must be specified together")
    if count is not None and count < 1:
        raise QueryFailure("INVALID_TABLE_PROPERTY", "bucket_count must be greater than 0")
    kinds = dict(columns)
    absent = [name for name in bucketed_by if name not in kinds]
    if absent:
        raise QueryFailure("INVALID_TABLE_PROPERTY", f"Bucketing columns [{', '.join(absent)}] not present in schema")
    for name in bucketed_by:
        if kinds[name].kind not in HASHES:
            shown = trino_name(kinds[name])
            raise QueryFailure("NOT_SUPPORTED", f"Bucketing by column {name} of type {shown} is not supported")


def number_sql(values: Sequence[tuple[str, Type]], count: int) -> str:
    """The bucket of a row as DuckDB expression over its bucketed columns; NULL counts as 0."""
    found = "0"
    for sql, type_ in values:
        found = f"((31 * {found} + coalesce(t_hive_{type_.kind}({sql}), 0)) & {_BITS})"
    return f"(({found} & {_LONGEST}) % {count})"


def _number(values: Sequence[tuple[Any, Type]], count: int) -> int:
    found = 0
    for value, type_ in values:
        found = (31 * found + HASHES[type_.kind][0](value)) & _BITS
    return (found & _LONGEST) % count


def of_table(table: dict[str, Any]) -> tuple[list[str], int]:
    """The bucketed columns of a catalog table and how many buckets it has; none where it has none."""
    described = table.get("StorageDescriptor") or {}
    names, count = described.get("BucketColumns") or [], int(described.get("NumberOfBuckets") or 0)
    return ([name.lower() for name in names], count) if names and count > 0 else ([], 0)


def wanted(
    descriptor: dict[str, Any], parameters: dict[str, str], compared: Mapping[str, Sequence[tuple[Any, Type]]]
) -> set[int] | None:
    """The buckets of a table or partition that can hold rows with the values that columns are `compared` with; None
    when that is not known. `parameters` are the table's: Spark's buckets and those of Hive's second version have
    another hash."""
    names, count = of_table({"StorageDescriptor": descriptor})
    if parameters.get("bucketing_format", "hive").lower() != "hive" or parameters.get("bucketing_version", "1") != "1":
        return None
    if not names or not all(name in compared for name in names):
        return None
    combined = list(itertools.islice(itertools.product(*(compared[name] for name in names)), _MOST_BUCKETS + 1))
    return {_number(values, count) for values in combined} if len(combined) <= _MOST_BUCKETS else None


def compared(
    conjuncts: Sequence[tuple[ast.Node, Visible]], names: Mapping[str, str]
) -> dict[str, list[tuple[Any, Type]]]:
    """The only values that columns can have where all conditions hold, as they are hashed, with their type; a column of
    which that is not known is missing. `names` are the table's columns by the query's name of them (`t1.c0`)."""
    found: dict[str, list[tuple[Any, Type]]] = {}
    for node, seen in conjuncts:
        if seen.sql in names and seen.type.kind in HASHES:
            values = [_value(each, seen.type) for each in constants(node, seen)]
            if values and None not in values:
                found[names[seen.sql]] = [(value, seen.type) for value in values]
    return found


def _value(constant: Any, type_: Type) -> Any:
    """What is hashed; None for a constant that other writers of buckets hash in other ways: awswrangler's hash differs
    for negative numbers and for text that is not ASCII, and no row may be missed."""
    if type_.kind == "date":
        try:
            return datetime.date.fromisoformat(constant)
        except ValueError:
            return None
    if isinstance(constant, str):
        return constant if constant.isascii() else None
    return constant if constant >= 0 else None


def kept(objects: Sequence[StoredFile], numbers: set[int] | None) -> tuple[StoredFile, ...]:
    """The objects of these buckets; all where one does not say in its name which bucket it holds."""
    if numbers is None:
        return tuple(objects)
    named = [buckets.number_of(stored.key) for stored in objects]
    if None in named:
        return tuple(objects)
    return tuple(stored for stored, number in zip(objects, named, strict=True) if number in numbers)
