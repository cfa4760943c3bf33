"""Job bookmarks: which objects each source of a job has read in its successful runs.

Source: AWS Glue developer guide, "Tracking processed data using job bookmarks": for S3 the objects' last-modified time
decides, by source (its transformation context); an object that was written again is read again; the state changes when
the job commits.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from ...s3.access import StoredObject

OPTION = "--job-bookmark-option"
ENABLE, DISABLE, PAUSE = "job-bookmark-enable", "job-bookmark-disable", "job-bookmark-pause"
RANGE = ("--job-bookmark-from", "--job-bookmark-to")
Seen = dict[str, dict[str, str]]
"""Transformation context → URI of an object → the moment it was last modified, and its ETag."""


@dataclass
class Bookmark:
    """What a job's bookmark says. `states`: run id → what had been read when the run had ended."""

    job: str
    version: int = 0
    run: int = 0
    run_id: str | None = None
    previous_run_id: str | None = None
    states: dict[str, Seen] = field(default_factory=dict)
    saved_on: datetime = field(default_factory=lambda: datetime.now(UTC))

    @property
    def seen(self) -> Seen:
        """What has been read."""
        return self.states.get(self.run_id or "", {})

    def commit(self, run_id: str, seen: Seen) -> None:
        """A run has succeeded."""
        self.states = {**self.states, run_id: seen}
        self.previous_run_id, self.run_id = self.run_id, run_id
        self.version, self.run, self.saved_on = self.version + 1, self.run + 1, datetime.now(UTC)

    def reset(self, run_id: str | None = None) -> None:
        """Forget everything, or what was read after a run. Raises `KeyError` for a run that is not known."""
        state = self.states[run_id] if run_id else {}
        self.states = {run_id: state} if run_id else {}
        self.run_id, self.previous_run_id, self.run = run_id, None, 1 if run_id else 0
        self.version, self.saved_on = self.version + 1, datetime.now(UTC)

    def as_dict(self) -> dict[str, Any]:
        """The entry as GetJobBookmark returns it."""
        return {
            "JobName": self.job,
            "Version": self.version,
            "Run": self.run,
            "Attempt": 0,
            "PreviousRunId": self.previous_run_id,
            "RunId": self.run_id,
            "JobBookmark": json.dumps({context: self._shown(seen) for context, seen in self.seen.items()}),
        }

    def _shown(self, seen: dict[str, str]) -> dict[str, Any]:
        times = {
            "RUN": str(self.run),
            "CURR_RUN_START_TIME": f"{self.saved_on:%Y-%m-%dT%H:%M:%SZ}",
            "INCLUDE_LIST": ",".join(seen),
        }
        return {"jsonClass": "HadoopDataSourceJobBookmarkState", "timestamps": times}


class Reader:
    """The bookmark during a run: says what is new, and notes what is read."""

    def __init__(self, seen: Seen) -> None:
        self._before = seen
        self.seen: Seen = {context: dict(known) for context, known in seen.items()}

    def new(self, context: str, found: Iterable[StoredObject]) -> list[StoredObject]:
        """The objects that a source has not read as they are now."""
        known = self._before.get(context, {})
        return [stored for stored in found if known.get(stored.uri) != _mark(stored)]

    def note(self, context: str, read: Iterable[StoredObject]) -> None:
        """A source reads these objects in this run."""
        self.seen.setdefault(context, {}).update((stored.uri, _mark(stored)) for stored in read)


def _mark(stored: StoredObject) -> str:
    return f"{stored.last_modified.isoformat()} {stored.etag}"
