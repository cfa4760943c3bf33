"""Spark SQL over the Data Catalog: one run of `scripts/queries.py`, and what it found."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Record = dict[str, Any]
SCRIPT = Path(__file__).with_name("scripts") / "queries.py"
CURE = "use glueContext, or boto3"
REFUSED = f"NotImplementedError: Spark SQL reads the Data Catalog here and does not change or list it ({{}}); {CURE}"


@pytest.mark.usefixtures("spark")
def test_queries_name_tables_of_the_catalog(
    bucket: str,
    table: Callable[..., None],
    make_script_job: Callable[..., str],
    run: Callable[..., Record],
    body: Callable[[str], Any],
) -> None:
    table("calls", [["id", "bigint"], ["seconds", "int"]], "id,seconds\n1,10\n2,x\n")
    table("names", [["id", "bigint"], ["name", "string"]], "id,name\n1,a\n")
    arguments = {"--bucket": bucket, "--enable-glue-datacatalog": "true"}
    ended = run(make_script_job(SCRIPT.read_text(encoding="utf-8"), arguments))
    assert (ended["JobRunState"], ended.get("ErrorMessage")) == ("SUCCEEDED", None)
    found = body("found.json")
    assert found.pop("missing").startswith("AnalysisException: [TABLE_OR_VIEW_NOT_FOUND]")
    assert found.pop("wrong").startswith("ParseException: ")
    assert found == {
        "all": [["id", "seconds"], [["1", "10"], ["2", "None"]]],
        "view": [["1"]],
        "used": [["10"]],
        "table": 1,
        "there": [True, False],
        "after": 3,
        "before": 2,
        "insert": REFUSED.format("InsertIntoStatement"),
        "create": REFUSED.format("CreateTableAsSelect"),
        "show": REFUSED.format("ShowTables"),
        "save": "NotImplementedError: DataFrameWriter.saveAsTable over the Data Catalog is not supported here; " + CURE,
    }
