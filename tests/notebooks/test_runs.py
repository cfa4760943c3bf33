"""The workbook under other names and on other data, twice, and on data that it must refuse."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from cdr_helpers import localaws, runner

ROOT = Path(__file__).resolve().parent.parent.parent
NAME = "other-name-7"


def cdr(environment: dict[str, str], *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "cdr_helpers.cli", *map(str, arguments)]
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=300)


def outputs(notebook: Path) -> str:
    """All text that the cells of an executed copy show."""
    cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    shown = [output for cell in cells for output in cell.get("outputs", [])]
    return "\n".join("".join(out.get("data", {}).get("text/plain", out.get("text", ""))) for out in shown)


def columns(glue: Any, table: str) -> dict[str, str]:
    found = glue.get_table(DatabaseName=f"{NAME}-database", Name=table)["Table"]["StorageDescriptor"]["Columns"]
    return {column["Name"]: column["Type"] for column in found}


@pytest.fixture(scope="module")
def first_run(
    environment: dict[str, str], data_of_eleven_columns: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[subprocess.CompletedProcess[str], Path]:
    """Everything but the clean-up, on data of eleven columns that no generator made."""
    out = tmp_path_factory.mktemp("runs")
    return cdr(environment, "run", "--keep", "--name", NAME, "--data", data_of_eleven_columns, "--out", out), out


@pytest.fixture(scope="module")
def second_run(
    own_endpoint: localaws.Endpoint, first_run: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Path]:
    """Again, on what the first run left, with the sample data (other files, more columns); then the clean-up.

    Here every cell is run twice in a row.
    """
    twice, out = tmp_path_factory.mktemp("twice"), tmp_path_factory.mktemp("again")
    for source in (ROOT / "notebooks").glob("*.ipynb"):
        (twice / source.name).write_text(json.dumps(_each_cell_twice(source)), encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CDR_LOCAL_HOME", str(own_endpoint.home))
        runner.run(runner.Request(name=NAME, only=(1, 2, 4, 5, 6, 7, 8, 9, 99), out=out, notebooks=twice))
        yield out


def _each_cell_twice(source: Path) -> dict[str, Any]:
    notebook = json.loads(source.read_text(encoding="utf-8"))
    code = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    once, others = code[0], code[1:]
    again = [[cell, cell | {"id": f"{cell['id']}-again"}] for cell in others]
    return notebook | {"cells": [once, *(cell for pair in again for cell in pair)]}


def test_other_name_and_other_data_succeed(first_run: Any, look: Callable[[str], Any]) -> None:
    result, _ = first_run
    assert result.returncode == 0, result.stdout + result.stderr
    glue = look("glue")
    raw, processed = columns(glue, "raw"), columns(glue, "processed")
    assert len(raw) == 11
    assert {name for name, kind in raw.items() if kind == "string"} == {
        "start_datetime",
        "connect_datetime",
        "disconnect_datetime",
    }
    assert set(raw) - set(processed) == {"originating_transit_carrier_id", "terminating_transit_carrier_id"}
    assert look("s3").head_object(Bucket=NAME, Key=f"scripts/{NAME}-process.py")["ContentLength"] > 0
    assert glue.get_job_runs(JobName=f"{NAME}-transform-job")["JobRuns"][0]["JobRunState"] == "SUCCEEDED"


def test_what_the_data_cannot_answer_is_said(first_run: Any) -> None:
    shown = outputs(first_run[1] / "05_athena.ipynb")
    assert shown.count("it has no column sip_response") == 3
    assert outputs(first_run[1] / "08_dashboard.ipynb").count("it has no column sip_response") >= 3
    assert "without an answer sheet" in shown
    assert "This data comes without labels" in outputs(first_run[1] / "09_machine_learning.ipynb")
    assert "the days add up to the table: 2,000 calls" in shown


def test_a_second_run_needs_no_clean_up(second_run: Path) -> None:
    job = outputs(second_run / "04_glue_transform_job.ipynb")
    assert "14 columns before, 12 after" in job
    assert "rows in = rows out: 60,000" in job
    shown = outputs(second_run / "05_athena.ipynb")
    assert shown.count("that were planted, and no other") == 2 * 4
    assert "✓ rows in = rows out: 6,000" in outputs(second_run / "06_sql_transform.ipynb")
    assert "✓ no schedule is left running" in outputs(second_run / "07_schedule_and_monitoring.ipynb")
    assert "has no column" not in shown
    learned = outputs(second_run / "09_machine_learning.ipynb")
    assert learned.count("✓ AutoML job") == 2
    assert "times as often as the rules" in learned


def test_the_clean_up_leaves_nothing_and_can_be_run_again(
    second_run: Path, environment: dict[str, str], look: Callable[[str], Any], tmp_path: Path
) -> None:
    assert "✓ nothing is left" in outputs(second_run / "99_cleanup.ipynb")
    assert NAME not in [bucket["Name"] for bucket in look("s3").list_buckets()["Buckets"]]
    assert f"{NAME}-database" not in [database["Name"] for database in look("glue").get_databases()["DatabaseList"]]
    result = cdr(environment, "run", "--only", "99", "--name", NAME, "--out", tmp_path)
    assert result.returncode == 0, result.stdout + result.stderr


def test_a_second_supplier_s_own_files_get_all_their_times(environment: dict[str, str], tmp_path: Path) -> None:
    """The notebook of chapter 06 takes the dates that chapter 04 has to refuse."""
    data = tmp_path / "dmy"
    made = cdr(environment, "generate", "--out", data, "--months", "2", "--rows", "120", "--date-format", "dmy")
    assert made.returncode == 0, made.stderr
    name = ["--name", "dmy-name-6", "--data", data, "--out", tmp_path / "runs"]
    result = cdr(environment, "run", "--only", "01,02,06", *name)
    assert result.returncode == 0, result.stdout + result.stderr
    shown = outputs(tmp_path / "runs" / "06_sql_transform.ipynb")
    assert "rows in = rows out: 240" in shown
    assert "✓ no datetime became NULL" in shown
    assert cdr(environment, "cleanup", "--name", "dmy-name-6", "--yes").returncode == 0


def test_dates_that_a_cast_does_not_read_fail_the_check_and_name_the_cure(
    environment: dict[str, str], tmp_path: Path
) -> None:
    data, rows = tmp_path / "dmy", 150
    made = cdr(environment, "generate", "--out", data, "--months", "2", "--rows", str(rows), "--date-format", "dmy")
    assert made.returncode == 0, made.stderr
    only = ["--only", "01,02,04"]
    result = cdr(environment, "run", *only, "--name", "dmy-name-7", "--data", data, "--out", tmp_path / "runs")
    said = result.stdout + result.stderr
    assert result.returncode == 1
    for column in ("start_datetime", "connect_datetime", "disconnect_datetime"):
        assert f"column {column} has {2 * rows} NULLs that were text before, such as '0" in said
    assert "to_timestamp(start_datetime, 'dd-MM-yyyy HH:mm')" in said
    assert "site-packages" not in said
    assert "Traceback" not in said
