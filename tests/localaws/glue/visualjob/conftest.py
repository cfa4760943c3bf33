"""Jobs for the tests: a role that may read and write, a bucket with files, runs to their end."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest

Record = dict[str, Any]
SECONDS = 60
UNDER_WAY = ("STARTING", "RUNNING", "STOPPING")


@pytest.fixture(scope="session")
def job_role(make_role: Callable[..., str]) -> str:
    """A role that may read and write every bucket."""
    objects = {"Effect": "Allow", "Action": ["s3:GetObject", "s3:PutObject"], "Resource": "arn:aws:s3:::*"}
    return make_role("glue-tests-job", objects)


@pytest.fixture
def make_job(client: Callable[..., Any], bucket: str, job_role: str) -> Callable[..., str]:
    """`make_job(nodes)`: a visual job with the bucket's name; its name."""

    def make(nodes: Record, **settings: Any) -> str:
        settings = {"Role": job_role, "GlueVersion": "5.0", **settings}
        command = {"Name": "glueetl", "PythonVersion": "3", "ScriptLocation": f"s3://{bucket}/scripts/job.py"}
        client("glue").create_job(
            Name=bucket, JobMode="VISUAL", Command=command, CodeGenConfigurationNodes=nodes, **settings
        )
        return bucket

    return make


@pytest.fixture
def run(client: Callable[..., Any]) -> Callable[..., Record]:
    """`run(job)`: start a run, wait for its end, return it."""

    def until_over(job: str, **settings: Any) -> Record:
        glue = client("glue")
        run_id = glue.start_job_run(JobName=job, **settings)["JobRunId"]
        end = time.monotonic() + SECONDS
        while time.monotonic() < end:
            found = glue.get_job_run(JobName=job, RunId=run_id)["JobRun"]
            if found["JobRunState"] not in UNDER_WAY:
                return found
            time.sleep(0.02)
        raise AssertionError(f"run {run_id} is not over after {SECONDS} s")

    return until_over
