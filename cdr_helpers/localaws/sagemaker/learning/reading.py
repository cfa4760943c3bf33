"""Input files → one data frame."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

import pandas as pd

PARQUET = "x-application/vnd.amazon+parquet"
CSV = "text/csv"


class Unusable(Exception):
    """The data does not allow the task: the job's FailureReason."""


def frame(channel: dict[str, Any]) -> pd.DataFrame:
    """All files of a channel below each other, with their own column names. Raises `Unusable`, naming the file."""
    form = channel["content_type"].partition(";")[0].strip().lower()
    if form not in (PARQUET, CSV):
        raise Unusable(f"ClientError: ContentType {form} is not supported; use {CSV};header=present or {PARQUET}")
    parts = [_read(Path(each["path"]), each["uri"], form, channel["gzip"]) for each in channel["files"]]
    filled = [(part, each["uri"]) for part, each in zip(parts, channel["files"], strict=True) if len(part.columns)]
    if not filled:
        raise Unusable("ClientError: the input files hold no rows")
    first = list(filled[0][0].columns)
    for part, uri in filled:
        if list(part.columns) != first:
            raise Unusable(f"ClientError: {uri} has other columns than {filled[0][1]}: each file needs the same header")
    return pd.concat([part for part, _ in filled], ignore_index=True)


def _read(path: Path, uri: str, form: str, compressed: bool) -> pd.DataFrame:
    try:
        if form == PARQUET:
            return pd.read_parquet(path)
        if path.read_bytes()[:4] == b"PAR1":
            raise Unusable(f"ClientError: {uri} is Parquet; say so with ContentType {PARQUET}")
        with gzip.open(path) if compressed else path.open("rb") as data:
            # An identifier of digits must stay what it is, and an empty field is missing in each kind of column.
            return pd.read_csv(data, low_memory=False)
    except pd.errors.EmptyDataError:
        return pd.DataFrame()
    except (OSError, ValueError) as problem:
        reason = str(problem).splitlines()[0] if str(problem) else type(problem).__name__
        raise Unusable(f"ClientError: {uri} cannot be read: {reason}") from None
