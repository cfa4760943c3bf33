"""Time-series forecasting jobs over HTTP."""

from __future__ import annotations

import csv as csvfile
import io
import json
import math
import random
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

Record = dict[str, Any]
DAYS, HORIZON = 120, 14
NAMES = {
    "TargetAttributeName": "calls",
    "TimestampAttributeName": "day",
    "ItemIdentifierAttributeName": "carrier",
}
CONFIG = {"ForecastFrequency": "D", "ForecastHorizon": HORIZON, "TimeSeriesConfig": NAMES}


def expected(carrier: int, day: datetime) -> float:
    """A week rhythm that differs by carrier."""
    return 100 * carrier * (1 + 0.4 * math.sin(2 * math.pi * day.weekday() / 7))


def history(days: int = DAYS) -> str:
    draw, lines = random.Random(3), ["carrier,day,calls"]
    for carrier in (1, 2):
        for at in range(days):
            day = datetime(2021, 1, 4) + timedelta(days=at)
            lines.append(f"{carrier},{day:%Y-%m-%d},{expected(carrier, day) * draw.uniform(0.95, 1.05):.1f}")
    return "\n".join(lines) + "\n"


def test_it_forecasts_the_rhythm(
    client: Callable[..., Any], bucket: str, role: str, automl: Callable[..., Record], transform: Callable[..., Record]
) -> None:
    s3, sagemaker = client("s3"), client("sagemaker")
    s3.put_object(Bucket=bucket, Key="train/a.csv", Body=history())
    job = automl(CONFIG, kind="TimeSeriesForecastingJobConfig")
    assert job["AutoMLJobStatus"] == "Completed", job.get("FailureReason")
    assert job["AutoMLProblemTypeConfigName"] == "TimeSeriesForecasting"
    best = job["BestCandidate"]
    assert best["FinalAutoMLJobObjectiveMetric"]["MetricName"] == "AverageWeightedQuantileLoss"
    assert best["FinalAutoMLJobObjectiveMetric"]["Type"] == "Minimize"
    metrics = {each["StandardMetricName"]: each["Value"] for each in best["CandidateProperties"]["CandidateMetrics"]}
    assert metrics["WAPE"] < 0.06
    place = best["CandidateProperties"]["CandidateArtifactLocations"]["BacktestResults"].partition(f"{bucket}/")[2]
    backtest = s3.get_object(Bucket=bucket, Key=f"{place}/inferences.csv")["Body"].read().decode()
    held = list(csvfile.DictReader(io.StringIO(backtest)))
    assert len(held) == 2 * HORIZON
    error = sum(abs(float(row["p50"]) - float(row["actual"])) for row in held)
    assert error / sum(float(row["actual"]) for row in held) == pytest.approx(metrics["WAPE"])

    sagemaker.create_model(ModelName=bucket, PrimaryContainer=best["InferenceContainers"][0], ExecutionRoleArn=role)
    s3.put_object(Bucket=bucket, Key="in/history.csv", Body=history())
    assert transform(bucket, bucket)["TransformJobStatus"] == "Completed"
    text = s3.get_object(Bucket=bucket, Key="out/history.csv.out")["Body"].read().decode()
    rows = list(csvfile.DictReader(io.StringIO(text)))
    assert len(rows) == 2 * HORIZON
    for row in rows:
        day = datetime.fromisoformat(row["day"])
        assert day >= datetime(2021, 1, 4) + timedelta(days=DAYS)
        assert float(row["p10"]) <= float(row["p50"]) <= float(row["p90"])
        assert float(row["p50"]) == pytest.approx(expected(int(row["carrier"]), day), rel=0.12)


FAILURES = {
    "short": (history(10), CONFIG, "the longest series has 10 points; a horizon of 14 needs 30"),
    "time": ("carrier,day,calls\n1,soon,3\n", CONFIG, "day holds 'soon', which is no time"),
    "column": ("carrier,day,other\n1,2021-01-01,3\n", CONFIG, "there is no column calls"),
}


@pytest.mark.parametrize("case", FAILURES)
def test_series_that_do_not_allow_it_fail_with_the_reason(
    client: Callable[..., Any], bucket: str, automl: Callable[..., Record], case: str
) -> None:
    text, config, reason = FAILURES[case]
    client("s3").put_object(Bucket=bucket, Key="train/a.csv", Body=text)
    job = automl(config, kind="TimeSeriesForecastingJobConfig")
    assert job["AutoMLJobStatus"] == "Failed"
    assert reason in job["FailureReason"]


def test_one_candidate_of_the_algorithm_that_was_asked_for(
    client: Callable[..., Any], bucket: str, automl: Callable[..., Record]
) -> None:
    client("s3").put_object(Bucket=bucket, Key="train/a.csv", Body=history(60))
    algorithms = {"CandidateGenerationConfig": {"AlgorithmsConfig": [{"AutoMLAlgorithms": ["npts"]}]}}
    job = automl({**CONFIG, "ForecastQuantiles": ["p25"], **algorithms}, kind="TimeSeriesForecastingJobConfig")
    assert job["AutoMLJobStatus"] == "Completed", job.get("FailureReason")
    found = client("sagemaker").list_candidates_for_auto_ml_job(AutoMLJobName=job["AutoMLJobName"])["Candidates"]
    assert [each["CandidateName"] for each in found] == ["NPTS"]
    step = found[0]["CandidateSteps"][0]["CandidateStepName"]
    assert json.loads(client("sagemaker").describe_training_job(TrainingJobName=step)["HyperParameters"]["season"]) == 7
