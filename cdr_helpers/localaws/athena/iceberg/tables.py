"""Iceberg tables as the translation sees them."""

from __future__ import annotations

from typing import Any

from .. import ast
from ..failures import QueryFailure
from ..translate import Scan, TableInfo
from . import inspection, pruning, reading
from .catalog import IcebergCatalog


def table_info(
    store: Any, found: dict[str, Any], name: tuple[str, str, str], version: tuple[str, Any] | None
) -> TableInfo:
    """The table at its newest snapshot or the one asked for. Raises INVALID_ARGUMENTS, ICEBERG_INVALID_METADATA."""
    seen = reading.snapshot(IcebergCatalog(store).load_table((name[1], found["Name"])), version)

    def relation(scan: Scan) -> str:
        names = {f"{scan.alias}.c{at}": column for at, (column, _) in enumerate(seen.columns)}
        tasks = seen.tasks(pruning.row_filter(scan.conjuncts, names))
        store.scanned += reading.scanned_bytes(tasks)
        needed = scan.used or ({0} if not scan.hidden else set())
        return reading.relation_sql(seen, tasks, needed, scan.hidden, store.folder)

    return TableInfo(name, seen.columns, glue=found, relation=relation, hidden=reading.HIDDEN)


def metadata_info(store: Any, found: dict[str, Any], name: tuple[str, str, str], at: ast.Position) -> TableInfo:
    """`"table$snapshots"` and its like. Raises TABLE_NOT_FOUND for another name."""
    base, _, kind = name[2].rpartition("$")
    if kind not in inspection.kinds():
        raise QueryFailure("TABLE_NOT_FOUND", f"Table '{'.'.join(name)}' does not exist", at)
    seen = reading.snapshot(IcebergCatalog(store).load_table((name[1], base)), None)
    made = inspection.metadata_table(seen, kind)
    return TableInfo(name, made.columns, glue=found, relation=lambda scan: made.relation_sql(store.folder), hidden={})
