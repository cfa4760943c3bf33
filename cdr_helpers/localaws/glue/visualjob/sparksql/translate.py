"""The door of this package: a Spark SQL query, or a condition, as DuckDB SQL over the frames of a job."""

from __future__ import annotations

from collections.abc import Mapping

from ..frames import Frame
from . import lateral, parsing, queries
from .expressions import Expressions
from .queries import Query, Tables
from .scope import Relation, Scope, Visible
from .typing import SparkSqlError, Typed

__all__ = ["Query", "SparkSqlError", "condition", "expression", "query"]


def query(sql: str, frames: Mapping[str, Frame]) -> Query:
    """The DuckDB query with columns `c0 …` that answers a Spark SQL query over `frames`, its tables by alias.

    Raises `SparkSqlError` with Spark's reason, or with the name of what is not translated.
    """
    known = {alias.lower(): Query(_all_of(frame), frame.columns) for alias, frame in frames.items()}
    return queries.translate(parsing.parse(sql), Tables(known))


def _all_of(frame: Frame) -> str:
    return f"SELECT {', '.join(f'c{at}' for at in range(len(frame.columns))) or '*'} FROM {frame.sql}"


def condition(sql: str, frame: Frame) -> str:
    """The DuckDB condition over a frame's physical columns. Raises `SparkSqlError`."""
    return _over(frame).boolean(parsing.condition(sql))


def expression(sql: str, frame: Frame) -> Typed:
    """The DuckDB expression over a frame's physical columns, with its type; `explode` makes rows. Raises
    `SparkSqlError`."""
    tree = parsing.parse(f"SELECT {sql}")
    if len(tree.expressions) != 1 or tree.args.get("from_") or tree.args.get("where"):
        raise SparkSqlError("[PARSE_SYNTAX_ERROR] Syntax error: one expression is needed.")
    node = tree.expressions[0]
    return lateral.inline(_over(frame), node) if lateral.is_generator(node) else _over(frame).typed(node)


def _over(frame: Frame) -> Expressions:
    columns = tuple(Visible(one.name, Typed(f"c{at}", one.kind)) for at, one in enumerate(frame.columns))
    return Expressions(Scope([Relation("", columns)]), _no_subquery)


def _no_subquery(node: object, scope: Scope) -> Query:
    raise SparkSqlError("a subquery is not supported here.")
