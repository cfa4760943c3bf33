"""The thread that looks at every full minute for what is due. A minute that the machine slept through is not made up
for, as a machine that was off has no schedule."""

from __future__ import annotations

import logging
import time

from ... import persistence, runs
from .. import clock

_log = logging.getLogger(__name__)
_MARGIN_SECONDS = 0.02


def start() -> None:
    """Begin to look, for as long as the process lives."""
    runs.start("schedules", _watch)


def _watch() -> None:
    while True:
        time.sleep(clock.seconds_to_next_minute() + _MARGIN_SECONDS)
        try:
            _look()
        except Exception:
            _log.exception("a schedule could not be followed")


def _look() -> None:
    moment = clock.now()
    for backend in list(persistence.store().backends()):
        if hasattr(backend, "fire_due"):
            with persistence.changing("glue"):
                backend.fire_due(moment)
