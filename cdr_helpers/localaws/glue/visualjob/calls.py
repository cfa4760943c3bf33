"""The job part of the Glue backend: definitions, runs, scripts (API reference, "Jobs" and "Visual job API")."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from ... import persistence, runs
from ...errors import AwsError
from ...iam import roles
from ...s3.access import ObjectAccess
from .. import paging
from ..dataquality.results import ResultCalls
from ..errors import AlreadyExists, EntityNotFound, InvalidInput
from ..rolecheck import check_role
from . import bookmarks, jobs
from .bookmarks import Bookmark, Seen
from .jobs import Job, JobRun, Record
from .underway import ActiveRun, reason

if TYPE_CHECKING:
    from moto.glue.exceptions import GlueClientError

    from .execute import Outcome, Place

_INTERRUPTED = "The endpoint was stopped while the job was running."
_active: dict[str, ActiveRun] = {}


def _concurrent(name: str) -> GlueClientError:
    from moto.glue.exceptions import ConcurrentRunsExceededException

    return ConcurrentRunsExceededException(f"Concurrent runs exceeded for {name}")


class JobCalls(ResultCalls):
    """CreateJob, UpdateJob, StartJobRun and what reports on them."""

    def __init__(self, region_name: str, account_id: str) -> None:
        super().__init__(region_name, account_id)
        self.jobs: dict[str, Job] = {}  # type: ignore[assignment]
        self.job_runs: dict[str, JobRun] = {}  # type: ignore[assignment]
        self.bookmarks: dict[str, Bookmark] = {}

    # definitions
    def answer_create_job(self, request: Record) -> Record:
        """CreateJob. Raises `AlreadyExists`, `InvalidInput`."""
        name = jobs.check_name(request.get("Name"))
        if name in self.jobs:
            raise AlreadyExists(f"Job already exists with name {name}.")
        arn = f"arn:aws:glue:{self.region_name}:{self.account_id}:job/{name}"
        job = Job(name, arn, jobs.definition_of(request))
        self._define(job, request)
        self.jobs[name] = job
        if request.get("Tags"):
            self.tag_resource(arn, request["Tags"])
        return {"Name": name}

    def answer_update_job(self, request: Record) -> Record:
        """UpdateJob: the definition is replaced; the graph only when the update has one (empty removes it)."""
        job = self._job(request.get("JobName"))
        update = request.get("JobUpdate") or {}
        nodes = update.get("CodeGenConfigurationNodes")
        definition = jobs.definition_of(update)
        changed = Job(job.name, job.arn, definition, job.nodes, job.created_on, generated=job.generated)
        if nodes is not None:
            changed.nodes = {}
        self._define(changed, update)
        self.jobs[job.name] = changed
        return {"JobName": job.name}

    def _define(self, job: Job, request: Record) -> None:
        """Check role and graph, then write the graph's script to its place."""
        check_role(self.account_id, job.definition.get("Role"))
        nodes = request.get("CodeGenConfigurationNodes")
        if not nodes:
            return
        job.nodes = nodes
        if job.script_location:
            self._put_script(job)
        else:
            _graph(nodes)

    def _put_script(self, job: Job) -> None:
        from ..sparkjob import choice
        from . import script

        text = script.generate(_graph(job.nodes))
        try:
            ObjectAccess(self.account_id).put_bytes(job.script_location, text.encode(), "text/x-python")
        except AwsError as problem:
            raise InvalidInput(f"The script cannot be written to {job.script_location}: {problem.message}") from None
        job.generated = choice.digest(text)

    def _job(self, name: Any) -> Job:
        found = self.jobs.get(str(name))
        if found is None:
            raise EntityNotFound(f"Job {name} not found.")
        return found

    def answer_get_job(self, request: Record) -> Record:
        """GetJob. Raises `EntityNotFound`."""
        return {"Job": self._job(request.get("JobName")).as_dict()}

    def answer_get_jobs(self, request: Record) -> Record:
        """GetJobs, by name."""
        return paging.answer("Jobs", [job.as_dict() for job in self._sorted_jobs()], request, 1000)

    def _sorted_jobs(self) -> list[Job]:
        return [self.jobs[name] for name in sorted(self.jobs)]

    def answer_list_jobs(self, request: Record) -> Record:
        """ListJobs, by name, of the tags that the request names."""
        wanted = (request.get("Tags") or {}).items()
        names = [job.name for job in self._sorted_jobs() if wanted <= self.get_tags(job.arn).items()]
        return paging.answer("JobNames", names, request, 1000)

    def answer_batch_get_jobs(self, request: Record) -> Record:
        """BatchGetJobs."""
        names = request.get("JobNames") or []
        return {
            "Jobs": [self.jobs[name].as_dict() for name in names if name in self.jobs],
            "JobsNotFound": [name for name in names if name not in self.jobs],
        }

    def answer_delete_job(self, request: Record) -> Record:
        """DeleteJob; a missing job is no error. Its runs go with it, its script stays."""
        name = str(request.get("JobName"))
        for run in self._runs_of(name):
            self._stop(run)
            del self.job_runs[run.run_id]
        self.jobs.pop(name, None)
        self.bookmarks.pop(name, None)
        return {"JobName": name}

    # runs
    def answer_start_job_run(self, request: Record) -> Record:
        """StartJobRun. Raises `EntityNotFound`, ConcurrentRunsExceededException, `InvalidInput`."""
        name = str(request.get("JobName"))
        if name not in self.jobs:
            raise EntityNotFound("Failed to start job run due to missing metadata.")
        job = self.jobs[name]
        settings = jobs.run_settings(job, request)
        if request.get("JobRunId"):
            self._run(name, request["JobRunId"])
        full = self._is_full(job)
        if full and not settings.get("JobRunQueuingEnabled"):
            raise _concurrent(name)
        run = JobRun(jobs.new_run_id(), name, settings, self._arguments(job, request), previous=request.get("JobRunId"))
        run.state = jobs.WAITING if full else run.state
        self.job_runs[run.run_id] = run
        if not full:
            self._start(job, run)
        return {"JobRunId": run.run_id}

    def _is_full(self, job: Job) -> bool:
        """Whether as many runs are at work as the job allows."""
        allowed = int((job.definition.get("ExecutionProperty") or {}).get("MaxConcurrentRuns") or 1)
        return sum(run.working for run in self._runs_of(job.name)) >= allowed

    def _start(self, job: Job, run: JobRun) -> None:
        _active[run.run_id] = ActiveRun()
        runs.start(f"job {job.name}", lambda: self._perform(job, run.run_id))

    def _start_waiting(self, job: Job) -> None:
        """Start runs that have waited for a place, the oldest first."""
        waiting = [run for run in self._runs_of(job.name) if run.state == jobs.WAITING]
        for run in sorted(waiting, key=lambda one: one.started_on):
            if not self._is_full(job):
                run.enter(jobs.STARTING)
                self._start(job, run)

    @staticmethod
    def _arguments(job: Job, request: Record) -> dict[str, str]:
        return {**(request.get("Arguments") or {}), **(job.definition.get("NonOverridableArguments") or {})}

    def _runs_of(self, name: str) -> list[JobRun]:
        return [run for run in list(self.job_runs.values()) if run.job_name == name]

    def _run(self, name: Any, run_id: Any) -> JobRun:
        self._job(name)
        found = self.job_runs.get(str(run_id))
        if found is None or found.job_name != name:
            raise EntityNotFound(f"Job run {run_id} of job {name} not found.")
        return found

    def answer_get_job_run(self, request: Record) -> Record:
        """GetJobRun. Raises `EntityNotFound`."""
        return {"JobRun": self._run(request.get("JobName"), request.get("RunId")).as_dict()}

    def answer_get_job_runs(self, request: Record) -> Record:
        """GetJobRuns, the newest first. Raises `EntityNotFound`."""
        name = self._job(request.get("JobName")).name
        found = sorted(self._runs_of(name), key=lambda run: run.started_on, reverse=True)
        return paging.answer("JobRuns", [run.as_dict() for run in found], request, 200)

    def answer_batch_stop_job_run(self, request: Record) -> Record:
        """BatchStopJobRun: runs under way are asked to stop, all others are errors."""
        name, done, errors = request.get("JobName"), [], []
        for run_id in request.get("JobRunIds") or []:
            found = self.job_runs.get(run_id)
            if found is not None and found.job_name == name and found.under_way:
                self._stop(found)
                done.append({"JobName": name, "JobRunId": run_id})
            else:
                errors.append({"JobName": name, "JobRunId": run_id, "ErrorDetail": _not_stopped(run_id, found)})
        return {"SuccessfulSubmissions": done, "Errors": errors}

    def _stop(self, run: JobRun) -> None:
        if run.state == jobs.WAITING:
            run.enter(jobs.STOPPED)
        elif run.under_way:
            run.enter(jobs.STOPPING)
        active = _active.get(run.run_id)
        if active:
            active.end(jobs.STOPPED)

    # bookmarks
    def _bookmark(self, name: Any) -> Bookmark:
        found = self.bookmarks.get(self._job(name).name)
        if found is None:
            raise EntityNotFound(f"Continuation for job {name} not found")
        return found

    def answer_get_job_bookmark(self, request: Record) -> Record:
        """GetJobBookmark. Raises `EntityNotFound` before the first run that keeps one."""
        return {"JobBookmarkEntry": self._bookmark(request.get("JobName")).as_dict()}

    def answer_get_job_bookmarks(self, request: Record) -> Record:
        """GetJobBookmarks: the one entry that a job has."""
        return {"JobBookmarkEntries": [self._bookmark(request.get("JobName")).as_dict()]}

    def answer_reset_job_bookmark(self, request: Record) -> Record:
        """ResetJobBookmark: to the beginning, or to what had been read after a run. Raises `EntityNotFound`."""
        found = self._bookmark(request.get("JobName"))
        try:
            found.reset(request.get("RunId"))
        except KeyError:
            raise EntityNotFound(f"The bookmark of job {found.job} does not know run {request['RunId']}") from None
        return {"JobBookmarkEntry": found.as_dict()}

    # what triggers need to know
    def job_over(self, job: str, run_id: str, state: str, trigger: str | None) -> None:
        """A run has ended. Triggers override this."""

    def mark_run(self, run_id: str, trigger: str) -> None:
        """Note which trigger has started a run."""
        self.job_runs[run_id].trigger = trigger

    def shown_run(self, run_id: str) -> Record | None:
        """The last attempt of a run as GetJobRun returns it; None when it was deleted with its job."""
        attempts = self._attempts(run_id)
        return attempts[-1].as_dict() if attempts else None

    def _attempts(self, run_id: str) -> list[JobRun]:
        found = [run for run in list(self.job_runs.values()) if run.first == run_id]
        return sorted(found, key=lambda run: run.attempt)

    def stop_jobs(self, run_ids: list[str]) -> None:
        """Ask runs that are under way to stop."""
        for run in (attempt for run_id in run_ids for attempt in self._attempts(run_id)):
            self._stop(run)

    def recover_jobs(self) -> None:
        """After a restart: runs that were under way have failed."""
        for run in list(self.job_runs.values()):
            if run.under_way:
                run.enter(jobs.FAILED, _INTERRUPTED)

    # the work of a run, in its own thread
    def _perform(self, job: Job, run_id: str) -> None:
        active = _active[run_id]
        self._enter(run_id, jobs.RUNNING)
        minutes = self.job_runs[run_id].settings["Timeout"]
        active.timer = threading.Timer(min(minutes * 60, threading.TIMEOUT_MAX), active.end, (jobs.TIMEOUT,))
        active.timer.daemon = True
        active.timer.start()
        state, message = self._outcome(job, run_id, active)
        active.over.set()
        active.timer.cancel()
        with persistence.changing("glue"):
            self._enter(run_id, state, message)
            if state == jobs.SUCCEEDED and active.seen is not None:
                self.bookmarks.setdefault(job.name, Bookmark(job.name)).commit(run_id, active.seen)
            run = self.job_runs.get(run_id)
            retried = run is not None and state == jobs.FAILED and self._retry(job, run)
        _active.pop(run_id, None)
        with persistence.changing("glue"):
            self._start_waiting(job)
            if not retried:
                self.job_over(job.name, run.first if run else run_id, state, run.trigger if run else None)

    def _retry(self, job: Job, run: JobRun) -> bool:
        """Start another attempt at what failed, if `MaxRetries` allows one."""
        if run.attempt >= int(job.definition.get("MaxRetries") or 0):
            return False
        again = run.again()
        self.job_runs[again.run_id] = again
        self._start(job, again)
        return True

    def _enter(self, run_id: str, state: str, message: str = "") -> None:
        with persistence.changing("glue"):
            run = self.job_runs.get(run_id)
            if run is not None and (run.under_way and not (run.state == jobs.STOPPING and state == jobs.RUNNING)):
                run.enter(state, message)
            if run is not None:
                self._tell(run)

    def _tell(self, run: JobRun) -> None:
        from . import joblog

        joblog.tell(self.account_id, self.region_name, run)

    def _outcome(self, job: Job, run_id: str, active: ActiveRun) -> tuple[str, str]:
        """The final state of a run, and its error message."""
        try:
            self._work(job, run_id, active)
        except Exception as problem:
            if active.ends_as:
                return active.ends_as, ""
            return jobs.FAILED, reason(problem)
        return jobs.SUCCEEDED, ""

    def _work(self, job: Job, run_id: str, active: ActiveRun) -> None:
        from . import execute

        session = roles.assume(self.account_id, job.definition["Role"])
        place = execute.Place(self.account_id, self.region_name, job.name, run_id, session)
        option = self._bookmark_option(job, run_id)
        known = self.bookmarks.get(job.name)
        seen = None if option == bookmarks.DISABLE else (known.seen if known else {})
        active.watched = execute.Watched()
        try:
            outcome = self._executed(job, place, active, seen)
        finally:
            self._keep_quality(job.name, run_id, active.watched.evaluations, ObjectAccess(self.account_id, session))
        active.seen = outcome.seen if option == bookmarks.ENABLE else None

    def _executed(self, job: Job, place: Place, active: ActiveRun, seen: Seen | None) -> Outcome:
        """Run the graph, or the script on Spark."""
        from ..sparkjob import choice
        from . import execute

        run = self.job_runs[place.run_id]
        given = {**(job.definition.get("DefaultArguments") or {}), **run.arguments}
        graph = _graph(job.nodes) if job.visual and job.nodes else None
        needed = choice.reason_for_spark(job, graph, given)
        if graph is not None and not needed:
            outcome = execute.run(graph, place, run.started_at, active.watched, seen)
            self._tell_work(place.run_id, outcome)
            return outcome
        from ..sparkjob import running

        choice.require_spark(needed)
        own = {"--JOB_NAME": job.name, "--JOB_RUN_ID": place.run_id, "--JOB_ID": job.name}
        return running.run(
            job.script_location, {**given, **own}, place, active.watched, lambda: bool(active.ends_as), seen
        )

    def _tell_work(self, run_id: str, outcome: Any) -> None:
        from . import joblog

        with persistence.changing("logs"):
            where = (self.account_id, self.region_name, run_id)
            joblog.tell_work(*where, outcome.rows, outcome.objects, outcome.read_bytes)

    def _keep_quality(self, job: str, run_id: str, evaluations: list[Any], access: ObjectAccess) -> None:
        from . import joblog

        if not evaluations:
            return
        lines = [line for one in evaluations for line in one.lines()]
        with persistence.changing("glue"):
            joblog.tell_quality(self.account_id, self.region_name, run_id, lines)
            for one in evaluations:
                if one.published:
                    self.quality_results[one.result_id] = one.as_dict({"JobName": job, "JobRunId": run_id})
        for one in evaluations:
            if one.folder:
                place = f"{one.folder.rstrip('/')}/{job}/{run_id}/{one.result_id}.json"
                access.put_bytes(place, one.as_json_lines().encode(), "application/json")

    def _bookmark_option(self, job: Job, run_id: str) -> str:
        """Whether a run keeps to the bookmark: its own argument, then the job's; off when neither says anything."""
        given = {**(job.definition.get("DefaultArguments") or {}), **self.job_runs[run_id].arguments}
        option = given.get(bookmarks.OPTION, bookmarks.DISABLE)
        if option not in (bookmarks.ENABLE, bookmarks.DISABLE, bookmarks.PAUSE):
            raise InvalidInput(f"{bookmarks.OPTION} cannot be {option}.")
        if any(name in given for name in bookmarks.RANGE):
            raise InvalidInput(f"{' and '.join(bookmarks.RANGE)} are not supported here.")
        return option


def _graph(nodes: Record) -> Any:
    """The checked graph. Raises `InvalidInput` with what is wrong."""
    from . import graph

    try:
        return graph.read(nodes)
    except graph.InvalidGraph as problem:
        raise InvalidInput(str(problem)) from None


def _not_stopped(run_id: str, found: JobRun | None) -> Record:
    if found is None:
        return {"ErrorCode": "EntityNotFoundException", "ErrorMessage": f"Job run {run_id} not found."}
    message = f"Job run {run_id} has the state {found.state} and cannot be stopped."
    return {"ErrorCode": "InvalidInputException", "ErrorMessage": message}
