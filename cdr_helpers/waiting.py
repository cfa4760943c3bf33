"""Wait for AWS: one function per kind of work, each with a bar, a time limit and AWS's own words when it fails.

Also the two patiences that a notebook needs to be run twice: `existing_is_fine` and `until_role_is_usable`.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from cdr_helpers.errors import WorkshopError
from cdr_helpers.progress import Progress

_LOOPBACK = ("127.0.0.1", "localhost", "::1")
_LOCAL_POLL_SECONDS = 0.15


@dataclass(frozen=True)
class _Work:
    """How to watch one kind of work. States and fields: the API references of Glue and Athena."""

    service: str
    poll_seconds: float
    read: Callable[[Any], dict[str, Any]]
    state: Callable[[dict[str, Any]], str]
    outcome: Callable[[dict[str, Any]], str]
    reason: Callable[[dict[str, Any]], str]
    over: frozenset[str]
    note: Callable[[dict[str, Any]], str] | None = None


def crawl(name: str, timeout: float = 1800) -> dict[str, Any]:
    """Wait until crawler `name` is READY again; its description, as `get_crawler` gives it.

    `timeout` in seconds. Raises `WorkshopError` with AWS's message when the crawl failed or was cancelled.
    """
    work = _Work(
        service="glue",
        poll_seconds=5,
        read=lambda glue: glue.get_crawler(Name=name)["Crawler"],
        state=lambda crawler: crawler["State"],
        outcome=lambda crawler: crawler.get("LastCrawl", {}).get("Status", "FAILED"),
        reason=lambda crawler: crawler.get("LastCrawl", {}).get("ErrorMessage", "it has never run"),
        over=frozenset({"READY"}),
    )
    return _wait(f"crawler {name}", work, timeout)


def job_run(job: str, run_id: str, timeout: float = 3600) -> dict[str, Any]:
    """Wait until run `run_id` of `job` is over; the run, as `get_job_run` gives it.

    `timeout` in seconds. Raises `WorkshopError` with AWS's message unless the run SUCCEEDED.
    """
    work = _Work(
        service="glue",
        poll_seconds=3,
        read=lambda glue: glue.get_job_run(JobName=job, RunId=run_id)["JobRun"],
        state=lambda run: run["JobRunState"],
        outcome=lambda run: run["JobRunState"],
        reason=lambda run: run.get("ErrorMessage", "no error message"),
        over=frozenset({"SUCCEEDED", "FAILED", "STOPPED", "TIMEOUT", "ERROR", "EXPIRED"}),
    )
    return _wait(f"job {job}", work, timeout)


def workflow_run(workflow: str, run_id: str, timeout: float = 3600) -> dict[str, Any]:
    """Wait until run `run_id` of `workflow` is over; the run, as `get_workflow_run` gives it.

    `timeout` in seconds. Raises `WorkshopError` with AWS's message unless the run is COMPLETED and none of its actions
    has failed.
    """
    work = _Work(
        service="glue",
        poll_seconds=5,
        read=lambda glue: glue.get_workflow_run(Name=workflow, RunId=run_id)["Run"],
        state=lambda run: run["Status"],
        outcome=_workflow_outcome,
        reason=lambda run: run.get("ErrorMessage", f"its actions: {run.get('Statistics')}"),
        over=frozenset({"COMPLETED", "STOPPED", "ERROR"}),
    )
    return _wait(f"workflow {workflow}", work, timeout)


def _workflow_outcome(run: dict[str, Any]) -> str:
    counts = run.get("Statistics", {})
    done = run["Status"] == "COMPLETED" and counts.get("SucceededActions") == counts.get("TotalActions")
    return "SUCCEEDED" if done else run["Status"]


def query(execution_id: str, timeout: float = 1800) -> dict[str, Any]:
    """Wait until an Athena query is over; the execution, as `get_query_execution` gives it.

    `timeout` in seconds. Raises `WorkshopError` with AWS's message unless the query SUCCEEDED.
    """
    work = _Work(
        service="athena",
        poll_seconds=0.5,
        read=lambda athena: athena.get_query_execution(QueryExecutionId=execution_id)["QueryExecution"],
        state=lambda execution: execution["Status"]["State"],
        outcome=lambda execution: execution["Status"]["State"],
        reason=lambda execution: execution["Status"].get("StateChangeReason", "no reason given"),
        over=frozenset({"SUCCEEDED", "FAILED", "CANCELLED"}),
    )
    return _wait("query", work, timeout)


def automl_job(name: str, timeout: float = 4 * 3600) -> dict[str, Any]:
    """Wait until AutoML job `name` is over; the job, as `describe_auto_ml_job_v2` gives it.

    `timeout` in seconds. Raises `WorkshopError` with AWS's message unless the job is Completed.
    """
    work = _of_sagemaker(lambda sagemaker: sagemaker.describe_auto_ml_job_v2(AutoMLJobName=name), "AutoMLJob", 20)
    return _wait("AutoML job", work, timeout)


def transform_job(name: str, timeout: float = 3600) -> dict[str, Any]:
    """Wait until transform job `name` is over; the job, as `describe_transform_job` gives it.

    `timeout` in seconds. Raises `WorkshopError` with AWS's message unless the job is Completed.
    """
    work = _of_sagemaker(lambda sagemaker: sagemaker.describe_transform_job(TransformJobName=name), "TransformJob", 10)
    return _wait("transform job", work, timeout)


def _of_sagemaker(read: Callable[[Any], dict[str, Any]], kind: str, poll_seconds: float) -> _Work:
    """A job whose description names its members after its kind: `{kind}Status`, `{kind}SecondaryStatus`."""
    status = f"{kind}Status"
    return _Work(
        service="sagemaker",
        poll_seconds=poll_seconds,
        read=read,
        state=lambda job: job[status],
        outcome=lambda job: _SUCCEEDED.get(job[status], job[status]),
        reason=lambda job: job.get("FailureReason", "no reason given"),
        over=frozenset({"Completed", "Failed", "Stopped"}),
        note=lambda job: job.get(f"{kind}SecondaryStatus", job[status]),
    )


_SUCCEEDED = {"Completed": "SUCCEEDED"}
"""SageMaker's word for it → Glue's and Athena's."""


