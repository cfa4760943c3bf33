"""The door of this package: a Spark SQL query, or a condition, as DuckDB SQL over the frames of a job."""

from __future__ import annotations

from collections.abc import Mapping

from ..frames import Frame
from . import parsing, queries
from .expressions import Expressions
from .queries import Query, Tables
from .scope import Relation, Scope, Visible
from .typing import SparkSqlError, Typed

__all__ = ["Query", "SparkSqlError", "condition", "query"]


def query(sql: str, frames: Mapping[str, Frame]) -> Query:
    """The DuckDB query with columns `c0 …` that answers a Spark SQL query over `frames`, its tables by alias.

    Raises `SparkSqlError` with Spark's reason, or with the name of what is not translated.
    """
    known = {alias.lower(): Query(_all_of(frame), frame.columns) for alias, frame in frames.items()}
    return queries.translate(parsing.parse(sql), Tables(known))


def _all_of(frame: Frame) -> str:
    return f"SELECT {', '.join(f'c{at}' for at in range(len(frame.columns))) or '*'} FROM {frame.view}"


def condition(sql: str, frame: Frame) -> str:
    """The DuckDB condition over a frame's physical columns. Raises `SparkSqlError`."""
    columns = tuple(Visible(one.name, Typed(f"c{at}", one.kind)) for at, one in enumerate(frame.columns))
    expressions = Expressions(Scope([Relation("", columns)]), _no_subquery)
    return expressions.boolean(parsing.condition(sql))


def _no_subquery(node: object, scope: Scope) -> Query:
    raise SparkSqlError("a subquery in a partition predicate is not supported here.")
