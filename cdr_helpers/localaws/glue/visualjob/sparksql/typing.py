"""Spark's type coercion with ANSI mode off (rules of Spark's TypeCoercion and DecimalPrecision)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from .. import casts, sparktypes
from ..sparktypes import FRACTIONAL, INTEGRAL, is_decimal

ORDER = (*INTEGRAL, "decimal", *FRACTIONAL)
WIDTHS = {"tinyint": 3, "smallint": 5, "int": 10, "bigint": 20}


class SparkSqlError(ValueError):
    """The query is wrong in Spark too, or needs what is not translated; the text says which."""


@dataclass(frozen=True)
class Typed:
    """A DuckDB expression, its Spark type, and the value when it is a literal."""

    sql: str
    kind: str
    value: str | int | None = None

    @property
    def numeric(self) -> bool:
        """Whether it is a number."""
        return is_numeric(self.kind)


def is_numeric(kind: str) -> bool:
    """Whether a type is a number."""
    return kind in INTEGRAL or kind in FRACTIONAL or is_decimal(kind)


def to(typed: Typed, kind: str) -> Typed:
    """The expression cast to a type, as Spark casts. Raises `SparkSqlError` when Spark refuses."""
    if typed.kind == kind:
        return typed
    try:
        return Typed(casts.cast(typed.sql, typed.kind, kind), kind)
    except casts.CastRefused as refusal:
        raise SparkSqlError(f"data type mismatch: {refusal}") from None


def decimal_of(typed: Typed) -> tuple[int, int]:
    """Precision and scale of a number in decimal arithmetic; a whole literal takes only the digits it has."""
    size = sparktypes.decimal_size(typed.kind)
    if size:
        return size
    if isinstance(typed.value, int):
        return len(str(abs(typed.value))), 0
    return WIDTHS.get(typed.kind, 38), 0


def bounded(precision: int, scale: int) -> tuple[int, int]:
    """A decimal's size within 38 digits: the whole part is kept, at least six digits of the fraction stay."""
    if precision <= 38:
        return precision, scale
    whole = precision - scale
    return 38, max(38 - whole, min(scale, 6))


def decimal_kind(precision: int, scale: int) -> str:
    """The type of that size."""
    precision, scale = bounded(precision, scale)
    return f"decimal({precision},{scale})"


def wider_decimal(left: tuple[int, int], right: tuple[int, int]) -> str:
    """The decimal that holds both."""
    scale = max(left[1], right[1])
    return decimal_kind(max(left[0] - left[1], right[0] - right[1]) + scale, scale)


def _rank(kind: str) -> int:
    return ORDER.index("decimal" if is_decimal(kind) else kind)


def wider_number(left: Typed, right: Typed) -> str:
    """The type of numbers that holds both."""
    if is_decimal(left.kind) or is_decimal(right.kind):
        if left.kind in FRACTIONAL or right.kind in FRACTIONAL:
            return "double"
        return wider_decimal(decimal_of(left), decimal_of(right))
    return max(left.kind, right.kind, key=_rank)


def _pair(left: Typed, right: Typed) -> str:
    """The wider common type of two (CASE, coalesce, IN, UNION): text wins over everything but boolean and binary."""
    if left.kind == right.kind or right.kind == "void":
        return left.kind
    if left.kind == "void":
        return right.kind
    if left.numeric and right.numeric:
        return wider_number(Typed("", left.kind), Typed("", right.kind))
    kinds = {left.kind, right.kind}
    if kinds == {"date", "timestamp"}:
        return "timestamp"
    if "string" in kinds and not kinds & {"boolean", "binary"} and not any(map(sparktypes.is_nested, kinds)):
        return "string"
    if left.kind.startswith("array<") and right.kind.startswith("array<"):
        inner = _pair(Typed("", sparktypes.element(left.kind)), Typed("", sparktypes.element(right.kind)))
        return f"array<{inner}>"
    raise SparkSqlError(f"data type mismatch: {left.kind.upper()} and {right.kind.upper()} have no common type.")


def common(values: Sequence[Typed]) -> str:
    """The common type of several values."""
    strings = [value for value in values if value.kind == "string"]
    found = Typed("", "void")
    for value in [*strings, *(value for value in values if value.kind != "string")]:
        kind = _pair(found, value)
        found = replace(value, kind=kind) if value.kind == kind else Typed("", kind)
    return found.kind


def unified(values: Sequence[Typed]) -> list[Typed]:
    """The values cast to their common type."""
    kind = common(values)
    return [to(value, kind) for value in values]


def compared(left: Typed, right: Typed) -> tuple[Typed, Typed]:
    """Both sides of a comparison as Spark compares them: text follows the other side's type."""
    for one, other in ((left, right), (right, left)):
        if one.kind == "string" and other.kind not in ("string", "void"):
            kind = "double" if is_decimal(other.kind) else other.kind
            return to(left, kind), to(right, kind)
    kind = common([left, right])
    return to(left, kind), to(right, kind)
