"""One word gives every name; one call points boto3 at a target, and back."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest

from cdr_helpers import caller_labels, connect, csv_files, localaws
from cdr_helpers.errors import WorkshopError
from cdr_helpers.unanswered import Unanswered
from cdr_helpers.workshop import DEFAULT_NAME, Workshop, check_name, disconnect


@pytest.fixture
def environment(endpoint: localaws.Endpoint) -> Iterator[None]:
    """The shared endpoint is the one that `connect` finds; what `connect` changes is put back."""
    before, session = dict(os.environ), boto3.DEFAULT_SESSION
    os.environ["CDR_LOCAL_HOME"] = str(endpoint.home)
    yield
    disconnect()
    boto3.DEFAULT_SESSION = session
    os.environ.clear()
    os.environ.update(before)


def test_every_name_comes_from_one_word() -> None:
    workshop = Workshop("local", "calls-7", "ap-southeast-2", "123456789012")
    assert workshop.bucket == "calls-7"
    assert workshop.role == "AWSGlueServiceRole-calls-7"
    assert workshop.database == "calls-7-database"
    assert workshop.crawler == "calls-7-crawler"
    assert workshop.job == "calls-7-transform-job"
    assert workshop.raw == "s3://calls-7/raw/"
    assert workshop.processed == "s3://calls-7/processed/"
    assert workshop.script == "s3://calls-7/scripts/calls-7-process.py"
    assert workshop.athena_results == "s3://calls-7/athena-results/"
    assert workshop.learning_role == "AmazonSageMaker-calls-7"
    assert workshop.model == "calls-7-callers"


def test_only_us_east_1_takes_no_location() -> None:
    sydney = Workshop("aws", "calls-7", "ap-southeast-2", "123456789012")
    assert sydney.bucket_location == {"CreateBucketConfiguration": {"LocationConstraint": "ap-southeast-2"}}
    assert Workshop("aws", "calls-7", "us-east-1", "123456789012").bucket_location == {}


@pytest.mark.parametrize("name", ["abc", DEFAULT_NAME, f"{DEFAULT_NAME}-123456789012", "other-name-7", "a" * 45])
def test_names_that_every_resource_can_have(name: str) -> None:
    check_name(name)


@pytest.mark.parametrize(
    ("name", "cure"),
    [
        ("", "at least 3 characters"),
        ("ab", "at least 3 characters"),
        ("a" * 46, "45 characters"),
        ("Calls", "a-z, 0-9 and hyphens only"),
        ("call_records", "a-z, 0-9 and hyphens only"),
        ("call.records", "a-z, 0-9 and hyphens only"),
        ("calls/raw", "a-z, 0-9 and hyphens only"),
        ("calls\n", "a-z, 0-9 and hyphens only"),
        ("-calls", "begin and end"),
        ("calls-", "begin and end"),
        ("xn--calls", "begin with"),
        ("calls-s3alias", "end with"),
    ],
)
def test_names_that_some_resource_cannot_have(name: str, cure: str) -> None:
    with pytest.raises(WorkshopError, match=cure):
        check_name(name)


def test_local_needs_no_account(environment: None, endpoint: localaws.Endpoint, capsys) -> None:
    workshop = connect()
    assert (workshop.target, workshop.name, workshop.region) == ("local", DEFAULT_NAME, "ap-southeast-2")
    assert boto3.client("s3").meta.endpoint_url == endpoint.url
    shown = capsys.readouterr().out
    assert workshop.role in shown
    assert "no account, no cost" in shown


def test_local_wins_over_what_the_environment_says(environment: None, endpoint: localaws.Endpoint) -> None:
    os.environ |= {
        "AWS_PROFILE": "no-such-profile",
        "AWS_SESSION_TOKEN": "a token of somebody else",
        "AWS_ENDPOINT_URL_S3": "http://127.0.0.1:9",
        "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true",
        "AWS_DEFAULT_REGION": "eu-west-1",
    }
    workshop = connect("local", "calls-7", "eu-central-1")
    s3 = boto3.client("s3")
    assert (s3.meta.endpoint_url, s3.meta.region_name, workshop.region) == (
        endpoint.url,
        "eu-central-1",
        "eu-central-1",
    )
    assert isinstance(s3.list_buckets()["Buckets"], list)


def test_aws_is_what_the_environment_says_even_after_local(environment: None, endpoint: localaws.Endpoint) -> None:
    os.environ |= endpoint.environment | {"AWS_DEFAULT_REGION": "eu-west-1"}
    connect("local")
    workshop = connect("aws")
    assert workshop.name == f"{DEFAULT_NAME}-{workshop.account_id}"
    assert workshop.region == os.environ["AWS_DEFAULT_REGION"] == boto3.client("s3").meta.region_name == "eu-west-1"
    assert connect("aws", "calls-7").name == "calls-7"


@pytest.mark.parametrize(
    ("variables", "message"),
    [
        ({}, "No AWS credentials found"),
        ({"AWS_PROFILE": "no-such-profile"}, "no-such-profile"),
        ({"AWS_ACCESS_KEY_ID": "half"}, "incomplete"),
        ({"AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b", "AWS_ENDPOINT_URL": "http://127.0.0.1:9"}, "network"),
    ],
)
def test_aws_without_usable_credentials_is_one_line(
    environment: None, monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], message: str
) -> None:
    for variable in [variable for variable in os.environ if variable.startswith("AWS_")]:
        monkeypatch.delenv(variable)
    quiet = {"AWS_EC2_METADATA_DISABLED": "true", "AWS_MAX_ATTEMPTS": "1"}
    files = dict.fromkeys(("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"), os.devnull)
    for variable, value in (quiet | files | variables).items():
        monkeypatch.setenv(variable, value)
    with pytest.raises(WorkshopError, match=message) as failed:
        connect("aws")
    assert "\n" not in str(failed.value)


def test_keys_that_aws_refuses_are_one_line(environment: None, endpoint: localaws.Endpoint) -> None:
    os.environ |= endpoint.environment | {"AWS_SECRET_ACCESS_KEY": "not the secret"}
    with pytest.raises(WorkshopError, match="does not accept these credentials"):
        connect("aws")


def test_an_unknown_target_names_the_known_ones() -> None:
    with pytest.raises(WorkshopError, match="'azure'.*local, aws"):
        connect("azure")


def test_csv_files_in_order_and_nothing_else(tmp_path: Path) -> None:
    for name in ("b.csv", "a.csv", "ground-truth.json"):
        (tmp_path / name).write_text("x", encoding="utf-8")
    assert [file.name for file in csv_files(tmp_path)] == ["a.csv", "b.csv"]
    assert csv_files() == csv_files(None) != []


def test_a_folder_without_data_says_how_to_make_some(tmp_path: Path) -> None:
    with pytest.raises(WorkshopError, match=r"no \.csv file.*cdr generate"):
        csv_files(tmp_path)
    with pytest.raises(WorkshopError, match=r"no folder.*cdr generate"):
        csv_files(tmp_path / "missing")


def test_labels_are_found_beside_the_data_or_said_to_be_missing(tmp_path: Path) -> None:
    (tmp_path / "calls.csv").write_text("a\n1\n", encoding="utf-8")
    missing = caller_labels(tmp_path)
    assert isinstance(missing, Unanswered) and "comes without labels" in missing.reason
    (tmp_path / "labels").mkdir()
    (tmp_path / "labels" / "known.csv").write_text("caller,unwanted\n", encoding="utf-8")
    assert caller_labels(tmp_path) == tmp_path / "labels" / "known.csv"
    sample = caller_labels()
    assert isinstance(sample, Path) and sample.name == "caller-labels.csv"
