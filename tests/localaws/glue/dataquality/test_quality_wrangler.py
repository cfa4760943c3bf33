"""awswrangler's functions for Data Quality, and Athena over the results."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import awswrangler as wr
import boto3
import pandas as pd
import pytest

FIRST = pd.DataFrame(
    {
        "rule_type": ["RowCount", "IsComplete", "Uniqueness", "ColumnValues"],
        "parameter": [None, '"c0"', '"c0"', '"c1"'],
        "expression": ["between 1 and 6", None, "> 0.95", "in [0, 1, 2]"],
    }
)


@pytest.fixture
def numbers(session: boto3.Session, bucket: str, database: str) -> str:
    """A table of three rows, partitioned by `c2`, that awswrangler has written; its name."""
    frame = pd.DataFrame({"c0": [0, 1, 2], "c1": [0, 1, 2], "c2": [0, 0, 1]})
    path = f"s3://{bucket}/numbers/"
    wr.s3.to_parquet(frame, path, dataset=True, database=database, table="numbers", partition_cols=["c2"])
    return "numbers"


@pytest.fixture
def on_table(database: str, numbers: str) -> dict[str, str]:
    """The arguments that name the table."""
    return {"database": database, "table": numbers}


def test_rulesets_as_data_frames(session: boto3.Session, on_table: dict[str, str], name: str) -> None:
    quality = wr.data_quality
    quality.create_ruleset(name=name, df_rules=FIRST, boto3_session=session, **on_table)
    with pytest.raises(wr.exceptions.AlreadyExists):
        quality.create_ruleset(name=name, df_rules=FIRST, boto3_session=session, **on_table)
    pd.testing.assert_frame_equal(quality.get_ruleset(name, session), FIRST, check_dtype=False)
    changed = FIRST.assign(parameter=[None, '"c0"', '"c0"', '"c0"'])
    changed.loc[0, "expression"] = "between 2 and 8"
    quality.update_ruleset(name=name, mode="upsert", df_rules=changed, boto3_session=session)
    after = quality.get_ruleset(name, session)
    assert after.shape == (5, 3)
    assert after.loc[after.rule_type == "RowCount", "expression"].tolist() == ["between 2 and 8"]
    quality.create_ruleset(name=f"{name}-2", dqdl_rules="Rules = [ RowCount > 1 ]", boto3_session=session, **on_table)
    assert quality.get_ruleset([name, f"{name}-2"], session)["ruleset"].nunique() == 2
    with pytest.raises(wr.exceptions.ResourceDoesNotExist):
        quality.update_ruleset(name="nope", df_rules=FIRST, boto3_session=session)


def test_evaluations_and_recommendations_as_data_frames(
    session: boto3.Session,
    on_table: dict[str, str],
    bucket: str,
    name: str,
    quality_role: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(wr.data_quality._utils, "_RULESET_EVALUATION_WAIT_POLLING_DELAY", 0.05)
    quality, role = wr.data_quality, {"iam_role_arn": quality_role, "boto3_session": session}
    recommended = quality.create_recommendation_ruleset(name=f"{name}-r", number_of_workers=2, **on_table, **role)
    assert recommended.rule_type.tolist().count("IsComplete") == 3
    more = pd.concat([recommended, FIRST.tail(1)], ignore_index=True)
    quality.create_ruleset(name=name, df_rules=more, boto3_session=session, **on_table)
    prefix = f"s3://{bucket}/quality/"
    found = quality.evaluate_ruleset(
        name=[name, f"{name}-r"],
        additional_run_options={"CloudWatchMetricsEnabled": False, "ResultsS3Prefix": prefix},
        **role,
    )
    assert found.Result.eq("PASS").all()
    assert (len(found), found.ResultId.nunique()) == (len(more) + len(recommended), 2)
    between = "Rules = [ RowCount between 1 and 3 ]"
    quality.create_ruleset(name=f"{name}-f", dqdl_rules=between, boto3_session=session, **on_table)
    account = session.client("sts").get_caller_identity()["Account"]
    failed = quality.evaluate_ruleset(name=f"{name}-f", catalog_id=account, **role)
    assert failed.Result.tolist() == ["FAIL"]
    options = {"pushDownPredicate": "(c2 == '0')"}
    passed = quality.evaluate_ruleset(name=f"{name}-f", additional_options=options, **role)
    assert passed.Result.tolist() == ["PASS"]


# The statement of the AWS Glue developer guide, "Configure an Amazon S3 location during a data quality evaluation".
RESULTS = """CREATE EXTERNAL TABLE results (
    catalogid string, databasename string, tablename string, dqrunid string, evaluationstartedon timestamp,
    evaluationcompletedon timestamp, rule string, outcome string, failurereason string, evaluatedmetrics string)
PARTITIONED BY (`year` string, `month` string, `day` string)
ROW FORMAT SERDE 'org.openx.data.jsonserde.JsonSerDe'
WITH SERDEPROPERTIES ('paths'='catalogId,databaseName,dqRunId,evaluatedMetrics,evaluationCompletedOn,'
    'evaluationStartedOn,failureReason,outcome,rule,tableName')
STORED AS INPUTFORMAT 'org.apache.hadoop.mapred.TextInputFormat'
OUTPUTFORMAT 'org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat'
LOCATION '{place}' TBLPROPERTIES ('classification'='json', 'compressionType'='none', 'typeOfData'='file')""".replace(
    "'\n    '", ""
)


def test_athena_reads_the_results(
    session: boto3.Session,
    bucket: str,
    database: str,
    calls: dict[str, Any],
    ruleset: Callable[..., str],
    evaluate: Callable[..., dict[str, Any]],
) -> None:
    place, options = f"s3://{bucket}/quality/", {"s3_output": f"s3://{bucket}/athena/", "boto3_session": session}
    run = evaluate(
        calls, ruleset("RowCount = 4", 'IsComplete "price"'), AdditionalRunOptions={"ResultsS3Prefix": place}
    )
    for statement in (RESULTS.format(place=place), "MSCK REPAIR TABLE results"):
        wr.athena.start_query_execution(statement, database=database, wait=True, **options)
    query = "SELECT *, evaluationcompletedon >= evaluationstartedon AS good FROM results ORDER BY outcome DESC"
    rows = wr.athena.read_sql_query(query, database, ctas_approach=False, **options)
    assert rows[["dqrunid", "outcome", "good"]].values.tolist() == [
        [run["RunId"], "Passed", True],
        [run["RunId"], "Failed", True],
    ]
    assert rows.evaluatedmetrics.tolist() == ['{"Dataset.*.RowCount":4.0}', '{"Column.price.Completeness":0.75}']
