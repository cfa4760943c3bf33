"""Mock call detail records: seeded, vectorised, the same bytes on every machine.

Every draw is `Generator(PCG64).random`, a uniform double, turned into a value by a table: no draw goes through the
machine's mathematics library, whose last digit differs from one platform to the next. The telephone numbers are drawn
from the seed alone, each month from the seed and the month, in the order of the code below.
"""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from cdr_helpers.errors import UsageError, WorkshopError
from cdr_helpers.records import callers, columns, effects

GROUND_TRUTH = "ground-truth.json"
LABELS = "labels/caller-labels.csv"
"""In a folder of its own: another schema is another table."""

Table = dict[str, np.ndarray]
"""Column name → values, all of one length. Datetimes are whole seconds since 1970."""


@dataclass(frozen=True)
class Settings:
    """What to generate: `rows` for each of `months` months from the one that begins on `start`.

    `date_format` is a key of `columns.DATE_FORMATS`; the same `seed` gives the same files.
    """

    months: int = 12
    rows: int = 5_000
    start: date = date(2021, 1, 1)
    date_format: str = "iso"
    seed: int = 1

    def __post_init__(self) -> None:
        for holds, complaint in _settings_rules(self):
            if not holds:
                raise UsageError(complaint)

    def first_days(self) -> list[date]:
        """The first day of each month."""
        first = self.start.year * 12 + self.start.month - 1
        return [date(*_year_and_month(first + n), 1) for n in range(self.months)]


def _year_and_month(months: int) -> tuple[int, int]:
    return months // 12, months % 12 + 1


def _settings_rules(settings: Settings) -> Iterator[tuple[bool, str]]:
    yield settings.months >= 1, f"--months must be at least 1, not {settings.months}"
    yield settings.rows >= 1, f"--rows must be at least 1 a month, not {settings.rows}"
    yield settings.seed >= 0, f"--seed must not be negative, it is {settings.seed}"
    last = settings.start.year * 12 + settings.start.month + settings.months
    yield settings.start.year >= 1970 and last <= 9_999 * 12, "--start and --months must stay in the years 1970 to 9998"


# ── the telephone numbers ───────────────────────────────────────────────────────────────────────────────────────────

HOME_COUNTRY, FOREIGN_COUNTRY = 999, 830
"""No country has these codes (ITU-T E.164): no number of the mock data can be somebody's."""

_SPREAD = 48_271
"""Odd and no multiple of 5: multiplying by it visits every remainder of a power of ten once."""


@dataclass(frozen=True)
class _Range:
    """A kind of number: `first` + up to 10**`digits` - 1; `service` is its key in `SERVICE_TYPES`."""

    share: float
    first: int
    digits: int
    service: int


_CALLING_RANGES = (
    _Range(0.66, HOME_COUNTRY * 10**9 + 400_000_000, 8, 1),
    _Range(0.30, HOME_COUNTRY * 10**9 + 200_000_000, 8, 2),
    _Range(0.04, FOREIGN_COUNTRY * 10**12, 12, 1),
)
_CALLED_RANGES = (
    _Range(0.55, HOME_COUNTRY * 10**9 + 400_000_000, 8, 1),
    _Range(0.36, HOME_COUNTRY * 10**9 + 300_000_000, 8, 2),
    _Range(0.09, HOME_COUNTRY * 10**9 + 800_000_000, 6, 3),
)

_NUMBERS_PER_ROW = 0.25
_FEWEST_NUMBERS = 500


@dataclass(frozen=True)
class _Directory:
    """The numbers that exist, with the carrier and the kind of service of each."""

    number: np.ndarray
    carrier: np.ndarray
    service: np.ndarray

    def draw(self, random: np.random.Generator, count: int) -> np.ndarray:
        """Positions of `count` numbers."""
        return (len(self.number) * random.random(count)).astype(np.int64)


