"""A local AWS for the notebooks alone: they use the default name, which no other test may disturb."""

from __future__ import annotations

import csv
import os
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import boto3
import pytest

from cdr_helpers import localaws

ROOT = Path(__file__).resolve().parent.parent.parent


@pytest.fixture(scope="session")
def own_endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[localaws.Endpoint]:
    """The endpoint that kernels find through `CDR_LOCAL_HOME`."""
    running = localaws.start(tmp_path_factory.mktemp("notebooks") / "home")
    yield running
    localaws.stop(running.home)


@pytest.fixture(scope="session")
def environment(own_endpoint: localaws.Endpoint) -> dict[str, str]:
    """For processes that run notebooks."""
    return dict(os.environ) | {"CDR_LOCAL_HOME": str(own_endpoint.home)}


@pytest.fixture(scope="session")
def look(own_endpoint: localaws.Endpoint) -> Callable[[str], Any]:
    """`look("s3")`: plain boto3 clients that see what the notebooks made."""
    environment = own_endpoint.environment
    session = boto3.Session(
        aws_access_key_id=environment["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=environment["AWS_SECRET_ACCESS_KEY"],
        region_name=environment["AWS_DEFAULT_REGION"],
    )
    return lambda service: session.client(service, endpoint_url=environment["AWS_ENDPOINT_URL"])


@pytest.fixture(scope="session")
def data_of_eleven_columns(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Five files of 400 records without the last three columns, and without an answer sheet."""
    folder = tmp_path_factory.mktemp("eleven")
    for source in sorted((ROOT / "data").glob("*.csv"))[:5]:
        with (
            source.open(encoding="utf-8", newline="") as lines,
            (folder / source.name).open("w", encoding="utf-8", newline="") as out,
        ):
            csv.writer(out, lineterminator="\n").writerows(row[:11] for row in islice(csv.reader(lines), 401))
    return folder
