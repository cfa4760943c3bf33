"""Schedules: `cron(minutes hours day-of-month month day-of-week year)` in UTC.

Rules of the AWS page "Time-based schedules for jobs and crawlers". A schedule is stored and shown; the endpoint starts
no crawl by itself.
"""

from __future__ import annotations

import re

from ..errors import InvalidInput

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
