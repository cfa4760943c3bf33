"""Notebooks → executed copies and a summary: what `cdr run` does. `python -m cdr_helpers.runner` is `make notebooks`.

Notebooks are found by their names, `NN_*.ipynb`, and run in the order of their numbers, `99` last. Each gets a kernel
of its own. The first cell that fails ends the run; nothing after it is executed, the clean-up included.
"""

from __future__ import annotations

import ast
import json
import os
import re
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cdr_helpers import endpoint
from cdr_helpers.errors import NotARunnable, NotebookError, UsageError, WorkshopError

ROOT = Path(__file__).resolve().parent.parent
NOTEBOOKS = ROOT / "notebooks"
LATEST = ROOT / "runs" / "latest"
CLEANUP = 99
"""The number of the notebook that deletes everything."""

_MADE = ".cdr-run"
"""A file beside the executed copies: their names, one a line. Only what it lists is ever removed."""


@dataclass(frozen=True)
class Request:
    """What to run. `only`: numbers of notebooks, empty for all; `data`: a folder of CSV files in place of ours."""

    target: str = "local"
    name: str | None = None
    data: Path | None = None
    only: tuple[int, ...] = ()
    out: Path = LATEST
    keep: bool = False
    notebooks: Path = NOTEBOOKS

    def parameters(self) -> dict[str, str]:
        """The parameters that every notebook must know."""
        return {"target": self.target} | ({"name": self.name} if self.name else {})

    def data_parameter(self) -> dict[str, str]:
        """The parameter that only the notebooks know that look at the files."""
        return {"data_dir": str(self.data.resolve())} if self.data else {}


def run(request: Request) -> None:
    """Execute the notebooks and print a line for each.

    Raises `UsageError` for what the request itself gets wrong, `NotARunnable` for a notebook that does not take the
    parameters, `NotebookError` for a failing cell.
    """
    chosen = select(find(request.notebooks), request.only, request.keep)
    parameters = {notebook: _parameters_for(notebook, request) for notebook in chosen}
    if request.data and not any("data_dir" in given for given in parameters.values()):
        raise UsageError("--data has no use here: none of these notebooks reads the files (00 and 01 do)")
    _make_room(request.out, chosen, request.notebooks)
    with _stopped_like_ctrl_c(), endpoint.running(request.target, request.keep), _leftovers(request):
        for position, notebook in enumerate(chosen, start=1):
            label = f"{position}/{len(chosen)} {notebook.stem}"
            _run_one(notebook, request.out / notebook.name, parameters[notebook], label)
    print(f"Executed copies: {short(request.out)}")


# ── which notebooks ─────────────────────────────────────────────────────────────────────────────────────────────────


def find(folder: Path) -> list[Path]:
    """The notebooks of a folder in the order of their numbers. Raises `WorkshopError` when there is none."""
    found = sorted(path for path in folder.glob("*.ipynb") if re.match(r"\d\d_", path.name))
    if not found:
        raise WorkshopError(f"There is no notebook NN_*.ipynb in {folder}")
    return found


def number(notebook: Path) -> int:
    """The number at the beginning of a notebook's name."""
    return int(notebook.name[:2])


def select(notebooks: Sequence[Path], only: Sequence[int], keep: bool) -> list[Path]:
    """All of them, without the clean-up if `keep`; or only those with these numbers. Raises `UsageError`."""
    numbers = {number(notebook) for notebook in notebooks}
    unknown = [f"{wanted:02}" for wanted in only if wanted not in numbers]
    if unknown:
        there = ", ".join(f"{each:02}" for each in sorted(numbers))
        raise UsageError(f"there is no notebook {', '.join(unknown)}; there are {there}")
    wanted = set(only) or (numbers - {CLEANUP} if keep else numbers)
    return [notebook for notebook in notebooks if number(notebook) in wanted]


# ── parameters ──────────────────────────────────────────────────────────────────────────────────────────────────────


def known_parameters(notebook: Path) -> set[str]:
    """The names that the cell tagged `parameters` sets. Raises `NotARunnable` when there is no such cell."""
    try:
        cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    except (ValueError, KeyError, TypeError):
        raise NotARunnable(f"{notebook.name} is not a notebook: Jupyter could not open it either") from None
    sources = ["".join(cell["source"]) for cell in cells if "parameters" in cell.get("metadata", {}).get("tags", [])]
    if not sources:
        raise NotARunnable(f"{notebook.name} has no cell tagged `parameters`: it would run on its own defaults")
    return _assigned(ast.parse(sources[0]))


