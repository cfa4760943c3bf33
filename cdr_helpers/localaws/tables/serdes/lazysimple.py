"""LazySimpleSerDe: delimited text; quotes are data; what does not parse is NULL.

Source: Athena user guide, "LazySimpleSerDe for CSV, TSV, and custom-delimited files"; Hive's LazySimpleSerDe as Trino
reads it.
"""

from __future__ import annotations

from pathlib import Path

from ..types import Type, duckdb_name, field_name, quote
from .base import Storage, UnreadableTable, paths_sql, text


class LazySimple:
    """The default text format."""

    def relation(self, paths: list[Path], compression: str, storage: Storage, filename: bool) -> str:
        """`read_csv` with every column as text and nothing sniffed."""
        columns = ", ".join(f"'f{i}': 'VARCHAR'" for i in range(len(storage.columns)))
        options = [
            "auto_detect = false",
            "header = false",
            f"skip = {storage.skipped_lines}",
            f"delim = {text(delimiter(storage))}",
            "quote = ''",
            f"escape = {text(storage.parameters.get('escape.delim', ''))}",
            f"nullstr = {text(storage.parameters.get('serialization.null.format', chr(92) + 'N'))}",
            "null_padding = true",
            "strict_mode = false",
            "hive_partitioning = false",
            f"compression = '{compression}'",
            f"filename = {str(filename).lower()}",
            "max_line_size = 2097152",
            "buffer_size = 8388608",
            f"columns = {{{columns}}}",
        ]
        return f"read_csv({paths_sql(paths)}, {', '.join(options)})"

    def column(self, index: int, storage: Storage) -> str:
        """The text as the column's type; NULL where it does not parse."""
        return value(f"f{index}", storage.columns[index][1], storage, 0)


def delimiter(storage: Storage) -> str:
    """The field delimiter; `\\001` when none is given."""
    given = storage.parameters.get("field.delim") or storage.parameters.get("serialization.format") or "\x01"
    if given in ("1", "\\001", "\\u0001"):
        return "\x01"
    return {"\\t": "\t", "\\u0009": "\t"}.get(given, given)


def value(sql: str, type_: Type, storage: Storage, depth: int) -> str:
    """A text as a value; nested types are split by the next delimiter."""
    rule = VALUES.get(type_.kind)
    if rule:
        return rule.format(x=sql, type=duckdb_name(type_))
    if type_.kind in ("array", "map", "row"):
        return _nested(sql, type_, storage, depth)
    if type_.kind == "varchar" and type_.args:
        return f"left({sql}, {type_.args[0]})"
    if type_.kind in ("varchar", "char"):
        return sql
    raise UnreadableTable("HIVE_UNSUPPORTED_FORMAT", f"type {type_.kind} is not supported by LazySimpleSerDe")


def _separator(storage: Storage, depth: int) -> str:
    given = storage.parameters
    named = (given.get("collection.delim") or given.get("colelction.delim"), given.get("mapkey.delim"))
    chosen = named[depth] if depth < len(named) else None
    return chosen or chr(2 + depth)


def _nested(sql: str, type_: Type, storage: Storage, depth: int) -> str:
    items = f"string_split({sql}, {text(_separator(storage, depth))})"
    if type_.kind == "array":
        whole = f"list_transform({items}, lambda x: {value('x', type_.element, storage, depth + 1)})"
        return f"(CASE WHEN {sql} = '' THEN [] ELSE {whole} END)"
    if type_.kind == "row":
        fields = ", ".join(
            f"{quote(field_name(i, n))} := {value(f'{items}[{i + 1}]', f, storage, depth + 1)}"
            for i, (n, f) in enumerate(type_.fields)
        )
        return f"(CASE WHEN {sql} IS NOT NULL THEN struct_pack({fields}) END)"
    pair = f"string_split(x, {text(_separator(storage, depth + 1))})"
    keys = f"list_transform({items}, lambda x: {value(f'{pair}[1]', type_.key, storage, depth + 2)})"
    values = f"list_transform({items}, lambda x: {value(f'{pair}[2]', type_.value, storage, depth + 2)})"
    return f"(CASE WHEN {sql} = '' THEN map() WHEN {sql} IS NOT NULL THEN map({keys}, {values}) END)"


# DuckDB's own casts take '12.5', '1e3' and ' 7' for whole numbers: Hive does not. Most values are written as DuckDB
# writes them, and comparing is cheaper than matching a pattern; the pattern settles the rest ('007', '+5').
_WHOLE = (
    r"(CASE WHEN CAST(TRY_CAST({x} AS {type}) AS VARCHAR) = {x} OR regexp_full_match({x}, '[+-]?\d+') "
    "THEN TRY_CAST({x} AS {type}) END)"
)
VALUES = {
    **dict.fromkeys(("tinyint", "smallint", "integer", "bigint"), _WHOLE),
    **dict.fromkeys(("real", "double", "decimal", "date"), "TRY_CAST({x} AS {type})"),
    "timestamp": "TRY_CAST({x} AS TIMESTAMP)",
    "boolean": "(CASE lower({x}) WHEN 'true' THEN true WHEN 'false' THEN false END)",
    "varbinary": "TRY(from_base64({x}))",
    "unknown": "CAST(NULL AS INTEGER)",
}
