"""Running statements as a client does, and a small table of calls."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from botocore.exceptions import ClientError

LAZY = "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe"
CALLS = "start,caller,seconds,note\n2024-01-01 10:00:00,61400000001,60,a\n2024-01-02 11:30:00,61400000002,,\n"


@dataclass
class Outcome:
    """How a statement ended."""

    rows: list[list[str | None]]
    columns: list[dict[str, Any]]
    error: str
    execution: dict[str, Any]


class Athena:
    """Starts statements and waits for them."""

    def __init__(self, client: Any, bucket: str) -> None:
        self.client, self.bucket = client, bucket
        self.database = "default"

    def start(self, sql: str, **more: Any) -> str:
        """StartQueryExecution."""
        given = {
            "QueryString": sql,
            "QueryExecutionContext": {"Database": self.database},
            "ResultConfiguration": {"OutputLocation": f"s3://{self.bucket}/results/"},
            **more,
        }
        return self.client.start_query_execution(**given)["QueryExecutionId"]

    def wait(self, identity: str) -> dict[str, Any]:
        """The execution once it has ended."""
        end = time.monotonic() + 60
        while time.monotonic() < end:
            found = self.client.get_query_execution(QueryExecutionId=identity)["QueryExecution"]
            if found["Status"]["State"] not in ("QUEUED", "RUNNING"):
                return found
            time.sleep(0.01)
        raise AssertionError(f"query {identity} did not end")

    def run(self, sql: str, **more: Any) -> Outcome:
        """The statement's rows, or its error's name."""
        try:
            identity = self.start(sql, **more)
        except ClientError as problem:
            return Outcome([], [], problem.response.get("AthenaErrorCode", "?"), {"message": str(problem)})
        found = self.wait(identity)
        if found["Status"]["State"] != "SUCCEEDED":
            return Outcome([], [], found["Status"].get("StateChangeReason", "").split(":")[0], found)
        result = self.client.get_query_results(QueryExecutionId=identity)["ResultSet"]
        rows = [[d.get("VarCharValue") for d in r["Data"]] for r in result["Rows"]]
        header = found["StatementType"] == "DML" and found["SubstatementType"] in ("SELECT", "EXPLAIN")
        return Outcome(rows[1:] if header else rows, result["ResultSetMetadata"]["ColumnInfo"], "", found)


@pytest.fixture
def athena(client: Callable[..., Any], bucket: str) -> Athena:
    """Athena with a bucket for results."""
    return Athena(client("athena"), bucket)


@pytest.fixture
def calls(athena: Athena, client: Callable[..., Any], name: str) -> str:
    """A database (with a hyphen in its name) whose table `calls` is text of two rows."""
    glue, s3 = client("glue"), client("s3")
    s3.put_object(Bucket=athena.bucket, Key="calls/a.csv", Body=CALLS.encode())
    glue.create_database(DatabaseInput={"Name": name})
    columns = [("start", "timestamp"), ("caller", "bigint"), ("seconds", "int"), ("note", "string")]
    glue.create_table(DatabaseName=name, TableInput=text_table("calls", f"s3://{athena.bucket}/calls/", columns))
    athena.database = name
    return name


@pytest.fixture(name="text_table", scope="session")
def text_table_() -> Callable[..., dict[str, Any]]:
    """`text_table(name, location, columns, **more)`: a TableInput of comma-separated text with a header."""
    return text_table


def text_table(name: str, location: str, columns: list[tuple[str, str]], **more: Any) -> dict[str, Any]:
    """A TableInput of comma-separated text with a header."""
    return {
        "Name": name,
        "TableType": "EXTERNAL_TABLE",
        "Parameters": {"skip.header.line.count": "1"},
        "StorageDescriptor": {
            "Columns": [{"Name": n, "Type": t} for n, t in columns],
            "Location": location,
            "SerdeInfo": {"SerializationLibrary": LAZY, "Parameters": {"field.delim": ","}},
        },
        **more,
    }


@pytest.fixture(scope="session")
def speak() -> Callable[[Any, str], Athena]:
    """`speak(client, bucket)`: Athena through another client."""
    return Athena