def _directory(random: np.random.Generator, size: int, ranges: Sequence[_Range]) -> _Directory:
    chosen = _pick(random, size, [each.share for each in ranges])
    position = np.arange(size, dtype=np.int64) + np.int64(random.random() * 10**6)
    first, digits, service = (
        np.array([getattr(each, name) for each in ranges], dtype=np.int64)[chosen]
        for name in ("first", "digits", "service")
    )
    number = first + position * _SPREAD % 10**digits
    return _Directory(number, _weighted(random, size, columns.CARRIER_SHARES), service)


def _pick(random: np.random.Generator, count: int, weights: Sequence[float]) -> np.ndarray:
    """`count` positions in `weights`, each as likely as its weight."""
    edges = np.cumsum(np.asarray(weights, dtype=np.float64))
    return np.searchsorted(edges[:-1], random.random(count) * edges[-1], side="right")


def _weighted(random: np.random.Generator, count: int, shares: Mapping[int, float]) -> np.ndarray:
    return np.array(list(shares), dtype=np.int64)[_pick(random, count, list(shares.values()))]


# ── how calls end ───────────────────────────────────────────────────────────────────────────────────────────────────

_UNWANTED = {"rejected": 0.45, "no_answer": 0.35, "busy": 0.08, "gave_up": 0.04}
_SCAM = {"answered": effects.SCAM_ANSWERED} | _UNWANTED
_ROBOT = {"answered": effects.ROBOT_ANSWERED, "no_answer": 1 - effects.ROBOT_ANSWERED}
_BROKEN = {"no_route": 0.45, "out_of_order": 0.55}

_OUTCOMES = list(columns.OUTCOMES)
_ANSWERED = _OUTCOMES.index("answered")
_AT_ONCE = ("unallocated", "no_route", "no_circuit", "out_of_order", "temporary_failure")
"""Outcomes that come before any telephone has rung."""

_SHARES = (0.0, 0.05, 0.15, 0.30, 0.50, 0.70, 0.85, 0.95, 0.99, 1.0)
_SECONDS = (1, 9, 24, 45, 85, 160, 320, 800, 1_900, 5_400)
"""Half the conversations are over after 85 seconds, 99 of 100 after 1,900."""


def _outcomes(random: np.random.Generator, count: int, shares: Mapping[str, float]) -> np.ndarray:
    return _weighted(random, count, {_OUTCOMES.index(name): share for name, share in shares.items()})


def _durations(random: np.random.Generator, count: int) -> np.ndarray:
    return np.interp(random.random(count), _SHARES, _SECONDS).astype(np.int64)


def _short_durations(random: np.random.Generator, count: int) -> np.ndarray:
    return 3 + (random.random(count) * (effects.SHORT_SECONDS - 3)).astype(np.int64)


def _ringing(random: np.random.Generator, outcome: np.ndarray) -> np.ndarray:
    """Seconds from dialling to the answer, or to the end of an unanswered call."""
    longest = np.array([2 if name in _AT_ONCE else 28 for name in _OUTCOMES])
    return 1 + (random.random(len(outcome)) * longest[outcome]).astype(np.int64)


# ── the calls of a month ────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class _Calls:
    """Calls before they are written as columns: positions in the directories, or a planted caller's number."""

    start: np.ndarray
    calling: np.ndarray
    called: np.ndarray
    outcome: np.ndarray
    duration: np.ndarray
    planted: int = 0


@dataclass(frozen=True)
class _World:
    """What all months share; callers and the numbers of `calling` have the same positions."""

    plan: effects.Plan
    callers: callers.Callers
    calling: _Directory
    called: _Directory


def _world(settings: Settings) -> _World:
    random = np.random.Generator(np.random.PCG64(settings.seed))
    months = settings.first_days()
    plan = effects.plan(months, settings.rows)
    ordinary = sum(settings.rows - plan.planted_calls(month) for month in months)
    days = sum(len(effects.days_of(month)) for month in months)
    everybody = callers.callers(random, ordinary, days, effects.quiet_calls(settings.rows))
    size = max(_FEWEST_NUMBERS, round(_NUMBERS_PER_ROW * settings.rows * settings.months))
    return _World(
        plan,
        everybody,
        _directory(random, len(everybody.kind), _CALLING_RANGES),
        _directory(random, size, _CALLED_RANGES),
    )


