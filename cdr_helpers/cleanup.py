"""What the workshop made in the account, and its deletion: for notebook 99, `cdr cleanup` and `cdr goto`.

Every kind of resource knows the chapter that makes it, how to find it and how to delete it. They stand in the order of
deletion: what uses comes before what is used.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from cdr_helpers.errors import WorkshopError
from cdr_helpers.workshop import Workshop

_AT_ONCE = 1_000
"""Objects that one `delete_objects` takes (Amazon S3 API reference, DeleteObjects)."""

_PATIENCE_SECONDS = 600.0


@dataclass(frozen=True)
class Resource:
    """Something that exists: its kind, as the table below names it, its name and what is in it."""

    kind: str
    name: str
    content: str = ""

    def __str__(self) -> str:
        return f"{self.kind} {self.name}" + (f" ({self.content})" if self.content else "")


@dataclass(frozen=True)
class _Kind:
    """A kind of resource: the `chapter` that makes it, `find` what exists of it, `delete` one of them."""

    name: str
    chapter: int
    find: Callable[[Workshop], Iterator[Resource]]
    delete: Callable[[Workshop, Resource], None]


def inventory(workshop: Workshop, first_chapter: int = 0) -> list[Resource]:
    """What exists of the things that chapter `first_chapter` and later ones make, in the order of deletion."""
    return [resource for kind in _wanted(first_chapter) for resource in kind.find(workshop)]


def delete(
    workshop: Workshop, first_chapter: int = 0, progress: Callable[[Resource], None] = lambda resource: None
) -> list[Resource]:
    """Delete what exists of the things that chapter `first_chapter` and later ones make; return what was deleted.

    Can be called again after it was interrupted. `progress` is called after each. A running crawl or job run is
    stopped first, which takes minutes on AWS. Raises `WorkshopError` when it does not stop, botocore's `ClientError`
    when AWS refuses.
    """
    deleted = []
    for kind in _wanted(first_chapter):
        for resource in kind.find(workshop):
            kind.delete(workshop, resource)
            progress(resource)
            deleted.append(resource)
    return deleted


def _wanted(first_chapter: int) -> list[_Kind]:
    """The kinds that these chapters make. What goes with its bucket or its database need not go alone."""
    kinds = [kind for kind in _KINDS if kind.chapter >= first_chapter]
    whole = {kind.name for kind in kinds}
    return [kind for kind in kinds if _INSIDE.get(kind.name) not in whole]


def _client(workshop: Workshop, service: str) -> Any:
    import boto3

    return boto3.client(service, region_name=workshop.region)


_ABSENT = ("EntityNotFoundException", "NoSuchEntity", "NoSuchBucket", "ResourceNotFoundException", "404")
_FORBIDDEN = ("AccessDeniedException", "AccessDenied")


@contextmanager
def _may_be_absent(*also: str) -> Iterator[None]:
    """Look at something that may not exist, or delete it; error codes `also` say nothing either."""
    from botocore.exceptions import ClientError

    try:
        yield
    except ClientError as error:
        if error.response["Error"]["Code"] not in (*_ABSENT, *also):
            raise


# ── Glue ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def _finder_of_job(name: Callable[[Workshop], str]) -> Callable[[Workshop], Iterator[Resource]]:
    def find(workshop: Workshop) -> Iterator[Resource]:
        with _may_be_absent():
            _client(workshop, "glue").get_job(JobName=name(workshop))
            yield Resource("job", name(workshop))

    return find


def _delete_job(workshop: Workshop, resource: Resource) -> None:
    glue = _client(workshop, "glue")
    running = [run["Id"] for run in _runs(glue, resource.name) if run["JobRunState"] in _UNDER_WAY]
    if running:
        glue.batch_stop_job_run(JobName=resource.name, JobRunIds=running)
        _wait(
            f"job {resource.name}", lambda: not any(r["JobRunState"] in _UNDER_WAY for r in _runs(glue, resource.name))
        )
    with _may_be_absent():
        glue.delete_job(JobName=resource.name)


_UNDER_WAY = ("STARTING", "RUNNING", "STOPPING", "WAITING")


def _runs(glue: Any, job: str) -> list[dict[str, Any]]:
    return list(glue.get_job_runs(JobName=job)["JobRuns"])


def _finder_of_crawler(name: Callable[[Workshop], str]) -> Callable[[Workshop], Iterator[Resource]]:
    def find(workshop: Workshop) -> Iterator[Resource]:
        with _may_be_absent():
            _client(workshop, "glue").get_crawler(Name=name(workshop))
            yield Resource("crawler", name(workshop))

    return find


def _delete_crawler(workshop: Workshop, resource: Resource) -> None:
    glue = _client(workshop, "glue")

    def state() -> str:
        return str(glue.get_crawler(Name=resource.name)["Crawler"]["State"])

    with _may_be_absent():
        if state() == "RUNNING":
            glue.stop_crawler(Name=resource.name)
        _wait(f"crawler {resource.name}", lambda: state() == "READY")
        glue.delete_crawler(Name=resource.name)


def _find_database(workshop: Workshop) -> Iterator[Resource]:
    with _may_be_absent():
        _client(workshop, "glue").get_database(Name=workshop.database)
        names = _tables(workshop)
        yield Resource("database", workshop.database, f"tables: {', '.join(names)}" if names else "no tables")


def _delete_database(workshop: Workshop, resource: Resource) -> None:
    """Its tables go first: on AWS they go with it only after a while."""
    glue = _client(workshop, "glue")
    with _may_be_absent():
        for table in _tables(workshop):
            glue.delete_table(DatabaseName=resource.name, Name=table)
        glue.delete_database(Name=resource.name)


def _tables(workshop: Workshop) -> list[str]:
    pages = _client(workshop, "glue").get_paginator("get_tables").paginate(DatabaseName=workshop.database)
    return [table["Name"] for page in pages for table in page["TableList"]]


_CHAPTER_OF_TABLE = {
    "raw": 2,
    "processed": 4,
    **dict.fromkeys(("raw_dmy", "processed-timestamp-v1", "processed_by_month"), 6),
    **dict.fromkeys(("incoming", "monthly"), 7),
    **dict.fromkeys(("labels", "caller_features", "scores", "scored_callers"), 9),
}


def _finder_of_tables(chapter: int) -> Callable[[Workshop], Iterator[Resource]]:
    """What chapter `chapter` put into the database; tables and views that we do not know are an analyst's."""

    def find(workshop: Workshop) -> Iterator[Resource]:
        with _may_be_absent():
            for table in _tables(workshop):
                if _CHAPTER_OF_TABLE.get(table, 5) == chapter:
                    yield Resource("table", table)

    return find


