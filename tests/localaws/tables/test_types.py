"""Types of the catalog, of DuckDB and of Athena name the same things."""

from __future__ import annotations

import pytest

from cdr_helpers.localaws.tables import types as t

# catalog's text, Trino's name, DuckDB's name
NAMES = [
    ("string", "varchar", "VARCHAR"),
    ("int", "integer", "INTEGER"),
    ("float", "real", "FLOAT"),
    ("binary", "varbinary", "BLOB"),
    ("timestamp", "timestamp(3)", "TIMESTAMP"),
    ("decimal(10,2)", "decimal(10,2)", "DECIMAL(10,2)"),
    ("varchar(5)", "varchar(5)", "VARCHAR"),
    ("array<bigint>", "array(bigint)", "BIGINT[]"),
    ("map<string,array<int>>", "map(varchar, array(integer))", "MAP(VARCHAR, INTEGER[])"),
    ("struct<a:int,b:struct<c:date>>", "row(a integer, b row(c date))", 'STRUCT("a" INTEGER, "b" STRUCT("c" DATE))'),
]


@pytest.mark.parametrize(("hive", "trino", "duckdb"), NAMES)
def test_names(hive: str, trino: str, duckdb: str) -> None:
    parsed = t.parse_hive(hive)
    assert (t.hive_name(parsed), t.trino_name(parsed), t.duckdb_name(parsed)) == (hive, trino, duckdb)


def test_blanks_case_and_other_spellings() -> None:
    assert t.parse_hive(" MAP< String , INTEGER > ") == t.parse_hive("map<string,int>")


@pytest.mark.parametrize("text", ["", "text", "array<int", "array<>", "decimal(x)", "int>"])
def test_what_is_no_type_is_named(text: str) -> None:
    with pytest.raises(ValueError, match="not a column type|invalid literal"):
        t.parse_hive(text)
