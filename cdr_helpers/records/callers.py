"""Kinds of callers: who rings, how often, whom, when, and whether somebody answers. One row of `KINDS` is one kind.

Two kinds are unwanted, `scam` and `robot`. The others look like them in one way or another: a courier's calls are
short, a collector's are not answered, a meter rings from the night into the day. So no single number tells them apart;
several together do, mostly. Each caller has habits of its own, drawn from the ranges of its kind, and makes few calls.
The loud callers of `effects` come on top.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

Range = tuple[float, float]

PEOPLES_CALLS: Mapping[int, float] = {1: 0.74, 2: 0.13, 3: 0.05, 4: 0.025, 5: 0.02, 7: 0.02, 10: 0.015}
"""Calls that a person makes in the whole time → share of the people. The mean is 1.8."""

MOST_CALLS = 18
"""Nobody but the loud callers makes more calls: those lead every list."""


@dataclass(frozen=True)
class Kind:
    """A kind of caller.

    `share` is its part of all callers (people are the rest); a caller makes `calls` calls within `days` days (0: spread
    over the whole time), to `circle` numbers (0: each time to another one). `answered` is the share of answered calls,
    `short` that of answered ones under 20 seconds. The part `own_hours` of its calls falls evenly into `hours`, all
    others follow the rhythm of the day. `refusals` is how an unanswered call ends, as weights by name of the outcome.
    """

    name: str
    share: float
    calls: tuple[int, int]
    days: int
    circle: int
    answered: Range
    short: Range
    hours: tuple[int, int]
    own_hours: float
    refusals: Mapping[str, float]
    unwanted: bool = False


_NORMAL = {
    "no_answer": 0.12,
    "busy": 0.07,
    "gave_up": 0.06,
    "no_response": 0.02,
    "rejected": 0.02,
    "unallocated": 0.02,
    "no_circuit": 0.005,
    "temporary_failure": 0.005,
}
_UNWELCOME = _NORMAL | {"rejected": 0.09, "unallocated": 0.04}
_LISTED = _NORMAL | {"rejected": 0.05, "unallocated": 0.06}

KINDS: tuple[Kind, ...] = (
    Kind("person", 0.0, (1, 14), 0, 4, (0.46, 0.90), (0.00, 0.10), (0, 24), 0.00, _NORMAL),
    Kind("courier", 0.016, (3, 18), 0, 0, (0.45, 0.90), (0.30, 0.90), (8, 19), 0.60, _NORMAL),
    Kind("collector", 0.016, (3, 18), 0, 6, (0.10, 0.45), (0.00, 0.20), (8, 21), 0.40, _UNWELCOME),
    Kind("meter", 0.010, (3, 18), 0, 2, (0.75, 1.00), (0.70, 1.00), (0, 24), 0.70, _NORMAL),
    Kind("visitor", 0.022, (3, 14), 20, 0, (0.25, 0.90), (0.10, 0.65), (8, 22), 0.50, _NORMAL),
    Kind("campaign", 0.014, (3, 18), 30, 0, (0.10, 0.60), (0.05, 0.55), (9, 22), 0.50, _UNWELCOME),
    Kind("scam", 0.020, (2, 15), 45, 20, (0.06, 0.45), (0.05, 0.50), (9, 22), 0.50, _UNWELCOME, True),
    Kind("robot", 0.015, (2, 15), 15, 0, (0.45, 0.95), (0.25, 0.95), (8, 22), 0.60, _LISTED, True),
)


@dataclass(frozen=True)
class Callers:
    """Everybody who rings, by position; `kind` is a position in `KINDS`. `calls` holds one caller per call, in the
    order in which the calls are made."""

    kind: np.ndarray
    answered: np.ndarray
    short: np.ndarray
    calls: np.ndarray


def callers(random: np.random.Generator, calls: int, days: int, most_calls: int) -> Callers:
    """Draw callers who make `calls` calls in `days` days, none of them more than `most_calls`."""
    kind, counts = _kinds_and_counts(random, calls, most_calls)
    answered, short = (_habits(random, kind, habit) for habit in ("answered", "short"))
    return Callers(kind, answered, short, _in_order(random, kind, counts, calls, days))


def _kinds_and_counts(random: np.random.Generator, calls: int, most: int) -> tuple[np.ndarray, np.ndarray]:
    """The kind of each caller, and how many calls it makes; `calls` in all or one or two more."""
    few = {min(number, most): 0.0 for number in PEOPLES_CALLS}
    for number, share in PEOPLES_CALLS.items():
        few[min(number, most)] += share
    a_person = sum(number * share for number, share in few.items())
    others = [(at, kind, (min(kind.calls[0], most), min(kind.calls[1], most))) for at, kind in enumerate(KINDS) if at]
    mean = (1 - sum(kind.share for _, kind, _ in others)) * a_person
    mean += sum(kind.share * (low + high) / 2 for _, kind, (low, high) in others)
    kinds, counts = [], []
    for at, kind, (low, high) in others:
        size = round(kind.share * calls / mean)
        kinds.append(np.full(size, at))
        counts.append(low + (random.random(size) * (high - low + 1)).astype(np.int64))
    people = _people(random, calls - sum(int(each.sum()) for each in counts), few)
    return np.concatenate([np.zeros(len(people), dtype=np.int64), *kinds]), np.concatenate([people, *counts])


def _people(random: np.random.Generator, calls: int, shares: Mapping[int, float]) -> np.ndarray:
    """Calls per person, `calls` in all or a few more."""
    mean = sum(number * share for number, share in shares.items())
    edges = np.cumsum(list(shares.values()))
    size = round(1.1 * calls / mean) + 50
    drawn = np.array(list(shares))[np.searchsorted(edges[:-1], random.random(size) * edges[-1], side="right")]
    return drawn[: int(np.searchsorted(np.cumsum(drawn), calls)) + 1]


def _habits(random: np.random.Generator, kind: np.ndarray, habit: str) -> np.ndarray:
    low, high = np.array([getattr(each, habit) for each in KINDS]).T
    return low[kind] + random.random(len(kind)) * (high - low)[kind]


def _in_order(random: np.random.Generator, kind: np.ndarray, counts: np.ndarray, calls: int, days: int) -> np.ndarray:
    """Each caller as often as it rings, in order of time: a caller's calls lie within the days of its kind."""
    width = np.array([min(1.0, each.days / days) if each.days else 1.0 for each in KINDS])[kind]
    middle = random.random(len(kind))
    caller = np.repeat(np.arange(len(kind)), counts)
    moment = middle[caller] + width[caller] * (random.random(len(caller)) - 0.5)
    return caller[np.argsort(moment % 1.0, kind="stable")[:calls]]


def own_hours(random: np.random.Generator, kind: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """For calls by callers of `kind`: whether the hour is the kind's own, and the second of the day if it is."""
    share = np.array([each.own_hours for each in KINDS])[kind]
    first, end = np.array([each.hours for each in KINDS]).T * 3_600
    second = first[kind] + (random.random(len(kind)) * (end - first)[kind]).astype(np.int64)
    return random.random(len(kind)) < share, second


_NEW_NUMBERS = 0.15
"""Share of the calls that go to a number outside the caller's circle."""


def called(random: np.random.Generator, caller: np.ndarray, kind: np.ndarray, numbers: int) -> np.ndarray:
    """Whom each call is for: a position below `numbers`, out of the caller's circle if its kind has one."""
    circle = np.array([each.circle for each in KINDS], dtype=np.int64)[kind]
    friend = (random.random(len(caller)) ** 2 * circle).astype(np.int64)
    anybody = (random.random(len(caller)) * numbers).astype(np.int64)
    outside = (circle == 0) | (random.random(len(caller)) < _NEW_NUMBERS)
    return np.where(outside, anybody, (caller * 7_919 + friend * 104_729) % numbers)
