"""Acknowledged = on disk. State of the moto backends, saved by unit and restored at start."""

from __future__ import annotations

import threading
from contextlib import AbstractContextManager


def lock(service: str) -> threading.RLock:
    """The one lock of a service (`glue`, `athena`, `iam`, `s3` …): held while its state changes."""
    raise NotImplementedError


def changing(service: str) -> AbstractContextManager[None]:
    """`with changing("glue"): …` for background work: takes the service's lock and, at the end, saves what changed.
    HTTP requests need no such block: the server wraps each changing request itself."""
    raise NotImplementedError
