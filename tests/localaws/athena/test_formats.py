"""Formats, projection and results that Athena keeps: through HTTP, with files that other programs have written."""

from __future__ import annotations

import gzip
import io
from collections.abc import Callable
from typing import Any

import pyarrow.parquet as pq
import pytest


@pytest.fixture
def made(client: Callable[..., Any], athena: Any, name: str) -> str:
    """A database, and the bucket of `athena` for files."""
    client("glue").create_database(DatabaseInput={"Name": name})
    athena.database = name
    return name


VALUES = (
    "SELECT * FROM (VALUES (1, 'a', DATE '2021-01-01', TIMESTAMP '2021-01-01 10:00:00', DECIMAL '1.50', ARRAY[1, 2]), "
    "(2, NULL, NULL, NULL, NULL, NULL)) AS t (id, s, d, ts, price, numbers)"
)


@pytest.mark.parametrize(
    ("form", "compression"),
    [
        ("ORC", "GZIP"),
        ("ORC", "ZSTD"),
        ("AVRO", "GZIP"),
        ("AVRO", "SNAPPY"),
        ("AVRO", "ZSTD"),
        ("PARQUET", "SNAPPY"),
        ("JSON", "GZIP"),
        ("JSON", "NONE"),
    ],
)
def test_a_table_made_in_a_format_is_read_and_added_to(athena: Any, made: str, form: str, compression: str) -> None:
    place = f"s3://{athena.bucket}/{form}/"
    made_as = f"format = '{form}', external_location = '{place}', write_compression = '{compression}'"
    assert not athena.run(f"CREATE TABLE t WITH ({made_as}) AS {VALUES}").error
    assert not athena.run(f"INSERT INTO t {VALUES} WHERE id = 1").error
    found = athena.run("SELECT id, s, d, ts, price, numbers[2] FROM t ORDER BY id")
    row = ["1", "a", "2021-01-01", "2021-01-01 10:00:00.000", "1.50", "2"]
    assert found.rows == [row, row, ["2", None, None, None, None, None]]


def test_orc_is_read_by_place_and_by_name_when_told(client: Callable[..., Any], athena: Any, made: str) -> None:
    import pyarrow as pa
    from pyarrow import orc

    data = io.BytesIO()
    orc.write_table(pa.table({"second": ["x"], "first": [7]}), data)
    client("s3").put_object(Bucket=athena.bucket, Key="orc/a", Body=data.getvalue())
    for table, option, expected in (
        ("by_place", "", ["x", "7", None]),
        ("by_name", "WITH SERDEPROPERTIES ('orc.column.index.access' = 'false')", ["7", "x", None]),
    ):
        columns = "a string, b bigint, c int" if not option else "first bigint, second string, third int"
        serde = f"ROW FORMAT SERDE 'org.apache.hadoop.hive.ql.io.orc.OrcSerde' {option}"
        assert not athena.run(
            f"CREATE EXTERNAL TABLE {table} ({columns}) {serde} STORED AS ORC LOCATION 's3://{athena.bucket}/orc/'"
        ).error
        assert athena.run(f"SELECT * FROM {table}").rows == [expected]


def test_a_broken_file_is_named(client: Callable[..., Any], athena: Any, made: str) -> None:
    client("s3").put_object(Bucket=athena.bucket, Key="avro/bad", Body=b"no avro at all")
    athena.run(f"CREATE EXTERNAL TABLE bad (a int) STORED AS AVRO LOCATION 's3://{athena.bucket}/avro/'")
    found = athena.run("SELECT * FROM bad")
    assert found.error == "HIVE_CURSOR_ERROR"
    assert f"s3://{athena.bucket}/avro/bad" in found.execution["Status"]["StateChangeReason"]


