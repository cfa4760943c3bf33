"""Which engine a job runs on, and what is said where Spark is not installed."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from cdr_helpers import localaws

Record = dict[str, Any]
CURE = "pip install 'cdr-helpers[spark]'"
EDITED = "print('edited')\n"


def graph(bucket: str, *more: tuple[str, Record]) -> Record:
    """A source of CSV files, nodes in a row, a target of JSON."""
    source = {"Name": "Amazon S3", "Paths": [f"s3://{bucket}/in/"], "Separator": "comma", "QuoteChar": "quote"}
    nodes: Record = {"node-1": {"S3CsvSource": {**source, "WithHeader": True, "Recurse": True}}}
    for kind, settings in more:
        before = f"node-{len(nodes)}"
        nodes[f"node-{len(nodes) + 1}"] = {kind: {"Inputs": [before], **settings}}
    target = {"Name": "Out", "Path": f"s3://{bucket}/out/", "Format": "json", "Inputs": [f"node-{len(nodes)}"]}
    nodes[f"node-{len(nodes) + 1}"] = {"S3DirectTarget": target}
    return nodes


CUSTOM = (
    (
        "CustomCode",
        {
            "Name": "Custom Transform",
            "ClassName": "Louder",
            "Code": """
frame = dfc.select(list(dfc.keys())[0]).toDF()
louder = DynamicFrame.fromDF(frame.selectExpr("upper(a) AS a"), glueContext, "louder")
return DynamicFrameCollection({"louder": louder}, glueContext)
""",
        },
    ),
    ("SelectFromCollection", {"Name": "Pick", "Index": 0}),
)


@pytest.fixture
def make_visual_job(client: Callable[..., Any], bucket: str, job_role: str) -> Callable[..., str]:
    """`make_visual_job(nodes)`: a visual job over one CSV file, with the bucket's name; its name."""

    def make(nodes: Record) -> str:
        client("s3").put_object(Bucket=bucket, Key="in/a.csv", Body=b"a,b\nx,1\n")
        command = {"Name": "glueetl", "ScriptLocation": f"s3://{bucket}/scripts/job.py"}
        client("glue").create_job(
            Name=bucket, Role=job_role, JobMode="VISUAL", Command=command, CodeGenConfigurationNodes=nodes
        )
        return bucket

    return make


@pytest.fixture
def written(client: Callable[..., Any], bucket: str, keys: Callable[[str], list[str]]) -> Callable[[], list[str]]:
    """`written()`: the texts of the objects below `out/`, which are deleted."""

    def read() -> list[str]:
        texts = []
        for key in keys("out/"):
            texts.append(client("s3").get_object(Bucket=bucket, Key=key)["Body"].read().decode())
            client("s3").delete_object(Bucket=bucket, Key=key)
        return texts

    return read


@pytest.mark.usefixtures("spark")
def test_an_edited_script_runs_and_a_saved_graph_runs_again(
    client: Callable[..., Any],
    bucket: str,
    make_visual_job: Callable[..., str],
    run: Callable[..., Record],
    lines: Callable[[str, str], list[str]],
    written: Callable[[], list[str]],
) -> None:
    nodes = graph(bucket)
    job = make_visual_job(nodes)
    assert run(job)["JobRunState"] == "SUCCEEDED"
    assert written() == ['{"a":"x","b":"1"}\n']

    client("s3").put_object(Bucket=bucket, Key="scripts/job.py", Body=EDITED.encode())
    ended = run(job)
    assert ended["JobRunState"] == "SUCCEEDED"
    assert "edited" in lines("output", ended["Id"])
    assert written() == []
    assert run(job, Arguments={"--local-aws-engine": "duckdb"})["JobRunState"] == "SUCCEEDED"
    assert written() == ['{"a":"x","b":"1"}\n']

    definition = client("glue").get_job(JobName=job)["Job"]
    update = {key: definition[key] for key in ("Role", "JobMode", "Command")} | {"CodeGenConfigurationNodes": nodes}
    client("glue").update_job(JobName=job, JobUpdate=update)
    assert run(job)["JobRunState"] == "SUCCEEDED"
    assert written() == ['{"a":"x","b":"1"}\n']


