"""The time-series forecasting AutoML job: from files to candidates that forecast each item's next points.

Sources: developer guide, "Create an AutoML job for time-series forecasting using the API" (data, frequency, filling,
aggregation, metrics); API reference, "TimeSeriesForecastingJobConfig".

Two candidates are tried. `NPTS` draws a forecast from the same season of the past, recent ones more often than old ones
(Gasthaus, "Non-parametric time series forecaster", 2016). `QuantileBoosting` learns each quantile from the last points,
the last seasons and the calendar, over all items at once; it stands for Autopilot's neural networks.
"""

from __future__ import annotations

import json
import re
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from . import bundles, exploration, reading
from .columns import Columns
from .reading import Unusable
from .timing import TookTooLong, limit

QUANTILES = ("p10", "p50", "p90")
SEASONS = {"min": 60 * 24, "H": 24, "D": 7, "W": 52, "M": 12, "Y": 1}
"""Unit of the frequency → points after which the pattern repeats."""
_UNITS = {"min": "min", "H": "h", "D": "D", "W": "W-MON", "M": "MS", "Y": "YS"}
_ORIGINS = 40
DECAY = 0.75
"""How much less each season counts than the one after it."""

Report = Callable[..., None]


@dataclass(frozen=True)
class Frame:
    """What the job calls things: columns, frequency, horizon, quantiles."""

    item: str
    time: str
    target: str
    frequency: str
    horizon: int
    quantiles: tuple[str, ...]

    @property
    def step(self) -> str:
        """The frequency as pandas writes it."""
        count, unit = self._parts
        return f"{count}{_UNITS[unit]}"

    @property
    def season(self) -> int:
        """Points of a season."""
        count, unit = self._parts
        return max(1, SEASONS[unit] // count)

    @property
    def _parts(self) -> tuple[int, str]:
        found = re.fullmatch(r"(\d*)(min|[A-Z])", self.frequency)
        if found is None:
            raise Unusable(f"ClientError: {self.frequency} is no forecast frequency")
        return int(found[1] or 1), found[2]

    @property
    def levels(self) -> list[float]:
        """The quantiles as numbers."""
        return [_level(each) for each in self.quantiles]


def _level(text: str) -> float:
    return float(text[1:]) / 100


def run(spec: dict[str, Any], report: Report) -> None:
    """Do the job that `spec` describes. Raises `Unusable` when the data does not allow it."""
    warnings.simplefilter("ignore")
    config, folder = spec["config"], Path(spec["folder"])
    names = config["TimeSeriesConfig"]
    frame = Frame(
        names["ItemIdentifierAttributeName"],
        names["TimestampAttributeName"],
        names["TargetAttributeName"],
        config["ForecastFrequency"],
        config["ForecastHorizon"],
        tuple(config.get("ForecastQuantiles") or QUANTILES),
    )
    if config.get("HolidayConfig") or names.get("GroupingAttributeNames"):
        raise Unusable("ClientError: HolidayConfig and GroupingAttributeNames are not learned from here")
    rows = reading.frame(spec["channels"]["training"])
    series = _series(rows, frame, config.get("Transformations") or {})
    objective = spec["objective"] or "AverageWeightedQuantileLoss"
    kinds = Columns({frame.item: "categorical", frame.time: "datetime"})
    notebook = exploration.write(rows, kinds, frame.target, "time-series forecasting", folder)
    report("analyzed", problem="TimeSeriesForecasting", objective=objective, notebook=str(notebook))
    report("stage", stage="ModelTuning")
    _search(frame, series, config, objective, folder, report)


def _series(rows: pd.DataFrame, frame: Frame, transformations: dict[str, Any]) -> dict[str, pd.Series]:
    """Item → its values at regular times. Raises `Unusable`."""
    for name in (frame.item, frame.time, frame.target):
        if name not in rows.columns:
            known = ", ".join(map(str, rows.columns))
            raise Unusable(f"ClientError: there is no column {name} in the input data. Its columns are: {known}")
    times = pd.to_datetime(rows[frame.time], errors="coerce")
    if times.isna().any():
        bad = rows[frame.time][times.isna()].iloc[0]
        raise Unusable(f"ClientError: {frame.time} holds {bad!r}, which is no time; write it as 2021-02-25 11:00:00")
    values = pd.to_numeric(rows[frame.target], errors="coerce")
    how = (transformations.get("Aggregation") or {}).get(frame.target, "sum")
    filling = (transformations.get("Filling") or {}).get(frame.target) or {}
    table = pd.DataFrame({"item": rows[frame.item].astype(str), "time": times, "value": values})
    made = {}
    for item, group in table.groupby("item"):
        regular = group.set_index("time")["value"].resample(frame.step)
        values_of = regular.agg({"avg": "mean"}.get(how, how))
        empty = regular.count() == 0
        made[str(item)] = _filled(values_of.mask(empty), filling.get("middlefill", "zero"))
    return made


def _filled(values: pd.Series, rule: str) -> pd.Series:
    fixed = {"zero": 0.0, "value": 0.0, "nan": 0.0}
    if rule in fixed:
        return values.fillna(fixed[rule])
    if rule in ("median", "mean", "min", "max"):
        return values.fillna(getattr(values, rule)())
    try:
        return values.fillna(float(rule))
    except ValueError:
        raise Unusable(f"ClientError: middlefill cannot be {rule}") from None


def _search(
    frame: Frame, series: dict[str, pd.Series], config: dict[str, Any], objective: str, folder: Path, report: Report
) -> None:
    known = {item: values[: -frame.horizon] for item, values in series.items()}
    usable = {item: values for item, values in known.items() if len(values) >= frame.horizon + 2}
    if not usable:
        longest = max(map(len, series.values()), default=0)
        raise Unusable(
            f"ClientError: the longest series has {longest} points; a horizon of {frame.horizon} needs "
            f"{2 * frame.horizon + 2}"
        )
    criteria = config.get("CompletionCriteria") or {}
    best: tuple[float, str] | None = None
    kept: dict[str, tuple[pd.DataFrame, dict[str, float]]] = {}
    reasons: list[str] = []
    for kind in _wanted(config)[: criteria.get("MaxCandidates") or None]:
        report("training", candidate=kind.name, algorithm=kind.name, hyperparameters=kind.settings(frame))
        try:
            with limit(criteria.get("MaxRuntimePerTrainingJobInSeconds")):
                forecast = _table(kind.trained(frame, usable), frame, usable)
                measured = _measured(forecast, frame, series, usable)
                final = kind.trained(frame, series)
        except (TookTooLong, ValueError) as problem:
            reasons.append(str(problem))
            report("lost", candidate=kind.name, reason=f"AlgorithmError: {problem}")
            continue
        place = folder / kind.name / "model.tar.gz"
        about = {"problem": "Forecast", "horizon": frame.horizon, "frequency": frame.frequency, "metrics": measured}
        bundles.save({"problem": "Forecast", "frame": frame, "model": final}, about, place)
        report("candidate", candidate=kind.name, model=str(place), metrics=measured)
        kept[kind.name] = forecast, measured
        if best is None or measured[objective] < best[0]:
            best = measured[objective], kind.name
    if best is None:
        raise Unusable(
            f"AlgorithmError: no candidate could be trained: {reasons[-1] if reasons else 'no algorithm fits'}"
        )
    _explain(best[1], *kept[best[1]], series, frame, folder, report)


def _explain(
    name: str,
    forecast: pd.DataFrame,
    measured: dict[str, float],
    series: dict[str, pd.Series],
    frame: Frame,
    folder: Path,
    report: Report,
) -> None:
    """The backtest of the best candidate: its forecasts beside what came, and its metrics."""
    report("stage", stage="GeneratingModelInsightsReport")
    truth = [series[item].get(time) for item, time in zip(forecast["item"], forecast["time"], strict=True)]
    shown = forecast.assign(actual=truth).rename(columns={"item": frame.item, "time": frame.time})
    place = folder / name
    inferences, metrics = place / "inferences.csv", place / "metrics.json"
    shown.to_csv(inferences, index=False)
    metrics.write_text(json.dumps(measured, indent=1), encoding="utf-8")
    report("explained", candidate=name, files={"BacktestResults": [str(inferences), str(metrics)]})


def _wanted(config: dict[str, Any]) -> list[Any]:
    chosen = (config.get("CandidateGenerationConfig") or {}).get("AlgorithmsConfig") or [{}]
    names = set(chosen[0].get("AutoMLAlgorithms") or [])
    return [kind for kind in (Npts, QuantileBoosting) if not names or names & set(kind.stands_for)]


def _table(model: Any, frame: Frame, known: dict[str, pd.Series]) -> pd.DataFrame:
    """Forecasts after the end of each series: a row per item and time, a column per quantile and the mean."""
    parts = []
    for item, values in known.items():
        times = pd.date_range(values.index[-1], periods=frame.horizon + 1, freq=frame.step)[1:]
        quantiles, mean = model.forecast(values)
        part = {"item": item, "time": times, **dict(zip(frame.quantiles, quantiles, strict=True)), "mean": mean}
        parts.append(pd.DataFrame(part))
    return pd.concat(parts, ignore_index=True)


def _measured(
    forecast: pd.DataFrame, frame: Frame, series: dict[str, pd.Series], known: dict[str, pd.Series]
) -> dict[str, float]:
    """Autopilot's forecasting metrics ("Evaluation metrics for time-series forecasting")."""
    truth = np.array([series[item][time] for item, time in zip(forecast["item"], forecast["time"], strict=True)])
    total = float(np.abs(truth).sum()) or 1.0
    losses = []
    for name in frame.quantiles:
        level, guess = _level(name), forecast[name].to_numpy()
        short = truth - guess
        losses.append(2 * float(np.maximum(level * short, (level - 1) * short).sum()) / total)
    middle = forecast["p50" if "p50" in forecast else "mean"].to_numpy()
    error = np.abs(truth - middle)
    present = truth != 0
    seasonal = [
        np.abs(values.to_numpy()[frame.season :] - values.to_numpy()[: -frame.season]) for values in known.values()
    ]
    scale = float(np.mean(np.concatenate(seasonal))) if any(map(len, seasonal)) else 0.0
    return {
        "AverageWeightedQuantileLoss": float(np.mean(losses)),
        "WAPE": float(error.sum() / total),
        "RMSE": float(np.sqrt(np.mean((truth - forecast["mean"].to_numpy()) ** 2))),
        "MAPE": float(np.mean(error[present] / np.abs(truth[present]))) if present.any() else 0.0,
        "MASE": float(error.mean() / scale) if scale else 0.0,
    }


class Npts:
    """A forecast drawn from the same place of earlier seasons."""

    name, stands_for = "NPTS", ("npts", "ets", "arima")

    def __init__(self, frame: Frame) -> None:
        self.frame = frame

    @staticmethod
    def settings(frame: Frame) -> dict[str, Any]:
        """What it is set to."""
        return {"season": frame.season, "decay": DECAY}

    @classmethod
    def trained(cls, frame: Frame, series: dict[str, pd.Series]) -> Npts:
        """There is nothing to learn: the past itself is the model."""
        return cls(frame)

    def forecast(self, values: pd.Series) -> tuple[list[np.ndarray], np.ndarray]:
        """Quantiles (a list of arrays) and mean of the points after the end of a series."""
        past, season = values.to_numpy(float), min(self.frame.season, max(1, len(values) // 2))
        levels = self.frame.levels
        quantiles, means = np.zeros((len(levels), self.frame.horizon)), np.zeros(self.frame.horizon)
        for ahead in range(self.frame.horizon):
            ages = np.arange(1, (len(past) + ahead) // season + 2)
            at = len(past) + ahead - ages * season
            ages = ages[(at >= 0) & (at < len(past))]
            drawn, weights = past[len(past) + ahead - ages * season], DECAY ** (ages - ages.min())
            order = np.argsort(drawn)
            share = (np.cumsum(weights[order]) - weights[order] / 2) / weights.sum()
            quantiles[:, ahead] = np.interp(levels, share, drawn[order])
            means[ahead] = np.average(drawn, weights=weights)
        return list(quantiles), means


class QuantileBoosting:
    """Boosted trees, one model per quantile and one for the mean."""

    name, stands_for = "QuantileBoosting", ("cnn-qr", "deepar", "prophet")

    def __init__(self, frame: Frame, models: list[Any], mean: Any) -> None:
        self.frame, self.models, self.mean = frame, models, mean

    @staticmethod
    def settings(frame: Frame) -> dict[str, Any]:
        """What it is set to."""
        return {"season": frame.season, "max_iter": 120, "learning_rate": 0.08}

    @classmethod
    def trained(cls, frame: Frame, series: dict[str, pd.Series]) -> QuantileBoosting:
        """Learn from the last `_ORIGINS` places of each series from which a whole horizon can be seen."""
        from sklearn.ensemble import HistGradientBoostingRegressor

        inputs, outputs = [], []
        for values in series.values():
            last = len(values) - frame.horizon
            for origin in range(max(2, last - _ORIGINS), last + 1):
                inputs.append(_inputs(values.iloc[:origin], frame))
                outputs.append(values.to_numpy(float)[origin : origin + frame.horizon] / _scale(values.iloc[:origin]))
        if not inputs:
            raise ValueError("no series is long enough")
        rows, target = np.concatenate(inputs), np.concatenate(outputs)
        common: dict[str, Any] = {"max_iter": 120, "learning_rate": 0.08, "random_state": 0}
        models = [
            HistGradientBoostingRegressor(loss="quantile", quantile=min(max(level, 0.001), 0.999), **common).fit(
                rows, target
            )
            for level in frame.levels
        ]
        return cls(frame, models, HistGradientBoostingRegressor(**common).fit(rows, target))

    def forecast(self, values: pd.Series) -> tuple[list[np.ndarray], np.ndarray]:
        """Quantiles (a list of arrays) and mean of the points after the end of a series."""
        rows, scale = _inputs(values, self.frame), _scale(values)
        # Each quantile is learned by itself, so two may cross; in order they cannot.
        found = np.sort(np.array([each.predict(rows) for each in self.models]), axis=0)
        order = np.argsort(np.argsort(self.frame.levels))
        return [found[at] * scale for at in order], self.mean.predict(rows) * scale


def _scale(values: pd.Series) -> float:
    return float(np.abs(values.to_numpy(float)[-200:]).mean()) or 1.0


def _inputs(values: pd.Series, frame: Frame) -> np.ndarray:
    """One row per step ahead: the step, the same place of the last seasons, recent means, the calendar."""
    past, season = values.to_numpy(float) / _scale(values), frame.season
    times = pd.date_range(values.index[-1], periods=frame.horizon + 1, freq=frame.step)[1:]
    ahead = np.arange(frame.horizon)
    first = season * (ahead // season + 1)
    columns = [ahead + 1, *(_at(past, len(past) + ahead - first - back * season) for back in range(3))]
    columns += [np.full(frame.horizon, past[-size:].mean()) for size in (1, 3, season, 4 * season)]
    columns += [np.asarray(getattr(times, part), dtype=float) for part in ("month", "day", "dayofweek", "hour")]
    return np.column_stack(columns)


def _at(past: np.ndarray, places: np.ndarray) -> np.ndarray:
    return np.where(places >= 0, past[np.clip(places, 0, len(past) - 1)], np.nan)


def predictions(model: dict[str, Any], history: pd.DataFrame, uri: str) -> list[list[str]]:
    """Forecasts that go on from `history`, as rows of text below a header. Raises `Unusable`."""
    frame: Frame = model["frame"]
    series = _series(history, frame, {})
    if any(len(values) < 2 for values in series.values()):
        raise Unusable(f"ClientError: {uri}: each item needs two points of history or more")
    found = _table(model["model"], frame, series)
    header = [frame.item, frame.time, *found.columns[2:]]
    return [header, *([row[0], str(row[1]), *map(repr, map(float, row[2:]))] for row in found.itertuples(index=False))]
