"""One endpoint per test run, in its own home; fresh names per test."""

from __future__ import annotations

import os
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest
from botocore.config import Config

from cdr_helpers import localaws


@pytest.fixture(scope="session", autouse=True)
def _no_aws_of_the_developer() -> Iterator[None]:
    """No test reads the AWS configuration of whoever runs it."""
    gone = {name: os.environ.pop(name) for name in list(os.environ) if name.startswith("AWS_")}
    os.environ |= {"AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull}
    yield
    del os.environ["AWS_CONFIG_FILE"], os.environ["AWS_SHARED_CREDENTIALS_FILE"]
    os.environ |= gone


@pytest.fixture(scope="session")
def endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[localaws.Endpoint]:
    """The endpoint that all tests of a run share."""
    running = localaws.start(tmp_path_factory.mktemp("endpoint") / "home")
    yield running
    localaws.stop(running.home)


def client_of(endpoint: localaws.Endpoint, service: str, **options: Any) -> Any:
    """A boto3 client that speaks to an endpoint and fails at once instead of trying again."""
    config = Config(retries={"total_max_attempts": 1}).merge(options.pop("config", Config()))
    return boto3.client(
        service,
        endpoint_url=endpoint.url,
        aws_access_key_id=options.pop("access_key", endpoint.access_key),
        aws_secret_access_key=options.pop("secret_key", endpoint.secret_key),
        region_name=options.pop("region", endpoint.region),
        config=config,
        **options,
    )


@pytest.fixture(scope="session")
def client(endpoint: localaws.Endpoint) -> Callable[..., Any]:
    """`client("s3")`: boto3 clients of the shared endpoint, made once each."""
    made: dict[str, Any] = {}

    def of(service: str, **options: Any) -> Any:
        if options:
            return client_of(endpoint, service, **options)
        if service not in made:
            made[service] = client_of(endpoint, service)
        return made[service]

    return of


@pytest.fixture(scope="session")
def client_at() -> Callable[[localaws.Endpoint], Callable[..., Any]]:
    """`client_at(endpoint)("s3")`: boto3 clients of another endpoint."""
    return lambda endpoint: lambda service, **options: client_of(endpoint, service, **options)


@pytest.fixture(scope="session")
def session(endpoint: localaws.Endpoint) -> Iterator[boto3.Session]:
    """A boto3 session for awswrangler, which finds the endpoint in the environment."""
    before = {name: os.environ.get(name) for name in endpoint.environment}
    os.environ |= endpoint.environment
    yield boto3.Session()
    for name, value in before.items():
        if value is None:
            del os.environ[name]
        else:
            os.environ[name] = value


@pytest.fixture
def name() -> str:
    """A name that no other test uses, fit for buckets, databases, jobs and roles."""
    return f"test-{uuid.uuid4().hex[:12]}"


@pytest.fixture
def bucket(client: Callable[..., Any], endpoint: localaws.Endpoint, name: str) -> str:
    """A fresh empty bucket."""
    client("s3").create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": endpoint.region})
    return name
