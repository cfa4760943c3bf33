"""Rules of data quality over the rows of a Spark job: it writes them as Parquet, the endpoint's own rules measure them,
so that a ruleset means the same on both engines."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ... import engine
from ..visualjob import casts
from ..visualjob.frames import Column, Frame, NodeFailed
from ..visualjob.quality import dqdl, rules
from ..visualjob.sparksql import macros
from ..visualjob.sparktypes import literal


def evaluate(folder: Path, columns: Sequence[Column], ruleset: str) -> list[rules.Outcome]:
    """The outcomes of a ruleset over Parquet files whose columns are `c0`, `c1` … Raises `NodeFailed`."""
    connection = engine.connect()
    try:
        casts.prepare(connection)
        macros.prepare(connection)
        listed = ", ".join(
            f"CAST(c{at} AS TIMESTAMP) AS c{at}" if column.kind == "timestamp" else f"c{at}"
            for at, column in enumerate(columns)
        )
        files = literal(str(folder / "**" / "*.parquet"))
        connection.execute(f"CREATE TEMP VIEW given AS SELECT {listed} FROM read_parquet({files})")
        return rules.evaluate(dqdl.parse(ruleset), rules.Frames(connection, Frame("given", tuple(columns))))
    except (rules.UnknownRule, dqdl.DqdlError) as problem:
        raise NodeFailed(f"EvaluateDataQuality: {problem}") from None
    finally:
        connection.close()
