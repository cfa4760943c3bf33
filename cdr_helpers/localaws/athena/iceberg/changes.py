"""INSERT, DELETE, UPDATE, MERGE, OPTIMIZE and VACUUM on Iceberg tables.

A statement first finds the rows that it changes, as (file, place in it, deleted or not, new values), in a temporary
table. The files that hold such a row are then written anew without it; the new rows follow.

Source: Athena user guide, "Update Iceberg table data", "Optimize Iceberg tables", "VACUUM"; texts of errors as Trino's.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pyiceberg.manifest import DataFile
from pyiceberg.table import Table

from ...tables import types as t
from ...tables.types import Type, duckdb_name
from .. import ast, casts, ddl, queries
from ..coercion import converts
from ..failures import QueryFailure
from ..metastore import CATALOG
from ..translate import Compiled
from . import reading, writing
from .cases import MergeCase
from .catalog import IcebergCatalog

HERE = (1, 1)


@dataclass
class Target:
    """The table that a statement changes."""

    session: Any
    node: ast.Table
    alias: str | None
    table: Table
    seen: reading.Snapshot

    @property
    def relation(self) -> ast.Relation:
        """The table in FROM."""
        return self.node if self.alias is None else ast.Aliased(self.node.at, self.node, self.alias, [])

    @property
    def qualifier(self) -> list[ast.Identifier]:
        """What its columns can be qualified with."""
        return [ast.Identifier(HERE, self.alias)] if self.alias else self.node.parts[-1:]

    def column(self, name: str) -> ast.Column:
        """A column of it."""
        return ast.Column(self.node.at, [*self.qualifier, ast.Identifier(HERE, name, True)])

    def type_of(self, name: ast.Identifier) -> Type:
        """The type of a column. Raises COLUMN_NOT_FOUND."""
        for known, type_ in self.seen.columns:
            if known == name.text:
                return type_
        raise QueryFailure("COLUMN_NOT_FOUND", f"The UPDATE SET target column {name.text} doesn't exist", name.at)


def target(session: Any, node: ast.Table, alias: str | None, what: str) -> Target:
    """The Iceberg table. Raises NOT_SUPPORTED for other tables, as Athena does."""
    database, name = queries.resolved(session, node)
    info = session.store.table(CATALOG, database, name, node.at)
    if info.view is not None:
        raise QueryFailure("NOT_SUPPORTED", f"{what} views is not supported", node.at)
    if info.relation is None:
        raise QueryFailure("NOT_SUPPORTED", "Modifying Hive table rows is only supported for transactional tables")
    table = IcebergCatalog(session.store).load_table((database, name))
    return Target(session, node, alias, table, reading.snapshot(table, None))


def insert(session: Any, database: str, name: str, compiled: Compiled) -> None:
    """Append rows whose columns are the table's."""
    table = IcebergCatalog(session.store).load_table((database, name))
    columns = [(name or "", type_) for name, type_ in compiled.columns]
    files = writing.data_files(session, table.metadata, compiled.sql, columns)
    if files:
        transaction = table.transaction()
        writing.append(transaction, files)
        writing.commit(transaction)


def delete(session: Any, node: ast.Table, alias: str | None, condition: ast.Node | None) -> None:
    """DELETE FROM."""
    place = target(session, node, alias, "Deleting from")
    select = ast.Select(node.at, _marked(place, _literal("true")), relation=place.relation, where=condition)
    _apply(place, session.translate(ast.Query(node.at, select)).sql)


def update(
    session: Any,
    node: ast.Table,
    alias: str | None,
    changes: Sequence[tuple[ast.Identifier, ast.Node]],
    condition: ast.Node | None,
) -> None:
    """UPDATE … SET."""
    place = target(session, node, alias, "Updating")
    names = [name.text for name, _ in changes]
    twice = next((name for name, _ in changes if names.count(name.text) > 1), None)
    if twice is not None:
        raise QueryFailure("SYNTAX_ERROR", f"Duplicate column name in SET: {twice.text}", twice.at)
    wanted = [place.type_of(name) for name, _ in changes]
    given = [value for _, value in changes]
    listed = [ast.SelectItem(node.at, value) for value in given]
    select = ast.Select(
        node.at, [*_marked(place, _literal("false")), *listed], relation=place.relation, where=condition
    )
    compiled = session.translate(ast.Query(node.at, select))
    types = [type_ for _, type_ in compiled.columns[3:]]
    if any(not converts(a, b) for a, b in zip(types, wanted, strict=True)):
        shown = f"Table: [{_shown(wanted)}], Expressions: [{_shown(types)}]"
        raise QueryFailure("TYPE_MISMATCH", f"UPDATE table column types don't match SET expressions: {shown}", node.at)
    new = _new_values(place, {name: 3 + at for at, name in enumerate(names)}, compiled)
    _apply(place, compiled.sql, new)


