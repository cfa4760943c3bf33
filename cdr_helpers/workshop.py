"""One word gives every name, one call gives every client: `connect(target)` at the top of each notebook.

`local` is the AWS of this checkout: the endpoint is started when it does not run yet, and boto3 and awswrangler are
pointed to it through the environment variables that they read anyway. `aws` is whatever boto3's own chain finds
(profile, environment, `AWS_ENDPOINT_URL` included). The cells are the same on both.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

from cdr_helpers.errors import WorkshopError
from cdr_helpers.showing import show
from cdr_helpers.unanswered import Unanswered

TARGETS = ("local", "aws")
DEFAULT_NAME = "call-detail-records-mock"
DEFAULT_REGION = "ap-southeast-2"
ROLE_PREFIX = "AWSGlueServiceRole-"
"""AWS's console policies let a person pass roles of this name to Glue (`iam:PassRole`)."""
LEARNING_ROLE_PREFIX = "AmazonSageMaker-"
"""AWS's policy AmazonSageMakerFullAccess lets a person pass roles of this name to SageMaker."""

_ROLE_LONGEST = 64  # IAM: RoleName
_BUCKET_SHORTEST, _BUCKET_LONGEST = 3, 63  # S3: bucket naming rules
_LOCAL_POLL_SECONDS, _AWS_POLL_SECONDS = "0.04", "1.0"  # how often awswrangler asks; 1 s is its own default


@dataclass(frozen=True)
class Workshop:
    """Where the workshop runs and what its resources are called.

    `target` is `local` or `aws`, `name` the word that gives the other names, `account_id` the 12 digits.
    """

    target: str
    name: str
    region: str
    account_id: str

    @property
    def bucket(self) -> str:
        """The S3 bucket; its name is the workshop's."""
        return self.name

    @property
    def role(self) -> str:
        """The IAM role that the crawler and the job run as."""
        return f"{ROLE_PREFIX}{self.name}"

    @property
    def database(self) -> str:
        """The database in the Glue Data Catalog."""
        return f"{self.name}-database"

    @property
    def crawler(self) -> str:
        """The crawler that makes table `raw`."""
        return f"{self.name}-crawler"

    @property
    def job(self) -> str:
        """The visual job that makes table `processed`."""
        return f"{self.name}-transform-job"

    @property
    def stem(self) -> str:
        """The name without what makes the default one unique: what jobs and schedules with a version are called by."""
        default = (DEFAULT_NAME, f"{DEFAULT_NAME}-{self.account_id}")
        return DEFAULT_NAME.removesuffix("-mock") if self.name in default else self.name

    @property
    def dmy_crawler(self) -> str:
        """The crawler that makes table `raw_dmy`."""
        return f"{self.name}-dmy-crawler"

    @property
    def sql_job(self) -> str:
        """The visual job with a SQL query, which makes table `processed-timestamp-v1`."""
        return f"{self.stem}-transform-job-v1"

    @property
    def hourly_trigger(self) -> str:
        """The trigger that starts the first job every hour, when it is started itself."""
        return f"{self.stem}-hourly-schedule-v1"

    @property
    def incoming_crawler(self) -> str:
        """The crawler that makes table `incoming`."""
        return f"{self.name}-incoming-crawler"

    @property
    def monthly_job(self) -> str:
        """The job that remembers what it has read, and makes table `monthly`."""
        return f"{self.name}-monthly-job"

    @property
    def labels_crawler(self) -> str:
        """The crawler that makes table `labels`."""
        return f"{self.name}-labels-crawler"

    @property
    def learning_role(self) -> str:
        """The IAM role that SageMaker's jobs run as."""
        return f"{LEARNING_ROLE_PREFIX}{self.name}"

    @property
    def model(self) -> str:
        """The SageMaker model that scores callers."""
        return f"{self.name}-callers"

    @property
    def workflow(self) -> str:
        """The workflow: first the crawler, then the job."""
        return f"{self.name}-workflow"

    @property
    def raw(self) -> str:
        """S3 address of the uploaded files; the slash at the end makes it a folder."""
        return f"s3://{self.bucket}/raw/"

    @property
    def processed(self) -> str:
        """S3 address of what the job writes."""
        return f"s3://{self.bucket}/processed/"

    @property
    def raw_dmy(self) -> str:
        """S3 address of the second supplier's files, whose dates begin with the day."""
        return f"s3://{self.bucket}/raw-dmy/"

    @property
    def processed_v1(self) -> str:
        """S3 address of what the job with the SQL query writes."""
        return f"s3://{self.bucket}/processed-timestamp-v1/"

    @property
    def processed_by_month(self) -> str:
        """S3 address of the same calls in a folder a month."""
        return f"s3://{self.bucket}/processed-by-month/"

    @property
    def labels(self) -> str:
        """S3 address of what is known about callers: another schema, so another folder."""
        return f"s3://{self.bucket}/labels/"

    @property
    def learning(self) -> str:
        """S3 address of what machine learning reads and writes."""
        return f"s3://{self.bucket}/learning/"

    @property
    def script(self) -> str:
        """S3 address of the PySpark script that Glue generates for the job."""
        return f"s3://{self.bucket}/scripts/{self.name}-process.py"

    @property
    def sql_script(self) -> str:
        """S3 address of the script of the job with the SQL query."""
        return f"s3://{self.bucket}/scripts/{self.name}-process-v1.py"

    @property
    def athena_results(self) -> str:
        """S3 address where Athena leaves the result of each query."""
        return f"s3://{self.bucket}/athena-results/"

    @property
    def answers(self) -> str:
        """S3 key of the answer sheet that comes with generated data."""
        return "answers/ground-truth.json"

    @property
    def bucket_location(self) -> dict[str, Any]:
        """What makes `create_bucket` use this region; `us-east-1` is what AWS takes when nothing is said."""
        if self.region == "us-east-1":
            return {}
        return {"CreateBucketConfiguration": {"LocationConstraint": self.region}}

    def names(self) -> dict[str, str]:
        """What the panel lists: what a thing is → its name."""
        return {
            "target": _WHERE[self.target],
            "account": self.account_id,
            "region": self.region,
            "bucket": self.bucket,
            "role": self.role,
            "database": self.database,
            "crawler": self.crawler,
            "job": self.job,
        }

    def __str__(self) -> str:
        return _panel_text(self.names())

    def _repr_mimebundle_(self, **_: object) -> dict[str, str]:
        return {"text/html": _panel_html(self.names()), "text/plain": _panel_text(self.names())}


