"""The panels from frames, the page, and the command."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import pandas as pd
import pytest

from cdr_helpers import checks, dashboard, localaws
from cdr_helpers.dashboard.panel import ALL, Panel
from cdr_helpers.errors import CheckFailed
from cdr_helpers.unanswered import Unanswered

MINUTES = pd.DataFrame(
    {
        "carrier": [1, 1, 2],
        "part_of_day": ["day", "night", "day"],
        "calls": [3, 1, 2],
        "answered": [2, 1, 0],
        "minutes": [10.0, 2.5, 0.0],
        "charge": [1.2, 0.08, 0.0],
    }
)
HOURS = pd.to_datetime(["2021-03-17 09:00", "2021-03-17 10:00", "2021-03-17 12:00"])


def panel(shown: Panel | Unanswered) -> Panel:
    assert isinstance(shown, Panel)
    for view in shown.views.values():
        ET.fromstring(view)
    return shown


def words(view: str) -> list[str]:
    return [element.text or "" for element in ET.fromstring(view).iter("{http://www.w3.org/2000/svg}text")]


def test_the_filter_has_a_view_for_each_carrier() -> None:
    made = panel(dashboard.totals(MINUTES))
    assert list(made.views) == [ALL, "carrier 1", "carrier 2"]
    assert words(made.views[ALL]) == ["calls", "6", "answered", "50%", "minutes", "12", "charge", "$1.28"]
    assert words(made.views["carrier 2"])[1:4] == ["2", "answered", "0%"]
    assert repr(made) == "Totals: calls 6, answered 50%, minutes 12, charge $1.28"


def test_bars_say_what_they_show_when_pointed_at() -> None:
    made = panel(dashboard.minutes_by_period(MINUTES))
    assert re.findall(r'data-tip="([^"]*)"', made.views[ALL]) == ["day\n10 minutes\n$1.20", "night\n2 minutes\n$0.08"]
    assert "evening" not in made.views[ALL]


def test_the_ranking_is_by_all_minutes_of_a_caller() -> None:
    frame = pd.DataFrame(
        {
            "caller": [5, 5, 6],
            "carrier": [1, 1, 2],
            "calls": [4, 4, 2],
            "part_of_day": ["day", "night", "day"],
            "minutes": [3.0, 4.0, 6.0],
        }
    )
    assert repr(panel(dashboard.busiest_callers(frame))).splitlines()[1:] == ["  5: 7 minutes", "  6: 6 minutes"]


def test_nobody_is_ranked_who_was_seen_once() -> None:
    frame = pd.DataFrame({"caller": [5], "carrier": [1], "calls": [1], "part_of_day": ["day"], "minutes": [3.0]})
    shown = dashboard.busiest_callers(frame)
    assert isinstance(shown, Unanswered)
    assert "seen once" in shown.reason


def test_hours_that_follow_each_other_are_one_outage() -> None:
    frame = pd.DataFrame({"carrier": 2, "hour": HOURS, "calls": [10, 12, 9], "errors": [9, 12, 8], "usual": 0.5})
    made = panel(dashboard.outages(frame))
    assert repr(made).splitlines()[1:] == [
        "  carrier 2: 2021-03-17 09:00 to 11:00, 21 of 22 calls",
        "  carrier 2: 2021-03-17 12:00 to 13:00, 8 of 9 calls",
    ]


def test_no_outage_is_an_answer() -> None:
    shown = dashboard.outages(pd.DataFrame(columns=["carrier", "hour", "calls", "errors", "usual"]))
    assert isinstance(shown, Unanswered)
    assert "no outage" in shown.reason


def test_the_heat_map_has_a_cell_for_each_hour_with_errors() -> None:
    frame = pd.DataFrame(
        {"carrier": [1, 1, 2], "weekday": [1, 7, 3], "hour": [0, 23, 9], "calls": [10, 5, 20], "errors": [1, 0, 20]}
    )
    tips = re.findall(r'data-tip="([^"]*)"', panel(dashboard.error_week(frame)).views[ALL])
    assert tips == [
        "carrier 1, Mon 00:00\n1 of 10 calls undelivered (10%)",
        "carrier 2, Wed 09:00\n20 of 20 calls undelivered (100%)",
    ]


def test_days_without_calls_are_zero() -> None:
    frame = pd.DataFrame({"day": ["2021-01-01", "2021-01-03"], "carrier": [1, 1], "calls": [4, 2]})
    assert repr(panel(dashboard.calls_a_day(frame))).splitlines()[1:] == ["  carrier 1: 0 to 4 calls a day"]


def test_a_night_tariff_crosses_midnight() -> None:
    fields = dashboard.Questions([("night", 22, 7, 0.03), ("day", 7, 22, 0.1)]).fields
    assert "WHEN hour(start_datetime) >= 22 OR hour(start_datetime) < 7 THEN 'night'" in fields
    assert "WHEN hour(start_datetime) >= 7 AND hour(start_datetime) < 22 THEN 0.1" in fields


def test_the_page_needs_nothing_from_elsewhere() -> None:
    why = Unanswered("<no> column")
    text = dashboard.page([dashboard.totals(MINUTES), why], "Board & more", "by Athena")
    assert "Board &amp; more" in text
    assert "◆ &lt;no&gt; column" in text
    checks.self_contained(text)
    with pytest.raises(CheckFailed, match=re.escape("example.net")):
        checks.self_contained(text + '<script src="https://example.net/x.js"></script>')


def test_the_command_says_what_is_missing(endpoint: localaws.Endpoint, tmp_path: Path) -> None:
    def cdr(*arguments: str) -> subprocess.CompletedProcess[str]:
        environment = dict(os.environ) | {"CDR_LOCAL_HOME": str(endpoint.home)}
        command = [sys.executable, "-m", "cdr_helpers.cli", "dashboard", *arguments]
        return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120)

    nowhere = cdr("--out", str(tmp_path / "no" / "board.html"))
    assert (nowhere.returncode, nowhere.stderr.count("\n")) == (2, 1)
    early = cdr("--name", "never-made-8", "--out", str(tmp_path / "board.html"))
    assert early.returncode == 1
    assert "Run chapters 01 to 04 first" in early.stderr
    assert list(tmp_path.iterdir()) == []
