"""Running notebooks, with small ones made here: order, parameters, failures, and what is left behind."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import nbformat
import psutil
import pytest

from cdr_helpers import committed, runner
from cdr_helpers.errors import NotARunnable, NotebookError, UsageError, WorkshopError

PARAMETERS = 'target = "local"\nname = "default"'


def write(folder: Path, name: str, *sources: str, parameters: str | None = PARAMETERS) -> Path:
    """A notebook of these code cells."""
    notebook = nbformat.v4.new_notebook()
    if parameters is not None:
        notebook.cells.append(nbformat.v4.new_code_cell(parameters, metadata={"tags": ["parameters"]}))
    notebook.cells += [nbformat.v4.new_code_cell(source) for source in sources]
    nbformat.write(notebook, folder / name)
    return folder / name


def printed(copy: Path) -> str:
    """Everything that the cells of an executed notebook printed."""
    cells = json.loads(copy.read_text(encoding="utf-8"))["cells"]
    outputs = [output for cell in cells for output in cell.get("outputs", ())]
    return "".join("".join(output.get("text", ())) for output in outputs)


def request(folder: Path, **changes: Any) -> runner.Request:
    """A run that needs no local AWS: these notebooks call none, and on `aws` none is started."""
    settings: dict[str, Any] = {"target": "aws", "notebooks": folder, "out": folder / "out"} | changes
    return runner.Request(**settings)


def test_all_run_in_order_with_their_parameters(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    show = "print(target, name, dir().count('data_dir') and data_dir)"
    write(tmp_path, "00_first.ipynb", show, parameters=f"{PARAMETERS}\ndata_dir: str | None = None")
    write(tmp_path, "99_cleanup.ipynb", show)
    write(tmp_path, "05_last.ipynb", show)
    write(tmp_path, "notes.ipynb", "1/0")
    (tmp_path / "files").mkdir()
    runner.run(request(tmp_path, name="other-name", data=tmp_path / "files"))
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert [line[:2] for line in lines[:-1]] == [["ok", "00_first"], ["ok", "05_last"], ["ok", "99_cleanup"]]
    assert all(float(seconds) > 0 and unit == "s" for _, _, seconds, unit in lines[:-1])
    assert lines[-1] == ["Executed", "copies:", str(tmp_path / "out")]
    assert printed(tmp_path / "out" / "00_first.ipynb") == f"aws other-name {tmp_path / 'files'}\n"
    assert printed(tmp_path / "out" / "05_last.ipynb") == "aws other-name 0\n"


def test_a_failure_ends_the_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(tmp_path, "01_bad.ipynb", "import json\njson.loads('{')\nprint('not reached')")
    write(tmp_path, "02_after.ipynb")
    write(tmp_path, "99_cleanup.ipynb")
    with pytest.raises(NotebookError) as caught:
        runner.run(request(tmp_path))
    message = str(caught.value)
    assert message.startswith("01_bad failed in cell [3]:")
    assert "→   2  json.loads('{')" in message
    error, advice = message.rsplit("\n", 1)
    assert advice.endswith("What was made is still there; `cdr cleanup --target aws` deletes it.")
    assert error.endswith(
        "\nJSONDecodeError: Expecting property name enclosed in double quotes: line 1 column 2 (char 1)"
    )
    assert "site-packages" not in message
    assert capsys.readouterr().out.split()[:2] == ["FAILED", "01_bad"]
    assert sorted(path.name for path in (tmp_path / "out").glob("*.ipynb")) == ["01_bad.ipynb"]


def test_our_errors_are_shown_by_their_message(tmp_path: Path) -> None:
    write(
        tmp_path, "04_check.ipynb", "from cdr_helpers.errors import CheckFailed\nraise CheckFailed('column x: 3 rows')"
    )
    with pytest.raises(NotebookError, match=r"CheckFailed\('column x: 3 rows'\)\ncolumn x: 3 rows\n"):
        runner.run(request(tmp_path))


@pytest.mark.parametrize(
    ("only", "keep", "expected"),
    [
        ((), False, [0, 1, 5, 99]),
        ((), True, [0, 1, 5]),
        ((5, 1), False, [1, 5]),
        ((99, 0), True, [0, 99]),
    ],
)
def test_which_notebooks_run(tmp_path: Path, only: Sequence[int], keep: bool, expected: list[int]) -> None:
    notebooks = [tmp_path / f"{number:02}_x.ipynb" for number in (0, 1, 5, 99)]
    assert [runner.number(notebook) for notebook in runner.select(notebooks, only, keep)] == expected


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        (None, "has no cell tagged `parameters`"),
        ('target = "local"', "has no parameter name in its"),
        ("", "has no parameter target, name in its"),
    ],
)
def test_a_notebook_that_would_run_on_its_defaults_is_refused(
    tmp_path: Path, parameters: str | None, message: str
) -> None:
    write(tmp_path, "00_fine.ipynb")
    write(tmp_path, "01_odd.ipynb", parameters=parameters)
    with pytest.raises(NotARunnable, match=f"01_odd.ipynb {message}"):
        runner.run(request(tmp_path, name="other-name"))
    assert not (tmp_path / "out").exists(), "nothing ran"


def test_a_file_that_is_no_notebook_is_refused(tmp_path: Path) -> None:
    (tmp_path / "00_x.ipynb").write_text("no json")
    with pytest.raises(NotARunnable, match="00_x.ipynb is not a notebook"):
        runner.run(request(tmp_path))


def test_data_that_no_notebook_reads_is_refused(tmp_path: Path) -> None:
    write(tmp_path, "02_x.ipynb")
    with pytest.raises(UsageError, match="none of these notebooks reads the files"):
        runner.run(request(tmp_path, data=tmp_path))


def test_old_copies_go_and_other_files_stay(tmp_path: Path) -> None:
    write(tmp_path, "00_now.ipynb")
    out = tmp_path / "out"
    out.mkdir()
    for name in ("00_then.ipynb", "mine.ipynb"):
        (out / name).write_text("{}")
    (out / ".cdr-run").write_text("00_then.ipynb\n../mine.txt\n")
    (tmp_path / "mine.txt").write_text("mine")
    runner.run(request(tmp_path))
    assert sorted(path.name for path in out.glob("*.ipynb")) == ["00_now.ipynb", "mine.ipynb"]
    assert (tmp_path / "mine.txt").exists()
    (out / ".cdr-run").unlink()
    with pytest.raises(WorkshopError, match="00_now.ipynb was not made by"):
        runner.run(request(tmp_path))


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGTERM to send to another program")
def test_an_interrupted_run_leaves_no_kernel(tmp_path: Path) -> None:
    write(
        tmp_path,
        "00_long.ipynb",
        "import os, pathlib, time\npathlib.Path('pid').write_text(str(os.getpid()))\ntime.sleep(300)",
    )
    code = (
        "import sys; from pathlib import Path; from cdr_helpers import runner\n"
        f"folder = Path({str(tmp_path)!r})\n"
        "try: runner.run(runner.Request('aws', notebooks=folder, out=folder / 'out'))\n"
        "except KeyboardInterrupt: sys.exit(130)"
    )
    process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    kernel = _number_in(tmp_path / "pid")
    process.send_signal(signal.SIGTERM)
    _, errors = process.communicate(timeout=30)
    assert process.returncode == 130
    assert "Traceback" not in errors
    assert not psutil.pid_exists(kernel)


def _number_in(path: Path) -> int:
    """Wait until the file holds a number."""
    end = time.monotonic() + 60
    while time.monotonic() < end:
        if path.exists() and path.read_text().isdigit():
            return int(path.read_text())
        time.sleep(0.05)
    raise AssertionError(f"{path} did not appear")


# ── a failing cell ──────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_long_cell_is_shown_by_its_ends_and_the_failing_line() -> None:
    source = "\n".join(f"line_{n}" for n in range(1, 31))
    traceback = ["\x1b[31mCell In[7], line 15\x1b[0m\n", "File /lib/python3/site-packages/x.py:3, in y()"]
    shown = runner.failure("05_x", runner.Failure(7, source, "KeyError", "'a'", traceback)).splitlines()
    numbers = [line.split()[0] if "line_" not in line else line.split("line_")[1] for line in shown[1:-1]]
    assert numbers == ["1", "2", "3", "4", "5", "…", "15", "…", "26", "27", "28", "29", "30"]
    assert shown[-1] == "KeyError: 'a'"


# ── the committed outputs ───────────────────────────────────────────────────────────────────────────────────────────


def executed(tmp_path: Path, *outputs: dict[str, Any]) -> Path:
    """A notebook as papermill leaves it."""
    cell = {
        "cell_type": "code",
        "execution_count": 1,
        "id": "calls",
        "metadata": {"papermill": {"duration": 0.1}, "tags": [], "execution": {"iopub.status.busy": "2026"}},
        "outputs": list(outputs),
        "source": ["a = 1\n", "a"],
    }
    notebook = {
        "cells": [cell],
        "metadata": {"widgets": {}, "papermill": {"input_path": "/x"}, "kernelspec": {"name": "mine"}},
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    path = tmp_path / "00_x.ipynb"
    path.write_text(json.dumps(notebook), encoding="utf-8")
    return path


def test_committed_notebooks_hold_nothing_that_varies(tmp_path: Path) -> None:
    output = {"output_type": "stream", "name": "stdout", "text": ["1\n"]}
    text = committed.text(executed(tmp_path, output), [tmp_path])
    found = json.loads(text)
    assert found["metadata"] == committed.METADATA
    assert found["cells"] == [
        {
            "cell_type": "code",
            "execution_count": 1,
            "id": "calls",
            "metadata": {},
            "outputs": [output],
            "source": ["a = 1\n", "a"],
        }
    ]
    assert text.endswith("}\n")
    nbformat.validate(nbformat.reads(text, as_version=4))


@pytest.mark.parametrize(
    "shown",
    ["<Figure at 0x7f3a1c2d>", "http://127.0.0.1:41234/bucket", "localhost:8080", "{folder}/file.csv"],
)
def test_an_output_of_one_machine_is_refused(tmp_path: Path, shown: str) -> None:
    shown = shown.format(folder=tmp_path)
    output = {"output_type": "display_data", "data": {"text/html": shown}, "metadata": {}}
    with pytest.raises(WorkshopError, match=r"00_x.ipynb shows something of this machine: .* in cell \[1\]"):
        committed.text(executed(tmp_path, output), [tmp_path])