_WHERE = {
    "local": "local – an AWS on this machine: no account, no cost",
    "aws": "aws – a real account: what you run here is on its bill",
}


def _panel_text(names: dict[str, str]) -> str:
    width = max(map(len, names))
    return "\n".join(f"{what:<{width}}  {name}" for what, name in names.items())


def _panel_html(names: dict[str, str]) -> str:
    rows = "".join(
        f'<tr><td style="text-align:left;padding:2px 18px 2px 0">{escape(what)}</td>'
        f'<td style="text-align:left;padding:2px 0"><b>{escape(name)}</b></td></tr>'
        for what, name in names.items()
    )
    frame = "font-size:115%;border-left:6px solid #0072B2;padding-left:12px;margin:4px 0"
    return f'<div style="{frame}"><table style="margin:0">{rows}</table></div>'


def connect(target: str = "local", name: str = DEFAULT_NAME, region: str | None = None) -> Workshop:
    """Point boto3 and awswrangler to `target` and show what the workshop's resources are called.

    `name`: lower-case letters, digits and hyphens; on `aws` the default name gets `-{account id}`, because a bucket's
    name is unique across all AWS accounts. `region`: without one, `ap-southeast-2` on `local` and the region of your
    own configuration on `aws`. Raises `WorkshopError`: unknown target, name that a resource cannot have, no usable
    credentials.
    """
    if target not in TARGETS:
        raise WorkshopError(f"There is no target {target!r}. Choose one of: {', '.join(TARGETS)}.")
    check_name(name)
    workshop = _CONNECT[target](name, region)
    check_name(workshop.name)
    show(workshop)
    return workshop


def _connect_local(name: str, region: str | None) -> Workshop:
    from cdr_helpers import localaws

    disconnect()
    try:
        endpoint = localaws.ensure()
    except localaws.LocalAwsError as error:
        raise WorkshopError(f"The local AWS does not start: {error}") from None
    region = region or DEFAULT_REGION
    _change_environment(_local_environment(endpoint.environment, region))
    _pace_awswrangler(_LOCAL_POLL_SECONDS)
    return Workshop("local", name, region, _account_id(region))


