"""Tables through the catalog: text, Parquet, partitions, views, CTAS, INSERT, UNLOAD, DDL."""

from __future__ import annotations

import bz2
import gzip
import zlib
from collections.abc import Callable
from typing import Any

import awswrangler as wr
import boto3
import pyarrow as pa
import pytest

CALLS = "start,caller,seconds,note\n2024-01-01 10:00:00,61400000001,60,a\n2024-01-02 11:30:00,61400000002,,\n"


def test_text_is_read_by_the_tables_types(athena: Any, calls: str) -> None:
    """Empty numbers are NULL, empty text is not; names fold; hyphens want double quotes."""
    found = athena.run(f'SELECT Start, CALLER, seconds, note FROM "{calls}"."calls" ORDER BY start')
    assert found.rows == [
        ["2024-01-01 10:00:00.000", "61400000001", "60", "a"],
        ["2024-01-02 11:30:00.000", "61400000002", None, ""],
    ]
    assert [c["Type"] for c in found.columns] == ["timestamp", "bigint", "integer", "varchar"]
    assert found.execution["Statistics"]["DataScannedInBytes"] == len(CALLS)
    assert athena.run(f"SELECT 1 FROM {calls}.calls").error == "MALFORMED_QUERY"


def test_lazy_simple_serde(athena: Any, calls: str, client: Callable[..., Any], text_table: Any) -> None:
    """Quotes are data, bad values NULL, missing fields NULL, more fields ignored; marked objects are not read."""
    s3, glue = client("s3"), client("glue")
    body = 'x\n"a",12.5,2024-01-01\nb,7\n\\N,9223372036854775808,25-02-2021,more\nc,-3,2024-1-2\r\n'
    s3.put_object(Bucket=athena.bucket, Key="odd/x.csv", Body=body.encode())
    for hidden in ("odd/_x.csv", "odd/.x.csv"):
        s3.put_object(Bucket=athena.bucket, Key=hidden, Body=body.encode())
    columns = [("s", "string"), ("n", "bigint"), ("d", "date")]
    glue.create_table(DatabaseName=calls, TableInput=text_table("odd", f"s3://{athena.bucket}/odd/", columns))
    assert athena.run("SELECT * FROM odd").rows == [
        ['"a"', None, "2024-01-01"],
        ["b", "7", None],
        [None, None, None],
        ["c", "-3", "2024-01-02"],
    ]


def hadoop(codec: str) -> Callable[[bytes], bytes]:
    """Two blocks of one chunk each, as Hadoop's compression streams write them."""

    def block(data: bytes) -> bytes:
        chunk = pa.compress(data, codec=codec, asbytes=True)
        return len(data).to_bytes(4, "big") + len(chunk).to_bytes(4, "big") + chunk

    return lambda data: block(data[:50]) + block(data[50:])


PACKERS: dict[str, Callable[[bytes], bytes]] = {
    ".gz": gzip.compress,
    ".bz2": bz2.compress,
    ".deflate": zlib.compress,
    ".zst": lambda data: pa.compress(data, codec="zstd", asbytes=True),
    ".snappy": hadoop("snappy"),
    ".lz4": hadoop("lz4_raw"),
}


@pytest.mark.parametrize(("suffix", "pack"), PACKERS.items(), ids=PACKERS)
def test_compressed_text(
    athena: Any, calls: str, client: Callable[..., Any], text_table: Any, suffix: str, pack: Callable[[bytes], bytes]
) -> None:
    """Compression goes by the key's ending."""
    client("s3").put_object(Bucket=athena.bucket, Key=f"packed/a.csv{suffix}", Body=pack(CALLS.encode()))
    columns = [("start", "timestamp"), ("caller", "bigint")]
    table = text_table("packed", f"s3://{athena.bucket}/packed/", columns)
    client("glue").create_table(DatabaseName=calls, TableInput=table)
    assert athena.run("SELECT count(*), max(caller) FROM packed").rows == [["2", "61400000002"]]


