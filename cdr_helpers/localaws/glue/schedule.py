"""Schedules: `cron(minutes hours day-of-month month day-of-week year)` in UTC.

Rules of the AWS page "Time-based schedules for jobs and crawlers".
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from .errors import InvalidInput

_MONTHS = "JAN|FEB|MAR|APR|MAY|JUN|JUL|AUG|SEP|OCT|NOV|DEC"
_DAYS = "SUN|MON|TUE|WED|THU|FRI|SAT"
FIELDS: tuple[tuple[str, int, int, str, str], ...] = (
    ("minutes", 0, 59, "", ""),
    ("hours", 0, 23, "", ""),
    ("day-of-month", 1, 31, "", r"\?|L|LW|[0-9]{1,2}W"),
    ("month", 1, 12, _MONTHS, ""),
    ("day-of-week", 1, 7, _DAYS, r"\?|L|[1-7]L|[1-7]#[1-5]"),
    ("year", 1970, 2199, "", ""),
)
"""Name, least, most, words, and what else the field may hold."""
LEAST_MINUTES = 5


def check(expression: str) -> None:
    """Raises `InvalidInput` that names what is wrong with the expression."""
    match = re.fullmatch(r"cron\((.*)\)", expression.strip())
    parts = match[1].split() if match else []
    if len(parts) != len(FIELDS):
        raise InvalidInput(
            f"Invalid schedule: {expression}. It must be cron(minutes hours day-of-month month day-of-week year)."
        )
    for part, rule in zip(parts, FIELDS, strict=True):
        _check_field(expression, part, rule)
    if (parts[2] == "?") == (parts[4] == "?"):
        raise InvalidInput(f"Invalid schedule: {expression}. One of day-of-month and day-of-week, not both, must be ?.")
    if _too_often(parts[0]):
        raise InvalidInput(
            f"Invalid schedule: {expression}. Rates faster than {LEAST_MINUTES} minutes are not supported."
        )


def _check_field(expression: str, part: str, rule: tuple[str, int, int, str, str]) -> None:
    name, least, most, words, special = rule
    for item in part.upper().split(","):
        if special and re.fullmatch(special, item):
            continue
        value = rf"(?:[0-9]{{1,4}}{'|' + words if words else ''})"
        fits = re.fullmatch(rf"(?:\*|{value}(?:-{value})?)(?:/[0-9]+)?", item)
        numbers = [int(number) for number in re.findall(r"[0-9]+", item.split("/")[0])]
        if not fits or any(not least <= number <= most for number in numbers):
            raise InvalidInput(f"Invalid schedule: {expression}. {part} is not a value of the {name} field.")


def _too_often(minutes: str) -> bool:
    step = re.fullmatch(r"(?:\*|[0-9]+(?:-[0-9]+)?)(?:/([0-9]+))?", minutes)
    return minutes == "*" or bool(step and step[1] and int(step[1]) < LEAST_MINUTES)


def matches(expression: str, moment: datetime) -> bool:
    """Whether a schedule fires in the minute of `moment` (UTC)."""
    minutes, hours, day, month, weekday, year = expression.strip()[5:-1].upper().split()
    return (
        _holds(minutes, moment.minute, 0, 59)
        and _holds(hours, moment.hour, 0, 23)
        and _holds(month, moment.month, 1, 12, _MONTHS)
        and _holds(year, moment.year, 1970, 2199)
        and _day_of_month(day, moment)
        and _day_of_week(weekday, moment)
    )


def firings(expression: str, after: datetime) -> Iterator[datetime]:
    """The moments after `after` (UTC) at which a schedule fires, in order; they end with its years."""
    day = after.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    minutes, hours, *_ = expression.strip()[5:-1].upper().split()
    of_day = [
        timedelta(hours=hour, minutes=minute)
        for hour in range(24)
        if _holds(hours, hour, 0, 23)
        for minute in range(60)
        if _holds(minutes, minute, 0, 59)
    ]
    while day.year <= FIELDS[-1][2]:
        if of_day and matches(expression, day + of_day[0]):
            yield from (day + time for time in of_day if day + time > after)
        day += timedelta(days=1)


def _holds(field: str, value: int, least: int, most: int, words: str = "") -> bool:
    """Whether a value is in a field of numbers, names, ranges and steps."""
    return any(_item_holds(item, value, least, most, words.split("|")) for item in field.split(","))


def _item_holds(item: str, value: int, least: int, most: int, words: list[str]) -> bool:
    span, _, step = item.partition("/")
    if span in ("*", "?"):
        first, last = least, most
    else:
        ends = [_number(end, least, words) for end in span.split("-")]
        first, last = ends[0], (ends[-1] if len(ends) > 1 or not step else most)
    if first > last:
        return value >= first or value <= last
    return first <= value <= last and (value - first) % int(step or 1) == 0


def _number(text: str, least: int, words: list[str]) -> int:
    return words.index(text) + least if text in words else int(text)


def _day_of_month(field: str, moment: datetime) -> bool:
    last = calendar.monthrange(moment.year, moment.month)[1]
    if field == "L":
        return moment.day == last
    if field == "LW":
        return moment.day == _nearest_weekday(moment, last, last)
    if field.endswith("W"):
        return moment.day == _nearest_weekday(moment, min(int(field[:-1]), last), last)
    return _holds(field, moment.day, 1, 31)


def _nearest_weekday(moment: datetime, day: int, last: int) -> int:
    """The weekday nearest to a day of the month, within the month."""
    weekday = moment.replace(day=day).weekday()
    if weekday == 5:
        return day - 1 if day > 1 else day + 2
    if weekday == 6:
        return day + 1 if day < last else day - 2
    return day


def _day_of_week(field: str, moment: datetime) -> bool:
    day = moment.isoweekday() % 7 + 1  # Sunday is 1
    if field == "L":
        return day == 7
    if field.endswith("L"):
        last = calendar.monthrange(moment.year, moment.month)[1]
        return day == int(field[:-1]) and moment.day > last - 7
    if "#" in field:
        wanted, _, place = field.partition("#")
        return day == int(wanted) and (moment.day - 1) // 7 + 1 == int(place)
    return _holds(field, day, 1, 7, _DAYS)