def test_lines_are_taken_apart_by_a_regular_expression(client: Callable[..., Any], athena: Any, made: str) -> None:
    client("s3").put_object(Bucket=athena.bucket, Key="log/a", Body=b"10 GET /a\nnonsense\n20 PUT /b c\n")
    serde = (
        r"SERDE 'org.apache.hadoop.hive.serde2.RegexSerDe' WITH SERDEPROPERTIES ('input.regex' = '(\\d+) (\\w+) (.*)')"
    )
    assert not athena.run(
        f"CREATE EXTERNAL TABLE log (n int, verb string, path string, more string) ROW FORMAT {serde} "
        f"LOCATION 's3://{athena.bucket}/log/'"
    ).error
    rows = athena.run("SELECT * FROM log").rows
    assert rows == [["10", "GET", "/a", None], [None] * 4, ["20", "PUT", "/b c", None]]


class TestProjection:
    """Partitions that are computed."""

    def table(self, athena: Any, key: str, **properties: str) -> None:
        described = {"projection.enabled": "true"} | {
            f"projection.{k.replace('_', '.', 1)}": v for k, v in properties.items()
        }
        listed = ", ".join(f"'{k}' = '{v}'" for k, v in described.items())
        template = f"'storage.location.template' = 's3://{athena.bucket}/p/${{{key}}}/'"
        assert not athena.run(
            f"CREATE EXTERNAL TABLE projected (v int) PARTITIONED BY ({key} string) ROW FORMAT DELIMITED "
            f"LOCATION 's3://{athena.bucket}/p/' TBLPROPERTIES ({listed}, {template})"
        ).error

    def put(self, client: Callable[..., Any], bucket: str, *values: str) -> None:
        for number, value in enumerate(values):
            client("s3").put_object(Bucket=bucket, Key=f"p/{value}/a", Body=f"{number}\n".encode())

    def test_dates(self, client: Callable[..., Any], athena: Any, made: str) -> None:
        self.put(client, athena.bucket, "2021-01-30", "2021-01-31", "2021-02-01", "2022-01-01")
        self.table(athena, "day", day_type="date", day_format="yyyy-MM-dd", day_range="2021-01-30,2021-02-05")
        assert athena.run("SELECT v, day FROM projected ORDER BY day").rows == [
            ["0", "2021-01-30"],
            ["1", "2021-01-31"],
            ["2", "2021-02-01"],
        ]
        found = athena.run("SELECT v FROM projected WHERE day > '2021-01-31'")
        assert found.rows == [["2"]]
        assert found.execution["Statistics"]["DataScannedInBytes"] == 2

    def test_months_from_now_on(self, client: Callable[..., Any], athena: Any, made: str) -> None:
        import datetime

        month = f"{datetime.datetime.now(datetime.UTC):%Y/%m}"
        self.put(client, athena.bucket, month)
        self.table(athena, "m", m_type="date", m_format="yyyy/MM", m_range="NOW-1MONTHS,NOW", m_interval="1")
        assert athena.run("SELECT m FROM projected").rows == [[month]]

    def test_integers_with_digits_and_enums(self, client: Callable[..., Any], athena: Any, made: str) -> None:
        self.put(client, athena.bucket, "002", "004", "005")
        self.table(athena, "n", n_type="integer", n_range="0,10", n_interval="2", n_digits="3")
        assert athena.run("SELECT n FROM projected ORDER BY n").rows == [["002"], ["004"]]
        athena.run("DROP TABLE projected")
        self.table(athena, "e", e_type="enum", e_values="005,none")
        assert athena.run("SELECT e FROM projected").rows == [["005"]]

    def test_injected_keys_need_an_equality(self, client: Callable[..., Any], athena: Any, made: str) -> None:
        self.put(client, athena.bucket, "one", "two")
        self.table(athena, "k", k_type="injected")
        assert athena.run("SELECT v FROM projected WHERE k = 'two'").rows == [["1"]]
        assert athena.run("SELECT v FROM projected WHERE k IN ('two', 'one') ORDER BY 1").rows == [["0"], ["1"]]
        assert athena.run("SELECT v FROM projected").error == "CONSTRAINT_VIOLATION"
        assert athena.run("SELECT v FROM projected WHERE k > 'a'").error == "CONSTRAINT_VIOLATION"

    def test_a_property_that_makes_no_sense_is_named(self, athena: Any, made: str) -> None:
        self.table(athena, "k", k_type="guess")
        found = athena.run("SELECT v FROM projected")
        assert found.error == "INVALID_TABLE_PROPERTY"
        assert "projection type 'guess' of column 'k'" in found.execution["Status"]["StateChangeReason"]


