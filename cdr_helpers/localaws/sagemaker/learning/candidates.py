"""The models that an AutoML job tries. One row of `ENSEMBLING` is one candidate, with the hyperparameters that it is
known to do well with; `TUNING` holds what hyperparameter tuning chooses from.

Autopilot's algorithms are other libraries' (XGBoost, LightGBM, CatBoost, neural networks on PyTorch). Here each name
stands for its nearest kin in scikit-learn, and a candidate is called by what it really is.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from .columns import Columns


@dataclass(frozen=True)
class Algorithm:
    """A kind of model: its name, which of AutoMLAlgorithms it stands for, and whether it wants its inputs scaled."""

    name: str
    stands_for: tuple[str, ...]
    scaled: bool


LINEAR = Algorithm("LinearModel", ("linear-learner",), True)
BOOSTING = Algorithm("HistGradientBoosting", ("lightgbm", "xgboost", "catboost"), False)
FOREST = Algorithm("RandomForest", ("randomforest",), False)
EXTRA = Algorithm("ExtraTrees", ("extra-trees",), False)
NEURAL = Algorithm("NeuralNetMLP", ("mlp", "nn-torch", "fastai"), True)

Trial = tuple[Algorithm, dict[str, Any]]

ENSEMBLING: tuple[Trial, ...] = (
    (LINEAR, {"strength": 1.0}),
    (BOOSTING, {"max_iter": 150, "learning_rate": 0.06, "max_leaf_nodes": 15, "min_samples_leaf": 30}),
    (FOREST, {"n_estimators": 200, "min_samples_leaf": 3}),
    (EXTRA, {"n_estimators": 200, "min_samples_leaf": 3}),
    (BOOSTING, {"max_iter": 300, "learning_rate": 0.03, "max_leaf_nodes": 31, "min_samples_leaf": 20}),
    (NEURAL, {"hidden_layer_sizes": (64, 32), "alpha": 1e-3, "max_iter": 60}),
    (BOOSTING, {"max_iter": 200, "learning_rate": 0.05, "max_leaf_nodes": 7, "min_samples_leaf": 40}),
    (FOREST, {"n_estimators": 300, "min_samples_leaf": 1, "max_features": 0.5}),
)

TUNING: dict[Algorithm, dict[str, tuple[Any, ...]]] = {
    BOOSTING: {
        "max_iter": (80, 120, 160, 240, 320),
        "learning_rate": (0.02, 0.04, 0.06, 0.1, 0.2),
        "max_leaf_nodes": (7, 15, 31, 63),
        "min_samples_leaf": (10, 20, 40, 80),
        "l2_regularization": (0.0, 0.1, 1.0),
    },
    LINEAR: {"strength": (0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0)},
    NEURAL: {
        "hidden_layer_sizes": ((32,), (64,), (64, 32), (128, 64)),
        "alpha": (1e-4, 1e-3, 1e-2),
        "max_iter": (60,),
    },
}
ALGORITHMS = (LINEAR, BOOSTING, FOREST, EXTRA, NEURAL)


def trials(mode: str, wanted: list[str], most: int) -> Iterator[tuple[str, Trial]]:
    """Names and trials of a job: the table in ensembling mode, random draws from the spaces in tuning mode.

    `wanted` are names of AutoMLAlgorithms (all when empty).
    """
    chosen = _tuning(most, wanted) if mode == "HYPERPARAMETER_TUNING" else _ensembling(wanted)
    for at, trial in enumerate(chosen, 1):
        if at > most:
            return
        yield f"{trial[0].name}-t{at}", trial


def _is_wanted(algorithm: Algorithm, wanted: list[str]) -> bool:
    return not wanted or bool(set(algorithm.stands_for) & set(wanted))


def _ensembling(wanted: list[str]) -> Iterator[Trial]:
    for trial in ENSEMBLING:
        if _is_wanted(trial[0], wanted):
            yield trial


def _tuning(most: int, wanted: list[str]) -> Iterator[Trial]:
    random = np.random.default_rng(0)
    spaces = [(algorithm, space) for algorithm, space in TUNING.items() if _is_wanted(algorithm, wanted)]
    for at in range(most if spaces else 0):
        algorithm, space = spaces[at % len(spaces)]
        yield algorithm, {name: choices[int(random.integers(len(choices)))] for name, choices in space.items()}


def estimator(trial: Trial, columns: Columns, regression: bool) -> Any:
    """An untrained model: from typed columns to predictions."""
    from sklearn.pipeline import Pipeline

    algorithm, settings = trial
    return Pipeline(
        [("columns", _prepared(columns, algorithm.scaled)), ("model", _model(algorithm, settings, regression))]
    )


def _prepared(columns: Columns, scaled: bool) -> Any:
    from sklearn.compose import ColumnTransformer
    from sklearn.impute import SimpleImputer
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder, PowerTransformer

    if scaled:
        numbers: Any = make_pipeline(SimpleImputer(strategy="median", keep_empty_features=True), PowerTransformer())
        categories: Any = OneHotEncoder(handle_unknown="infrequent_if_exist", max_categories=30, sparse_output=False)
    else:
        numbers = "passthrough"
        categories = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1, encoded_missing_value=-2)
    return ColumnTransformer(
        [("numbers", numbers, columns.numeric), ("categories", categories, columns.categorical)],
        verbose_feature_names_out=False,
    )


def _model(algorithm: Algorithm, settings: dict[str, Any], regression: bool) -> Any:
    from sklearn import ensemble, linear_model, neural_network

    if algorithm is LINEAR:
        strength = settings["strength"]
        return (
            linear_model.Ridge(1 / strength)
            if regression
            else linear_model.LogisticRegression(C=strength, max_iter=500)
        )
    if algorithm is NEURAL:
        kind = neural_network.MLPRegressor if regression else neural_network.MLPClassifier
        return kind(random_state=0, early_stopping=True, **settings)
    if algorithm is BOOSTING:
        boosting = ensemble.HistGradientBoostingRegressor if regression else ensemble.HistGradientBoostingClassifier
        return boosting(random_state=0, early_stopping=False, **settings)
    kinds = {
        (FOREST, False): ensemble.RandomForestClassifier,
        (FOREST, True): ensemble.RandomForestRegressor,
        (EXTRA, False): ensemble.ExtraTreesClassifier,
        (EXTRA, True): ensemble.ExtraTreesRegressor,
    }
    return kinds[algorithm, regression](random_state=0, n_jobs=-1, **settings)
