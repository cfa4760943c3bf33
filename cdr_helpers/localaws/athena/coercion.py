"""Trino's implicit conversions: what may stand where another type is wanted, and the type of an operation.

Source: Trino documentation, "Data types", "Conversion functions", "Decimal functions and operators".
"""

from __future__ import annotations

from ..tables import types as t
from ..tables.types import Type

INTEGERS = ("tinyint", "smallint", "integer", "bigint")
NUMERIC = (*INTEGERS, "decimal", "real", "double")
INTEGER_DIGITS = {"tinyint": 3, "smallint": 5, "integer": 10, "bigint": 19}
TEMPORAL = ("date", "timestamp", "timestamptz")


def as_decimal(type_: Type) -> Type:
    """The decimal that holds every value of an integer type."""
    return type_ if type_.kind == "decimal" else t.decimal(INTEGER_DIGITS[type_.kind], 0)


def common(left: Type, right: Type) -> Type | None:
    """The type that both convert to implicitly, or None."""
    if left == right:
        return left
    for one, other in ((left, right), (right, left)):
        if one.kind == "unknown":
            return other
    if left.kind in NUMERIC and right.kind in NUMERIC:
        return _common_number(left, right)
    if left.kind == right.kind:
        return _common_of_kind(left, right)
    return _common_other(left, right)


def _common_number(left: Type, right: Type) -> Type:
    for kind, type_ in (("double", t.DOUBLE), ("real", t.REAL)):
        if kind in (left.kind, right.kind):
            return type_
    if "decimal" in (left.kind, right.kind):
        (p1, s1), (p2, s2) = as_decimal(left).args, as_decimal(right).args
        scale = max(s1, s2)
        return t.decimal(max(p1 - s1, p2 - s2) + scale, scale)
    return max(left, right, key=lambda x: INTEGERS.index(x.kind))


def _common_of_kind(left: Type, right: Type) -> Type | None:
    kind = left.kind
    if kind == "varchar":
        return t.varchar(max(left.args[0], right.args[0]) if left.args and right.args else None)
    if kind in ("timestamp", "timestamptz", "time", "char"):
        return Type(kind, (max(left.args[0], right.args[0]),))
    if kind in ("array", "map"):
        parts = [common(a, b) for a, b in zip(left.args, right.args, strict=True)]
        return None if None in parts else Type(kind, tuple(parts))
    if kind == "row":
        return _common_row(left, right)
    return left


def _common_row(left: Type, right: Type) -> Type | None:
    if len(left.fields) != len(right.fields):
        return None
    fields: list[tuple[str | None, Type]] = []
    for (name, a), (other, b) in zip(left.fields, right.fields, strict=True):
        both = common(a, b)
        if both is None:
            return None
        fields.append((name if name == other else None, both))
    return t.row(fields)


def _common_other(left: Type, right: Type) -> Type | None:
    kinds = {left.kind, right.kind}
    if kinds == {"char", "varchar"}:
        return t.VARCHAR
    if kinds == {"date", "timestamp"}:
        return left if left.kind == "timestamp" else right
    if kinds == {"date", "timestamptz"}:
        return left if left.kind == "timestamptz" else right
    if kinds == {"timestamp", "timestamptz"}:
        return Type("timestamptz", (max(left.args[0], right.args[0]),))
    return None


def converts(source: Type, target: Type) -> bool:
    """Whether a `source` may stand where `target` is wanted."""
    if target.kind == "varchar" and source.kind in ("varchar", "char"):
        return True
    both = common(source, target)
    if both == target:
        return True
    if both and both.kind == target.kind and target.kind in ("timestamp", "timestamptz", "time", "decimal"):
        return True
    return both is not None and both.kind in ("array", "map", "row") and _loosely(both, target)


def _loosely(left: Type, right: Type) -> bool:
    """Same shape; lengths and names may differ."""
    if left.kind != right.kind:
        return False
    if left.kind == "row":
        return all(_loosely(a[1], b[1]) for a, b in zip(left.fields, right.fields, strict=True))
    if left.kind in ("array", "map"):
        return all(_loosely(a, b) for a, b in zip(left.args, right.args, strict=True))
    return True


def decimal_result(op: str, left: Type, right: Type) -> Type:
    """The decimal that Trino gives `left op right`."""
    (p1, s1), (p2, s2) = as_decimal(left).args, as_decimal(right).args
    scale = max(s1, s2)
    return {
        "+": t.decimal(max(p1 - s1, p2 - s2) + scale + 1, scale),
        "-": t.decimal(max(p1 - s1, p2 - s2) + scale + 1, scale),
        "*": t.decimal(p1 + p2, s1 + s2),
        "/": t.decimal(p1 + s2 + max(0, s2 - s1), scale),
        "%": t.decimal(min(p1 - s1, p2 - s2) + scale, scale),
    }[op]


def orderable(type_: Type) -> bool:
    """Whether values can be ordered."""
    if type_.kind in ("array",):
        return orderable(type_.element)
    if type_.kind == "row":
        return all(orderable(f) for _, f in type_.fields)
    return type_.kind not in ("map", "json")
