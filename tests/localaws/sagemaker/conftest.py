"""Small data sets with a known rule, a role that SageMaker may assume, jobs to their end."""

from __future__ import annotations

import json
import random
import time
from collections.abc import Callable
from typing import Any

import pytest

Record = dict[str, Any]
SECONDS = 120


@pytest.fixture(scope="session")
def make_sagemaker_role(client: Callable[..., Any]) -> Callable[..., str]:
    """`make(name, statement, service)`: the ARN of a role with one statement as its policy."""

    def make(name: str, *statements: Record, service: str = "sagemaker.amazonaws.com") -> str:
        trust = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
        document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
        arn = client("iam").create_role(RoleName=name, AssumeRolePolicyDocument=document)["Role"]["Arn"]
        policy = json.dumps({"Version": "2012-10-17", "Statement": list(statements)})
        client("iam").put_role_policy(RoleName=name, PolicyName="own", PolicyDocument=policy)
        return arn

    return make


@pytest.fixture(scope="session")
def role(make_sagemaker_role: Callable[..., str]) -> str:
    """A role that may do everything in S3."""
    return make_sagemaker_role("sagemaker-tests", {"Effect": "Allow", "Action": "s3:*", "Resource": "*"})


def people(rows: int, seed: int = 1) -> list[Record]:
    """Rows with a rule behind `churn`: few calls and many complaints. `plan` is a category, `noise` tells nothing."""
    draw = random.Random(seed)
    made = []
    for at in range(rows):
        calls, complaints, plan = draw.randint(0, 40), draw.randint(0, 6), draw.choice(["basic", "family", "night"])
        score = complaints - calls / 8 + (1.5 if plan == "basic" else 0) + draw.gauss(0, 0.7)
        made.append(
            {
                "id": 1000 + at,
                "calls": calls,
                "complaints": complaints,
                "plan": plan,
                "noise": round(draw.random(), 3),
                "joined": f"2021-{draw.randint(1, 12):02d}-{draw.randint(1, 28):02d}",
                "churn": "yes" if score > 1 else "no",
            }
        )
    return made


def csv(rows: list[Record], *without: str, header: bool = True) -> str:
    """Rows as the text of a CSV file."""
    names = [name for name in rows[0] if name not in without]
    lines = [",".join(str(row[name]) for name in names) for row in rows]
    return "\n".join([",".join(names), *lines] if header else lines) + "\n"


def channel(uri: str, form: str = "text/csv;header=present", kind: str = "training", **settings: Any) -> Record:
    """One entry of AutoMLJobInputDataConfig."""
    source = {"S3DataSource": {"S3DataType": settings.pop("data_type", "S3Prefix"), "S3Uri": uri}}
    return {"ChannelType": kind, "ContentType": form, "DataSource": source, **settings}


@pytest.fixture
def automl(client: Callable[..., Any], bucket: str, role: str) -> Callable[..., Record]:
    """`automl(config, objective)`: a tabular job over `train/` of the bucket, at its end."""

    def run(config: Record, objective: str | None = None, name: str | None = None, **settings: Any) -> Record:
        sagemaker, name = client("sagemaker"), name or bucket.replace("test-", "job-")
        problem = {settings.pop("kind", "TabularJobConfig"): config}
        request = {
            "AutoMLJobName": name,
            "AutoMLJobInputDataConfig": settings.pop("channels", [channel(f"s3://{bucket}/train/")]),
            "OutputDataConfig": {"S3OutputPath": f"s3://{bucket}/models/"},
            "AutoMLProblemTypeConfig": problem,
            "RoleArn": settings.pop("RoleArn", role),
            **settings,
        }
        if objective:
            request["AutoMLJobObjective"] = {"MetricName": objective}
        sagemaker.create_auto_ml_job_v2(**request)
        return over(lambda: sagemaker.describe_auto_ml_job_v2(AutoMLJobName=name), "AutoMLJobStatus")

    return run


def over(describe: Callable[[], Record], status: str) -> Record:
    """What `describe` returns once the job has ended."""
    end = time.monotonic() + SECONDS
    while time.monotonic() < end:
        found = describe()
        if found[status] not in ("InProgress", "Stopping"):
            return found
        time.sleep(0.05)
    raise AssertionError(f"not over after {SECONDS} s: {found}")


@pytest.fixture
def transform(client: Callable[..., Any], bucket: str) -> Callable[..., Record]:
    """`transform(model, name)`: a transform job over `in/` into `out/`, at its end."""

    def run(model: str, name: str, **settings: Any) -> Record:
        sagemaker = client("sagemaker")
        source = {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": settings.pop("uri", f"s3://{bucket}/in/")}}
        split = settings.pop("split", {"SplitType": "Line"})
        request: Record = {
            "TransformJobName": name,
            "ModelName": model,
            "TransformInput": {"DataSource": source, "ContentType": "text/csv", **split},
            "TransformOutput": {"S3OutputPath": f"s3://{bucket}/out/", "AssembleWith": "Line"},
            "TransformResources": {"InstanceType": "ml.m5.large", "InstanceCount": 1},
            **settings,
        }
        sagemaker.create_transform_job(**request)
        return over(lambda: sagemaker.describe_transform_job(TransformJobName=name), "TransformJobStatus")

    return run