def _connect_aws(name: str, region: str | None) -> Workshop:
    disconnect()
    region = region or _configured_region() or DEFAULT_REGION
    account_id = _account_id(region)
    return Workshop("aws", f"{name}-{account_id}" if name == DEFAULT_NAME else name, region, account_id)


_CONNECT: dict[str, Callable[[str, str | None], Workshop]] = {"local": _connect_local, "aws": _connect_aws}


# ── the environment that boto3 and awswrangler read ─────────────────────────────────────────────────────────────────

_OVERRIDES = (
    "AWS_PROFILE",
    "AWS_SESSION_TOKEN",
    "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS",
    *(
        f"AWS_ENDPOINT_URL_{service}"
        for service in ("S3", "IAM", "STS", "GLUE", "ATHENA", "LAKEFORMATION", "CLOUDWATCH_LOGS", "SAGEMAKER")
    ),
)
"""Variables that would send a request elsewhere, or sign it with other keys, than those of the local endpoint."""

_changed: dict[str, tuple[str | None, str | None]] = {}
"""Variable → its value before `connect("local")`, and the one that we gave it."""


def _local_environment(endpoint: dict[str, str], region: str) -> dict[str, str | None]:
    changes: dict[str, str | None] = dict.fromkeys(_OVERRIDES)
    hosts = [host for host in os.environ.get("NO_PROXY", os.environ.get("no_proxy", "")).split(",") if host]
    return (
        changes
        | endpoint
        | {
            "AWS_DEFAULT_REGION": region,
            "AWS_REGION": region,
            "NO_PROXY": ",".join(dict.fromkeys([*hosts, "127.0.0.1"])),
            "WR_ATHENA_QUERY_WAIT_POLLING_DELAY": _LOCAL_POLL_SECONDS,
        }
    )


def _change_environment(changes: dict[str, str | None]) -> None:
    for variable, value in changes.items():
        _changed[variable] = (os.environ.get(variable), value)
        _set_variable(variable, value)


def disconnect() -> None:
    """Undo an earlier `connect("local")` of this process: boto3 finds again what the person configured.

    What the person has changed since then stays as it is.
    """
    for variable, (before, ours) in _changed.items():
        if os.environ.get(variable) == ours:
            _set_variable(variable, before)
    if _changed:
        _pace_awswrangler(_AWS_POLL_SECONDS)
    _changed.clear()


def _set_variable(variable: str, value: str | None) -> None:
    if value is None:
        os.environ.pop(variable, None)
    else:
        os.environ[variable] = value


def _pace_awswrangler(seconds: str) -> None:
    """awswrangler reads its own variables when it is imported; a notebook has often imported it before."""
    wrangler = sys.modules.get("awswrangler")
    if wrangler is not None:
        wrangler.config.athena_query_wait_polling_delay = float(seconds)


# ── who is calling ──────────────────────────────────────────────────────────────────────────────────────────────────


def _configured_region() -> str | None:
    import boto3

    with _explained():
        return boto3.Session().region_name


def _account_id(region: str) -> str:
    """The account of the caller: the cheapest call that proves that the credentials work."""
    import boto3

    with _explained():
        boto3.setup_default_session(region_name=region)
        return str(boto3.client("sts").get_caller_identity()["Account"])


_NO_CREDENTIALS = "No AWS credentials found. Run `aws configure` or set AWS_PROFILE, or stay on target 'local'."
_BAD_CREDENTIALS = "AWS does not accept these credentials ({0}). Renew them, or stay on target 'local'."
_EXPLANATIONS = {
    "NoCredentialsError": _NO_CREDENTIALS,
    "PartialCredentialsError": "The AWS credentials are incomplete ({0}). Run `aws configure` again.",
    "ProfileNotFound": "{0}. AWS_PROFILE names a profile that `aws configure list-profiles` does not list.",
    "EndpointConnectionError": "{0} Check the network, the region and AWS_ENDPOINT_URL.",
    "InvalidRegionError": "{0}. A region looks like ap-southeast-2.",
    "ClientError": _BAD_CREDENTIALS,
}
"""Name of a botocore exception, or of a class that it extends → what the person reads."""


