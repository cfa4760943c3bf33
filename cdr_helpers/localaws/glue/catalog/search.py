"""SearchTables: text in names, descriptions, columns and parameters; filters by key."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Record = dict[str, Any]


def matches(table: Record, request: Record) -> bool:
    """Whether a table (as GetTable returns it) is what a request searches."""
    text = (request.get("SearchText") or "").lower().strip('"')
    if text and text not in _searched(table):
        return False
    return all(_filtered(table, condition) for condition in request.get("Filters") or ())


def _searched(table: Record) -> str:
    columns = (table.get("StorageDescriptor") or {}).get("Columns") or []
    words = [table["Name"], table.get("Description"), *(column["Name"] for column in columns)]
    return " ".join([*filter(None, words), *(table.get("Parameters") or {}).values()]).lower()


def _filtered(table: Record, condition: Record) -> bool:
    key, wanted = condition.get("Key", ""), condition.get("Value", "")
    actual = {**(table.get("Parameters") or {}), **table}.get(key)
    for name in (key[:1].upper() + key[1:], "DatabaseName" if key.lower() == "databasename" else key):
        actual = table.get(name, actual)
    return _COMPARISONS[condition.get("Comparator", "EQUALS")](str(actual or "").lower(), str(wanted).lower())


_COMPARISONS: dict[str, Callable[[str, str], bool]] = {
    "EQUALS": lambda actual, wanted: wanted in actual,  # for text AWS matches tokens, not the whole
    "GREATER_THAN": lambda actual, wanted: actual > wanted,
    "LESS_THAN": lambda actual, wanted: actual < wanted,
    "GREATER_THAN_EQUALS": lambda actual, wanted: actual >= wanted,
    "LESS_THAN_EQUALS": lambda actual, wanted: actual <= wanted,
}
