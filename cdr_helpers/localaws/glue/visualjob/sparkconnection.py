"""A DuckDB connection that knows Spark's casts and functions."""

from __future__ import annotations

import functools
import re
from typing import Any

from ... import engine
from . import casts
from .sparksql import macros

_CALL = re.compile(r"\bsp_\w+(?=\()")
_ZONES = "sp_zones"


class SparkConnection:
    """A connection of its own in which each macro is made when a text first names it: making all of them takes longer
    than many a job."""

    def __init__(self) -> None:
        self._connection = engine.connect()
        self._made: set[str] = set()

    def execute(self, sql: str) -> Any:
        """Run a text of DuckDB's SQL that may call the macros. Raises what DuckDB raises."""
        self._provide(sql)
        return self._connection.execute(sql)

    def interrupt(self) -> None:
        """End what runs."""
        self._connection.interrupt()

    def close(self) -> None:
        """Close the connection and give back its memory."""
        self._connection.close()

    def _provide(self, sql: str) -> None:
        for name in _CALL.findall(sql):
            if name in self._made or name not in _definitions():
                continue
            self._made.add(name)
            head, body = _definitions()[name]
            self._provide(body)
            if _ZONES in body:
                self._connection.execute(f"SET VARIABLE {_ZONES} = (SELECT list(name) FROM pg_timezone_names())")
            self._connection.execute(f"CREATE TEMP MACRO {head} AS ({body})")


@functools.cache
def _definitions() -> dict[str, tuple[str, str]]:
    """Every macro by its name: its head and its body."""
    every = casts.MACROS | macros.MACROS
    return {head.partition("(")[0]: (head, body) for head, body in every.items()}