@pytest.mark.usefixtures("spark")
def test_a_custom_transform_runs_on_spark(
    client: Callable[..., Any],
    bucket: str,
    make_visual_job: Callable[..., str],
    run: Callable[..., Record],
    written: Callable[[], list[str]],
) -> None:
    job = make_visual_job(graph(bucket, *CUSTOM))
    script = client("s3").get_object(Bucket=bucket, Key="scripts/job.py")["Body"].read().decode()
    assert "def Louder(glueContext, dfc) -> DynamicFrameCollection:\n    frame = dfc.select(" in script
    ended = run(job)
    assert (ended["JobRunState"], ended.get("ErrorMessage")) == ("SUCCEEDED", None)
    assert written() == ['{"a":"X"}\n']


def test_an_engine_that_does_not_exist_or_does_not_fit(
    bucket: str, make_visual_job: Callable[..., str], run: Callable[..., Record]
) -> None:
    job = make_visual_job(graph(bucket, *CUSTOM))
    ended = run(job, Arguments={"--local-aws-engine": "duckdb"})
    assert ended["JobRunState"] == "FAILED"
    assert "Node 'Custom Transform' (node-2, CustomCode) runs on Spark only" in ended["ErrorMessage"]
    ended = run(job, Arguments={"--local-aws-engine": "ray"})
    assert ended["ErrorMessage"] == "--local-aws-engine must be spark or duckdb, not ray."


@pytest.fixture(params=["pyspark", "java"])
def without(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[str, localaws.Endpoint]]:
    """An endpoint on a machine that has no PySpark, or no Java."""
    hidden = tmp_path / "hidden"
    hidden.mkdir()
    if request.param == "pyspark":
        (hidden / "sitecustomize.py").write_text("import sys\nsys.modules['pyspark'] = None\n")
    else:
        (hidden / "pyspark.py").write_text("")
        monkeypatch.setenv("PATH", str(hidden))
        monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setenv("PYTHONPATH", str(hidden))
    running = localaws.start(tmp_path / "home")
    yield request.param, running
    localaws.stop(running.home)


def test_without_spark_a_run_says_how_to_install_it(
    without: tuple[str, localaws.Endpoint], client_at: Callable[[localaws.Endpoint], Callable[..., Any]]
) -> None:
    missing, endpoint = without
    client = client_at(endpoint)
    trust = {"Effect": "Allow", "Principal": {"Service": "glue.amazonaws.com"}, "Action": "sts:AssumeRole"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    role = client("iam").create_role(RoleName="r", AssumeRolePolicyDocument=policy)["Role"]["Arn"]
    everything = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [everything]})
    client("iam").put_role_policy(RoleName="r", PolicyName="all", PolicyDocument=policy)
    client("s3").create_bucket(Bucket="bucket", CreateBucketConfiguration={"LocationConstraint": endpoint.region})
    command = {"Name": "glueetl", "ScriptLocation": "s3://bucket/script.py"}
    client("s3").put_object(Bucket="bucket", Key="script.py", Body=EDITED.encode())
    client("glue").create_job(Name="script", Role=role, Command=command)
    visual = {"Role": role, "JobMode": "VISUAL", "Command": command | {"ScriptLocation": "s3://bucket/visual.py"}}
    client("glue").create_job(Name="custom", CodeGenConfigurationNodes=graph("bucket", *CUSTOM), **visual)
    visual["Command"]["ScriptLocation"] = "s3://bucket/edited.py"
    client("glue").create_job(Name="edited", CodeGenConfigurationNodes=graph("bucket"), **visual)
    client("s3").put_object(Bucket="bucket", Key="edited.py", Body=EDITED.encode())
    reasons = {
        "script": "Job 'script' has JobMode SCRIPT",
        "custom": "Node 'Custom Transform' (node-2, CustomCode) runs on Spark only.",
        "edited": "The script s3://bucket/edited.py was edited after it was generated",
    }
    cure = CURE if missing == "pyspark" else "install Java 17"
    for job, reason in reasons.items():
        message = _message(client("glue"), job)
        assert message.startswith(reason)
        assert cure in message


def _message(glue: Any, job: str) -> str:
    import time

    run_id = glue.start_job_run(JobName=job)["JobRunId"]
    while (found := glue.get_job_run(JobName=job, RunId=run_id)["JobRun"])["JobRunState"] in ("STARTING", "RUNNING"):
        time.sleep(0.02)
    assert found["JobRunState"] == "FAILED"
    return str(found["ErrorMessage"])
