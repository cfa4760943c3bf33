"""Who may import whom, read from the source: no upward import, no cycle, one door to the local AWS.

docs/architecture.md explains the layers. An import inside a function counts; one for the type checker alone does not.
"""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator
from functools import lru_cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

import cdr_helpers

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = "cdr_helpers"
LOCAL = f"{PACKAGE}.localaws"

DOOR_USERS = {f"{PACKAGE}.workshop", f"{PACKAGE}.endpoint", f"{PACKAGE}.cli.local"}
"""Only these know that there is a local AWS: the connection, its life around a command, its commands."""

RANKS = {
    "": 5,
    "process": 4,
    "server": 4,
    "services": 4,
    "signatures": 4,
    "refusals": 4,
    "uploads": 4,
    "wire": 4,
    "athena": 2,
    "glue": 2,
    "iam": 2,
    "kms": 2,
    "s3": 2,
    "sagemaker": 2,
    "tables": 1,
    "answers": 0,
    "engine": 0,
    "errors": 0,
    "home": 0,
    "persistence": 0,
    "runs": 0,
    "iam.policies": 0,
    "iam.roles": 0,
    "s3.access": 0,
    "s3.blobs": 0,
    "s3.names": 0,
}
"""Module of the local AWS, or folder of modules → its layer. An import goes down or stays in its layer."""

BACKEND_RANK = 3
BACKENDS = ("backend", "responses", "register", "calls")
"""Files that turn requests into work: above the work of every service."""

NEIGHBOURS = {
    ("athena", "glue"): {"glue.catalog", "glue.errors"},
    ("s3", "iam"): {"iam.roles"},
    ("sagemaker", "iam"): {"iam.roles"},
}
"""Service, another service → the modules of the other that it may use."""

SERVICES = ("athena", "glue", "iam", "s3", "kms", "sagemaker")


def _modules() -> dict[str, Path]:
    """Dotted name → file."""
    files = (ROOT / PACKAGE).rglob("*.py")
    return {".".join(file.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): file for file in files}


@lru_cache
def imports() -> dict[str, set[str]]:
    """Module → the modules of ours that it imports."""
    modules = _modules()
    return {name: set(_imported(name, file, modules)) - {name} for name, file in modules.items()}


def _imported(name: str, file: Path, modules: dict[str, Path]) -> Iterator[str]:
    package = name if file.name == "__init__.py" else name.rpartition(".")[0]
    for node in _statements(ast.parse(file.read_text(encoding="utf-8"))):
        names = [alias.name for alias in node.names]
        if isinstance(node, ast.ImportFrom):
            base = _absolute(node, package)
            names = [f"{base}.{each}" if f"{base}.{each}" in modules else base for each in names]
        yield from (each for each in names if each in modules)


def _absolute(node: ast.ImportFrom, package: str) -> str:
    parents = package.split(".")[: len(package.split(".")) - node.level + 1] if node.level else []
    return ".".join([*parents, *filter(None, [node.module])])


def _statements(tree: ast.AST) -> Iterator[ast.Import | ast.ImportFrom]:
    """The import statements, without those under `if TYPE_CHECKING`."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            yield node
        elif not (isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)):
            yield from _statements(node)


def _local(module: str) -> str:
    """`cdr_helpers.localaws.glue.catalog` → `glue.catalog`."""
    return module.removeprefix(LOCAL).removeprefix(".")


def _rank(module: str) -> int:
    if module.rpartition(".")[2] in BACKENDS:
        return BACKEND_RANK
    while module not in RANKS:
        assert "." in module, f"{module} of the local AWS has no layer yet: give it one in RANKS"
        module = module.rpartition(".")[0]
    return RANKS[module]


def _edges(inside: str) -> list[tuple[str, str]]:
    return [(name, other) for name, others in imports().items() for other in others if name.startswith(inside)]


def test_nothing_imports_in_a_circle() -> None:
    try:
        TopologicalSorter(imports()).prepare()
    except CycleError as error:
        pytest.fail(" imports ".join(reversed(error.args[1])))


def test_the_local_aws_imports_nothing_of_the_workshop() -> None:
    upward = [edge for edge in _edges(LOCAL) if not edge[1].startswith(LOCAL)]
    assert upward == []


def test_the_local_aws_has_one_door() -> None:
    through = [edge for edge in _edges(PACKAGE) if edge[1].startswith(LOCAL) and not edge[0].startswith(LOCAL)]
    assert {other for _, other in through} == {LOCAL}
    assert {name for name, _ in through} <= DOOR_USERS


def test_imports_of_the_local_aws_go_down() -> None:
    upward = [
        f"{name} (layer {_rank(_local(name))}) imports {other} (layer {_rank(_local(other))})"
        for name, other in _edges(LOCAL)
        if _rank(_local(other)) > _rank(_local(name)) and not other.startswith(f"{name}.")  # a folder and its files
    ]
    assert upward == []


def test_services_use_each_other_only_where_it_is_written_down() -> None:
    strangers = [
        f"{name} imports {other}"
        for name, other in ((_local(name), _local(other)) for name, other in _edges(LOCAL))
        if {name.split(".")[0], other.split(".")[0]} <= set(SERVICES)
        and name.split(".")[0] != other.split(".")[0]
        and _rank(other) > 0
        and not _may_use(name.split(".")[0], other)
    ]
    assert strangers == []


def _may_use(service: str, other: str) -> bool:
    allowed = NEIGHBOURS.get((service, other.split(".")[0]), set())
    return any(f"{other}.".startswith(f"{each}.") for each in allowed)


def test_the_helpers_do_not_import_the_commands() -> None:
    upward = [edge for edge in _edges(PACKAGE) if edge[1].startswith(f"{PACKAGE}.cli") and ".cli" not in edge[0]]
    assert upward == []


def test_notebooks_import_the_helpers_alone() -> None:
    """And no part of the local AWS: the same cells run on a real account."""
    for notebook in sorted((ROOT / "notebooks").glob("*.ipynb")):
        cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
        code = "".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "code")
        assert "localaws" not in code, notebook.name


# ── public names ────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("name", cdr_helpers.__all__)
def test_public_names_can_be_imported_and_are_documented(name: str) -> None:
    assert getattr(cdr_helpers, name).__doc__


def test_every_module_says_what_it_is_for() -> None:
    silent = [name for name, file in _modules().items() if _is_silent(file)]
    assert silent == []


def _is_silent(file: Path) -> bool:
    text = file.read_text(encoding="utf-8")
    return bool(text.strip()) and ast.get_docstring(ast.parse(text)) is None


def test_public_functions_are_documented_and_typed() -> None:
    bare = [
        f"{file.name}: {node.name}" for file in _modules().values() for node in _public_functions(file) if _bare(node)
    ]
    assert bare == []


def _public_functions(file: Path) -> list[ast.FunctionDef]:
    tree = ast.parse(file.read_text(encoding="utf-8"))
    return [node for node in tree.body if isinstance(node, ast.FunctionDef) and not node.name.startswith("_")]


def _bare(node: ast.FunctionDef) -> bool:
    return ast.get_docstring(node) is None or node.returns is None
