"""Triggers, workflows and their runs as the endpoint keeps them.

Sources: AWS Glue API reference, "Triggers", "Workflows"; AWS Glue developer guide, "AWS Glue triggers".
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from moto.core.utils import utcnow

from .. import schedule
from ..errors import InvalidInput

Record = dict[str, Any]

ON_DEMAND, SCHEDULED, CONDITIONAL, EVENT = "ON_DEMAND", "SCHEDULED", "CONDITIONAL", "EVENT"
CREATED, ACTIVATED, DEACTIVATED = "CREATED", "ACTIVATED", "DEACTIVATED"
JOB_STATES = ("SUCCEEDED", "STOPPED", "FAILED", "TIMEOUT")
"""States of a run that a condition may wait for."""
CRAWL_STATES = ("SUCCEEDED", "FAILED", "CANCELLED")


@dataclass
class Trigger:
    """A trigger. `seen`: for a conditional one, which of its conditions have been met since it fired last."""

    name: str
    kind: str
    actions: list[Record]
    state: str = CREATED
    workflow: str | None = None
    schedule: str | None = None
    predicate: Record | None = None
    description: str | None = None
    seen: dict[int, str] = field(default_factory=dict)

    @property
    def active(self) -> bool:
        """Whether it fires by itself."""
        return self.state == ACTIVATED

    def as_dict(self) -> Record:
        """The trigger as GetTrigger returns it."""
        return {
            "Name": self.name,
            "Type": self.kind,
            "State": self.state,
            "Actions": self.actions,
            "WorkflowName": self.workflow,
            "Schedule": self.schedule,
            "Predicate": self.predicate,
            "Description": self.description,
        }


def check(kind: object, request: Record) -> None:
    """What is wrong with a trigger's definition. Raises `InvalidInput`."""
    if kind == EVENT:
        raise InvalidInput("Triggers of type EVENT need Amazon EventBridge, which is not part of this endpoint.")
    if kind not in (ON_DEMAND, SCHEDULED, CONDITIONAL):
        raise InvalidInput(f"Trigger type {kind!r} is not one of ON_DEMAND, SCHEDULED, CONDITIONAL, EVENT.")
    if kind == SCHEDULED:
        if not request.get("Schedule"):
            raise InvalidInput("Schedule cannot be null or empty for a trigger of type SCHEDULED.")
        schedule.check(request["Schedule"])
    if kind == CONDITIONAL:
        _check_predicate(request.get("Predicate") or {})
    if not request.get("Actions"):
        raise InvalidInput("Actions cannot be null or empty.")
    for action in request["Actions"]:
        if bool(action.get("JobName")) == bool(action.get("CrawlerName")):
            raise InvalidInput("Each action needs either a JobName or a CrawlerName.")


def _check_predicate(predicate: Record) -> None:
    conditions = predicate.get("Conditions") or []
    if not conditions:
        raise InvalidInput("Predicate cannot be null or empty for a trigger of type CONDITIONAL.")
    if len(conditions) > 1 and predicate.get("Logical") not in ("AND", "ANY"):
        raise InvalidInput("Logical must be AND or ANY when there are several conditions.")
    for one in conditions:
        job, crawler = one.get("JobName"), one.get("CrawlerName")
        if bool(job) == bool(crawler):
            raise InvalidInput("Each condition needs either a JobName or a CrawlerName.")
        state, allowed = (one.get("State"), JOB_STATES) if job else (one.get("CrawlState"), CRAWL_STATES)
        if state not in allowed:
            raise InvalidInput(f"The state {state} of a condition must be one of {', '.join(allowed)}.")


@dataclass
class Workflow:
    """A workflow: a name under which triggers, and through them jobs and crawlers, belong together."""

    name: str
    description: str | None = None
    properties: dict[str, str] = field(default_factory=dict)
    most_runs: int | None = None
    created_on: datetime = field(default_factory=utcnow)
    modified_on: datetime = field(default_factory=utcnow)


RUNNING, COMPLETED, STOPPING, STOPPED, ERROR = "RUNNING", "COMPLETED", "STOPPING", "STOPPED", "ERROR"


@dataclass
class WorkflowRun:
    """One run of a workflow. `job_runs` and `crawls` are what it has started, by name of job and crawler."""

    name: str
    run_id: str = field(default_factory=lambda: f"wr_{secrets.token_hex(32)}")
    properties: dict[str, str] = field(default_factory=dict)
    status: str = RUNNING
    started_on: datetime = field(default_factory=utcnow)
    completed_on: datetime | None = None
    previous: str | None = None
    message: str | None = None
    job_runs: dict[str, str] = field(default_factory=dict)
    crawls: dict[str, str] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)
    fired: tuple[str, ...] = ()

    @property
    def under_way(self) -> bool:
        """Whether it has not ended."""
        return self.status in (RUNNING, STOPPING)

    def end(self, status: str) -> None:
        """Leave it in a final state."""
        self.status, self.completed_on = status, utcnow()
