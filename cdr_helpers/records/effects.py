"""What is planted in the mock data, as data: the answers that an analyst should find.

`plan` settles everything that does not depend on a draw (dates, numbers, how many calls); the generator draws calls
that fit the plan, and `ground-truth.json` is the plan written down. Another kind of effect is another dataclass here,
another field of `Plan` and another function of the generator.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from cdr_helpers.records import callers

SMALLEST_MONTH = 100
"""Rows a month below which nothing is planted: the effects would be most of the data."""

SHORT_SECONDS = 20
"""An answered call shorter than this is what a robot dialler makes."""

OUTAGE_CARRIER = 2
OUTAGE_FAILS = 0.95
"""Share of the calls to the carrier that fail during its outage."""

SCAM_ANSWERED = 0.08
ROBOT_ANSWERED = 0.92
"""Shares of answered calls; elsewhere about two calls in three are answered."""

_SHARE, _FEWEST = 0.03, 12
"""Each planted caller, and the redialling of an outage, make this share of their month's rows, at least so many."""

_QUIET = 0.3
"""Callers outside the plan make at most this share of a planted one's calls."""

HOUR_WEIGHTS: Mapping[str, tuple[float, ...]] = {
    "weekday": (2, 1, 1, 1, 1, 3, 8, 18, 38, 60, 66, 64, 55, 58, 62, 60, 58, 56, 48, 40, 30, 20, 11, 5),
    "weekend": (4, 3, 2, 1, 1, 2, 5, 10, 20, 32, 40, 42, 38, 36, 34, 33, 34, 36, 36, 32, 25, 18, 11, 7),
    "holiday": (3, 2, 1, 1, 1, 1, 2, 4, 6, 8, 10, 10, 9, 8, 8, 8, 8, 9, 9, 8, 6, 5, 3, 2),
}
"""Kind of day → how calls spread over its hours. The sums give the weight of a day: about 770, 500 and 130."""

_NATIONAL_HOLIDAYS: Mapping[tuple[int, int], str] = {
    (1, 1): "New Year's Day",
    (1, 26): "Australia Day",
    (4, 25): "Anzac Day",
    (12, 25): "Christmas Day",
    (12, 26): "Boxing Day",
}

_SCAMMERS: tuple[tuple[int, float], ...] = ((999400817355, 0.10), (999400993120, 0.45), (999278104466, 0.70))
_ROBOTS: tuple[tuple[int, float], ...] = ((999311650482, 0.30), (999400245991, 0.55), (999299030718, 0.85))
"""A caller's number and where in the whole time it is active: 0 the first month, 1 the last."""

_OUTAGE_AT = 0.2
_OUTAGE_HOURS = (9, 15)


@dataclass(frozen=True)
class Outage:
    """Calls to a carrier fail with 404 and 503 between two moments, and people redial: `redials` calls more."""

    carrier_id: int
    first: datetime
    end: datetime
    redials: int

    def truth(self) -> dict[str, object]:
        """As `ground-truth.json` writes it."""
        return {
            "column": "terminating_carrier_id",
            "carrier_id": self.carrier_id,
            "first": f"{self.first}",
            "end": f"{self.end}",
            "sip_responses": [404, 503],
            "redialled_calls": self.redials,
        }


@dataclass(frozen=True)
class Caller:
    """A number that makes `calls` calls on `days`."""

    number: int
    days: tuple[date, ...]
    calls: int

    def truth(self) -> dict[str, object]:
        """As `ground-truth.json` writes it."""
        return {
            "translated_calling_number": self.number,
            "calls": self.calls,
            "first_day": f"{self.days[0]}",
            "last_day": f"{self.days[-1]}",
        }


