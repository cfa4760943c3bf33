"""The commands that change what is in an account: cleanup and goto, on a real endpoint; and doctor, which looks."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import uuid
from collections.abc import Iterator
from typing import Any

import boto3
import pytest

from cdr_helpers import cleanup, localaws, waiting
from cdr_helpers.errors import WorkshopError
from cdr_helpers.workshop import Workshop

REGION = "ap-southeast-2"


@pytest.fixture
def in_account(endpoint: localaws.Endpoint, monkeypatch: pytest.MonkeyPatch) -> localaws.Endpoint:
    """This process's boto3 speaks to the shared endpoint, as after `connect`."""
    for name, value in endpoint.environment.items():
        monkeypatch.setenv(name, value)
    return endpoint


@pytest.fixture
def workshop(in_account: localaws.Endpoint) -> Iterator[Workshop]:
    """A workshop of its own with something from every chapter in it; what a test leaves is deleted."""
    made = Workshop("local", f"t-{uuid.uuid4().hex[:12]}", REGION, "123456789012")
    make_everything(made)
    yield made
    cleanup.delete(made)


def client(service: str) -> Any:
    return boto3.client(service, region_name=REGION)


def make_everything(workshop: Workshop) -> None:
    s3, iam, glue = client("s3"), client("iam"), client("glue")
    s3.create_bucket(Bucket=workshop.bucket, **workshop.bucket_location)
    for key in (
        "raw/",
        "raw/a.csv",
        "processed/part",
        "scripts/x.py",
        "temporary/t",
        "athena-results/q.csv",
        "raw-dmy/",
        "monthly/x",
        "labels/known.csv",
        "learning/model.tar.gz",
    ):
        s3.put_object(Bucket=workshop.bucket, Key=key, Body=b"a,b\n1,2\n")
    statement = {"Effect": "Allow", "Principal": {"Service": "glue.amazonaws.com"}, "Action": "sts:AssumeRole"}
    trust = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    iam.create_role(RoleName=workshop.role, AssumeRolePolicyDocument=trust)
    iam.attach_role_policy(RoleName=workshop.role, PolicyArn="arn:aws:iam::aws:policy/service-role/AWSGlueServiceRole")
    policy = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}]}
    for name in ("more", *(name for _, name in cleanup.POLICIES)):
        iam.put_role_policy(RoleName=workshop.role, PolicyName=name, PolicyDocument=json.dumps(policy))
    glue.create_database(DatabaseInput={"Name": workshop.database})
    for table in ("raw", "processed", "an_analysts_view", "raw_dmy", "monthly", "labels"):
        glue.create_table(DatabaseName=workshop.database, TableInput={"Name": table})
    targets = {"S3Targets": [{"Path": workshop.raw}]}
    for crawler in (workshop.crawler, workshop.dmy_crawler, workshop.incoming_crawler, workshop.labels_crawler):
        glue.create_crawler(Name=crawler, Role=workshop.role, DatabaseName=workshop.database, Targets=targets)
    command = {"Name": "glueetl", "ScriptLocation": workshop.script}
    for job in (workshop.job, workshop.sql_job, workshop.monthly_job):
        glue.create_job(Name=job, Role=workshop.role, Command=command, GlueVersion="5.0")
    make_a_model(workshop, policy)
    glue.create_workflow(Name=workshop.workflow)
    action, crawl = {"JobName": workshop.job}, {"CrawlerName": workshop.incoming_crawler}
    glue.create_trigger(Name=workshop.hourly_trigger, Type="ON_DEMAND", Actions=[action])
    glue.create_trigger(
        Name=f"{workshop.workflow}-start", WorkflowName=workshop.workflow, Type="ON_DEMAND", Actions=[crawl]
    )


def make_a_model(workshop: Workshop, policy: dict[str, Any]) -> None:
    statement = {"Effect": "Allow", "Principal": {"Service": "sagemaker.amazonaws.com"}, "Action": "sts:AssumeRole"}
    trust = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    role = client("iam").create_role(RoleName=workshop.learning_role, AssumeRolePolicyDocument=trust)["Role"]["Arn"]
    name = {"RoleName": workshop.learning_role, "PolicyName": "learning"}
    client("iam").put_role_policy(**name, PolicyDocument=json.dumps(policy))
    container = {"Image": "image", "ModelDataUrl": f"{workshop.learning}model.tar.gz"}
    client("sagemaker").create_model(ModelName=workshop.model, PrimaryContainer=container, ExecutionRoleArn=role)


