"""The tabular AutoML job: from files to candidates, the best of which is explained.

Sources: developer guide, "Autopilot problem types", "Training modes and algorithm support", "Autopilot metrics and
validation", "View an Autopilot model performance report".
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from . import bundles, candidates, columns, ensembles, exploration, insights, metrics, reading
from .reading import Unusable
from .timing import TookTooLong, limit

FEWEST_ROWS = 500
"""Rows that a training data set needs (API reference, "AutoMLJobInputDataConfig")."""
FOLDS = 3
BINARY, MULTICLASS, REGRESSION = "BinaryClassification", "MulticlassClassification", "Regression"
DEFAULT_OBJECTIVES = {BINARY: "F1", MULTICLASS: "Accuracy", REGRESSION: "MSE"}
TUNING_CANDIDATES = 250
ENSEMBLE = "WeightedEnsemble-L2"

Report = Callable[..., None]


@dataclass
class Table:
    """What is learned from: typed features, target, weights of the rows (or None)."""

    features: pd.DataFrame
    target: np.ndarray
    weights: np.ndarray | None


@dataclass
class Task:
    """The problem, and how a model's predictions are judged."""

    problem: str
    objective: str
    labels: list[str]
    columns: columns.Columns
    target: str

    @property
    def regression(self) -> bool:
        """Whether a number is predicted."""
        return self.problem == REGRESSION

    def predictions(self, model: Any, rows: pd.DataFrame) -> np.ndarray:
        """Numbers, or an array of rows × labels."""
        if self.regression:
            return np.asarray(model.predict(rows))
        found = np.zeros((len(rows), len(self.labels)))
        places = [self.labels.index(str(each)) for each in model.classes_]
        found[:, places] = model.predict_proba(rows)
        return found

    def measured(self, truth: np.ndarray, predicted: np.ndarray) -> dict[str, float]:
        """Every metric of the problem."""
        if self.regression:
            return metrics.regression(truth, predicted)
        if self.problem == BINARY:
            return metrics.binary(truth, predicted[:, 1], self.labels[1], self.labels[0])
        return metrics.multiclass(truth, predicted, self.labels)

    def loss(self, truth: np.ndarray) -> Callable[[np.ndarray], float]:
        """What ensembles lower: the squared error, or the log loss."""
        if self.regression:
            return lambda predicted: float(np.mean((predicted - truth) ** 2))
        place = np.array([self.labels.index(label) for label in truth])
        rows = np.arange(len(truth))
        return lambda predicted: float(-np.mean(np.log(np.clip(predicted[rows, place], 1e-15, 1))))


@dataclass
class Trained:
    """A candidate that works."""

    name: str
    model: Any
    measured: dict[str, float]
    unseen: np.ndarray | None = None
    members: list[str] = field(default_factory=list)


def run(spec: dict[str, Any], report: Report) -> None:
    """Do the job that `spec` describes. Raises `Unusable` when the data does not allow it."""
    warnings.simplefilter("ignore")
    config, folder = spec["config"], Path(spec["folder"])
    weight = config.get("SampleWeightAttributeName")
    rows = reading.frame(spec["channels"]["training"])
    kinds = columns.of(rows, config["TargetAttributeName"], spec["features"], weight)
    task = _task(rows, kinds, config, spec["objective"])
    rows = _in_own_order(rows[rows[task.target].notna()])
    if len(rows) < FEWEST_ROWS:
        raise Unusable(
            f"ClientError: the training data has {len(rows)} rows with a value in {task.target}; "
            f"at least {FEWEST_ROWS} are required"
        )
    notebook = exploration.write(rows, kinds, task.target, task.problem, folder)
    report("analyzed", problem=task.problem, objective=task.objective, notebook=str(notebook))
    if config.get("GenerateCandidateDefinitionsOnly"):
        return
    report("stage", stage="FeatureEngineering")
    training, validation = _split(rows, spec, task, weight)
    _search(task, training, validation, config, folder, report)


def _in_own_order(rows: pd.DataFrame) -> pd.DataFrame:
    """The same rows give the same models, in whatever order and files they come."""
    return rows.iloc[np.argsort(pd.util.hash_pandas_object(rows, index=False), kind="stable")].reset_index(drop=True)


