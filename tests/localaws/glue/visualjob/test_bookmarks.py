"""Job bookmarks: every object once, in the run that succeeds."""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from cdr_helpers import localaws

Record = dict[str, Any]
ON = {"--job-bookmark-option": "job-bookmark-enable"}
PAUSED = {"--job-bookmark-option": "job-bookmark-pause"}


def graph(bucket: str, source: str = "catalog") -> Record:
    sources = {
        "catalog": {"S3CatalogSource": {"Name": "Source", "Database": bucket, "Table": "raw"}},
        "csv": {
            "S3CsvSource": {
                "Name": "Source",
                "Paths": [f"s3://{bucket}/raw/"],
                "Separator": "comma",
                "QuoteChar": "quote",
                "WithHeader": True,
            }
        },
    }
    select = {"SelectFields": {"Name": "Select", "Inputs": ["node-1"], "Paths": [["id"]]}}
    target = {
        "S3DirectTarget": {"Name": "Target", "Inputs": ["node-2"], "Path": f"s3://{bucket}/out/", "Format": "csv"}
    }
    return {"node-1": sources[source], "node-2": select, "node-3": target}


class Copying:
    """A job with a bookmark over a prefix that grows."""

    def __init__(self, s3: Any, bucket: str, run: Callable[..., Record], job: str) -> None:
        self.s3, self.bucket, self._run, self.job, self.known = s3, bucket, run, job, set[str]()

    def put(self, key: str, *ids: int) -> None:
        body = "id\n" + "".join(f"{one}\n" for one in ids)
        self.s3.put_object(Bucket=self.bucket, Key=f"raw/{key}", Body=body.encode())

    def run(self, arguments: Record = ON) -> list[int]:
        """The ids that one run has written."""
        ended = self._run(self.job, Arguments=arguments)
        assert ended["JobRunState"] == "SUCCEEDED", ended
        found = self.s3.list_objects_v2(Bucket=self.bucket, Prefix="out/").get("Contents", [])
        fresh = [entry["Key"] for entry in found if entry["Key"] not in self.known]
        self.known |= set(fresh)
        bodies = [self.s3.get_object(Bucket=self.bucket, Key=key)["Body"].read().decode() for key in fresh]
        return sorted(int(line) for body in bodies for line in body.split("\n")[1:] if line)


@pytest.fixture(params=["catalog", "csv"])
def copying(
    request: pytest.FixtureRequest,
    client: Callable[..., Any],
    bucket: str,
    database: str,
    table: Callable[..., None],
    make_job: Callable[..., str],
    run: Callable[..., Record],
) -> Copying:
    """The job, once for each kind of source."""
    table("raw", [["id", "bigint"]], "id\n1\n")
    return Copying(client("s3"), bucket, run, make_job(graph(bucket, request.param)))


def test_three_runs_over_a_growing_prefix_read_each_object_once(copying: Copying) -> None:
    assert copying.run() == [1]
    copying.put("b.csv", 2, 3)
    assert copying.run() == [2, 3]
    copying.put("c.csv", 4)
    copying.put("d/e.csv", 5)
    assert set(copying.run()) <= {4, 5}
    assert copying.run() == []


def test_an_object_that_was_written_again_is_read_again(copying: Copying) -> None:
    assert copying.run() == [1]
    copying.put("a.csv", 7)
    assert copying.run() == [7]


def test_off_and_paused_runs_leave_the_bookmark_alone(copying: Copying) -> None:
    assert copying.run() == [1]
    copying.put("b.csv", 2)
    assert copying.run({}) == [1, 2]
    assert copying.run(PAUSED) == [2]
    assert copying.run() == [2]