def _shown(types: Sequence[Type]) -> str:
    return ", ".join(t.trino_name(type_) for type_ in types)


def _literal(value: str) -> ast.Node:
    return ast.Literal(HERE, "boolean", value)


def _marked(place: Target, deleted: ast.Node) -> list[ast.SelectItem | ast.Star]:
    """`"$path"`, `"$row"` and whether the row goes away."""
    return [ast.SelectItem(HERE, node) for node in (place.column("$path"), place.column(reading.ROW), deleted)]


def _new_values(place: Target, positions: dict[str, int], compiled: Compiled) -> list[str]:
    """For each column its new value from the marked rows (m), or the old one from the table (k)."""
    values = []
    for at, (name, type_) in enumerate(place.seen.columns):
        if name in positions:
            position = positions[name]
            given = compiled.columns[position][1]
            values.append(casts.cast(f"m.c{position}", given, type_, True) or f"m.c{position}")
        else:
            values.append(f"k.c{at}")
    return values


def _apply(place: Target, marked: str, values: Sequence[str] = (), inserted: Compiled | None = None) -> None:
    """Write the files of the marked rows anew. `values` are the updated rows' columns; `inserted` are whole new rows.

    Raises MERGE_TARGET_ROW_MULTIPLE_MATCHES when a row is marked twice, and ICEBERG_COMMIT_ERROR when a marked row is
    in a file that the snapshot does not have: the rows were found a moment later, and another commit lay between.
    """
    session = place.session
    name = f"marked_{uuid.uuid4().hex}"
    session.run(f"CREATE TEMP TABLE {name} AS {marked}")
    try:
        if session.run(f"SELECT 1 FROM {name} GROUP BY c0, c1 HAVING count(*) > 1 LIMIT 1").fetchall():
            raise QueryFailure(
                "MERGE_TARGET_ROW_MULTIPLE_MATCHES", "One MERGE target table row matched more than one source row"
            )
        hit = {row[0] for row in session.run(f"SELECT DISTINCT c0 FROM {name}").fetchall()}
        changed = int(session.run(f"SELECT count(*) FROM {name}").fetchall()[0][0])
        tasks = [task for task in place.seen.tasks() if task.file.file_path in hit]
        if len(tasks) < len(hit):
            raise QueryFailure("ICEBERG_COMMIT_ERROR", "Another statement changed the table while its rows were found")
        selects = _rewritten(place, tasks, name, values) if hit else []
        new = (
            writing.data_files(session, place.table.metadata, " UNION ALL ".join(selects), place.seen.columns)
            if hit
            else []
        )
        if inserted is not None:
            added = writing.data_files(session, place.table.metadata, inserted.sql, place.seen.columns)
            changed += sum(one.record_count for one in added)
            new += added
        _commit(place.table, [task.file for task in tasks], new)
        session.execution.rows = changed
    finally:
        session.cursor().execute(f"DROP TABLE IF EXISTS {name}")


def _rewritten(place: Target, tasks: Sequence[Any], marked: str, values: Sequence[str]) -> list[str]:
    """The rows of the files that stay as they are, and those that are updated."""
    count = len(place.seen.columns)
    hidden = {"$path", reading.ROW}
    place.session.store.scanned += reading.scanned_bytes(tasks)
    kept = reading.relation_sql(place.seen, tasks, set(range(count)), hidden, place.session.store.folder)
    columns = ", ".join(f"k.c{at}" for at in range(count))
    same = f'm.c0 = k."$path" AND m.c1 = k."{reading.ROW}"'
    selects = [f"SELECT {columns} FROM ({kept}) AS k WHERE NOT EXISTS (SELECT 1 FROM {marked} AS m WHERE {same})"]
    if values:
        listed = ", ".join(f"{value} AS c{at}" for at, value in enumerate(values))
        selects.append(f"SELECT {listed} FROM ({kept}) AS k JOIN {marked} AS m ON {same} WHERE NOT m.c2")
    return selects


