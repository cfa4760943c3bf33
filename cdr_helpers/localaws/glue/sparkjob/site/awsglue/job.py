"""The job object: `init` names it, `commit` keeps what its sources have read (AWS Glue: "Tracking processed data using
job bookmarks")."""

from __future__ import annotations

from typing import Any

from .endpoint import ask


class Job:
    """A run of a job, as its script sees it."""

    def __init__(self, glue_context: Any) -> None:
        self._glue_context = glue_context
        self.job_name = ""

    def init(self, job_name: str, args: dict[str, str] | None = None) -> None:
        """Begin; the bookmark is the endpoint's, so there is nothing to load."""
        self.job_name = job_name

    def commit(self) -> None:
        """The run's bookmark counts when the run succeeds."""
        ask("commit")

    def isInitialized(self) -> bool:
        """Whether `init` was called."""
        return bool(self.job_name)
