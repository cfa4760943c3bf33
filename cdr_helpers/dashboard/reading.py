"""Ask all the dashboard's questions and make its panels."""

from __future__ import annotations

from cdr_helpers.asking import Ask
from cdr_helpers.dashboard import panels
from cdr_helpers.dashboard.panel import Panel
from cdr_helpers.dashboard.questions import NEEDED, Questions
from cdr_helpers.unanswered import Unanswered
from cdr_helpers.workshop import Workshop


def read(workshop: Workshop, questions: Questions | None = None) -> list[Panel | Unanswered]:
    """The board's panels, from the table of calls. Raises awswrangler's `QueryFailed` when a query fails."""
    ask = Ask.calls(workshop)
    questions = questions or Questions(table=ask.table)
    minutes = ask(questions.minutes)
    return [
        panels.totals(minutes),
        panels.minutes_by_period(minutes),
        panels.error_week(ask(questions.week, needs=NEEDED)),
        panels.busiest_callers(ask(questions.callers)),
        panels.outages(ask(questions.outages, needs=NEEDED)),
        panels.calls_a_day(ask(questions.days)),
    ]
