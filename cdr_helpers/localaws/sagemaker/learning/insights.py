"""What is told about the best candidate: how good it is, and what its predictions rest on.

`statistics.json` has the form of Autopilot's model performance report (developer guide, "View an Autopilot model
performance report", and "Model quality metrics"), `analysis.json` that of SageMaker Clarify ("Feature attributions").
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from .columns import DATETIME, TIME_PARTS, Columns

ROWS, PERMUTATIONS = 150, 8


def explanation(
    predict: Callable[[pd.DataFrame], np.ndarray],
    columns: Columns,
    known: pd.DataFrame,
    rows: pd.DataFrame,
    place: Path,
) -> Path:
    """Write `analysis.json`: each feature's mean absolute Shapley value, per label.

    Clarify estimates Shapley values with Kernel SHAP; here they are estimated by sampling orders of the features
    (Štrumbelj and Kononenko, 2014), over `ROWS` rows against rows of the training data. `predict` returns rows ×
    labels.
    """
    random = np.random.default_rng(0)
    shown = rows.iloc[random.permutation(len(rows))[:ROWS]].reset_index(drop=True)
    groups = [_group(columns, name) for name in columns.used]
    total: Any = 0.0
    base: Any = 0.0
    for _ in range(PERMUTATIONS):
        behind = known.iloc[random.integers(len(known), size=len(shown))].reset_index(drop=True)
        order = random.permutation(len(groups))
        steps = [behind.copy()]
        for at in order:
            last = steps[-1].copy()
            last[groups[at]] = shown[groups[at]]
            steps.append(last)
        found = predict(pd.concat(steps, ignore_index=True))
        found = found.reshape(len(steps), len(shown), -1)
        effects = np.zeros((len(groups), *found.shape[1:]))
        effects[order] = np.diff(found, axis=0)
        total, base = total + effects, base + found[0].mean(axis=0)
    mean = np.abs(total / PERMUTATIONS).mean(axis=1)
    labels = {
        f"label{at}": {
            "global_shap_values": dict(zip(columns.used, map(float, mean[:, at]), strict=True)),
            "expected_value": float(base[at] / PERMUTATIONS),
        }
        for at in range(mean.shape[1])
    }
    return _written(place / "analysis.json", {"version": "1.0", "explanations": {"kernel_shap": labels}})


def _group(columns: Columns, name: str) -> list[str]:
    """The typed columns that a feature became."""
    return [f"{name}.{part}" for part in TIME_PARTS] if columns.kinds[name] == DATETIME else [name]


def statistics(problem: str, labels: list[str], truth: np.ndarray, predicted: np.ndarray, place: Path) -> Path:
    """Write `statistics.json`: metrics, confusion matrix and curves on the validation rows."""
    if problem == "BinaryClassification":
        measured = {"binary_classification_metrics": _binary(labels, truth, predicted[:, 1])}
    elif problem == "MulticlassClassification":
        measured = {"multiclass_classification_metrics": _multiclass(labels, truth, predicted)}
    else:
        measured = {"regression_metrics": _regression(truth, predicted)}
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return _written(
        place / "statistics.json",
        {"version": 0.0, "dataset": {"item_count": len(truth), "evaluation_time": now}, **measured},
    )


def _written(place: Path, content: dict[str, Any]) -> Path:
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text(json.dumps(content, indent=1), encoding="utf-8")
    return place


def _value(value: float) -> dict[str, Any]:
    # The report repeats a measurement on samples to know how far it varies; one measurement varies by "NaN".
    return {"value": float(value), "standard_deviation": "NaN"}


def _confusion(labels: list[str], truth: np.ndarray, guess: np.ndarray) -> dict[str, dict[str, int]]:
    """Actual label → predicted label → rows."""
    return {actual: {given: int(((truth == actual) & (guess == given)).sum()) for given in labels} for actual in labels}


def _binary(labels: list[str], truth: np.ndarray, probability: np.ndarray) -> dict[str, Any]:
    from sklearn import metrics

    negative, positive = labels
    guess = np.where(probability >= 0.5, positive, negative)
    known = truth == positive
    table = _confusion(labels, truth, guess)
    hits, misses = table[positive][positive], table[positive][negative]
    false, right = table[negative][positive], table[negative][negative]
    both = known.any() and not known.all()
    rates = metrics.roc_curve(known, probability) if both else (np.array([0.0, 1.0]),) * 3
    precisions, recalls, _ = metrics.precision_recall_curve(known, probability)
    common: dict[str, Any] = {"pos_label": positive, "zero_division": 0.0}
    return {
        "confusion_matrix": table,
        "recall": _value(metrics.recall_score(truth, guess, **common)),
        "precision": _value(metrics.precision_score(truth, guess, **common)),
        "accuracy": _value(metrics.accuracy_score(truth, guess)),
        "f1": _value(metrics.f1_score(truth, guess, **common)),
        "true_positive_rate": _value(hits / max(1, hits + misses)),
        "true_negative_rate": _value(right / max(1, right + false)),
        "false_positive_rate": _value(false / max(1, right + false)),
        "false_negative_rate": _value(misses / max(1, hits + misses)),
        "auc": _value(metrics.roc_auc_score(known, probability) if both else 0.5),
        "receiver_operating_characteristic_curve": {
            "false_positive_rates": _thin(rates[0]),
            "true_positive_rates": _thin(rates[1]),
        },
        "precision_recall_curve": {"precisions": _thin(precisions), "recalls": _thin(recalls)},
    }


def _thin(points: np.ndarray, most: int = 201) -> list[float]:
    at = np.unique(np.linspace(0, len(points) - 1, min(most, len(points))).astype(int))
    return [float(each) for each in points[at]]


def _multiclass(labels: list[str], truth: np.ndarray, predicted: np.ndarray) -> dict[str, Any]:
    from sklearn import metrics

    guess = np.asarray(labels)[predicted.argmax(axis=1)]
    common: dict[str, Any] = {"average": "weighted", "zero_division": 0.0}
    return {
        "confusion_matrix": _confusion(labels, truth, guess),
        "accuracy": _value(metrics.accuracy_score(truth, guess)),
        "weighted_recall": _value(metrics.recall_score(truth, guess, **common)),
        "weighted_precision": _value(metrics.precision_score(truth, guess, **common)),
        "weighted_f1": _value(metrics.f1_score(truth, guess, **common)),
    }


def _regression(truth: np.ndarray, predicted: np.ndarray) -> dict[str, Any]:
    from .metrics import regression

    found = regression(truth, predicted)
    return {name.lower(): _value(value) for name, value in found.items()}