def _delete_table(workshop: Workshop, resource: Resource) -> None:
    with _may_be_absent():
        _client(workshop, "glue").delete_table(DatabaseName=workshop.database, Name=resource.name)


# ── CloudWatch Logs ─────────────────────────────────────────────────────────────────────────────────────────────────


_CRAWLER_LOGS = "/aws-glue/crawlers"
_JOB_LOGS = ("/aws-glue/jobs/output", "/aws-glue/jobs/error", "/aws-glue/jobs/logs-v2")
"""Log groups that all crawlers and jobs of an account share: the streams are ours, the groups are not."""


def _streams(workshop: Workshop, group: str, prefix: str) -> list[str]:
    """The streams of a group whose names begin with a crawler's name or a run's id.

    None for somebody who may not see logs: that must not keep them from deleting what costs money.
    """
    pages = _client(workshop, "logs").get_paginator("describe_log_streams")
    with _may_be_absent(*_FORBIDDEN):
        found = pages.paginate(logGroupName=group, logStreamNamePrefix=prefix)
        return [stream["logStreamName"] for page in found for stream in page["logStreams"]]
    return []


def _crawler_streams(workshop: Workshop, crawler: str) -> list[tuple[str, str]]:
    return [(_CRAWLER_LOGS, stream) for stream in _streams(workshop, _CRAWLER_LOGS, crawler) if stream == crawler]


