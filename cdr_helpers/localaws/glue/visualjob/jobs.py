"""Jobs and runs as the endpoint keeps them: plain objects with the API's fields.

Sources: AWS Glue API reference, "Jobs", "JobRun"; limits from the API model.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from moto.core.utils import utcnow

from ..errors import InvalidInput, InvalidRequest

Record = dict[str, Any]

WAITING, STARTING, RUNNING, STOPPING = "WAITING", "STARTING", "RUNNING", "STOPPING"
STOPPED, SUCCEEDED, FAILED, TIMEOUT = "STOPPED", "SUCCEEDED", "FAILED", "TIMEOUT"
UNDER_WAY = (WAITING, STARTING, RUNNING, STOPPING)
MODES = ("SCRIPT", "VISUAL", "NOTEBOOK")
# Memory and vCPU of a worker make its share of a DPU.
WORKERS = {
    "Standard": 1.0,
    "G.025X": 0.25,
    "G.1X": 1.0,
    "G.2X": 2.0,
    "G.4X": 4.0,
    "G.8X": 8.0,
    "G.12X": 12.0,
    "G.16X": 16.0,
    "R.1X": 1.0,
    "R.2X": 2.0,
    "R.4X": 4.0,
    "R.8X": 8.0,
    "Z.2X": 2.0,
}
BEFORE_FIVE = ("0.9", "1.0", "2.0", "3.0", "4.0")
VERSIONS = (*BEFORE_FIVE, "5.0", "5.1", "6.0")
BEFORE_FLEX = ("0.9", "1.0", "2.0")
CLASSES = ("FLEX", "STANDARD")
TIMEOUTS = {True: 2880, False: 480}
"""Default minutes of a run's timeout: before Glue 5.0, and since."""
MOST_MINUTES = 10080
SHELL_CAPACITIES = (0.0625, 1.0)
"""The DPU that a Python shell job can have (API reference, "Jobs", `MaxCapacity`)."""
MOST_RETRIES = 10
AUTO_SCALING = "--enable-auto-scaling"
_ATTEMPT = "_attempt_"

# What a job keeps of CreateJob's request (and of UpdateJob's `JobUpdate`).
FIELDS = (
    "JobMode",
    "JobRunQueuingEnabled",
    "Description",
    "LogUri",
    "Role",
    "ExecutionProperty",
    "Command",
    "DefaultArguments",
    "NonOverridableArguments",
    "Connections",
    "MaxRetries",
    "AllocatedCapacity",
    "Timeout",
    "MaxCapacity",
    "WorkerType",
    "NumberOfWorkers",
    "SecurityConfiguration",
    "NotificationProperty",
    "GlueVersion",
    "ExecutionClass",
    "SourceControlDetails",
    "MaintenanceWindow",
)


@dataclass
class Job:
    """A job: its definition, its graph, its dates, and the digest of the script that was generated for the graph."""

    name: str
    arn: str
    definition: Record
    nodes: Record = field(default_factory=dict)
    created_on: datetime = field(default_factory=utcnow)
    last_modified_on: datetime = field(default_factory=utcnow)
    generated: str = ""

    def get_name(self) -> str:
        """The name; moto's own calls ask for it."""
        return self.name

    @property
    def visual(self) -> bool:
        """Whether it runs its graph."""
        return self.definition["JobMode"] == "VISUAL"

    @property
    def script_location(self) -> str:
        """Where the script lies."""
        return str((self.definition.get("Command") or {}).get("ScriptLocation") or "")

    def as_dict(self) -> Record:
        """The job as GetJob returns it."""
        shown = {"Name": self.name, **self.definition}
        shown |= {"CreatedOn": self.created_on, "LastModifiedOn": self.last_modified_on}
        return shown | ({"CodeGenConfigurationNodes": self.nodes} if self.nodes else {})


