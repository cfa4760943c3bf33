"""The types a crawl infers, as small immutable trees: a name, `("array", element)` or `("struct", fields)`.

`None` is the type of a column in which no value was seen. How two types meet is a table, `NUMBERS`, and one rule:
what the table does not unite is text.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import reduce
from typing import Any

Type = Any  # None | str | tuple: a recursive alias says no more to a reader than this line

NUMBERS = ("tinyint", "smallint", "int", "bigint", "float", "double")
"""From narrow to wide: two numbers meet in the wider one."""


def merge(left: Type, right: Type) -> Type:
    """The narrowest type that holds both."""
    if left == right or right is None:
        return left
    if left is None:
        return right
    if left in NUMBERS and right in NUMBERS:
        return max(left, right, key=NUMBERS.index)
    if isinstance(left, tuple) and isinstance(right, tuple) and left[0] == right[0]:
        return _merge_nested(left, right)
    return "string"


def _merge_nested(left: tuple[Any, ...], right: tuple[Any, ...]) -> Type:
    if left[0] == "struct":
        return ("struct", merge_fields(left[1], right[1]))
    return (left[0], *(merge(a, b) for a, b in zip(left[1:], right[1:], strict=True)))


def merge_all(types: Iterable[Type]) -> Type:
    """`merge` over any number of types; of none, the type without a value."""
    return reduce(merge, types, None)


def merge_fields(left: tuple[tuple[str, Type], ...], right: tuple[tuple[str, Type], ...]) -> tuple[Any, ...]:
    """Fields (or columns) of both sides in the order of their first appearance."""
    if left == right:
        return left
    fields = dict(left)
    for name, kind in right:
        fields[name] = merge(fields[name], kind) if name in fields else kind
    return tuple(fields.items())


def text(kind: Type) -> str:
    """The type as the Data Catalog writes it; a column without any value is `string`."""
    if kind is None:
        return "string"
    if isinstance(kind, str):
        return kind
    if kind[0] == "struct":
        return f"struct<{','.join(f'{name}:{text(field)}' for name, field in kind[1])}>"
    return f"{kind[0]}<{','.join(text(part) for part in kind[1:])}>"
