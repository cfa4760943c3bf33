"""Recommendation runs: the rules that a table suggests."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest

Record = dict[str, Any]


def rules_of(run: Record) -> list[str]:
    assert (run["Status"], run.get("ErrorString")) == ("SUCCEEDED", None)
    text = run["RecommendedRuleset"]
    assert text.startswith("Rules = [\n    ") and text.endswith("\n]")
    return text.removeprefix("Rules = [\n    ").removesuffix("\n]").split(",\n    ")


def csv(columns: Sequence[Sequence[Any]]) -> str:
    rows = zip(*columns, strict=True)
    heads = ",".join(f"c{at}" for at in range(len(columns)))
    return "\n".join([heads, *(",".join(map(str, row)) for row in rows)]) + "\n"


# What AWS recommended for this table: aws-sdk-pandas, tutorial 34.
KNOWN = [
    "RowCount between 1 and 6",
    'IsComplete "c0"',
    'Uniqueness "c0" > 0.95',
    'ColumnValues "c0" <= 2',
    'IsComplete "c1"',
    'Uniqueness "c1" > 0.95',
    'ColumnValues "c1" <= 2',
    'IsComplete "c2"',
    'ColumnValues "c2" <= 1',
]


def test_the_rules_for_a_table_whose_rules_are_known(
    client: Callable[..., Any],
    table: Callable[..., None],
    source: Callable[..., Record],
    recommend: Callable[..., Record],
) -> None:
    table("known", [[f"c{at}", "bigint"] for at in range(3)], csv([[0, 1, 2], [0, 1, 2], [0, 0, 1]]))
    run = recommend(source("known"))
    assert rules_of(run) == KNOWN
    assert (run["RecommendationMode"], run["NumberOfWorkers"]) == ("BASIC", 5)
    listed = client("glue").list_data_quality_rule_recommendation_runs(Filter={"DataSource": source("known")})["Runs"]
    assert [one["RunId"] for one in listed] == [run["RunId"]]


MANY = {
    "bigint": list(range(100, 200)),
    "int": [-5, 7] * 50,
    "double": [1.5, 2.25, 4.125, -0.1] * 25,
    "string": ["north", 'so "uth"', "back\\slash", "x"] * 25,
    "boolean": ["true", "false"] * 50,
    "float": [0.1] * 99 + [0.7],
    "decimal(10,2)": ["3.10"] * 60 + [""] * 40,
    "date": ["2021-02-25"] * 100,
    "smallint": [""] * 90 + [1] * 10,
}
EXPECTED = [
    "RowCount between 50 and 200",
    'IsComplete "c0"',
    'Uniqueness "c0" > 0.95',
    'StandardDeviation "c0" between 27.42 and 30.31',
    'ColumnValues "c0" between 99 and 200',
    'IsComplete "c1"',
    'StandardDeviation "c1" between 5.7 and 6.3',
    'ColumnValues "c1" between -6 and 8',
    'IsComplete "c2"',
    'StandardDeviation "c2" between 1.44 and 1.59',
    'ColumnValues "c2" >= -0.1',
    'ColumnValues "c2" <= 4.125',
    'IsComplete "c3"',
    r'ColumnValues "c3" in ["back\\slash", "north", "so \"uth\"", "x"]',
    'IsComplete "c4"',
    'IsComplete "c5"',
    'StandardDeviation "c5" between 0.0567 and 0.0627',
    'ColumnValues "c5" >= 0.100000001490116',
    'ColumnValues "c5" <= 0.699999988079071',
    'Completeness "c6" >= 0.5',
    'ColumnValues "c6" >= 3.1',
    'ColumnValues "c6" <= 3.1',
    'IsComplete "c7"',
]


def test_rules_by_type_and_that_the_table_meets_them(
    client: Callable[..., Any],
    table: Callable[..., None],
    source: Callable[..., Record],
    database: str,
    recommend: Callable[..., Record],
    evaluate: Callable[..., Record],
    results: Callable[..., list[Record]],
    name: str,
) -> None:
    text = csv(list(MANY.values())).replace('so "uth"', '"so ""uth"""')
    table("many", [[f"c{at}", kind] for at, kind in enumerate(MANY)], text)
    run = recommend(source("many"), CreatedRulesetName=name)
    assert rules_of(run) == EXPECTED
    kept = client("glue").get_data_quality_ruleset(Name=name)
    assert (kept["RecommendationRunId"], kept["Ruleset"]) == (run["RunId"], run["RecommendedRuleset"])
    assert kept["TargetTable"] == {"TableName": "many", "DatabaseName": database}
    [result] = results(evaluate(source("many"), name))
    assert [one["Description"] for one in result["RuleResults"] if one["Result"] != "PASS"] == []


def test_frequent_values_lengths_and_empty_tables(
    table: Callable[..., None], source: Callable[..., Record], recommend: Callable[..., Record]
) -> None:
    texts = [["a"] * 95 + ["b"] * 5, [f"n{at:03}" for at in range(100)], ["x" * (1 + at % 60) for at in range(100)]]
    table("texts", [[f"c{at}", "string"] for at in range(3)], csv(texts))
    assert rules_of(recommend(source("texts"))) == [
        "RowCount between 50 and 200",
        'IsComplete "c0"',
        'ColumnValues "c0" in ["a", "b"]',
        'ColumnValues "c0" in ["a"] with threshold >= 0.95',
        'IsComplete "c1"',
        'Uniqueness "c1" > 0.95',
        'ColumnLength "c1" = 4',
        'IsComplete "c2"',
        'ColumnLength "c2" between 0 and 61',
    ]
    table("empty", [["c0", "string"]], "c0\n")
    assert rules_of(recommend(source("empty"))) == ["RowCount = 0"]


def test_a_name_that_is_taken_fails_the_run(
    client: Callable[..., Any], calls: Record, ruleset: Callable[..., str], recommend: Callable[..., Record]
) -> None:
    run = recommend(calls, CreatedRulesetName=ruleset("RowCount > 1"))
    assert run["Status"] == "FAILED"
    assert run["ErrorString"] == "Another ruleset with the same name already exists."
    glue = client("glue")
    with pytest.raises(glue.exceptions.InvalidInputException, match="has the state FAILED"):
        glue.cancel_data_quality_rule_recommendation_run(RunId=run["RunId"])


def test_what_is_not_recommended_is_refused(client: Callable[..., Any], calls: Record, quality_role: str) -> None:
    glue = client("glue")
    with pytest.raises(glue.exceptions.InvalidInputException, match="RecommendationMode ADVANCED is not supported"):
        glue.start_data_quality_rule_recommendation_run(
            DataSource=calls, Role=quality_role, RecommendationMode="ADVANCED"
        )
