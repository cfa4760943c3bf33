"""EvaluateDataQuality with rules in DQDL."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

Record = dict[str, Any]
COLUMNS = [["id", "bigint"], ["carrier", "string"], ["seconds", "bigint"], ["price", "double"], ["day", "string"]]
STAMPED = [*COLUMNS, ["at", "timestamp"]]
TEXT = """id,carrier,seconds,price,day
1,north,61,0.5,2021-02-25
2,north,0,1.5,2021-02-26
3,south,3600,2.5,25-02-2021
4,,20,,
"""
# What AWS's reference says of each type, on the four rows above.
HOLD = [
    "RowCount = 4",
    "RowCount between 3 and 5",
    "ColumnCount > 4",
    'ColumnExists "price"',
    'IsComplete "id"',
    'Completeness "price" >= 0.75',
    'IsUnique "id"',
    'IsPrimaryKey "id"',
    'IsPrimaryKey "id" "carrier" where "carrier IS NOT NULL"',
    'Uniqueness "seconds" > 0.9',
    'UniqueValueRatio "id" = 1.0',
    'DistinctValuesCount "price" = 3',
    'ColumnValues "seconds" >= 0',
    'ColumnValues "seconds" between -1 and 3601',
    'ColumnValues "id" in [1, 2, 3, 4]',
    'ColumnValues "carrier" in ["north", "south"] with threshold > 0.7',
    'ColumnValues "carrier" in ["north"] where "id < 3"',
    'ColumnValues "day" matches "[0-9]{4}-[0-9]{2}-[0-9]{2}" with threshold >= 0.5',
    'ColumnValues "carrier" not in ["west"]',
    'ColumnLength "carrier" <= 5',
    'ColumnDataType "seconds" = "INTEGER"',
    'ColumnDataType "day" = "DATE" with threshold > 0.4',
    'Mean "price" = 1.5',
    'Sum "seconds" between 3680 and 3682',
    'StandardDeviation "price" < 1',
    'ColumnCorrelation "id" "price" > 0.99',
    'ColumnNamesMatchPattern "[a-z]+"',
    'CustomSql "SELECT count(*) FROM primary WHERE seconds = 0" = 1',
    '(RowCount > 3) and (IsComplete "id")',
    '(RowCount > 9) or (IsComplete "id")',
    'Completeness "price" >= "0.75"',
    'ColumnValues "carrier" in ["north", "south", EMPTY]',
    'ColumnValues "price" != NULL with threshold > 0.7',
    'ColumnValues "price" in [NULL, 0.5, 1.5, 2.5]',
    'ColumnValues "carrier" != WHITESPACES_ONLY',
    '# a comment\n(IsComplete "id") and ((RowCount = 4) or (RowCount = 5))',
]
FAIL = [
    "RowCount > 4",
    "ColumnCount not in [5]",
    'ColumnExists "nope"',
    'IsComplete "price"',
    'IsUnique "carrier"',
    'ColumnValues "seconds" > 0',
    'ColumnValues "carrier" in ["north", "south"]',
    'ColumnValues "day" matches "[0-9]{4}.*"',
    'ColumnDataType "carrier" = "LONG"',
    '(RowCount > 9) and (IsComplete "id")',
    'ColumnValues "price" != NULL',
    'IsComplete "nope"',
    '(RowCount > 3) and (ColumnLength "nope" = 1)',
]


def graph(bucket: str, rules: list[str], **settings: Any) -> Record:
    ruleset = "Rules = [\n" + ",\n".join(rules) + "\n]"
    return {
        "node-1": {"S3CatalogSource": {"Name": "Source", "Database": bucket, "Table": "raw"}},
        "node-2": {"EvaluateDataQuality": {"Name": "Quality", "Inputs": ["node-1"], "Ruleset": ruleset, **settings}},
        "node-3": {
            "S3DirectTarget": {"Name": "Target", "Inputs": ["node-2"], "Path": f"s3://{bucket}/out/", "Format": "json"}
        },
    }


@pytest.fixture
def raw(table: Callable[..., None]) -> None:
    """The table that is checked."""
    table("raw", COLUMNS, TEXT.replace("4,,20", "4,,20"))


def written(s3: Any, bucket: str) -> str:
    found = s3.list_objects_v2(Bucket=bucket, Prefix="out/").get("Contents", [])
    return "".join(s3.get_object(Bucket=bucket, Key=one["Key"])["Body"].read().decode() for one in found)


@pytest.mark.usefixtures("raw")
def test_outcomes_of_every_rule_type(
    client: Callable[..., Any], bucket: str, make_job: Callable[..., str], run: Callable[..., Record]
) -> None:
    import json

    rules = [*HOLD, *FAIL]
    ended = run(make_job(graph(bucket, rules, Output="EvaluationResults")))
    assert (ended["JobRunState"], ended.get("ErrorMessage")) == ("SUCCEEDED", None)
    rows = [json.loads(line) for line in written(client("s3"), bucket).splitlines()]
    outcomes = [(row["Rule"], row["Outcome"]) for row in rows]
    shown = [" ".join(rule.split("\n")[-1].split()) for rule in rules]
    assert outcomes == list(zip(shown, ["Passed"] * len(HOLD) + ["Failed"] * len(FAIL), strict=True))
    measured = {row["Rule"]: json.loads(row["EvaluatedMetrics"]) for row in rows}
    assert measured['Completeness "price" >= 0.75'] == {"Column.price.Completeness": 0.75}
    failed = next(row for row in rows if row["Rule"] == "RowCount > 4")
    assert failed["FailureReason"] == "Value: 4 does not meet the constraint requirement!"
    missing = next(row for row in rows if row["Rule"] == 'IsComplete "nope"')
    assert missing["FailureReason"] == "Input data does not include column nope!"


@pytest.mark.usefixtures("raw")
@pytest.mark.parametrize(("timing", "objects"), [("Immediate", 0), ("AfterDataLoad", 4), (None, 4)])
def test_a_failing_rule_stops_the_job_where_it_is_told_to(
    client: Callable[..., Any],
    bucket: str,
    make_job: Callable[..., str],
    run: Callable[..., Record],
    timing: str | None,
    objects: int,
) -> None:
    settings: Record = {"PublishingOptions": {"EvaluationContext": "calls", "ResultsPublishingEnabled": True}}
    if timing:
        settings["StopJobOnFailureOptions"] = {"StopJobOnFailureTiming": timing}
    ended = run(make_job(graph(bucket, ["RowCount > 1", 'IsComplete "price"'], **settings)))
    assert ended["JobRunState"] == ("FAILED" if timing else "SUCCEEDED")
    assert ('IsComplete "price"' in ended.get("ErrorMessage", "")) == bool(timing)
    assert len(written(client("s3"), bucket).splitlines()) == objects
    glue = client("glue")
    [result] = glue.list_data_quality_results(Filter={"JobName": bucket})["Results"]
    found = glue.get_data_quality_result(ResultId=result["ResultId"])
    assert (found["Score"], found["EvaluationContext"], found["JobRunId"]) == (0.5, "calls", ended["Id"])
    assert [one["Result"] for one in found["RuleResults"]] == ["PASS", "FAIL"]
    lines = client("logs").get_log_events(logGroupName="/aws-glue/jobs/output", logStreamName=ended["Id"])["events"]
    assert any(line["message"].startswith('calls: Failed IsComplete "price"') for line in lines)
    script = client("s3").get_object(Bucket=bucket, Key="scripts/job.py")["Body"].read().decode()
    assert "from awsgluedq.transforms import EvaluateDataQuality" in script
    assert ('["Outcome"] == "Failed"' in script) == bool(timing)


@pytest.mark.usefixtures("raw")
@pytest.mark.parametrize(
    ("rule", "reason"),
    [
        ('DetectAnomalies "RowCount"', "the rule type DetectAnomalies is not supported here"),
        ('RowCountMatch "reference" > 1', "names the data source 'reference'; those beside primary: none."),
        ('ColumnValues "day" > now()', "now() is compared with dates and timestamps, not with string"),
        ('ColumnValues "day" > NULL', "NULL goes with =, != and in alone"),
        ('Completeness "price"', "needs a condition"),
        ('RowCount > "many"', "a number is needed, not 'many'"),
        ('CustomSql "SELECT nope FROM primary" > 1', "UNRESOLVED_COLUMN"),
    ],
)
def test_a_rule_that_cannot_be_evaluated_fails_the_run_by_name(
    bucket: str, make_job: Callable[..., str], run: Callable[..., Record], rule: str, reason: str
) -> None:
    ended = run(make_job(graph(bucket, [rule])))
    assert ended["JobRunState"] == "FAILED"
    assert "Node 'Quality' (node-2, EvaluateDataQuality)" in ended["ErrorMessage"]
    assert reason in ended["ErrorMessage"]


@pytest.mark.parametrize(
    ("ruleset", "reason"),
    [
        ("RowCount > 1", "at line 1, at RowCount: 'Rules' is needed"),
        ("Rules = [\n RowCount >\n]", "at line 3, at ]: a text in double quotes or a number is needed"),
        ("Rules = [ RowCount > 1 ", "at the end: ']' is needed"),
        ("Rules = [ RowCount ~ 1 ]", "at '~ 1 ]'"),
    ],
)
def test_a_ruleset_that_is_no_dqdl_is_refused_when_the_job_is_saved(
    bucket: str, make_job: Callable[..., str], ruleset: str, reason: str
) -> None:
    nodes = graph(bucket, [])
    nodes["node-2"]["EvaluateDataQuality"]["Ruleset"] = ruleset
    with pytest.raises(ClientError) as refused:
        make_job(nodes)
    assert refused.value.response["Error"]["Code"] == "InvalidInputException"
    assert reason in refused.value.response["Error"]["Message"]


def frames(bucket: str, ruleset: str, **settings: Any) -> Record:
    """A graph whose rules see two tables, `raw` as primary and `other` as reference."""
    node = {"Name": "Quality", "Inputs": ["node-1", "node-2"], "Ruleset": ruleset}
    node |= {"AdditionalDataSources": {"node-2": "reference"}, **settings}
    target = {"Path": f"s3://{bucket}/out/", "Format": "json"}
    return {
        "node-1": {"S3CatalogSource": {"Name": "Source", "Database": bucket, "Table": "raw"}},
        "node-2": {"S3CatalogSource": {"Name": "Other", "Database": bucket, "Table": "other"}},
        "node-3": {"EvaluateDataQualityMultiFrame": node},
        "node-4": {"SelectFromCollection": {"Name": "ruleOutcomes", "Inputs": ["node-3"], "Index": 0}},
        "node-5": {"S3DirectTarget": {"Name": "Target", "Inputs": ["node-4"], **target}},
    }


BETWEEN_FRAMES = {
    'RowCountMatch "reference" = 2.0': "Passed",
    'SchemaMatch "reference" = 0.4': "Passed",
    'SchemaMatch "reference" = 1.0': "Failed",
    'ReferentialIntegrity "id" "reference.id" = 0.5': "Passed",
    'ReferentialIntegrity "id,carrier" "reference.{id,carrier}" = 0.25': "Passed",
    'DatasetMatch "reference" "id" "carrier" >= 0.25': "Passed",
    'DatasetMatch "reference" "id->id" "carrier->carrier" > 0.25': "Failed",
    'AggregateMatch "SUM(id)" "SUM(reference.id)" = 3.3333333333333335': "Passed",
    'AggregateMatch "avg(id)" "avg(reference.id)" < 1': "Failed",
    'CustomSql "SELECT count(*) FROM primary JOIN reference ON primary.id = reference.id" = 2': "Passed",
}


@pytest.mark.usefixtures("raw")
def test_rules_about_two_frames(
    client: Callable[..., Any],
    bucket: str,
    table: Callable[..., None],
    make_job: Callable[..., str],
    run: Callable[..., Record],
) -> None:
    import json

    table("other", [["id", "bigint"], ["carrier", "string"]], "id,carrier\n1,north\n2,west\n")
    ended = run(make_job(frames(bucket, f"Rules = [ {', '.join(BETWEEN_FRAMES)} ]")))
    assert (ended["JobRunState"], ended.get("ErrorMessage")) == ("SUCCEEDED", None)
    rows = [json.loads(line) for line in written(client("s3"), bucket).splitlines()]
    assert {row["Rule"]: row["Outcome"] for row in rows} == BETWEEN_FRAMES
    script = client("s3").get_object(Bucket=bucket, Key="scripts/job.py")["Body"].read().decode()
    assert 'process_rows(frame=Source_node1, additional_data_sources={"reference": Other_node2}, ruleset=' in script
    assert 'SelectFromCollection.apply(dfc=Quality_node3, key="ruleOutcomes"' in script


@pytest.mark.usefixtures("raw")
def test_the_rows_go_on_beside_the_outcomes(
    client: Callable[..., Any],
    bucket: str,
    table: Callable[..., None],
    make_job: Callable[..., str],
    run: Callable[..., Record],
) -> None:
    table("other", [["id", "bigint"]], "id\n1\n")
    nodes = frames(bucket, "Rules = [ RowCount > 1 ]")
    nodes["node-4"]["SelectFromCollection"]["Name"] = "Pick"
    assert run(make_job(nodes))["JobRunState"] == "SUCCEEDED"
    assert written(client("s3"), bucket).count("seconds") == 4


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        ({"AdditionalDataSources": {}}, "AdditionalDataSources has no alias for the input node-2."),
        ({"AdditionalDataSources": {"node-9": "x"}}, "AdditionalDataSources names x, which is none of its Inputs."),
        ({"AdditionalOptions": {"compositeRuleEvaluation.method": "ROW"}}, "method ROW is not supported here"),
        ({"PublishingOptions": {"ResultsS3Prefix": "http://x"}}, "ResultsS3Prefix must be s3://bucket/folder/"),
    ],
)
def test_settings_of_a_node_of_several_frames(
    bucket: str, make_job: Callable[..., str], settings: Record, reason: str
) -> None:
    with pytest.raises(ClientError) as refused:
        make_job(frames(bucket, "Rules = [ RowCount > 1 ]", **settings))
    assert reason in refused.value.response["Error"]["Message"]


def test_moments_are_compared_with_now(
    client: Callable[..., Any],
    bucket: str,
    table: Callable[..., None],
    make_job: Callable[..., str],
    run: Callable[..., Record],
) -> None:
    import json
    from datetime import UTC, datetime, timedelta

    at = datetime.now(UTC) - timedelta(hours=30)
    table("raw", STAMPED, f"{','.join(name for name, _ in STAMPED)}\n1,north,1,1.0,x,{at:%Y-%m-%d %H:%M:%S}\n")
    rules = {
        'ColumnValues "at" > (now() - 2 days)': "Passed",
        'ColumnValues "at" > now() - 24 hours': "Failed",
        'ColumnValues "at" between (now() - 31 hours) and now()': "Passed",
        'DataFreshness "at" <= 31 hours': "Passed",
        'DataFreshness "at" < 1 day': "Failed",
        'DataFreshness "at" between 1 hours and 3 days': "Passed",
    }
    assert run(make_job(graph(bucket, list(rules), Output="EvaluationResults")))["JobRunState"] == "SUCCEEDED"
    rows = [json.loads(line) for line in written(client("s3"), bucket).splitlines()]
    assert {row["Rule"]: row["Outcome"] for row in rows} == rules


@pytest.mark.usefixtures("raw")
def test_analyzers_labels_constants_and_results_on_s3(
    client: Callable[..., Any], bucket: str, make_job: Callable[..., str], run: Callable[..., Record]
) -> None:
    import json

    nodes = graph(bucket, [])
    nodes["node-2"]["EvaluateDataQuality"] |= {
        "Ruleset": """
            mySql = "select count(*) from primary"
            DefaultLabels = ["team" = "billing"]
            Rules = [
                CustomSql $mySql between 1 and 9, // a comment
                IsComplete "price" labels = ["team" = "tariffs", "level" = "high"]
            ]
            Analyzers = [ RowCount, AllStatistics "price", ColumnLength "carrier", Completeness "carrier" ]
        """,
        "PublishingOptions": {"ResultsPublishingEnabled": True, "ResultsS3Prefix": f"s3://{bucket}/quality/"},
        "StopJobOnFailureOptions": {"StopJobOnFailureTiming": "Immediate"},
    }
    ended = run(make_job(nodes))
    assert ended["JobRunState"] == "FAILED"
    s3 = client("s3")
    [stored] = s3.list_objects_v2(Bucket=bucket, Prefix="quality/")["Contents"]
    lines = s3.get_object(Bucket=bucket, Key=stored["Key"])["Body"].read().decode().splitlines()
    assert [json.loads(line)["Outcome"] for line in lines] == ["Passed", "Failed"]
    [result] = client("glue").list_data_quality_results(Filter={"JobName": bucket})["Results"]
    found = client("glue").get_data_quality_result(ResultId=result["ResultId"])
    assert [one["Labels"] for one in found["RuleResults"]] == [
        {"team": "billing"},
        {"team": "tariffs", "level": "high"},
    ]
    assert [one["EvaluatedMetrics"] for one in found["AnalyzerResults"]] == [
        {"Dataset.*.RowCount": 4.0},
        {
            "Dataset.*.RowCount": 4.0,
            "Column.price.Completeness": 0.75,
            "Column.price.Uniqueness": 1.0,
            "Column.price.Maximum": 2.5,
            "Column.price.Minimum": 0.5,
        },
        {"Column.carrier.MaximumLength": 5.0, "Column.carrier.MinimumLength": 0.0},
        {"Column.carrier.Completeness": 1.0},
    ]


@pytest.mark.usefixtures("raw")
def test_automatic_data_quality_of_a_target_is_evaluated(
    client: Callable[..., Any], bucket: str, make_job: Callable[..., str], run: Callable[..., Record]
) -> None:
    nodes = graph(bucket, ["RowCount > 0"])
    del nodes["node-2"]
    nodes["node-3"]["S3DirectTarget"] |= {
        "Inputs": ["node-1"],
        "AutoDataQuality": {"IsEnabled": True, "EvaluationContext": "landing"},
    }
    assert run(make_job(nodes))["JobRunState"] == "SUCCEEDED"
    [result] = client("glue").list_data_quality_results(Filter={"JobName": bucket})["Results"]
    found = client("glue").get_data_quality_result(ResultId=result["ResultId"])
    assert (found["EvaluationContext"], found["Score"]) == ("landing", 1.0)
    assert found["RuleResults"][0]["Description"] == "ColumnCount > 0"


@pytest.mark.usefixtures("raw")
def test_rows_are_told_which_rules_they_fail(
    client: Callable[..., Any],
    bucket: str,
    table: Callable[..., None],
    make_job: Callable[..., str],
    run: Callable[..., Record],
) -> None:
    import json

    table("other", [["id", "bigint"]], "id\n1\n2\n3\n")
    rules = [
        "RowCount > 1",
        'IsComplete "price"',
        'IsUnique "carrier"',
        'ColumnValues "seconds" > 0',
        'ColumnLength "carrier" > 3 where "id < 4"',
        'ReferentialIntegrity "id" "reference.id" = 1.0',
        'IsComplete "nope"',
    ]
    nodes = frames(bucket, f"Rules = [ {', '.join(rules)} ]")
    nodes["node-4"]["SelectFromCollection"]["Name"] = "rowLevelOutcomes"
    ended = run(make_job(nodes))
    assert (ended["JobRunState"], ended.get("ErrorMessage")) == ("SUCCEEDED", None)
    rows = {row["id"]: row for row in map(json.loads, written(client("s3"), bucket).splitlines())}
    failed = {key: [rules.index(rule) for rule in row["DataQualityRulesFail"]] for key, row in rows.items()}
    assert failed == {1: [2], 2: [2, 3], 3: [], 4: [1, 5]}
    assert rows[3]["DataQualityEvaluationResult"] == "Passed"
    assert rows[3]["DataQualityRulesPass"] == rules[1:-1]
    assert {tuple(row["DataQualityRulesSkip"]) for row in rows.values()} == {("RowCount > 1", 'IsComplete "nope"')}
    assert [row["DataQualityEvaluationResult"] for row in rows.values()].count("Failed") == 3


@pytest.mark.usefixtures("raw")
def test_joined_rules_say_nothing_about_rows(
    bucket: str, table: Callable[..., None], make_job: Callable[..., str], run: Callable[..., Record]
) -> None:
    table("other", [["id", "bigint"]], "id\n1\n")
    nodes = frames(bucket, 'Rules = [ (RowCount > 1) or (IsComplete "price") ]')
    nodes["node-4"]["SelectFromCollection"]["Name"] = "rowLevelOutcomes"
    ended = run(make_job(nodes))
    assert ended["JobRunState"] == "FAILED"
    assert "rowLevelOutcomes is not made of rules that are joined by and or or." in ended["ErrorMessage"]
