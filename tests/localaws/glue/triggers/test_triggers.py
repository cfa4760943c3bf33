"""Triggers and workflows that really start crawls and jobs, through boto3."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from cdr_helpers import localaws

Record = dict[str, Any]
SECONDS = 30
RULES = {"Effect": "Allow", "Action": ["s3:GetObject", "s3:PutObject"], "Resource": "arn:aws:s3:::*"}


def until(what: Callable[[], Any], seconds: float = SECONDS) -> Any:
    """The first true answer of `what`."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        found = what()
        if found:
            return found
        time.sleep(0.05)
    raise AssertionError(f"not within {seconds} s")


class Stage:
    """A bucket with a file, a crawler for it and two jobs that copy its table."""

    def __init__(self, client: Callable[..., Any], name: str, role: str) -> None:
        self.glue, self.s3, self.name = client("glue"), client("s3"), name
        self.s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": "ap-southeast-2"})
        self.s3.put_object(Bucket=name, Key="raw/a.csv", Body=b"id,n\n1,2\n3,4\n")
        self.glue.create_database(DatabaseInput={"Name": name})
        targets = {"S3Targets": [{"Path": f"s3://{name}/raw/"}]}
        self.glue.create_crawler(Name=name, Role=role, DatabaseName=name, Targets=targets)
        self.role = role
        for job in ("first", "second"):
            self.job(job, "raw")

    def job(self, job: str, table: str, **more: Any) -> None:
        nodes = {
            "node-1": {"S3CatalogSource": {"Name": "Source", "Database": self.name, "Table": table}},
            "node-2": {
                "S3DirectTarget": {
                    "Name": "Target",
                    "Inputs": ["node-1"],
                    "Path": f"s3://{self.name}/{job}/",
                    "Format": "csv",
                }
            },
        }
        command = {"Name": "glueetl", "ScriptLocation": f"s3://{self.name}/scripts/{job}.py"}
        self.glue.create_job(
            Name=self.of(job),
            Role=self.role,
            JobMode="VISUAL",
            GlueVersion="5.0",
            Command=command,
            CodeGenConfigurationNodes=nodes,
            **more,
        )

    def of(self, what: str) -> str:
        return f"{self.name}-{what}"

    def trigger(self, what: str, kind: str, job: str | None, **more: Any) -> str:
        action = {"JobName": self.of(job)} if job else {"CrawlerName": self.name}
        self.glue.create_trigger(Name=self.of(what), Type=kind, Actions=[action], **more)
        return self.of(what)

    def runs(self, job: str) -> list[Record]:
        return list(self.glue.get_job_runs(JobName=self.of(job))["JobRuns"])

    def ended(self, job: str, number: int = 1) -> list[Record]:
        over = ("SUCCEEDED", "FAILED", "STOPPED")
        return until(
            lambda: (
                found := self.runs(job)
                if len(self.runs(job)) >= number and all(run["JobRunState"] in over for run in self.runs(job))
                else []
            )
        )


def after(stage: Stage, job: str, state: str = "SUCCEEDED", **more: Any) -> Record:
    condition = {"LogicalOperator": "EQUALS", "JobName": stage.of(job), "State": state}
    return {"Predicate": {"Conditions": [condition], **more}, "StartOnCreation": True}


@pytest.fixture(scope="module")
def trigger_role(make_role: Callable[..., str]) -> str:
    """A role that may read and write every bucket."""
    return make_role("glue-tests-triggers", RULES)


@pytest.fixture
def stage(client: Callable[..., Any], name: str, trigger_role: str) -> Stage:
    """The stage on the shared endpoint, its table crawled."""
    made = Stage(client, name, trigger_role)
    made.glue.start_crawler(Name=name)
    until(lambda: made.glue.get_crawler(Name=name)["Crawler"]["State"] == "READY")
    return made


def test_on_demand(stage: Stage) -> None:
    name = stage.trigger("go", "ON_DEMAND", "first")
    assert stage.glue.start_trigger(Name=name)["Name"] == name
    [run] = stage.ended("first")
    assert (run["JobRunState"], run["TriggerName"]) == ("SUCCEEDED", name)
    assert stage.glue.get_trigger(Name=name)["Trigger"]["State"] == "CREATED"


def test_a_chain_goes_on_only_from_what_a_trigger_has_started(stage: Stage) -> None:
    stage.trigger("then", "CONDITIONAL", "second", **after(stage, "first"))
    stage.glue.start_job_run(JobName=stage.of("first"))
    stage.ended("first")
    assert stage.runs("second") == []
    stage.glue.start_trigger(Name=stage.trigger("go", "ON_DEMAND", "first"))
    [run] = stage.ended("second")
    assert run["TriggerName"] == stage.of("then")


