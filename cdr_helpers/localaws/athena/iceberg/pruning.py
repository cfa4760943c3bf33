"""Conditions of a query that pyiceberg understands, to leave out files that cannot hold a wanted row.

Conditions that are not understood are not used here: the query itself checks each of them on every row.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from functools import reduce
from typing import Any

import pyiceberg.expressions
from pyiceberg.expressions import BooleanExpression

from ...tables.types import Type
from .. import ast
from ..scope import Visible

# pyiceberg's own signatures ask for more arguments than its constructors need
e: Any = pyiceberg.expressions
_COMPARED: dict[str, Any] = {
    "=": e.EqualTo,
    "<>": e.NotEqualTo,
    "!=": e.NotEqualTo,
    "<": e.LessThan,
    "<=": e.LessThanOrEqual,
    ">": e.GreaterThan,
    ">=": e.GreaterThanOrEqual,
}
_TURNED = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}
_INTEGERS = ("integer", "bigint")


def row_filter(conjuncts: Sequence[tuple[ast.Node, Visible]], names: dict[str, str]) -> BooleanExpression:
    """All conditions together. `names` are the table's columns by the query's name of them (`t1.c0`)."""
    found = [x for node, seen in conjuncts if (x := _condition(node, seen, names.get(seen.sql, ""))) is not None]
    return reduce(e.And, found, e.AlwaysTrue())


def _condition(node: ast.Node, seen: Visible, name: str) -> BooleanExpression | None:
    if not name:
        return None
    if isinstance(node, ast.Binary) and node.op in _COMPARED:
        return _comparison(node, seen, name)
    if isinstance(node, ast.Binary) and node.op == "OR":
        left, right = _condition(node.left, seen, name), _condition(node.right, seen, name)
        return e.Or(left, right) if left is not None and right is not None else None
    if isinstance(node, ast.Between) and _is_column(node.operand, seen):
        low, high = _constant(node.low, seen.type), _constant(node.high, seen.type)
        if low is not None and high is not None:
            return e.And(e.GreaterThanOrEqual(name, low), e.LessThanOrEqual(name, high))
    if isinstance(node, ast.InList) and _is_column(node.operand, seen):
        values = [_constant(item, seen.type) for item in node.items]
        return e.In(name, values) if values and None not in values else None
    if isinstance(node, ast.IsNull) and _is_column(node.operand, seen):
        return e.IsNull(name)
    return None


def _comparison(node: ast.Binary, seen: Visible, name: str) -> BooleanExpression | None:
    column, constant, op = node.left, node.right, node.op
    if _is_column(constant, seen):
        column, constant, op = constant, column, _TURNED.get(op, op)
    value = _constant(constant, seen.type)
    if value is None or not _is_column(column, seen):
        return None
    return _COMPARED[op](name, value)


def _is_column(node: ast.Node, seen: Visible) -> bool:
    if not isinstance(node, ast.Column) or node.parts[-1].text != seen.name:
        return False
    return len(node.parts) == 1 or node.parts[-2].text == seen.qualifier[-1:][0]


def _constant(node: ast.Node, type_: Type) -> Any:
    """The value as pyiceberg takes it for a column of the type, or None when that is not certain."""
    if isinstance(node, ast.Unary) and node.op == "-":
        value = _constant(node.operand, type_)
        return -value if isinstance(value, (int, float, Decimal)) and not isinstance(value, bool) else None
    if isinstance(node, ast.Literal):
        if node.kind == "integer" and type_.kind in _INTEGERS:
            return int(node.value)
        if node.kind in ("integer", "decimal") and type_.kind == "decimal":
            return Decimal(node.value)
        if node.kind == "string" and type_.kind == "varchar":
            return node.value
    if isinstance(node, ast.TypedLiteral):
        if node.type.name == "date" and type_.kind == "date":
            return node.value.strip()
        if node.type.name in ("date", "timestamp") and type_.kind == "timestamp":
            day, _, clock = node.value.strip().partition(" ")
            return f"{day}T{clock or '00:00:00'}" if len(clock.split()) <= 1 and len(clock) in (0, 8, 12) else None
    return None
