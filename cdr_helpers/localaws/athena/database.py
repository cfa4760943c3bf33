"""The DuckDB database that all queries share: made at the first query, one cursor for each.

One database means one memory limit for all queries together, and spilling when they need more.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from .. import engine
from . import macros, natives

if TYPE_CHECKING:
    import duckdb

MEMORY_LIMIT = "200MB"
"""Counting millions of distinct values on two threads needs this much before DuckDB can spill."""
_lock = threading.Lock()
_base: duckdb.DuckDBPyConnection | None = None


def cursor() -> duckdb.DuckDBPyConnection:
    """A connection to the shared database."""
    with _lock:
        return _made().cursor()


def _made() -> duckdb.DuckDBPyConnection:
    global _base
    if _base is None:
        _base = engine.connect(MEMORY_LIMIT)
        macros.create(_base)
    return _base


def provide(sql: str) -> None:
    """Make the Python functions that `sql` calls known to the shared database.

    Through the connection that lives as long as the database: DuckDB lets go of a function with the connection that
    made it, and the next call would be of freed memory.
    """
    with _lock:
        natives.provide(_made(), sql, id(_made()))
