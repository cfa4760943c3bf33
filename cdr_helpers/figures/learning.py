"""What a model is worth, in pictures. Each takes numbers that AWS gave and returns a picture whose text says the same.

An `Unanswered` question is passed on as it is: there is nothing to draw.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from cdr_helpers.figures import theme
from cdr_helpers.figures.charts import Drawing, of_an_answer

if TYPE_CHECKING:
    import pandas as pd


@of_an_answer
def leaderboard(candidates: Sequence[Mapping[str, Any]]) -> Drawing:
    """Candidates as bars, the best on top. `candidates`: as `list_candidates_for_auto_ml_job` gives them."""
    trained = [each for each in candidates if each["CandidateStatus"] == "Completed"]
    metrics = {each["CandidateName"]: each["FinalAutoMLJobObjectiveMetric"] for each in trained}
    values = {name: float(metric["Value"]) for name, metric in metrics.items()}
    first = next(iter(metrics.values()))
    names = sorted(values, key=lambda name: values[name], reverse=first.get("Type", "Maximize") == "Maximize")
    figure, ax = theme.axes(14, 1.9 + 0.6 * len(names))
    colours = [theme.BLUE, *[theme.SKY] * (len(names) - 1)]
    _bars(ax, names, [values[name] for name in names], colours, "{:.2f}")
    title = f"Candidates by {first['MetricName']} on callers that they had not seen"
    ax.set(title=title, xlabel=first["MetricName"])
    lines = [f"  {name}: {values[name]:.2f}" for name in names]
    return theme.picture(figure, "\n".join([title, *lines]))


def _bars(ax: Any, names: Sequence[str], values: Sequence[float], colours: Sequence[str], form: str) -> None:
    places, most = range(len(names)), max(values, default=0.0) or 1.0
    ax.barh(places, values, color=colours)
    ax.set_yticks(places, names)
    ax.invert_yaxis()
    ax.set_xlim(0, most * 1.15)
    for place, value in zip(places, values, strict=True):
        ax.text(value + most * 0.01, place, form.format(value), va="center", fontsize=theme.SMALL)


@of_an_answer
def importance(values: Mapping[str, float], most: int = 8) -> Drawing:
    """The features that move a prediction most, as bars.

    `values`: feature → mean absolute Shapley value, as `global_shap_values` of `analysis.json` has them.
    """
    names = sorted(values, key=lambda name: values[name], reverse=True)[:most]
    figure, ax = theme.axes(14, 1.9 + 0.55 * len(names))
    _bars(ax, names, [100 * values[name] for name in names], [theme.BLUE] * len(names), "{:.1f}")
    title = "What a suspicion rests on"
    ax.set(title=title, xlabel="percentage points by which the feature moves the probability, on average")
    lines = [f"  {name}" for name in names]
    return theme.picture(figure, "\n".join([title + ", the strongest first", *lines]))


@of_an_answer
def confusion(table: pd.DataFrame) -> Drawing:
    """Truth and judgement against each other, four fields with counts.

    `table`: one line per `unwanted` (0 or 1) and `suspected` (0 or 1), with `callers`.
    """
    counts = {(int(line.unwanted), int(line.suspected)): int(line.callers) for line in table.itertuples()}
    words = {(1, 1): "found", (1, 0): "missed", (0, 1): "wrongly suspected", (0, 0): "left alone"}
    paint = {(1, 1): theme.GREEN, (1, 0): theme.ORANGE, (0, 1): theme.VERMILION, (0, 0): theme.PALE}
    figure, ax = theme.axes(12, 5.4)
    for (unwanted, suspected), word in words.items():
        place = (1 - suspected, unwanted)
        dark = (unwanted, suspected) != (0, 0)
        ax.add_patch(_field(place, paint[unwanted, suspected]))
        ink = theme.PAPER if dark else theme.INK
        number = f"{counts.get((unwanted, suspected), 0):,}"
        ax.text(
            place[0] + 0.5, place[1] + 0.56, number, ha="center", va="center", fontsize=40, color=ink, weight="bold"
        )
        ax.text(place[0] + 0.5, place[1] + 0.22, word, ha="center", va="center", fontsize=theme.NORMAL, color=ink)
    ax.set(xlim=(0, 2), ylim=(0, 2), title="Held-out callers: what they are, and what the model says")
    ax.set_xticks([0.5, 1.5], ["suspected", "not suspected"])
    ax.set_yticks([0.5, 1.5], ["innocent", "unwanted"])
    ax.tick_params(length=0)
    lines = [f"  {word}: {counts.get(key, 0):,}" for key, word in words.items()]
    return theme.picture(figure, "\n".join(["Held-out callers: what they are, and what the model says", *lines]))


def _field(place: tuple[int, int], colour: str) -> Any:
    from matplotlib.patches import Rectangle

    return Rectangle((place[0] + 0.01, place[1] + 0.01), 0.98, 0.98, color=colour)


@of_an_answer
def calibration(bins: pd.DataFrame) -> Drawing:
    """Whether a probability means what it says: what was promised (across) and what came true (up).

    `bins`: one line per range of the score, with `promised` and `happened` (shares) and `callers`.
    """
    figure, ax = theme.axes(11, 6.4)
    ax.plot([0, 100], [0, 100], color=theme.QUIET, linestyle="--", label="a probability that means what it says")
    promised, happened = 100 * bins["promised"], 100 * bins["happened"]
    ax.plot(promised, happened, color=theme.BLUE, marker="o", markersize=10, label="the model")
    for line in bins.itertuples():
        ax.annotate(
            f"{int(line.callers):,}",
            (100 * line.promised, 100 * line.happened),
            textcoords="offset points",
            xytext=(12, -16),
            fontsize=theme.SMALL,
            color=theme.QUIET,
        )
    title = "Does 70 % mean 70 %?"
    ax.set(title=title, xlabel="probability that the model gives, %", ylabel="unwanted among them, %")
    ax.set(xlim=(-3, 106), ylim=(-3, 106))
    ax.legend(loc="upper left")
    lines = [
        f"  {100 * line.promised:.0f} % promised, {100 * line.happened:.0f} % were unwanted"
        for line in bins.itertuples()
    ]
    return theme.picture(figure, "\n".join([title, *lines]))


@of_an_answer
def precision_and_recall(model: pd.DataFrame, rules: pd.DataFrame) -> Drawing:
    """The model at each threshold as a line, the rules as a point.

    Both have `recall` (share of the unwanted callers that are found) and `precision` (share of the suspicions that are
    right); `rules` has one line.
    """
    figure, ax = theme.axes(12, 6.4)
    ordered = model.sort_values("recall")
    ax.plot(100 * ordered["recall"], 100 * ordered["precision"], color=theme.BLUE, label="the model")
    recall, precision = 100 * float(rules["recall"].iloc[0]), 100 * float(rules["precision"].iloc[0])
    ax.plot([recall], [precision], "X", color=theme.VERMILION, markersize=16, label="the two rules")
    reached = ordered[ordered["recall"] >= recall / 100]["precision"]
    best = 100 * float(reached.max()) if len(reached) else 0.0
    ax.annotate(
        "", (recall, best), (recall, precision), arrowprops={"arrowstyle": "->", "color": theme.INK, "linewidth": 2}
    )
    title = "Found, and rightly suspected"
    ax.set(title=title, xlabel="unwanted callers that are found, %", ylabel="suspicions that are right, %")
    ax.set(xlim=(0, 102), ylim=(0, 105))
    ax.legend(loc="lower left")
    text = (
        f"{title}\n  the two rules find {recall:.0f} % and are right in {precision:.0f} % of their suspicions\n"
        f"  the model finds as many and is right in {best:.0f} %"
    )
    return theme.picture(figure, text)


@of_an_answer
def cost_of_thresholds(thresholds: pd.DataFrame) -> Drawing:
    """What each threshold costs, and the cheapest one. `thresholds`: one line per `threshold` (0 to 1), with `cost`."""
    ordered = thresholds.sort_values("threshold")
    cheapest = ordered.loc[ordered["cost"].idxmin()]
    figure, ax = theme.axes(12, 6)
    ax.plot(ordered["threshold"], ordered["cost"], color=theme.BLUE)
    ax.plot([cheapest["threshold"]], [cheapest["cost"]], "o", color=theme.VERMILION, markersize=14)
    words = f"{cheapest['threshold']:.2f}: {cheapest['cost']:,.0f} USD"
    ax.annotate(
        words, (cheapest["threshold"], cheapest["cost"]), textcoords="offset points", xytext=(14, 30), weight="bold"
    )
    title = "What a threshold costs, on the held-out callers"
    ax.set(title=title, xlabel="suspect from this probability on", ylabel="USD", ylim=(0, None), xlim=(0, 1))
    return theme.picture(figure, f"{title}\n  the cheapest: {words}")