@pytest.mark.parametrize("suffix", PACKERS)
def test_text_that_is_not_compressed_as_its_name_says(
    athena: Any, calls: str, client: Callable[..., Any], text_table: Any, suffix: str
) -> None:
    """The query fails and names the object; nothing is read as if it were text."""
    key = f"misnamed/a.csv{suffix}"
    client("s3").put_object(Bucket=athena.bucket, Key=key, Body=CALLS.encode())
    table = text_table("misnamed", f"s3://{athena.bucket}/misnamed/", [("start", "string"), ("caller", "bigint")])
    client("glue").create_table(DatabaseName=calls, TableInput=table)
    found = athena.run("SELECT * FROM misnamed")
    assert found.error.startswith("HIVE_")
    assert key in found.execution["Status"]["StateChangeReason"]


def test_open_csv_serde(athena: Any, calls: str, client: Callable[..., Any]) -> None:
    """Quotes are quotes; a number that does not parse ends the query."""
    client("s3").put_object(Bucket=athena.bucket, Key="quoted/a.csv", Body=b'"a,b","5"\n"c","x"\n')
    sql = (
        "CREATE EXTERNAL TABLE quoted (s string, n int) ROW FORMAT SERDE "
        f"'org.apache.hadoop.hive.serde2.OpenCSVSerde' LOCATION 's3://{athena.bucket}/quoted/'"
    )
    assert athena.run(sql).error == ""
    assert athena.run("SELECT s FROM quoted ORDER BY 1").rows == [["a,b"], ["c"]]
    assert athena.run("SELECT n FROM quoted").error == "HIVE_BAD_DATA"


def test_partitions_are_pruned(athena: Any, calls: str, client: Callable[..., Any], text_table: Any) -> None:
    """Only the objects of the partitions that WHERE leaves are read."""
    s3 = client("s3")
    for day in ("2024-01-01", "2024-01-02"):
        s3.put_object(Bucket=athena.bucket, Key=f"days/day={day}/a.csv", Body=f"x\n{day}\n".encode())
    table = text_table(
        "days", f"s3://{athena.bucket}/days/", [("v", "string")], PartitionKeys=[{"Name": "day", "Type": "string"}]
    )
    client("glue").create_table(DatabaseName=calls, TableInput=table)
    assert athena.run("SELECT count(*) FROM days").rows == [["0"]]
    assert athena.run("MSCK REPAIR TABLE days").error == ""
    assert athena.run("SHOW PARTITIONS days").rows == [["day=2024-01-01"], ["day=2024-01-02"]]
    found = athena.run("SELECT v, day, \"$path\" FROM days WHERE day > '2024-01-01'")
    assert found.rows == [["2024-01-02", "2024-01-02", f"s3://{athena.bucket}/days/day=2024-01-02/a.csv"]]
    assert found.execution["Statistics"]["DataScannedInBytes"] == len("x\n2024-01-02\n")
    athena.run("ALTER TABLE days DROP PARTITION (day = '2024-01-01')")
    assert athena.run("SELECT count(*) FROM days").rows == [["1"]]


@pytest.mark.parametrize("layout", ["PARQUET", "TEXTFILE", "JSON"])
def test_create_table_as_and_insert(athena: Any, calls: str, layout: str) -> None:
    """What CTAS and INSERT write is read back as it was."""
    row = "ARRAY[1, 2] AS a, MAP(ARRAY['k'], ARRAY[1.5]) AS m, CAST(ROW(1, 'x') AS ROW(n integer, s varchar)) AS r"
    sql = f"CREATE TABLE made WITH (format = '{layout}') AS SELECT start, seconds, note, {row} FROM calls"
    made = athena.run(sql)
    assert (made.error, made.execution["StatementType"]) == ("", "DDL")
    assert athena.run("CREATE TABLE made AS SELECT 1 AS x").error == "TABLE_ALREADY_EXISTS"
    assert athena.run("INSERT INTO made SELECT * FROM made WHERE seconds IS NULL").error == ""
    assert athena.run("INSERT INTO made SELECT 1").error == "TYPE_MISMATCH"
    nested = ["[1, 2]", "{k=1.5}", "{n=1, s=x}"]
    assert athena.run("SELECT * FROM made ORDER BY start").rows == [
        ["2024-01-01 10:00:00.000", "60", "a", *nested],
        ["2024-01-02 11:30:00.000", None, "", *nested],
        ["2024-01-02 11:30:00.000", None, "", *nested],
    ]


