"""GrokSerDe: a line is taken apart by the fields of a grok pattern; one that does not match gives a row of NULLs.

Source: Athena user guide, "Grok SerDe": `input.format`, `input.grokCustomPatterns`; columns have the fields' names.
"""

from __future__ import annotations

import re
from pathlib import Path

from .. import grok
from ..types import duckdb_name
from .base import Storage, UnreadableTable, lines_sql, text

_NOT_RE2 = re.compile(r"\(\?(?:[=!>]|<[=!])|\\[1-9]")
_POSSESSIVE = re.compile(r"(?<!\\)([*+?}])\+")


class GrokLines:
    """Text lines and a grok pattern."""

    def relation(self, paths: list[Path], compression: str, storage: Storage, filename: bool) -> str:
        """The groups of each line as `g`, a struct; NULL where the line does not match."""
        found = _pattern(storage)
        if _NOT_RE2.search(found.expression.pattern):
            raise UnreadableTable("NOT_SUPPORTED", "The grok pattern needs look-around or back references")
        # RE2 never tries a match twice, so it needs no possessive quantifiers and has none.
        pattern = text(_POSSESSIVE.sub(r"\1", found.expression.pattern))
        names = "[" + ", ".join(f"'g{at}'" for at in range(1, found.expression.groups + 1)) + "]"
        groups = f"regexp_extract(line, {pattern}, {names})"
        matched = f"CASE WHEN regexp_matches(line, {pattern}) THEN {groups} END"
        lines = lines_sql(paths, compression, storage, filename)
        return f"(SELECT {'filename, ' if filename else ''}{matched} AS g FROM {lines})"

    def column(self, index: int, storage: Storage) -> str:
        """The text of the field with the column's name; NULL when the pattern has no such field."""
        name, type_ = storage.columns[index]
        found = _pattern(storage)
        places = [found.expression.groupindex[f"f{at}"] for at, field in enumerate(found.fields) if field == name]
        if not places:
            return f"CAST(NULL AS {duckdb_name(type_)})"
        values = ", ".join(f"nullif(g.g{at}, '')" for at in places)
        return f"TRY_CAST(coalesce({values}) AS {duckdb_name(type_)})"


def _pattern(storage: Storage) -> grok.Grok:
    given = storage.parameters.get("input.format", "")
    if not given:
        raise UnreadableTable("HIVE_SERDE_NOT_FOUND", 'This table does not have serde property "input.format"!')
    try:
        return grok.compiled(given, storage.parameters.get("input.grokCustomPatterns", ""))
    except grok.BadPattern as problem:
        raise UnreadableTable("HIVE_SERDE_NOT_FOUND", str(problem)) from None