def _assigned(tree: ast.Module) -> set[str]:
    targets = [target for node in tree.body if isinstance(node, ast.Assign) for target in node.targets]
    targets += [node.target for node in tree.body if isinstance(node, ast.AnnAssign)]
    return {target.id for target in targets if isinstance(target, ast.Name)}


def _parameters_for(notebook: Path, request: Request) -> dict[str, str]:
    known = known_parameters(notebook)
    unknown = [name for name in request.parameters() if name not in known]
    if unknown:
        raise NotARunnable(f"{notebook.name} has no parameter {', '.join(unknown)} in its `parameters` cell")
    return request.parameters() | {name: value for name, value in request.data_parameter().items() if name in known}


# ── one notebook ────────────────────────────────────────────────────────────────────────────────────────────────────


def _run_one(notebook: Path, copy: Path, parameters: dict[str, str], label: str) -> None:
    """Execute one notebook, note its copy in the list of what we made, and print its line."""
    with (copy.parent / _MADE).open("a", encoding="utf-8") as made:
        made.write(f"{copy.name}\n")
    began = time.monotonic()
    try:
        execute(notebook, copy, parameters, label)
    except NotebookError:
        _say_status("FAILED", notebook, began)
        raise
    _say_status("ok", notebook, began)


def _say_status(status: str, notebook: Path, began: float) -> None:
    print(f"{status:<7} {notebook.stem:<24} {time.monotonic() - began:6.1f} s", flush=True)


def execute(notebook: Path, copy: Path, parameters: dict[str, str], label: str) -> None:
    """Execute `notebook` in a fresh kernel and save it as `copy`, after every cell. Raises `NotebookError`.

    The working folder is the notebook's, as in JupyterLab. A terminal shows a bar with `label`, a log a line.
    """
    import papermill
    from nbclient.exceptions import CellTimeoutError, DeadKernelError
    from papermill.exceptions import PapermillExecutionError

    try:
        papermill.execute_notebook(
            str(notebook),
            str(copy.resolve()),
            parameters=parameters,
            kernel_name="python3",
            language="python",
            cwd=str(notebook.parent),
            progress_bar=_bar(label),
            extra_arguments=_KERNEL_ARGUMENTS,
            coalesce_streams=True,
        )
    except PapermillExecutionError as error:
        raise NotebookError(failure(notebook.stem, Failure.of(error))) from None
    except (DeadKernelError, CellTimeoutError) as error:
        raise NotebookError(f"{notebook.stem}: the kernel ended before the notebook did ({error})") from None


_KERNEL_ARGUMENTS = ["--IPKernelApp.log_level=50"]
"""Nothing but what is fatal: at each start ipykernel 7 warns that it talks to us over TCP, which here is the loopback,
and an interrupted one complains that its sockets are gone. What cells print is in their outputs."""


def _bar(label: str) -> dict[str, Any] | bool:
    if not sys.stderr.isatty():
        print(f"running {label}", file=sys.stderr, flush=True)
        return False
    return {"desc": label, "leave": False, "file": sys.stderr}


# ── how a failing cell is shown ─────────────────────────────────────────────────────────────────────────────────────

_WHOLE_CELL = 12
_EDGE = 5


@dataclass(frozen=True)
class Failure:
    """What the kernel said about a failing cell."""

    count: int
    source: str
    kind: str
    message: str
    traceback: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, error: Any) -> Failure:
        """From papermill's exception."""
        return cls(error.exec_count, error.source, error.ename, error.evalue, list(error.traceback))


def failure(stem: str, found: Failure) -> str:
    """The failing cell with its line marked, and its error without the frames of any library."""
    message = found.message if found.kind in _ours() else f"{found.kind}: {found.message}".rstrip(": ")
    return f"{stem} failed in cell [{found.count}]:\n{_quoted(found.source, _failing_line(found))}\n{message}"


def _quoted(source: str, failing: int | None) -> str:
    """The cell with line numbers; a long one by its first and its last five lines, and the failing one."""
    lines = source.splitlines()
    marked = [f"{'→' if n == failing else ' '} {n:>3}  {line}" for n, line in enumerate(lines, start=1)]
    if len(lines) <= _WHOLE_CELL:
        return "\n".join(marked)
    middle = marked[_EDGE:-_EDGE]
    shown = [line for line in middle if line.startswith("→")]
    gaps = ["       …"] if not shown else ["       …", *shown, "       …"]
    return "\n".join([*marked[:_EDGE], *gaps, *marked[-_EDGE:]])


