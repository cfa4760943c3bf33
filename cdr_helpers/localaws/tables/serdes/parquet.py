"""Parquet, by column name, whatever the case; a column that a file lacks is NULL.

Source: Athena user guide, "Handle schema updates": Parquet is read by name by default.
"""

from __future__ import annotations

from pathlib import Path

from ..types import Type, duckdb_name, field_name, quote
from .base import Storage, paths_sql


class Parquet:
    """Parquet files."""

    def relation(self, paths: list[Path], compression: str, storage: Storage, filename: bool) -> str:
        """The files, plus a NULL for each column of the catalog that none of them has."""
        options = f"union_by_name = true, hive_partitioning = false, filename = {str(filename).lower()}"
        files = f"read_parquet({paths_sql(paths)}, {options})"
        missing = [n for n, _ in storage.columns if n not in self.present(paths)]
        if not missing:
            return files
        nulls = ", ".join(f"NULL AS {quote(n)}" for n in missing)
        return f"(SELECT *, {nulls} FROM {files})"

    def present(self, paths: list[Path]) -> set[str]:
        """Names of the columns of all the files, in lower case."""
        import pyarrow.parquet as pq

        return {name.lower() for path in paths for name in pq.read_schema(path).names}

    def column(self, index: int, storage: Storage) -> str:
        """The column as the catalog's type."""
        name, type_ = storage.columns[index]
        return converted(quote(name), type_)


def converted(sql: str, type_: Type) -> str:
    """A Parquet value as the query engine's type."""
    if type_.kind == "row":
        fields = ", ".join(
            f"{quote(field_name(i, n))} := {converted(f'({sql}).{quote(field_name(i, n))}', f)}"
            for i, (n, f) in enumerate(type_.fields)
        )
        return f"(CASE WHEN {sql} IS NOT NULL THEN struct_pack({fields}) END)"
    if type_.kind == "timestamp":
        return f"CAST({sql} AS TIMESTAMP)"
    return f"CAST({sql} AS {duckdb_name(type_)})"
