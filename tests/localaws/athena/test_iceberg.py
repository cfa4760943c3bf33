"""Iceberg tables through Athena, and through awswrangler and pyiceberg as a client's own tools do."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest

COLUMNS = "id bigint, name string, at timestamp, price decimal(10,2), tags array<string>, more struct<a:int,b:string>"


@pytest.fixture
def lake(athena: Any, client: Callable[..., Any], name: str) -> Any:
    """Athena in a database of its own, with an empty Iceberg table `t` that is partitioned by two transforms."""
    client("glue").create_database(DatabaseInput={"Name": name})
    athena.database = name
    done(
        athena,
        f"CREATE TABLE t ({COLUMNS}) PARTITIONED BY (day(at), bucket(4, id)) LOCATION 's3://{athena.bucket}/t/' "
        "TBLPROPERTIES ('table_type' = 'ICEBERG', 'format' = 'parquet', 'write_compression' = 'zstd')",
    )
    return athena


def done(athena: Any, sql: str) -> list[list[str | None]]:
    """The rows of a statement that must succeed."""
    outcome = athena.run(sql)
    assert outcome.error == "", outcome.execution
    return outcome.rows


def filled(athena: Any) -> None:
    """A hundred rows, an hour apart."""
    done(
        athena,
        "INSERT INTO t SELECT i, 'n' || CAST(i AS varchar), date_add('hour', i, timestamp '2024-01-01 00:00:00'), "
        "decimal '1.50', ARRAY['x', NULL], CAST(ROW(1, 'q') AS row(a integer, b varchar)) "
        "FROM UNNEST(sequence(1, 100)) AS x(i)",
    )


def test_rows_are_inserted_and_read(lake: Any) -> None:
    filled(lake)
    done(lake, "INSERT INTO t (name, id) VALUES ('only two', 101)")
    assert done(lake, "SELECT count(*), count(at), min(at) FROM t") == [["101", "100", "2024-01-01 01:00:00.000000"]]
    assert done(lake, "SELECT name, price, tags, more FROM t WHERE id IN (7, 101) ORDER BY id") == [
        ["n7", "1.50", "[x, null]", "{a=1, b=q}"],
        ["only two", None, None, None],
    ]


def test_files_that_cannot_hold_a_wanted_row_are_not_read(lake: Any) -> None:
    filled(lake)
    whole = lake.run("SELECT sum(price) FROM t").execution["Statistics"]["DataScannedInBytes"]
    day = lake.run("SELECT count(*) FROM t WHERE at >= timestamp '2024-01-02 00:00:00' AND at < DATE '2024-01-03'")
    assert day.rows == [["24"]]
    assert day.execution["Statistics"]["DataScannedInBytes"] * 3 < whole
    bucket = lake.run("SELECT name FROM t WHERE id = 42")
    assert bucket.rows == [["n42"]]
    assert bucket.execution["Statistics"]["DataScannedInBytes"] * 3 < whole


def test_update(lake: Any) -> None:
    filled(lake)
    done(lake, "UPDATE t SET name = upper(name), price = price * 2 WHERE id <= 2 OR name = 'n100'")
    assert done(lake, "SELECT id, name, price FROM t WHERE id < 4 OR id > 99 ORDER BY id") == [
        ["1", "N1", "3.00"],
        ["2", "N2", "3.00"],
        ["3", "n3", "1.50"],
        ["100", "N100", "3.00"],
    ]
    assert done(lake, "SELECT count(*) FROM t") == [["100"]]


def test_delete(lake: Any) -> None:
    filled(lake)
    done(lake, "DELETE FROM t WHERE id % 2 = 0 AND id NOT IN (SELECT id FROM t WHERE name = 'n4')")
    assert done(lake, "SELECT count(*), sum(id) FROM t") == [["51", "2504"]]
    done(lake, "DELETE FROM t")
    assert done(lake, "SELECT count(*) FROM t") == [["0"]]


def test_merge(lake: Any) -> None:
    filled(lake)
    done(
        lake,
        "MERGE INTO t AS target USING (VALUES (1, 'one'), (2, 'gone'), (900, 'new'), (3, NULL)) AS s(k, v) "
        "ON target.id = s.k "
        "WHEN MATCHED AND s.v = 'gone' THEN DELETE "
        "WHEN MATCHED THEN UPDATE SET name = s.v, price = NULL "
        "WHEN NOT MATCHED AND s.k > 100 THEN INSERT (id, name) VALUES (s.k, s.v)",
    )
    assert done(lake, "SELECT id, name, price FROM t WHERE id < 5 OR id > 100 ORDER BY id") == [
        ["1", "one", None],
        ["3", None, None],
        ["4", "n4", "1.50"],
        ["900", "new", None],
    ]
    twice = "MERGE INTO t USING (VALUES (1, 'a'), (1, 'b')) AS s(k, v) ON id = k WHEN MATCHED THEN UPDATE SET name = v"
    assert lake.run(twice).error == "MERGE_TARGET_ROW_MULTIPLE_MATCHES"


def test_time_travel_and_metadata_tables(lake: Any) -> None:
    filled(lake)
    done(lake, "DELETE FROM t WHERE id > 10")
    history = done(lake, "SELECT snapshot_id, operation, summary['total-records'] FROM \"t$snapshots\" ORDER BY 3 DESC")
    assert [row[1:] for row in history] == [["append", "100"], ["overwrite", "10"]]
    first = history[0][0]
    assert done(lake, f"SELECT count(*) FROM t FOR VERSION AS OF {first}") == [["100"]]
    assert done(lake, "SELECT count(*) FROM t FOR TIMESTAMP AS OF current_timestamp") == [["10"]]
    assert (
        lake.run("SELECT * FROM t FOR TIMESTAMP AS OF timestamp '2001-01-01 00:00:00 UTC'").error == "INVALID_ARGUMENTS"
    )
    assert lake.run("SELECT * FROM t FOR VERSION AS OF 5").error == "INVALID_ARGUMENTS"
    assert done(lake, 'SELECT sum(record_count) FROM "t$files"') == [["10"]]
    assert done(lake, 'SELECT sum(record_count) FROM "t$partitions"') == [["10"]]
    assert done(lake, 'SELECT count(*) FROM "t$history" WHERE is_current_ancestor') == [["2"]]
    assert done(lake, 'SELECT name, type FROM "t$refs"') == [["main", "BRANCH"]]
    assert int(done(lake, 'SELECT count(*) FROM "t$manifests"')[0][0] or 0) > 0


def test_columns_evolve_without_touching_the_files(lake: Any) -> None:
    filled(lake)
    for change in (
        "ADD COLUMNS (extra int COMMENT 'new')",
        "DROP COLUMN tags",
        "CHANGE COLUMN name title string AFTER id",
        "CHANGE extra extra bigint",
    ):
        done(lake, f"ALTER TABLE t {change}")
    assert lake.run("SELECT tags FROM t").error == "COLUMN_NOT_FOUND"
    assert done(lake, "SELECT id, title, extra FROM t WHERE id = 5") == [["5", "n5", None]]
    done(lake, "INSERT INTO t (id, title, extra) VALUES (200, 'later', 3000000000)")
    assert done(lake, "SELECT title, extra FROM t WHERE extra IS NOT NULL") == [["later", "3000000000"]]
    described = [row[0] for row in done(lake, "DESCRIBE t")]
    assert "extra\tbigint\tnew" in described and "at_day\tday\tat" in described
    shown = "\n".join(row[0] or "" for row in done(lake, "SHOW CREATE TABLE t"))
    assert "PARTITIONED BY (day(`at`), bucket(4, `id`))" in shown
    assert "'table_type'='iceberg'" in shown


def test_a_table_made_from_a_query(lake: Any, client: Callable[..., Any]) -> None:
    filled(lake)
    place = f"s3://{lake.bucket}/made/"
    made = (
        f"WITH (table_type = 'ICEBERG', location = '{place}', is_external = false, "
        "partitioning = ARRAY['month(at)', 'truncate(name, 2)']) AS SELECT id, name, at FROM t"
    )
    done(lake, f"CREATE TABLE made {made}")
    assert done(lake, "SELECT count(*), count(DISTINCT id) FROM made") == [["100", "100"]]
    assert lake.run(f"CREATE TABLE again {made}").error == "ICEBERG_FILESYSTEM_ERROR"
    found = client("glue").get_table(DatabaseName=lake.database, Name="made")["Table"]
    assert found["Parameters"]["table_type"] == "ICEBERG"
    assert [c["Parameters"]["iceberg.field.id"] for c in found["StorageDescriptor"]["Columns"]] == ["1", "2", "3"]
    done(lake, "DROP TABLE made")
    assert "Contents" not in client("s3").list_objects_v2(Bucket=lake.bucket, Prefix="made/")


def test_optimize_and_vacuum_keep_the_rows(lake: Any, client: Callable[..., Any]) -> None:
    for value in range(3):
        done(lake, f"INSERT INTO t (id, name) VALUES (7, 'n{value}')")
    done(lake, "OPTIMIZE t REWRITE DATA USING BIN_PACK")
    assert done(lake, 'SELECT count(*) FROM "t$files"') == [["1"]]
    done(lake, "ALTER TABLE t SET TBLPROPERTIES ('vacuum_max_snapshot_age_seconds' = '0')")
    before = client("s3").list_objects_v2(Bucket=lake.bucket, Prefix="t/data/")["KeyCount"]
    done(lake, "VACUUM t")
    assert client("s3").list_objects_v2(Bucket=lake.bucket, Prefix="t/data/")["KeyCount"] < before
    assert done(lake, "SELECT name FROM t ORDER BY name") == [["n0"], ["n1"], ["n2"]]
    assert done(lake, 'SELECT count(*) FROM "t$snapshots"') == [["1"]]


@pytest.mark.parametrize(
    ("sql", "error"),
    [
        ("UPDATE t SET nope = 1", "COLUMN_NOT_FOUND"),
        ("UPDATE t SET id = 'x'", "TYPE_MISMATCH"),
        ("UPDATE t SET id = 1, id = 2", "SYNTAX_ERROR"),
        ("DELETE FROM nowhere", "TABLE_NOT_FOUND"),
        ("INSERT INTO t (id) VALUES ('x')", "TYPE_MISMATCH"),
        ("MERGE INTO t USING (VALUES 1) AS s(k) ON id = k WHEN NOT MATCHED THEN INSERT VALUES (k)", "TYPE_MISMATCH"),
        ('SELECT * FROM "t$nothing"', "TABLE_NOT_FOUND"),
        ("CREATE TABLE x WITH (table_type = 'ICEBERG') AS SELECT 1 AS a", "INVALID_TABLE_PROPERTY"),
        (
            "CREATE TABLE x (a int) LOCATION 's3://no-bucket-of-ours/x/' TBLPROPERTIES ('table_type' = 'ICEBERG')",
            "ICEBERG_FILESYSTEM_ERROR",
        ),
        (
            "CREATE TABLE x WITH (table_type = 'ICEBERG', is_external = false, location = 's3://{bucket}/x/') "
            "AS SELECT ARRAY[TIMESTAMP '2021-01-01 00:00:00 UTC'] AS a",
            "NOT_SUPPORTED",
        ),
    ],
)
def test_refusals(lake: Any, sql: str, error: str) -> None:
    assert lake.run(sql.replace("{bucket}", lake.bucket)).error == error


def test_rows_of_hive_tables_are_not_changed(calls: str, athena: Any) -> None:
    assert athena.run("DELETE FROM calls WHERE caller = 1").error == "NOT_SUPPORTED"
    assert athena.run("SELECT * FROM calls FOR VERSION AS OF 1").error == "NOT_SUPPORTED"


def test_writers_at_the_same_time_lose_nothing(lake: Any) -> None:
    outcomes = []
    threads = [
        threading.Thread(target=lambda at=at: outcomes.append(lake.run(f"INSERT INTO t (id) VALUES ({at})")))
        for at in range(6)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    written = sum(1 for outcome in outcomes if not outcome.error)
    assert {outcome.error for outcome in outcomes} <= {"", "ICEBERG_COMMIT_ERROR"}
    assert done(lake, "SELECT count(*) FROM t") == [[str(written)]]
    assert written > 0


def test_pyiceberg_reads_and_writes_the_same_table(lake: Any, endpoint: Any) -> None:
    import pyarrow as pa
    from pyiceberg.catalog.glue import GlueCatalog

    filled(lake)
    url, region = endpoint.url, endpoint.region
    keys = {"access-key-id": endpoint.access_key, "secret-access-key": endpoint.secret_key}
    catalog = GlueCatalog(
        "local",
        **{f"{service}.{name}": value for service in ("glue", "s3") for name, value in keys.items()},
        **{"glue.endpoint": url, "glue.region": region, "s3.endpoint": url, "s3.region": region},
    )
    table = catalog.load_table((lake.database, "t"))
    assert table.scan().to_arrow().num_rows == 100
    rows = pa.table(
        {"id": pa.array([500], pa.int64()), "name": pa.array(["client"]), "at": pa.array([0], pa.timestamp("us"))}
    )
    table.append(rows)
    assert done(lake, "SELECT name FROM t WHERE id = 500") == [["client"]]
    table.delete("id > 50")
    assert done(lake, "SELECT count(*) FROM t") == [["50"]]
