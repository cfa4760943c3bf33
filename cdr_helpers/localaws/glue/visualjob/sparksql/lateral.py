"""`explode` and its kin: in the select list, and as LATERAL VIEW."""

from __future__ import annotations

from dataclasses import dataclass

from sqlglot import exp

from .. import sparktypes
from .expressions import GENERATORS, Expressions
from .typing import SparkSqlError, Typed


@dataclass(frozen=True)
class Rows:
    """The rows that a generator makes of one row: a query and its columns' names and types."""

    sql: str
    columns: tuple[tuple[str, str], ...]


def is_generator(node: exp.Expr) -> bool:
    """Whether a select item makes rows."""
    inner = node.this if isinstance(node, exp.Alias) else node
    return isinstance(inner, exp.Anonymous) and str(inner.this).lower() in GENERATORS


def inline(expressions: Expressions, node: exp.Expr) -> Typed:
    """`explode` in the select list."""
    inner = node.this if isinstance(node, exp.Alias) else node
    name = str(inner.this).lower()
    if name not in ("explode", "explode_outer"):
        raise SparkSqlError(f"{name} in the select list is not supported here; LATERAL VIEW {name} may be.")
    values = _values(expressions, inner)
    made = _padded(values.sql, "[NULL]") if name == "explode_outer" else values.sql
    return Typed(f"unnest({made})", sparktypes.element(values.kind))


def view(expressions: Expressions, node: exp.Lateral) -> Rows:
    """LATERAL VIEW [OUTER] explode | posexplode. Raises `SparkSqlError` for other generators."""
    call = node.this
    name = str(call.this).lower() if isinstance(call, exp.Anonymous) else ""
    outer = bool(node.args.get("outer")) or name.endswith("_outer")
    if name.removesuffix("_outer") not in ("explode", "posexplode"):
        raise SparkSqlError(f"LATERAL VIEW {name} is not supported here.")
    values = _values(expressions, call)
    items, places = values.sql, f"range(len({values.sql}))"
    if outer:
        items, places = _padded(items, "[NULL]"), f"CASE WHEN len({items}) > 0 THEN {places} ELSE [NULL] END"
    kind = sparktypes.element(values.kind)
    if name.startswith("pos"):
        return Rows(f"SELECT unnest({places})::INTEGER AS c0, unnest({items}) AS c1", (("pos", "int"), ("col", kind)))
    return Rows(f"SELECT unnest({items}) AS c0", (("col", kind),))


def _values(expressions: Expressions, call: exp.Expr) -> Typed:
    values = expressions.typed(call.expressions[0])
    if not values.kind.startswith("array<"):
        raise SparkSqlError(f"data type mismatch: {call.this} of {values.kind.upper()} is not supported here.")
    return values


def _padded(sql: str, instead: str) -> str:
    return f"CASE WHEN len({sql}) > 0 THEN {sql} ELSE {instead} END"
