"""DuckDB connections for crawler, job and query: locked to the object store, one place for every setting."""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import home

if TYPE_CHECKING:
    import duckdb

THREADS = 2
MEMORY_LIMIT = "160MB"


def connect(memory_limit: str = MEMORY_LIMIT) -> duckdb.DuckDBPyConnection:
    """A fresh in-memory connection that can read and write files below the home's `objects` and `scratch` only.

    Larger work spills to `scratch`. Type push-down is off: it would turn TRY_CAST over CSV columns into errors.
    """
    import duckdb

    place = home.active()
    connection = duckdb.connect(
        ":memory:",
        config={
            "threads": THREADS,
            "memory_limit": memory_limit,
            "temp_directory": str(place.scratch / "spill"),
            "allow_community_extensions": False,
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
        },
    )
    connection.execute("SET TimeZone = 'UTC'")
    connection.execute("SET disabled_optimizers = 'type_pushdown'")
    connection.execute("SET partitioned_write_flush_threshold = 20480")
    connection.execute("SET allowed_directories = $folders", {"folders": [str(place.objects), str(place.scratch)]})
    connection.execute("SET enable_external_access = false")
    connection.execute("SET lock_configuration = true")
    return connection
