"""JSON lines: the openx and the Hive SerDe. Keys match whatever their case; a missing key is NULL.

Source: Athena user guide, "JSON SerDe libraries".
"""

from __future__ import annotations

from pathlib import Path

from ..types import Type, duckdb_name, field_name, quote
from .base import Storage, UnreadableTable, paths_sql, text


class Json:
    """One JSON object a line."""

    def relation(self, paths: list[Path], compression: str, storage: Storage, filename: bool) -> str:
        """The lines as JSON text."""
        lines = (
            f"read_csv({paths_sql(paths)}, auto_detect = false, header = false, delim = '\x01', quote = '', "
            f"escape = '', nullstr = '\x02', hive_partitioning = false, compression = '{compression}', "
            f"strict_mode = false, filename = {str(filename).lower()}, max_line_size = 2097152, "
            "buffer_size = 8388608, columns = {'line': 'VARCHAR'})"
        )
        ignored = storage.parameters.get("ignore.malformed.json", "").lower() == "true"
        message = "concat('ATHENA~HIVE_CURSOR_ERROR~Row is not a valid JSON Object: ', line)"
        bad = f"CAST(CAST({message} AS INTEGER) AS VARCHAR)"
        checked = "NULL" if ignored else bad
        names = "filename, " if filename else ""
        valid = f"CASE WHEN json_valid(line) THEN line ELSE {checked} END"
        return f"(SELECT {names}{valid} AS line FROM {lines} WHERE trim(line) <> '')"

    def column(self, index: int, storage: Storage) -> str:
        """The member of the line's object."""
        name, type_ = storage.columns[index]
        key = storage.parameters.get(f"mapping.{name}", name)
        return value(member("line", key), type_)


def member(sql: str, name: str) -> str:
    """The JSON text of a member, by its name in any case."""
    exact = f"json_extract({sql}, {text('$.' + chr(34) + name + chr(34))})"
    folded = f"list_filter(json_keys({sql}), lambda k: lower(k) = {text(name.lower())})[1]"
    return f"CAST(coalesce({exact}, json_extract({sql}, '$.\"' || {folded} || '\"')) AS VARCHAR)"


def value(sql: str, type_: Type) -> str:
    """JSON text as a value; NULL where it does not fit."""
    scalar = f"json_extract_string({sql}, '$')"
    if type_.kind in ("varchar", "char"):
        return f"(CASE WHEN json_type({sql}) IN ('OBJECT', 'ARRAY') THEN {sql} ELSE {scalar} END)"
    if type_.kind == "array":
        items = f"list_transform(CAST(json_extract({sql}, '$[*]') AS VARCHAR[]), lambda x: {value('x', type_.element)})"
        return f"(CASE WHEN json_type({sql}) = 'ARRAY' THEN {items} END)"
    if type_.kind == "map":
        keys = f"json_keys({sql})"
        inner = value(f"CAST(json_extract({sql}, '$.\"' || k || '\"') AS VARCHAR)", type_.value)
        return (
            f"(CASE WHEN json_type({sql}) = 'OBJECT' THEN map({keys}, list_transform({keys}, lambda k: {inner})) END)"
        )
    if type_.kind == "row":
        fields = ", ".join(
            f"{quote(field_name(i, n))} := {value(member(sql, field_name(i, n)), f)}"
            for i, (n, f) in enumerate(type_.fields)
        )
        return f"(CASE WHEN json_type({sql}) = 'OBJECT' THEN struct_pack({fields}) END)"
    if type_.kind in ("varbinary", "timestamptz", "time"):
        raise UnreadableTable("HIVE_UNSUPPORTED_FORMAT", f"type {type_.kind} is not supported by the JSON SerDe")
    return f"TRY_CAST({scalar} AS {duckdb_name(type_)})"