@dataclass
class JobRun:
    """One run of a job."""

    run_id: str
    job_name: str
    settings: Record
    arguments: dict[str, str]
    state: str = STARTING
    message: str = ""
    started_on: datetime = field(default_factory=utcnow)
    modified_on: datetime = field(default_factory=utcnow)
    completed_on: datetime | None = None
    previous: str | None = None
    trigger: str | None = None
    attempt: int = 0

    @property
    def first(self) -> str:
        """The id of the first attempt: the others are named after it."""
        return self.run_id.partition(_ATTEMPT)[0]

    @property
    def working(self) -> bool:
        """Whether it takes one of the job's places."""
        return self.under_way and self.state != WAITING

    def again(self) -> JobRun:
        """The next attempt at what failed."""
        number = self.attempt + 1
        made = JobRun(f"{self.first}{_ATTEMPT}{number}", self.job_name, self.settings, self.arguments)
        made.previous, made.trigger, made.attempt = self.run_id, self.trigger, number
        return made

    @property
    def under_way(self) -> bool:
        """Whether it has not ended yet."""
        return self.state in UNDER_WAY

    def enter(self, state: str, message: str = "") -> None:
        """Pass to another state; a final one ends the run."""
        self.state, self.message, self.modified_on = state, message or self.message, utcnow()
        if not self.under_way:
            self.completed_on = self.modified_on

    @property
    def started_at(self) -> int:
        """When it was started, in epoch milliseconds."""
        return int(self.started_on.replace(tzinfo=UTC).timestamp() * 1000)

    @property
    def seconds(self) -> int:
        """Whole seconds that the run took, at least one once it has ended."""
        if self.completed_on is None:
            return 0
        return max(1, round((self.completed_on - self.started_on).total_seconds()))

    @property
    def _dpu_seconds(self) -> float | None:
        """What a run of class FLEX, or one that scales by itself, has used; AWS tells it of no other."""
        scales = self.arguments.get(AUTO_SCALING, "").lower() == "true"
        if self.settings.get("ExecutionClass") != "FLEX" and not scales:
            return None
        return self.seconds * float(self.settings.get("MaxCapacity") or 0) or None

    def as_dict(self) -> Record:
        """The run as GetJobRun returns it."""
        shown: Record = {
            "Id": self.run_id,
            "Attempt": self.attempt,
            "JobName": self.job_name,
            "StartedOn": self.started_on,
            "LastModifiedOn": self.modified_on,
            "JobRunState": self.state,
            "PredecessorRuns": [],
            "ExecutionTime": self.seconds,
            "LogGroupName": "/aws-glue/jobs",
            **self.settings,
        }
        optional = {
            "Arguments": self.arguments,
            "CompletedOn": self.completed_on,
            "ErrorMessage": self.message,
            "PreviousRunId": self.previous,
            "TriggerName": self.trigger,
            "DPUSeconds": self._dpu_seconds,
        }
        return shown | {key: value for key, value in optional.items() if value}


def new_run_id() -> str:
    """`jr_` and 64 hexadecimal digits."""
    return f"jr_{secrets.token_hex(32)}"


def check_name(name: object) -> str:
    """The name of a job. Raises `InvalidRequest`."""
    if not isinstance(name, str) or not 1 <= len(name) <= 255:
        raise InvalidRequest(
            "1 validation error detected: Value at 'name' failed to satisfy constraint: Member must have "
            "length between 1 and 255"
        )
    return name


def definition_of(request: Record) -> Record:
    """The definition that a request gives, with AWS's defaults. Raises `InvalidInput`."""
    made = {key: request[key] for key in FIELDS if request.get(key) is not None}
    made.setdefault("JobMode", "SCRIPT")
    if made["JobMode"] not in MODES:
        raise InvalidInput(f"JobMode must be one of {', '.join(MODES)}.")
    command = made.get("Command") or {}
    if not command.get("Name"):
        raise InvalidInput("Command.Name is required.")
    made["Command"] = {"PythonVersion": "3", **command}
    made.setdefault("GlueVersion", "5.1")
    if made["GlueVersion"] not in VERSIONS:
        raise InvalidInput(f"Glue version {made['GlueVersion']} is not supported; {', '.join(VERSIONS)} are.")
    made.setdefault("MaxRetries", 0)
    if not 0 <= made["MaxRetries"] <= MOST_RETRIES:
        raise InvalidInput(f"MaxRetries must be from 0 to {MOST_RETRIES}, not {made['MaxRetries']}.")
    made.setdefault("ExecutionProperty", {"MaxConcurrentRuns": 1})
    if made["ExecutionProperty"].get("MaxConcurrentRuns", 1) < 1:
        raise InvalidInput("MaxConcurrentRuns must be at least 1.")
    made.setdefault("Timeout", TIMEOUTS[made["GlueVersion"] in BEFORE_FIVE])
    made.setdefault("ExecutionClass", "STANDARD")
    _check_location(made["Command"])
    _check_timeout(made["Timeout"])
    _check_class(made)
    return made | _capacity(made)


