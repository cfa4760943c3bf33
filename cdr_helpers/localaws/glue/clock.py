"""What time schedules go by: UTC, or a clock that was set when the endpoint was started.

`CDR_LOCAL_CLOCK=2021-03-01T08:59:55` makes schedules believe that the endpoint started at that moment, so that nobody
has to wait for a full hour to see one fire.
"""

from __future__ import annotations

import os
import time
from datetime import UTC, datetime, timedelta

VARIABLE = "CDR_LOCAL_CLOCK"
_STARTED = time.monotonic()


def now() -> datetime:
    """The present moment of schedules, in UTC."""
    given = os.environ.get(VARIABLE)
    if not given:
        return datetime.now(UTC)
    start = datetime.fromisoformat(given)
    return start.replace(tzinfo=start.tzinfo or UTC) + timedelta(seconds=time.monotonic() - _STARTED)


def seconds_to_next_minute() -> float:
    """How long it is until the next full minute."""
    moment = now()
    return 60 - moment.second - moment.microsecond / 1e6
