"""What the list calls of Data Quality filter by: moments, and tables."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

Record = dict[str, Any]


def within(moment: datetime, after: float | None, before: float | None) -> bool:
    """Whether a moment (naive ones are UTC) lies between two others, in epoch seconds; either may be missing."""
    seconds = moment.replace(tzinfo=UTC).timestamp()
    return (after is None or seconds > after) and (before is None or seconds < before)


def table_in(source: Record | None) -> Record:
    """The table of a data source, whichever of its two members names it."""
    given = source or {}
    return given.get("GlueTable") or given.get("DataQualityGlueTable") or {}


def same_table(one: Record | None, other: Record | None) -> bool:
    """Whether two tables have the same database and name; the catalog folds both to lower case."""
    return _name(one) == _name(other)


def _name(table: Record | None) -> tuple[str, str]:
    given = table or {}
    return str(given.get("DatabaseName", "")).lower(), str(given.get("TableName", "")).lower()