def _check_location(command: Record) -> None:
    location = command.get("ScriptLocation")
    if location and not re.fullmatch(r"s3[an]?://[^/]+/.+", location):
        raise InvalidInput(f"ScriptLocation must be s3://bucket/key, not {location}.")


def _check_timeout(minutes: object) -> None:
    if not isinstance(minutes, int) or not 1 <= minutes <= MOST_MINUTES:
        raise InvalidInput(f"Timeout must be from 1 to {MOST_MINUTES} minutes (7 days), not {minutes!r}.")


def _check_class(settings: Record) -> None:
    """AWS Glue "Jobs" API: FLEX is for `glueetl` jobs of version 3.0 and above."""
    wanted = settings.get("ExecutionClass", "STANDARD")
    if wanted not in CLASSES:
        raise _not_in("executionClass", wanted, CLASSES)
    old = settings.get("GlueVersion") in BEFORE_FLEX
    if wanted == "FLEX" and (old or (settings.get("Command") or {}).get("Name", "glueetl") != "glueetl"):
        raise InvalidInput("ExecutionClass FLEX is for glueetl jobs with Glue version 3.0 and above.")


def _not_in(name: str, value: object, known: Iterable[str]) -> InvalidRequest:
    """The service's own check of an enumeration."""
    return InvalidRequest(
        f"1 validation error detected: Value '{value}' at '{name}' failed to satisfy constraint: "
        f"Member must satisfy enum value set: [{', '.join(known)}]"
    )


def _capacity(settings: Record) -> Record:
    """WorkerType, NumberOfWorkers and what they come to in DPU. Raises `InvalidInput` as AWS does."""
    worker, number = settings.get("WorkerType"), settings.get("NumberOfWorkers")
    if (worker or number) and settings.get("MaxCapacity") is not None:
        raise InvalidInput("Please do not set Max Capacity if using Worker Type and Number of Workers.")
    if bool(worker) != bool(number):
        raise InvalidInput("Please set both Worker Type and Number of Workers.")
    if not worker:
        shell = (settings.get("Command") or {}).get("Name") == "pythonshell"
        given = settings.get("MaxCapacity") or settings.get("AllocatedCapacity")
        capacity = float(given or (SHELL_CAPACITIES[0] if shell else 10.0))
        if shell and capacity not in SHELL_CAPACITIES:
            raise InvalidInput(f"MaxCapacity of a Python shell job must be 0.0625 or 1 DPU, not {capacity:g}.")
        if not shell and (not 2 <= capacity <= 100 or capacity != int(capacity)):
            raise InvalidInput(f"MaxCapacity must be a whole number of DPU from 2 to 100, not {capacity:g}.")
        return {"MaxCapacity": capacity, "AllocatedCapacity": int(capacity)}
    if worker not in WORKERS:
        raise _not_in("workerType", worker, WORKERS)
    if not isinstance(number, int) or number < 2:
        raise InvalidInput("Number of workers must be at least 2.")
    capacity = WORKERS[worker] * number
    return {"MaxCapacity": capacity, "AllocatedCapacity": int(capacity)}


RUN_SETTINGS = (
    "JobRunQueuingEnabled",
    "GlueVersion",
    "WorkerType",
    "NumberOfWorkers",
    "MaxCapacity",
    "AllocatedCapacity",
    "Timeout",
    "JobMode",
    "ExecutionClass",
    "SecurityConfiguration",
    "NotificationProperty",
    "MaintenanceWindow",
)


def run_settings(job: Job, request: Record) -> Record:
    """The settings of one run: the job's, with what StartJobRun says instead. Raises `InvalidInput`."""
    own = {key: request[key] for key in RUN_SETTINGS if request.get(key) is not None}
    if own.get("WorkerType") or own.get("NumberOfWorkers"):
        merged = {
            "WorkerType": job.definition.get("WorkerType"),
            "NumberOfWorkers": job.definition.get("NumberOfWorkers"),
        }
        own |= _capacity(merged | own)
    elif own.get("MaxCapacity") is not None or own.get("AllocatedCapacity") is not None:
        own |= _capacity({key: job.definition.get(key) for key in ("WorkerType", "Command")} | own)
    if "Timeout" in own:
        _check_timeout(own["Timeout"])
    if "ExecutionClass" in own:
        _check_class(job.definition | own)
    return {key: job.definition[key] for key in RUN_SETTINGS if key in job.definition} | own
