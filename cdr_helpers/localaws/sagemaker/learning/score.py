"""Batch inference: rows of text in, predictions out.

Sources: API reference, "DataProcessing" (filters and joins); developer guide, "Configure inference output in generated
containers" (what a classifier returns).
"""

from __future__ import annotations

import csv
import gzip
import io
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ..inference import filters
from . import bundles
from .reading import Unusable

Rows = list[list[str]]


def run(spec: dict[str, Any], report: Callable[..., None]) -> None:
    """Score every file that `spec` names. Raises `Unusable`, naming file and line."""
    warnings.simplefilter("ignore")
    model = bundles.load(Path(spec["model"]))
    predict = _forecasts if model["problem"] == "Forecast" else _predictions
    for at, each in enumerate(spec["files"]):
        rows = _rows(Path(each["path"]), spec["gzip"], each["uri"])
        chosen = [filters.apply(spec["input_filter"], row) for row in rows]
        found = predict(model, chosen, spec["outputs"], each["uri"])
        if spec["join"]:
            if len(found) != len(rows):
                raise Unusable(
                    f"ClientError: {each['uri']}: {len(rows)} records and {len(found)} predictions cannot be joined"
                )
            found = [[*row, *made] for row, made in zip(rows, found, strict=True)]
        place = Path(spec["folder"]) / f"{at}.out"
        with place.open("w", encoding="utf-8", newline="") as out:
            csv.writer(out, lineterminator="\n").writerows(filters.apply(spec["output_filter"], row) for row in found)
        report("scored", uri=each["uri"], file=str(place), rows=len(found))


def _rows(path: Path, compressed: bool, uri: str) -> Rows:
    try:
        data = gzip.decompress(path.read_bytes()) if compressed else path.read_bytes()
        return [row for row in csv.reader(io.StringIO(data.decode("utf-8-sig"), newline="")) if row]
    except (OSError, EOFError, UnicodeDecodeError, csv.Error) as problem:
        raise Unusable(f"ClientError: {uri} cannot be read as CSV: {problem}") from None


def _frame(rows: Rows, names: list[str], uri: str) -> pd.DataFrame:
    for line, row in enumerate(rows, 1):
        if len(row) != len(names):
            raise Unusable(
                f"ClientError: {uri}, line {line}: {len(row)} fields, but the model takes {len(names)}: "
                f"{', '.join(names)}"
            )
    # An empty field is missing, and so is Hive's way of writing it.
    return pd.DataFrame(rows, columns=names, dtype=object).replace({"": None, "\\N": None})


def _predictions(model: dict[str, Any], rows: Rows, outputs: list[str], uri: str) -> Rows:
    names = model["columns"].names
    if rows and rows[0] == names:
        raise Unusable(f"ClientError: {uri} begins with a header; the data to be scored has none")
    if not rows:
        return []
    typed = model["columns"].typed(_frame(rows, names, uri))
    if model["problem"] == "Regression":
        return [[repr(float(each))] for each in model["model"].predict(typed)]
    labels = model["labels"]
    found = np.zeros((len(rows), len(labels)))
    found[:, [labels.index(str(each)) for each in model["model"].classes_]] = model["model"].predict_proba(typed)
    return list(_classified(found, labels, outputs))


def _classified(found: np.ndarray, labels: list[str], outputs: list[str]) -> Iterator[list[str]]:
    """What an ensemble returns for each row: `probability` is that of the label which it predicts."""
    for row in found:
        best = int(row.argmax())
        whole = {
            "predicted_label": labels[best],
            "probability": repr(float(row[best])),
            "probabilities": str([float(each) for each in row]),
            "labels": str(labels),
        }
        yield [whole[name] for name in outputs]


def _forecasts(model: dict[str, Any], rows: Rows, outputs: list[str], uri: str) -> Rows:
    from . import forecast

    if not rows:
        raise Unusable(f"ClientError: {uri} is empty; a forecast needs the history that it goes on from, with a header")
    return forecast.predictions(model, _frame(rows[1:], rows[0], uri), uri)
