"""What GetWorkflow and GetWorkflowRun show of a workflow: its graph, and the counts of a run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .models import Trigger

Record = dict[str, Any]
UNDER_WAY = ("WAITING", "STARTING", "RUNNING", "STOPPING", "CANCELLING")
_COUNTED = {
    "SucceededActions": ("SUCCEEDED",),
    "FailedActions": ("FAILED",),
    "TimeoutActions": ("TIMEOUT",),
    "StoppedActions": ("STOPPED", "CANCELLED"),
    "RunningActions": UNDER_WAY,
}


def statistics(states: Sequence[str], errored: int) -> Record:
    """How many actions of a run are in which state; `errored` could not be started."""
    counts = {name: sum(state in wanted for state in states) for name, wanted in _COUNTED.items()}
    return {"TotalActions": len(states) + errored, **counts, "ErroredActions": errored, "WaitingActions": 0}


def graph(
    triggers: Sequence[Trigger],
    job_runs: Mapping[str, Record] | None = None,
    crawls: Mapping[str, Record] | None = None,
) -> Record:
    """Nodes and edges; those of a run carry what it has started."""
    nodes: dict[str, Record] = {}
    edges = []
    for trigger in triggers:
        own = _node(nodes, "TRIGGER", trigger.name)
        own["TriggerDetails"] = {"Trigger": trigger.as_dict()}
        for action in trigger.actions:
            edges.append((own, _target(nodes, action)))
        for condition in (trigger.predicate or {}).get("Conditions") or []:
            edges.append((_target(nodes, condition), own))
    for node in nodes.values():
        if node["Type"] == "JOB" and node["Name"] in (job_runs or {}):
            node["JobDetails"] = {"JobRuns": [(job_runs or {})[node["Name"]]]}
        if node["Type"] == "CRAWLER" and node["Name"] in (crawls or {}):
            node["CrawlerDetails"] = {"Crawls": [(crawls or {})[node["Name"]]]}
    shown = [{"SourceId": one["UniqueId"], "DestinationId": other["UniqueId"]} for one, other in edges]
    return {"Nodes": list(nodes.values()), "Edges": shown}


def _target(nodes: dict[str, Record], described: Record) -> Record:
    if described.get("JobName"):
        return _node(nodes, "JOB", described["JobName"])
    return _node(nodes, "CRAWLER", described["CrawlerName"])


def _node(nodes: dict[str, Record], kind: str, name: str) -> Record:
    return nodes.setdefault(f"{kind} {name}", {"Type": kind, "Name": name, "UniqueId": f"wnode_{kind.lower()}_{name}"})