def _commit(table: Table, old: Sequence[DataFile], new: Sequence[DataFile]) -> None:
    if not old and not new:
        return
    transaction = table.transaction()
    if old:
        writing.replace(transaction, old, new)
    else:
        writing.append(transaction, new)
    writing.commit(transaction)


def merge(
    session: Any, node: ast.Table, alias: str | None, source: ast.Relation, on: ast.Node, cases: Sequence[MergeCase]
) -> None:
    """MERGE INTO."""
    place = target(session, node, alias, "Merging into")
    matched = [case for case in cases if case.matched]
    _apply(
        place, *_matched(place, source, on, matched), _unmatched(place, source, on, [c for c in cases if not c.matched])
    )


def _choice(cases: Sequence[MergeCase]) -> ast.Node:
    """The number of the first case whose condition holds, from 1; 0 when none does."""
    whens = [(case.condition or _literal("true"), _integer(at)) for at, case in enumerate(cases, 1)]
    return ast.Case(HERE, None, list(whens), _integer(0))


def _integer(value: int) -> ast.Node:
    return ast.Literal(HERE, "integer", str(value))


def _matched(place: Target, source: ast.Relation, on: ast.Node, cases: Sequence[MergeCase]) -> tuple[str, list[str]]:
    """The marked rows of the matched cases, and the updated rows' columns."""
    items = _marked(place, _choice(cases) if cases else _integer(0))
    positions: list[tuple[int, MergeCase, ast.Identifier]] = []
    for at, case in enumerate(cases, 1):
        for column, value in zip(case.columns, case.values, strict=True):
            positions.append((at, case, column))
            items.append(ast.SelectItem(case.at, value))
    join = ast.Join(HERE, "INNER", place.relation, source, on)
    compiled = place.session.translate(ast.Query(HERE, ast.Select(HERE, items, relation=join)), all_parameters=False)
    whens: dict[str, list[str]] = {}
    for offset, (at, case, changed) in enumerate(positions, 3):
        given, type_ = compiled.columns[offset][1], place.type_of(changed)
        if not converts(given, type_):
            raise QueryFailure(
                "TYPE_MISMATCH",
                f"MERGE table column types don't match for MERGE case {at - 1}, SET expressions: "
                f"Table: [{_shown([type_])}], Expressions: [{_shown([given])}]",
                case.at,
            )
        sql = casts.cast(f"c{offset}", given, type_, True) or f"c{offset}"
        whens.setdefault(changed.text, []).append(f"WHEN {at} THEN {sql}")
    deletes = ", ".join(str(at) for at, case in enumerate(cases, 1) if case.action == "DELETE") or "-1"
    updated = []
    extra = ""
    for at, (name, type_) in enumerate(place.seen.columns):
        if name in whens:
            touched = ", ".join(str(number) for number, _, each in positions if each.text == name)
            extra += f", CASE c2 {' '.join(whens[name])} END AS v{at}, c2 IN ({touched}) AS n{at}"
            updated.append(f"CASE WHEN m.n{at} THEN CAST(m.v{at} AS {duckdb_name(type_)}) ELSE k.c{at} END")
        else:
            updated.append(f"k.c{at}")
    marked = f"SELECT c0, c1, c2 IN ({deletes}) AS c2{extra} FROM ({compiled.sql}) WHERE c2 > 0"
    return marked, updated