def _failing_line(found: Failure) -> int | None:
    """The line of this cell in the traceback. IPython heads the frame of a cell with `Cell In[7], line 3`."""
    text = re.sub(r"\x1b\[[0-9;]*m", "", "\n".join(found.traceback))
    lines = re.findall(rf"Cell In\[{found.count}\], line (\d+)", text)
    return int(lines[0]) if lines else None


def _ours() -> set[str]:
    """Names of the errors whose message says everything."""
    kinds, found = [WorkshopError], {WorkshopError.__name__}
    while kinds:
        kinds = [child for kind in kinds for child in kind.__subclasses__()]
        found.update(kind.__name__ for kind in kinds)
    return found


# ── around a run ────────────────────────────────────────────────────────────────────────────────────────────────────


def _make_room(out: Path, notebooks: Sequence[Path], source: Path) -> None:
    """Make the folder for the copies and remove those of the last run. What we did not make stays."""
    if out.exists() and not out.is_dir():
        raise UsageError(f"--out takes a folder; {out} is a file")
    if out.resolve() == source.resolve():
        raise UsageError("--out must not be the folder of the notebooks: the copies would replace them")
    out.mkdir(parents=True, exist_ok=True)
    made = out / _MADE
    for name in made.read_text(encoding="utf-8").splitlines() if made.exists() else []:
        if Path(name).name == name:
            (out / name).unlink(missing_ok=True)
    made.unlink(missing_ok=True)
    foreign = [notebook.name for notebook in notebooks if (out / notebook.name).exists()]
    if foreign:
        raise WorkshopError(f"{out / foreign[0]} was not made by `cdr run`; name another folder with --out")


@contextmanager
def _leftovers(request: Request) -> Iterator[None]:
    """Say after a failure where to look and what is still there."""
    try:
        yield
    except NotebookError as error:
        options = [f"--target {request.target}"] if request.target != "local" else []
        options += [f"--name {request.name}"] if request.name else []
        command = " ".join(["cdr cleanup", *options])
        raise NotebookError(
            f"{error}\nExecuted copies: {short(request.out)}. What was made is still there; `{command}` deletes it."
        ) from None


@contextmanager
def _stopped_like_ctrl_c() -> Iterator[None]:
    """A polite kill ends the run as Ctrl-C does: kernels and endpoint are stopped on the way out."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def short(path: Path) -> str:
    """Relative to the working folder where that is shorter."""
    try:
        return os.path.relpath(path) if path.resolve().is_relative_to(Path.cwd()) else str(path)
    except ValueError:
        return str(path)


# ── the committed outputs ───────────────────────────────────────────────────────────────────────────────────────────


def save_outputs(folder: Path = NOTEBOOKS) -> None:
    """Execute the notebooks of a folder on a fresh local AWS and save them with their outputs, all or none.

    Raises `NotebookError` for a failing cell and `WorkshopError` for an output that belongs to this machine alone.
    """
    from cdr_helpers import committed

    notebooks = find(folder)
    with tempfile.TemporaryDirectory(prefix="cdr-") as work, _fresh_home(Path(work) / "home"):
        with _stopped_like_ctrl_c(), endpoint.running("local", keep=False):
            for position, notebook in enumerate(notebooks, start=1):
                known_parameters(notebook)
                _run_one(notebook, Path(work) / notebook.name, {}, f"{position}/{len(notebooks)} {notebook.stem}")
        texts = {notebook: committed.text(Path(work) / notebook.name, [ROOT, Path(work)]) for notebook in notebooks}
    for notebook, text in texts.items():
        notebook.write_text(text, encoding="utf-8", newline="\n")
    print(f"Saved in {short(folder)}")


@contextmanager
def _fresh_home(home: Path) -> Iterator[None]:
    """Let this process and its kernels use a local AWS of their own."""
    before = os.environ.get("CDR_LOCAL_HOME")
    os.environ["CDR_LOCAL_HOME"] = str(home)
    try:
        yield
    finally:
        os.environ.pop("CDR_LOCAL_HOME")
        if before is not None:
            os.environ["CDR_LOCAL_HOME"] = before


def main() -> int:
    """`make notebooks`."""
    try:
        save_outputs()
    except WorkshopError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
