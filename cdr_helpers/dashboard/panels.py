"""The visuals: each takes the answer of a question and returns a panel, or says why there is nothing to show."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import wraps
from typing import TYPE_CHECKING, Any

from cdr_helpers.dashboard import svg
from cdr_helpers.dashboard.panel import ALL, Panel
from cdr_helpers.figures.theme import BLUE, ORANGE, SERIES, SKY, VERMILION
from cdr_helpers.unanswered import Unanswered

if TYPE_CHECKING:
    import pandas as pd

Shown = Panel | Unanswered
PARTS = {"day": ORANGE, "evening": SKY, "night": BLUE}
DASHES = ("", "8 4", "2 3", "12 3 2 3", "5 2", "1 2", "14 4")
WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
MOST_CARRIERS = 6
TOP = 10


_NO_ROWS = "The query found no rows, so there is nothing to draw."


def _of_an_answer(empty: str = _NO_ROWS) -> Callable[[Callable[[Any], Shown]], Callable[[Any], Shown]]:
    """Pass on why a question has no answer, and say `empty` where the answer has no rows."""

    def decorated(draw: Callable[[Any], Shown]) -> Callable[[Any], Shown]:
        @wraps(draw)
        def drawing(answer: Any) -> Shown:
            if isinstance(answer, Unanswered):
                return answer
            return draw(answer) if len(answer) else Unanswered(empty)

        return drawing

    return decorated


def _choices(frame: pd.DataFrame, weight: str = "calls") -> dict[str, pd.DataFrame]:
    """The whole, then the largest carriers one by one."""
    largest = frame.groupby("carrier")[weight].sum().sort_values(ascending=False).index[:MOST_CARRIERS]
    return {ALL: frame} | {f"carrier {one}": frame[frame["carrier"] == one] for one in sorted(largest)}


@_of_an_answer()
def totals(minutes: pd.DataFrame) -> Shown:
    """Calls, answered share, minutes and charge as large figures. `minutes`: the answer of `Questions.minutes`."""
    views = {choice: _cards(_facts(part)) for choice, part in _choices(minutes).items()}
    alt = "Totals: " + ", ".join(f"{what} {value}" for what, value in _facts(minutes))
    return Panel("totals", "Totals", views, alt)


def _facts(frame: pd.DataFrame) -> list[tuple[str, str]]:
    calls, answered = int(frame["calls"].sum()), int(frame["answered"].sum())
    return [
        ("calls", f"{calls:,}"),
        ("answered", f"{answered / calls:.0%}" if calls else "–"),
        ("minutes", f"{_settled(frame['minutes'].sum()):,.0f}"),
        ("charge", f"${_settled(frame['charge'].sum()):,.2f}"),
    ]


def _settled(sums: Any) -> Any:
    """Sums without the digits that depend on the order in which an engine adds: 28,762.5 minutes are one number."""
    return round(sums, 6)


def _cards(facts: list[tuple[str, str]]) -> str:
    body, width = "", svg.WIDTH / 2
    for at, (what, value) in enumerate(facts):
        x, y = (at % 2) * width, (at // 2) * 92
        body += svg.box(x + 4, y + 4, width - 8, 84, svg.PALE) + svg.text(x + 22, y + 34, what, 18)
        body += svg.text(x + 22, y + 74, value, 36, bold=True)
    return svg.document(188, body, ", ".join(f"{what}: {value}" for what, value in facts))


@_of_an_answer()
def minutes_by_period(minutes: pd.DataFrame) -> Shown:
    """Minutes by part of the day, with what they earn. `minutes`: the answer of `Questions.minutes`."""
    views = {choice: _periods(part) for choice, part in _choices(minutes).items()}
    sums = _settled(minutes.groupby("part_of_day")[["minutes", "charge"]].sum())
    lines = [f"  {part}: {row.minutes:,.0f} minutes, ${row.charge:,.2f}" for part, row in sums.iterrows()]
    return Panel("periods", "Minutes by part of the day", views, "\n".join(["Minutes by part of the day", *lines]))


def _periods(frame: pd.DataFrame) -> str:
    sums = _settled(frame.groupby("part_of_day")[["minutes", "charge"]].sum())
    most, body = float(sums["minutes"].max() or 1), ""
    for at, part in enumerate(part for part in _parts(frame) if part in sums.index):
        spoken, charge = float(sums.loc[part, "minutes"]), float(sums.loc[part, "charge"])
        y, width = 8 + at * 62, 330 * spoken / most
        tip = f"{part}\n{spoken:,.0f} minutes\n${charge:,.2f}"
        body += svg.text(100, y + 32, part, 20, "end") + svg.box(112, y, width, 48, _colour(part), tip)
        body += svg.text(120 + width, y + 22, f"{spoken:,.0f} min", 18, bold=True)
        body += svg.text(120 + width, y + 42, f"${charge:,.2f}", 17)
    return svg.document(12 + 62 * len(sums), body, "Minutes by part of the day")


def _parts(frame: pd.DataFrame) -> list[str]:
    own = [part for part in dict.fromkeys(frame["part_of_day"]) if part not in PARTS]
    return [*PARTS, *own]


def _colour(part: str) -> str:
    return PARTS.get(part, SERIES[len(part) % len(SERIES)])


@_of_an_answer()
def busiest_callers(callers: pd.DataFrame) -> Shown:
    """The ten callers who talk most, split by part of the day. `callers`: the answer of `Questions.callers`.

    Where nobody called twice there is no ranking, and that is said.
    """
    if int(callers["calls"].max()) < 2:
        return Unanswered("Every caller was seen once in this data, so nobody stands out.")
    views = {choice: _ranking(part) for choice, part in _choices(callers, "minutes").items()}
    top = _top(callers)
    lines = [f"  {caller}: {spoken:,.0f} minutes" for caller, spoken in top.items()]
    return Panel("callers", "Who talks most", views, "\n".join(["Callers with the most minutes", *lines]))


def _top(frame: pd.DataFrame) -> pd.Series:
    sums = _settled(frame.groupby("caller")["minutes"].sum()).reset_index()
    return sums.sort_values(["minutes", "caller"], ascending=[False, True]).head(TOP).set_index("caller")["minutes"]


def _ranking(frame: pd.DataFrame) -> str:
    top = _top(frame)
    split = frame.pivot_table(index="caller", columns="part_of_day", values="minutes", aggfunc="sum").fillna(0)
    most, parts, body = float(top.max() or 1), [part for part in _parts(frame) if part in split], ""
    for at, part in enumerate(parts):
        body += svg.box(170 + at * 130, 2, 18, 18, _colour(part)) + svg.text(194 + at * 130, 17, part, 17)
    for at, (caller, spoken) in enumerate(top.items()):
        y, x = 34 + at * 34, 170.0
        body += svg.text(160, y + 19, caller, 16, "end")
        for part in parts:
            minutes = float(split.loc[caller, part])
            width = 370 * minutes / most
            body += (
                svg.box(x, y, width, 26, _colour(part), f"{caller}\n{part}: {minutes:,.0f} minutes") if width else ""
            )
            x += width
        body += svg.text(x + 8, y + 19, f"{spoken:,.0f}", 16)
    return svg.document(40 + 34 * len(top), body, "Callers with the most minutes, split by part of the day")


@_of_an_answer()
def error_week(week: pd.DataFrame) -> Shown:
    """Share of calls that the network could not deliver, by hour of the week and called carrier, as a heat map.

    `week`: the answer of `Questions.week`.
    """
    views = {choice: _heat(part, sorted(part["carrier"].unique())) for choice, part in _choices(week).items()}
    shares = week.groupby("carrier")[["calls", "errors"]].sum()
    lines = [f"  carrier {one}: {int(row.errors):,} of {int(row.calls):,} calls" for one, row in shares.iterrows()]
    alt = "\n".join(["Calls that the network could not deliver, by called carrier", *lines, *_worst(week)])
    return Panel("errors", "Undelivered calls by hour of the week", views, alt)


def _worst(week: pd.DataFrame) -> list[str]:
    worst = week.sort_values(["errors", "carrier", "weekday", "hour"], ascending=[False, True, True, True]).iloc[0]
    when = f"{WEEKDAYS[int(worst.weekday) - 1]} {int(worst.hour):02}:00"
    return [f"  worst: carrier {worst.carrier}, {when}, {int(worst.errors)} of {int(worst.calls)}"]


DAMPING = 6
"""Calls that are added to an hour's for its shade: one failed call of one, at night, is no alarm."""


