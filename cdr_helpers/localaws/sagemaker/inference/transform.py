"""One transform job at work: input files to a scoring process, and its results to S3."""

from __future__ import annotations

import hashlib
import shutil
import threading
import uuid
from collections.abc import Callable, Container
from pathlib import Path
from typing import Any

from ... import home
from ...errors import AwsError
from ...iam.roles import RoleSession
from ...s3.access import ObjectAccess, StoredObject
from .. import staging
from ..children import Child
from ..errors import JobFailed
from . import jobs
from .jobs import Model, TransformJob

Record = dict[str, Any]
_FOREIGN = (
    "ClientError: the model data at {uri} was not made by an AutoML job here. A model is code, so no other one is run."
)


class Transform:
    """The work of one job, from its own thread; `stop` may come from any other."""

    def __init__(self, account: str, region: str, session: RoleSession, job: TransformJob, model: Model) -> None:
        self._job, self._model, self._region = job, model, region
        self._access = ObjectAccess(account, session)
        self._child: Child | None = None
        self._guard = threading.Lock()
        self.stopped = False

    def stop(self) -> None:
        """End the work."""
        with self._guard:
            self.stopped = True
            if self._child is not None:
                self._child.stop()

    def run(self, trained: Container[str]) -> None:
        """Score, and put the results to S3 when all of them are there. `trained` holds the SHA-256 of each archive that
        an AutoML job has made. Raises `JobFailed`."""
        folder = home.active().scratch / f"transform-{uuid.uuid4().hex}"
        folder.mkdir(parents=True)
        try:
            self._score(folder, trained)
        except AwsError as problem:
            raise JobFailed(f"ClientError: {problem.message}") from None
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def _score(self, folder: Path, trained: Container[str]) -> None:
        source = self._job.request["TransformInput"]["DataSource"]["S3DataSource"]
        found = staging.objects(self._access, source, self._region)
        place = self._output_of(source, found)
        spec = self._spec(folder, found, trained)
        with self._guard:
            if self.stopped:
                return
            self._child = Child("score", spec, folder)
        scored = [(place(event["uri"]), Path(event["file"])) for event in self._child.events()]
        if self.stopped:
            return
        for uri, file in scored:
            self._access.put_file(uri, file, self._job.request["TransformOutput"].get("Accept") or "text/csv")

    def _spec(self, folder: Path, found: list[StoredObject], trained: Container[str]) -> Record:
        processing = self._job.processing
        container = self._model.container
        environment = (container.get("Environment") or {}) | (self._job.request.get("Environment") or {})
        asked = environment.get("SAGEMAKER_INFERENCE_OUTPUT") or jobs.OUTPUTS[0]
        outputs = [each.strip() for each in asked.split(",")]
        unknown = [each for each in outputs if each not in jobs.OUTPUTS]
        if unknown:
            raise JobFailed(
                f"ClientError: SAGEMAKER_INFERENCE_OUTPUT cannot be {unknown[0]}; it takes {', '.join(jobs.OUTPUTS)}"
            )
        return {
            "folder": str(folder),
            "model": str(self._archive(container["ModelDataUrl"], trained)),
            "gzip": self._job.request["TransformInput"].get("CompressionType") == "Gzip",
            "files": [{"path": str(each.path), "uri": each.uri} for each in found],
            "input_filter": processing["InputFilter"],
            "output_filter": processing["OutputFilter"],
            "join": processing["JoinSource"] == "Input",
            "outputs": outputs,
        }

    def _archive(self, uri: str, trained: Container[str]) -> Path:
        place = self._access.readable(self._access.find(uri))
        with place.open("rb") as data:
            if hashlib.file_digest(data, "sha256").hexdigest() not in trained:
                raise JobFailed(_FOREIGN.format(uri=uri))
        return place

    def _output_of(self, source: Record, found: list[StoredObject]) -> Callable[[str], str]:
        """Where the result of an input lies: its key below the input's folder, and `.out`."""
        target = self._job.request["TransformOutput"]["S3OutputPath"].rstrip("/")
        root = source["S3Uri"].rpartition("/")[0] + "/"
        if source["S3DataType"] == "ManifestFile":
            names = [each.uri for each in found]
            root = names[0].rpartition("/")[0] + "/"
            while not all(each.startswith(root) for each in names):
                root = root.rstrip("/").rpartition("/")[0] + "/"
        return lambda uri: f"{target}/{uri.removeprefix(root)}.out"