def test_partitions_as_a_table(athena: Any, made: str) -> None:
    place = f"format = 'PARQUET', external_location = 's3://{athena.bucket}/x/', partitioned_by = ARRAY['d']"
    athena.run(f"CREATE TABLE parts WITH ({place}) AS SELECT 1 AS a, DATE '2021-01-01' AS d")
    assert athena.run('SELECT * FROM "parts$partitions"').rows == [["2021-01-01"]]
    assert athena.run('SELECT * FROM "none$partitions"').error == "TABLE_NOT_FOUND"


REUSE = {"ResultReuseConfiguration": {"ResultReuseByAgeConfiguration": {"Enabled": True, "MaxAgeInMinutes": 5}}}


def test_a_result_is_used_again_when_that_is_allowed(client: Callable[..., Any], athena: Any, made: str) -> None:
    client("s3").put_object(Bucket=athena.bucket, Key="r/a", Body=b"1\n")
    athena.run(f"CREATE EXTERNAL TABLE r (v int) ROW FORMAT DELIMITED LOCATION 's3://{athena.bucket}/r/'")
    first, second = (athena.run("SELECT v FROM r", **REUSE) for _ in range(2))
    client("s3").put_object(Bucket=athena.bucket, Key="r/b", Body=b"2\n")
    third, fresh = athena.run("SELECT v FROM r", **REUSE), athena.run("SELECT v FROM r")
    used = [
        each.execution["Statistics"]["ResultReuseInformation"]["ReusedPreviousResult"]
        for each in (first, second, third, fresh)
    ]
    assert used == [False, True, True, False]
    assert [len(each.rows) for each in (first, second, third, fresh)] == [1, 1, 1, 2]
    assert second.execution["Statistics"]["DataScannedInBytes"] == 0
    assert second.execution["ResultReuseConfiguration"] == REUSE["ResultReuseConfiguration"]


def test_results_that_athena_keeps_lie_in_no_bucket(client: Callable[..., Any], athena: Any, name: str) -> None:
    managed = {"ManagedQueryResultsConfiguration": {"Enabled": True}}
    athena.client.create_work_group(Name=name, Configuration=managed)
    started = athena.client.start_query_execution(QueryString="SELECT 1 AS a", WorkGroup=name)["QueryExecutionId"]
    execution = athena.wait(started)
    assert execution["Status"]["State"] == "SUCCEEDED"
    assert "ResultConfiguration" not in execution
    rows = athena.client.get_query_results(QueryExecutionId=started)["ResultSet"]["Rows"]
    assert [row["Data"][0]["VarCharValue"] for row in rows] == ["a", "1"]
    assert "Contents" not in client("s3").list_objects_v2(Bucket=athena.bucket)


SEQUENCES = {
    "sequence(5, 1)": ["5", "4", "3", "2", "1"],
    "sequence(1, 10, 3)": ["1", "4", "7", "10"],
    "sequence(DATE '2021-01-02', DATE '2021-01-01')": ["2021-01-02", "2021-01-01"],
    "sequence(DATE '2021-01-01', DATE '2021-03-01', INTERVAL '1' MONTH)": ["2021-01-01", "2021-02-01", "2021-03-01"],
    "sequence(1, 10001)": "INVALID_FUNCTION_ARGUMENT",
    "sequence(2147483648, 5)": "INVALID_FUNCTION_ARGUMENT",
    "sequence(1, 5, 0)": "INVALID_FUNCTION_ARGUMENT",
    "sequence(1, 5, -1)": "INVALID_FUNCTION_ARGUMENT",
    "repeat(1, 10001)": "INVALID_FUNCTION_ARGUMENT",
}


