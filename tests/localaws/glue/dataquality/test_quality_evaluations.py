"""Evaluation runs over tables of the catalog."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

Record = dict[str, Any]
RULES = ["RowCount = 4", 'IsComplete "price"', 'IsUnique "id"', 'ColumnValues "nope" > 1']


def outcomes(result: Record) -> list[str]:
    return [one["Result"] for one in result["RuleResults"]]


def test_a_run_evaluates_a_ruleset_over_a_table(
    client: Callable[..., Any],
    calls: Record,
    ruleset: Callable[..., str],
    evaluate: Callable[..., Record],
    results: Callable[..., list[Record]],
    quality_role: str,
) -> None:
    name = ruleset(*RULES)
    run = evaluate(calls, name)
    assert run["RunId"].startswith("dqrun-") and len(run["RunId"]) == 46
    assert (run["NumberOfWorkers"], run["Timeout"], run["Role"]) == (5, 2880, quality_role)
    assert (run["DataSource"], run["RulesetNames"]) == (calls, [name])
    assert run["StartedOn"] <= run["CompletedOn"] and run["ExecutionTime"] >= 1
    [result] = results(run)
    assert (result["Score"], result["RulesetName"]) == (0.5, name)
    assert (result["RulesetEvaluationRunId"], result["DataSource"]) == (run["RunId"], calls)
    assert result["EvaluationRunMode"] == "ON_DEMAND"
    assert not {"JobName", "JobRunId", "EvaluationContext"} & set(result)
    assert outcomes(result) == ["PASS", "FAIL", "PASS", "FAIL"]
    assert [one["Description"] for one in result["RuleResults"]] == RULES
    assert result["RuleResults"][1]["EvaluatedMetrics"] == {"Column.price.Completeness": 0.75}
    assert result["RuleResults"][3]["EvaluationMessage"] == "Input data does not include column nope!"
    glue = client("glue")
    assert glue.get_data_quality_result(ResultId=result["ResultId"])["Score"] == 0.5
    listed = glue.list_data_quality_results(Filter={"DataSource": calls, "EvaluationRunMode": "ON_DEMAND"})["Results"]
    assert [one["ResultId"] for one in listed] == run["ResultIds"]
    assert listed[0]["DataSource"] == calls
    found = glue.batch_get_data_quality_ruleset_evaluation_run(RunIds=[run["RunId"], "nope"])
    assert ([one["RunId"] for one in found["Runs"]], found["RunsNotFound"]) == ([run["RunId"]], ["nope"])
    logged = client("logs").get_log_events(logGroupName="/aws-glue/data-quality/output", logStreamName=run["RunId"])
    assert any("Failed IsComplete" in line["message"] for line in logged["events"])


def test_several_rulesets_and_tables(
    table: Callable[..., None],
    source: Callable[..., Record],
    calls: Record,
    ruleset: Callable[..., str],
    evaluate: Callable[..., Record],
    results: Callable[..., list[Record]],
) -> None:
    table("carriers", [["name", "string"]], "name\nnorth\nwest\n")
    one, two = ruleset("RowCount > 1"), ruleset('ReferentialIntegrity "carrier" "ref.name" = 0.5', suffix="-2")
    run = evaluate(calls, one, two, AdditionalDataSources={"ref": source("carriers")})
    assert [(one["RulesetName"], outcomes(one)) for one in results(run)] == [(one, ["PASS"]), (two, ["PASS"])]
    assert run["AdditionalDataSources"] == {"ref": source("carriers")}


COMPOSITES = {
    '(ColumnValues "seconds" > 0) or (ColumnValues "price" > 1)': ("FAIL", "PASS"),
    '(IsComplete "price") or (ColumnValues "id" > 4)': ("FAIL", "FAIL"),
    '(RowCount = 4) and ((IsComplete "price") or (IsUnique "id"))': ("PASS", "PASS"),
    '(ColumnValues "nope" > 0) or (ColumnLength "carrier" > 9)': ("FAIL", "FAIL"),
    '(IsUnique "carrier") or (ColumnValues "carrier" = "north")': ("FAIL", "PASS"),
    'ColumnValues "seconds" > 0': ("FAIL", "FAIL"),
}
"""Rule → how it ends by column and by row."""


def test_composite_rules_hold_for_all_rows_or_for_each(
    calls: Record,
    ruleset: Callable[..., str],
    evaluate: Callable[..., Record],
    results: Callable[..., list[Record]],
) -> None:
    name = ruleset(*COMPOSITES)
    for at, method in enumerate(("COLUMN", "ROW")):
        [result] = results(evaluate(calls, name, AdditionalRunOptions={"CompositeRuleEvaluationMethod": method}))
        assert outcomes(result) == [ends[at] for ends in COMPOSITES.values()], method


def test_partitions_are_left_out(
    client: Callable[..., Any],
    bucket: str,
    database: str,
    source: Callable[..., Record],
    ruleset: Callable[..., str],
    evaluate: Callable[..., Record],
    results: Callable[..., list[Record]],
) -> None:
    storage = {
        "Columns": [{"Name": "id", "Type": "int"}],
        "SerdeInfo": {"SerializationLibrary": "org.openx.data.jsonserde.JsonSerDe"},
    }
    keys = [{"Name": "year", "Type": "string"}, {"Name": "month", "Type": "string"}]
    given = {"Name": "parts", "PartitionKeys": keys, "StorageDescriptor": storage | {"Location": f"s3://{bucket}/p/"}}
    client("glue").create_table(DatabaseName=database, TableInput=given)
    for at, values in enumerate((["2021", "02"], ["2021", "03"], ["2022", "02"])):
        client("s3").put_object(Bucket=bucket, Key=f"p/{at}/a.json", Body=b'{"id": 1}\n' * 10**at)
        place = storage | {"Location": f"s3://{bucket}/p/{at}/"}
        client("glue").create_partition(
            DatabaseName=database, TableName="parts", PartitionInput={"Values": values, "StorageDescriptor": place}
        )
    name = ruleset("RowCount > 1000")

    def rows(**options: str) -> float:
        [result] = results(evaluate(source("parts", **options), name))
        return result["RuleResults"][0]["EvaluatedMetrics"]["Dataset.*.RowCount"]

    assert rows() == 111
    assert rows(pushDownPredicate="(year == '2021')") == 11
    assert rows(pushDownPredicate="year = '2021'", catalogPartitionPredicate="month='03'") == 10


def test_results_are_written_to_s3_as_athena_can_read_them(
    client: Callable[..., Any],
    bucket: str,
    calls: Record,
    ruleset: Callable[..., str],
    evaluate: Callable[..., Record],
    results: Callable[..., list[Record]],
) -> None:
    run = evaluate(calls, ruleset(*RULES), AdditionalRunOptions={"ResultsS3Prefix": f"s3://{bucket}/quality"})
    [result] = results(run)
    [stored] = client("s3").list_objects_v2(Bucket=bucket, Prefix="quality/")["Contents"]
    assert stored["Key"] == f"quality/{result['CompletedOn']:year=%Y/month=%m/day=%d}/{result['ResultId']}.json"
    lines = client("s3").get_object(Bucket=bucket, Key=stored["Key"])["Body"].read().decode().splitlines()
    first, second, *_ = map(json.loads, lines)
    assert len(lines) == 4
    assert (first["rule"], first["outcome"], first["failureReason"]) == (RULES[0], "Passed", None)
    assert (second["dqRunId"], second["tableName"], second["databaseName"]) == (run["RunId"], "calls", bucket)
    assert second["evaluatedMetrics"] == {"Column.price.Completeness": 0.75}
    assert datetime.fromisoformat(second["evaluationStartedOn"]) <= datetime.now(UTC).replace(tzinfo=None)


def test_runs_are_listed(
    client: Callable[..., Any],
    calls: Record,
    source: Callable[..., Record],
    ruleset: Callable[..., str],
    evaluate: Callable[..., Record],
) -> None:
    one, two = ruleset("RowCount > 1"), ruleset("RowCount > 2", suffix="-2")
    runs = [evaluate(calls, name)["RunId"] for name in (one, two)]

    def listed(**wanted: Any) -> list[str]:
        given = {"DataSource": calls} | wanted
        return [one["RunId"] for one in client("glue").list_data_quality_ruleset_evaluation_runs(Filter=given)["Runs"]]

    assert listed() == runs[::-1]
    assert listed(RulesetName=two) == runs[1:]
    assert listed(DataSource=source("other")) == []
    hour = timedelta(hours=1)
    assert listed(StartedAfter=datetime.now(UTC) - hour, StartedBefore=datetime.now(UTC) + hour) == runs[::-1]
    assert listed(StartedBefore=datetime.now(UTC) - hour) == []


def test_a_request_that_is_sent_again_starts_nothing(
    client: Callable[..., Any], calls: Record, ruleset: Callable[..., str], quality_role: str, name: str
) -> None:
    glue = client("glue")
    given = {"DataSource": calls, "Role": quality_role, "RulesetNames": [ruleset("RowCount > 1")], "ClientToken": name}
    run = glue.start_data_quality_ruleset_evaluation_run(**given)["RunId"]
    assert glue.start_data_quality_ruleset_evaluation_run(**given)["RunId"] == run
    with pytest.raises(glue.exceptions.ConflictException):
        glue.start_data_quality_ruleset_evaluation_run(**given, Timeout=10)


REFUSED: list[tuple[Record, str]] = [
    ({"RulesetNames": ["nope"]}, "EntityNotFoundException.*Cannot find Data Quality Ruleset in account"),
    ({"Role": "nope"}, "InvalidInputException.*Service is unable to assume provided role"),
    ({"AdditionalRunOptions": {"CloudWatchMetricsEnabled": True}}, "CloudWatchMetricsEnabled is not supported"),
    ({"AdditionalRunOptions": {"RowLevelResults": {"MaxRowsToWrite": 1}}}, "RowLevelResults is not supported"),
    ({"AdditionalRunOptions": {"ResultsS3Prefix": "x"}}, "ResultsS3Prefix must be s3://bucket/folder/"),
    ({"AdditionalRunOptions": {"CustomLogGroupPrefix": "bad group!!"}}, "CustomLogGroupPrefix cannot begin"),
    ({"AdditionalRunOptions": {"CustomLogGroupPrefix": "y" * 600}}, "CustomLogGroupPrefix cannot begin"),
    ({"GlueTable": {"ConnectionName": "x"}}, "ConnectionName is not supported here"),
    ({"GlueTable": {"CatalogId": "1"}}, "The catalog 1 is another account's"),
    ({"GlueTable": {"AdditionalOptions": {"x": "y"}}}, "AdditionalOptions x is not known"),
    ({"AdditionalDataSources": {"primary": {}}}, "'primary' cannot stand for a data source"),
]


def test_what_cannot_be_evaluated_is_refused_at_once(
    source: Callable[..., Record], ruleset: Callable[..., str], evaluate: Callable[..., Record]
) -> None:
    name = ruleset("RowCount > 1")
    for settings, reason in REFUSED:
        table = {"GlueTable": source("calls")["GlueTable"] | settings.get("GlueTable", {})}
        more = {key: value for key, value in settings.items() if key != "GlueTable"}
        with pytest.raises(ClientError, match=reason):
            evaluate(table, name, **more)


def test_analyzers_are_for_jobs(
    client: Callable[..., Any], source: Callable[..., Record], evaluate: Callable[..., Record], name: str
) -> None:
    client("glue").create_data_quality_ruleset(Name=name, Ruleset="Analyzers = [ RowCount ]")
    with pytest.raises(ClientError, match="has Analyzers"):
        evaluate(source("calls"), name)


@pytest.mark.parametrize(
    ("rule", "method", "reason"),
    [
        ('DetectAnomalies "RowCount"', "COLUMN", "the rule type DetectAnomalies is not supported here"),
        ('(Uniqueness "id" > 0.5) or (RowCount = 1)', "ROW", "relies on a ratio"),
        ('(ColumnValues "id" > 0 with threshold > 0.5) or (RowCount = 1)', "ROW", "relies on a ratio"),
    ],
)
def test_a_rule_that_cannot_be_evaluated_fails_the_run_by_name(
    client: Callable[..., Any],
    calls: Record,
    ruleset: Callable[..., str],
    evaluate: Callable[..., Record],
    rule: str,
    method: str,
    reason: str,
) -> None:
    name = ruleset(rule)
    options = {"CompositeRuleEvaluationMethod": method, "CustomLogGroupPrefix": f"/own/{name}"}
    run = evaluate(calls, name, AdditionalRunOptions=options)
    assert run["Status"] == "FAILED"
    assert run["ErrorString"].startswith(f"Ruleset {name}: ") and reason in run["ErrorString"]
    assert "ResultIds" not in run
    logged = client("logs").get_log_events(logGroupName=f"/own/{name}/error", logStreamName=run["RunId"])["events"]
    assert [line["message"] for line in logged] == [run["ErrorString"]]


LIBRARY = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::aws-glue-ml-data-quality-assets-*/*"}
QUALITY = {"Effect": "Allow", "Action": "glue:*", "Resource": "arn:aws:glue:*:*:dataQualityRuleset/*"}
CATALOG = {"Effect": "Allow", "Action": "glue:Get*", "Resource": "*"}
FILES = {"Effect": "Allow", "Action": ["s3:ListBucket", "s3:GetObject"], "Resource": "*"}


@pytest.mark.parametrize(
    ("statements", "reason"),
    [
        ([], "LAUNCH ERROR | Error downloading from S3 for bucket: aws-glue-ml-data-quality-assets-"),
        ([LIBRARY], "not authorized to perform: glue:GetDataQualityRulesetEvaluationRun on resource: arn:aws:glue:"),
        ([LIBRARY, QUALITY], "not authorized to perform: glue:GetTable"),
        ([LIBRARY, QUALITY, CATALOG], "not authorized to perform: s3:ListBucket"),
        ([CATALOG, FILES], "not authorized to perform: glue:PublishDataQuality"),
        ([QUALITY, CATALOG, FILES], "not authorized to perform: s3:PutObject"),
    ],
)
def test_a_run_may_do_what_its_role_may(
    bucket: str,
    calls: Record,
    ruleset: Callable[..., str],
    evaluate: Callable[..., Record],
    make_role: Callable[..., str],
    statements: list[Record],
    reason: str,
) -> None:
    role = make_role(bucket, *statements, managed=False)
    options = {"ResultsS3Prefix": f"s3://{bucket}/quality/"}
    run = evaluate(calls, ruleset("RowCount > 1"), Role=role, AdditionalRunOptions=options)
    assert (run["Status"], reason in run["ErrorString"]) == ("FAILED", True), run["ErrorString"]


def test_a_table_that_is_not_there_fails_the_run(
    source: Callable[..., Record], database: str, ruleset: Callable[..., str], evaluate: Callable[..., Record]
) -> None:
    run = evaluate(source("nope"), ruleset("RowCount > 1"))
    assert (run["Status"], f"{database}.nope" in run["ErrorString"]) == ("FAILED", True)


def test_a_run_is_cancelled(
    client: Callable[..., Any],
    calls: Record,
    ruleset: Callable[..., str],
    over: Callable[..., Record],
    quality_role: str,
) -> None:
    glue = client("glue")
    endless = "SELECT count(*) FROM primary a" + "".join(f" CROSS JOIN primary t{at}" for at in range(18))
    name = ruleset(f'CustomSql "{endless}" > 1')
    given = {"DataSource": calls, "Role": quality_role, "RulesetNames": [name]}
    run_id = glue.start_data_quality_ruleset_evaluation_run(**given)["RunId"]
    assert glue.get_data_quality_ruleset_evaluation_run(RunId=run_id)["Status"] in ("STARTING", "RUNNING")
    glue.cancel_data_quality_ruleset_evaluation_run(RunId=run_id)
    run = over(glue.get_data_quality_ruleset_evaluation_run, run_id)
    assert (run["Status"], "ErrorString" in run, "ResultIds" in run) == ("STOPPED", False, False)
    with pytest.raises(glue.exceptions.InvalidInputException, match="has the state STOPPED"):
        glue.cancel_data_quality_ruleset_evaluation_run(RunId=run_id)
    for call in (glue.cancel_data_quality_ruleset_evaluation_run, glue.get_data_quality_ruleset_evaluation_run):
        with pytest.raises(glue.exceptions.EntityNotFoundException):
            call(RunId="nope")
    with pytest.raises(glue.exceptions.EntityNotFoundException):
        glue.get_data_quality_rule_recommendation_run(RunId=run_id)
