"""The Glue backend: catalog, crawlers, jobs and what starts them, data quality, on moto's."""

from __future__ import annotations

from typing import Any

from .. import persistence
from . import responses
from .catalog import Table
from .dataquality.calls import QualityCalls
from .triggers import scheduler
from .triggers.calls import TriggerCalls


class GlueBackend(TriggerCalls, QualityCalls):
    """What moto's Glue backend is replaced by."""

    transient: frozenset[str] = frozenset()

    @property
    def _url_module(self) -> Any:
        """Moto looks for the addresses beside the backend's module; they are its own."""
        from moto.glue import urls

        return urls

    def recover(self) -> None:
        """After a restart: what was under way has failed, and says so."""
        self.recover_crawlers()
        self.recover_jobs()
        self.recover_workflows()
        self.recover_quality_runs()


def register() -> None:
    """Make this backend and its answers known to moto, before the first Glue request."""
    from moto.glue import urls
    from moto.glue.models import FakeDatabase, glue_backends

    persistence.by_entry(FakeDatabase, "tables")
    persistence.by_entry(Table, "partitions")
    responses.answer_with(GlueBackend)
    urls.url_paths["{0}/$"] = responses.GlueResponses.dispatch
    glue_backends.backend = GlueBackend
    scheduler.start()
