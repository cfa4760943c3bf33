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

_lock = threading.Lock()
_base: duckdb.DuckDBPyConnection | None = None


def cursor() -> duckdb.DuckDBPyConnection:
    """A connection to the shared database."""
    global _base
    with _lock:
        if _base is None:
            _base = engine.connect()
            macros.create(_base)
        return _base.cursor()


def provide(connection: duckdb.DuckDBPyConnection, sql: str) -> None:
    """Make the Python functions that `sql` calls known to the shared database."""
    natives.provide(connection, sql, id(_base))