def _job_streams(workshop: Workshop, job: str) -> list[tuple[str, str]]:
    with _may_be_absent():
        runs = _runs(_client(workshop, "glue"), job)
        return [(group, name) for run in runs for group in _JOB_LOGS for name in _streams(workshop, group, run["Id"])]
    return []


_STREAMS = {"crawler's log": _crawler_streams, "job's log": _job_streams}


def _finder_of_log(kind: str, name: Callable[[Workshop], str]) -> Callable[[Workshop], Iterator[Resource]]:
    def find(workshop: Workshop) -> Iterator[Resource]:
        if _STREAMS[kind](workshop, name(workshop)):
            yield Resource(kind, name(workshop))

    return find


def delete_logs(workshop: Workshop) -> None:
    """Delete the log streams of the workshop's crawls and job runs. Only possible while the jobs know their runs."""
    for kind, names in (("crawler's log", _CRAWLERS), ("job's log", _JOBS)):
        for _, name in names:
            _delete_log(workshop, Resource(kind, name(workshop)))


def _delete_log(workshop: Workshop, resource: Resource) -> None:
    for group, stream in _STREAMS[resource.kind](workshop, resource.name):
        with _may_be_absent():
            _client(workshop, "logs").delete_log_stream(logGroupName=group, logStreamName=stream)


# ── S3 ──────────────────────────────────────────────────────────────────────────────────────────────────────────────


def _keys(workshop: Workshop, prefix: str) -> list[str]:
    pages = _client(workshop, "s3").get_paginator("list_objects_v2").paginate(Bucket=workshop.bucket, Prefix=prefix)
    return [entry["Key"] for page in pages for entry in page.get("Contents", ())]


def _finder_of_objects(kind: str, prefix: str) -> Callable[[Workshop], Iterator[Resource]]:
    def find(workshop: Workshop) -> Iterator[Resource]:
        with _may_be_absent():
            keys = _keys(workshop, prefix)
            if keys:
                yield Resource(kind, f"s3://{workshop.bucket}/{prefix}", f"{len(keys):,} objects")

    return find


def _delete_objects(workshop: Workshop, resource: Resource) -> None:
    prefix = resource.name.removeprefix(f"s3://{workshop.bucket}/")
    s3, keys = _client(workshop, "s3"), _keys(workshop, prefix)
    for first in range(0, len(keys), _AT_ONCE):
        batch = [{"Key": key} for key in keys[first : first + _AT_ONCE]]
        refused = s3.delete_objects(Bucket=workshop.bucket, Delete={"Objects": batch, "Quiet": True}).get("Errors")
        if refused:
            raise WorkshopError(f"S3 does not delete {refused[0]['Key']}: {refused[0]['Message']}")


def _find_bucket(workshop: Workshop) -> Iterator[Resource]:
    with _may_be_absent():
        yield Resource("bucket", workshop.bucket, f"{len(_keys(workshop, '')):,} objects")


def _delete_bucket(workshop: Workshop, resource: Resource) -> None:
    with _may_be_absent():
        _delete_objects(workshop, Resource("objects", f"s3://{resource.name}/"))
        _client(workshop, "s3").delete_bucket(Bucket=resource.name)


# ── IAM ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


def _finder_of_role(kind: str, name: Callable[[Workshop], str]) -> Callable[[Workshop], Iterator[Resource]]:
    def find(workshop: Workshop) -> Iterator[Resource]:
        with _may_be_absent():
            _client(workshop, "iam").get_role(RoleName=name(workshop))
            yield Resource(kind, name(workshop))

    return find


