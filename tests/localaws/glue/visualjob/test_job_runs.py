"""Runs: attempts, places, stops, settings that AWS checks, and what is told of them."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

Record = dict[str, Any]
SECONDS = 60


def copy(bucket: str, database: str, name: str = "raw") -> Record:
    target = {"Name": "Target", "Inputs": ["node-1"], "Path": f"s3://{bucket}/out/", "Format": "csv"}
    return {
        "node-1": {"S3CatalogSource": {"Name": "Source", "Database": database, "Table": name}},
        "node-2": {"S3DirectTarget": target},
    }


def endless(bucket: str, database: str) -> Record:
    """A graph that works for hours unless it is stopped."""
    sql = "SELECT sum(a.id * b.id * c.id * d.id) AS n FROM t a CROSS JOIN t b CROSS JOIN t c CROSS JOIN t d"
    nodes = copy(bucket, database)
    alias = [{"From": "node-1", "Alias": "t"}]
    nodes["node-3"] = {"SparkSQL": {"Name": "SQL", "Inputs": ["node-1"], "SqlQuery": sql, "SqlAliases": alias}}
    nodes["node-2"]["S3DirectTarget"]["Inputs"] = ["node-3"]
    return nodes


@pytest.fixture
def until(client: Callable[..., Any], bucket: str) -> Callable[..., Record]:
    """`until(run_id, *states)`: the run once it is in one of these states."""

    def wait(run_id: str, *states: str) -> Record:
        end = time.monotonic() + SECONDS
        while time.monotonic() < end:
            for found in client("glue").get_job_runs(JobName=bucket)["JobRuns"]:
                if found["Id"] == run_id and found["JobRunState"] in states:
                    return dict(found)
            time.sleep(0.02)
        raise AssertionError(f"run {run_id} is not {states} after {SECONDS} s")

    return wait


@pytest.fixture
def slow(
    client: Callable[..., Any], bucket: str, database: str, table: Callable[..., None], make_job: Callable[..., str]
) -> Iterator[str]:
    """A job that works until it is stopped; its runs are stopped at the end."""
    table("raw", [["id", "bigint"]], "id\n" + "\n".join(map(str, range(3000))) + "\n")
    job = make_job(endless(bucket, database))
    yield job
    client("glue").delete_job(JobName=job)


def test_what_fails_is_tried_again(
    client: Callable[..., Any],
    bucket: str,
    database: str,
    make_job: Callable[..., str],
    run: Callable[..., Record],
    until: Callable[..., Record],
) -> None:
    job = make_job(copy(bucket, database, "nothing"), MaxRetries=2)
    first = run(job, Arguments={"--day": "1"})
    last = until(f"{first['Id']}_attempt_2", "FAILED")
    assert (last["Attempt"], last["PreviousRunId"]) == (2, f"{first['Id']}_attempt_1")
    assert last["Arguments"] == {"--day": "1"}
    assert "nothing" in last["ErrorMessage"]
    runs = client("glue").get_job_runs(JobName=job)["JobRuns"]
    assert [one["Attempt"] for one in runs] == [2, 1, 0]


def test_an_attempt_that_works_ends_the_trying(
    client: Callable[..., Any],
    bucket: str,
    database: str,
    table: Callable[..., None],
    make_job: Callable[..., str],
    run: Callable[..., Record],
) -> None:
    table("raw", [["id", "bigint"]], "id\n1\n2\n")
    job = make_job(copy(bucket, database), MaxRetries=3)
    ended = run(job)
    assert (ended["JobRunState"], ended["Attempt"]) == ("SUCCEEDED", 0)
    assert len(client("glue").get_job_runs(JobName=job)["JobRuns"]) == 1
    log = client("logs").get_log_events(logGroupName="/aws-glue/jobs/output", logStreamName=ended["Id"])["events"]
    lines = [event["message"] for event in log]
    assert any(line.endswith("has read 7 bytes and written 2 rows to 1 objects") for line in lines)
    assert [line.split(" is ")[1] for line in lines if " is " in line] == ["RUNNING", "SUCCEEDED"]


def test_a_run_waits_for_a_place_where_queuing_is_on(
    client: Callable[..., Any], slow: str, until: Callable[..., Record]
) -> None:
    glue = client("glue")
    first = glue.start_job_run(JobName=slow)["JobRunId"]
    with pytest.raises(ClientError) as refused:
        glue.start_job_run(JobName=slow)
    assert refused.value.response["Error"]["Code"] == "ConcurrentRunsExceededException"
    assert refused.value.response["Error"]["Message"] == f"Concurrent runs exceeded for {slow}"
    second = glue.start_job_run(JobName=slow, JobRunQueuingEnabled=True)["JobRunId"]
    third = glue.start_job_run(JobName=slow, JobRunQueuingEnabled=True)["JobRunId"]
    until(first, "RUNNING")
    assert until(second, "WAITING")["JobRunQueuingEnabled"] is True

    stopped = glue.batch_stop_job_run(JobName=slow, JobRunIds=[first, third, "jr_0"])
    assert [one["JobRunId"] for one in stopped["SuccessfulSubmissions"]] == [first, third]
    assert [one["JobRunId"] for one in stopped["Errors"]] == ["jr_0"]
    assert until(first, "STOPPED")["CompletedOn"]
    until(third, "STOPPED")
    until(second, "RUNNING")
    glue.batch_stop_job_run(JobName=slow, JobRunIds=[second])
    until(second, "STOPPED")
    assert [one["Attempt"] for one in glue.get_job_runs(JobName=slow)["JobRuns"]] == [0, 0, 0]


def test_as_many_runs_work_as_the_job_allows(
    client: Callable[..., Any], slow: str, until: Callable[..., Record]
) -> None:
    glue = client("glue")
    definition = glue.get_job(JobName=slow)["Job"]
    update = {key: definition[key] for key in ("Role", "Command", "GlueVersion", "JobMode")}
    glue.update_job(JobName=slow, JobUpdate={**update, "ExecutionProperty": {"MaxConcurrentRuns": 2}})
    started = [glue.start_job_run(JobName=slow)["JobRunId"] for _ in range(2)]
    with pytest.raises(ClientError, match="ConcurrentRunsExceededException"):
        glue.start_job_run(JobName=slow)
    glue.batch_stop_job_run(JobName=slow, JobRunIds=started)
    for run_id in started:
        until(run_id, "STOPPED")


def test_dpu_seconds_are_told_of_flexible_runs_alone(
    bucket: str,
    database: str,
    table: Callable[..., None],
    make_job: Callable[..., str],
    run: Callable[..., Record],
) -> None:
    table("raw", [["id", "bigint"]], "id\n1\n")
    job = make_job(copy(bucket, database), WorkerType="G.2X", NumberOfWorkers=3)
    plain = run(job)
    assert "DPUSeconds" not in plain
    flexible = run(job, ExecutionClass="FLEX")
    assert flexible["DPUSeconds"] == flexible["ExecutionTime"] * 6.0
    assert run(job, Arguments={"--enable-auto-scaling": "true"})["DPUSeconds"] > 0


WRONG = {
    "a version that is none": ({"GlueVersion": "7.7"}, "InvalidInputException", "Glue version 7.7 is not supported"),
    "a worker that is none": (
        {"WorkerType": "G.3X", "NumberOfWorkers": 2},
        "ValidationException",
        "Value 'G.3X' at 'workerType' failed to satisfy constraint: Member must satisfy enum value set: [Standard,",
    ),
    "one worker": ({"WorkerType": "G.1X", "NumberOfWorkers": 1}, "InvalidInputException", "at least 2"),
    "workers without a type": ({"NumberOfWorkers": 2}, "InvalidInputException", "both Worker Type and Number"),
    "workers and a capacity": (
        {"WorkerType": "G.1X", "NumberOfWorkers": 2, "MaxCapacity": 4.0},
        "InvalidInputException",
        "Please do not set Max Capacity if using Worker Type and Number of Workers.",
    ),
    "a fraction of a DPU": ({"MaxCapacity": 2.5}, "InvalidInputException", "a whole number of DPU from 2 to 100"),
    "a timeout of eight days": ({"Timeout": 11520}, "InvalidInputException", "from 1 to 10080 minutes (7 days)"),
    "too many attempts": ({"MaxRetries": 11}, "InvalidInputException", "MaxRetries must be from 0 to 10, not 11."),
    "no run at all": ({"ExecutionProperty": {"MaxConcurrentRuns": 0}}, "InvalidInputException", "at least 1"),
    "FLEX before 3.0": (
        {"GlueVersion": "2.0", "ExecutionClass": "FLEX"},
        "InvalidInputException",
        "ExecutionClass FLEX is for glueetl jobs with Glue version 3.0 and above.",
    ),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_settings_that_are_refused(bucket: str, database: str, make_job: Callable[..., str], wrong: str) -> None:
    settings, code, reason = WRONG[wrong]
    with pytest.raises(ClientError) as refused:
        make_job(copy(bucket, database), **settings)
    assert refused.value.response["Error"]["Code"] == code
    assert reason in refused.value.response["Error"]["Message"]


def test_a_run_that_is_to_be_repeated_must_be_there(
    client: Callable[..., Any], bucket: str, database: str, make_job: Callable[..., str]
) -> None:
    job = make_job(copy(bucket, database))
    with pytest.raises(ClientError, match="EntityNotFoundException"):
        client("glue").start_job_run(JobName=job, JobRunId="jr_0")
    with pytest.raises(ClientError, match="ValidationException"):
        client("glue").start_job_run(JobName=job, ExecutionClass="SLOW")
