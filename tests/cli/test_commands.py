"""The command line from outside: help, wrong usage, one line for what goes wrong."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from cdr_helpers import cli

CDR = [sys.executable, "-m", "cdr_helpers.cli"]


def cdr(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run `cdr` without a terminal and without what the caller's AWS settings are."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    return subprocess.run(
        [*CDR, *arguments],
        capture_output=True,
        text=True,
        encoding="utf-8",
        stdin=subprocess.DEVNULL,
        timeout=120,
        env=inherited | {"PYTHONUTF8": "1"} | environment,
    )


def test_help_lists_every_command() -> None:
    result = cdr("--help")
    assert result.returncode == 0
    assert all(f"\n    {command} " in result.stdout for command in cli.command_modules())


@pytest.mark.parametrize("command", cli.command_modules())
def test_every_command_has_help(command: str) -> None:
    result = cdr(command, "--help")
    assert result.returncode == 0
    assert result.stdout.startswith(f"usage: cdr {command}")
    assert result.stderr == ""


WRONG_USAGE = [
    ([], "arguments are required: COMMAND"),
    (["fly"], "invalid choice: 'fly'"),
    (["generate"], "--out"),
    (["generate", "--out", "x", "--rows", "many"], "invalid int value: 'many'"),
    (["generate", "--out", "x", "--rows", "0"], "--rows must be at least 1 a month, not 0"),
    (["generate", "--out", "x", "--months", "-1"], "--months must be at least 1, not -1"),
    (["generate", "--out", "x", "--start", "2021-13"], "'2021-13' is no month; write it as 2021-01"),
    (["generate", "--out", "x", "--start", "202-1"], "is no month"),
    (["generate", "--out", "x", "--date-format", "us"], "invalid choice: 'us'"),
    (["run", "--target", "moon"], "invalid choice: 'moon'"),
    (["run", "--name", "Not_A_Bucket"], "cannot be called 'Not_A_Bucket'"),
    (["run", "--name", "a" * 64], "cannot be called"),
    (["run", "--data", "no-such-folder"], "There is no folder no-such-folder"),
    (["run", "--only", "one"], "'one' is no list of numbers such as 01,02"),
    (["run", "--only", "77"], "there is no notebook 77; there are 00, 01"),
    (["run", "--only", "02", "--data", "data"], "none of these notebooks reads the files"),
    (["run", "--out", "notebooks"], "the copies would replace them"),
    (["cleanup"], "nothing was deleted"),
    (["cleanup", "--yes", "--name", "-"], "cannot be called '-'"),
    (["goto"], "NN"),
    (["goto", "four"], "'four' is no number of a notebook"),
    (["goto", "44"], "there is no notebook 44"),
    (["doctor", "--target", "moon"], "invalid choice: 'moon'"),
]


@pytest.mark.parametrize(
    ("arguments", "message"), WRONG_USAGE, ids=lambda value: " ".join(value) if isinstance(value, list) else ""
)
def test_wrong_usage_is_one_line_and_exit_code_2(arguments: list[str], message: str) -> None:
    result = cdr(*arguments)
    assert result.returncode == 2
    assert result.stdout == ""
    assert result.stderr.count("\n") == 1
    assert message in result.stderr


def test_a_failure_is_one_line_and_exit_code_1(tmp_path: Path) -> None:
    (tmp_path / "calls.csv").write_text("a,b\n")
    result = cdr("generate", "--out", str(tmp_path))
    assert (result.returncode, result.stdout) == (1, "")
    assert (
        result.stderr
        == f"cdr: {tmp_path} holds other CSV files (calls.csv, …); name a new folder, so that none are mixed\n"
    )


def test_a_failure_of_the_system_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    result = cdr("generate", "--out", str(tmp_path / "file" / "below"))
    assert result.returncode == 1
    assert result.stderr.count("\n") == 1
    assert "Traceback" not in result.stderr


def test_generate_says_what_it_wrote(tmp_path: Path) -> None:
    result = cdr(
        "generate", "--out", str(tmp_path), "--months", "2", "--rows", "200", "--start", "2022-12", "--seed", "9"
    )
    assert (result.returncode, result.stderr) == (0, "")
    assert result.stdout == f"2 files, 400 rows, and ground-truth.json in {tmp_path}\n"
    assert (tmp_path / "call-detail-records-2023-01.csv").exists()


def test_generate_says_when_nothing_is_planted(tmp_path: Path) -> None:
    result = cdr("generate", "--out", str(tmp_path), "--months", "1", "--rows", "10")
    assert result.stdout.startswith("Below 100 rows a month")


def test_help_loads_nothing_heavy() -> None:
    """What makes `cdr --help` answer at once."""
    code = (
        "import sys; from cdr_helpers.cli import main\n"
        "try: main(['--help'])\n"
        "except SystemExit: pass\n"
        "print([name for name in ('boto3', 'numpy', 'pandas', 'duckdb', 'papermill', 'moto') if name in sys.modules])"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert result.stdout.splitlines()[-1] == "[]"


def test_any_console_encoding_will_do(tmp_path: Path) -> None:
    (tmp_path / "calls.csv").write_text("a,b\n")
    result = cdr("generate", "--out", str(tmp_path), PYTHONUTF8="0", PYTHONIOENCODING="ascii")
    assert result.returncode == 1
    assert "(calls.csv, ?)" in result.stderr


def test_no_credentials_is_one_line(tmp_path: Path) -> None:
    nowhere = {"AWS_CONFIG_FILE": str(tmp_path / "a"), "AWS_SHARED_CREDENTIALS_FILE": str(tmp_path / "b")}
    result = cdr("cleanup", "--target", "aws", "--yes", AWS_EC2_METADATA_DISABLED="true", **nowhere)
    assert result.returncode == 1
    assert result.stderr.count("\n") == 1
    assert "No AWS credentials found" in result.stderr
