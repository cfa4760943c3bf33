"""`cdr local …` as a subprocess."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from cdr_helpers import localaws

PROGRAM = [sys.executable, "-c", "import sys; from cdr_helpers.cli import main; sys.exit(main())", "local"]


def run(*arguments: object, **environment: str) -> subprocess.CompletedProcess[str]:
    """One command, to its end."""
    command = [*PROGRAM, *(str(each) for each in arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, env=os.environ | environment)


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    """A home of this test's own."""
    yield tmp_path / "home"
    localaws.stop(tmp_path / "home")


def test_a_life(home: Path) -> None:
    where = ("--home", home)
    assert run("status", *where).stdout.splitlines()[0] == "stopped"
    started = run("start", *where)
    assert (started.returncode, started.stderr) == (0, "")
    url = re.search(r"http://127\.0\.0\.1:\d+", started.stdout)
    assert url
    assert run("start", *where).stdout == started.stdout
    state = run("status", *where).stdout
    assert state.splitlines()[0] == "running"
    pid = re.search(r"^pid (\d+)$", state, re.MULTILINE)
    assert pid and url[0] in state and str(home) in state
    assert psutil.Process(int(pid[1])).is_running()
    assert run("reset", *where).returncode == 0
    assert run("status", *where).stdout == state
    assert run("stop", *where).returncode == 0
    assert not psutil.pid_exists(int(pid[1]))
    assert run("stop", *where).returncode == 0
    assert run("reset", *where).returncode == 0


def test_env_starts_it_and_speaks_to_a_shell(home: Path) -> None:
    printed = run("env", CDR_LOCAL_HOME=str(home))
    lines = printed.stdout.splitlines()
    assert printed.returncode == 0 and all(line.startswith("export ") for line in lines)
    found = dict(line.removeprefix("export ").split("=", 1) for line in lines)
    running = localaws.status(home)
    assert running is not None and found == running.environment
    assert run("env", "--home", home).stdout == printed.stdout


def test_home_goes_before_the_environment(home: Path, tmp_path: Path) -> None:
    assert str(home) in run("status", "--home", home, CDR_LOCAL_HOME=str(tmp_path / "other")).stdout


@pytest.mark.parametrize("wrong", [[], ["fly"], ["start", "--port", "x"], ["start", "--port", "0"], ["stop", "now"]])
def test_wrong_usage(wrong: list[str]) -> None:
    ended = run(*wrong)
    assert ended.returncode == 2 and ended.stdout == "" and "Traceback" not in ended.stderr


def test_an_expected_failure_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("mine")
    for command in ("start", "env", "reset"):
        ended = run(command, "--home", tmp_path)
        assert (ended.returncode, ended.stdout) == (1, "")
        assert len(ended.stderr.splitlines()) == 1 and "holds other files" in ended.stderr


@pytest.mark.parametrize("command", ["start", "stop", "status", "reset", "env"])
def test_help(command: str) -> None:
    ended = run(command, "--help")
    assert ended.returncode == 0 and "--home DIR" in ended.stdout