def test_reset(copying: Copying, client: Callable[..., Any]) -> None:
    glue = client("glue")
    with pytest.raises(ClientError, match="EntityNotFoundException"):
        glue.get_job_bookmark(JobName=copying.job)
    copying.run()
    first = glue.get_job_bookmark(JobName=copying.job)["JobBookmarkEntry"]
    copying.put("b.csv", 2)
    copying.run()
    second = glue.get_job_bookmark(JobName=copying.job)["JobBookmarkEntry"]
    assert (second["Run"], second["PreviousRunId"]) == (2, first["RunId"])
    [state] = json.loads(second["JobBookmark"]).values()
    assert state["timestamps"]["INCLUDE_LIST"].endswith("raw/b.csv")
    glue.reset_job_bookmark(JobName=copying.job, RunId=first["RunId"])
    assert copying.run() == [2]
    glue.reset_job_bookmark(JobName=copying.job)
    assert copying.run() == [1, 2]


def test_a_run_that_fails_leaves_the_bookmark(copying: Copying, client: Callable[..., Any]) -> None:
    copying.run()
    copying.put("b.csv", 2)
    glue = client("glue")
    job = glue.get_job(JobName=copying.job)["Job"]
    nodes = job["CodeGenConfigurationNodes"]
    broken = nodes | {"node-2": {"SelectFields": {"Name": "Select", "Inputs": ["node-1"], "Paths": [["nope"]]}}}
    update = {key: job[key] for key in ("Role", "Command", "GlueVersion", "JobMode")}
    glue.update_job(JobName=copying.job, JobUpdate={**update, "CodeGenConfigurationNodes": broken})
    assert copying._run(copying.job, Arguments=ON)["JobRunState"] == "FAILED"
    glue.update_job(JobName=copying.job, JobUpdate={**update, "CodeGenConfigurationNodes": nodes})
    assert copying.run() == [2]


def test_a_killed_run_has_failed_and_left_the_bookmark(
    tmp_path: Path, client_at: Callable[[localaws.Endpoint], Callable[..., Any]]
) -> None:
    home = tmp_path / "home"
    endpoint = localaws.start(home)
    try:
        at = client_at(endpoint)
        bucket = "killed-runs"
        _prepare(at, bucket)
        for number in range(3):
            body = "id\n" + "\n".join(str(one) for one in range(200_000)) + "\n"
            at("s3").put_object(Bucket=bucket, Key=f"raw/{number}.csv", Body=body.encode())
            run_id = at("glue").start_job_run(JobName=bucket, Arguments=ON)["JobRunId"]
            time.sleep(0.03 * number)
            os.kill(endpoint.pid, signal.SIGKILL)
            endpoint = localaws.start(home)
            at = client_at(endpoint)
            state = at("glue").get_job_run(JobName=bucket, RunId=run_id)["JobRun"]["JobRunState"]
            assert state in ("FAILED", "SUCCEEDED")
            assert (state == "SUCCEEDED") == (_last_run(at("glue"), bucket) == run_id)
    finally:
        localaws.stop(home)


def _last_run(glue: Any, job: str) -> str | None:
    try:
        return str(glue.get_job_bookmark(JobName=job)["JobBookmarkEntry"]["RunId"])
    except glue.exceptions.EntityNotFoundException:
        return None


def _prepare(at: Callable[..., Any], bucket: str) -> None:
    trust = {"Effect": "Allow", "Principal": {"Service": "glue.amazonaws.com"}, "Action": "sts:AssumeRole"}
    objects = {"Effect": "Allow", "Action": ["s3:GetObject", "s3:PutObject"], "Resource": "arn:aws:s3:::*"}
    listing = {"Effect": "Allow", "Action": "s3:ListBucket", "Resource": "arn:aws:s3:::*"}
    documents = [json.dumps({"Version": "2012-10-17", "Statement": one}) for one in ([trust], [objects, listing])]
    at("iam").create_role(RoleName=bucket, AssumeRolePolicyDocument=documents[0])
    at("iam").put_role_policy(RoleName=bucket, PolicyName="objects", PolicyDocument=documents[1])
    at("s3").create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": "ap-southeast-2"})
    at("glue").create_job(
        Name=bucket,
        Role=bucket,
        JobMode="VISUAL",
        GlueVersion="5.0",
        Command={"Name": "glueetl", "ScriptLocation": f"s3://{bucket}/scripts/job.py"},
        CodeGenConfigurationNodes=graph(bucket, "csv"),
    )
