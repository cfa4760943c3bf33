"""Six-field cron in UTC: AWS page "Time-based schedules for jobs and crawlers"."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import islice

import pytest

from cdr_helpers.localaws.glue import schedule

START = datetime(2021, 2, 27, 23, 58, 30, tzinfo=UTC)  # a Saturday
CASES = {
    "cron(0 * * * ? *)": ["02-28 00:00", "02-28 01:00", "02-28 02:00"],
    "cron(0/5 * * * ? *)": ["02-28 00:00", "02-28 00:05", "02-28 00:10"],
    "cron(15 12 * * ? *)": ["02-28 12:15", "03-01 12:15", "03-02 12:15"],
    "cron(0 18 ? * MON-FRI *)": ["03-01 18:00", "03-02 18:00", "03-03 18:00"],
    "cron(0 8 1 * ? *)": ["03-01 08:00", "04-01 08:00", "05-01 08:00"],
    "cron(30 10 L * ? *)": ["02-28 10:30", "03-31 10:30", "04-30 10:30"],
    "cron(0 9 15W * ? *)": ["03-15 09:00", "04-15 09:00", "05-14 09:00"],
    "cron(0 9 LW * ? *)": ["03-31 09:00", "04-30 09:00", "05-31 09:00"],
    "cron(0 0 ? * 2#1 *)": ["03-01 00:00", "04-05 00:00", "05-03 00:00"],
    "cron(0 0 ? * 6L *)": ["03-26 00:00", "04-30 00:00", "05-28 00:00"],
    "cron(0 0 ? * L *)": ["03-06 00:00", "03-13 00:00", "03-20 00:00"],
    "cron(0,45 6 1,15 MAR,JUN ? 2021)": ["03-01 06:00", "03-01 06:45", "03-15 06:00"],
    "cron(10/20 22-23 ? JAN-DEC SUN,SAT *)": ["02-28 22:10", "02-28 22:30", "02-28 22:50"],
}


@pytest.mark.parametrize("expression", CASES)
def test_firings(expression: str) -> None:
    schedule.check(expression)
    found = list(islice(schedule.firings(expression, START), 3))
    assert [f"{moment:%m-%d %H:%M}" for moment in found] == CASES[expression]
    assert all(schedule.matches(expression, moment) for moment in found)
    assert not schedule.matches(expression, START)


def test_a_schedule_can_be_over() -> None:
    assert list(schedule.firings("cron(0 0 1 1 ? 2020)", datetime(2198, 12, 1, tzinfo=UTC))) == []