def _delete_role(workshop: Workshop, resource: Resource) -> None:
    """IAM deletes a role only when nothing is attached to it."""
    iam, role = _client(workshop, "iam"), resource.name
    with _may_be_absent():
        for policy in iam.list_attached_role_policies(RoleName=role)["AttachedPolicies"]:
            iam.detach_role_policy(RoleName=role, PolicyArn=policy["PolicyArn"])
        for name in iam.list_role_policies(RoleName=role)["PolicyNames"]:
            iam.delete_role_policy(RoleName=role, PolicyName=name)
        iam.delete_role(RoleName=role)


def _finder_of_policy(name: str) -> Callable[[Workshop], Iterator[Resource]]:
    def find(workshop: Workshop) -> Iterator[Resource]:
        with _may_be_absent():
            _client(workshop, "iam").get_role_policy(RoleName=workshop.role, PolicyName=name)
            yield Resource("policy", name)

    return find


def _delete_policy(workshop: Workshop, resource: Resource) -> None:
    with _may_be_absent():
        _client(workshop, "iam").delete_role_policy(RoleName=workshop.role, PolicyName=resource.name)


# ── SageMaker ───────────────────────────────────────────────────────────────────────────────────────────────────────

LEARNING_JOBS = "callers-"
"""How the names of chapter 09's jobs begin. SageMaker keeps the records of its jobs for good; they cost nothing."""


def _find_automl_job(workshop: Workshop) -> Iterator[Resource]:
    sagemaker = _client(workshop, "sagemaker")
    with _may_be_absent(*_FORBIDDEN):
        pages = sagemaker.get_paginator("list_auto_ml_jobs")
        found = pages.paginate(NameContains=LEARNING_JOBS, StatusEquals="InProgress")
        for each in (job for page in found for job in page["AutoMLJobSummaries"]):
            job = sagemaker.describe_auto_ml_job_v2(AutoMLJobName=each["AutoMLJobName"])
            if job["OutputDataConfig"]["S3OutputPath"].startswith(workshop.learning):
                yield Resource("AutoML job", each["AutoMLJobName"], "in progress")


def _stop_automl_job(workshop: Workshop, resource: Resource) -> None:
    sagemaker = _client(workshop, "sagemaker")
    sagemaker.stop_auto_ml_job(AutoMLJobName=resource.name)
    _wait(f"AutoML job {resource.name}", lambda: resource.name not in [r.name for r in _find_automl_job(workshop)])


def _find_model(workshop: Workshop) -> Iterator[Resource]:
    with _may_be_absent(*_FORBIDDEN):
        pages = _client(workshop, "sagemaker").get_paginator("list_models").paginate(NameContains=workshop.model)
        if workshop.model in [model["ModelName"] for page in pages for model in page["Models"]]:
            yield Resource("model", workshop.model)


def _delete_model(workshop: Workshop, resource: Resource) -> None:
    _client(workshop, "sagemaker").delete_model(ModelName=resource.name)


# ── what starts jobs and crawlers ───────────────────────────────────────────────────────────────────────────────────


def _find_trigger(workshop: Workshop) -> Iterator[Resource]:
    with _may_be_absent():
        _client(workshop, "glue").get_trigger(Name=workshop.hourly_trigger)
        yield Resource("trigger", workshop.hourly_trigger)


def _delete_trigger(workshop: Workshop, resource: Resource) -> None:
    with _may_be_absent():
        _client(workshop, "glue").delete_trigger(Name=resource.name)


def _find_workflow(workshop: Workshop) -> Iterator[Resource]:
    with _may_be_absent():
        _client(workshop, "glue").get_workflow(Name=workshop.workflow)
        yield Resource("workflow", workshop.workflow)