@contextmanager
def _explained() -> Iterator[None]:
    """Turn what botocore raises for missing or refused credentials into one line."""
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        yield
    except (BotoCoreError, ClientError) as error:
        kinds = [kind.__name__ for kind in type(error).__mro__]
        text = next((_EXPLANATIONS[kind] for kind in kinds if kind in _EXPLANATIONS), "Could not connect to AWS: {0}")
        raise WorkshopError(text.format(str(error).rstrip("."))) from None


# ── names ───────────────────────────────────────────────────────────────────────────────────────────────────────────

_RESERVED_STARTS = ("xn--", "sthree-", "amzn-s3-demo-")
_RESERVED_ENDS = ("-s3alias", "--ol-s3", "--x-s3", "--table-s3", "-an")
_NAME_LONGEST = min(_BUCKET_LONGEST, _ROLE_LONGEST - len(ROLE_PREFIX))

_NAME_RULES: tuple[tuple[Callable[[str], bool], str], ...] = (
    (lambda name: len(name) >= _BUCKET_SHORTEST, f"it needs at least {_BUCKET_SHORTEST} characters"),
    (lambda name: len(name) <= _NAME_LONGEST, f"it may have {_NAME_LONGEST} characters, so that the role's fits in 64"),
    (lambda name: re.fullmatch(r"[a-z0-9-]+", name) is not None, "use a-z, 0-9 and hyphens only"),
    (lambda name: not (name.startswith("-") or name.endswith("-")), "begin and end with a letter or a digit"),
    (lambda name: not name.startswith(_RESERVED_STARTS), f"S3 reserves names that begin with {_RESERVED_STARTS}"),
    (lambda name: not name.endswith(_RESERVED_ENDS), f"S3 reserves names that end with {_RESERVED_ENDS}"),
)
"""S3's naming rules (Amazon S3 User Guide, "Bucket naming rules"). Dots are legal there but break TLS; not here."""


def check_name(name: str) -> None:
    """Raise `WorkshopError` when a bucket, role, database, crawler or job could not carry `name`."""
    for holds, cure in _NAME_RULES:
        if not holds(name):
            raise WorkshopError(f"The workshop cannot be called {name!r}: {cure}. Example: {DEFAULT_NAME}-7")


# ── the data ────────────────────────────────────────────────────────────────────────────────────────────────────────


def csv_files(data_dir: str | Path | None = None) -> list[Path]:
    """The CSV files of a folder in order of name; without a folder, those of the project's `data/`.

    Raises `WorkshopError` when there is no such folder or no CSV file in it.
    """
    folder = Path(data_dir).expanduser() if data_dir else Path(__file__).resolve().parent.parent / "data"
    if not folder.is_dir():
        raise WorkshopError(f"There is no folder {folder}. Make one with `cdr generate --out {folder}`.")
    files = sorted(file for file in folder.glob("*.csv") if file.is_file())
    if not files:
        raise WorkshopError(f"There is no .csv file in {folder}. Make some with `cdr generate --out {folder}`.")
    return files


_DMY = re.compile(r"\d{2}-\d{2}-\d{4} \d{2}:\d{2}")


def caller_labels(data_dir: str | Path | None = None) -> Path | Unanswered:
    """The file that says which callers are unwanted: `labels/*.csv` of a folder with data; without a folder that of the
    project's `data/`. An `Unanswered` when the folder has none."""
    found = sorted((csv_files(data_dir)[0].parent / "labels").glob("*.csv"))
    if not found:
        return Unanswered(
            "This data comes without labels: nobody has said which callers are unwanted. A model learns from examples, "
            "and without any there is nothing to learn."
        )
    return found[0]


def second_supply(data_dir: str | Path | None = None) -> list[Path]:
    """The files of chapter 06: those of a folder when their dates begin with the day (`25-02-2021 11:53`), else the
    sample in `data/dmy/`. Raises `WorkshopError` as `csv_files` does."""
    files = csv_files(data_dir)
    if data_dir and _dates_begin_with_the_day(files[0]):
        return files
    return csv_files(Path(__file__).resolve().parent.parent / "data" / "dmy")


def _dates_begin_with_the_day(file: Path) -> bool:
    with file.open(encoding="utf-8-sig", errors="replace") as lines:
        next(lines, "")
        return _DMY.match(next(lines, "").lstrip('"')) is not None
