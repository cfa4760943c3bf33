"""The API around queries: states, results, workgroups, prepared statements, metadata, restarts."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from cdr_helpers import localaws

MANY = "UNNEST(sequence(1, 10000))"
SLOW = f"SELECT count(*) FROM {MANY} a(x) CROSS JOIN {MANY} b(y) CROSS JOIN {MANY} c(z) WHERE x * y * z % 7 = 3"


def _client(endpoint: localaws.Endpoint, service: str) -> Any:
    return boto3.client(
        service,
        endpoint_url=endpoint.url,
        aws_access_key_id=endpoint.access_key,
        aws_secret_access_key=endpoint.secret_key,
        region_name=endpoint.region,
    )


def test_result_objects(athena: Any, client: Callable[..., Any]) -> None:
    """The CSV quotes every value, NULL is nothing; `.metadata` lies beside it."""
    found = athena.run("SELECT 'a\"b' AS s, CAST(NULL AS integer) AS n, '' AS e, 1 AS n")
    location = found.execution["ResultConfiguration"]["OutputLocation"]
    assert location == f"s3://{athena.bucket}/results/{found.execution['QueryExecutionId']}.csv"
    key = location.removeprefix(f"s3://{athena.bucket}/")
    body = client("s3").get_object(Bucket=athena.bucket, Key=key)["Body"].read()
    assert body == b'"s","n","e","n"\n"a""b",,"","1"\n'
    assert client("s3").head_object(Bucket=athena.bucket, Key=f"{key}.metadata")["ContentLength"] > 20
    assert found.rows == [['a"b', None, "", "1"]]


def test_pages(athena: Any) -> None:
    """A page holds up to 1,000 rows, the first with the header; a value may hold a line break."""
    identity = athena.start("SELECT x, 'a\nb' AS s FROM UNNEST(sequence(1, 1500)) t(x) ORDER BY x")
    athena.wait(identity)
    first = athena.client.get_query_results(QueryExecutionId=identity)
    assert len(first["ResultSet"]["Rows"]) == 1000
    second = athena.client.get_query_results(QueryExecutionId=identity, NextToken=first["NextToken"])
    rows = second["ResultSet"]["Rows"]
    assert (len(rows), rows[0]["Data"][0]["VarCharValue"]) == (501, "1000")
    assert rows[-1]["Data"][1]["VarCharValue"] == "a\nb"
    assert "NextToken" not in second


def test_column_information(athena: Any) -> None:
    """Names, types and precisions as Athena gives them."""
    sql = "SELECT BIGINT '1' AS b, 1, 1.5 AS d, 'x' AS s, DECIMAL '1.50' AS e, ARRAY[1] AS a"
    shown = [(c["Name"], c["Type"], c["Precision"], c["Scale"]) for c in athena.run(sql).columns]
    assert shown == [
        ("b", "bigint", 19, 0),
        ("_col1", "integer", 10, 0),
        ("d", "double", 17, 0),
        ("s", "varchar", 1, 0),
        ("e", "decimal", 3, 2),
        ("a", "array", 0, 0),
    ]


def test_failures_say_what_athena_says(athena: Any) -> None:
    """Name, place, category and type."""
    status = athena.run("SELECT nosuch").execution["Status"]
    assert status["StateChangeReason"] == "COLUMN_NOT_FOUND: line 1:8: Column 'nosuch' cannot be resolved"
    assert status["AthenaError"]["ErrorCategory"] == 2
    assert status["AthenaError"]["ErrorType"] == 1006
    with pytest.raises(ClientError, match="line 1:1: mismatched input 'SELEC'") as caught:
        athena.start("SELEC 1")
    assert caught.value.response["Error"]["Code"] == "InvalidRequestException"
    assert caught.value.response["AthenaErrorCode"] == "MALFORMED_QUERY"


def test_parameters_and_prepared_statements(athena: Any) -> None:
    """`?` by position; the count must fit."""
    assert athena.run("SELECT ? + 1, ?", ExecutionParameters=["41", "'x'"]).rows == [["42", "x"]]
    assert athena.run("SELECT ?, ?", ExecutionParameters=["1"]).error == "INVALID_PARAMETER_USAGE"
    assert athena.run("PREPARE add_one FROM SELECT ? + 1").error == ""
    assert athena.run("EXECUTE add_one USING 4").rows == [["5"]]
    kept = athena.client.get_prepared_statement(StatementName="add_one", WorkGroup="primary")
    assert kept["PreparedStatement"]["QueryStatement"] == "SELECT ? + 1"
    assert athena.run("DEALLOCATE PREPARE add_one").error == ""


def test_request_tokens(athena: Any) -> None:
    """The same token starts one execution; other parameters are refused."""
    token = "t" * 40 + athena.bucket
    first = athena.start("SELECT 1", ClientRequestToken=token)
    assert athena.start("SELECT 1", ClientRequestToken=token) == first
    with pytest.raises(ClientError, match="Idempotent parameters do not match"):
        athena.start("SELECT 2", ClientRequestToken=token)


def test_output_locations(athena: Any, name: str) -> None:
    """No place, a bad place, an enforced place."""
    with pytest.raises(ClientError, match="No output location provided"):
        athena.client.start_query_execution(QueryString="SELECT 1")
    with pytest.raises(ClientError, match="outputLocation is not a valid S3 path"):
        athena.start("SELECT 1", ResultConfiguration={"OutputLocation": "elsewhere"})
    with pytest.raises(ClientError, match="WorkGroup is not found"):
        athena.start("SELECT 1", WorkGroup="nosuch")
    place = f"s3://{athena.bucket}/enforced/"
    athena.client.create_work_group(Name=name, Configuration={"ResultConfiguration": {"OutputLocation": place}})
    found = athena.run("SELECT 1", WorkGroup=name).execution
    assert found["ResultConfiguration"]["OutputLocation"].startswith(place)
    athena.client.update_work_group(WorkGroup=name, State="DISABLED")
    with pytest.raises(ClientError, match="is disabled"):
        athena.start("SELECT 1", WorkGroup=name)
    athena.client.delete_work_group(WorkGroup=name)


def test_primary_workgroup(athena: Any) -> None:
    """There from the start, and not enforcing."""
    group = athena.client.get_work_group(WorkGroup="primary")["WorkGroup"]
    assert group["State"] == "ENABLED"
    assert group["Configuration"]["EnforceWorkGroupConfiguration"] is False
    assert group["Configuration"]["EngineVersion"]["EffectiveEngineVersion"] == "Athena engine version 3"


def test_stop(athena: Any) -> None:
    """A stopped query ends at once, its results are nowhere."""
    identity = athena.start(SLOW)
    athena.client.stop_query_execution(QueryExecutionId=identity)
    assert athena.wait(identity)["Status"]["State"] == "CANCELLED"
    with pytest.raises(ClientError, match="Could not find results"):
        athena.client.get_query_results(QueryExecutionId=identity)
    assert athena.run("SELECT 1").rows == [["1"]]


def test_a_query_that_is_stopped_as_it_starts_uses_no_processor_any_more(athena: Any, endpoint: Any) -> None:
    """The engine forgets an interruption that comes before its statement: such a query once ran on for good."""
    import time

    import psutil

    for pause in [step / 2000 for step in range(40)]:
        identity = athena.start(SLOW)
        time.sleep(pause)
        athena.client.stop_query_execution(QueryExecutionId=identity)
        assert athena.wait(identity)["Status"]["State"] == "CANCELLED"
    process = psutil.Process(endpoint.pid)
    busy = 1.0
    for _ in range(10):
        before = sum(process.cpu_times()[:2])
        time.sleep(0.5)
        busy = sum(process.cpu_times()[:2]) - before
        if busy < 0.25:
            break
    assert busy < 0.25


def test_many_clients_at_once(athena: Any, calls: str) -> None:
    """More queries than slots, with functions written in Python among them: every answer is right."""
    statements = {
        "SELECT count(*) FROM calls": "2",
        "SELECT soundex('Jim') || format_number(12345)": "J50012.3K",
        "SELECT json_value('{\"a\": 7}', 'lax $.a')": "7",
        "SELECT crc32(to_utf8('abc'))": "891568578",
    }
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda sql: (sql, athena.run(sql).rows), [*statements] * 12))
    assert [(sql, rows) for sql, rows in answers if rows != [[statements[sql]]]] == []


def test_metadata(athena: Any, calls: str) -> None:
    """Catalogs, databases and tables."""
    client = athena.client
    assert client.list_data_catalogs()["DataCatalogsSummary"][0]["CatalogName"] == "AwsDataCatalog"
    pages = client.get_paginator("list_databases").paginate(CatalogName="AwsDataCatalog")
    assert calls in [database["Name"] for page in pages for database in page["DatabaseList"]]
    table = client.get_table_metadata(CatalogName="AwsDataCatalog", DatabaseName=calls, TableName="calls")
    assert [c["Type"] for c in table["TableMetadata"]["Columns"]] == ["timestamp", "bigint", "int", "string"]
    with pytest.raises(ClientError, match="MetadataException"):
        client.get_table_metadata(CatalogName="AwsDataCatalog", DatabaseName=calls, TableName="nosuch")


def test_queries_survive_a_restart(tmp_path: Path, speak: Any) -> None:
    """Finished queries keep their results; one that was under way is FAILED and says why."""
    running = localaws.start(tmp_path / "home")
    try:
        _client(running, "s3").create_bucket(
            Bucket="kept", CreateBucketConfiguration={"LocationConstraint": running.region}
        )
        athena = speak(_client(running, "athena"), "kept")
        done, slow = athena.start("SELECT 42 AS x"), athena.start(SLOW)
        athena.wait(done)
        localaws.stop(running.home)
        running = localaws.start(tmp_path / "home")
        athena.client = _client(running, "athena")
        assert athena.client.get_query_results(QueryExecutionId=done)["ResultSet"]["Rows"][1]["Data"] == [
            {"VarCharValue": "42"}
        ]
        status = athena.client.get_query_execution(QueryExecutionId=slow)["QueryExecution"]["Status"]
        assert (status["State"], "stopped" in status["StateChangeReason"]) == ("FAILED", True)
    finally:
        localaws.stop(running.home)


def test_a_query_over_the_limit_of_its_workgroup_is_cancelled(athena: Any, client: Any, name: str) -> None:
    client("s3").put_object(Bucket=athena.bucket, Key="long/a.csv", Body=b"a,1\n" * 3_000_000)
    settings = {"BytesScannedCutoffPerQuery": 10_000_000, "EnforceWorkGroupConfiguration": False}
    athena.client.create_work_group(Name=name, Configuration=settings)
    athena.run(f"CREATE DATABASE `{name}`")
    athena.database = name
    made = "row format delimited fields terminated by ','"
    athena.run(f"CREATE EXTERNAL TABLE long (k string, n int) {made} LOCATION 's3://{athena.bucket}/long/'")
    found = athena.wait(athena.start("SELECT sum(n) FROM long", WorkGroup=name))
    assert found["Status"]["State"] == "CANCELLED"
    assert found["Status"]["StateChangeReason"] == "Bytes scanned limit was exceeded"
    assert athena.run("SELECT sum(n) FROM long").rows == [["3000000"]]


def test_rows_written_are_counted(athena: Any, name: str) -> None:
    athena.run(f"CREATE DATABASE `{name}`")
    athena.database = name
    made = f"WITH (external_location = 's3://{athena.bucket}/made/') AS SELECT * FROM (VALUES 1, 2, 3) AS t(a)"
    for sql, count in ((f"CREATE TABLE made {made}", 3), ("INSERT INTO made VALUES 4, 5", 2), ("SELECT 1", 0)):
        identity = athena.start(sql)
        assert athena.wait(identity)["Status"]["State"] == "SUCCEEDED"
        result = athena.client.get_query_results(QueryExecutionId=identity)
        assert result["UpdateCount"] == count
        if count:
            assert result["ResultSet"]["Rows"] == []
            assert [c["Name"] for c in result["ResultSet"]["ResultSetMetadata"]["ColumnInfo"]] == ["rows"]


def test_a_prepared_statement_takes_execution_parameters(athena: Any, name: str) -> None:
    prepared = name.replace("-", "_")
    athena.client.create_prepared_statement(
        StatementName=prepared, WorkGroup="primary", QueryStatement="SELECT ? AS a, ? AS b"
    )
    assert athena.run(f"EXECUTE {prepared}", ExecutionParameters=["1", "'x'"]).rows == [["1", "x"]]