def _delete_workflow(workshop: Workshop, resource: Resource) -> None:
    """Its triggers first: on AWS they outlive it."""
    glue = _client(workshop, "glue")
    with _may_be_absent():
        for end in ("start", "then"):
            glue.delete_trigger(Name=f"{resource.name}-{end}")
        glue.delete_workflow(Name=resource.name)


# ── the table ───────────────────────────────────────────────────────────────────────────────────────────────────────

_JOBS: tuple[tuple[int, Callable[[Workshop], str]], ...] = (
    (7, lambda workshop: workshop.monthly_job),
    (6, lambda workshop: workshop.sql_job),
    (4, lambda workshop: workshop.job),
)
_CRAWLERS: tuple[tuple[int, Callable[[Workshop], str]], ...] = (
    (9, lambda workshop: workshop.labels_crawler),
    (7, lambda workshop: workshop.incoming_crawler),
    (6, lambda workshop: workshop.dmy_crawler),
    (2, lambda workshop: workshop.crawler),
)
_FOLDERS = (
    (9, "labels of callers", "labels/"),
    (9, "files of machine learning", "learning/"),
    (7, "files that came in", "incoming/"),
    (7, "files of each month", "monthly/"),
    (6, "files of the second supplier", "raw-dmy/"),
    (6, "processed files with timestamps", "processed-timestamp-v1/"),
    (6, "processed files by month", "processed-by-month/"),
    (5, "query results", "athena-results/"),
    (4, "script", "scripts/"),
    (4, "temporary files", "temporary/"),
    (4, "processed files", "processed/"),
)
POLICIES = ((9, "labels"), (7, "monthly"), (6, "second-supplier"))
"""Chapter → the policy that it adds to the role."""

_KINDS: tuple[_Kind, ...] = (
    _Kind("AutoML job", 9, _find_automl_job, _stop_automl_job),
    _Kind("model", 9, _find_model, _delete_model),
    _Kind(
        "role for learning",
        9,
        _finder_of_role("role for learning", lambda workshop: workshop.learning_role),
        _delete_role,
    ),
    _Kind("trigger", 7, _find_trigger, _delete_trigger),
    _Kind("workflow", 7, _find_workflow, _delete_workflow),
    *(_Kind("job's log", chapter, _finder_of_log("job's log", name), _delete_log) for chapter, name in _JOBS),
    *(_Kind("job", chapter, _finder_of_job(name), _delete_job) for chapter, name in _JOBS),
    *(_Kind(name, chapter, _finder_of_objects(name, prefix), _delete_objects) for chapter, name, prefix in _FOLDERS),
    *(_Kind("table", chapter, _finder_of_tables(chapter), _delete_table) for chapter in (9, 7, 6, 5, 4)),
    *(_Kind("crawler", chapter, _finder_of_crawler(name), _delete_crawler) for chapter, name in _CRAWLERS),
    *(
        _Kind("crawler's log", chapter, _finder_of_log("crawler's log", name), _delete_log)
        for chapter, name in _CRAWLERS
    ),
    *(_Kind("policy", chapter, _finder_of_policy(name), _delete_policy) for chapter, name in POLICIES),
    _Kind("database", 2, _find_database, _delete_database),
    _Kind("role", 2, _finder_of_role("role", lambda workshop: workshop.role), _delete_role),
    _Kind("bucket", 1, _find_bucket, _delete_bucket),
)

_INSIDE = {"table": "database", "policy": "role", **{name: "bucket" for _, name, _ in _FOLDERS}}
"""Kind → the kind that it is deleted with."""


def _wait(what: str, done: Callable[[], bool]) -> None:
    """Poll until `done`. Raises `WorkshopError` when it takes longer than AWS ever needed."""
    end = time.monotonic() + _PATIENCE_SECONDS
    while not done():
        if time.monotonic() > end:
            raise WorkshopError(f"{what} did not stop in {_PATIENCE_SECONDS / 60:.0f} minutes; try again later")
        time.sleep(0.2)
