"""Query executions: what is remembered of each, and the workers that run them through Athena's states.

Twenty run at once, as Athena's default quota has it; more wait as QUEUED. Records are plain objects in the backend's
`executions`; what cannot be saved (the cursor to interrupt) is kept here, by id.
"""

from __future__ import annotations

import logging
import queue
import threading
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from .. import persistence, runs
from .failures import QueryFailure, ScanLimitReached
from .results import ResultColumn

SLOTS = 20
INTERRUPTION_SECONDS = 0.05
CANCELLED_BY_USER = "Query cancelled by user"
FINAL = ("SUCCEEDED", "FAILED", "CANCELLED")
_log = logging.getLogger(__name__)


@dataclass
class Execution:
    """One query execution."""

    id: str
    query: str
    workgroup: str
    output: str
    context: dict[str, str]
    parameters: list[str] | None
    statement_type: str
    substatement: str
    text_result: bool
    configuration: dict[str, Any] = field(default_factory=dict)
    token: str = ""
    state: str = "QUEUED"
    reason: str = ""
    error: dict[str, Any] | None = None
    submitted: float = field(default_factory=time.time)
    started: float | None = None
    completed: float | None = None
    planned: float | None = None
    scanned: int = 0
    columns: list[ResultColumn] = field(default_factory=list)
    rows: int = 0
    manifest: str = ""
    reused: bool = False


def new_id() -> str:
    """A query execution id."""
    return str(uuid.uuid4())


class _Running:
    """What belongs to an execution while it runs."""

    def __init__(self, saved: persistence.Rows) -> None:
        self.saved = saved
        self.cancelled = threading.Event()
        self.ended = threading.Event()
        self.connection: Any = None

    def stop(self) -> None:
        if not self.cancelled.is_set():
            self.cancelled.set()
            runs.start("athena-stop", self._interrupt)

    def _interrupt(self) -> None:
        """Until the work has ended: an interruption between two statements of the engine is forgotten by it."""
        while not self.ended.is_set():
            if self.connection is not None:
                self.connection.interrupt()
            self.ended.wait(INTERRUPTION_SECONDS)


_running: dict[str, _Running] = {}
_waiting: queue.SimpleQueue[tuple[Execution, Callable[[Execution, Any], None]]] = queue.SimpleQueue()
_idle = 0
_workers = 0
_guard = threading.Lock()


def submit(execution: Execution, saved: persistence.Rows, work: Callable[[Execution, Any], None]) -> None:
    """Queue the execution; `work(execution, running)` runs it in a worker. `saved` is the backend's dictionary of
    executions."""
    global _workers
    _running[execution.id] = _Running(saved)
    _waiting.put((execution, work))
    with _guard:
        if _workers < SLOTS and _idle < _waiting.qsize():
            _workers += 1
            runs.start(f"athena-{_workers}", _worker)


def _worker() -> None:
    global _idle
    while True:
        with _guard:
            _idle += 1
        execution, work = _waiting.get()
        with _guard:
            _idle -= 1
        _run(execution, work)


def _run(execution: Execution, work: Callable[[Execution, Any], None]) -> None:
    running = _running[execution.id]
    with persistence.changing("athena", (running.saved, execution.id)):
        if running.cancelled.is_set():
            running.ended.set()
            _running.pop(execution.id, None)
            return
        execution.state = "RUNNING"
        execution.started = time.time()
    try:
        work(execution, running)
        _end(execution, running, "SUCCEEDED")
    except ScanLimitReached as problem:
        running.cancelled.set()
        _end(execution, running, "CANCELLED", problem.message)
    except QueryFailure as problem:
        _failed(execution, running, problem)
    except RecursionError:
        _failed(
            execution,
            running,
            QueryFailure("STACK_OVERFLOW", "statement is too large (stack overflow during analysis)"),
        )
    except Exception:
        _log.exception("query execution %s", execution.id)
        _failed(
            execution,
            running,
            QueryFailure("GENERIC_INTERNAL_ERROR", "The query engine failed; see the log of the local endpoint"),
        )
    finally:
        running.ended.set()
        _running.pop(execution.id, None)


def _failed(execution: Execution, running: _Running, problem: QueryFailure) -> None:
    execution.error = {
        "ErrorCategory": problem.category,
        "ErrorType": problem.type,
        "Retryable": False,
        "ErrorMessage": problem.reason,
    }
    execution.reason = problem.reason
    _end(execution, running, "FAILED")


def _end(execution: Execution, running: _Running, state: str, reason: str = CANCELLED_BY_USER) -> None:
    with persistence.changing("athena", (running.saved, execution.id)):
        execution.completed = time.time()
        if running.cancelled.is_set():
            cancel(execution, reason)
        else:
            execution.state = state


def cancel(execution: Execution, reason: str = CANCELLED_BY_USER) -> None:
    """Mark as cancelled."""
    execution.state = "CANCELLED"
    execution.reason = reason
    execution.error = None
    execution.completed = time.time()


def stop(execution: Execution) -> None:
    """Stop the execution: a waiting one never starts, a running one is interrupted."""
    running = _running.get(execution.id)
    if execution.state in FINAL:
        return
    if running is not None:
        running.stop()
    cancel(execution)
