"""The dashboard's questions: SQL for Athena over table `processed`, made from a tariff."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

TARIFF: tuple[tuple[str, int, int, float], ...] = (
    ("day", 7, 18, 0.12),
    ("evening", 18, 22, 0.08),
    ("night", 22, 7, 0.03),
)
"""Part of the day, its first hour, the hour after its last, and what a minute costs (USD)."""

NETWORK_ERRORS = (404, 503)
"""SIP answers of a network that cannot deliver a call: number not found, service unavailable (RFC 3261)."""

NEEDED = ("sip_response",)
"""Columns that not every supply of call records has, without which nothing can be said about errors."""

TOP = 10


@dataclass(frozen=True)
class Questions:
    """The SQL of every visual, for one tariff: rows of (part of the day, first hour, end hour, price a minute); and for
    one table of calls."""

    tariff: Sequence[tuple[str, int, int, float]] = TARIFF
    table: str = "processed"

    @property
    def _calls(self) -> str:
        """The table's name as SQL wants it: a hyphen needs quotes."""
        return self.table if self.table.isidentifier() else f'"{self.table}"'

    @property
    def fields(self) -> str:
        """The calculated fields, as a relation `charged` that the other questions begin with."""
        return f"""WITH charged AS (
    SELECT *, charged_duration / 60.0 AS minutes,
           CASE {self._cases("'{0}'")} END AS part_of_day,
           charged_duration / 60.0 * CASE {self._cases("{3}")} END AS charge
    FROM {self._calls}
)"""

    def _cases(self, result: str) -> str:
        return " ".join(f"WHEN {_within(row)} THEN {result.format(*row)}" for row in self.tariff)

    @property
    def minutes(self) -> str:
        """Calls, minutes and charge by the caller's carrier and part of the day."""
        return f"""{self.fields}
SELECT originating_carrier_id AS carrier, part_of_day, count(*) AS calls,
       count_if(charged_duration > 0) AS answered, sum(minutes) AS minutes, sum(charge) AS charge
FROM charged
GROUP BY 1, 2
ORDER BY 1, 2"""

    @property
    def callers(self) -> str:
        """The ten callers of each carrier who talk most, by part of the day."""
        return f"""{self.fields},
ranked AS (
    SELECT translated_calling_number AS caller, originating_carrier_id AS carrier, count(*) AS calls,
           row_number() OVER (PARTITION BY originating_carrier_id
                              ORDER BY sum(minutes) DESC, translated_calling_number) AS place
    FROM charged
    GROUP BY 1, 2
)
SELECT caller, carrier, max(calls) AS calls, part_of_day, sum(minutes) AS minutes
FROM ranked JOIN charged ON caller = translated_calling_number AND carrier = originating_carrier_id
WHERE place <= {TOP}
GROUP BY caller, carrier, part_of_day
ORDER BY caller, carrier, part_of_day"""

    @property
    def week(self) -> str:
        """Calls and errors by the called carrier and hour of the week; Monday is 1."""
        return f"""SELECT terminating_carrier_id AS carrier, day_of_week(start_datetime) AS weekday,
       hour(start_datetime) AS hour, count(*) AS calls, count_if(sip_response IN {NETWORK_ERRORS}) AS errors
FROM {self._calls}
GROUP BY 1, 2, 3
ORDER BY 1, 2, 3"""

    @property
    def days(self) -> str:
        """Calls by day and the caller's carrier."""
        return f"""SELECT date(start_datetime) AS day, originating_carrier_id AS carrier, count(*) AS calls
FROM {self._calls}
GROUP BY 1, 2
ORDER BY 1, 2"""

    @property
    def outages(self) -> str:
        """Hours in which a carrier fails far more than in the same hour of other weeks.

        A count varies by about its square root, so four roots above what is usual is no accident.
        """
        return f"""WITH hours AS (
    SELECT terminating_carrier_id AS carrier, date_trunc('hour', start_datetime) AS hour,
           count(*) AS calls, count_if(sip_response IN {NETWORK_ERRORS}) AS errors
    FROM {self._calls}
    GROUP BY 1, 2
),
others AS (
    SELECT *, sum(errors) OVER slot - errors AS other_errors, sum(calls) OVER slot - calls AS other_calls
    FROM hours
    WINDOW slot AS (PARTITION BY carrier, day_of_week(hour), hour(hour))
),
expected AS (
    SELECT *, coalesce(calls * CAST(other_errors AS double) / nullif(other_calls, 0), 0) AS usual FROM others
)
SELECT carrier, hour, calls, errors, round(usual, 1) AS usual
FROM expected
WHERE errors > 0.5 * calls AND errors - usual > 4 * sqrt(usual + 1)
ORDER BY carrier, hour"""


def _within(row: tuple[str, int, int, float]) -> str:
    _, first, end, _ = row
    joiner = "AND" if first < end else "OR"
    return f"hour(start_datetime) >= {first} {joiner} hour(start_datetime) < {end}"
