"""The process of a run: it ends with the run, with the endpoint, and when it is killed the run has failed."""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest

from cdr_helpers import localaws

Record = dict[str, Any]
SECONDS = 60
pytestmark = pytest.mark.usefixtures("spark")

WORKING = """
import json, os, sys, time
import boto3
import psutil
from pyspark.sql import SparkSession

spark = SparkSession.builder.getOrCreate()
spark.sparkContext.parallelize(range(4)).map(lambda n: n + 1).collect()
family = [child.pid for child in psutil.Process().children(recursive=True)]
place = sys.argv[sys.argv.index("--bucket") + 1]
boto3.client("s3").put_object(Bucket=place, Key="pids.json", Body=json.dumps([os.getpid(), *family]))
spark.sparkContext.parallelize(range(4)).map(lambda n: time.sleep(600)).collect()
"""
"""Starts the virtual machine and Python workers, says who they are, and works for ten minutes."""


def family(s3: Any, bucket: str) -> list[int]:
    """The processes of the run, once it has said who they are: Python, the virtual machine, the workers."""
    end = time.monotonic() + SECONDS
    while time.monotonic() < end:
        if s3.list_objects_v2(Bucket=bucket, Prefix="pids.json")["KeyCount"]:
            pids: list[int] = json.loads(s3.get_object(Bucket=bucket, Key="pids.json")["Body"].read())
            s3.delete_object(Bucket=bucket, Key="pids.json")
            assert len(pids) >= 3
            return pids
        time.sleep(0.05)
    raise AssertionError("the script has not begun")


def gone(pids: list[int]) -> bool:
    """Whether the processes end, within a while."""
    end = time.monotonic() + SECONDS
    while time.monotonic() < end:
        if not [pid for pid in pids if psutil.pid_exists(pid) and psutil.Process(pid).status() != "zombie"]:
            return True
        time.sleep(0.05)
    return False


def test_a_stopped_run_and_one_whose_process_is_killed_leave_no_process(
    client: Callable[..., Any],
    endpoint: localaws.Endpoint,
    bucket: str,
    make_script_job: Callable[..., str],
    started: Callable[..., str],
    over: Callable[[str, str], Record],
) -> None:
    job = make_script_job(WORKING, {"--bucket": bucket})
    run_id = started(job)
    pids = family(client("s3"), bucket)
    client("glue").batch_stop_job_run(JobName=job, JobRunIds=[run_id])
    assert over(job, run_id)["JobRunState"] == "STOPPED"
    assert gone(pids)

    run_id = started(job)
    pids = family(client("s3"), bucket)
    os.kill(pids[0], signal.SIGKILL)
    ended = over(job, run_id)
    assert ended["JobRunState"] == "FAILED"
    assert ended["ErrorMessage"] == "The Spark process of the run was ended by SIGKILL."
    assert gone(pids)
    assert list((endpoint.home / "scratch").glob("spark-*")) == []


def test_an_endpoint_that_is_killed_takes_its_runs_along(
    tmp_path: Path, client_at: Callable[[localaws.Endpoint], Callable[..., Any]]
) -> None:
    endpoint = localaws.start(tmp_path / "home")
    client = client_at(endpoint)
    trust = {"Effect": "Allow", "Principal": {"Service": "glue.amazonaws.com"}, "Action": "sts:AssumeRole"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    role = client("iam").create_role(RoleName="r", AssumeRolePolicyDocument=policy)["Role"]["Arn"]
    allowed = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [allowed]})
    client("iam").put_role_policy(RoleName="r", PolicyName="read", PolicyDocument=policy)
    client("s3").create_bucket(Bucket="bucket", CreateBucketConfiguration={"LocationConstraint": endpoint.region})
    client("s3").put_object(Bucket="bucket", Key="job.py", Body=WORKING.encode())
    command = {"Name": "glueetl", "ScriptLocation": "s3://bucket/job.py"}
    client("glue").create_job(Name="job", Role=role, Command=command, DefaultArguments={"--bucket": "bucket"})
    run_id = client("glue").start_job_run(JobName="job")["JobRunId"]
    pids = family(client("s3"), "bucket")
    os.kill(endpoint.pid, signal.SIGKILL)
    assert gone(pids)
    again = localaws.start(endpoint.home)
    try:
        found = client_at(again)("glue").get_job_run(JobName="job", RunId=run_id)["JobRun"]
        assert found["JobRunState"] == "FAILED"
    finally:
        localaws.stop(again.home)
