"""Statements whose answers are known, from files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

FILES = sorted((Path(__file__).parent / "cases").glob("*.json"))
CASES = [(f.stem, case) for f in FILES for case in json.loads(f.read_text(encoding="utf-8"))["cases"]]


@pytest.fixture(scope="module")
def shared(client: Any, endpoint: Any, speak: Any) -> Any:
    """One bucket and one empty database for all cases."""
    client("s3").create_bucket(
        Bucket="athena-sql-cases", CreateBucketConfiguration={"LocationConstraint": endpoint.region}
    )
    client("glue").create_database(DatabaseInput={"Name": "athena_sql_cases"})
    athena = speak(client("athena"), "athena-sql-cases")
    athena.database = "athena_sql_cases"
    return athena


@pytest.mark.parametrize(("area", "case"), CASES, ids=[f"{a}-{c['sql'][:60]}" for a, c in CASES])
def test_statement(shared: Any, area: str, case: dict[str, Any]) -> None:
    """Rows, type of the first column, or the error's name."""
    found = shared.run(case["sql"])
    assert found.error == case.get("error", ""), found.execution
    if "rows" in case:
        assert found.rows == case["rows"]
    if "type" in case:
        assert found.columns[0]["Type"] == case["type"]


def test_every_file_has_a_source() -> None:
    """An answer without an origin is no answer."""
    assert all(json.loads(f.read_text(encoding="utf-8"))["source"] for f in FILES)
