"""SHOW and DESCRIBE: what the catalog holds, as lines of text.

Source: Athena user guide, "DDL statements"; texts as measured on the service.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from . import bucketing
from .ddl import (
    LAZY,
    Hive,
    Statement,
    TableName,
    ddl_failure,
    iceberg_definitions,
    require_database,
    require_table,
    text_result,
)
from .failures import QueryFailure
from .metastore import CATALOG
from .tablekinds import current_columns, is_iceberg, is_view


def _matching(names: list[str], pattern: str | None) -> list[str]:
    """SHOW's LIKE is a regular expression, in which `*` stands for anything."""
    if pattern is None:
        return names
    regex = re.compile(re.sub(r"(?<!\.)\*", ".*", pattern), re.IGNORECASE)
    return [n for n in names if regex.fullmatch(n)]


def _show_databases(parser: Hive) -> Statement:
    pattern = parser.like()
    return Statement(
        "UTILITY", "SHOW_DATABASES", lambda s: text_result(s, _matching(s.store.databases(), pattern), "database_name")
    )


def _show_tables(parser: Hive) -> Statement:
    given = parser.in_database()
    pattern = parser.like()
    return Statement("UTILITY", "SHOW_TABLES", lambda s: _list_tables(s, given, pattern, None))


def _show_views(parser: Hive) -> Statement:
    given = parser.in_database()
    pattern = parser.like()
    return Statement("UTILITY", "SHOW_VIEWS", lambda s: _list_tables(s, given, pattern, True))


def _list_tables(session: Any, given: str | None, pattern: str | None, views: bool | None) -> None:
    database = given or session.context[1]
    require_database(session, database)
    names = [x["Name"] for x in session.store.tables(database) if views is None or is_view(x) == views]
    text_result(session, _matching(names, pattern), "views" if views else "tab_name")


def _show_columns(parser: Hive) -> Statement:
    if not (parser.accept("IN") or parser.accept("FROM")):
        parser.fail("IN")
    table = parser.table_name()
    database = parser.in_database()
    parser.finish()
    named = TableName(database or table.database, table.name)

    def run(session: Any) -> None:
        _, found = require_table(session, named)
        text_result(session, [f"{c['Name']:<20}" for c in _all_columns(found)], "field")

    return Statement("UTILITY", "SHOW_COLUMNS", run)


def _all_columns(found: dict[str, Any]) -> list[dict[str, str]]:
    return [*current_columns(found), *(found.get("PartitionKeys") or [])]


def _show_partitions(parser: Hive) -> Statement:
    table = parser.table_name()
    parser.finish()

    def run(session: Any) -> None:
        database, found = require_table(session, table)
        names = [k["Name"] for k in found.get("PartitionKeys") or []]
        if not names:
            raise ddl_failure(f"Table {found['Name']} is not a partitioned table")
        lines = [
            "/".join(f"{n}={v}" for n, v in zip(names, p["Values"], strict=True))
            for p in session.store.partitions(database, found["Name"])
        ]
        text_result(session, sorted(lines), "partition")

    return Statement("UTILITY", "SHOW_PARTITIONS", run)


def _show_properties(parser: Hive) -> Statement:
    table = parser.table_name()
    wanted = None
    if parser.accept("("):
        wanted = parser.string()
        parser.expect(")")
    parser.finish()

    def run(session: Any) -> None:
        database, found = require_table(session, table)
        given = found.get("Parameters") or {}
        if is_iceberg(found):
            given = iceberg_definitions().properties(session, database, found["Name"])
        if wanted is not None:
            absent = f"Table {found['DatabaseName']}.{found['Name']} does not have property: {wanted}"
            return text_result(session, [given.get(wanted, absent)], "prpt_name")
        return text_result(session, [f"{k}\t{v}" for k, v in sorted(given.items())], "prpt_name")

    return Statement("UTILITY", "SHOW_TBLPROPERTIES", run)


def _show_create_table(parser: Hive) -> Statement:
    table = parser.table_name()
    parser.finish()

    def run(session: Any) -> None:
        database, found = require_table(session, table)
        if is_view(found):
            raise QueryFailure("", f"FAILED: SemanticException {found['Name']} is a view")
        if is_iceberg(found):
            lines = iceberg_definitions().create_text(session, database, found["Name"])
        else:
            lines = create_table_text(found)
        text_result(session, lines, "createtab_stmt")

    return Statement("UTILITY", "SHOW_CREATE_TABLE", run)


