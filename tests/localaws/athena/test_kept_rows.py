"""Small tables are read once: an answer is always that of the objects and of the catalog as they are now."""

from __future__ import annotations

import bz2
import threading
from typing import Any

import pytest

from cdr_helpers import localaws

LAZY = "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe"
TEXT = "org.apache.hadoop.mapred.TextInputFormat"
OPEN_CSV = "org.apache.hadoop.hive.serde2.OpenCSVSerde"


@pytest.fixture
def table(athena: Any, client: Any, name: str) -> Any:
    """Makes a table of one folder, or makes it anew with other columns."""
    glue = client("glue")
    glue.create_database(DatabaseInput={"Name": name})
    athena.database = name

    def make(name: str, columns: dict[str, str], serde: str = LAZY, change: bool = False, **parameters: str) -> None:
        described = {
            "Columns": [{"Name": key, "Type": kind} for key, kind in columns.items()],
            "Location": f"s3://{athena.bucket}/{name}/",
            "InputFormat": TEXT,
            "SerdeInfo": {"SerializationLibrary": serde, "Parameters": {"field.delim": ","} | parameters},
        }
        given = {"Name": name, "StorageDescriptor": described}
        (glue.update_table if change else glue.create_table)(DatabaseName=athena.database, TableInput=given)

    return make


def put(athena: Any, client: Any, key: str, text: str | bytes) -> None:
    body = text.encode() if isinstance(text, str) else text
    client("s3").put_object(Bucket=athena.bucket, Key=key, Body=body)


def test_objects_that_change_are_read_again(athena: Any, client: Any, table: Any) -> None:
    table("calls", {"caller": "string", "seconds": "bigint"})
    put(athena, client, "calls/a.csv", "x,1\ny,2\n")
    ask = "SELECT count(*), sum(seconds) FROM calls"
    assert athena.run(ask).rows == athena.run(ask).rows == [["2", "3"]]
    put(athena, client, "calls/a.csv", "x,7\ny,2\n")
    assert athena.run(ask).rows == [["2", "9"]]
    put(athena, client, "calls/b.csv", "z,100\n")
    assert athena.run(ask).rows == [["3", "109"]]
    client("s3").delete_object(Bucket=athena.bucket, Key="calls/a.csv")
    assert athena.run(ask).rows == [["1", "100"]]
    client("s3").delete_object(Bucket=athena.bucket, Key="calls/b.csv")
    assert athena.run(ask).rows == [["0", None]]


def test_a_catalog_that_changes_is_read_again(athena: Any, client: Any, table: Any) -> None:
    put(athena, client, "typed/a.csv", "007,1.5\n8,2\n")
    table("typed", {"a": "string", "b": "string"})
    assert athena.run("SELECT a, b FROM typed").rows == [["007", "1.5"], ["8", "2"]]
    table("typed", {"a": "bigint", "b": "double"}, change=True)
    assert athena.run("SELECT a, b FROM typed").rows == [["7", "1.5"], ["8", "2.0"]]
    table("typed", {"b": "int", "a": "double"}, change=True, **{"field.delim": "."})
    assert athena.run("SELECT a, b FROM typed").rows == [["5.0", None], [None, None]]


def test_a_cell_that_cannot_be_read_fails_only_who_asks_for_it(athena: Any, client: Any, table: Any) -> None:
    put(athena, client, "broken/a.csv", '"1","2"\n"2","no number"\n')
    table("broken", {"a": "bigint", "b": "bigint"}, OPEN_CSV)
    for _ in range(2):
        assert athena.run("SELECT sum(a) FROM broken").rows == [["3"]]
        assert athena.run("SELECT sum(b) FROM broken").error == "HIVE_BAD_DATA"
        assert athena.run("SELECT b FROM broken WHERE a = 1 LIMIT 1").error in ("", "HIVE_BAD_DATA")


