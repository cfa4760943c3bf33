"""Triggers and workflows: the API, and what makes them go on when a job or a crawl has ended.

Source: AWS Glue developer guide, "AWS Glue triggers" and "Overview of workflows in AWS Glue". Conditional triggers
outside a workflow look only at jobs and crawls that another trigger has started, as there.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from moto.core.utils import utcnow
from moto.glue.exceptions import ConcurrentRunsExceededException, GlueClientError

from .. import paging, schedule
from ..crawler.calls import CrawlerCalls
from ..errors import AlreadyExists, EntityNotFound, InvalidInput
from ..visualjob.calls import JobCalls
from . import graphs, models
from .models import ACTIVATED, CONDITIONAL, CREATED, DEACTIVATED, ON_DEMAND, SCHEDULED, Trigger, Workflow, WorkflowRun

Record = dict[str, Any]
_log = logging.getLogger(__name__)


class TriggerCalls(CrawlerCalls, JobCalls):
    """CreateTrigger, StartWorkflowRun and their kin; `fire_due`, `job_over` and `crawl_over` are told by others."""

    def __init__(self, region_name: str, account_id: str) -> None:
        super().__init__(region_name, account_id)
        self.triggers: dict[str, Trigger] = {}  # type: ignore[assignment]
        self.workflows: dict[str, Workflow] = {}  # type: ignore[assignment]
        self.workflow_runs: dict[str, WorkflowRun] = {}

    # triggers
    def answer_create_trigger(self, request: Record) -> Record:
        """CreateTrigger. Raises `AlreadyExists`, `EntityNotFound` for the workflow, `InvalidInput`."""
        name, kind, workflow = str(request.get("Name")), request.get("Type"), request.get("WorkflowName")
        if name in self.triggers:
            raise AlreadyExists(f"Trigger {name} already exists.")
        models.check(kind, request)
        if workflow:
            self._workflow(workflow)
            self._check_start(workflow, str(kind))
        if kind == ON_DEMAND and request.get("StartOnCreation"):
            raise InvalidInput("StartOnCreation is not supported for triggers of type ON_DEMAND.")
        trigger = Trigger(name, str(kind), request["Actions"], workflow=workflow)
        trigger.schedule, trigger.predicate = request.get("Schedule"), request.get("Predicate")
        trigger.description = request.get("Description")
        trigger.state = ACTIVATED if request.get("StartOnCreation") else CREATED
        self.triggers[name] = trigger
        if request.get("Tags"):
            self.tag_resource(self._trigger_arn(name), request["Tags"])
        return {"Name": name}

    def _trigger_arn(self, name: str) -> str:
        return f"arn:aws:glue:{self.region_name}:{self.account_id}:trigger/{name}"

    def _check_start(self, workflow: str, kind: str) -> None:
        if kind != CONDITIONAL and self._start_of(workflow):
            raise InvalidInput(f"Workflow {workflow} has a start trigger already.")

    def _trigger(self, name: object) -> Trigger:
        found = self.triggers.get(str(name))
        if found is None:
            raise EntityNotFound(f"Trigger {name} not found.")
        return found

    def answer_update_trigger(self, request: Record) -> Record:
        """UpdateTrigger: what the update names is replaced. Raises `EntityNotFound`, `InvalidInput`."""
        trigger, update = self._trigger(request.get("Name")), request.get("TriggerUpdate") or {}
        merged = {key: value for key, value in trigger.as_dict().items() if value is not None} | update
        models.check(trigger.kind, merged)
        trigger.actions, trigger.schedule = merged["Actions"], merged.get("Schedule")
        trigger.predicate, trigger.description = merged.get("Predicate"), merged.get("Description")
        trigger.seen = {}
        return {"Trigger": trigger.as_dict()}

    def answer_get_trigger(self, request: Record) -> Record:
        """GetTrigger. Raises `EntityNotFound`."""
        return {"Trigger": self._trigger(request.get("Name")).as_dict()}

    def answer_get_triggers(self, request: Record) -> Record:
        """GetTriggers, of one job or all."""
        found = [trigger.as_dict() for trigger in self._triggers_of(request)]
        return paging.answer("Triggers", found, request, 200)

    def answer_list_triggers(self, request: Record) -> Record:
        """ListTriggers, of one job, of tags, or all."""
        wanted = (request.get("Tags") or {}).items()
        names = [
            trigger.name
            for trigger in self._triggers_of(request)
            if wanted <= self.get_tags(self._trigger_arn(trigger.name)).items()
        ]
        return paging.answer("TriggerNames", names, request, 200)

    def _triggers_of(self, request: Record) -> list[Trigger]:
        job = request.get("DependentJobName")
        found = [self.triggers[name] for name in sorted(self.triggers)]
        return [one for one in found if not job or any(action.get("JobName") == job for action in one.actions)]

    def answer_batch_get_triggers(self, request: Record) -> Record:
        """BatchGetTriggers."""
        names = request.get("TriggerNames") or []
        return {
            "Triggers": [self.triggers[name].as_dict() for name in names if name in self.triggers],
            "TriggersNotFound": [name for name in names if name not in self.triggers],
        }

    def answer_delete_trigger(self, request: Record) -> Record:
        """DeleteTrigger; a missing one is no error."""
        name = str(request.get("Name"))
        self.triggers.pop(name, None)
        return {"Name": name}

    def answer_start_trigger(self, request: Record) -> Record:
        """StartTrigger: one on demand fires, the others begin to watch. Raises `EntityNotFound`, `InvalidInput`."""
        trigger = self._trigger(request.get("Name"))
        if trigger.kind == ON_DEMAND:
            if trigger.workflow:
                self._start_workflow(trigger.workflow, {})
            else:
                self._fire(trigger)
        elif trigger.active:
            raise InvalidInput(f"Trigger {trigger.name} is already activated.")
        else:
            trigger.state = ACTIVATED
        return {"Name": trigger.name}

    def answer_stop_trigger(self, request: Record) -> Record:
        """StopTrigger. Raises `EntityNotFound`, `InvalidInput` for one that is not active."""
        trigger = self._trigger(request.get("Name"))
        if not trigger.active:
            raise InvalidInput(f"Trigger {trigger.name} is not activated.")
        trigger.state, trigger.seen = DEACTIVATED, {}
        return {"Name": trigger.name}

    # workflows
    def answer_create_workflow(self, request: Record) -> Record:
        """CreateWorkflow. Raises `AlreadyExists`."""
        name = str(request.get("Name"))
        if name in self.workflows:
            raise AlreadyExists(f"Workflow {name} already exists.")
        properties = dict(request.get("DefaultRunProperties") or {})
        self.workflows[name] = Workflow(name, request.get("Description"), properties, request.get("MaxConcurrentRuns"))
        if request.get("Tags"):
            arn = f"arn:aws:glue:{self.region_name}:{self.account_id}:workflow/{name}"
            self.tag_resource(arn, request["Tags"])
        return {"Name": name}

    def _workflow(self, name: object) -> Workflow:
        found = self.workflows.get(str(name))
        if found is None:
            raise EntityNotFound(f"Workflow {name} not found.")
        return found

    def answer_update_workflow(self, request: Record) -> Record:
        """UpdateWorkflow. Raises `EntityNotFound`."""
        workflow = self._workflow(request.get("Name"))
        workflow.description = request.get("Description", workflow.description)
        workflow.properties = request.get("DefaultRunProperties", workflow.properties)
        workflow.most_runs = request.get("MaxConcurrentRuns", workflow.most_runs)
        workflow.modified_on = utcnow()
        return {"Name": workflow.name}

    def answer_delete_workflow(self, request: Record) -> Record:
        """DeleteWorkflow, with its triggers; a missing one is no error."""
        name = str(request.get("Name"))
        self.workflows.pop(name, None)
        for trigger in [one for one in self.triggers.values() if one.workflow == name]:
            del self.triggers[trigger.name]
        for run in self._runs_of_workflow(name):
            del self.workflow_runs[run.run_id]
        return {"Name": name}

    def answer_list_workflows(self, request: Record) -> Record:
        """ListWorkflows."""
        return paging.answer("Workflows", sorted(self.workflows), request, 25)

    def answer_get_workflow(self, request: Record) -> Record:
        """GetWorkflow. Raises `EntityNotFound`."""
        return {
            "Workflow": self._shown_workflow(self._workflow(request.get("Name")), bool(request.get("IncludeGraph")))
        }

    def answer_batch_get_workflows(self, request: Record) -> Record:
        """BatchGetWorkflows."""
        names, graph = request.get("Names") or [], bool(request.get("IncludeGraph"))
        return {
            "Workflows": [
                self._shown_workflow(self.workflows[name], graph) for name in names if name in self.workflows
            ],
            "MissingWorkflows": [name for name in names if name not in self.workflows],
        }

    def _shown_workflow(self, workflow: Workflow, graph: bool) -> Record:
        runs = self._runs_of_workflow(workflow.name)
        return {
            "Name": workflow.name,
            "Description": workflow.description,
            "DefaultRunProperties": workflow.properties,
            "CreatedOn": workflow.created_on,
            "LastModifiedOn": workflow.modified_on,
            "MaxConcurrentRuns": workflow.most_runs,
            "LastRun": self._shown_run(runs[0], graph) if runs else None,
            "Graph": graphs.graph(self._members(workflow.name)) if graph else None,
        }

    def _members(self, workflow: str) -> list[Trigger]:
        return [self.triggers[name] for name in sorted(self.triggers) if self.triggers[name].workflow == workflow]

    def _start_of(self, workflow: str) -> Trigger | None:
        return next((one for one in self._members(workflow) if one.kind != CONDITIONAL), None)

    # runs of workflows
    def answer_start_workflow_run(self, request: Record) -> Record:
        """StartWorkflowRun. Raises `EntityNotFound`, `InvalidInput`, ConcurrentRunsExceededException."""
        workflow = self._workflow(request.get("Name"))
        return {"RunId": self._start_workflow(workflow.name, request.get("RunProperties") or {}).run_id}

    def _start_workflow(self, name: str, properties: dict[str, str]) -> WorkflowRun:
        workflow, start = self._workflow(name), self._start_of(name)
        if start is None:
            raise InvalidInput(f"Workflow {name} does not have a start trigger.")
        before = self._runs_of_workflow(name)
        if workflow.most_runs and sum(run.under_way for run in before) >= workflow.most_runs:
            raise ConcurrentRunsExceededException(f"Concurrent runs exceeded for workflow {name}")
        run = WorkflowRun(name, properties={**workflow.properties, **properties})
        run.previous = before[0].run_id if before else None
        self.workflow_runs[run.run_id] = run
        self._fire(start, run)
        self._advance(run)
        return run

    def _runs_of_workflow(self, name: str) -> list[WorkflowRun]:
        found = [run for run in list(self.workflow_runs.values()) if run.name == name]
        return sorted(found, key=lambda run: run.started_on, reverse=True)

    def _workflow_run(self, request: Record) -> WorkflowRun:
        name, run_id = self._workflow(request.get("Name")).name, str(request.get("RunId"))
        run = self.workflow_runs.get(run_id)
        if run is None or run.name != name:
            raise EntityNotFound(f"Workflow run {run_id} of workflow {name} not found.")
        return run

    def answer_get_workflow_run(self, request: Record) -> Record:
        """GetWorkflowRun. Raises `EntityNotFound`."""
        return {"Run": self._shown_run(self._workflow_run(request), bool(request.get("IncludeGraph")))}

    def answer_get_workflow_runs(self, request: Record) -> Record:
        """GetWorkflowRuns, the newest first. Raises `EntityNotFound`."""
        name, graph = self._workflow(request.get("Name")).name, bool(request.get("IncludeGraph"))
        return paging.answer(
            "Runs", [self._shown_run(run, graph) for run in self._runs_of_workflow(name)], request, 1000
        )

    def answer_get_workflow_run_properties(self, request: Record) -> Record:
        """GetWorkflowRunProperties. Raises `EntityNotFound`."""
        return {"RunProperties": self._workflow_run(request).properties}

    def answer_put_workflow_run_properties(self, request: Record) -> Record:
        """PutWorkflowRunProperties: those named are added or replaced. Raises `EntityNotFound`."""
        self._workflow_run(request).properties |= request.get("RunProperties") or {}
        return {}

    def answer_stop_workflow_run(self, request: Record) -> Record:
        """StopWorkflowRun. Raises `EntityNotFound`, `InvalidInput` for a run that has ended."""
        run = self._workflow_run(request)
        if not run.under_way:
            raise InvalidInput(f"Workflow run {run.run_id} has the state {run.status} and cannot be stopped.")
        run.status = models.STOPPING
        self.stop_jobs(list(run.job_runs.values()))
        for crawler in run.crawls:
            try:
                self.answer_stop_crawler({"Name": crawler})
            except GlueClientError:
                continue
        self._advance(run)
        return {}

    def _shown_run(self, run: WorkflowRun, graph: bool) -> Record:
        states = list(self._states(run).values())
        return {
            "Name": run.name,
            "WorkflowRunId": run.run_id,
            "PreviousRunId": run.previous,
            "WorkflowRunProperties": run.properties,
            "StartedOn": run.started_on,
            "CompletedOn": run.completed_on,
            "Status": run.status,
            "ErrorMessage": "; ".join(run.problems) or None,
            "Statistics": graphs.statistics(states, len(run.problems)),
            "Graph": graphs.graph(self._members(run.name), self._job_runs(run), self._crawls(run)) if graph else None,
        }

    # what goes on
    def fire_due(self, moment: datetime) -> None:
        """Fire what is scheduled for this minute: triggers and crawlers."""
        for trigger in list(self.triggers.values()):
            if trigger.kind == SCHEDULED and trigger.active and schedule.matches(str(trigger.schedule), moment):
                self._try(lambda trigger=trigger: self._fire_scheduled(trigger), f"trigger {trigger.name}")
        for name in self.crawlers_due(moment):
            self._try(lambda name=name: self.answer_start_crawler({"Name": name}), f"crawler {name}")

    def _fire_scheduled(self, trigger: Trigger) -> None:
        if trigger.workflow:
            self._start_workflow(trigger.workflow, {})
        else:
            self._fire(trigger)

    def _fire(self, trigger: Trigger, run: WorkflowRun | None = None) -> None:
        """Start what a trigger names. What cannot start is told in the workflow's run, or in the endpoint's log."""
        for action in trigger.actions:
            label = f"trigger {trigger.name}, {action.get('JobName') or action.get('CrawlerName')}"
            problem = self._try(lambda action=action: self._act(trigger, action, run), label)
            if problem and run:
                run.problems.append(problem)

    def _try(self, work: Any, label: str) -> str | None:
        try:
            work()
        except GlueClientError as problem:
            _log.warning("%s: %s", label, problem.message)
            return f"{label}: {problem.message}"
        return None

    def _act(self, trigger: Trigger, action: Record, run: WorkflowRun | None) -> None:
        if action.get("CrawlerName"):
            self.answer_start_crawler({"Name": action["CrawlerName"]})
            crawl = self.mark_crawl(action["CrawlerName"], trigger.name)
            if run:
                run.crawls[action["CrawlerName"]] = crawl
            return
        names = {"--WORKFLOW_NAME": run.name, "--WORKFLOW_RUN_ID": run.run_id} if run else {}
        request = {key: action[key] for key in ("JobName", "Timeout", "SecurityConfiguration") if action.get(key)}
        request["Arguments"] = {**(action.get("Arguments") or {}), **names}
        run_id = self.answer_start_job_run(request)["JobRunId"]
        self.mark_run(run_id, trigger.name)
        if run:
            run.job_runs[action["JobName"]] = run_id

    def job_over(self, job: str, run_id: str, state: str, trigger: str | None) -> None:
        """A run has ended: triggers that wait for it may fire, its workflow's run goes on."""
        self._over("JobName", job, "State", state, trigger)
        for run in [one for one in self.workflow_runs.values() if run_id in one.job_runs.values()]:
            self._advance(run)

    def crawl_over(self, crawler: str, crawl: str, state: str, trigger: str | None) -> None:
        """A crawl has ended: triggers that wait for it may fire, its workflow's run goes on."""
        self._over("CrawlerName", crawler, "CrawlState", state, trigger)
        for run in [one for one in self.workflow_runs.values() if crawl in one.crawls.values()]:
            self._advance(run)

    def _over(self, kind: str, name: str, field: str, state: str, started_by: str | None) -> None:
        """Conditional triggers outside workflows: remember which conditions have been met, and fire."""
        if started_by is None:
            return
        for trigger in [one for one in self.triggers.values() if one.kind == CONDITIONAL and one.active]:
            if trigger.workflow:
                continue
            conditions = (trigger.predicate or {}).get("Conditions") or []
            for at, one in enumerate(conditions):
                if one.get(kind) == name:
                    trigger.seen[at] = "met" if one.get(field) == state else ""
            met = [bool(trigger.seen.get(at)) for at in range(len(conditions))]
            if _holds(trigger, met):
                trigger.seen = {}
                self._fire(trigger)

    def _advance(self, run: WorkflowRun) -> None:
        """Fire the triggers of a workflow's run that can fire now; end the run when nothing is left to happen."""
        self.workflow_runs.get(run.run_id)
        if run.status == models.RUNNING:
            for trigger in self._waiting(run):
                run.fired = (*run.fired, trigger.name)
                self._fire(trigger, run)
        states = self._states(run)
        if run.under_way and not any(state in graphs.UNDER_WAY for state in states.values()):
            if run.status == models.STOPPING:
                run.end(models.STOPPED)
            else:
                run.end(models.ERROR if run.problems and not states else models.COMPLETED)

    def _waiting(self, run: WorkflowRun) -> Iterator[Trigger]:
        for trigger in self._members(run.name):
            if trigger.kind != CONDITIONAL or not trigger.active or trigger.name in run.fired:
                continue
            states = self._states(run)
            conditions = (trigger.predicate or {}).get("Conditions") or []
            met = [states.get(_watched(one)) == (one.get("State") or one.get("CrawlState")) for one in conditions]
            if _holds(trigger, met):
                yield trigger

    def _states(self, run: WorkflowRun) -> dict[tuple[str, str], str]:
        """What a workflow's run has started → its state."""
        jobs = {("job", name): found["JobRunState"] for name, found in self._job_runs(run).items()}
        return jobs | {("crawler", name): found["State"] for name, found in self._crawls(run).items()}

    def _job_runs(self, run: WorkflowRun) -> dict[str, Record]:
        found = {name: self.shown_run(run_id) for name, run_id in run.job_runs.items()}
        return {name: shown for name, shown in found.items() if shown}

    def _crawls(self, run: WorkflowRun) -> dict[str, Record]:
        found = {name: self.shown_crawl(crawl) for name, crawl in run.crawls.items()}
        return {name: shown for name, shown in found.items() if shown}

    def recover_workflows(self) -> None:
        """After a restart: runs of workflows that were under way end with what their jobs and crawls came to."""
        for run in list(self.workflow_runs.values()):
            if run.under_way:
                run.problems.append("The endpoint was stopped while the workflow ran.")
                run.end(models.ERROR)


def _holds(trigger: Trigger, met: list[bool]) -> bool:
    if (trigger.predicate or {}).get("Logical") == "ANY":
        return any(met)
    return bool(met) and all(met)


def _watched(condition: Record) -> tuple[str, str]:
    return ("job", condition["JobName"]) if condition.get("JobName") else ("crawler", str(condition.get("CrawlerName")))
