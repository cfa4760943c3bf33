"""The documentation says what the code does: generated parts are current, links lead somewhere, the lock is one."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from cdr_helpers.readiness import locked_versions

ROOT = Path(__file__).resolve().parent.parent
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "data").glob("*.md")])
LOCK = (ROOT / "requirements.lock").read_text(encoding="utf-8")


def test_generated_parts_are_current() -> None:
    """The commands, their options, the columns and the fidelity tables. `make docs` writes them again."""
    check = [sys.executable, str(ROOT / "docs" / "generate.py"), "--check"]
    result = subprocess.run(check, capture_output=True, text=True, timeout=120)
    assert (result.stdout, result.returncode) == ("", 0)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_links_lead_somewhere(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    targets = [target.partition("#")[0] for target in re.findall(r"\]\(([^)\s]+)\)", text)]
    local = [target for target in targets if target and not target.startswith("http")]
    assert [target for target in local if not (page.parent / target).exists()] == []


def test_every_chapter_is_in_the_readme() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    notebooks = sorted((ROOT / "notebooks").glob("[0-9][0-9]_*.ipynb"))
    assert notebooks
    assert [notebook.name for notebook in notebooks if f"notebooks/{notebook.name}" not in readme] == []


def test_every_target_of_the_makefile_says_what_it_does() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    documented = set(re.findall(r"^([a-z]+):.*##", makefile, flags=re.MULTILINE))
    for target in ("env", "run", "test", "notebooks", "lab", "docs"):
        assert target in documented


def test_the_changelog_begins_with_what_is_unreleased() -> None:
    headings = re.findall(r"^## (.*)$", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), flags=re.MULTILINE)
    assert headings[0] == "Unreleased"


# ── the lock ────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_conda_users_get_the_lock_and_nothing_else() -> None:
    """`environment.yml` names the lock itself, so that the two cannot drift apart."""
    lines = (ROOT / "environment.yml").read_text(encoding="utf-8").splitlines()
    items = [line.strip().removeprefix("- ") for line in lines if line.strip().startswith("- ")]
    assert items[0] == "conda-forge"
    assert [item for item in items if not re.match(r"python|conda-forge|nodefaults", item)] == [
        "pip",
        "pip:",
        "-r requirements.lock",
    ]


def test_conda_gives_a_python_that_the_project_takes() -> None:
    environment = (ROOT / "environment.yml").read_text(encoding="utf-8")
    pyproject = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    [oldest] = re.findall(r'requires-python = ">=3\.(\d+)"', pyproject)
    [given] = re.findall(r"- python=3\.(\d+)$", environment, flags=re.MULTILINE)
    assert int(given) >= int(oldest)


def test_everything_locked_has_one_version_and_a_hash() -> None:
    """pip asks for a hash of everything as soon as one line has one: a line without would break conda's install."""
    blocks = re.split(r"\n(?=[A-Za-z0-9])", LOCK.partition("make lock\n")[2])
    assert len(blocks) > 100
    assert [
        block for block in blocks if not re.match(r"[\w.\[\]-]+==\S+.*\\\n\s+--hash=sha256:[0-9a-f]{64}", block)
    ] == []


def test_the_lock_names_no_index() -> None:
    """Whoever installs uses their own index or mirror."""
    assert not re.search(r"--(extra-)?index-url|--find-links|https?://", LOCK)


def test_the_lock_is_made_for_this_project() -> None:
    pyproject = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    wanted = re.findall(r'^    "([a-z0-9-]+)', pyproject, flags=re.MULTILINE)
    assert len(wanted) > 10
    assert [name for name in wanted if name not in locked_versions(LOCK)] == []


def test_the_workflow_runs_the_notebooks_everywhere() -> None:
    workflow = (ROOT / ".github" / "workflows" / "workbook.yml").read_text(encoding="utf-8")
    assert all(f"{system}-latest" in workflow for system in ("ubuntu", "macos", "windows"))
    assert "run: cdr run\n" in workflow
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert re.findall(r"UV_VERSION := (\S+)", makefile) == re.findall(r"uv==(\S+)", workflow)