def test_packed_objects_and_partitions(athena: Any, client: Any, table: Any) -> None:
    put(athena, client, "packed/a.csv.bz2", bz2.compress(b"x,1\n\ny,2\n"))
    table("packed", {"caller": "string", "seconds": "bigint"})
    for _ in range(2):
        assert athena.run("SELECT caller, seconds FROM packed").rows == [["x", "1"], ["", None], ["y", "2"]]
    athena.run(f"CREATE EXTERNAL TABLE days (n int) PARTITIONED BY (day string) LOCATION 's3://{athena.bucket}/days/'")
    for day in (1, 2, 3):
        put(athena, client, f"days/day={day}/a", f"{day}\n{day}0\n")
    athena.run("MSCK REPAIR TABLE days")
    for _ in range(2):
        assert athena.run("SELECT day, sum(n) FROM days GROUP BY day ORDER BY day").rows == [
            ["1", "11"], ["2", "22"], ["3", "33"],
        ]  # fmt: skip
        assert athena.run("SELECT sum(n) FROM days WHERE day = '2'").rows == [["22"]]
        assert athena.run('SELECT n, day, "$path" FROM days WHERE n = 30').rows == [
            ["30", "3", f"s3://{athena.bucket}/days/day=3/a"]
        ]
    athena.run("ALTER TABLE days DROP PARTITION (day = '2')")
    assert athena.run("SELECT sum(n) FROM days").rows == [["44"]]


def test_more_tables_than_are_kept(athena: Any, client: Any, table: Any) -> None:
    for at in range(70):
        put(athena, client, f"many{at}/a.csv", f"x,{at}\n")
        table(f"many{at}", {"caller": "string", "seconds": "bigint"})
    for _ in range(2):
        started = [athena.start(f"SELECT sum(seconds) FROM many{at}") for at in range(70)]
        for at, identity in enumerate(started):
            athena.wait(identity)
            found = athena.client.get_query_results(QueryExecutionId=identity)["ResultSet"]["Rows"][1]
            assert found["Data"] == [{"VarCharValue": str(at)}]


def test_many_who_ask_at_once_for_what_changes(athena: Any, client: Any, table: Any) -> None:
    table("busy", {"n": "bigint"})
    put(athena, client, "busy/a.csv", "0\n" * 1000)
    wrong: list[Any] = []

    def ask() -> None:
        for _ in range(10):
            low, high, count = athena.run("SELECT min(n), max(n), count(*) FROM busy").rows[0]
            if low != high or count != "1000":
                wrong.append((low, high, count))

    askers = [threading.Thread(target=ask) for _ in range(4)]
    for each in askers:
        each.start()
    for at in range(1, 30):
        put(athena, client, "busy/a.csv", f"{at}\n" * 1000)
    for each in askers:
        each.join()
    assert not wrong
    assert athena.run("SELECT max(n) FROM busy").rows == [["29"]]


def test_what_unpacks_to_more_than_is_kept(athena: Any, client: Any, table: Any) -> None:
    import gzip

    put(athena, client, "large/a.csv.gz", gzip.compress(b"1,2\n" * 6_000_000))
    table("large", {"a": "bigint", "b": "bigint"})
    for _ in range(2):
        assert athena.run("SELECT count(*), sum(a + b) FROM large").rows == [["6000000", "18000000"]]


def test_a_reset_while_queries_run(tmp_path: Any, speak: Any, client_at: Any) -> None:
    endpoint = localaws.start(tmp_path / "home")
    try:
        clients = client_at(endpoint)
        for _ in range(2):
            clients("s3").create_bucket(
                Bucket="kept-rows", CreateBucketConfiguration={"LocationConstraint": endpoint.region}
            )
            clients("glue").create_database(DatabaseInput={"Name": "rows"})
            athena = speak(clients("athena"), "kept-rows")
            athena.database = "rows"
            put(athena, clients, "t/a.csv", "x,1\n" * 200_000)
            athena.run("CREATE EXTERNAL TABLE t (a string, b int) ROW FORMAT DELIMITED FIELDS TERMINATED BY ',' "
                       "LOCATION 's3://kept-rows/t/'")  # fmt: skip
            assert athena.run("SELECT sum(b) FROM t").rows == [["200000"]]
            athena.start("SELECT count(*) FROM t a, t b WHERE a.b = b.b AND a.a < b.a")
            localaws.reset(endpoint.home)
    finally:
        localaws.stop(endpoint.home)