def _shade(line: Any, strongest: float) -> float:
    return float(max(0.06, min(1.0, line.errors / (line.calls + DAMPING) / strongest)))


def _heat(week: pd.DataFrame, carriers: list[Any]) -> str:
    strongest = float((week["errors"] / (week["calls"] + DAMPING)).max()) or 1.0
    high, cell, left = (30 if len(carriers) > 1 else 90), 3.3, 84
    body = ""
    for at, name in enumerate(WEEKDAYS):
        body += svg.text(left + (at * 24 + 12) * cell, 18, name, 17, "middle")
    for row, carrier in enumerate(carriers):
        y = 28 + row * high
        body += svg.text(left - 8, y + high / 2 + 5, f"carrier {carrier}", 15, "end")
        body += svg.box(left, y, 168 * cell, high - 3, svg.PALE)
        for line in week[week["carrier"] == carrier].itertuples():
            body += _heat_cell(line, left, y, cell, high, _shade(line, strongest))
    for at in range(8):
        body += svg.rule(left + at * 24 * cell, 24, left + at * 24 * cell, 28 + high * len(carriers))
    return svg.document(34 + high * len(carriers), body, "Share of undelivered calls by hour of the week")


def _heat_cell(line: Any, left: float, y: float, cell: float, high: float, shade: float) -> str:
    errors, calls = int(line.errors), int(line.calls)
    if not errors:
        return ""
    tip = (
        f"carrier {line.carrier}, {WEEKDAYS[int(line.weekday) - 1]} {int(line.hour):02}:00\n"
        f"{errors} of {calls} calls undelivered ({errors / calls:.0%})"
    )
    x = left + ((int(line.weekday) - 1) * 24 + int(line.hour)) * cell
    return svg.box(x, y, cell, high - 3, VERMILION, tip, opacity=shade)


