"""The committed outputs are what the notebooks show today: nbval runs each notebook and compares."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
SANITIZE = Path(__file__).with_name("sanitize.cfg")


def nbval(notebooks: list[Path], environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """Run nbval in a process of its own, as a reader would."""
    folder = notebooks[0].parent
    options = ["--nbval", "--nbval-sanitize-with", str(SANITIZE), "--nbval-cell-timeout", "120", "--color", "no"]
    options += ["-p", "no:cacheprovider", "-rfE", "--rootdir", str(folder)]
    command = [sys.executable, "-m", "pytest", *options, *map(str, notebooks)]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=300)


def cells(notebook: Path) -> list[dict[str, Any]]:
    return list(json.loads(notebook.read_text(encoding="utf-8"))["cells"])


def test_all_notebooks_show_what_is_committed(environment: dict[str, str]) -> None:
    result = nbval(NOTEBOOKS, environment)
    assert result.returncode == 0, result.stdout[-6000:]


CHANGES = {
    "files": ("a number", "550376", "550377"),
    "first-rows": ("a date", "2021-01-01 02:55:42", "2021-01-02 02:55:42"),
    "columns": ("a column name", "charged_duration", "charged_durations"),
}
"""Cell → what is changed in its output, from what, to what."""


def test_one_changed_number_date_or_column_name_is_noticed(environment: dict[str, str], tmp_path: Path) -> None:
    """Each in another cell of one copy; the other copy is as it is committed."""
    same, changed = tmp_path / "same.ipynb", tmp_path / "changed.ipynb"
    same.write_text(json.dumps(_excerpt()), encoding="utf-8")
    changed.write_text(json.dumps(_excerpt() | {"cells": list(map(_changed, _excerpt()["cells"]))}), encoding="utf-8")
    code = [cell["id"] for cell in _excerpt()["cells"]]
    result = nbval([same, changed], environment)
    failed = re.findall(r"^FAILED (\w+)\.ipynb::Cell (\d+)", result.stdout, re.MULTILINE)
    assert [(copy, code[int(cell)]) for copy, cell in failed] == [("changed", cell) for cell in CHANGES], result.stdout


def _excerpt() -> dict[str, Any]:
    """A committed notebook, cut down to the cells that show the data and what they need."""
    notebook = json.loads((ROOT / "notebooks" / "00_start_here.ipynb").read_text(encoding="utf-8"))
    kept = ("parameters", "imports", *CHANGES)
    return notebook | {"cells": [cell for cell in notebook["cells"] if cell["id"] in kept]}


def _changed(cell: dict[str, Any]) -> dict[str, Any]:
    """The cell with the first such place in its output changed; its code stays."""
    if cell["id"] not in CHANGES:
        return cell
    _, old, new = CHANGES[cell["id"]]
    before = json.dumps(cell["outputs"])
    assert old in before
    return cell | {"outputs": json.loads(before.replace(old, new, 1))}


def rules() -> list[tuple[str, str]]:
    text = SANITIZE.read_text(encoding="utf-8")
    return re.findall(r"^regex: (.*)\nreplace: (.*)$", text, re.MULTILINE)


@pytest.mark.parametrize(
    "shown",
    [
        "2021-02-25 11:53:00.000",
        "1614254017000 calls, 999400817355, 0.0000477 USD",
        "call-detail-records-2021-01.csv",
        "originating_transit_carrier_id",
        "AWSGlueServiceRole-call-detail-records-mock",
    ],
)
def test_the_data_is_never_overlooked(shown: str) -> None:
    assert len(rules()) == 3
    assert all(re.sub(regex, replacement, shown) == shown for regex, replacement in rules())


@pytest.mark.parametrize(
    "made_anew",
    [
        "jr_" + "0a" * 32,
        "36211d42-090a-409c-8dcb-b81aa380d557",
        "run-1764049000000-part-r-00000",
    ],
)
def test_what_aws_makes_anew_is_overlooked(made_anew: str) -> None:
    assert [regex for regex, _ in rules() if re.search(regex, made_anew)]


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda notebook: notebook.stem[:2])
def test_a_chapter_has_its_shape(notebook: Path) -> None:
    code = [cell for cell in cells(notebook) if cell["cell_type"] == "code"]
    first = "".join(cells(notebook)[0]["source"])
    assert cells(notebook)[0]["cell_type"] == "markdown"
    assert all(
        part in first for part in ("# ", "**You will learn**", "| Time |", "| Cost on AWS |", "| In the console |")
    )
    assert code[0]["metadata"]["tags"] == ["parameters"]
    assert [cell["execution_count"] for cell in code] == list(range(1, len(code) + 1))
    assert max(len(cell["source"]) for cell in code) <= 25
    assert len({cell["id"] for cell in cells(notebook)}) == len(cells(notebook))
    assert "✓" in json.dumps(code[-1]["outputs"], ensure_ascii=False)
    assert "if target" not in "".join("".join(cell["source"]) for cell in code)