def _task(rows: pd.DataFrame, kinds: columns.Columns, config: dict[str, Any], objective: str | None) -> Task:
    target = config["TargetAttributeName"]
    values = rows[target].dropna()
    problem = config.get("ProblemType") or _inferred(values)
    labels = [] if problem == REGRESSION else sorted(columns.labels(values).unique(), key=_in_order)
    if problem == BINARY and len(labels) != 2:
        raise Unusable(
            f"ClientError: binary classification needs two values in {target}; it has {len(labels)}: {_few(labels)}"
        )
    if problem == MULTICLASS and len(labels) < 3:
        raise Unusable(
            f"ClientError: multiclass classification needs three values or more in {target}; it has {len(labels)}"
        )
    if problem == REGRESSION and pd.to_numeric(values, errors="coerce").isna().any():
        raise Unusable(f"ClientError: regression needs numbers in {target}")
    return Task(problem, objective or DEFAULT_OBJECTIVES[problem], labels, kinds, target)


def _inferred(values: pd.Series) -> str:
    distinct = values.nunique()
    if distinct == 2:
        return BINARY
    numeric = pd.api.types.is_numeric_dtype(values.dtype)
    return REGRESSION if numeric and distinct > 20 else MULTICLASS


def _in_order(label: str) -> tuple[float, str]:
    try:
        return float(label), label
    except ValueError:
        return float("inf"), label


def _few(labels: list[str]) -> str:
    return ", ".join(labels[:5]) + (" …" if len(labels) > 5 else "")


def _table(rows: pd.DataFrame, task: Task, weight: str | None) -> Table:
    if task.regression:
        target = pd.to_numeric(rows[task.target]).to_numpy(float)
    else:
        target = columns.labels(rows[task.target]).to_numpy().astype(str)
    weights = pd.to_numeric(rows[weight], errors="coerce").fillna(0).to_numpy(float) if weight else None
    return Table(task.columns.typed(rows), target, weights)


def _split(rows: pd.DataFrame, spec: dict[str, Any], task: Task, weight: str | None) -> tuple[Table, Table]:
    from sklearn.model_selection import train_test_split

    if "validation" in spec["channels"]:
        held = reading.frame(spec["channels"]["validation"])
        missing = {task.target, *task.columns.used} - set(held.columns)
        if missing:
            raise Unusable(f"ClientError: the validation data lacks columns: {', '.join(sorted(missing))}")
        held = held[held[task.target].notna()]
        return _table(rows, task, weight), _table(held, task, weight)
    known = None if task.regression else columns.labels(rows[task.target])
    stratify = known if known is not None and known.value_counts().min() > 1 else None
    try:
        first, held = train_test_split(rows, test_size=spec["validation_fraction"], random_state=0, stratify=stratify)
    except ValueError as problem:
        raise Unusable(f"ClientError: the data cannot be split for validation: {problem}") from None
    return _table(first, task, weight), _table(held, task, weight)


def _search(
    task: Task, training: Table, validation: Table, config: dict[str, Any], folder: Path, report: Report
) -> None:
    mode = config.get("Mode", "AUTO")
    tuning = mode == "HYPERPARAMETER_TUNING"
    criteria = config.get("CompletionCriteria") or {}
    most = criteria.get("MaxCandidates") or (TUNING_CANDIDATES if tuning else len(candidates.ENSEMBLING) + 1)
    seconds = criteria.get("MaxRuntimePerTrainingJobInSeconds")
    together = not tuning and most > 2
    wanted = [
        name
        for each in (config.get("CandidateGenerationConfig") or {}).get("AlgorithmsConfig", [])
        for name in each["AutoMLAlgorithms"]
    ]
    report("stage", stage="ModelTuning" if tuning else "TrainingModels")
    trained: list[Trained] = []
    reasons: list[str] = []
    for name, trial in candidates.trials(mode, wanted, most - together):
        report("training", candidate=name, algorithm=trial[0].name, hyperparameters=trial[1])
        try:
            with limit(seconds):
                made = _trained(name, trial, task, training, validation, together)
        except (TookTooLong, ValueError, MemoryError) as problem:
            reasons.append(str(problem))
            report("lost", candidate=name, reason=f"AlgorithmError: {problem}")
            continue
        trained.append(made)
        _hand_over(made, task, folder, report)
    if not trained:
        raise Unusable(
            f"AlgorithmError: no candidate could be trained: {reasons[-1] if reasons else 'no algorithm fits'}"
        )
    if together and len(trained) > 1:
        report("training", candidate=ENSEMBLE, algorithm="WeightedEnsemble", hyperparameters={})
        trained.append(_ensemble(trained, task, training, validation))
        _hand_over(trained[-1], task, folder, report)
    _explain(_best(trained, task), task, training, validation, folder, report)


