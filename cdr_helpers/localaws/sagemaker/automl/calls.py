"""The AutoML part of the SageMaker backend (API reference: CreateAutoMLJobV2 and what reports on it)."""

from __future__ import annotations

import secrets
from typing import Any

from ... import persistence, runs
from .. import listing, staging
from ..errors import JobFailed, ResourceInUse, ResourceNotFound, ValidationProblem
from ..tags import TagCalls
from . import jobs, training
from .jobs import AutoMLJob, Candidate

Record = dict[str, Any]
_INTERRUPTED = "The endpoint was stopped while the job was running."
_active: dict[str, training.Training] = {}


class AutoMLCalls(TagCalls):
    """CreateAutoMLJobV2, DescribeAutoMLJobV2, ListAutoMLJobs, StopAutoMLJob, ListCandidatesForAutoMLJob, and
    DescribeTrainingJob for the candidates' steps."""

    def __init__(self, region_name: str, account_id: str) -> None:
        super().__init__(region_name, account_id)
        self.automl_jobs: dict[str, AutoMLJob] = {}
        self.trained: dict[str, str] = {}

    def answer_create_auto_ml_job_v2(self, request: Record) -> Record:
        """CreateAutoMLJobV2. Raises `ResourceInUse`, `ValidationProblem`."""
        name = request["AutoMLJobName"]
        if any(known.lower() == name.lower() for known in self.automl_jobs):
            raise ResourceInUse(f"An AutoML job with the name {name} already exists. Choose a different name.")
        jobs.check(request)
        session = staging.assume(self.account_id, request["RoleArn"])
        asked = {key: value for key, value in request.items() if key != "Tags"}
        job = AutoMLJob(name, self.arn("automl-job", name), asked)
        self.automl_jobs[name] = job
        self.tag(job.arn, request.get("Tags"))
        _active[job.arn] = training.Training(self.account_id, self.region_name, session, job)
        runs.start(f"AutoML {name}", lambda: self._perform(job.name))
        return {"AutoMLJobArn": job.arn}

    def _job(self, name: str) -> AutoMLJob:
        found = self.automl_jobs.get(name)
        if found is None:
            raise ResourceNotFound(f"Could not find AutoML job with name {name}.")
        return found

    def answer_describe_auto_ml_job_v2(self, request: Record) -> Record:
        """DescribeAutoMLJobV2. Raises `ResourceNotFound`."""
        return self._job(request["AutoMLJobName"]).as_dict(self.arn("training-job", ""))

    def answer_list_auto_ml_jobs(self, request: Record) -> Record:
        """ListAutoMLJobs, by name in the order that the API model calls the default."""
        found = [job.summary() for job in list(self.automl_jobs.values())]
        by_name = {"SortBy": "Name", **request}
        return listing.page(
            "AutoMLJobSummaries", listing.chosen(found, by_name, "AutoMLJobName", "AutoMLJobStatus"), request
        )

    def answer_stop_auto_ml_job(self, request: Record) -> Record:
        """StopAutoMLJob; a job that has ended stays as it is. Raises `ResourceNotFound`."""
        job = self._job(request["AutoMLJobName"])
        if job.under_way:
            job.enter(jobs.STOPPING, "Stopping")
            if job.arn in _active:
                _active[job.arn].stop()
        return {}

    def answer_list_candidates_for_auto_ml_job(self, request: Record) -> Record:
        """ListCandidatesForAutoMLJob: the newest first, or by state or value. Raises `ResourceNotFound`."""
        job = self._job(request["AutoMLJobName"])
        found = [
            each
            for each in job.candidates.values()
            if request.get("StatusEquals") in (None, each.status)
            and request.get("CandidateNameEquals") in (None, each.name)
        ]
        orders: dict[str, Any] = {
            "CreationTime": lambda each: each.created,
            "Status": lambda each: each.status,
            "FinalObjectiveMetricValue": lambda each: (each.value is not None, each.value or 0.0),
        }
        descending = request.get("SortOrder", "Ascending") == "Descending"
        found.sort(key=orders[request.get("SortBy", "CreationTime")], reverse=descending)
        steps = self.arn("training-job", "")
        return listing.page("Candidates", [each.as_dict(steps + each.step) for each in found], request)

    def answer_describe_training_job(self, request: Record) -> Record:
        """DescribeTrainingJob, for the steps of candidates. Raises `ValidationProblem`: there is no such job."""
        name = request["TrainingJobName"]
        for job in list(self.automl_jobs.values()):
            for each in job.candidates.values():
                if each.step == name:
                    return self._step(job, each)
        raise ValidationProblem("Requested resource not found.")

    def _step(self, job: AutoMLJob, candidate: Candidate) -> Record:
        ended = candidate.ended
        return {
            "TrainingJobName": candidate.step,
            "TrainingJobArn": self.arn("training-job", candidate.step),
            "AutoMLJobArn": job.arn,
            "ModelArtifacts": {"S3ModelArtifacts": candidate.model},
            "TrainingJobStatus": candidate.status,
            "SecondaryStatus": "Training" if candidate.status == jobs.IN_PROGRESS else candidate.status,
            "FailureReason": candidate.reason or None,
            "HyperParameters": candidate.hyperparameters,
            "AlgorithmSpecification": {"AlgorithmName": candidate.algorithm, "TrainingInputMode": "File"},
            "RoleArn": job.request["RoleArn"],
            "OutputDataConfig": job.request["OutputDataConfig"],
            "ResourceConfig": {"VolumeSizeInGB": 0},
            "StoppingCondition": {"MaxRuntimeInSeconds": job.criteria.get("MaxRuntimePerTrainingJobInSeconds")},
            "CreationTime": candidate.created,
            "TrainingStartTime": candidate.created,
            "TrainingEndTime": ended,
            "LastModifiedTime": ended or candidate.created,
            "TrainingTimeInSeconds": max(1, round((ended - candidate.created).total_seconds())) if ended else None,
            "FinalMetricDataList": [
                {"MetricName": f"validation:{metric}", "Value": value, "Timestamp": ended}
                for metric, value in candidate.metrics.items()
            ],
        }

    def recover_automl_jobs(self) -> None:
        """After a restart: jobs that were under way have failed."""
        for job in list(self.automl_jobs.values()):
            if job.under_way:
                job.enter(jobs.FAILED, "Failed", _INTERRUPTED)

    # the work of a job, in its own thread
    def _perform(self, name: str) -> None:
        with persistence.changing("sagemaker"):
            job = self.automl_jobs[name]
            work = _active[job.arn]
        status, secondary, reason = self._outcome(name, work)
        with persistence.changing("sagemaker"):
            held = self.automl_jobs.get(name)
            if held is not None and held.under_way:
                held.enter(status, secondary, reason)
        _active.pop(job.arn, None)

    def _outcome(self, name: str, work: training.Training) -> tuple[str, str, str]:
        """State, secondary state and reason with which a job ends."""
        try:
            work.run(lambda event: self._take(name, event))
        except JobFailed as problem:
            return jobs.FAILED, "Failed", str(problem)
        if work.ends_as == jobs.STOPPED:
            return jobs.STOPPED, "Stopped", ""
        if work.ends_as == training.OUT_OF_TIME:
            with persistence.lock("sagemaker"):
                trained = self.automl_jobs[name].best
            if trained is None:
                seconds = work.job.criteria["MaxAutoMLJobRuntimeInSeconds"]
                return (
                    jobs.FAILED,
                    "Failed",
                    f"No candidate was trained within MaxAutoMLJobRuntimeInSeconds ({seconds}).",
                )
        return jobs.COMPLETED, work.ends_as or "Completed", ""

    def _take(self, name: str, event: Record) -> None:
        """Note what a training process reports."""
        with persistence.changing("sagemaker"):
            job = self.automl_jobs.get(name)
            if job is not None:
                _EVENTS[event["event"]](self, job, event)

    def _on_stage(self, job: AutoMLJob, event: Record) -> None:
        if job.status == jobs.IN_PROGRESS:
            job.enter(job.status, event["stage"])

    def _on_analyzed(self, job: AutoMLJob, event: Record) -> None:
        job.problem, job.objective = event["problem"], event["objective"]
        job.artifacts = event["artifacts"]

    def _on_training(self, job: AutoMLJob, event: Record) -> None:
        step = f"{job.name}-{secrets.token_hex(4)}-{len(job.candidates) + 1}"[:63]
        settings = {key: str(value) for key, value in event["hyperparameters"].items()}
        made = Candidate(event["candidate"], event["algorithm"], settings, step, objective=job.objective)
        job.candidates[made.name] = made

    def _on_candidate(self, job: AutoMLJob, event: Record) -> None:
        candidate = job.candidates[event["candidate"]]
        candidate.metrics, candidate.model = event["metrics"], event["model"]
        candidate.container = training.container(self.region_name, job, candidate.model)
        self.trained[event["sha256"]] = candidate.model
        candidate.end(jobs.COMPLETED)

    def _on_lost(self, job: AutoMLJob, event: Record) -> None:
        job.candidates[event["candidate"]].end(jobs.FAILED, event["reason"])

    def _on_explained(self, job: AutoMLJob, event: Record) -> None:
        job.candidates[event["candidate"]].artifacts = event["locations"]


_EVENTS = {
    "stage": AutoMLCalls._on_stage,
    "analyzed": AutoMLCalls._on_analyzed,
    "training": AutoMLCalls._on_training,
    "candidate": AutoMLCalls._on_candidate,
    "lost": AutoMLCalls._on_lost,
    "explained": AutoMLCalls._on_explained,
}
"""What a training process reports → what becomes of it."""
