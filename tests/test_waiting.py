"""Waiting for work that fails, and the patience of cells that run twice."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from cdr_helpers import existing_is_fine, localaws, missing_is_fine, until_role_is_usable, waiting
from cdr_helpers.errors import WorkshopError
from cdr_helpers.progress import Bar, Progress

ADMIN = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}


def trust(service: str) -> str:
    statement = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


@pytest.fixture
def default_session(endpoint: localaws.Endpoint) -> Iterator[None]:
    """boto3's default session speaks to the shared endpoint, as after `connect`."""
    before, session = dict(os.environ), boto3.DEFAULT_SESSION
    os.environ |= endpoint.environment
    boto3.setup_default_session(region_name=endpoint.region)
    yield
    boto3.DEFAULT_SESSION = session
    os.environ.clear()
    os.environ.update(before)


@pytest.fixture
def role(client: Callable[..., Any], name: str) -> str:
    """A role that Glue may use for everything."""
    client("iam").create_role(RoleName=name, AssumeRolePolicyDocument=trust("glue.amazonaws.com"))
    client("iam").put_role_policy(RoleName=name, PolicyName="all", PolicyDocument=json.dumps(ADMIN))
    return name


def job_with_a_missing_table(glue: Any, name: str, role: str) -> str:
    """Start a job that reads a table that is not there; its run id."""
    nodes = {
        "node-1": {"S3CatalogSource": {"Name": "Source", "Database": name, "Table": "nothing_here"}},
        "node-2": {"S3DirectTarget": {"Name": "Out", "Inputs": ["node-1"], "Path": f"s3://{name}/o/", "Format": "csv"}},
    }
    glue.create_database(DatabaseInput={"Name": name})
    glue.create_job(
        Name=name,
        Role=role,
        JobMode="VISUAL",
        GlueVersion="5.0",
        Command={"Name": "glueetl", "PythonVersion": "3", "ScriptLocation": f"s3://{name}/scripts/job.py"},
        CodeGenConfigurationNodes=nodes,
    )
    return glue.start_job_run(JobName=name)["JobRunId"]


def test_a_failed_run_speaks_with_aws_words(
    default_session: None, client: Callable[..., Any], bucket: str, role: str, capsys: pytest.CaptureFixture[str]
) -> None:
    run_id = job_with_a_missing_table(client("glue"), bucket, role)
    with pytest.raises(WorkshopError, match=f"job {bucket} ended as FAILED: .*nothing_here"):
        waiting.job_run(bucket, run_id, timeout=60)
    assert f"✗ job {bucket}" in capsys.readouterr().out


def test_a_crawl_that_never_ran(default_session: None, client: Callable[..., Any], bucket: str, role: str) -> None:
    client("glue").create_crawler(
        Name=bucket, Role=role, DatabaseName=bucket, Targets={"S3Targets": [{"Path": f"s3://{bucket}/"}]}
    )
    with pytest.raises(WorkshopError, match="it has never run"):
        waiting.crawl(bucket, timeout=60)


def test_a_failed_query_speaks_with_aws_words(default_session: None, client: Callable[..., Any], bucket: str) -> None:
    started = client("athena").start_query_execution(
        QueryString="SELECT * FROM nowhere.nothing",
        ResultConfiguration={"OutputLocation": f"s3://{bucket}/results/"},
    )
    with pytest.raises(WorkshopError, match="query ended as FAILED: .*nowhere"):
        waiting.query(started["QueryExecutionId"], timeout=60)


def test_what_exists_already_is_fine(client: Callable[..., Any], bucket: str, role: str, endpoint: Any) -> None:
    for _ in range(2):
        with existing_is_fine():
            client("s3").create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": endpoint.region})
        with existing_is_fine():
            client("iam").create_role(RoleName=role, AssumeRolePolicyDocument=trust("glue.amazonaws.com"))
        with existing_is_fine():
            client("glue").create_database(DatabaseInput={"Name": bucket})


def test_what_is_gone_already_is_fine(client: Callable[..., Any], name: str) -> None:
    with missing_is_fine():
        client("s3").delete_bucket(Bucket=name)
    with missing_is_fine():
        client("iam").delete_role(RoleName=name)
    with missing_is_fine():
        client("glue").delete_database(Name=name)
    with missing_is_fine():
        client("glue").delete_crawler(Name=name)
    with missing_is_fine():
        client("sagemaker").delete_model(ModelName=name)