@dataclass(frozen=True)
class Plan:
    """Everything planted in one set of files."""

    holidays: Mapping[date, str]
    outage: Outage | None
    scam_callers: tuple[Caller, ...]
    robot_callers: tuple[Caller, ...]

    def kind_of_day(self, day: date) -> str:
        """A key of `HOUR_WEIGHTS`."""
        if day in self.holidays:
            return "holiday"
        return "weekend" if day.weekday() >= 5 else "weekday"

    def planted_calls(self, month: date) -> int:
        """How many calls of the month that begins with `month` are planted."""
        redials = self.outage.redials if self.outage and self.outage.first.date() in days_of(month) else 0
        return redials + sum(caller.calls for caller in active(self.scam_callers + self.robot_callers, month))

    def truth(self) -> dict[str, object]:
        """The plan as `ground-truth.json` writes it."""
        return {
            "rhythm": {
                "weight_of_day": {kind: sum(weights) for kind, weights in HOUR_WEIGHTS.items()},
                "busiest_hour": {kind: weights.index(max(weights)) for kind, weights in HOUR_WEIGHTS.items()},
            },
            "holidays": [{"date": f"{day}", "name": name} for day, name in self.holidays.items()],
            "outage": self.outage.truth() if self.outage else None,
            "scam_callers": [caller.truth() for caller in self.scam_callers],
            "robot_callers": [caller.truth() for caller in self.robot_callers],
        }


def plan(months: list[date], rows: int) -> Plan:
    """Settle what is planted in `months` (the first day of each) of `rows` rows each."""
    holidays = _holidays(months)
    if rows < SMALLEST_MONTH:
        return Plan(holidays, None, (), ())
    calls = _loud_calls(rows)
    return Plan(
        holidays,
        _outage(_working_days(_month_at(months, _OUTAGE_AT), holidays), calls),
        tuple(_scammer(number, _working_days(_month_at(months, at), holidays), calls) for number, at in _SCAMMERS),
        tuple(_robot(number, _working_days(_month_at(months, at), holidays), calls) for number, at in _ROBOTS),
    )


def quiet_calls(rows: int) -> int:
    """The most calls that a caller makes who is not in the plan: far fewer than those in it."""
    return min(callers.MOST_CALLS, round(_QUIET * _loud_calls(rows)))


def active(planted: Sequence[Caller], month: date) -> list[Caller]:
    """Those who call in the month that begins with `month`."""
    return [caller for caller in planted if caller.days[0].replace(day=1) == month]


def _loud_calls(rows: int) -> int:
    return max(_FEWEST, round(_SHARE * rows))


def days_of(month: date) -> list[date]:
    """Every day of the month that begins with `month`."""
    first_of_next = (month.replace(day=28) + timedelta(days=4)).replace(day=1)
    return [month + timedelta(days=n) for n in range((first_of_next - month).days)]


def _holidays(months: list[date]) -> dict[date, str]:
    """The national holidays in these months; a local one, a Monday, where there are none."""
    days = [day for month in months for day in days_of(month)]
    national = {
        day: _NATIONAL_HOLIDAYS[day.month, day.day] for day in days if (day.month, day.day) in _NATIONAL_HOLIDAYS
    }
    local = next(day for day in days if day.day >= 8 and day.weekday() == 0)
    return national or {local: "a local holiday"}


def _month_at(months: list[date], share: float) -> date:
    return months[min(int(share * len(months)), len(months) - 1)]


def _working_days(month: date, holidays: Mapping[date, str]) -> list[date]:
    return [day for day in days_of(month) if day.weekday() < 5 and day not in holidays]


def _outage(days: list[date], redials: int) -> Outage:
    """On a Wednesday in the middle of the month, when nothing else happens."""
    day = next(day for day in days if day.day >= 15 and day.weekday() == 2)
    first, end = (datetime(day.year, day.month, day.day, hour) for hour in _OUTAGE_HOURS)
    return Outage(OUTAGE_CARRIER, first, end, redials)


def _scammer(number: int, days: list[date], calls: int) -> Caller:
    """Rings around for a fortnight, then changes its number."""
    return Caller(number, tuple(days[3:13]), calls)


def _robot(number: int, days: list[date], calls: int) -> Caller:
    """Dials down a list in three days."""
    return Caller(number, tuple(days[8:11]), calls)