def _seconds(moment: date | datetime) -> int:
    midnight = datetime(moment.year, moment.month, moment.day)
    at = moment if isinstance(moment, datetime) else midnight
    return round((at - datetime(1970, 1, 1)).total_seconds())


def _starts(random: np.random.Generator, count: int, days: Sequence[date], plan: effects.Plan) -> np.ndarray:
    """`count` moments on `days`, following the rhythm of the day and the week."""
    weights = [weight for day in days for weight in effects.HOUR_WEIGHTS[plan.kind_of_day(day)]]
    hours = np.array([_seconds(day) + 3_600 * hour for day in days for hour in range(24)], dtype=np.int64)
    return hours[_pick(random, count, weights)] + (random.random(count) * 3_600).astype(np.int64)


def _ordinary(random: np.random.Generator, caller: np.ndarray, days: Sequence[date], world: _World) -> _Calls:
    """The calls of everybody but the loud callers: `caller` rings, in this order."""
    count, kind = len(caller), world.callers.kind[caller]
    start = _own_hours(random, np.sort(_starts(random, count, days, world.plan)), kind)
    called = callers.called(random, caller, kind, len(world.called.number))
    outcome = np.where(random.random(count) < world.callers.answered[caller], _ANSWERED, _unanswered(random, kind))
    duration = np.where(
        random.random(count) < world.callers.short[caller], _short_durations(random, count), _durations(random, count)
    )
    return _Calls(start, caller, called, _broken(random, start, called, outcome, world), duration)


