"""The inference part of the SageMaker backend (API reference: CreateModel, CreateTransformJob and what reports on
them)."""

from __future__ import annotations

from typing import Any

from moto.core.utils import utcnow

from ... import persistence, runs
from ...errors import AccessDenied, AwsError
from ...s3.access import ObjectAccess
from .. import listing, staging
from ..automl.calls import AutoMLCalls
from ..errors import JobFailed, ResourceInUse, ResourceNotFound, ValidationProblem
from . import jobs, transform
from .jobs import Model, TransformJob

Record = dict[str, Any]
_INTERRUPTED = "The endpoint was stopped while the job was running."
_active: dict[str, transform.Transform] = {}


class InferenceCalls(AutoMLCalls):
    """Models and transform jobs."""

    def __init__(self, region_name: str, account_id: str) -> None:
        super().__init__(region_name, account_id)
        self.models: dict[str, Model] = {}
        self.transform_jobs: dict[str, TransformJob] = {}

    # models
    def answer_create_model(self, request: Record) -> Record:
        """CreateModel. Raises `ValidationProblem`."""
        name, arn = request["ModelName"], self.arn("model", request["ModelName"])
        if name in self.models:
            raise ValidationProblem(f'Cannot create already existing model "{arn}".')
        jobs.check_model(request)
        session = staging.assume(self.account_id, request["ExecutionRoleArn"])
        model = Model(name, arn, request)
        self._check_data(model.container.get("ModelDataUrl"), ObjectAccess(self.account_id, session))
        self.models[name] = model
        self.tag(arn, request.get("Tags"))
        return {"ModelArn": arn}

    def _check_data(self, uri: str | None, access: ObjectAccess) -> None:
        if not uri:
            raise NotImplementedError("models without ModelDataUrl")
        try:
            access.find(uri)
        except AccessDenied:
            role = access.session.role_arn if access.session else ""
            raise ValidationProblem(
                f'Could not access model data at {uri}. Please ensure that the role "{role}" exists and that its trust '
                f'relationship policy allows the action "sts:AssumeRole" for the service principal '
                f'"{staging.SERVICE}". '
                f'Also ensure that the role has "s3:GetObject" permissions and that the object is located in '
                f"{self.region_name}."
            ) from None
        except AwsError:
            raise ValidationProblem(f"Could not find model data at {uri}.") from None

    def _model(self, name: str) -> Model:
        found = self.models.get(name)
        if found is None:
            raise ValidationProblem(f'Could not find model "{self.arn("model", name)}".')
        return found

    def answer_describe_model(self, request: Record) -> Record:
        """DescribeModel. Raises `ValidationProblem`: there is no such model."""
        return self._model(request["ModelName"]).as_dict()

    def answer_list_models(self, request: Record) -> Record:
        """ListModels."""
        found = [each.summary() for each in list(self.models.values())]
        return listing.page("Models", listing.chosen(found, request, "ModelName", ""), request)

    def answer_delete_model(self, request: Record) -> Record:
        """DeleteModel; what it was made from stays. Raises `ValidationProblem`: there is no such model."""
        model = self._model(request["ModelName"])
        self.untag(model.arn)
        del self.models[model.name]
        return {}

    # transform jobs
    def answer_create_transform_job(self, request: Record) -> Record:
        """CreateTransformJob. Raises `ResourceInUse`, `ValidationProblem`."""
        name = request["TransformJobName"]
        arn = self.arn("transform-job", name)
        if name in self.transform_jobs:
            raise ResourceInUse(
                "Job name must be unique within an AWS account and region, and a transform job with this name already "
                f"exists ({arn})"
            )
        model = self._model(request["ModelName"])
        jobs.check_transform(request)
        session = staging.assume(self.account_id, model.request["ExecutionRoleArn"])
        job = TransformJob(name, arn, request)
        self.transform_jobs[name] = job
        self.tag(arn, request.get("Tags"))
        _active[arn] = transform.Transform(self.account_id, self.region_name, session, job, model)
        runs.start(f"transform {name}", lambda: self._score(name, arn))
        return {"TransformJobArn": arn}

    def _transform_job(self, name: str, missing: type[AwsError]) -> TransformJob:
        found = self.transform_jobs.get(name)
        if found is None:
            raise missing(f"Could not find requested job with name: {name}")
        return found

    def answer_describe_transform_job(self, request: Record) -> Record:
        """DescribeTransformJob. Raises `ValidationProblem`: there is no such job."""
        return self._transform_job(request["TransformJobName"], ValidationProblem).as_dict()

    def answer_list_transform_jobs(self, request: Record) -> Record:
        """ListTransformJobs."""
        found = [each.summary() for each in list(self.transform_jobs.values())]
        kept = listing.chosen(found, request, "TransformJobName", "TransformJobStatus")
        return listing.page("TransformJobSummaries", kept, request)

    def answer_stop_transform_job(self, request: Record) -> Record:
        """StopTransformJob. Raises `ResourceNotFound`, and `ValidationProblem` when the job has ended."""
        job = self._transform_job(request["TransformJobName"], ResourceNotFound)
        if not job.under_way:
            raise ValidationProblem(f"The request was rejected because the transform job is in status {job.status}.")
        job.enter(jobs.STOPPING)
        if job.arn in _active:
            _active[job.arn].stop()
        return {}

    def recover_transform_jobs(self) -> None:
        """After a restart: jobs that were under way have failed."""
        for job in list(self.transform_jobs.values()):
            if job.under_way:
                job.enter(jobs.FAILED, _INTERRUPTED)

    def _score(self, name: str, arn: str) -> None:
        work = _active[arn]
        with persistence.changing("sagemaker"):
            self.transform_jobs[name].started = utcnow()
            trained = frozenset(self.trained)
        status, reason = jobs.COMPLETED, ""
        try:
            work.run(trained)
        except JobFailed as problem:
            status, reason = jobs.FAILED, str(problem)
        if work.stopped:
            status, reason = jobs.STOPPED, ""
        with persistence.changing("sagemaker"):
            held = self.transform_jobs.get(name)
            if held is not None and held.under_way:
                held.enter(status, reason)
        _active.pop(arn, None)
