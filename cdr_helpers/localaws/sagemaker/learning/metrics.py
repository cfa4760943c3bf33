"""Autopilot's metrics of a trained model (developer guide, "Autopilot metrics and validation")."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np


def binary(truth: np.ndarray, probability: np.ndarray, positive: str, negative: str) -> dict[str, float]:
    """Metrics of two classes: `truth` are labels, `probability` that of `positive`; the label is the likelier class."""
    from sklearn import metrics

    guess = np.where(probability >= 0.5, positive, negative)
    known = truth == positive
    common: dict[str, Any] = {"pos_label": positive, "zero_division": 0.0}
    return {
        "F1": metrics.f1_score(truth, guess, **common),
        "Precision": metrics.precision_score(truth, guess, **common),
        "Recall": metrics.recall_score(truth, guess, **common),
        "Accuracy": metrics.accuracy_score(truth, guess),
        "BalancedAccuracy": _quiet(metrics.balanced_accuracy_score, truth, guess),
        "AUC": metrics.roc_auc_score(known, probability) if known.any() and not known.all() else 0.5,
        "LogLoss": metrics.log_loss(known, probability, labels=[False, True]),
    }


def multiclass(truth: np.ndarray, probabilities: np.ndarray, labels: list[str]) -> dict[str, float]:
    """Metrics of several classes: `probabilities` has a column per label."""
    from sklearn import metrics

    guess = np.asarray(labels)[probabilities.argmax(axis=1)]
    common: dict[str, Any] = {"average": "macro", "zero_division": 0.0}
    return {
        "Accuracy": metrics.accuracy_score(truth, guess),
        "BalancedAccuracy": _quiet(metrics.balanced_accuracy_score, truth, guess),
        "F1macro": metrics.f1_score(truth, guess, **common),
        "PrecisionMacro": metrics.precision_score(truth, guess, **common),
        "RecallMacro": metrics.recall_score(truth, guess, **common),
        "LogLoss": metrics.log_loss(truth, probabilities, labels=labels),
    }


def regression(truth: np.ndarray, guess: np.ndarray) -> dict[str, float]:
    """Metrics of numbers."""
    from sklearn import metrics

    squared = metrics.mean_squared_error(truth, guess)
    return {
        "MSE": squared,
        "RMSE": float(np.sqrt(squared)),
        "MAE": metrics.mean_absolute_error(truth, guess),
        "R2": metrics.r2_score(truth, guess),
    }


def _quiet(metric: Any, *arguments: Any) -> float:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return float(metric(*arguments))
