"""The analyst's charts. Each takes the answer of a query and returns a picture whose text says the same in words.

An `Unanswered` question is passed on as it is: there is nothing to draw.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from functools import wraps
from typing import TYPE_CHECKING, Any

from cdr_helpers.figures import theme
from cdr_helpers.unanswered import Unanswered

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

Drawing = theme.Picture | Unanswered

_WEEKS_AROUND = 3
_MOST_CARRIERS = 6


def of_an_answer(draw: Callable[..., Drawing]) -> Callable[..., Drawing]:
    """Decorate a function that draws an answer: it draws nothing where there is none, and says so where the answer has
    no rows."""

    @wraps(draw)
    def drawing(answer: Any, *others: Any, **options: Any) -> Drawing:
        if isinstance(answer, Unanswered):
            return answer
        if not len(answer):
            return Unanswered("The query found no rows, so there is nothing to draw.")
        return theme.themed(draw)(answer, *others, **options)

    return drawing


@of_an_answer
def error_heat_map(hours: pd.DataFrame) -> Drawing:
    """Share of failed calls by hour of a day (across) and carrier (down), with the counts written in.

    `hours`: one line per `hour` (a timestamp) and `carrier`, with `calls` and `errors`; all of one day.
    """
    calls, errors = (_by_hour(hours, column) for column in ("calls", "errors"))
    figure, ax = theme.axes(14, 2.2 + 0.75 * len(calls))
    share = errors / calls.where(calls > 0)
    mesh = ax.imshow(share.to_numpy(float), aspect="auto", cmap="Oranges", vmin=0, vmax=1)
    ax.set_xticks(range(24), [f"{hour:02}" for hour in range(24)])
    ax.set_yticks(range(len(calls)), [f"carrier {carrier}" for carrier in calls.index])
    day = f"{hours['hour'].iloc[0]:%A, %d %B %Y}"
    ax.set(title=f"Failed calls by hour and carrier, {day}", xlabel="hour of the day")
    _write_counts(ax, calls, errors)
    bar = figure.colorbar(mesh, ax=ax, ticks=[0, 0.5, 1], pad=0.02)
    bar.ax.set_yticklabels(["0 %", "50 %", "100 %"])
    return theme.picture(figure, f"Heat map of {day}. Hours with failed calls:\n{_failures(hours)}")


def _by_hour(hours: pd.DataFrame, column: str) -> pd.DataFrame:
    table = hours.assign(of_day=hours["hour"].dt.hour).pivot_table(
        index="carrier", columns="of_day", values=column, aggfunc="sum"
    )
    return table.reindex(columns=range(24)).fillna(0).astype(int)


def _write_counts(ax: Axes, calls: pd.DataFrame, errors: pd.DataFrame) -> None:
    for row, carrier in enumerate(calls.index):
        for hour in range(24):
            failed, every = int(errors.loc[carrier, hour]), int(calls.loc[carrier, hour])
            if every:
                colour = theme.PAPER if failed > every / 2 else theme.INK
                size = 13 if every < 10 else 12 if every < 1000 else 9
                words = ax.text(
                    hour, row, f"{failed}\nof {every}", ha="center", va="center", fontsize=size, color=colour
                )
                words.set_in_layout(False)  # inside the picture anyway; measuring each takes most of the time
    ax.set_xticks([hour - 0.5 for hour in range(1, 24)], minor=True)
    ax.set_yticks([row - 0.5 for row in range(1, len(calls))], minor=True)
    ax.grid(which="minor", color=theme.PALE, linewidth=2)
    ax.tick_params(which="minor", length=0)


def _failures(hours: pd.DataFrame) -> str:
    failing = hours[hours["errors"] > 0].sort_values(["carrier", "hour"])
    return "\n".join(
        f"  carrier {line.carrier}, {line.hour:%H:%M}: {int(line.errors)} of {line.calls}"
        for line in failing.itertuples()
    )


@of_an_answer
def daily_calls(days: pd.DataFrame, quiet: pd.DataFrame) -> Drawing:
    """Calls a day, a line for each carrier, for the weeks around the quietest day.

    `days`: one line per `day` (a date) and `carrier`, with `calls`. `quiet`: the `day`s to mark, the first of which is
    the middle of the picture; without one the first weeks are drawn.
    """
    import pandas as pd

    table = days.assign(day=pd.to_datetime(days["day"])).pivot_table(index="day", columns="carrier", values="calls")
    table = table.asfreq("D").fillna(0)
    marked = pd.DatetimeIndex(pd.to_datetime(quiet["day"]))
    window = _around(table, marked[0] if len(marked) else table.index[0])
    figure, ax = theme.axes(14, 6.4)
    carriers = window.sum().sort_values(ascending=False).index[:_MOST_CARRIERS]
    for number, carrier in enumerate(carriers):
        ax.plot(
            window.index,
            window[carrier],
            color=theme.colour_of(number),
            linestyle=theme.dash_of(number),
            marker="o",
            markersize=5,
            label=f"carrier {carrier}",
        )
    inside = [day for day in marked if window.index[0] <= day <= window.index[-1]]
    _mark_days(ax, inside, window)
    ax.set(
        title="Calls per day and carrier (weekends grey, quiet days yellow)",
        ylabel="calls",
        ylim=(0, float(window.max().max()) * 1.25),
    )
    ax.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0))
    _label_mondays(ax, window.index)
    return theme.picture(figure, _daily_text(window, carriers, inside))


def _around(table: pd.DataFrame, day: pd.Timestamp) -> pd.DataFrame:
    import pandas as pd

    reach = pd.Timedelta(weeks=_WEEKS_AROUND)
    middle = min(max(day, table.index[0] + reach), max(table.index[-1] - reach, table.index[0]))
    return table.loc[middle - reach : middle + reach]


def _mark_days(ax: Axes, days: Collection[Any], window: pd.DataFrame) -> None:
    top = float(window.max().max())
    for saturday in (day for day in window.index if day.weekday() == 5):
        ax.axvspan(_shifted(saturday, -0.5), _shifted(saturday, 1.5), color=theme.PALE, zorder=0)
    for day in days:
        ax.axvspan(_shifted(day, -0.5), _shifted(day, 0.5), color=theme.YELLOW, alpha=0.6, zorder=0)
        ax.text(day, top * 1.2, f"{day:%a %d %b}", ha="center", va="top", fontsize=theme.SMALL, weight="bold")


def _shifted(day: Any, days: float) -> Any:
    import pandas as pd

    return day + pd.Timedelta(days=days)


def _label_mondays(ax: Axes, days: pd.DatetimeIndex) -> None:
    mondays = [day for day in days if day.weekday() == 0]
    ax.set_xticks(mondays, [f"Mon\n{day:%d %b}" for day in mondays])


def _daily_text(window: pd.DataFrame, carriers: Collection[Any], marked: Collection[Any]) -> str:
    lines = [
        f"  carrier {carrier}: {window[carrier].min():.0f} to {window[carrier].max():.0f} calls a day"
        for carrier in carriers
    ]
    days = ", ".join(f"{day:%a %Y-%m-%d}" for day in marked) or "none"
    return "\n".join(
        [f"Lines from {window.index[0]:%Y-%m-%d} to {window.index[-1]:%Y-%m-%d}. Marked days: {days}", *lines]
    )


@of_an_answer
def top_callers(callers: pd.DataFrame, part: str, marked: pd.DataFrame) -> Drawing:
    """Callers as bars, longest first: the calls in column `part` dark, all others pale; suspicious ones starred.

    `callers`: one line per `caller`, with `calls` and `part`. `marked`: the suspicious ones among them, by `caller`.
    """
    suspects = {str(caller) for caller in marked["caller"]}
    names = [f"★ {caller}" if str(caller) in suspects else str(caller) for caller in callers["caller"]]
    figure, ax = theme.axes(14, 1.9 + 0.5 * len(callers))
    places = range(len(callers))
    rest = callers["calls"].astype(int) - callers[part].astype(int)
    dark = [theme.VERMILION if name.startswith("★") else theme.BLUE for name in names]
    ax.barh(places, callers[part].astype(int), color=dark, label=part)
    ax.barh(places, rest, left=callers[part].astype(int), color=theme.PALE, edgecolor=theme.QUIET, label="other calls")
    ax.set_yticks(places, names)
    ax.invert_yaxis()
    ax.set(title=f"Callers with the most {part} calls", xlabel=f"dark: {part} calls · pale: other calls · ★ suspicious")
    return theme.picture(figure, _callers_text(callers, part, names))


def _callers_text(callers: pd.DataFrame, part: str, names: list[str]) -> str:
    lines = [
        f"  {name}: {int(few)} {part} of {every} calls"
        for name, few, every in zip(names, callers[part], callers["calls"], strict=True)
    ]
    return "\n".join([f"Callers with the most {part} calls (★ suspicious)", *lines])


_TERABYTE, _PRICE = 2**40, 5.0  # Athena pricing: USD per terabyte read


def scan_costs(scanned: Mapping[str, int]) -> theme.Picture:
    """Bytes that Athena read for one question, as bars, with what a million times as much data would cost.

    `scanned`: layout of the table → bytes.
    """
    return theme.themed(_scan_costs)(scanned)


def _scan_costs(scanned: Mapping[str, int]) -> theme.Picture:
    figure, ax = theme.axes(14, 1.9 + 0.8 * len(scanned))
    places, most = range(len(scanned)), max(scanned.values(), default=0) or 1
    ax.barh(places, [size / 1000 for size in scanned.values()], color=[theme.colour_of(at) for at in places])
    ax.set_yticks(places, list(scanned))
    ax.invert_yaxis()
    ax.set(xlim=(0, most / 1000 * 1.7), title="Bytes read for the same question", xlabel="kilobytes")
    for place, size in zip(places, scanned.values(), strict=True):
        ax.text(size / 1000 + most / 50_000, place, _cost_text(size, most), va="center", fontsize=theme.SMALL)
    lines = [f"  {layout}: {size:,} bytes, {_cost_text(size, most)}" for layout, size in scanned.items()]
    return theme.picture(figure, "\n".join(["Bytes read for the same question", *lines]))


def _cost_text(size: int, most: int) -> str:
    dollars = size * 1_000_000 / _TERABYTE * _PRICE
    return f"{size / most:.0%} · {dollars:.2f} USD at a million times the data"


_STATE_COLOURS = {"SUCCEEDED": theme.GREEN, "FAILED": theme.VERMILION}


def run_history(history: Sequence[Mapping[str, Any]]) -> theme.Picture:
    """Runs of a job as bars, the first on top: their state, their seconds, and the rows that the table had after them.

    `history`: one mapping a run, with `run` (what it was for), `state`, `seconds` and `rows`. The words that stand for
    the picture leave out the seconds, which differ each time.
    """
    return theme.themed(_run_history)(history)


def _run_history(history: Sequence[Mapping[str, Any]]) -> theme.Picture:
    figure, ax = theme.axes(14, 1.9 + 0.6 * len(history))
    places, most = range(len(history)), max((line["rows"] for line in history), default=0) or 1
    ax.barh(
        places,
        [line["rows"] for line in history],
        color=[_STATE_COLOURS.get(line["state"], theme.ORANGE) for line in history],
    )
    ax.set_yticks(places, [f"{'✓' if line['state'] == 'SUCCEEDED' else '✗'} {line['run']}" for line in history])
    ax.invert_yaxis()
    ax.set(xlim=(0, most * 1.45), title="Runs of the job, and the rows of the table after each", xlabel="rows")
    for place, line in zip(places, history, strict=True):
        words = f"{line['state']} · {line['rows']:,} rows · {line['seconds']} s"
        ax.text(line["rows"] + most * 0.01, place, words, va="center", fontsize=theme.SMALL)
    lines = [f"  {line['run']}: {line['state']}, {line['rows']:,} rows" for line in history]
    return theme.picture(figure, "\n".join(["Runs of the job, and the rows of the table after each", *lines]))
