"""The generated script of each chapter's job runs unchanged on Spark and gives the rows that the endpoint gives."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

import pyarrow.parquet as parquet
import pytest
from pyarrow import BufferReader

from cdr_helpers import localaws

Record = dict[str, Any]
NAME = "spark-chapters"
JOBS = {
    f"{NAME}-transform-job": "processed/",
    f"{NAME}-transform-job-v1": "processed-timestamp-v1/",
    f"{NAME}-monthly-job": "monthly/",
}
"""The job of each chapter → where it writes."""


@pytest.fixture(scope="module")
def chapters(spark: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[localaws.Endpoint]:
    """An endpoint on which the chapters with jobs were executed."""
    folder = tmp_path_factory.mktemp("chapters")
    # A run of the whole would delete what it made: these chapters are named, and stay.
    command = [sys.executable, "-m", "cdr_helpers.cli", "run", "--name", NAME, "--keep", "--out", str(folder / "out")]
    environment = os.environ | {"CDR_LOCAL_HOME": str(folder / "home")}
    done = subprocess.run([*command, "--only", "01,02,04,06,07"], env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    yield localaws.start(folder / "home")
    localaws.stop(folder / "home")


def rows_of(objects: dict[str, bytes]) -> Counter[Any]:
    """The rows of CSV or Parquet objects, each as often as it is there; without headers."""
    found: Counter[Any] = Counter()
    for key, data in objects.items():
        if key.endswith(".parquet"):
            table = parquet.ParquetFile(BufferReader(data)).read()
            found.update(tuple(map(shown, row.items())) for row in table.to_pylist())
        else:
            found.update(data.decode().splitlines()[1:])
    return found


def shown(cell: tuple[str, Any]) -> tuple[str, str]:
    """Name and value of a cell. Moments are in UTC, whether the file says so or not."""
    name, value = cell
    return name, str(value.replace(tzinfo=None) if isinstance(value, datetime) else value)


@pytest.mark.parametrize("job", JOBS)
def test_spark_gives_the_rows_of_the_endpoint(
    job: str,
    chapters: localaws.Endpoint,
    client_at: Callable[[localaws.Endpoint], Callable[..., Any]],
    over_at: Callable[[Any, str, str], Record],
) -> None:
    client = client_at(chapters)
    s3, glue = client("s3"), client("glue")

    def written(engine: str) -> tuple[Counter[Any], Record]:
        before = s3.list_objects_v2(Bucket=NAME, Prefix=JOBS[job]).get("Contents", [])
        for entry in before:
            s3.delete_object(Bucket=NAME, Key=entry["Key"])
        arguments = {"--local-aws-engine": engine, "--job-bookmark-option": "job-bookmark-disable"}
        run_id = glue.start_job_run(JobName=job, Arguments=arguments)["JobRunId"]
        ended = over_at(glue, job, run_id)
        assert (ended["JobRunState"], ended.get("ErrorMessage")) == ("SUCCEEDED", None)
        after = s3.list_objects_v2(Bucket=NAME, Prefix=JOBS[job])["Contents"]
        objects = {e["Key"]: s3.get_object(Bucket=NAME, Key=e["Key"])["Body"].read() for e in after}
        table = JOBS[job].strip("/")
        found = glue.get_table(DatabaseName=f"{NAME}-database", Name=table)["Table"]
        return rows_of(objects), found["StorageDescriptor"]["Columns"]

    (duckdb_rows, duckdb_columns), (spark_rows, spark_columns) = written("duckdb"), written("spark")
    assert sum(duckdb_rows.values()) > 1000
    assert spark_rows == duckdb_rows
    assert spark_columns == duckdb_columns
