"""RegexSerDe: a line is taken apart by the groups of `input.regex`; one that does not match gives a row of NULLs.

Source: Athena user guide, "Regex SerDe"; Hive's RegexSerDe (the whole line must match).
"""

from __future__ import annotations

import re
from pathlib import Path

from ..types import duckdb_name
from .base import Storage, UnreadableTable, lines_sql, text

_NOT_RE2 = re.compile(r"\(\?(?:[=!>]|<[=!])|\\[1-9]|[*+?}]\+")


class Regex:
    """Text lines and a pattern."""

    def relation(self, paths: list[Path], compression: str, storage: Storage, filename: bool) -> str:
        """The groups of each line as `g`, a struct; NULL where the line does not match."""
        pattern = _pattern(storage)
        names = "[" + ", ".join(f"'g{at}'" for at in range(_groups(pattern))) + "]"
        lines = lines_sql(paths, compression, storage, filename)
        groups = f"regexp_extract(line, {text(pattern)}, {names})"
        found = f"CASE WHEN regexp_full_match(line, {text(pattern)}) THEN {groups} END"
        return f"(SELECT {'filename, ' if filename else ''}{found} AS g FROM {lines})"

    def column(self, index: int, storage: Storage) -> str:
        """The group of the column's place; NULL when the pattern has fewer."""
        type_ = storage.columns[index][1]
        if index >= _groups(_pattern(storage)):
            return f"CAST(NULL AS {duckdb_name(type_)})"
        return f"TRY_CAST(g.g{index} AS {duckdb_name(type_)})"


def _pattern(storage: Storage) -> str:
    given = storage.parameters.get("input.regex", "")
    if not given:
        raise UnreadableTable("HIVE_SERDE_NOT_FOUND", 'This table does not have serde property "input.regex"!')
    if _NOT_RE2.search(given):
        raise UnreadableTable("NOT_SUPPORTED", f"The regular expression needs look-around or back references: {given}")
    folded = storage.parameters.get("input.regex.case.insensitive", "false").lower() == "true"
    # RegexSerDe's dot matches everything, as Java's DOTALL does.
    return f"(?s{'i' if folded else ''})^(?:{given})$"


def _groups(pattern: str) -> int:
    try:
        return re.compile(pattern).groups
    except re.error as problem:
        raise UnreadableTable("HIVE_SERDE_NOT_FOUND", f"input.regex is no regular expression: {problem}") from None
