"""Pictures of a model: their text says what they draw."""

from __future__ import annotations

from typing import Any

import pandas as pd

from cdr_helpers import figures
from cdr_helpers.unanswered import Unanswered


def candidate(name: str, value: float, status: str = "Completed", kind: str = "Maximize") -> dict[str, Any]:
    metric = {"MetricName": "F1", "Value": value, "Type": kind}
    return {"CandidateName": name, "CandidateStatus": status, "FinalAutoMLJobObjectiveMetric": metric}


def test_the_leaderboard_begins_with_the_best() -> None:
    found = [candidate("a", 0.2), candidate("b", 0.7), candidate("c", 0.9, "Stopped")]
    title = "Candidates by F1 on callers that they had not seen"
    assert figures.leaderboard(found).alt.splitlines() == [title, "  b: 0.70", "  a: 0.20"]
    lower = [candidate("a", 0.2, kind="Minimize"), candidate("b", 0.7, kind="Minimize")]
    assert figures.leaderboard(lower).alt.splitlines()[1:] == ["  a: 0.20", "  b: 0.70"]


def test_importance_names_the_strongest_features_first() -> None:
    picture = figures.importance({"night": 0.01, "calls": 0.2, "talk": 0.05}, most=2)
    assert picture.alt.splitlines() == ["What a suspicion rests on, the strongest first", "  calls", "  talk"]


def test_the_four_fields() -> None:
    table = pd.DataFrame({"unwanted": [0, 0, 1], "suspected": [0, 1, 1], "callers": [4_000, 20, 90]})
    assert figures.confusion(table).alt.splitlines()[1:] == [
        "  found: 90",
        "  missed: 0",
        "  wrongly suspected: 20",
        "  left alone: 4,000",
    ]


def test_calibration_holds_promise_against_truth() -> None:
    bins = pd.DataFrame({"promised": [0.1, 0.7], "happened": [0.12, 0.66], "callers": [4_000, 50]})
    assert "  70 % promised, 66 % were unwanted" in figures.calibration(bins).alt


def test_the_model_at_the_recall_of_the_rules() -> None:
    model = pd.DataFrame({"precision": [0.9, 0.75, 0.1], "recall": [0.5, 0.85, 1.0]})
    rules = pd.DataFrame({"precision": [0.25], "recall": [0.8]})
    assert figures.precision_and_recall(model, rules).alt.endswith("the model finds as many and is right in 75 %")


def test_the_cheapest_threshold() -> None:
    thresholds = pd.DataFrame({"threshold": [0.1, 0.3, 0.5], "cost": [900, 420, 1_000]})
    assert figures.cost_of_thresholds(thresholds).alt.endswith("the cheapest: 0.30: 420 USD")


def test_without_an_answer_there_is_no_picture() -> None:
    reason = Unanswered("no labels")
    for draw in (figures.leaderboard, figures.importance, figures.confusion, figures.calibration):
        assert draw(reason) is reason
    assert figures.precision_and_recall(reason, reason) is reason
    assert figures.cost_of_thresholds(reason) is reason
