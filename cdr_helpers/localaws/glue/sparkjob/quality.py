"""Rules of data quality over the rows of a Spark job: it writes them as Parquet, the endpoint's own rules measure them,
so that a ruleset means the same on both engines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ..visualjob.frames import Column, Frame, NodeFailed
from ..visualjob.quality import dqdl, measuring, rules
from ..visualjob.sparkconnection import SparkConnection
from ..visualjob.sparktypes import literal


@dataclass(frozen=True)
class Rows:
    """Parquet files below a folder, whose columns are `c0`, `c1` …, and what these are."""

    folder: Path
    columns: Sequence[Column]


def evaluate(
    ruleset: str, primary: Rows, others: Mapping[str, Rows], moment: int
) -> tuple[list[rules.Outcome], list[rules.Measured]]:
    """The outcomes of a ruleset's rules and what its analyzers measure, over the rows of a frame and others by alias;
    `moment` is what `now()` is, in epoch milliseconds. Raises `NodeFailed`."""
    connection = SparkConnection()
    try:
        beside = {alias: _frame(connection, f"other{at}", rows) for at, (alias, rows) in enumerate(others.items())}
        frames = rules.Frames(connection, _frame(connection, "given", primary), beside, moment)
        return measuring.measure(ruleset, frames)
    except (rules.UnknownRule, dqdl.DqdlError) as problem:
        raise NodeFailed(f"EvaluateDataQuality: {problem}") from None
    finally:
        connection.close()


def _frame(connection: SparkConnection, view: str, rows: Rows) -> Frame:
    listed = ", ".join(
        f"CAST(c{at} AS TIMESTAMP) AS c{at}" if column.kind == "timestamp" else f"c{at}"
        for at, column in enumerate(rows.columns)
    )
    files = literal(str(rows.folder / "**" / "*.parquet"))
    connection.execute(f"CREATE TEMP VIEW {view} AS SELECT {listed} FROM read_parquet({files})")
    return Frame(view, tuple(rows.columns))
