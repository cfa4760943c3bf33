"""ORC, by place: the file's first column is the table's first. With `orc.column.index.access` false, by name.

Source: Athena user guide, "Handle schema updates" (ORC is read by index by default). The files have been turned into
Parquet whose columns are f0, f1, … and which remembers their names.
"""

from __future__ import annotations

import json
from pathlib import Path

from ..types import quote
from .base import Storage, paths_sql
from .parquet import converted


class Orc:
    """ORC files."""

    def relation(self, paths: list[Path], compression: str, storage: Storage, filename: bool) -> str:
        """The files, one subquery for each order of columns, with a NULL for each column that a file lacks."""
        groups: dict[tuple[str, ...], list[Path]] = {}
        for path in paths:
            groups.setdefault(self._sources(path, storage), []).append(path)
        return f"({' UNION ALL '.join(self._select(*group, filename) for group in groups.items())})"

    def _sources(self, path: Path, storage: Storage) -> tuple[str, ...]:
        """For each column of the catalog the file's column, or nothing."""
        import pyarrow.parquet as pq

        schema = pq.read_schema(path)
        if storage.parameters.get("orc.column.index.access", "true").lower() != "false":
            return tuple(f"f{at}" if at < len(schema.names) else "" for at in range(len(storage.columns)))
        names = json.loads((schema.metadata or {})[b"orc.names"])
        places = {name: place for place, name in names.items()}
        return tuple(places.get(name, "") for name, _ in storage.columns)

    def _select(self, sources: tuple[str, ...], paths: list[Path], filename: bool) -> str:
        listed = [f"{source or 'NULL'} AS c{at}" for at, source in enumerate(sources)]
        listed += ["filename"] if filename else []
        options = f"union_by_name = true, hive_partitioning = false, filename = {str(filename).lower()}"
        return f"SELECT {', '.join(listed) or '1 AS one'} FROM read_parquet({paths_sql(paths)}, {options})"

    def column(self, index: int, storage: Storage) -> str:
        """The column as the catalog's type."""
        return converted(quote(f"c{index}"), storage.columns[index][1])
