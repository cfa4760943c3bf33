"""The API calls on jobs and runs."""

from __future__ import annotations

from moto.glue.models import GlueBackend


class JobCalls(GlueBackend):
    """The jobs' part of the Glue backend."""

    def recover_jobs(self) -> None:
        """After a restart: a run that was under way has failed, and says so."""