def _own_hours(random: np.random.Generator, start: np.ndarray, kind: np.ndarray) -> np.ndarray:
    own, second = callers.own_hours(random, kind)
    return np.where(own, start // _DAY * _DAY + second, start)


def _unanswered(random: np.random.Generator, kind: np.ndarray) -> np.ndarray:
    """How each call ends if nobody answers it."""
    outcome = np.zeros(len(kind), dtype=np.int64)
    for at, each in enumerate(callers.KINDS):
        which = kind == at
        outcome[which] = _outcomes(random, int(which.sum()), each.refusals)
    return outcome


def _broken(
    random: np.random.Generator, start: np.ndarray, called: np.ndarray, outcome: np.ndarray, world: _World
) -> np.ndarray:
    """The outcomes with an outage, if there is one at that time."""
    outage = world.plan.outage
    if not outage:
        return outcome
    hit = (start >= _seconds(outage.first)) & (start < _seconds(outage.end))
    hit &= (world.called.carrier[called] == outage.carrier_id) & (random.random(len(start)) < effects.OUTAGE_FAILS)
    return np.where(hit, _outcomes(random, len(start), _BROKEN), outcome)


def _redials(random: np.random.Generator, outage: effects.Outage, world: _World) -> _Calls:
    """Attempts to reach a carrier that is down, over and over."""
    first, end, count = _seconds(outage.first), _seconds(outage.end), outage.redials
    start = first + (random.random(count) * (end - first)).astype(np.int64)
    reachable = np.flatnonzero(world.called.carrier == outage.carrier_id)
    called = reachable[(random.random(count) * len(reachable)).astype(np.int64)]
    outcome = _outcomes(random, count, _BROKEN)
    return _Calls(start, world.calling.draw(random, count), called, outcome, np.zeros(count, dtype=np.int64))


def _planted(
    random: np.random.Generator,
    caller: effects.Caller,
    world: _World,
    shares: Mapping[str, float],
    durations: Callable[[np.random.Generator, int], np.ndarray],
) -> _Calls:
    start = _starts(random, caller.calls, caller.days, world.plan)
    calling = np.full(caller.calls, caller.number % len(world.calling.number), dtype=np.int64)
    called = (random.random(caller.calls) * len(world.called.number)).astype(np.int64)
    outcome = _outcomes(random, caller.calls, shares)
    return _Calls(start, calling, called, outcome, durations(random, caller.calls), caller.number)


def _month(settings: Settings, month: date, world: _World, ringing: np.ndarray) -> Table:
    """The records of one month, in the order in which the calls began; `ringing` make those that are not planted."""
    random = np.random.Generator(np.random.PCG64([settings.seed, month.year, month.month]))
    plan, days = world.plan, effects.days_of(month)
    calls = [_ordinary(random, ringing, days, world)]
    if plan.outage and plan.outage.first.date() in days:
        calls.append(_redials(random, plan.outage, world))
    for caller in effects.active(plan.scam_callers, month):
        calls.append(_planted(random, caller, world, _SCAM, _durations))
    for caller in effects.active(plan.robot_callers, month):
        calls.append(_planted(random, caller, world, _ROBOT, _short_durations))
    tables = [_records(random, each, world) for each in calls]
    whole = {name: np.concatenate([table[name] for table in tables]) for name in columns.names()}
    order = np.argsort(whole["start_datetime"], kind="stable")
    return {name: values[order] for name, values in whole.items()}


def _records(random: np.random.Generator, calls: _Calls, world: _World) -> Table:
    """Columns out of calls: what an exchange writes down."""
    count = len(calls.start)
    duration = np.where(calls.outcome == _ANSWERED, calls.duration, 0)
    connect = calls.start + _ringing(random, calls.outcome)
    cause, sip = (np.array([getattr(o, part) for o in columns.OUTCOMES.values()]) for part in ("cause", "sip"))
    calling = np.full(count, calls.planted) if calls.planted else world.calling.number[calls.calling]
    return {
        "start_datetime": calls.start,
        "translated_calling_number": calling,
        "translated_called_number": world.called.number[calls.called],
        "connect_datetime": connect,
        "disconnect_datetime": connect + duration,
        "charged_duration": duration,
        "originating_carrier_id": world.calling.carrier[calls.calling],
        "originating_transit_carrier_id": _weighted(random, count, columns.TRANSIT_SHARES),
        "terminating_carrier_id": world.called.carrier[calls.called],
        "terminating_transit_carrier_id": _weighted(random, count, columns.TRANSIT_SHARES),
        "call_direction": _weighted(random, count, {1: 0.45, 2: 0.55}),
        "service_type": world.called.service[calls.called],
        "release_cause_number": cause[calls.outcome],
        "sip_response": sip[calls.outcome],
    }


# ── files ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def generate(out: Path, settings: Settings, progress: Callable[[str], None] = lambda name: None) -> dict[str, Any]:
    """Write one CSV file a month, the labels and the ground truth into the folder `out`; return the ground truth.

    The folder is made. Files of an earlier run there are replaced, those that a person put there never: raises
    `WorkshopError` when `out` holds other CSV files, or is no folder. Nothing is changed in `out` before every file is
    complete. `progress` is called with the name of each file that is.
    """
    earlier = _earlier_files(out)
    world = _world(settings)
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".generating-", dir=out) as unfinished:
        files = _write_months(Path(unfinished), settings, world, progress)
        truth = _ground_truth(settings, files, world.plan) | _write_labels(Path(unfinished), world)
        text = json.dumps(truth, indent=2) + "\n"
        (Path(unfinished) / GROUND_TRUTH).write_text(text, encoding="utf-8", newline="\n")
        for name in earlier:
            (out / name).unlink(missing_ok=True)
        if earlier:
            (out / LABELS).unlink(missing_ok=True)
        for name in (*files, GROUND_TRUTH, *([LABELS] if truth["labels"] else [])):
            (out / name).parent.mkdir(exist_ok=True)
            shutil.move(Path(unfinished) / name, out / name)
    return truth


def _write_months(folder: Path, settings: Settings, world: _World, progress: Callable[[str], None]) -> dict[str, int]:
    files, done = {}, 0
    for month in settings.first_days():
        name = f"call-detail-records-{month:%Y-%m}.csv"
        ordinary = settings.rows - world.plan.planted_calls(month)
        table = _month(settings, month, world, world.callers.calls[done : done + ordinary])
        _write_csv(folder / name, table, columns.DATE_FORMATS[settings.date_format])
        files[name], done = settings.rows, done + ordinary
        progress(name)
    return files


