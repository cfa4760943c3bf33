"""What an executed notebook must look like to be committed: the same text whoever executes it, wherever, whenever."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from cdr_helpers.errors import WorkshopError

METADATA: dict[str, Any] = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}
"""The metadata of every notebook, and all of it: a version or a path would be of one machine."""

_KEPT_CELL_METADATA = ("tags",)
_KEPT_OUTPUT_METADATA = ("image/png", "image/svg+xml", "needs_background")
_ADDRESS = re.compile(r"0x[0-9a-f]{6,}|(?:127\.0\.0\.1|localhost):\d+")


def text(executed: Path, paths: Sequence[Path]) -> str:
    """The JSON text to commit of an executed notebook.

    `paths` are folders of this machine; raises `WorkshopError` when an output names one of them, the home folder, a
    memory address or a port.
    """
    notebook = json.loads(executed.read_text(encoding="utf-8"))
    cleaned = clean(notebook)
    traces = sorted(set(_traces(cleaned, _marks(paths))))
    if traces:
        raise WorkshopError(f"{executed.name} shows something of this machine: {'; '.join(traces)}")
    return json.dumps(cleaned, indent=1, ensure_ascii=False) + "\n"


def clean(notebook: dict[str, Any]) -> dict[str, Any]:
    """Without widget state, runners' notes, timings and whatever else varies; every cell has an id that stays."""
    cells = [_clean_cell(cell, position) for position, cell in enumerate(notebook["cells"])]
    return {"cells": cells, "metadata": METADATA, "nbformat": 4, "nbformat_minor": 5}


def _clean_cell(cell: dict[str, Any], position: int) -> dict[str, Any]:
    metadata = {key: cell["metadata"][key] for key in _KEPT_CELL_METADATA if cell["metadata"].get(key)}
    cleaned = {"cell_type": cell["cell_type"], "id": cell.get("id", f"cell-{position:02}"), "metadata": metadata}
    if cell["cell_type"] == "code":
        outputs = [_clean_output(output) for output in cell["outputs"]]
        cleaned = {"cell_type": "code", "execution_count": cell["execution_count"]} | cleaned | {"outputs": outputs}
    return cleaned | {"source": _lines(cell["source"])}


def _clean_output(output: dict[str, Any]) -> dict[str, Any]:
    """As it is, but for metadata that a front end or a display handle left."""
    cleaned = {key: value for key, value in output.items() if key != "transient"}
    if "metadata" in cleaned:
        kept = {key: value for key, value in cleaned["metadata"].items() if key in _KEPT_OUTPUT_METADATA}
        cleaned["metadata"] = kept
    return cleaned


def _lines(source: str | list[str]) -> list[str]:
    return "".join(source).splitlines(keepends=True)


def _marks(paths: Sequence[Path]) -> list[str]:
    """Folders as text. One as short as `/` would be found everywhere."""
    marks = {str(path.resolve()) for path in (*paths, Path.home())}
    return [mark for mark in marks if len(mark) > len("/root")]


def _traces(notebook: dict[str, Any], marks: Sequence[str]) -> Iterator[str]:
    for cell in notebook["cells"]:
        for output in cell.get("outputs", ()):
            shown = json.dumps([value for key, value in _texts(output)])
            for found in (*_ADDRESS.findall(shown), *(mark for mark in marks if json.dumps(mark)[1:-1] in shown)):
                yield f"{found} in cell [{cell['execution_count']}]"


def _texts(output: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """The parts of an output that are text: not pictures, whose encoding may spell anything."""
    yield "text", output.get("text", "")
    yield from ((kind, data) for kind, data in output.get("data", {}).items() if not kind.startswith("image/png"))