@_of_an_answer()
def calls_a_day(days: pd.DataFrame) -> Shown:
    """Calls a day, a line for each of the largest carriers. `days`: the answer of `Questions.days`."""
    import pandas as pd

    table = days.assign(day=pd.to_datetime(days["day"])).pivot_table(index="day", columns="carrier", values="calls")
    table = table.asfreq("D").fillna(0).astype(int)
    largest = sorted(table.sum().sort_values(ascending=False).index[:MOST_CARRIERS])
    views = {ALL: _lines(table, largest, largest)}
    views |= {f"carrier {one}": _lines(table, [one], largest) for one in largest}
    lines = [f"  carrier {one}: {table[one].min()} to {table[one].max()} calls a day" for one in largest]
    span = f"{table.index[0]:%Y-%m-%d} to {table.index[-1]:%Y-%m-%d}"
    return Panel("days", "Calls per day and carrier", views, "\n".join([f"Calls per day, {span}", *lines]))


def _lines(table: pd.DataFrame, shown: list[Any], known: list[Any]) -> str:
    left, width, top, height = 56, 574, 40, 230
    most = max(int(table[shown].to_numpy().max()), 1)
    step = width / max(len(table) - 1, 1)
    body = "".join(_legend(at, one, known) for at, one in enumerate(shown))
    for mark in (0, most // 2, most):
        y = top + height * (1 - mark / most)
        body += svg.rule(left, y, left + width, y) + svg.text(left - 8, y + 5, f"{mark:,}", 15, "end")
    body += _months(table, left, step, top + height)
    for one in shown:
        points = [(left + at * step, top + height * (1 - calls / most)) for at, calls in enumerate(table[one])]
        body += svg.path(points, SERIES[known.index(one) % len(SERIES)], DASHES[known.index(one) % len(DASHES)])
    body += "".join(_day_tips(table, shown, left, step, top, height))
    return svg.document(top + height + 34, body, "Calls per day")


def _legend(at: int, carrier: Any, known: list[Any]) -> str:
    x, number = 56 + at * 96, known.index(carrier)
    line = svg.path([(x, 14), (x + 22, 14)], SERIES[number % len(SERIES)], DASHES[number % len(DASHES)])
    return line + svg.text(x + 27, 19, f"carr. {carrier}", 15)


def _months(table: pd.DataFrame, left: float, step: float, y: float) -> str:
    firsts = [(at, day) for at, day in enumerate(table.index) if day.day == 1]
    every = max(1, -(-len(firsts) // 12))
    return "".join(svg.text(left + at * step, y + 22, f"{day:%b}", 15) for at, day in firsts[::every])


def _day_tips(
    table: pd.DataFrame, shown: list[Any], left: float, step: float, top: float, height: float
) -> Iterable[str]:
    for at, (day, counts) in enumerate(table[shown].iterrows()):
        calls = "\n".join(f"carrier {one}: {counts[one]}" for one in shown)
        yield svg.box(left + (at - 0.5) * step, top, step, height, "#FFFFFF", f"{day:%a %d %b %Y}\n{calls}", 0.001)


@_of_an_answer("No hour is far worse than the same hour of other weeks: there is no outage in this data.")
def outages(hours: pd.DataFrame) -> Shown:
    """The spells in which a carrier failed far more than usual. `hours`: the answer of `Questions.outages`."""
    spells = _spells(hours)
    body = ""
    for at, (carrier, first, end, calls, errors) in enumerate(spells):
        y = 8 + at * 74
        body += svg.box(4, y, svg.WIDTH - 8, 62, svg.PALE) + svg.box(4, y, 8, 62, VERMILION)
        body += svg.text(24, y + 26, f"carrier {carrier}: {first:%a %d %b %Y, %H:%M} to {end:%H:%M}", 20, bold=True)
        body += svg.text(24, y + 50, f"{errors:,} of {calls:,} calls could not be delivered", 17)
    lines = [
        f"  carrier {carrier}: {first:%Y-%m-%d %H:%M} to {end:%H:%M}, {errors} of {calls} calls"
        for carrier, first, end, calls, errors in spells
    ]
    alt = "\n".join(["Hours far worse than the same hour of other weeks", *lines])
    view = svg.document(16 + 74 * len(spells), body, "Outages")
    return Panel("outages", "Outages", {ALL: view}, alt)


def _spells(hours: pd.DataFrame) -> list[tuple[Any, Any, Any, int, int]]:
    """Hours that follow each other at one carrier, joined: carrier, first, end, calls, errors."""
    import pandas as pd

    joined: list[tuple[Any, Any, Any, int, int]] = []
    for line in hours.sort_values(["carrier", "hour"]).itertuples():
        end, calls, errors = line.hour + pd.Timedelta(hours=1), int(line.calls), int(line.errors)
        if joined and joined[-1][0] == line.carrier and joined[-1][2] == line.hour:
            carrier, first, _, more_calls, more_errors = joined.pop()
            joined.append((carrier, first, end, calls + more_calls, errors + more_errors))
        else:
            joined.append((line.carrier, line.hour, end, calls, errors))
    return joined
