"""The columns of a call detail record, as a table: one row per column, in the order of the files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Outcome:
    """How a call can end. `cause` is an ITU-T Q.850 release cause, `sip` an RFC 3261 status.

    The two agree as RFC 3398, section 7.2.4.1, maps one to the other.
    """

    cause: int
    sip: int
    meaning: str


OUTCOMES: Mapping[str, Outcome] = {
    "answered": Outcome(16, 200, "answered, then hung up"),
    "gave_up": Outcome(16, 487, "the caller gave up while it rang"),
    "busy": Outcome(17, 486, "the called party was busy"),
    "no_response": Outcome(18, 408, "the called party's device did not respond"),
    "no_answer": Outcome(19, 480, "it rang and nobody answered"),
    "rejected": Outcome(21, 603, "the called party declined"),
    "unallocated": Outcome(1, 404, "nobody has that number"),
    "no_route": Outcome(3, 404, "the network knows no way to that number"),
    "no_circuit": Outcome(34, 503, "every line was taken"),
    "out_of_order": Outcome(38, 503, "the network was out of order"),
    "temporary_failure": Outcome(41, 503, "a passing fault of the network"),
}
"""Every way in which a call of the mock data ends."""

CARRIER_SHARES: Mapping[int, float] = {1: 0.41, 2: 0.26, 3: 0.17, 6: 0.08, 11: 0.05, 14: 0.03}
"""Carrier id (a mobile network code) → its share of the telephone numbers."""

TRANSIT_SHARES: Mapping[int, float] = {21: 0.55, 22: 0.30, 23: 0.15}
"""Id of a carrier that only passes calls on → its share of them."""

SERVICE_TYPES: Mapping[int, str] = {1: "mobile", 2: "fixed", 3: "toll-free"}
DIRECTIONS: Mapping[int, str] = {1: "in", 2: "out"}


@dataclass(frozen=True)
class Column:
    """A column: its name, what it holds, what it means and, where they are few, its values with their meaning."""

    name: str
    kind: str
    meaning: str
    values: Mapping[int, str] = field(default_factory=dict)


def _by(attribute: str) -> dict[int, str]:
    """Code → every meaning that a call with this code can have."""
    meanings: dict[int, list[str]] = {}
    for outcome in OUTCOMES.values():
        meanings.setdefault(getattr(outcome, attribute), []).append(outcome.meaning)
    return {code: "; or ".join(meanings[code]) for code in sorted(meanings)}


_CARRIERS = dict.fromkeys(CARRIER_SHARES, "")
_TRANSITS = dict.fromkeys(TRANSIT_SHARES, "")

COLUMNS: tuple[Column, ...] = (
    Column("start_datetime", "datetime", "when the caller had dialled"),
    Column("translated_calling_number", "integer", "the caller: an MSISDN of up to 15 digits, country code first"),
    Column("translated_called_number", "integer", "whom the caller wanted: an MSISDN, written as the caller's"),
    Column("connect_datetime", "datetime", "when it was answered; for an unanswered call, when the ringing ended"),
    Column("disconnect_datetime", "datetime", "when it ended: `connect_datetime` + `charged_duration`"),
    Column("charged_duration", "integer", "whole seconds of conversation; 0 when the call was not answered"),
    Column("originating_carrier_id", "integer", "the carrier of the caller's number", _CARRIERS),
    Column("originating_transit_carrier_id", "integer", "who passed the call on at the caller's side", _TRANSITS),
    Column("terminating_carrier_id", "integer", "the carrier of the called number", _CARRIERS),
    Column("terminating_transit_carrier_id", "integer", "who passed the call on at the called side", _TRANSITS),
    Column("call_direction", "integer", "seen from the exchange that wrote the record", DIRECTIONS),
    Column("service_type", "integer", "what kind of number was called", SERVICE_TYPES),
    Column("release_cause_number", "integer", "why the call ended: ITU-T Q.850", _by("cause")),
    Column("sip_response", "integer", "how the last signalling message answered: RFC 3261", _by("sip")),
)

DATE_FORMATS: Mapping[str, str] = {"iso": "%Y-%m-%d %H:%M:%S", "dmy": "%d-%m-%Y %H:%M"}
"""Name of a date format → how it writes a datetime. `dmy` has no seconds."""


def names() -> list[str]:
    """The column names in the order of the files."""
    return [column.name for column in COLUMNS]


def markdown() -> str:
    """The columns and the outcomes as two Markdown tables, as `data/README.md` shows them."""
    columns = [f"| `{column.name}` | {column.kind} | {column.meaning} | {_values(column)} |" for column in COLUMNS]
    outcomes = [f"| {o.cause} | {o.sip} | {o.meaning} |" for o in OUTCOMES.values()]
    return "\n".join(
        [
            "| Column | Holds | Meaning | Values |",
            "| --- | --- | --- | --- |",
            *columns,
            "",
            "| `release_cause_number` | `sip_response` | How the call ended |",
            "| --- | --- | --- |",
            *outcomes,
        ]
    )


def _values(column: Column) -> str:
    if column.name in ("release_cause_number", "sip_response"):
        return "see below"
    return ", ".join(f"{code} {meaning}".rstrip() for code, meaning in column.values.items())
