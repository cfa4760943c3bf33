"""One AutoML job at work: input files to a training process, and what that makes to S3.

Where things lie below `{S3OutputPath}/{job name}/` is Autopilot's own layout:

    sagemaker-automl-candidates/model/{candidate}/model.tar.gz
    sagemaker-automl-candidates/notebooks/SageMakerAutopilotDataExplorationNotebook.ipynb
    documentation/explainability/output/{candidate}/analysis.json
    documentation/model_monitor/output/{candidate}/statistics.json
    documentation/backtest/output/{candidate}/     (forecasts; AWS documents no path)
"""

from __future__ import annotations

import hashlib
import shutil
import threading
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ... import home
from ...errors import AwsError
from ...iam.roles import RoleSession
from ...s3.access import ObjectAccess
from .. import staging
from ..children import Child
from ..errors import JobFailed
from . import jobs
from .jobs import AutoMLJob

Record = dict[str, Any]
OUT_OF_TIME = "MaxAutoMLJobRuntimeReached"
ONLY_DEFINITIONS = "CandidateDefinitionsGenerated"
_MODELS = "sagemaker-automl-candidates/model"
_NOTEBOOK = "sagemaker-automl-candidates/notebooks/SageMakerAutopilotDataExplorationNotebook.ipynb"
_REPORTS = {
    "Explainability": "documentation/explainability/output",
    "ModelInsights": "documentation/model_monitor/output",
    "BacktestResults": "documentation/backtest/output",
}
_TYPES = {".ipynb": "application/x-ipynb+json", ".json": "application/json", ".csv": "text/csv"}


class Training:
    """The work of one job, from its own thread; `stop` may come from any other."""

    def __init__(self, account: str, region: str, session: RoleSession, job: AutoMLJob) -> None:
        self.job = job
        self.ends_as = ""
        self._region = region
        self._access = ObjectAccess(account, session)
        self._child: Child | None = None
        self._guard = threading.Lock()

    def stop(self, ends_as: str = jobs.STOPPED) -> None:
        """End the work; the job ends as `ends_as`."""
        with self._guard:
            self.ends_as = self.ends_as or ends_as
            if self._child is not None:
                self._child.stop()

    def run(self, report: Callable[[Record], None]) -> None:
        """Train, and report each step once what it made lies in S3. Raises `JobFailed`."""
        folder = home.active().scratch / f"automl-{uuid.uuid4().hex}"
        folder.mkdir(parents=True)
        seconds = self.job.criteria.get("MaxAutoMLJobRuntimeInSeconds")
        timer = threading.Timer(min(seconds or threading.TIMEOUT_MAX, threading.TIMEOUT_MAX), self.stop, (OUT_OF_TIME,))
        timer.daemon = True
        try:
            if seconds:
                timer.start()
            report({"event": "stage", "stage": "AnalyzingData"})
            self._learn(folder, report)
        except AwsError as problem:
            raise JobFailed(f"ClientError: {problem.message}") from None
        finally:
            timer.cancel()
            shutil.rmtree(folder, ignore_errors=True)

    def _learn(self, folder: Path, report: Callable[[Record], None]) -> None:
        spec = self._spec(folder)
        with self._guard:
            if self.ends_as:
                return
            self._child = Child("forecast" if self.job.kind == jobs.FORECAST else "tabular", spec, folder)
        for event in self._child.events():
            report(self._published(event))
        if self.job.config.get("GenerateCandidateDefinitionsOnly"):
            self.ends_as = self.ends_as or ONLY_DEFINITIONS

    def _spec(self, folder: Path) -> Record:
        channels = {each.get("ChannelType", "training"): each for each in self.job.request["AutoMLJobInputDataConfig"]}
        return {
            "folder": str(folder),
            "config": self.job.config,
            "objective": (self.job.request.get("AutoMLJobObjective") or {}).get("MetricName"),
            "validation_fraction": (self.job.request.get("DataSplitConfig") or {}).get("ValidationFraction", 0.2),
            "channels": {name: self._channel(each) for name, each in channels.items()},
            "features": self._features(),
        }

    def _channel(self, channel: Record) -> Record:
        found = staging.objects(self._access, channel["DataSource"]["S3DataSource"], self._region)
        return {
            "content_type": channel.get("ContentType") or "text/csv;header=present",
            "gzip": channel.get("CompressionType") == "Gzip",
            "files": [{"path": str(each.path), "uri": each.uri} for each in found],
        }

    def _features(self) -> str | None:
        uri = self.job.config.get("FeatureSpecificationS3Uri")
        return self._access.readable(self._access.find(uri)).read_text(encoding="utf-8") if uri else None

    def _published(self, event: Record) -> Record:
        """An event whose files have become objects."""
        if event["event"] == "analyzed":
            location = self._put(Path(event.pop("notebook")), _NOTEBOOK)
            return event | {"artifacts": {"DataExplorationNotebookLocation": location}}
        if event["event"] == "candidate":
            file = Path(event["model"])
            with file.open("rb") as data:
                digest = hashlib.file_digest(data, "sha256").hexdigest()
            location = self._put(file, f"{_MODELS}/{event['candidate']}/model.tar.gz")
            return event | {"model": location, "sha256": digest}
        if event["event"] == "explained":
            made = {kind: self._put_all(kind, event["candidate"], files) for kind, files in event["files"].items()}
            return event | {"locations": made}
        return event

    def _put(self, file: Path, place: str) -> str:
        location = self.job.folder + place
        self._access.put_file(location, file, _TYPES.get(file.suffix, "application/gzip"))
        return location

    def _put_all(self, kind: str, candidate: str, files: list[str]) -> str:
        place = f"{_REPORTS[kind]}/{candidate}"
        for each in files:
            self._put(Path(each), f"{place}/{Path(each).name}")
        return self.job.folder + place


def container(region: str, job: AutoMLJob, model: str) -> Record:
    """The container that serves a candidate (developer guide, "Configure inference output in generated containers").

    The image's name is Autopilot's; here it says no more than that the model was made by an AutoML job.
    """
    image = "autogluon-inference" if job.kind == jobs.TABULAR else "autopilot-forecasting-inference"
    settings = {"SAGEMAKER_PROGRAM": "tabular_serve.py", "SAGEMAKER_SUBMIT_DIRECTORY": "/opt/ml/model/code"}
    if job.problem in (jobs.BINARY, jobs.MULTICLASS):
        settings |= {
            "SAGEMAKER_DEFAULT_INVOCATIONS_ACCEPT": "text/csv",
            "SAGEMAKER_INFERENCE_OUTPUT": "predicted_label",
            "SAGEMAKER_INFERENCE_SUPPORTED": "predicted_label,probability,probabilities,labels",
        }
    return {
        "Image": f"763104351884.dkr.ecr.{region}.amazonaws.com/{image}:local-cpu-py3",
        "ModelDataUrl": model,
        "Environment": settings,
    }
