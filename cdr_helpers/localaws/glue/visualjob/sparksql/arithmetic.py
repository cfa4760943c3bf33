"""Spark's operators on numbers and dates: integers wrap, `/` is never an integer, zero divides to NULL."""

from __future__ import annotations

from .. import sparktypes
from ..sparktypes import INTEGRAL, is_decimal
from .typing import SparkSqlError, Typed, bounded, decimal_kind, decimal_of, is_numeric, to, wider_number

_WRAPS = {"tinyint": "sp_wrap8", "smallint": "sp_wrap16", "int": "sp_wrap32", "bigint": "sp_wrap64"}


def _number(typed: Typed) -> Typed:
    if typed.kind == "void":
        return to(typed, "int")
    if typed.kind == "string":
        return to(typed, "double")
    if not is_numeric(typed.kind):
        raise SparkSqlError(f"data type mismatch: {typed.kind.upper()} is no number.")
    return typed


def add(left: Typed, right: Typed, sign: str) -> Typed:
    """`+` and `-`, of dates and days too."""
    if left.kind == "date" and right.kind in (*INTEGRAL, "string") or (sign == "+" and right.kind == "date"):
        return _moved(left, right, sign)
    if {left.kind, right.kind} & {"date", "timestamp"}:
        raise SparkSqlError(f"the difference of {left.kind.upper()} and {right.kind.upper()} is not supported here.")
    return _combine(_number(left), _number(right), sign)


def _moved(left: Typed, right: Typed, sign: str) -> Typed:
    day, count = (left, right) if left.kind == "date" else (right, left)
    return Typed(f"({day.sql} {sign} {to(count, 'int').sql})::DATE", "date")


def multiply(left: Typed, right: Typed) -> Typed:
    """`*`."""
    return _combine(_number(left), _number(right), "*")


def _combine(left: Typed, right: Typed, sign: str) -> Typed:
    kind = wider_number(left, right)
    if is_decimal(kind):
        return _decimals(left, right, sign)
    left, right = to(left, kind), to(right, kind)
    if kind in INTEGRAL:
        work = "HUGEINT" if kind == "bigint" else "BIGINT"
        return Typed(f"{_WRAPS[kind]}(({left.sql})::{work} {sign} ({right.sql})::{work})", kind)
    return Typed(f"({left.sql} {sign} {right.sql})", kind)


def _decimals(left: Typed, right: Typed, sign: str) -> Typed:
    (p1, s1), (p2, s2) = decimal_of(left), decimal_of(right)
    if sign == "*":
        if p1 + p2 > 38:
            raise SparkSqlError("a product of decimals with more than 38 digits is not supported here.")
        kind = decimal_kind(p1 + p2 + 1, s1 + s2)
        sql = f"(({left.sql})::DECIMAL({p1},{s1}) * ({right.sql})::DECIMAL({p2},{s2}))"
        return Typed(f"TRY_CAST({sql} AS {sparktypes.duckdb(kind)})", kind)
    scale = max(s1, s2)
    kind = decimal_kind(max(p1 - s1, p2 - s2) + scale + 1, scale)
    wide = f"DECIMAL({min(38, max(p1 - s1, p2 - s2) + scale + 1)},{scale})"
    return Typed(f"TRY_CAST(({left.sql})::{wide} {sign} ({right.sql})::{wide} AS {sparktypes.duckdb(kind)})", kind)


def divide(left: Typed, right: Typed) -> Typed:
    """`/`: decimals exactly and rounded half up, all else as doubles."""
    left, right = _number(left), _number(right)
    if is_decimal(wider_number(left, right)):
        return _quotient(left, right)
    one, other = to(left, "double").sql, to(right, "double").sql
    return Typed(f"CASE WHEN {other} <> 0 THEN {one} / {other} WHEN isnan({other}) THEN 'nan'::DOUBLE END", "double")


def _quotient(left: Typed, right: Typed) -> Typed:
    (p1, s1), (p2, s2) = decimal_of(left), decimal_of(right)
    scale = max(6, s1 + p2 + 1)
    precision, scale = bounded(p1 - s1 + s2 + scale, scale)
    shift = scale + s2 - s1
    if p1 + shift > 38:
        raise SparkSqlError("a quotient of decimals with more than 38 digits is not supported here.")
    one = f"CAST(({left.sql})::DECIMAL({p1},{s1}) * {10**s1} AS HUGEINT) * {10**shift}::HUGEINT"
    other = f"CAST(({right.sql})::DECIMAL({p2},{s2}) * {10**s2} AS HUGEINT)"
    half = f"sign({one}) * sign({other}) * ((2 * abs({one}) + abs({other})) // (2 * abs({other})))"
    kind = f"decimal({precision},{scale})"
    shown = f"({half})::HUGEINT::VARCHAR || 'e-{scale}'"
    return Typed(f"CASE WHEN {other} <> 0 THEN TRY_CAST({shown} AS {sparktypes.duckdb(kind)}) END", kind)


def whole_quotient(left: Typed, right: Typed) -> Typed:
    """`div`."""
    left, right = _number(left), _number(right)
    if left.kind not in INTEGRAL or right.kind not in INTEGRAL:
        raise SparkSqlError("div of anything but whole numbers is not supported here.")
    one, other = to(left, "bigint").sql, to(right, "bigint").sql
    return Typed(f"CASE WHEN {other} <> 0 THEN sp_wrap64(({one})::HUGEINT // ({other})::HUGEINT) END", "bigint")


def remainder(left: Typed, right: Typed) -> Typed:
    """`%`: the sign of the dividend."""
    left, right = _number(left), _number(right)
    kind = wider_number(left, right)
    if is_decimal(kind):
        (p1, s1), (p2, s2) = decimal_of(left), decimal_of(right)
        wide = kind
        kind = decimal_kind(min(p1 - s1, p2 - s2) + max(s1, s2), max(s1, s2))
        one, other = (f"({side.sql})::{sparktypes.duckdb(wide)}" for side in (left, right))
        return Typed(f"CASE WHEN {other} <> 0 THEN TRY_CAST({one} % {other} AS {sparktypes.duckdb(kind)}) END", kind)
    one, other = to(left, kind).sql, to(right, kind).sql
    return Typed(f"CASE WHEN {other} <> 0 THEN ({one} % {other})::{sparktypes.duckdb(kind)} END", kind)


def negative(value: Typed) -> Typed:
    """Unary minus."""
    if isinstance(value.value, int):
        return Typed(f"(-{value.sql})", value.kind, -value.value)
    value = _number(value)
    if value.kind in INTEGRAL:
        return Typed(f"{_WRAPS[value.kind]}(-({value.sql})::HUGEINT)", value.kind)
    return Typed(f"(-({value.sql}))", value.kind)


def bitwise(left: Typed, right: Typed, operator: str) -> Typed:
    """`&`, `|`, `^` on whole numbers."""
    left, right = _number(left), _number(right)
    kind = wider_number(left, right)
    if kind not in INTEGRAL:
        raise SparkSqlError(f"data type mismatch: {operator} needs whole numbers.")
    one, other = to(left, kind).sql, to(right, kind).sql
    return Typed(f"xor({one}, {other})" if operator == "^" else f"({one} {operator} {other})", kind)