def test_partitioned_create_table_as(athena: Any, calls: str) -> None:
    """Keys come last and become partitions."""
    where = f"external_location = 's3://{athena.bucket}/made/'"
    sql = f"CREATE TABLE made WITH (partitioned_by = ARRAY['note'], {where}) AS SELECT caller, note FROM calls"
    assert athena.run(sql).error == ""
    assert athena.run("SELECT caller FROM made WHERE note = 'a'").rows == [["61400000001"]]
    again = sql.replace("TABLE made", "TABLE other")
    assert athena.run(again).error == "HIVE_PATH_ALREADY_EXISTS"
    wrong = "CREATE TABLE bad WITH (partitioned_by = ARRAY['caller']) AS SELECT caller, note FROM calls"
    assert athena.run(wrong).error == "HIVE_COLUMN_ORDER_MISMATCH"


def test_unload(athena: Any, calls: str, client: Callable[..., Any]) -> None:
    """UNLOAD wants an empty destination and leaves a manifest."""
    sql = f"UNLOAD (SELECT caller FROM calls) TO 's3://{athena.bucket}/unloaded/' WITH (format = 'PARQUET')"
    found = athena.run(sql)
    manifest = found.execution["Statistics"]["DataManifestLocation"]
    key = manifest.removeprefix(f"s3://{athena.bucket}/")
    listed = client("s3").get_object(Bucket=athena.bucket, Key=key)["Body"].read().decode().split()
    assert all(line.startswith(f"s3://{athena.bucket}/unloaded/") for line in listed) and listed
    assert athena.run(sql).error == "HIVE_PATH_ALREADY_EXISTS"


def test_views(athena: Any, calls: str, client: Callable[..., Any]) -> None:
    """A view is stored as Athena stores it and read like a table."""
    assert athena.run("CREATE VIEW long AS SELECT caller AS who, seconds FROM calls WHERE seconds > 10").error == ""
    assert athena.run("SELECT who FROM long").rows == [["61400000001"]]
    stored = client("glue").get_table(DatabaseName=calls, Name="long")["Table"]
    assert stored["TableType"] == "VIRTUAL_VIEW"
    assert stored["ViewOriginalText"].startswith("/* Presto View: ")
    assert athena.run("CREATE VIEW long AS SELECT 1 AS x").error == "TABLE_ALREADY_EXISTS"
    assert athena.run("CREATE OR REPLACE VIEW long AS SELECT 1 AS x").error == ""
    assert athena.run("SELECT * FROM long").rows == [["1"]]
    assert athena.run("SHOW VIEWS").rows == [["long"]]
    assert athena.run("DROP VIEW long").error == ""