def _wait(label: str, work: _Work, timeout: float) -> dict[str, Any]:
    import boto3

    client = boto3.client(work.service)
    pauses = _pauses(client, work.poll_seconds)
    deadline = time.monotonic() + timeout
    with Progress(label) as bar:
        while work.state(seen := work.read(client)) not in work.over:
            bar.say((work.note or work.state)(seen))
            if time.monotonic() > deadline:
                bar.fail("still " + work.state(seen))
                raise WorkshopError(
                    f"The {label} is still {work.state(seen)} after {timeout:.0f} s. Look at it in AWS."
                )
            time.sleep(next(pauses))
        return _verdict(label, work, seen, bar)


def _verdict(label: str, work: _Work, seen: dict[str, Any], bar: Progress) -> dict[str, Any]:
    outcome = work.outcome(seen)
    if outcome != "SUCCEEDED":
        bar.fail(outcome)
        raise WorkshopError(f"The {label} ended as {outcome}: {work.reason(seen)}")
    bar.finish(outcome)
    return seen


def _pauses(client: Any, remote_seconds: float) -> Iterator[float]:
    """Seconds between two looks. An endpoint on this machine is often done at once, so the first looks follow quickly;
    AWS limits how often it is asked."""
    if urlsplit(client.meta.endpoint_url).hostname not in _LOOPBACK:
        yield from itertools.repeat(remote_seconds)
    yield from (0.02, 0.03, 0.05, 0.1)
    yield from itertools.repeat(_LOCAL_POLL_SECONDS)


_MINE_ALREADY = frozenset(
    {
        "BucketAlreadyOwnedByYou",  # S3
        "EntityAlreadyExists",  # IAM
        "AlreadyExistsException",  # Glue
        "ResourceInUse",  # SageMaker
    }
)


@contextmanager
def existing_is_fine() -> Iterator[None]:
    """Let a cell that creates something run again: what exists already, and is yours, is no error.

    Raises `WorkshopError` when a bucket of that name belongs to somebody else.
    """
    from botocore.exceptions import ClientError

    try:
        yield
    except ClientError as error:
        code = error.response["Error"]["Code"]
        if code == "BucketAlreadyExists":
            raise WorkshopError(
                "Another AWS account has a bucket of this name, and bucket names are unique across all accounts. "
                "Choose another `name` in the parameters cell and run the notebook again."
            ) from None
        if code not in _MINE_ALREADY:
            raise


_GONE_ALREADY = frozenset(
    {
        "NoSuchBucket",  # S3
        "NoSuchEntity",  # IAM
        "EntityNotFoundException",  # Glue
    }
)


@contextmanager
def missing_is_fine() -> Iterator[None]:
    """Let a cell that deletes something run again: what does not exist needs no deleting."""
    from botocore.exceptions import ClientError

    try:
        yield
    except ClientError as error:
        details = error.response["Error"]
        # SageMaker has one code for everything that is wrong with a request.
        missing_model = details["Code"] == "ValidationException" and details["Message"].startswith(
            "Could not find model"
        )
        if details["Code"] not in _GONE_ALREADY and not missing_model:
            raise


def until_role_is_usable(create: Callable[..., Any], timeout: float = 60, **arguments: Any) -> Any:
    """Call `create(**arguments)` again while AWS cannot assume a role that is only seconds old.

    IAM tells the rest of AWS about a new role within some seconds; until then Glue answers InvalidInputException,
    "Service is unable to assume provided role", and SageMaker ValidationException, "Could not assume role". `timeout`
    in seconds; after it that error is raised.
    """
    done, result = _attempt(create, arguments)
    if done:
        return result
    pauses = _pauses(create.__self__, 3.0)  # type: ignore[attr-defined]
    deadline = time.monotonic() + timeout
    with Progress("role") as bar:
        while not done and time.monotonic() < deadline:
            bar.say("AWS is still announcing the new role")
            time.sleep(next(pauses))
            done, result = _attempt(create, arguments)
        if done:
            bar.finish("it can be assumed now")
            return result
    return create(**arguments)


_NOT_YET_ASSUMABLE = (
    ("InvalidInputException", "unable to assume"),  # Glue
    ("ValidationException", "Could not assume role"),  # SageMaker
)


def _attempt(create: Callable[..., Any], arguments: dict[str, Any]) -> tuple[bool, Any]:
    """Whether `create` got past the check of its role, and what it returned."""
    from botocore.exceptions import ClientError

    try:
        return True, create(**arguments)
    except ClientError as error:
        details = error.response["Error"]
        if (details["Code"], True) not in ((code, text in details["Message"]) for code, text in _NOT_YET_ASSUMABLE):
            raise
        return False, None