def _unmatched(place: Target, source: ast.Relation, on: ast.Node, cases: Sequence[MergeCase]) -> Compiled | None:
    """The rows of the source that match nothing, as rows of the table."""
    if not cases:
        return None
    columns = place.seen.columns
    items: list[ast.SelectItem | ast.Star] = [ast.SelectItem(HERE, _choice(cases))]
    positions: list[tuple[int, str]] = []
    for at, case in enumerate(cases, 1):
        names = [name.text for name in case.columns] or [name for name, _ in columns]
        if len(names) != len(case.values):
            raise QueryFailure(
                "TYPE_MISMATCH", f"MERGE insert has {len(names)} columns but {len(case.values)} values", case.at
            )
        known = {name for name, _ in columns}
        for name, given_value in zip(names, case.values, strict=True):
            if name not in known:
                raise QueryFailure(
                    "COLUMN_NOT_FOUND", f"Insert column name does not exist in target table: {name}", case.at
                )
            positions.append((at, name))
            items.append(ast.SelectItem(case.at, given_value))
    join = ast.Join(HERE, "LEFT", source, place.relation, on)
    absent = ast.IsNull(HERE, place.column(reading.ROW))
    select = ast.Select(HERE, items, relation=join, where=absent)
    compiled = place.session.translate(ast.Query(HERE, select), all_parameters=False)
    listed = []
    for at, (name, type_) in enumerate(columns):
        whens = []
        for offset, (number, given_name) in enumerate(positions, 1):
            if given_name != name:
                continue
            given = compiled.columns[offset][1]
            if not converts(given, type_):
                raise QueryFailure(
                    "TYPE_MISMATCH",
                    f"MERGE insert column {name}: {t.trino_name(given)} does not convert to {t.trino_name(type_)}",
                    cases[number - 1].at,
                )
            whens.append(f"WHEN {number} THEN {casts.cast(f'c{offset}', given, type_, True) or f'c{offset}'}")
        value = f"CASE c0 {' '.join(whens)} END" if whens else "NULL"
        listed.append(f"CAST({value} AS {duckdb_name(type_)}) AS c{at}")
    return Compiled(f"SELECT {', '.join(listed)} FROM ({compiled.sql}) WHERE c0 > 0", list(columns))


def optimize(session: Any, node: ast.Table, condition: ast.Node | None) -> None:
    """OPTIMIZE … REWRITE DATA USING BIN_PACK: the files that can hold wanted rows become few."""
    place = target(session, node, None, "Optimizing")
    select = ast.Select(node.at, [ast.SelectItem(HERE, place.column("$path"))], True, place.relation, condition)
    hit = {row[0] for row in session.run(session.translate(ast.Query(node.at, select)).sql).fetchall()}
    tasks = [task for task in place.seen.tasks() if task.file.file_path in hit]
    small = len({str(task.file.partition) for task in tasks}) < len(tasks)
    if tasks and (small or any(task.delete_files for task in tasks)):
        count = len(place.seen.columns)
        sql = reading.relation_sql(place.seen, tasks, set(range(count)), set(), session.store.folder)
        new = writing.data_files(session, place.table.metadata, sql, place.seen.columns)
        _commit(place.table, [task.file for task in tasks], new)
    session.execution.rows = 0
    ddl.done(session)


DEFAULT_AGE, DEFAULT_KEPT = 432_000, 1
"""Seconds and snapshots that VACUUM keeps without the table's properties (Athena user guide, "VACUUM")."""


def vacuum(session: Any, node: ast.Table) -> None:
    """VACUUM: forget old snapshots and delete the objects that no kept one needs."""
    place = target(session, node, None, "Vacuuming")
    table = place.table
    age = int(table.properties.get("vacuum_max_snapshot_age_seconds", DEFAULT_AGE))
    keep = int(table.properties.get("vacuum_min_snapshots_to_keep", DEFAULT_KEPT))
    before = _needed(table)
    oldest = (time.time() - age) * 1000
    ordered = sorted(table.snapshots(), key=lambda s: s.timestamp_ms, reverse=True)
    kept = {ref.snapshot_id for ref in table.refs().values()} | {s.snapshot_id for s in ordered[:keep]}
    expired = [s.snapshot_id for s in ordered if s.timestamp_ms < oldest and s.snapshot_id not in kept]
    if expired:
        table.maintenance.expire_snapshots().by_ids(expired).commit()
        after = _needed(IcebergCatalog(session.store).load_table(table.name()))
        for uri in sorted(before - after):
            session.store.objects.delete(uri)
    ddl.done(session)


def _needed(table: Table) -> set[str]:
    """The objects that the table's snapshots are made of."""
    found: set[str] = set()
    for snapshot in table.snapshots():
        found.add(snapshot.manifest_list)
        for manifest in snapshot.manifests(table.io):
            found.add(manifest.manifest_path)
            found |= {entry.data_file.file_path for entry in manifest.fetch_manifest_entry(table.io)}
    return found