def test_ddl(athena: Any, calls: str) -> None:
    """Databases, tables, columns; Hive's quoting."""
    sql = "CREATE EXTERNAL TABLE t (a string COMMENT 'first', m map<string,int>) PARTITIONED BY (p int) ROW FORMAT "
    sql += f"DELIMITED FIELDS TERMINATED BY '\\t' LOCATION 's3://{athena.bucket}/t/' TBLPROPERTIES ('k'='v')"
    assert athena.run(sql).error == ""
    assert athena.run("ALTER TABLE t ADD COLUMNS (b double)").error == ""
    described = [row[0] for row in athena.run(f"DESCRIBE `{calls}`.`t`").rows]
    assert described[0] == f"{'a':<20}\t{'string':<20}\t{'first':<20}"
    assert described[3] == f"{'p':<20}\t{'int':<20}\t{'':<20}"
    assert described[5] == "# Partition Information\t \t "
    assert athena.run(f'DESCRIBE "{calls}"."t"').error == "MALFORMED_QUERY"
    assert athena.run("SHOW TBLPROPERTIES t ('k')").rows == [["v"]]
    assert athena.run("SHOW CREATE TABLE t").rows[0] == [f"CREATE EXTERNAL TABLE `{calls}.t`("]
    assert athena.run("SHOW TABLES LIKE 'c*'").rows == [["calls"]]
    assert [row[0].strip() for row in athena.run("SHOW COLUMNS IN t").rows] == ["a", "m", "b", "p"]
    assert athena.run("DROP TABLE t").error == ""
    assert athena.run("DROP TABLE t").error == "FAILED"
    assert athena.run("DROP TABLE IF EXISTS t").error == ""
    assert athena.run(f"CREATE DATABASE `{calls}-two`").error == ""
    assert athena.run(f"DROP DATABASE `{calls}`").error == "FAILED"
    assert athena.run(f"DROP DATABASE `{calls}-two`").error == ""


@pytest.mark.parametrize(
    "options", [{}, {"ctas_approach": False}, {"ctas_approach": False, "unload_approach": True}], ids=str
)
def test_awswrangler_reads(athena: Any, calls: str, session: boto3.Session, options: dict[str, Any]) -> None:
    """All three ways in which awswrangler asks."""
    place = f"s3://{athena.bucket}/wrangler/"
    sql = "SELECT start, caller, seconds, note FROM calls ORDER BY start"
    frame = wr.athena.read_sql_query(sql, database=calls, s3_output=place, boto3_session=session, **options)
    assert frame["caller"].sort_values().tolist() == [61400000001, 61400000002]
    assert frame["seconds"].isna().sum() == 1
    assert str(frame["start"].dtype).startswith("datetime64")


@pytest.mark.parametrize("place", ["/etc/", "file:///etc/", "../../etc/", "s3:///etc/"])
def test_locations_outside_s3_are_refused(
    athena: Any, calls: str, client: Callable[..., Any], text_table: Any, place: str
) -> None:
    """A table's location cannot lead to the host's files."""
    client("glue").create_table(DatabaseName=calls, TableInput=text_table("outside", place, [("line", "string")]))
    found = athena.run("SELECT * FROM outside")
    assert found.error in ("HIVE_METASTORE_ERROR", "HIVE_FILESYSTEM_ERROR")


def test_describe_a_missing_table_fails_at_once(athena: Any, calls: str) -> None:
    """Unlike other statements, which fail as executions."""
    assert "Entity Not Found" in athena.run("DESCRIBE nosuch").execution["message"]


def test_headings_are_written_as_the_query_writes_them(athena: Any, calls: str) -> None:
    """Athena user guide, "Name databases, tables, and columns": names are looked up in lower case."""

    def headings(sql: str) -> list[str]:
        return [column["Name"] for column in athena.run(sql).columns]

    assert headings('SELECT CALLER, Calls.Seconds, 1 AS Foo, 2 AS "Two Words" FROM calls') == [
        "CALLER", "Seconds", "Foo", "Two Words",
    ]  # fmt: skip
    assert headings("WITH c AS (SELECT 1 AS Foo, 2 AS bar) SELECT *, FOO FROM C") == ["Foo", "bar", "FOO"]
    place = f"s3://{athena.bucket}/headings/"
    assert not athena.run(f"CREATE TABLE h WITH (external_location = '{place}') AS SELECT 1 AS Foo").error
    assert headings("SELECT * FROM H") == ["foo"]
    assert headings("SELECT FOO FROM h") == ["FOO"]