def test_other_errors_are_not_fine(client: Callable[..., Any], name: str) -> None:
    with pytest.raises(ClientError), existing_is_fine():
        client("glue").get_database(Name=name)
    client("glue").create_database(DatabaseInput={"Name": name})
    with pytest.raises(ClientError), missing_is_fine():
        client("glue").create_database(DatabaseInput={"Name": name})


def test_somebody_elses_bucket_asks_for_another_name() -> None:
    taken = ClientError({"Error": {"Code": "BucketAlreadyExists", "Message": "taken"}}, "CreateBucket")
    with pytest.raises(WorkshopError, match="Choose another `name`"), existing_is_fine():
        raise taken


def test_a_role_that_glue_may_not_use_ends_with_aws_error(
    client: Callable[..., Any], bucket: str, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    client("iam").create_role(RoleName=name, AssumeRolePolicyDocument=trust("ec2.amazonaws.com"))
    arguments = {"Role": name, "DatabaseName": name, "Targets": {"S3Targets": [{"Path": f"s3://{bucket}/"}]}}
    with pytest.raises(ClientError, match="InvalidInputException"):
        until_role_is_usable(client("glue").create_crawler, timeout=0.5, Name=name, **arguments)
    client("iam").update_assume_role_policy(RoleName=name, PolicyDocument=trust("glue.amazonaws.com"))
    until_role_is_usable(client("glue").create_crawler, timeout=0.5, Name=name, **arguments)
    assert client("glue").get_crawler(Name=name)["Crawler"]["State"] == "READY"


def test_a_failed_training_speaks_with_aws_words(
    default_session: None, client: Callable[..., Any], bucket: str, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    client("iam").create_role(RoleName=name, AssumeRolePolicyDocument=trust("ec2.amazonaws.com"))
    client("iam").put_role_policy(RoleName=name, PolicyName="all", PolicyDocument=json.dumps(ADMIN))
    arn = client("iam").get_role(RoleName=name)["Role"]["Arn"]
    source = {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": f"s3://{bucket}/nothing/"}}
    arguments = {
        "AutoMLJobName": name,
        "AutoMLJobInputDataConfig": [{"DataSource": source}],
        "OutputDataConfig": {"S3OutputPath": f"s3://{bucket}/"},
        "AutoMLProblemTypeConfig": {"TabularJobConfig": {"TargetAttributeName": "a"}},
        "RoleArn": arn,
    }
    with pytest.raises(ClientError, match="Could not assume role"):
        until_role_is_usable(client("sagemaker").create_auto_ml_job_v2, timeout=0.5, **arguments)
    client("iam").update_assume_role_policy(RoleName=name, PolicyDocument=trust("sagemaker.amazonaws.com"))
    until_role_is_usable(client("sagemaker").create_auto_ml_job_v2, timeout=0.5, **arguments)
    with existing_is_fine():
        client("sagemaker").create_auto_ml_job_v2(**arguments)
    with pytest.raises(WorkshopError, match="ended as Failed: ClientError: Data download failed: No S3 objects found"):
        waiting.automl_job(name)


def test_a_bar_ends_full_or_failed(capsys: pytest.CaptureFixture[str]) -> None:
    with Progress("upload", total=4) as bar:
        bar.advance(4)
        bar.finish("2 files")
    with pytest.raises(ValueError, match="broken"), Progress("upload", total=4) as bar:
        bar.advance(2)
        raise ValueError("broken")
    full, half = capsys.readouterr().out.splitlines()
    assert full == f"✓ upload {'█' * 24} 2 files"
    assert half == f"✗ upload {'█' * 12}{'░' * 12} stopped"


def test_a_bar_without_a_last_word_is_done(capsys: pytest.CaptureFixture[str]) -> None:
    with Progress("upload"):
        pass
    assert capsys.readouterr().out.endswith(" done\n")


def test_a_bar_in_html_has_the_width_of_its_share() -> None:
    html = Bar("upload", "<half>", 0.5, "live")._repr_mimebundle_()["text/html"]
    assert "width:50%" in html
    assert "&lt;half&gt;" in html