@pytest.mark.parametrize("text", SEQUENCES)
def test_sequences_have_an_end(athena: Any, text: str) -> None:
    """A sequence of two thousand million entries once took the endpoint down."""
    found, expected = athena.run(f"SELECT x FROM UNNEST({text}) AS t (x)"), SEQUENCES[text]
    assert (found.error or [row[0] for row in found.rows]) == expected


@pytest.mark.parametrize("library", ["OpenCSVSerde", "lazy.LazySimpleSerDe"])
def test_a_partition_without_columns_has_the_table_s(
    client: Callable[..., Any], athena: Any, made: str, library: str
) -> None:
    """As awswrangler's `add_csv_partitions` registers them."""
    client("s3").put_object(Bucket=athena.bucket, Key="c/p=1/a", Body=b"1,x\n2,y\n")
    serde = f"ROW FORMAT SERDE 'org.apache.hadoop.hive.serde2.{library}' WITH SERDEPROPERTIES ('field.delim' = ',')"
    place = f"LOCATION 's3://{athena.bucket}/c/'"
    assert not athena.run(f"CREATE EXTERNAL TABLE c (a int, b string) PARTITIONED BY (p int) {serde} {place}").error
    described = client("glue").get_table(DatabaseName=made, Name="c")["Table"]["StorageDescriptor"]
    kept = {key: described[key] for key in ("InputFormat", "OutputFormat", "SerdeInfo")}
    added = {"Values": ["1"], "StorageDescriptor": {**kept, "Location": f"s3://{athena.bucket}/c/p=1/"}}
    client("glue").create_partition(DatabaseName=made, TableName="c", PartitionInput=added)
    assert athena.run("SELECT * FROM c ORDER BY a").rows == [["1", "x", "1"], ["2", "y", "1"]]


def test_empty_lines_of_text_are_rows(athena: Any, client: Callable[..., Any], name: str) -> None:
    client("s3").put_object(Bucket=athena.bucket, Key="t/a.csv", Body=b"1,2\n\n\r\nx,\n\n")
    client("s3").put_object(Bucket=athena.bucket, Key="t/b.csv.gz", Body=gzip.compress(b"\n5,6\n"))
    athena.run(f"CREATE DATABASE `{name}`")
    athena.database = name
    made = "row format delimited fields terminated by ','"
    athena.run(f"CREATE EXTERNAL TABLE t (a string, b int) {made} LOCATION 's3://{athena.bucket}/t/'")
    rows = athena.run('SELECT a, b FROM t ORDER BY "$path", a').rows
    assert rows == [["", None], ["", None], ["", None], ["1", "2"], ["x", None], ["", None], ["5", "6"]]


def test_a_result_without_rows_makes_no_object(athena: Any, client: Callable[..., Any]) -> None:
    place = f"s3://{athena.bucket}/nothing/"
    assert athena.run(f"UNLOAD (SELECT 1 AS a WHERE false) TO '{place}' WITH (format = 'PARQUET')").error == ""
    assert "Contents" not in client("s3").list_objects_v2(Bucket=athena.bucket, Prefix="nothing/")


def test_columns_of_parquet_are_optional(athena: Any, client: Callable[..., Any]) -> None:
    """As Trino writes them, whether or not a NULL is there: PyAthena's own tests compare schemas."""
    place, values = f"s3://{athena.bucket}/columns/", "(VALUES (1, 'a', ARRAY[1]), (2, 'b', ARRAY[2])) AS t (a, b, c)"
    assert not athena.run(
        f"UNLOAD (SELECT * FROM {values} ORDER BY a DESC) TO '{place}' WITH (format = 'PARQUET')"
    ).error
    (entry,) = client("s3").list_objects_v2(Bucket=athena.bucket, Prefix="columns/")["Contents"]
    body = client("s3").get_object(Bucket=athena.bucket, Key=entry["Key"])["Body"].read()
    table = pq.read_table(io.BytesIO(body))
    assert all(field.nullable for field in table.schema)
    assert table.to_pydict() == {"a": [2, 1], "b": ["b", "a"], "c": [[2], [1]]}


