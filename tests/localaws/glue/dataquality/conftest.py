"""Rulesets and runs of Data Quality for the tests."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest

Record = dict[str, Any]
SECONDS = 30
UNDER_WAY = ("STARTING", "RUNNING", "STOPPING")
COLUMNS = [["id", "bigint"], ["carrier", "string"], ["seconds", "bigint"], ["price", "double"]]
TEXT = "id,carrier,seconds,price\n1,north,61,0.5\n2,north,0,1.5\n3,south,3600,2.5\n4,,20,\n"


@pytest.fixture(scope="session")
def quality_role(make_role: Callable[..., str]) -> str:
    """A role that may evaluate tables in every bucket, and write there."""
    objects = {"Effect": "Allow", "Action": ["s3:GetObject", "s3:PutObject"], "Resource": "arn:aws:s3:::*"}
    return make_role("glue-tests-quality", objects)


@pytest.fixture
def source(database: str) -> Callable[..., Record]:
    """`source(table)`: a table of the test's database as data source; more arguments are its AdditionalOptions."""

    def of(table: str, **options: str) -> Record:
        given = {"DatabaseName": database, "TableName": table}
        return {"GlueTable": given | ({"AdditionalOptions": options} if options else {})}

    return of


@pytest.fixture
def calls(table: Callable[..., None], source: Callable[..., Record]) -> Record:
    """The data source `calls`, a table of four rows."""
    table("calls", COLUMNS, TEXT)
    return source("calls")


@pytest.fixture
def ruleset(client: Callable[..., Any], name: str) -> Callable[..., str]:
    """`ruleset(*rules)`: a ruleset with the test's name and these rules; its name."""

    def make(*rules: str, suffix: str = "") -> str:
        text = f"Rules = [\n{', '.join(rules)}\n]"
        return client("glue").create_data_quality_ruleset(Name=f"{name}{suffix}", Ruleset=text)["Name"]

    return make


@pytest.fixture(scope="session")
def over() -> Callable[[Callable[..., Record], str], Record]:
    """`over(get, run_id)`: a run once it has ended."""

    def wait(get: Callable[..., Record], run_id: str) -> Record:
        end = time.monotonic() + SECONDS
        while time.monotonic() < end:
            found = get(RunId=run_id)
            if found["Status"] not in UNDER_WAY:
                return found
            time.sleep(0.02)
        raise AssertionError(f"run {run_id} is not over after {SECONDS} s")

    return wait


@pytest.fixture
def evaluate(client: Callable[..., Any], over: Callable[..., Record], quality_role: str) -> Callable[..., Record]:
    """`evaluate(source, *rulesets)`: start an evaluation run, wait for its end, return it."""

    def run(source: Record, *rulesets: str, **settings: Any) -> Record:
        glue = client("glue")
        given = {"DataSource": source, "RulesetNames": list(rulesets), "Role": quality_role, **settings}
        run_id = glue.start_data_quality_ruleset_evaluation_run(**given)["RunId"]
        return over(glue.get_data_quality_ruleset_evaluation_run, run_id)

    return run


@pytest.fixture
def recommend(client: Callable[..., Any], over: Callable[..., Record], quality_role: str) -> Callable[..., Record]:
    """`recommend(source)`: start a recommendation run, wait for its end, return it."""

    def run(source: Record, **settings: Any) -> Record:
        glue = client("glue")
        given = {"DataSource": source, "Role": quality_role, **settings}
        run_id = glue.start_data_quality_rule_recommendation_run(**given)["RunId"]
        return over(glue.get_data_quality_rule_recommendation_run, run_id)

    return run


@pytest.fixture
def results(client: Callable[..., Any]) -> Callable[[Record], list[Record]]:
    """`results(run)`: the results of an evaluation run."""

    def of(run: Record) -> list[Record]:
        assert (run["Status"], run.get("ErrorString")) == ("SUCCEEDED", None)
        return client("glue").batch_get_data_quality_result(ResultIds=run["ResultIds"])["Results"]

    return of
