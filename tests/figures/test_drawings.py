"""The job's canvas, the overview and the schema tables."""

from __future__ import annotations

from typing import Any

from cdr_helpers import figures


def table(name: str, **columns: str) -> dict[str, Any]:
    return {
        "Name": name,
        "StorageDescriptor": {"Columns": [{"Name": column, "Type": kind} for column, kind in columns.items()]},
    }


def entry(column: str, to: str | None = None, kind: str = "string", to_kind: str = "string", dropped: bool = False):
    return {"ToKey": to or column, "FromPath": [column], "FromType": kind, "ToType": to_kind, "Dropped": dropped}


RAW = table("raw", start="string", caller="bigint", transit="bigint", old="string")
PROCESSED = table("processed", start="timestamp", caller="bigint", new="string", extra="double")
MAPPING = [
    entry("start", to_kind="timestamp"),
    entry("caller", kind="long", to_kind="long"),
    entry("transit", kind="long", to_kind="long", dropped=True),
    entry("old", to="new"),
]
NODES = {
    "node-1": {"S3CatalogSource": {"Name": "Calls", "Database": "d", "Table": "raw"}},
    "node-2": {"ApplyMapping": {"Name": "Change Schema", "Inputs": ["node-1"], "Mapping": MAPPING}},
    "node-3": {"S3DirectTarget": {"Name": "Out", "Inputs": ["node-2"], "Path": "s3://b/processed/", "Format": "csv"}},
}


def test_schema_numbers_columns_and_marks_what_deserves_notice() -> None:
    assert repr(figures.schema(RAW, {"start": "text, not a time"})).splitlines() == [
        "table raw: 4 columns",
        "   column   type",
        "1  start    string  ◆ text, not a time",
        "2  caller   bigint",
        "3  transit  bigint",
        "4  old      string",
    ]


def test_schema_change_marks_each_change_by_sign_and_word() -> None:
    assert repr(figures.schema_change(RAW, PROCESSED, MAPPING)).splitlines() == [
        "4 columns before, 4 after",
        "raw: column  type    processed: column  type",
        "start        string  start              timestamp  ⇄ new type",
        "caller       bigint  caller             bigint",
        "transit      bigint  –                             ✗ dropped",
        "old          string  new                string     ✎ renamed",
        "                     extra              double     + added",
    ]


def test_schema_change_colours_each_change_in_html() -> None:
    html = figures.schema_change(RAW, PROCESSED, MAPPING)._repr_mimebundle_()["text/html"]
    for kind in ("new type", "dropped", "renamed", "added"):
        row = next(row for row in html.split("<tr>") if kind in row)
        assert "background-color:#FFFFFF" not in row


def test_glossary_marks_a_column_that_nobody_has_explained() -> None:
    assert repr(figures.glossary({"start": "when it began", "x": ""})).splitlines() == [
        "2 columns",
        "column  meaning",
        "start   when it began",
        "x                      ◆",
    ]


def test_schema_escapes_names() -> None:
    html = figures.schema(table("raw", **{"<b>": "string"}))._repr_mimebundle_()["text/html"]
    assert "&lt;b&gt;" in html


def test_columns_of_a_partitioned_table_end_with_its_keys() -> None:
    keys = {"PartitionKeys": [{"Name": "month", "Type": "string"}]}
    assert list(figures.columns_of(RAW | keys)) == ["start", "caller", "transit", "old", "month"]


def test_job_graph_says_what_each_node_does_and_where_the_arrows_go() -> None:
    assert figures.job_graph(NODES).alt.splitlines() == [
        "Visual job",
        "  Data source – Data Catalog | Calls | raw",
        "  Transform – Change Schema | Change Schema | 4 columns: 1 get a new type, 1 dropped",
        "  Data target – S3 bucket | Out | s3://b/processed/ (csv)",
        "Arrows",
        "  Calls → Change Schema",
        "  Change Schema → Out",
    ]


def test_job_graph_draws_a_join_and_even_a_cycle() -> None:
    joined = {
        "a": {"S3CatalogSource": {"Name": "A", "Table": "a"}},
        "b": {"S3CatalogSource": {"Name": "B", "Table": "b"}},
        "c": {"SparkSQL": {"Name": "C", "Inputs": ["a", "b"], "SqlQuery": "SELECT 1"}},
    }
    assert figures.job_graph(joined).alt.endswith("  A → C\n  B → C")
    circle = {"a": {"Filter": {"Name": "A", "Inputs": ["b"]}}, "b": {"Filter": {"Name": "B", "Inputs": ["a"]}}}
    assert figures.job_graph(circle).png


def test_the_overview_names_every_chapter() -> None:
    for chapter in ("01", "02, 03", "04", "05", "99"):
        assert chapter in figures.pipeline().alt
