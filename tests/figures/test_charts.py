"""The charts say in their text what they draw; the frames are as Athena answers them."""

from __future__ import annotations

from datetime import date, timedelta

import pandas as pd
import pytest

from cdr_helpers import figures
from cdr_helpers.unanswered import Unanswered

PNG = b"\x89PNG\r\n\x1a\n"


@pytest.fixture
def hours() -> pd.DataFrame:
    """One day of two carriers: carrier 2 is down from nine to ten."""
    rows = [
        (1, "2021-03-17 09:00", 10, 1),
        (1, "2021-03-17 10:00", 12, 0),
        (2, "2021-03-17 09:00", 8, 8),
        (2, "2021-03-17 23:00", 3, 0),
    ]
    frame = pd.DataFrame(rows, columns=["carrier", "hour", "calls", "errors"])
    return frame.assign(hour=pd.to_datetime(frame["hour"]))


@pytest.fixture
def days() -> pd.DataFrame:
    """Ten weeks of two carriers, with one quiet Tuesday."""
    first = date(2021, 1, 4)
    rows = [
        (first + timedelta(days=n), carrier, 2 if n == 22 else 20 * carrier) for n in range(70) for carrier in (1, 2)
    ]
    return pd.DataFrame(rows, columns=["day", "carrier", "calls"])


@pytest.fixture
def callers() -> pd.DataFrame:
    rows = [(999400000001, 60, 55), (999400000002, 30, 9), (999400000003, 12, 4)]
    return pd.DataFrame(rows, columns=["caller", "calls", "unconnected"])


def test_heat_map_names_day_carriers_and_counts(hours: pd.DataFrame) -> None:
    picture = figures.error_heat_map(hours)
    assert picture.alt.splitlines() == [
        "Heat map of Wednesday, 17 March 2021. Hours with failed calls:",
        "  carrier 1, 09:00: 1 of 10",
        "  carrier 2, 09:00: 8 of 8",
    ]


def test_daily_calls_marks_the_quiet_day_and_shows_three_weeks_on_each_side(days: pd.DataFrame) -> None:
    picture = figures.daily_calls(days, pd.DataFrame({"day": [date(2021, 1, 26)]}))
    assert picture.alt.splitlines() == [
        "Lines from 2021-01-05 to 2021-02-16. Marked days: Tue 2021-01-26",
        "  carrier 2: 2 to 40 calls a day",
        "  carrier 1: 2 to 20 calls a day",
    ]


def test_daily_calls_without_a_quiet_day_shows_the_first_weeks(days: pd.DataFrame) -> None:
    picture = figures.daily_calls(days, pd.DataFrame({"day": []}))
    assert picture.alt.startswith("Lines from 2021-01-04 to 2021-02-15. Marked days: none")


def test_daily_calls_of_a_few_days(days: pd.DataFrame) -> None:
    picture = figures.daily_calls(days.head(6), pd.DataFrame({"day": [date(2021, 1, 5)]}))
    assert picture.alt.startswith("Lines from 2021-01-04 to 2021-01-06. Marked days: Tue 2021-01-05")


def test_top_callers_stars_the_suspicious(callers: pd.DataFrame) -> None:
    picture = figures.top_callers(callers, "unconnected", callers.head(1))
    assert picture.alt.splitlines() == [
        "Callers with the most unconnected calls (★ suspicious)",
        "  ★ 999400000001: 55 unconnected of 60 calls",
        "  999400000002: 9 unconnected of 30 calls",
        "  999400000003: 4 unconnected of 12 calls",
    ]


def test_what_has_no_answer_is_not_drawn(callers: pd.DataFrame) -> None:
    reason = Unanswered("no such column")
    assert figures.error_heat_map(reason) is reason
    empty = figures.top_callers(callers.head(0), "unconnected", callers.head(0))
    assert "no rows" in repr(empty)


def test_pictures_are_the_same_bytes_each_time(hours: pd.DataFrame, callers: pd.DataFrame) -> None:
    for draw in (lambda: figures.error_heat_map(hours), lambda: figures.top_callers(callers, "unconnected", callers)):
        first, second = draw(), draw()
        assert first.png.startswith(PNG)
        assert first.png == second.png


def test_a_picture_shows_itself_with_its_text_and_no_address(callers: pd.DataFrame) -> None:
    data, metadata = figures.top_callers(callers, "unconnected", callers)._repr_mimebundle_()
    assert set(data) == {"image/png", "text/plain"}
    assert "0x" not in data["text/plain"]
    assert metadata["image/png"]["alt"] == data["text/plain"]
