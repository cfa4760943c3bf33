"""A weighted mean of trained models, with weights from predictions that none of them had learned from.

The weights come from greedy selection with replacement: Caruana et al., "Ensemble selection from libraries of models"
(2004), which is what Autopilot's ensembling mode builds on.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

ROUNDS = 25


class WeightedEnsemble:
    """Several trained models as one. `predict_proba` has the columns of `classes_`."""

    def __init__(self, members: list[Any], weights: list[float]) -> None:
        self.members, self.weights = members, weights
        self.classes_ = getattr(members[0], "classes_", None)

    def predict_proba(self, rows: Any) -> np.ndarray:
        """The mean of the members' probabilities; an array of rows × classes."""
        return np.asarray(
            sum(weight * each.predict_proba(rows) for each, weight in zip(self.members, self.weights, strict=True))
        )

    def predict(self, rows: Any) -> np.ndarray:
        """The mean of the members' predictions, or the most probable class."""
        if self.classes_ is not None:
            return np.asarray(self.classes_)[self.predict_proba(rows).argmax(axis=1)]
        return np.asarray(
            sum(weight * each.predict(rows) for each, weight in zip(self.members, self.weights, strict=True))
        )


def weights(predictions: list[np.ndarray], loss: Callable[[np.ndarray], float]) -> list[float]:
    """Weights that sum to one: in each round the model joins whose prediction lowers the mean's loss most."""
    counts = np.zeros(len(predictions))
    total = np.zeros_like(predictions[0])
    for size in range(1, ROUNDS + 1):
        losses = [loss((total + each) / size) for each in predictions]
        best = int(np.argmin(losses))
        counts[best] += 1
        total = total + predictions[best]
    return [float(each) for each in counts / counts.sum()]
