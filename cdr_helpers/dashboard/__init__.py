"""The dashboard of chapter 08: questions in SQL, panels with a filter, and the whole board as one file."""

from cdr_helpers.dashboard.board import page
from cdr_helpers.dashboard.panels import busiest_callers, calls_a_day, error_week, minutes_by_period, outages, totals
from cdr_helpers.dashboard.questions import TARIFF, Questions
from cdr_helpers.dashboard.reading import read

__all__ = [
    "TARIFF",
    "Questions",
    "busiest_callers",
    "calls_a_day",
    "error_week",
    "minutes_by_period",
    "outages",
    "page",
    "read",
    "totals",
]