def test_texts_of_ddl_know_backslashes_and_lose_line_ends(athena: Any, client: Callable[..., Any], name: str) -> None:
    athena.run(f"CREATE DATABASE `{name}`")
    athena.database = name
    sql = f"CREATE EXTERNAL TABLE t (a int COMMENT 'it\\'s') COMMENT 'two\n  lines' LOCATION 's3://{athena.bucket}/t/'"
    assert athena.run(sql).error == ""
    table = client("glue").get_table(DatabaseName=name, Name="t")["Table"]
    assert table["Parameters"]["comment"] == "two lines"
    assert table["StorageDescriptor"]["Columns"][0]["Comment"] == "it's"
    assert table["StorageDescriptor"]["Location"] == f"s3://{athena.bucket}/t"


def test_a_log_that_a_crawler_has_found_is_read(athena: Any, client: Callable[..., Any], name: str) -> None:
    lines = (
        '10.0.0.1 - frank [10/Oct/2024:13:55:36 -0700] "GET /a.gif HTTP/1.0" 200 2326\n'
        'host.example.com - - [10/Oct/2024:13:55:37 -0700] "POST /b HTTP/1.1" 404 -\n'
        "no log line\n"
    )
    client("s3").put_object(Bucket=athena.bucket, Key="log/a.log", Body=lines.encode())
    client("glue").create_database(DatabaseInput={"Name": name})
    athena.database = name
    sql = (
        "CREATE EXTERNAL TABLE log "
        "(clientip string, verb string, request string, response int, bytes bigint, more int) "
        "ROW FORMAT SERDE 'com.amazonaws.glue.serde.GrokSerDe' WITH SERDEPROPERTIES ('input.format' = "
        f"'^%{{COMMONAPACHELOG}}$') LOCATION 's3://{athena.bucket}/log/'"
    )
    assert athena.run(sql).error == ""
    assert athena.run("SELECT * FROM log").rows == [
        ["10.0.0.1", "GET", "/a.gif", "200", "2326", None],
        ["host.example.com", "POST", "/b", "404", None, None],
        [None] * 6,
    ]
    theirs = "%{WHO:clientip} %{DATA}:%{INT:more}', 'input.grokCustomPatterns' = 'WHO [a-z.]+"
    own = sql.replace("TABLE log", "TABLE own").replace("^%{COMMONAPACHELOG}$", theirs)
    assert athena.run(own).error == ""
    rows = athena.run("SELECT clientip, more FROM own WHERE clientip IS NOT NULL").rows
    assert rows == [["frank", "13"], ["host.example.com", "13"]]


def test_json_without_a_format_is_written_as_athena_notes_it(
    athena: Any, client: Callable[..., Any], made: str
) -> None:
    """As PyAthena's own tests find it on AWS."""
    serde = "ROW FORMAT SERDE 'org.openx.data.jsonserde.JsonSerDe'"
    assert not athena.run(f"CREATE EXTERNAL TABLE j (a string) {serde} LOCATION 's3://{athena.bucket}/j/'").error
    described = client("glue").get_table(DatabaseName=made, Name="j")["Table"]["StorageDescriptor"]
    assert described["OutputFormat"] == "org.apache.hadoop.hive.ql.io.IgnoreKeyTextOutputFormat"
    assert described["InputFormat"] == "org.apache.hadoop.mapred.TextInputFormat"
    place = f"STORED AS TEXTFILE LOCATION 's3://{athena.bucket}/j/'"
    assert not athena.run(f"CREATE EXTERNAL TABLE k (a string) {serde} {place}").error
    told = client("glue").get_table(DatabaseName=made, Name="k")["Table"]["StorageDescriptor"]
    assert told["OutputFormat"] == "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat"
