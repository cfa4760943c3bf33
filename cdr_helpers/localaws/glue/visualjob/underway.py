"""Runs under way: how one is interrupted, and what a failed one says."""

from __future__ import annotations

import contextlib
import logging
import threading
from typing import Any

from ... import runs
from ...errors import AwsError
from .bookmarks import Seen
from .frames import NodeFailed

_log = logging.getLogger(__name__)
_INTERRUPTION_SECONDS = 0.05


class ActiveRun:
    """What a run under way can be reached by; never part of the saved state."""

    def __init__(self) -> None:
        self.watched: Any = None
        self.ends_as = ""
        self.timer: threading.Timer | None = None
        self.seen: Seen | None = None
        self.over = threading.Event()

    def end(self, state: str) -> None:
        """Interrupt the run; it ends in `state`."""
        if not self.ends_as:
            self.ends_as = state
            runs.start("job-stop", self._interrupt)

    def _interrupt(self) -> None:
        """Until the work has ended: an interruption between two statements of the engine is forgotten by it."""
        import duckdb

        while not self.over.wait(_INTERRUPTION_SECONDS):
            for connection in list(self.watched.opened) if self.watched else ():
                with contextlib.suppress(duckdb.ConnectionException):
                    connection.interrupt()


def reason(problem: Exception) -> str:
    """A failed run's message. What is no AWS error and no failed node is a defect, and goes to the endpoint's log."""
    if isinstance(problem, NodeFailed):
        return str(problem)
    if isinstance(problem, AwsError):
        return f"An error occurred ({problem.code}): {problem.message}"
    message = getattr(problem, "message", None)
    if message:
        return str(message)
    _log.error("a run failed", exc_info=problem)
    return f"{type(problem).__name__}: {problem}"
