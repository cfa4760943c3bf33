"""Jobs on Spark for the tests. Where the extra is not installed they are skipped: `make spark` installs it."""

from __future__ import annotations

import importlib.util
import json
import shutil
import time
from collections.abc import Callable
from typing import Any

import pytest

Record = dict[str, Any]
SECONDS = 900
UNDER_WAY = ("STARTING", "RUNNING", "STOPPING")


@pytest.fixture(scope="session")
def spark() -> None:
    """Spark is there, or the test is skipped."""
    if importlib.util.find_spec("pyspark") is None:
        pytest.skip("the extra cdr-helpers[spark] is not installed (make spark)")
    if shutil.which("java") is None:
        pytest.skip("Apache Spark needs Java, which is not installed")


@pytest.fixture(scope="session")
def job_role(make_role: Callable[..., str]) -> str:
    """A role that may read, write and delete in every bucket."""
    actions = ["s3:GetObject", "s3:PutObject", "s3:DeleteObject"]
    return make_role("glue-tests-spark", {"Effect": "Allow", "Action": actions, "Resource": "arn:aws:s3:::*"})


@pytest.fixture
def make_script_job(client: Callable[..., Any], bucket: str, job_role: str) -> Callable[..., str]:
    """`make_script_job(text)`: a job in script mode with the bucket's name; its name."""

    def make(text: str, arguments: dict[str, str] | None = None, **settings: Any) -> str:
        client("s3").put_object(Bucket=bucket, Key="scripts/job.py", Body=text.encode())
        command = {"Name": "glueetl", "PythonVersion": "3", "ScriptLocation": f"s3://{bucket}/scripts/job.py"}
        settings = {"Role": job_role, "GlueVersion": "5.0", "DefaultArguments": arguments or {}, **settings}
        client("glue").create_job(Name=bucket, Command=command, **settings)
        return bucket

    return make


@pytest.fixture
def started(client: Callable[..., Any]) -> Callable[..., str]:
    """`started(job)`: start a run; its id."""
    return lambda job, **settings: client("glue").start_job_run(JobName=job, **settings)["JobRunId"]


@pytest.fixture
def over(client: Callable[..., Any]) -> Callable[[str, str], Record]:
    """`over(job, run_id)`: the run once it has ended."""
    return lambda job, run_id: until_over(client("glue"), job, run_id)


def until_over(glue: Any, job: str, run_id: str) -> Record:
    """The run once it has ended."""
    end = time.monotonic() + SECONDS
    while time.monotonic() < end:
        found = glue.get_job_run(JobName=job, RunId=run_id)["JobRun"]
        if found["JobRunState"] not in UNDER_WAY:
            return found
        time.sleep(0.05)
    raise AssertionError(f"run {run_id} is not over after {SECONDS} s")


@pytest.fixture(scope="session")
def over_at() -> Callable[[Any, str, str], Record]:
    """`over_at(glue, job, run_id)`: the run of another endpoint once it has ended."""
    return until_over


@pytest.fixture
def run(started: Callable[..., str], over: Callable[[str, str], Record]) -> Callable[..., Record]:
    """`run(job)`: start a run, wait for its end, return it."""
    return lambda job, **settings: over(job, started(job, **settings))


@pytest.fixture
def lines(client: Callable[..., Any]) -> Callable[[str, str], list[str]]:
    """`lines(group, run_id)`: what a run has written to `/aws-glue/jobs/<group>`."""

    def read(group: str, run_id: str) -> list[str]:
        found = client("logs").get_log_events(
            logGroupName=f"/aws-glue/jobs/{group}", logStreamName=run_id, startFromHead=True
        )
        return [event["message"] for event in found["events"]]

    return read


@pytest.fixture
def body(client: Callable[..., Any], bucket: str) -> Callable[[str], Any]:
    """`body(key)`: an object of JSON."""
    return lambda key: json.loads(client("s3").get_object(Bucket=bucket, Key=key)["Body"].read())


@pytest.fixture
def keys(client: Callable[..., Any], bucket: str) -> Callable[[str], list[str]]:
    """`keys(prefix)`: the keys below a prefix."""

    def listed(prefix: str) -> list[str]:
        found = client("s3").list_objects_v2(Bucket=bucket, Prefix=prefix).get("Contents", [])
        return [entry["Key"] for entry in found]

    return listed
