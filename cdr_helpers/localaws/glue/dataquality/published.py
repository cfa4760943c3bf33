"""Results of an evaluation run on S3.

Source: AWS Glue developer guide, "Setting up alerts, deployments, and scheduling", "Configure an Amazon S3 location":
the members of a line and the partitions are those of its CREATE EXTERNAL TABLE. How objects are named, and how moments
are written, is not documented; the moments here are such that Athena's JSON SerDe reads them.
"""

from __future__ import annotations

import json
from datetime import datetime

from ...s3.access import ObjectAccess
from ..visualjob.execute import Place
from ..visualjob.quality.results import Evaluation
from .filters import table_in
from .qualityruns import EvaluationRun


def write(prefix: str, place: Place, evaluation: Evaluation, run: EvaluationRun, ended: datetime) -> None:
    """Write a result below a prefix, in the name of the place's role. Raises `AwsError`."""
    uri = f"{prefix.rstrip('/')}/{ended:year=%Y/month=%m/day=%d}/{evaluation.result_id}.json"
    text = _lines(place.account, evaluation, run, ended)
    ObjectAccess(place.account, place.session).put_bytes(uri, text.encode(), "application/json")


def _lines(account: str, evaluation: Evaluation, run: EvaluationRun, ended: datetime) -> str:
    """A line of JSON for each rule."""
    table = table_in(run.settings["DataSource"])
    common = {
        "catalogId": table.get("CatalogId") or account,
        "databaseName": table["DatabaseName"],
        "tableName": table["TableName"],
        "dqRunId": run.run_id,
        "evaluationStartedOn": _moment(run.started_on),
        "evaluationCompletedOn": _moment(ended),
    }
    rows = [
        common
        | {
            "rule": one.rule,
            "outcome": "Passed" if one.passed else "Failed",
            "failureReason": one.reason or None,
            "evaluatedMetrics": dict(one.metrics),
        }
        for one in evaluation.outcomes
    ]
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


def _moment(moment: datetime) -> str:
    return moment.isoformat(" ", timespec="milliseconds")
