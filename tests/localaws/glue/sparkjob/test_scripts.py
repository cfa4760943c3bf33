"""Jobs in script mode: their arguments, their output, how they fail, what they may do, what they remember. None of
these scripts uses Spark itself."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

Record = dict[str, Any]
pytestmark = pytest.mark.usefixtures("spark")

ARGUMENTS = """
import json, os, sys
import boto3
from awsglue.utils import GlueArgumentError, getResolvedOptions
import helper

given = getResolvedOptions(sys.argv, ["JOB_NAME", "bucket", "day-key"])
try:
    getResolvedOptions(sys.argv, ["absent"])
except GlueArgumentError as problem:
    given["problem"] = str(problem)
given["helped"] = helper.twice(21)
given["beside"] = open("notes.txt").read()
boto3.client("s3").put_object(Bucket=given["bucket"], Key="given.json", Body=json.dumps(given))
print("to the output")
print("to the errors", file=sys.stderr)
"""

FAILURES = {
    "an exception": ("def f():\n    raise ValueError('no rows today')\nf()", "ValueError: no rows today"),
    "an exit code": ("import sys\nsys.exit(3)", "SystemExit: 3"),
    "no python": ("print('a'\n", "SyntaxError: '(' was never closed (job.py, line 1)"),
    "an unknown import": ("import nothing_of_that_name", "ModuleNotFoundError: No module named 'nothing_of_that_name'"),
    "a missing argument": (
        "import sys\nfrom awsglue.utils import getResolvedOptions\ngetResolvedOptions(sys.argv, ['x'])",
        "GlueArgumentError: the following arguments are required: --x",
    ),
}


def test_arguments_modules_and_output(
    client: Callable[..., Any],
    bucket: str,
    make_script_job: Callable[..., str],
    run: Callable[..., Record],
    body: Callable[[str], Any],
    lines: Callable[[str, str], list[str]],
) -> None:
    client("s3").put_object(Bucket=bucket, Key="lib/helper.py", Body=b"def twice(n):\n    return 2 * n\n")
    client("s3").put_object(Bucket=bucket, Key="lib/notes.txt", Body=b"a note")
    job = make_script_job(
        ARGUMENTS,
        {
            "--enable-metrics": "",
            "--bucket": bucket,
            "--day-key": "1",
            "--TempDir": f"s3://{bucket}/tmp/",
            "--extra-py-files": f"s3://{bucket}/lib/helper.py",
            "--extra-files": f"s3://{bucket}/lib/notes.txt",
        },
    )
    ended = run(job, Arguments={"--day-key": "2021-02-25"})
    assert (ended["JobRunState"], ended.get("ErrorMessage")) == ("SUCCEEDED", None)
    given = body("given.json")
    assert given == {
        "JOB_NAME": job,
        "bucket": bucket,
        "day_key": "2021-02-25",
        "JOB_ID": job,
        "JOB_RUN_ID": ended["Id"],
        "TempDir": f"s3://{bucket}/tmp/",
        "problem": "the following arguments are required: --absent",
        "helped": 42,
        "beside": "a note",
    }
    assert "to the output" in lines("output", ended["Id"])
    assert "to the errors" in lines("error", ended["Id"])


@pytest.mark.parametrize("failure", FAILURES)
def test_a_failed_script_says_why(
    failure: str,
    make_script_job: Callable[..., str],
    run: Callable[..., Record],
    lines: Callable[[str, str], list[str]],
) -> None:
    script, message = FAILURES[failure]
    ended = run(make_script_job(script))
    assert (ended["JobRunState"], ended["ErrorMessage"]) == ("FAILED", message)
    told = lines("error", ended["Id"])
    assert told[-1] == message
    assert not any("runner.py" in line for line in told)


@pytest.mark.parametrize(
    ("settings", "arguments", "message"),
    [
        ({"Command": {"Name": "pythonshell", "ScriptLocation": "s3://b/x.py"}}, {}, "has Command.Name pythonshell"),
        ({}, {"--job-language": "scala"}, "has --job-language scala"),
        ({}, {"--additional-python-modules": "boto3,no-such-module==1.0"}, "pip install 'no-such-module==1.0'"),
        ({}, {"--conf": "spark.sql.shuffle.partitions"}, "is no setting of the form name=value"),
    ],
)
def test_what_is_not_run_is_refused(
    settings: Record,
    arguments: dict[str, str],
    message: str,
    bucket: str,
    client: Callable[..., Any],
    make_script_job: Callable[..., str],
    run: Callable[..., Record],
) -> None:
    job = make_script_job("print(1)", arguments)
    if settings:
        role = client("glue").get_job(JobName=job)["Job"]["Role"]
        client("glue").update_job(JobName=job, JobUpdate={"Role": role, **settings})
    ended = run(job)
    assert ended["JobRunState"] == "FAILED"
    assert message in ended["ErrorMessage"]


def test_a_script_that_exits_with_nothing_has_worked(
    make_script_job: Callable[..., str], run: Callable[..., Record]
) -> None:
    assert run(make_script_job("import sys\nsys.exit(0)"))["JobRunState"] == "SUCCEEDED"


def test_a_script_that_is_not_there(
    client: Callable[..., Any], bucket: str, make_script_job: Callable[..., str], run: Callable[..., Record]
) -> None:
    job = make_script_job("")
    client("s3").delete_object(Bucket=bucket, Key="scripts/job.py")
    ended = run(job)
    assert ended["JobRunState"] == "FAILED"
    assert ended["ErrorMessage"].startswith(
        f"LAUNCH ERROR | Error downloading from S3 for bucket: {bucket}, key: scripts/job.py."
    )


def test_a_script_reads_in_the_name_of_its_role(
    bucket: str, make_role: Callable[..., str], make_script_job: Callable[..., str], run: Callable[..., Record]
) -> None:
    own = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": f"arn:aws:s3:::{bucket}/scripts/*"}
    script = f"from awsglue.endpoint import ask\nask('files', paths=['s3://{bucket}/scripts/'], form='csv')"
    denied = {"Effect": "Deny", "Action": "s3:ListBucket", "Resource": "*"}
    ended = run(make_script_job(script, Role=make_role(bucket, own, denied)))
    assert ended["JobRunState"] == "FAILED"
    assert "is not authorized to perform: s3:ListBucket" in ended["ErrorMessage"]


BOOKMARK = """
import sys
from awsglue.endpoint import ask
from awsglue.job import Job

found = ask("files", paths=["s3://{bucket}/in/"], form="csv", context="source")
print("files", sum(map(len, found["files"])) if not found["old"] else 0)
if "--commit" in sys.argv:
    Job(None).commit()
"""


def test_a_bookmark_counts_when_the_script_commits(
    client: Callable[..., Any],
    bucket: str,
    make_script_job: Callable[..., str],
    run: Callable[..., Record],
    lines: Callable[[str, str], list[str]],
) -> None:
    job = make_script_job(BOOKMARK.replace("{bucket}", bucket), {"--job-bookmark-option": "job-bookmark-enable"})
    seen = []
    for number, arguments in enumerate([{}, {"--commit": "yes"}, {"--commit": "yes"}]):
        client("s3").put_object(Bucket=bucket, Key=f"in/{number}.csv", Body=b"a\n")
        ended = run(job, Arguments=arguments)
        seen += [line for line in lines("output", ended["Id"]) if line.startswith("files")]
    assert seen == ["files 1", "files 2", "files 1"]