def cdr(endpoint: localaws.Endpoint, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run `cdr` against the shared endpoint, without a terminal and without AWS settings."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    return subprocess.run(
        [sys.executable, "-m", "cdr_helpers.cli", *arguments],
        capture_output=True,
        text=True,
        encoding="utf-8",
        stdin=subprocess.DEVNULL,
        timeout=300,
        env=inherited | {"PYTHONUTF8": "1", "CDR_LOCAL_HOME": str(endpoint.home)} | environment,
    )


STARTS, JOBS, CRAWLERS = ["trigger", "workflow"], ["job"] * 3, ["crawler"] * 4
FOLDERS = [
    "labels of callers",
    "files of machine learning",
    "files of each month",
    "files of the second supplier",
    "query results",
    "script",
    "temporary files",
    "processed files",
]
TABLES, POLICIES, LEARNING = ["table"] * 5, ["policy"] * 3, ["model", "role for learning"]


# ── what there is ───────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_inventory_names_everything_once(workshop: Workshop) -> None:
    assert [str(resource) for resource in cleanup.inventory(workshop)] == [
        f"model {workshop.model}",
        f"role for learning {workshop.learning_role}",
        f"trigger {workshop.hourly_trigger}",
        f"workflow {workshop.workflow}",
        f"job {workshop.monthly_job}",
        f"job {workshop.sql_job}",
        f"job {workshop.job}",
        f"crawler {workshop.labels_crawler}",
        f"crawler {workshop.incoming_crawler}",
        f"crawler {workshop.dmy_crawler}",
        f"crawler {workshop.crawler}",
        f"database {workshop.database} (tables: an_analysts_view, labels, monthly, processed, raw, raw_dmy)",
        f"role {workshop.role}",
        f"bucket {workshop.bucket} (10 objects)",
    ]


@pytest.mark.parametrize(
    ("chapter", "kinds"),
    [
        (9, [*LEARNING, *FOLDERS[:2], "table", "crawler", "policy"]),
        (7, [*LEARNING, *STARTS, "job", *FOLDERS[:3], *TABLES[:2], *CRAWLERS[:2], *POLICIES[:2]]),
        (6, [*LEARNING, *STARTS, *JOBS[1:], *FOLDERS[:4], *TABLES[2:], *CRAWLERS[1:], *POLICIES]),
        (5, [*LEARNING, *STARTS, *JOBS[1:], *FOLDERS[:5], *TABLES[1:], *CRAWLERS[1:], *POLICIES]),
        (4, [*LEARNING, *STARTS, *JOBS, *FOLDERS, *TABLES, *CRAWLERS[1:], *POLICIES]),
        (3, [*LEARNING, *STARTS, *JOBS, *FOLDERS, *TABLES, *CRAWLERS[1:], *POLICIES]),
        (2, [*LEARNING, *STARTS, *JOBS, *FOLDERS, *CRAWLERS, "database", "role"]),
        (1, [*LEARNING, *STARTS, *JOBS, *CRAWLERS, "database", "role", "bucket"]),
    ],
)
def test_the_inventory_of_later_chapters(workshop: Workshop, chapter: int, kinds: list[str]) -> None:
    assert [resource.kind for resource in cleanup.inventory(workshop, chapter)] == kinds


def test_deleting_from_a_chapter_on_keeps_what_came_before(workshop: Workshop) -> None:
    cleanup.delete(workshop, 4)
    glue, s3 = client("glue"), client("s3")
    assert [table["Name"] for table in glue.get_tables(DatabaseName=workshop.database)["TableList"]] == ["raw"]
    keys = [entry["Key"] for entry in s3.list_objects_v2(Bucket=workshop.bucket)["Contents"]]
    assert keys == ["raw/", "raw/a.csv"]
    assert cleanup.inventory(workshop, 4) == []


def test_deleting_twice_is_fine(workshop: Workshop) -> None:
    assert len(cleanup.delete(workshop)) == 14
    assert cleanup.delete(workshop) == []