def _trained(
    name: str, trial: candidates.Trial, task: Task, training: Table, validation: Table, together: bool
) -> Trained:
    model = _fitted(trial, task, training, np.arange(len(training.target)))
    unseen = _unseen(trial, task, training) if together else None
    return Trained(name, model, task.measured(validation.target, task.predictions(model, validation.features)), unseen)


def _fitted(trial: candidates.Trial, task: Task, training: Table, rows: np.ndarray) -> Any:
    model = candidates.estimator(trial, task.columns, task.regression)
    settings = {} if training.weights is None else {"model__sample_weight": training.weights[rows]}
    return model.fit(training.features.iloc[rows], training.target[rows], **settings)


def _unseen(trial: candidates.Trial, task: Task, training: Table) -> np.ndarray:
    """Predictions for the training rows by models that have not seen them."""
    from sklearn.model_selection import KFold, StratifiedKFold

    _, counts = np.unique(training.target, return_counts=True)
    stratified = not task.regression and counts.min() >= FOLDS
    folds = (StratifiedKFold if stratified else KFold)(FOLDS, shuffle=True, random_state=0)
    found = np.zeros(len(training.target) if task.regression else (len(training.target), len(task.labels)))
    for seen, unseen in folds.split(training.features, training.target):
        model = _fitted(trial, task, training, seen)
        found[unseen] = task.predictions(model, training.features.iloc[unseen])
    return found


def _ensemble(trained: list[Trained], task: Task, training: Table, validation: Table) -> Trained:
    unseen = [each.unseen for each in trained if each.unseen is not None]
    found = ensembles.weights(unseen, task.loss(training.target))
    chosen = [(each, weight) for each, weight in zip(trained, found, strict=True) if weight]
    model = ensembles.WeightedEnsemble([each.model for each, _ in chosen], [weight for _, weight in chosen])
    measured = task.measured(validation.target, task.predictions(model, validation.features))
    return Trained(ENSEMBLE, model, measured, members=[f"{each.name} × {weight:.2f}" for each, weight in chosen])


def _hand_over(made: Trained, task: Task, folder: Path, report: Report) -> None:
    place = folder / made.name / "model.tar.gz"
    model = {
        "problem": task.problem,
        "labels": task.labels,
        "columns": task.columns,
        "model": made.model,
        "target": task.target,
    }
    about = {"problem": task.problem, "target": task.target, "labels": task.labels, "features": task.columns.kinds}
    bundles.save(model, about | {"metrics": made.measured, "members": made.members}, place)
    report("candidate", candidate=made.name, model=str(place), metrics=made.measured)


def _best(trained: list[Trained], task: Task) -> Trained:
    sign = -1 if task.objective in ("MSE", "RMSE", "MAE") else 1
    return max(trained, key=lambda each: sign * each.measured[task.objective])


def _explain(best: Trained, task: Task, training: Table, validation: Table, folder: Path, report: Report) -> None:
    report("stage", stage="GeneratingExplainabilityReport")

    def shown(rows: pd.DataFrame) -> np.ndarray:
        found = task.predictions(best.model, rows)
        return found if task.regression or task.problem == MULTICLASS else found[:, 1:]

    place = folder / best.name
    explained = insights.explanation(shown, task.columns, training.features, validation.features, place)
    report("stage", stage="GeneratingModelInsightsReport")
    predicted = task.predictions(best.model, validation.features)
    measured = insights.statistics(task.problem, task.labels, validation.target, predicted, place)
    files = {"Explainability": [str(explained)], "ModelInsights": [str(measured)]}
    report("explained", candidate=best.name, files=files)
