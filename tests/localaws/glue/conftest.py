"""Roles and crawls for the tests of Glue."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

Record = dict[str, Any]
SECONDS = 30


@pytest.fixture(scope="session")
def make_role(client: Callable[..., Any]) -> Callable[..., str]:
    """`make_role(name, *statements)`: a role that Glue may assume, with AWS's managed policy for Glue and an inline
    policy of these statements; its ARN."""

    def make(name: str, *statements: Record, service: str = "glue.amazonaws.com", managed: bool = True) -> str:
        trust = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
        iam = client("iam")
        created = iam.create_role(RoleName=name, AssumeRolePolicyDocument=_policy(trust))
        if managed:
            policy = "arn:aws:iam::aws:policy/service-role/AWSGlueServiceRole"
            iam.attach_role_policy(RoleName=name, PolicyArn=policy)
        if statements:
            iam.put_role_policy(RoleName=name, PolicyName="inline", PolicyDocument=_policy(*statements))
        return created["Role"]["Arn"]

    return make


def _policy(*statements: Record) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


@pytest.fixture(scope="session")
def crawler_role(make_role: Callable[..., str]) -> str:
    """A role that may crawl every bucket."""
    return make_role("glue-tests-crawler", {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::*"})


@pytest.fixture
def database(client: Callable[..., Any], name: str) -> str:
    """A fresh empty database."""
    client("glue").create_database(DatabaseInput={"Name": name})
    return name


@pytest.fixture(scope="session")
def finished() -> Callable[[Any, str], Record]:
    """`finished(glue, name)`: the crawler once it is READY again."""

    def wait(glue: Any, crawler: str) -> Record:
        end = time.monotonic() + SECONDS
        while time.monotonic() < end:
            found = glue.get_crawler(Name=crawler)["Crawler"]
            if found["State"] == "READY":
                return found
            time.sleep(0.02)
        raise AssertionError(f"crawler {crawler} is not READY after {SECONDS} s")

    return wait


@pytest.fixture
def crawl(client: Callable[..., Any], finished: Callable[[Any, str], Record]) -> Callable[[str], Record]:
    """`crawl(name)`: start a crawler, wait for its end, return the crawler."""

    def run(crawler: str) -> Record:
        client("glue").start_crawler(Name=crawler)
        return finished(client("glue"), crawler)

    return run


@pytest.fixture(scope="session")
def fill_table(client: Callable[..., Any]) -> Callable[..., None]:
    """`fill_table(bucket, database, name, columns, text)`: a CSV table with a header as a crawler makes it, and its one
    object."""

    def make(bucket: str, database: str, name: str, columns: list[list[str]], text: str, delimiter: str = ",") -> None:
        client("s3").put_object(Bucket=bucket, Key=f"{name}/a.csv", Body=text.encode())
        storage = {
            "Columns": [{"Name": column, "Type": kind} for column, kind in columns],
            "Location": f"s3://{bucket}/{name}/",
            "InputFormat": "org.apache.hadoop.mapred.TextInputFormat",
            "OutputFormat": "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat",
            "SerdeInfo": {
                "SerializationLibrary": "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe",
                "Parameters": {"field.delim": delimiter},
            },
        }
        parameters = {"classification": "csv", "delimiter": delimiter, "skip.header.line.count": "1"}
        client("glue").create_table(
            DatabaseName=database,
            TableInput={"Name": name, "TableType": "EXTERNAL_TABLE", "StorageDescriptor": storage}
            | {"Parameters": parameters, "PartitionKeys": []},
        )

    return make


@pytest.fixture
def table(fill_table: Callable[..., None], bucket: str, database: str) -> Callable[..., None]:
    """`table(name, columns, text)`: a CSV table of the test's own bucket and database."""
    return partial(fill_table, bucket, database)
