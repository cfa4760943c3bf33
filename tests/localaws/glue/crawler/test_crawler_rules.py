"""Rules that are tables, tried row by row."""

from __future__ import annotations

from pathlib import Path

import pytest
from moto.core.exceptions import JsonRESTError

from cdr_helpers.localaws.glue import globs, schedule
from cdr_helpers.localaws.glue.crawler import classifiers, inference, naming, types


@pytest.mark.parametrize(
    "expression",
    [
        "cron(0 12 * * ? *)",
        "cron(0/15 8-17 ? * MON-FRI 2026-2030)",
        "cron(5,35 * ? JAN,JUL 1 *)",
        "cron(0 0 L * ? *)",
        "cron(0 0 15W * ? *)",
        "cron(0 0 ? * L *)",
        "cron(0 0 ? * 6L *)",
    ],
)
def test_schedules(expression: str) -> None:
    """AWS page "Time-based schedules for jobs and crawlers"."""
    schedule.check(expression)


@pytest.mark.parametrize(
    ("expression", "reason"),
    [
        ("0 12 * * ? *", "It must be cron("),
        ("cron(0 12 * * ?)", "It must be cron("),
        ("rate(5 minutes)", "It must be cron("),
        ("cron(60 12 * * ? *)", "60 is not a value of the minutes field"),
        ("cron(0 12 32 * ? *)", "32 is not a value of the day-of-month field"),
        ("cron(0 12 * FOO ? *)", "FOO is not a value of the month field"),
        ("cron(0 12 * * * *)", "must be ?"),
        ("cron(0 12 ? * ? *)", "must be ?"),
        ("cron(0/2 12 * * ? *)", "Rates faster than 5 minutes"),
        ("cron(* 12 * * ? *)", "Rates faster than 5 minutes"),
    ],
)
def test_no_schedules(expression: str, reason: str) -> None:
    with pytest.raises(JsonRESTError, match="Invalid schedule") as caught:
        schedule.check(expression)
    assert reason in caught.value.message


@pytest.mark.parametrize(
    ("pattern", "matched", "unmatched"),
    [
        ("*.csv", ["a.csv", ".csv"], ["d/a.csv", "a.csv.gz"]),
        ("*.*", ["a.b"], ["ab", "d/a.b"]),
        ("*.{csv,avro}", ["a.csv", "a.avro"], ["a.json"]),
        ("foo.?", ["foo.a"], ["foo.ab", "foo.", "foo./"]),
        ("myfolder/*", ["myfolder/a"], ["myfolder/a/b"]),
        ("myfolder/*/*", ["myfolder/a/b"], ["myfolder/a", "myfolder/a/b/c"]),
        ("myfolder/**", ["myfolder/a", "myfolder/a/b"], ["myfolder"]),
        ("**/a.csv", ["x/a.csv", "x/y/a.csv"], ["a.csvx"]),
        ("[a-c]x", ["ax", "cx"], ["dx", "-x"]),
        ("[!a-c]x", ["dx"], ["ax", "/x"]),
        (r"\{x\}", ["{x}"], ["x"]),
        ("a,b", ["a,b"], ["a", "b"]),
        ("dep/market*", ["dep/market", "dep/market-us.csv"], ["dep/finance.csv", "dep/market/x"]),
    ],
)
def test_exclude_patterns(pattern: str, matched: list[str], unmatched: list[str]) -> None:
    """AWS page "Crawler properties", include and exclude patterns."""
    expression = globs.glob(pattern)
    assert [one for one in matched + unmatched if expression.fullmatch(one)] == matched


@pytest.mark.parametrize(
    ("location", "prefix", "table"),
    [
        ("s3://bucket-1/", "", "bucket_1"),
        ("s3://b/raw/", "", "raw"),
        ("s3://b/raw/year=2017/", "", "year_2017"),
        ("s3://b/Call Report 2021.csv", "", "call_report_2021_csv"),
        ("s3://b/raw/", "Dev-", "dev-raw"),
    ],
)
def test_table_names(location: str, prefix: str, table: str) -> None:
    assert naming.table_name(location, prefix) == table


@pytest.mark.parametrize(
    ("paths", "keys"),
    [
        ([("Year=2021", "m=1"), ("Year=2022", "m=1")], ("year", "m")),
        ([("2021", "m=1"), ("2022", "m=2")], ("partition_0", "m")),
        ([("d=1",), ("day=2",)], ("partition_0",)),
        ([()], ()),
    ],
)
def test_partition_keys(paths: list[tuple[str, ...]], keys: tuple[str, ...]) -> None:
    assert naming.partition_keys(paths) == keys


@pytest.mark.parametrize(
    ("left", "right", "met"),
    [
        ("int", "bigint", "bigint"),
        ("bigint", "double", "double"),
        ("boolean", "bigint", "string"),
        (None, "date", "date"),
        (("array", "int"), ("array", "double"), ("array", "double")),
        (("array", "int"), "int", "string"),
        (("struct", (("a", "int"),)), ("struct", (("b", None),)), ("struct", (("a", "int"), ("b", None)))),
    ],
)
def test_types_meet(left: types.Type, right: types.Type, met: types.Type) -> None:
    assert types.merge(left, right) == met


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        (["9223372036854775807", "-9223372036854775808"], "bigint"),
        (["9223372036854775808"], "double"),
        (["1" * 5000], "double"),
        (["1" * 500_000 + "x"], "string"),
        ([" 7", "8 "], "bigint"),
        ([".", "1"], "string"),
        (["1\n2"], "string"),
        (["", "  "], None),
    ],
)
def test_column_types(values: list[str], kind: types.Type) -> None:
    assert inference.column_type(values) == kind


@pytest.mark.parametrize(
    "text",
    [
        '{"a":' * 5000 + "1" + "}" * 5000,
        "[" * 100_000,
        "<a>" * 100_000,
        "a." * 200_000,
        "::" * 200_000,
        '"' * 400_001,
    ],
    ids=["deep object", "deep array", "deep element", "long host", "long address", "quotes"],
)
def test_hostile_objects_are_unknown(tmp_path: Path, text: str) -> None:
    """Classified at once, though each could take a careless reader minutes or its stack."""
    path = tmp_path / "object"
    path.write_text(text)
    assert not classifiers.classify(path, len(text)).schema.known
