"""Bucketed tables: rows are in the file that Hive's hash says, and a query reads the files of its values alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from cdr_helpers import localaws

CALLS = "SELECT CAST(61400000000 + x AS bigint) AS caller, concat('n', CAST(x AS varchar)) AS name, x AS n, x % 3 AS p"
NUMBERS = "FROM UNNEST(sequence(1, 400)) AS t (x)"


@pytest.fixture
def made(client: Callable[..., Any], athena: Any, name: str) -> str:
    client("glue").create_database(DatabaseInput={"Name": name})
    athena.database = name
    return name


def scanned(outcome: Any) -> int:
    return int(outcome.execution["Statistics"]["DataScannedInBytes"])


@pytest.mark.parametrize("form", ["PARQUET", "TEXTFILE", "ORC"])
def test_a_value_is_read_from_its_bucket_alone(athena: Any, client: Callable[..., Any], made: str, form: str) -> None:
    properties = f"format = '{form}', bucketed_by = ARRAY['caller'], bucket_count = 4, partitioned_by = ARRAY['p']"
    assert not athena.run(f"CREATE TABLE calls WITH ({properties}) AS {CALLS} {NUMBERS}").error
    every = athena.run('SELECT count(*), count(DISTINCT "$path"), max("$bucket") FROM calls')
    assert every.rows == [["400", "12", "3"]]
    one = athena.run("SELECT n FROM calls WHERE caller = 61400000007")
    assert one.rows == [["7"]]
    assert 0 < scanned(one) < scanned(every) / 3
    two = athena.run("SELECT n FROM calls WHERE caller IN (61400000007, 61400000008) AND p = 2")
    assert two.rows == [["8"]]
    found = client("glue").get_table(DatabaseName=made, Name="calls")["Table"]["StorageDescriptor"]
    assert (found["BucketColumns"], found["NumberOfBuckets"]) == (["caller"], 4)
    assert "INTO 4 BUCKETS" in [row[0] for row in athena.run("SHOW CREATE TABLE calls").rows]


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("boolean", "true"),
        ("tinyint", "TINYINT '5'"),
        ("integer", "-7"),
        ("bigint", "-61400000000"),
        ("real", "REAL '1.5'"),
        ("double", "DOUBLE '-2.5'"),
        ("varchar", "'Zürich'"),
        ("date", "DATE '2021-02-25'"),
        ("integer", "NULL"),
    ],
)
def test_every_kind_is_found_again(athena: Any, made: str, kind: str, value: str) -> None:
    rows = f"SELECT CAST({value} AS {kind}) AS a, 'x' AS b, 1 AS n UNION ALL SELECT NULL, 'y', 2"
    properties = "bucketed_by = ARRAY['a', 'b'], bucket_count = 7"
    assert not athena.run(f"CREATE TABLE kinds WITH ({properties}) AS {rows}").error
    condition = f"a = {value}" if value != "NULL" else "a IS NULL"
    assert athena.run(f"SELECT n FROM kinds WHERE {condition} AND b = 'x'").rows == [["1"]]
    assert athena.run("SELECT n FROM kinds WHERE b = 'y'").rows == [["2"]]


@pytest.mark.parametrize("values", [[3, 1, 70_000_000_000], ["b", "c", "long text"], [True, False, True]])
def test_files_of_another_writer(athena: Any, session: Any, made: str, values: list[Any]) -> None:
    """awswrangler computes buckets by itself."""
    import awswrangler as wr
    import pandas as pd

    frame = pd.DataFrame({"c": values, "n": range(3)})
    place = f"s3://{athena.bucket}/theirs/"
    wr.s3.to_parquet(
        frame, place, dataset=True, database=made, table="theirs", bucketing_info=(["c"], 3), boto3_session=session
    )
    for value, n in zip(values, range(3), strict=True):
        shown = f"'{value}'" if isinstance(value, str) else str(value).lower()
        found = athena.run(f"SELECT n FROM theirs WHERE c = {shown}")
        assert [str(n)] in found.rows
        assert scanned(found) < scanned(athena.run("SELECT n FROM theirs"))


@pytest.mark.parametrize(
    ("properties", "error"),
    [
        ("bucketed_by = ARRAY['a']", "INVALID_TABLE_PROPERTY"),
        ("bucketed_by = ARRAY['a'], bucket_count = 0", "INVALID_TABLE_PROPERTY"),
        ("bucketed_by = ARRAY['z'], bucket_count = 2", "INVALID_TABLE_PROPERTY"),
        ("bucketed_by = ARRAY['b'], bucket_count = 2", "NOT_SUPPORTED"),
        ("bucketed_by = ARRAY['a'], bucket_count = '3'", "INVALID_TABLE_PROPERTY"),
        ("bucketed_by = ARRAY['a'], bucket_count = 2.5", "INVALID_TABLE_PROPERTY"),
        ("bucketed_by = ARRAY['a'], bucket_count = true", "INVALID_TABLE_PROPERTY"),
        ("bucketed_by = ARRAY[1], bucket_count = 3", "INVALID_TABLE_PROPERTY"),
        ("bucketed_by = 'a', bucket_count = 3", "INVALID_TABLE_PROPERTY"),
    ],
)
def test_refusals(athena: Any, made: str, properties: str, error: str) -> None:
    assert athena.run(f"CREATE TABLE x WITH ({properties}) AS SELECT 1 AS a, ARRAY[1] AS b").error == error


def test_nothing_is_inserted_into_buckets(athena: Any, made: str) -> None:
    athena.run("CREATE TABLE x WITH (bucketed_by = ARRAY['a'], bucket_count = 2) AS SELECT 1 AS a")
    assert athena.run("INSERT INTO x VALUES (2)").error == "NOT_SUPPORTED"
    assert athena.run("SELECT * FROM x").rows == [["1"]]


def test_clustered_by_of_ddl_is_kept(athena: Any, client: Callable[..., Any], made: str) -> None:
    place = f"LOCATION 's3://{athena.bucket}/ddl/'"
    assert not athena.run(f"CREATE EXTERNAL TABLE d (a int, b string) CLUSTERED BY (a, b) INTO 8 BUCKETS {place}").error
    found = client("glue").get_table(DatabaseName=made, Name="d")["Table"]["StorageDescriptor"]
    assert (found["BucketColumns"], found["NumberOfBuckets"]) == (["a", "b"], 8)


@pytest.mark.parametrize(
    "clause",
    ["CLUSTERED BY (nope) INTO 2 BUCKETS", "CLUSTERED BY () INTO 2 BUCKETS", "CLUSTERED BY (a) INTO 0 BUCKETS",
     "CLUSTERED BY (a) INTO 99999999999 BUCKETS"],
)  # fmt: skip
def test_clustered_by_of_ddl_is_checked(athena: Any, client: Callable[..., Any], made: str, clause: str) -> None:
    place = f"LOCATION 's3://{athena.bucket}/ddl/'"
    assert athena.run(f"CREATE EXTERNAL TABLE d (a int, b string) {clause} {place}").error
    assert not client("glue").get_tables(DatabaseName=made)["TableList"]


def numbered(athena: Any, client: Callable[..., Any], made: str, **changes: Any) -> Callable[..., None]:
    """Makes a table of even and odd numbers in two files, `000000_0` and `000001_0`, and of one partition if asked."""
    text = {"SerializationLibrary": "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe", "Parameters": {}}
    place = f"s3://{athena.bucket}/numbers/"
    described = {"Columns": [{"Name": "i", "Type": "int"}], "Location": place, "SerdeInfo": text, **changes}

    def make(keys: list[dict[str, str]], parameters: dict[str, str], partition: dict[str, Any] | None) -> None:
        folder = "numbers/p=1" if partition is not None else "numbers"
        for at in (0, 1):
            body = "".join(f"{number}\n" for number in range(8) if number % 2 == at)
            client("s3").put_object(Bucket=athena.bucket, Key=f"{folder}/00000{at}_0", Body=body.encode())
        table = {"Name": "n", "StorageDescriptor": described, "PartitionKeys": keys, "Parameters": parameters}
        client("glue").create_table(DatabaseName=made, TableInput=table)
        if partition is not None:
            own = {**described, "Location": f"{place}p=1/", **partition}
            added = {"Values": ["1"], "StorageDescriptor": own}
            client("glue").create_partition(DatabaseName=made, TableName="n", PartitionInput=added)

    return make


def test_a_partition_may_have_buckets_of_its_own(athena: Any, client: Callable[..., Any], made: str) -> None:
    make = numbered(athena, client, made, BucketColumns=["i"], NumberOfBuckets=4)
    make([{"Name": "p", "Type": "int"}], {}, {"NumberOfBuckets": 2})
    for number in range(8):
        assert athena.run(f"SELECT i FROM n WHERE i = {number}").rows == [[str(number)]]


@pytest.mark.parametrize("parameters", [{"bucketing_version": "2"}, {"bucketing_format": "spark"}])
def test_buckets_of_another_hash_are_all_read(
    athena: Any, client: Callable[..., Any], made: str, parameters: dict[str, str]
) -> None:
    numbered(athena, client, made, BucketColumns=["i"], NumberOfBuckets=3)([], parameters, None)
    for number in range(8):
        assert athena.run(f"SELECT i FROM n WHERE i = {number}").rows == [[str(number)]]


def test_columns_without_a_number_are_no_buckets(athena: Any, client: Callable[..., Any], made: str) -> None:
    numbered(athena, client, made, BucketColumns=["i"])([], {}, None)
    assert athena.run("SELECT count(*) FROM n WHERE i = 3").rows == [["1"]]
    assert not athena.run("SHOW CREATE TABLE n").error
    assert not athena.run("INSERT INTO n VALUES (9)").error


def test_a_column_may_have_another_name(athena: Any, made: str) -> None:
    """Even that of a bucketed column."""
    numbers = "SELECT x AS i, x + 101 AS j FROM UNNEST(sequence(1, 50)) AS t (x)"
    assert not athena.run(f"CREATE TABLE n WITH (bucketed_by = ARRAY['i'], bucket_count = 5) AS {numbers}").error
    for number in range(1, 51):
        assert athena.run(f"SELECT j FROM n AS x (j, i) WHERE i = {number + 101}").rows == [[str(number)]]
    found = athena.run("SELECT a FROM n AS x (a, b) WHERE a = 7")
    assert found.rows == [["7"]]
    assert scanned(found) < scanned(athena.run("SELECT i FROM n"))


def test_a_day_may_be_written_without_zeros(athena: Any, made: str) -> None:
    properties = "bucketed_by = ARRAY['d'], bucket_count = 3"
    assert not athena.run(f"CREATE TABLE days WITH ({properties}) AS SELECT DATE '2024-01-05' AS d").error
    assert athena.run("SELECT count(*) FROM days WHERE d = DATE '2024-1-5'").rows == [["1"]]


def test_the_first_query_of_all_may_call_a_function_in_python(tmp_path: Any, speak: Any, client_at: Any) -> None:
    """They were made known to a database that was not there yet."""
    endpoint = localaws.start(tmp_path / "home")
    try:
        client_at(endpoint)("s3").create_bucket(
            Bucket="first-query", CreateBucketConfiguration={"LocationConstraint": endpoint.region}
        )
        first = speak(client_at(endpoint)("athena"), "first-query")
        assert first.run("SELECT format_number(123456)").rows == [["123K"]]
    finally:
        localaws.stop(endpoint.home)


@pytest.mark.parametrize(
    ("properties", "kind"),
    [
        ("external_location = '{place}', partitioned_by = ARRAY['p']", "HIVE"),
        ("external_location = '{place}', bucketed_by = ARRAY['n'], bucket_count = 101", "HIVE"),
        ("table_type = 'ICEBERG', is_external = false, location = '{place}', partitioning = ARRAY['p']", "ICEBERG"),
    ],
)
def test_a_statement_writes_a_hundred_partitions_or_buckets(
    athena: Any, client: Callable[..., Any], made: str, properties: str, kind: str
) -> None:
    shown = properties.replace("{place}", f"s3://{athena.bucket}/many/")
    numbers = "SELECT x AS n, x AS p FROM UNNEST(sequence(1, {count})) AS t (x)"
    assert (
        athena.run(f"CREATE TABLE many WITH ({shown}) AS {numbers.format(count=101)}").error
        == f"{kind}_TOO_MANY_OPEN_PARTITIONS"
    )
    listed = client("s3").list_objects_v2(Bucket=athena.bucket, Prefix="many/").get("Contents", [])
    for entry in listed:
        client("s3").delete_object(Bucket=athena.bucket, Key=entry["Key"])
    assert not athena.run(f"CREATE TABLE many WITH ({shown}) AS {numbers.format(count=100)}").error
    assert athena.run("SELECT count(*) FROM many").rows == [["100"]]