def create_table_text(found: dict[str, Any]) -> list[str]:
    """The lines of SHOW CREATE TABLE."""
    described = found["StorageDescriptor"]
    serde = described.get("SerdeInfo") or {}
    lines = [f"CREATE EXTERNAL TABLE `{found['DatabaseName']}.{found['Name']}`(", *_column_lines(described["Columns"])]
    if found.get("PartitionKeys"):
        lines += ["PARTITIONED BY ( ", *_column_lines(found["PartitionKeys"])]
    bucketed_by, count = bucketing.of_table(found)
    if bucketed_by:
        lines += ["CLUSTERED BY ( ", f"  {', '.join(bucketed_by)}) ", f"INTO {count} BUCKETS"]
    parameters = serde.get("Parameters") or {}
    if serde.get("SerializationLibrary") == LAZY and parameters.get("field.delim"):
        lines += ["ROW FORMAT DELIMITED ", f"  FIELDS TERMINATED BY '{_shown(parameters['field.delim'])}' "]
    else:
        lines += ["ROW FORMAT SERDE ", f"  '{serde.get('SerializationLibrary', '')}' "]
        lines += _property_lines("WITH SERDEPROPERTIES ( ", parameters)
    lines += ["STORED AS INPUTFORMAT ", f"  '{described.get('InputFormat', '')}' "]
    lines += ["OUTPUTFORMAT ", f"  '{described.get('OutputFormat', '')}'", "LOCATION", f"  '{described['Location']}'"]
    return lines + _property_lines("TBLPROPERTIES (", found.get("Parameters") or {})


def _shown(text: str) -> str:
    return text.replace("\t", "\\t").replace("\x01", "\\u0001")


def _column_lines(columns: list[dict[str, str]]) -> list[str]:
    lines = []
    for index, column in enumerate(columns):
        comment = f" COMMENT '{column['Comment']}'" if column.get("Comment") else ""
        end = ")" if index == len(columns) - 1 else ", "
        lines.append(f"  `{column['Name']}` {column['Type']}{comment}{end}")
    return lines


def _property_lines(head: str, given: dict[str, str]) -> list[str]:
    if not given:
        return []
    items = sorted(given.items(), key=lambda item: _place(item[0], len(given)))
    return [
        head,
        *(f"  '{k}'='{_shown(str(v))}'{')' if i == len(items) - 1 else ', '}" for i, (k, v) in enumerate(items)),
    ]


def _place(key: str, entries: int) -> tuple[int, str]:
    """Where a Java HashMap has a key: the order in which Hive lists properties."""
    code, buckets = 0, 16
    for character in key:
        code = (31 * code + ord(character)) & 0xFFFFFFFF
    while entries > 0.75 * buckets:
        buckets *= 2
    return (code ^ (code >> 16)) & (buckets - 1), key


def _show_create_view(parser: Hive) -> Statement:
    table = parser.table_name(double_quotes=True)
    parser.finish()

    def run(session: Any) -> None:
        database, name = table.resolve(session)
        info = session.store.table(CATALOG, database, name, (1, 1))
        if info.view is None:
            raise QueryFailure("NOT_SUPPORTED", f"Relation '{CATALOG}.{database}.{name}' is a table, not a view")
        lines = [f"CREATE VIEW {database}.{name} AS ", *info.view.sql.split("\n")]
        text_result(session, lines, "Create View", type_="varchar")

    return Statement("UTILITY", "SHOW_CREATE_VIEW", run)


def _describe(parser: Hive) -> Statement:
    for word in ("FORMATTED", "EXTENDED"):
        parser.accept(word)
    table = parser.table_name()
    parser.finish()

    def run(session: Any) -> None:
        database, found = require_table(session, table)
        iceberg = is_iceberg(found)
        lines = iceberg_definitions().described(session, database, found["Name"]) if iceberg else describe_lines(found)
        text_result(session, lines, "col_name", "data_type", "comment")

    return Statement("UTILITY", "DESCRIBE_TABLE", run, table)


def describe_lines(found: dict[str, Any]) -> list[str]:
    """The lines of DESCRIBE: name, type and comment, padded to 20 and parted by tabs."""
    lines = [_described(c) for c in _all_columns(found)]
    keys = found.get("PartitionKeys") or []
    if keys:
        lines += ["\t \t ", "# Partition Information\t \t ", _joined("# col_name", "data_type", "comment"), "\t \t "]
        lines += [_described(k) for k in keys]
    return lines


def _joined(*parts: str) -> str:
    return "\t".join(f"{p:<20}" for p in parts)


def _described(column: dict[str, str]) -> str:
    return _joined(column["Name"], column["Type"], column.get("Comment") or "")


RULES: list[tuple[tuple[str, ...], Callable[[Hive], Statement]]] = [
    (("SHOW", "DATABASES"), _show_databases),
    (("SHOW", "SCHEMAS"), _show_databases),
    (("SHOW", "TABLES"), _show_tables),
    (("SHOW", "VIEWS"), _show_views),
    (("SHOW", "COLUMNS"), _show_columns),
    (("SHOW", "PARTITIONS"), _show_partitions),
    (("SHOW", "TBLPROPERTIES"), _show_properties),
    (("SHOW", "CREATE", "TABLE"), _show_create_table),
    (("SHOW", "CREATE", "VIEW"), _show_create_view),
    (("DESCRIBE",), _describe),
    (("DESC",), _describe),
]
