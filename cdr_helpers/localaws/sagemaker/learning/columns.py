"""Columns as a model sees them: which are numbers, categories or times, and rows of text turned into those."""

from __future__ import annotations

import json
import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from .reading import Unusable

NUMERIC, CATEGORICAL, DATETIME, LEFT_OUT = "numeric", "categorical", "datetime", "left out"
MOST_CATEGORIES = 100
TIME_PARTS = ("year", "month", "day", "dayofweek", "hour")


@dataclass(frozen=True)
class Columns:
    """The features of a model in order: name → kind."""

    kinds: dict[str, str]

    @property
    def names(self) -> list[str]:
        """Every column of a row that is to be scored, those that are left out too."""
        return list(self.kinds)

    @property
    def used(self) -> list[str]:
        """The columns that the model learns from."""
        return [name for name, kind in self.kinds.items() if kind != LEFT_OUT]

    @property
    def numeric(self) -> list[str]:
        """Names of the numbers in `typed`, parts of times among them."""
        made = []
        for name, kind in self.kinds.items():
            made += [name] if kind == NUMERIC else []
            made += [f"{name}.{part}" for part in TIME_PARTS] if kind == DATETIME else []
        return made

    @property
    def categorical(self) -> list[str]:
        """Names of the categories in `typed`."""
        return [name for name, kind in self.kinds.items() if kind == CATEGORICAL]

    def typed(self, rows: pd.DataFrame) -> pd.DataFrame:
        """Rows of any kind (text as well) as numbers and categories; what is no number is missing."""
        made: dict[str, Any] = {}
        for name, kind in self.kinds.items():
            values = rows[name]
            if kind == NUMERIC:
                made[name] = pd.to_numeric(_plain(values), errors="coerce").astype(float)
            elif kind == CATEGORICAL:
                made[name] = _category(values)
            elif kind == DATETIME:
                times = _times(values)
                made |= {f"{name}.{part}": getattr(times.dt, part).astype(float) for part in TIME_PARTS}
        return pd.DataFrame(made, index=rows.index)


def _plain(values: pd.Series) -> pd.Series:
    """Booleans in the words of a CSV file as numbers."""
    if values.dtype == bool:
        return values.astype(int)
    return values.replace({"true": 1, "false": 0, "True": 1, "False": 0}) if _is_text(values) else values


def _category(values: pd.Series) -> pd.Series:
    # Text and whole numbers must look alike, whether they come from Parquet or from a CSV file without types.
    shown = values.map(_shown, na_action="ignore")
    return shown.astype(object).where(shown.notna(), None)


def _shown(value: Any) -> str:
    if isinstance(value, (bool, np.bool_)):
        return str(value).lower()
    if isinstance(value, (float, np.floating)) and float(value).is_integer():
        return str(int(value))
    return str(value)


def _is_text(values: pd.Series) -> bool:
    return values.dtype == object or pd.api.types.is_string_dtype(values.dtype)


def _times(values: pd.Series) -> pd.Series:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return pd.to_datetime(values, errors="coerce")


def labels(values: pd.Series) -> pd.Series:
    """A target's values as text: the way they are written in a result."""
    return _category(values)


def of(rows: pd.DataFrame, target: str, features: str | None, weight: str | None) -> Columns:
    """Decide what each column is. `features` is the text of a feature specification
    (`{"FeatureAttributeNames": […], "FeatureDataTypes": {…}}`; API reference, "TabularJobConfig").

    Raises `Unusable` when a column that is named does not exist.
    """
    spec = _specification(features)
    for name in (target, *([weight] if weight else []), *spec.get("FeatureAttributeNames", [])):
        if name not in rows.columns:
            known = ", ".join(map(str, rows.columns))
            raise Unusable(f"ClientError: there is no column {name} in the input data. Its columns are: {known}")
    chosen = spec.get("FeatureAttributeNames") or [name for name in rows.columns if name not in (target, weight)]
    said = spec.get("FeatureDataTypes") or {}
    kinds = {str(name): said.get(name) or _kind(rows[name]) for name in chosen if name != target}
    made = Columns(
        {name: kind if kind in (NUMERIC, CATEGORICAL, DATETIME) else LEFT_OUT for name, kind in kinds.items()}
    )
    if not made.used:
        raise Unusable("ClientError: no column is left to learn from")
    return made


def _specification(text: str | None) -> dict[str, Any]:
    if text is None:
        return {}
    try:
        found = json.loads(text)
    except ValueError:
        raise Unusable("ClientError: the feature specification is not JSON") from None
    return found if isinstance(found, dict) else {}


def _kind(values: pd.Series) -> str:
    present = values.dropna()
    distinct = present.nunique()
    if distinct < 2:
        return LEFT_OUT
    if pd.api.types.is_datetime64_any_dtype(values.dtype):
        return DATETIME
    if not _is_text(values):
        return NUMERIC
    if pd.to_numeric(present, errors="coerce").notna().mean() > 0.99:
        return NUMERIC
    if _times(present.head(200)).notna().mean() > 0.95:
        return DATETIME
    return CATEGORICAL if distinct <= max(MOST_CATEGORIES, 0.05 * len(present)) else LEFT_OUT