def _write_labels(folder: Path, world: _World) -> dict[str, Any]:
    """Write what the fraud desk knows about each caller, and return it as `ground-truth.json` has it."""
    if not world.plan.scam_callers:
        return {"labels": None}
    unwanted, numbers = _unwanted(world), world.calling.number[np.unique(world.callers.calls)]
    known = {int(number): 0 for number in numbers} | {number: 1 for each in unwanted.values() for number in each}
    lines = [f"{number},{label}" for number, label in sorted(known.items())]
    path = folder / LABELS
    path.parent.mkdir()
    path.write_text("\n".join(["translated_calling_number,unwanted", *lines, ""]), encoding="utf-8", newline="\n")
    return {"labels": {"file": LABELS, "callers": len(known)} | unwanted}


def _unwanted(world: _World) -> dict[str, list[int]]:
    """Kind → the numbers of all its callers, the loud ones of the plan too."""
    ringing = np.unique(world.callers.calls)
    kind, number = world.callers.kind[ringing], world.calling.number[ringing]
    loud = {"scam": world.plan.scam_callers, "robot": world.plan.robot_callers}
    return {
        each.name: sorted([*map(int, number[kind == at]), *(caller.number for caller in loud[each.name])])
        for at, each in enumerate(callers.KINDS)
        if each.unwanted
    }


def _earlier_files(out: Path) -> list[str]:
    """The files that an earlier run made in `out`, by its ground truth."""
    if out.exists() and not out.is_dir():
        raise WorkshopError(f"{out} is a file; --out takes a folder")
    earlier = _files_in_ground_truth(out / GROUND_TRUTH)
    foreign = sorted(file.name for file in out.glob("*.csv") if file.name not in earlier)
    foreign += [LABELS] if (out / LABELS).exists() and not earlier else []
    if foreign:
        raise WorkshopError(f"{out} holds other CSV files ({foreign[0]}, …); name a new folder, so that none are mixed")
    return earlier


def _files_in_ground_truth(path: Path) -> list[str]:
    """Names of files beside `path`. A name with a folder in it is not one of ours."""
    if not path.exists():
        return []
    try:
        names = [str(name) for name in json.loads(path.read_text(encoding="utf-8"))["files"]]
    except (ValueError, KeyError, TypeError):
        raise WorkshopError(f"{path} was not made by `cdr generate`; name another folder") from None
    return [name for name in names if Path(name).name == name]


def _ground_truth(settings: Settings, files: dict[str, int], plan: effects.Plan) -> dict[str, Any]:
    return {
        "made_by": "cdr generate",
        "seed": settings.seed,
        "date_format": settings.date_format,
        "rows": sum(files.values()),
        "files": files,
        "effects": plan.truth(),
    }


def _write_csv(path: Path, table: Table, date_format: str) -> None:
    import pyarrow as pa
    import pyarrow.csv

    dates = {column.name for column in columns.COLUMNS if column.kind == "datetime"}
    arrays = {name: _texts(values, date_format) if name in dates else values for name, values in table.items()}
    options = pyarrow.csv.WriteOptions(include_header=False, quoting_style="none")
    with path.open("wb") as file:
        file.write((",".join(columns.names()) + "\n").encode())
        pyarrow.csv.write_csv(pa.table(arrays), file, options)


def _texts(seconds: np.ndarray, date_format: str) -> Any:
    """Datetimes as text. Days and times of day are few: each is written once, then looked up."""
    import pyarrow as pa
    import pyarrow.compute

    day_format, time_format = date_format.split(" ")
    first, last = (int(edge) // _DAY for edge in (seconds.min(), seconds.max()))
    days = pa.array([f"{date(1970, 1, 1) + timedelta(days=n):{day_format}}" for n in range(first, last + 1)])
    day = days.take(pa.array(seconds // _DAY - first))
    time = _times_of_day(time_format).take(pa.array(seconds % _DAY))
    return pyarrow.compute.binary_join_element_wise(day, time, " ")


_DAY = 86_400


@lru_cache
def _times_of_day(time_format: str) -> Any:
    """Every second of a day as text."""
    import pyarrow as pa

    return pa.array([f"{datetime(1970, 1, 1) + timedelta(seconds=n):{time_format}}" for n in range(_DAY)])
