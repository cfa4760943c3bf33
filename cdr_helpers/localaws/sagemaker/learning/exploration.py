"""The data exploration notebook of a job: what its data looks like, as cells of text."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd

from .columns import Columns

_FEW = 12


def write(rows: pd.DataFrame, columns: Columns, target: str, problem: str, folder: Path) -> Path:
    """Write the notebook and return its place."""
    cells = [
        f"# Data exploration\n\n{len(rows):,} rows, {len(rows.columns)} columns. Target: `{target}` ({problem}).",
        "## The target\n\n" + _target(rows[target]),
        "## The columns\n\n" + _columns(rows, columns),
    ]
    place = folder / "SageMakerAutopilotDataExplorationNotebook.ipynb"
    made = [
        {"cell_type": "markdown", "id": f"part-{at}", "metadata": {}, "source": text} for at, text in enumerate(cells)
    ]
    notebook = {"cells": made, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    place.write_text(json.dumps(notebook, indent=1), encoding="utf-8")
    return place


def _line(*cells: object) -> str:
    return "| " + " | ".join(str(cell).replace("|", "\\|") for cell in cells) + " |"


def _target(values: pd.Series) -> str:
    counts = values.value_counts()
    if len(counts) > _FEW:
        return _line("smallest", "mean", "largest") + "\n| --- | --- | --- |\n" + _numbers(values)
    lines = [_line("value", "rows", "share"), "| --- | --- | --- |"]
    lines += [_line(value, f"{count:,}", f"{count / len(values):.1%}") for value, count in counts.items()]
    return "\n".join(lines)


def _numbers(values: pd.Series) -> str:
    numbers = pd.to_numeric(values, errors="coerce")
    return _line(*(f"{each:,.4g}" for each in (numbers.min(), numbers.mean(), numbers.max())))


def _columns(rows: pd.DataFrame, columns: Columns) -> str:
    lines = [_line("column", "kind", "missing", "distinct", "smallest", "mean", "largest"), "|" + " --- |" * 7]
    for name, kind in columns.kinds.items():
        values = rows[name]
        numbers = _numbers(values).strip("| ").split(" | ") if kind == "numeric" else ["", "", ""]
        lines.append(_line(name, kind, f"{values.isna().mean():.1%}", f"{values.nunique():,}", *numbers))
    return "\n".join(lines)