def test_a_condition_on_failure(stage: Stage) -> None:
    stage.job("broken", "no_such_table")
    stage.trigger("well", "CONDITIONAL", "first", **after(stage, "broken"))
    stage.trigger("ill", "CONDITIONAL", "second", **after(stage, "broken", "FAILED"))
    stage.glue.start_trigger(Name=stage.trigger("go", "ON_DEMAND", "broken"))
    stage.ended("second")
    assert stage.runs("first") == []


def test_a_condition_on_failure_waits_for_the_last_attempt(stage: Stage) -> None:
    stage.job("broken", "no_such_table", MaxRetries=2)
    stage.trigger("ill", "CONDITIONAL", "second", **after(stage, "broken", "FAILED"))
    stage.glue.start_trigger(Name=stage.trigger("go", "ON_DEMAND", "broken"))
    [after_all] = stage.ended("second")
    attempts = stage.runs("broken")
    assert [run["Attempt"] for run in attempts] == [2, 1, 0]
    assert attempts[0]["CompletedOn"] <= after_all["StartedOn"]
    assert {run["TriggerName"] for run in attempts} == {stage.of("go")}


def test_a_stopped_trigger_does_not_fire(stage: Stage) -> None:
    name = stage.trigger("then", "CONDITIONAL", "second", **after(stage, "first"))
    assert stage.glue.get_trigger(Name=name)["Trigger"]["State"] == "ACTIVATED"
    stage.glue.stop_trigger(Name=name)
    assert stage.glue.get_trigger(Name=name)["Trigger"]["State"] == "DEACTIVATED"
    stage.glue.start_trigger(Name=stage.trigger("go", "ON_DEMAND", "first"))
    stage.ended("first")
    assert stage.runs("second") == []


def workflow(stage: Stage) -> str:
    """Crawler, then the first job, then the second."""
    glue, name = stage.glue, stage.of("flow")
    glue.create_workflow(Name=name, DefaultRunProperties={"month": "2021-01"})
    stage.trigger("start", "ON_DEMAND", None, WorkflowName=name)
    crawled = {"LogicalOperator": "EQUALS", "CrawlerName": stage.name, "CrawlState": "SUCCEEDED"}
    stage.trigger(
        "crawled", "CONDITIONAL", "first", WorkflowName=name, StartOnCreation=True, Predicate={"Conditions": [crawled]}
    )
    stage.trigger("copied", "CONDITIONAL", "second", WorkflowName=name, **after(stage, "first"))
    return name


def test_a_workflow_runs_crawler_and_jobs_in_order(stage: Stage) -> None:
    glue, name = stage.glue, workflow(stage)
    run_id = glue.start_workflow_run(Name=name, RunProperties={"day": "1"})["RunId"]
    run = until(lambda: found if (found := shown(glue, name, run_id))["Status"] != "RUNNING" else None)
    assert run["Status"] == "COMPLETED"
    assert run["Statistics"]["SucceededActions"] == 3
    assert run["WorkflowRunProperties"] == {"month": "2021-01", "day": "1"}
    [first], [second] = stage.runs("first"), stage.runs("second")
    assert first["CompletedOn"] <= second["StartedOn"]
    assert first["Arguments"]["--WORKFLOW_RUN_ID"] == run_id
    nodes = {(node["Type"], node["Name"]) for node in run["Graph"]["Nodes"]}
    assert ("CRAWLER", stage.name) in nodes
    assert ("JOB", stage.of("second")) in nodes
    assert len(run["Graph"]["Edges"]) == 5
    assert glue.get_workflow(Name=name)["Workflow"]["LastRun"]["WorkflowRunId"] == run_id


def shown(glue: Any, name: str, run_id: str) -> Record:
    return dict(glue.get_workflow_run(Name=name, RunId=run_id, IncludeGraph=True)["Run"])


def test_a_workflow_ends_where_a_condition_is_not_met(stage: Stage) -> None:
    glue, name = stage.glue, workflow(stage)
    glue.delete_job(JobName=stage.of("first"))
    stage.job("first", "no_such_table")
    run_id = glue.start_workflow_run(Name=name)["RunId"]
    run = until(lambda: found if (found := shown(glue, name, run_id))["Status"] != "RUNNING" else None)
    assert (run["Status"], run["Statistics"]["FailedActions"]) == ("COMPLETED", 1)
    assert stage.runs("second") == []


