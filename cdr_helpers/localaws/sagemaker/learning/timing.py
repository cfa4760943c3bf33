"""A limit on how long one candidate may train."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


class TookTooLong(Exception):
    """MaxRuntimePerTrainingJobInSeconds is over."""


@contextmanager
def limit(seconds: int | None) -> Iterator[None]:
    """Raises `TookTooLong` inside the block after `seconds`; where the system has no alarm clock there is no limit."""
    if not seconds or not hasattr(signal, "setitimer"):
        yield
        return

    def ring(*_: Any) -> None:
        raise TookTooLong(f"the candidate was not trained within MaxRuntimePerTrainingJobInSeconds ({seconds})")

    signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
