"""What a condition over one column says of it: the constants that it is compared with."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from ..tables.types import Type
from . import ast
from .scope import Visible

_INTEGERS = ("tinyint", "smallint", "integer", "bigint")


def is_column(node: ast.Node, seen: Visible) -> bool:
    """Whether a node is the column."""
    if not isinstance(node, ast.Column) or node.parts[-1].text != seen.name:
        return False
    return len(node.parts) == 1 or node.parts[-2].text == seen.qualifier[-1:][0]


def constant(node: ast.Node, type_: Type) -> Any:
    """The value of a constant for a column of the type (days and moments as ISO 8601 text), or None when that is not
    certain."""
    if isinstance(node, ast.Unary) and node.op == "-":
        value = constant(node.operand, type_)
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


def constants(node: ast.Node, seen: Visible) -> list[Any]:
    """The only values that the column has where an `=`, `IN` or `OR` of them holds; nothing when that is not known."""
    if isinstance(node, ast.Binary) and node.op == "OR":
        left, right = constants(node.left, seen), constants(node.right, seen)
        return left + right if left and right else []
    if isinstance(node, ast.Binary) and node.op == "=":
        column, other = (node.left, node.right) if is_column(node.left, seen) else (node.right, node.left)
        values = [_compared(other, seen.type)] if is_column(column, seen) else []
    elif isinstance(node, ast.InList) and is_column(node.operand, seen):
        values = [_compared(item, seen.type) for item in node.items]
    else:
        return []
    return [] if None in values else values


def _compared(node: ast.Node, type_: Type) -> Any:
    if isinstance(node, ast.Literal) and node.kind == type_.kind == "boolean":
        return node.value == "true"
    return constant(node, type_)
