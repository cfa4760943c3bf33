"""Literals, types and intervals of Spark SQL as typed expressions."""

from __future__ import annotations

from sqlglot import exp

from .. import sparktypes
from ..sparktypes import literal
from .typing import SparkSqlError, Typed, decimal_kind, to

INTERVAL = "interval "
_UNITS = {
    "year": "to_years",
    "quarter": "3 * to_months",
    "month": "to_months",
    "week": "to_weeks",
    "day": "to_days",
    "hour": "to_hours",
    "minute": "to_minutes",
    "second": "to_seconds",
    "millisecond": "to_milliseconds",
    "microsecond": "to_microseconds",
}
_CALENDAR = ("year", "quarter", "month", "week", "day")


def plain(node: exp.Literal) -> Typed:
    """A text or a number."""
    if node.is_string:
        return Typed(literal(node.this), "string", node.this)
    return number(node.this)


def number(written: str) -> Typed:
    """A number: int, bigint or decimal by its size, decimal with a point, double with an exponent."""
    if written.isdigit():
        value = int(written)
        if value < 2**31:
            return Typed(str(value), "int", value)
        if value < 2**63:
            return Typed(str(value), "bigint", value)
        return Typed(f"{value}::DECIMAL({len(str(value))},0)", decimal_kind(len(str(value)), 0))
    if "e" in written.lower():
        return Typed(f"{written}::DOUBLE", "double")
    whole, _, fraction = written.partition(".")
    digits = len(whole.lstrip("0")) + len(fraction)
    kind = decimal_kind(max(digits, len(fraction), 1), len(fraction))
    return Typed(f"{literal(written)}::{sparktypes.duckdb(kind)}", kind)


def kind_of(node: exp.DataType) -> str:
    """The canonical type of a cast's target. Raises `SparkSqlError` for one that Spark does not know."""
    text = node.sql(dialect="spark").lower()
    try:
        return sparktypes.parse(text, sparktypes.SPARK_DECIMAL)
    except sparktypes.UnknownType:
        raise SparkSqlError(f'[UNSUPPORTED_DATATYPE] Unsupported data type "{text.upper()}".') from None


def interval(amount: Typed, unit: str) -> Typed:
    """`INTERVAL amount unit`."""
    name = unit.lower().removesuffix("s")
    if name not in _UNITS:
        raise SparkSqlError(f"an INTERVAL in {unit} is not supported here.")
    count = to(amount, "double" if name == "second" else "int").sql
    return Typed(f"{_UNITS[name]}({count})", INTERVAL + name)


def is_interval(typed: Typed) -> bool:
    """Whether it is an interval."""
    return typed.kind.startswith(INTERVAL)


def moved(base: Typed, by: Typed, sign: str) -> Typed:
    """A date or timestamp plus or minus an interval: a date stays one when only days or more are counted."""
    if base.kind == "date" and by.kind.removeprefix(INTERVAL) in _CALENDAR:
        return Typed(f"({base.sql} {sign} {by.sql})::DATE", "date")
    return Typed(f"({to(base, 'timestamp').sql} {sign} {by.sql})", "timestamp")
