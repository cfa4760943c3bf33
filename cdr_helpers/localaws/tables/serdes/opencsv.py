"""OpenCSVSerde: quoted CSV; numbers that do not parse fail the query, timestamps are epoch milliseconds.

Source: Athena user guide, "Open CSV SerDe for processing CSV".
"""

from __future__ import annotations

from pathlib import Path

from ..types import Type, duckdb_name
from .base import Storage, UnreadableTable, paths_sql, text

MARK = "ATHENA~HIVE_BAD_DATA~"


class OpenCsv:
    """CSV with quotes."""

    def relation(self, paths: list[Path], compression: str, storage: Storage, filename: bool) -> str:
        """`read_csv` with quotes and every column as text."""
        columns = ", ".join(f"'f{i}': 'VARCHAR'" for i in range(len(storage.columns)))
        given = storage.parameters
        mark = given.get("quoteChar", '"')
        options = [
            "auto_detect = false",
            "header = false",
            f"skip = {storage.skipped_lines}",
            f"delim = {text(given.get('separatorChar', ','))}",
            f"quote = {text(mark)}",
            f"escape = {text(mark)}",
            f"nullstr = {text(chr(0))}",
            "null_padding = true",
            "parallel = false",
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
        """The text as the column's type; HIVE_BAD_DATA where it does not parse."""
        name, type_ = storage.columns[index]
        sql = f"f{index}"
        if type_.kind in ("varchar", "char"):
            return f"left({sql}, {type_.args[0]})" if type_.args else sql
        parsed = PARSED.get(type_.kind)
        if parsed is None:
            raise UnreadableTable("HIVE_UNSUPPORTED_FORMAT", f"type {type_.kind} is not supported by OpenCSVSerde")
        attempt = parsed.format(x=sql, type=duckdb_name(type_))
        return f"(CASE WHEN {sql} IS NOT NULL AND ({attempt}) IS NULL THEN {_bad(sql, name, type_)} ELSE {attempt} END)"


def _bad(sql: str, name: str, type_: Type) -> str:
    message = f"Error parsing field value for field {name}: For input string: "
    failing = f"CAST(concat({text(MARK + message)}, '\"', {sql}, '\"') AS INTEGER)"
    if type_.kind in ("timestamp", "date"):
        failing = f"CAST({failing} AS VARCHAR)"
    return f"CAST({failing} AS {duckdb_name(type_)})"


_WHOLE = r"(CASE WHEN regexp_full_match({x}, '[+-]?\d+') THEN TRY_CAST({x} AS {type}) END)"
PARSED = {
    **dict.fromkeys(("tinyint", "smallint", "integer", "bigint"), _WHOLE),
    **dict.fromkeys(("real", "double", "decimal"), "TRY_CAST({x} AS {type})"),
    "boolean": "(CASE lower({x}) WHEN 'true' THEN true WHEN 'false' THEN false END)",
    "timestamp": "make_timestamp(TRY_CAST({x} AS BIGINT) * 1000)",
    "date": "(DATE '1970-01-01' + TRY_CAST({x} AS INTEGER))",
}