def test_the_log_of_a_crawl_and_of_a_run_goes_too(workshop: Workshop) -> None:
    glue, logs = client("glue"), client("logs")
    glue.start_crawler(Name=workshop.crawler)
    run = glue.start_job_run(JobName=workshop.job)["JobRunId"]
    waiting.crawl(workshop.crawler)
    with pytest.raises(WorkshopError):
        waiting.job_run(workshop.job, run)
    assert {"job's log", "crawler's log"} <= {resource.kind for resource in cleanup.inventory(workshop)}
    cleanup.delete(workshop)
    for group, prefix in (("/aws-glue/crawlers", workshop.crawler), ("/aws-glue/jobs/error", run)):
        found = logs.describe_log_streams(logGroupName=group, logStreamNamePrefix=prefix)["logStreams"]
        assert found == [], group


# ── cdr cleanup ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_cleanup_without_yes_and_without_a_terminal_deletes_nothing(
    endpoint: localaws.Endpoint, workshop: Workshop
) -> None:
    before = cleanup.inventory(workshop)
    result = cdr(endpoint, "cleanup", "--name", workshop.name)
    assert result.returncode == 2
    assert (
        result.stderr
        == "cdr: nothing was deleted: there is no terminal to ask at; say --yes to delete without asking\n"
    )
    assert cleanup.inventory(workshop) == before


def test_cleanup_deletes_what_is_the_workshops_and_nothing_else(
    endpoint: localaws.Endpoint, workshop: Workshop
) -> None:
    other = f"{workshop.name}-other"
    client("s3").create_bucket(Bucket=other, **workshop.bucket_location)
    result = cdr(endpoint, "cleanup", "--name", workshop.name, "--yes")
    assert (result.returncode, result.stderr) == (0, "")
    assert result.stdout.splitlines()[-1] == "Nothing is left."
    assert cleanup.inventory(workshop) == []
    assert other in [bucket["Name"] for bucket in client("s3").list_buckets()["Buckets"]]
    client("s3").delete_bucket(Bucket=other)
    assert localaws.status(endpoint.home) is not None, "an endpoint that was running is never stopped"


def test_cleanup_on_aws_uses_what_boto3_finds(endpoint: localaws.Endpoint, workshop: Workshop) -> None:
    """A stand-in account: its address and keys come from the environment, the local home is elsewhere."""
    elsewhere = {"CDR_LOCAL_HOME": os.devnull}
    result = cdr(
        endpoint, "cleanup", "--target", "aws", "--name", workshop.name, "--yes", **endpoint.environment, **elsewhere
    )
    assert (result.returncode, result.stderr) == (0, "")
    assert cleanup.inventory(workshop) == []


def test_cleanup_of_nothing_says_so(endpoint: localaws.Endpoint) -> None:
    result = cdr(endpoint, "cleanup", "--name", "never-made-7", "--yes")
    assert (result.returncode, result.stdout) == (0, "There is nothing to delete.\n")


# ── cdr goto, cdr doctor ────────────────────────────────────────────────────────────────────────────────────────────


def test_goto_resets_what_is_later_and_runs_what_is_before(endpoint: localaws.Endpoint, workshop: Workshop) -> None:
    result = cdr(endpoint, "goto", "02", "--name", workshop.name)
    assert result.returncode == 0, result.stderr
    lines = [line.split() for line in result.stdout.splitlines()]
    assert [line[1] for line in lines if line[0] == "ok"] == ["00_start_here", "01_s3_bucket"]
    assert lines[-1][:2] == ["Ready", "for"]
    assert lines[-1][2].endswith("02_glue_crawler.ipynb")
    assert cleanup.inventory(workshop, 2) == []
    keys = [entry["Key"] for entry in client("s3").list_objects_v2(Bucket=workshop.bucket, Prefix="raw/")["Contents"]]
    assert "raw/call-detail-records-2021-12.csv" in keys


def test_doctor_of_this_machine(endpoint: localaws.Endpoint) -> None:
    result = cdr(endpoint, "doctor")
    assert (result.returncode, result.stderr) == (0, ""), result.stdout
    found = {line[6:20].strip(): line[:5].strip() for line in result.stdout.splitlines()[:-1]}
    assert found["local AWS"] == "ok"
    assert set(found.values()) == {"ok"}
    assert result.stdout.splitlines()[-1] == "Ready."


def test_doctor_names_what_is_missing(endpoint: localaws.Endpoint) -> None:
    wrong = {**endpoint.environment, "AWS_SECRET_ACCESS_KEY": "wrong"}
    result = cdr(endpoint, "doctor", "--target", "aws", **wrong)
    assert result.returncode == 1
    assert "BAD   credentials" in result.stdout
    assert result.stdout.splitlines()[-1] == "1 of 6 checks need attention."
