"""The answer sheet of generated data: what was planted, to be held against what an analyst found.

`cdr generate` writes it beside the files, chapter 01 uploads it beside the folder `raw/`. Data from elsewhere has none.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from cdr_helpers.checks import Verdict
from cdr_helpers.unanswered import Unanswered
from cdr_helpers.workshop import Workshop

if TYPE_CHECKING:
    import pandas as pd

_NONE = Unanswered("This data comes without an answer sheet, so there is nothing to compare with.")
_LISTED = 6


class AnswerSheet:
    """`effects` and `labels` as `ground-truth.json` has them, or None; each method compares one of them with a found
    frame."""

    def __init__(self, effects: dict[str, Any] | None, labels: dict[str, Any] | None = None) -> None:
        self.effects, self.labels = effects, labels

    @classmethod
    def of(cls, workshop: Workshop) -> AnswerSheet:
        """The answer sheet that chapter 01 uploaded with the data; an empty one when there was none."""
        import boto3

        s3 = boto3.client("s3")
        try:
            body = s3.get_object(Bucket=workshop.bucket, Key=workshop.answers)["Body"].read()
        except s3.exceptions.NoSuchKey:
            return cls(None)
        truth = json.loads(body)
        return cls(truth["effects"], truth.get("labels"))

    def outage(self, found: pd.DataFrame | Unanswered) -> Verdict | Unanswered:
        """`found` has a line for each `hour` in which most calls to a `carrier` failed."""
        return self._compare(
            "hours of an outage", found, _outage_hours, lambda frame: _pairs(frame["carrier"], frame["hour"])
        )

    def holidays(self, found: pd.DataFrame | Unanswered) -> Verdict | Unanswered:
        """`found` has a line for each `day` that was too quiet."""
        return self._compare("holidays", found, _holidays, lambda frame: map(str, frame["day"]))

    def scam_callers(self, found: pd.DataFrame | Unanswered) -> Verdict | Unanswered:
        """`found` has a line for each suspicious `caller`."""
        return self._compare("scam callers", found, lambda effects: _numbers(effects["scam_callers"]), _callers)

    def robot_callers(self, found: pd.DataFrame | Unanswered) -> Verdict | Unanswered:
        """`found` has a line for each suspicious `caller`."""
        return self._compare("robot diallers", found, lambda effects: _numbers(effects["robot_callers"]), _callers)

    def recognised(self, scored: pd.DataFrame | Unanswered) -> pd.DataFrame | Unanswered:
        """How many of each kind of caller are suspected: one line per `kind` (`scam`, `robot`, and `innocent` for all
        others), with `callers`, `suspected` and their `share`.

        `scored` has a line for each `caller`, and whether it is `suspected`.
        """
        if isinstance(scored, Unanswered):
            return scored
        if not self.labels:
            return _NONE
        kinds = {number: kind for kind in ("scam", "robot") for number in self.labels[kind]}
        known = scored.assign(kind=[kinds.get(int(caller), "innocent") for caller in scored["caller"]])
        table = known.groupby("kind")["suspected"].agg(callers="count", suspected="sum").astype(int).reset_index()
        return table.assign(share=(table["suspected"] / table["callers"]).round(3))

    def _compare(
        self,
        what: str,
        found: pd.DataFrame | Unanswered,
        planted: Callable[[dict[str, Any]], Iterable[str]],
        read: Callable[[pd.DataFrame], Iterable[str]],
    ) -> Verdict | Unanswered:
        if isinstance(found, Unanswered):
            return found
        if self.effects is None:
            return _NONE
        return _compared(what, set(planted(self.effects)), set(read(found)))


def _compared(what: str, planted: set[str], found: set[str]) -> Verdict | Unanswered:
    if planted == found:
        return Verdict(f"{what}: all {len(planted)} that were planted, and no other: {_listed(planted)}")
    return Unanswered(
        f"{what}: {len(planted & found)} of {len(planted)} planted ones found. "
        f"Missed: {_listed(planted - found)}. Not planted: {_listed(found - planted)}. "
        "The limits in the query suit other data better: change them and look again."
    )


def _outage_hours(effects: dict[str, Any]) -> list[str]:
    outage = effects["outage"]
    if not outage:
        return []
    first, end = (datetime.fromisoformat(outage[edge]) for edge in ("first", "end"))
    hours = [first + timedelta(hours=n) for n in range(int((end - first).total_seconds()) // 3600)]
    return [f"carrier {outage['carrier_id']} at {hour}" for hour in hours]


def _pairs(carriers: Iterable[Any], hours: Iterable[Any]) -> list[str]:
    return [f"carrier {carrier} at {hour}" for carrier, hour in zip(carriers, hours, strict=True)]


def _holidays(effects: dict[str, Any]) -> list[str]:
    return [holiday["date"] for holiday in effects["holidays"]]


def _numbers(callers: list[dict[str, Any]]) -> list[str]:
    return [str(caller["translated_calling_number"]) for caller in callers]


def _callers(frame: pd.DataFrame) -> list[str]:
    return [str(caller) for caller in frame["caller"]]


def _listed(things: set[str]) -> str:
    names = sorted(things)
    return (", ".join(names[:_LISTED]) + (", …" if len(names) > _LISTED else "")) or "none"
