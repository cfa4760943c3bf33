"""Drop Duplicates: one row of those that are the same, in all columns or in some (Spark: `dropDuplicates`).

Two NULLs are the same. Which of several rows stays is not defined, there and here.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ..frames import Output, every
from .base import Node, path_text, text

if TYPE_CHECKING:
    from ..execute import Run


class DropDuplicates(Node):
    """Rows without repetition."""

    helpers = ("frame",)

    def script(self, variables: Sequence[str]) -> str:
        paths = self.settings.get("Columns") or []
        columns = f"[{', '.join(text(path_text(path)) for path in paths)}]" if paths else ""
        return (
            f"{self.variable} = DynamicFrame.fromDF({variables[0]}.toDF().dropDuplicates({columns}), glueContext, "
            f"{text(self.variable)})"
        )

    def relation(self, run: Run, inputs: Sequence[Output]) -> Output:
        frame = self.frame(inputs)
        keys = [self.position(frame, self.flat(path)) for path in self.settings.get("Columns") or []]
        if not keys:
            return run.select(every(frame), frame, distinct=True)
        listed = ", ".join(f"c{at}" for at in keys)
        return run.view(f"SELECT DISTINCT ON ({listed}) * FROM {frame.sql}", frame.columns)
