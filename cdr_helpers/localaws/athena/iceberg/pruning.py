"""Conditions of a query that pyiceberg understands, to leave out files that cannot hold a wanted row.

Conditions that are not understood are not used here: the query itself checks each of them on every row.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from typing import Any

import pyiceberg.expressions
from pyiceberg.expressions import BooleanExpression

from .. import ast
from ..conditions import constant, is_column
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
    if isinstance(node, ast.Between) and is_column(node.operand, seen):
        low, high = constant(node.low, seen.type), constant(node.high, seen.type)
        if low is not None and high is not None:
            return e.And(e.GreaterThanOrEqual(name, low), e.LessThanOrEqual(name, high))
    if isinstance(node, ast.InList) and is_column(node.operand, seen):
        values = [constant(item, seen.type) for item in node.items]
        return e.In(name, values) if values and None not in values else None
    if isinstance(node, ast.IsNull) and is_column(node.operand, seen):
        return e.IsNull(name)
    return None


def _comparison(node: ast.Binary, seen: Visible, name: str) -> BooleanExpression | None:
    column, other, op = node.left, node.right, node.op
    if is_column(other, seen):
        column, other, op = other, column, _TURNED.get(op, op)
    value = constant(other, seen.type)
    if value is None or not is_column(column, seen):
        return None
    return _COMPARED[op](name, value)