def test_a_workflow_counts_the_last_attempt(stage: Stage) -> None:
    glue, name = stage.glue, workflow(stage)
    glue.delete_job(JobName=stage.of("first"))
    stage.job("first", "no_such_table", MaxRetries=1)
    run_id = glue.start_workflow_run(Name=name)["RunId"]
    run = until(lambda: found if (found := shown(glue, name, run_id))["Status"] != "RUNNING" else None)
    assert (run["Status"], run["Statistics"]["FailedActions"]) == ("COMPLETED", 1)
    assert [one["Attempt"] for one in stage.runs("first")] == [1, 0]


def test_deleting_a_workflow_takes_its_triggers(stage: Stage) -> None:
    name = workflow(stage)
    stage.glue.delete_workflow(Name=name)
    assert stage.of("start") not in stage.glue.list_triggers()["TriggerNames"]


@pytest.mark.parametrize(
    ("schedule", "reason"),
    [
        ("cron(0/2 * * * ? *)", "Rates faster than 5 minutes"),
        ("cron(0 0 1 * MON *)", "One of day-of-month and day-of-week"),
        ("rate(5 minutes)", "It must be cron"),
        (None, "Schedule cannot be null"),
    ],
)
def test_schedules_that_glue_refuses(stage: Stage, schedule: str | None, reason: str) -> None:
    more = {"Schedule": schedule} if schedule else {}
    with pytest.raises(ClientError) as refused:
        stage.trigger("clock", "SCHEDULED", "first", **more)
    assert refused.value.response["Error"]["Code"] == "InvalidInputException"
    assert reason in refused.value.response["Error"]["Message"]


def test_other_refusals(stage: Stage) -> None:
    glue, name = stage.glue, stage.of("go")
    stage.trigger("go", "ON_DEMAND", "first")
    for call, code in (
        (lambda: stage.trigger("go", "ON_DEMAND", "first"), "AlreadyExistsException"),
        (lambda: glue.start_trigger(Name="no-such"), "EntityNotFoundException"),
        (lambda: glue.stop_trigger(Name=name), "InvalidInputException"),
        (lambda: stage.trigger("if", "CONDITIONAL", "first"), "InvalidInputException"),
        (lambda: stage.trigger("event", "EVENT", "first"), "InvalidInputException"),
        (lambda: glue.start_workflow_run(Name="no-such"), "EntityNotFoundException"),
        (lambda: glue.create_trigger(Name="x", Type="ON_DEMAND", Actions=[{}]), "InvalidInputException"),
    ):
        with pytest.raises(ClientError) as refused:
            call()
        assert refused.value.response["Error"]["Code"] == code


@pytest.fixture
def late_endpoint(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[localaws.Endpoint]:
    """An endpoint whose schedules believe that it is some seconds before nine."""
    monkeypatch.setenv("CDR_LOCAL_CLOCK", "2021-03-01T08:59:57")
    home = tmp_path / "home"
    yield localaws.start(home)
    localaws.stop(home)


def test_a_schedule_fires_on_the_minute_and_survives_a_restart(
    late_endpoint: localaws.Endpoint, client_at: Callable[[localaws.Endpoint], Callable[..., Any]]
) -> None:
    """The clock is given, so nobody waits for the hour."""
    at = client_at(late_endpoint)
    stage = Stage(at, "scheduled-stage", make_role_at(at))
    stage.trigger("clock", "SCHEDULED", "first", Schedule="cron(0 9 * * ? *)", StartOnCreation=True)
    stage.trigger("other", "SCHEDULED", "second", Schedule="cron(5 9 * * ? *)", StartOnCreation=True)
    localaws.stop(late_endpoint.home)
    again = client_at(localaws.start(late_endpoint.home))
    stage.glue = again("glue")
    [run] = until(lambda: stage.runs("first"))
    assert run["TriggerName"] == stage.of("clock")
    assert stage.runs("second") == []


def make_role_at(at: Callable[..., Any]) -> str:
    import json

    trust = {"Effect": "Allow", "Principal": {"Service": "glue.amazonaws.com"}, "Action": "sts:AssumeRole"}
    documents = [json.dumps({"Version": "2012-10-17", "Statement": [one]}) for one in (trust, RULES)]
    at("iam").create_role(RoleName="scheduled", AssumeRolePolicyDocument=documents[0])
    at("iam").put_role_policy(RoleName="scheduled", PolicyName="objects", PolicyDocument=documents[1])
    return "scheduled"
