"""Select Fields: keeps columns; a path that is not there is no error (AWS Glue: "SelectFields class")."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ..frames import Output, kept
from .base import Node, path_text, text

if TYPE_CHECKING:
    from ..execute import Run


class SelectFields(Node):
    """The named columns, in the order of the input."""

    required = ("Paths",)

    def script(self, variables: Sequence[str]) -> str:
        paths = ", ".join(text(path_text(path)) for path in self.settings["Paths"])
        return (
            f"{self.variable} = SelectFields.apply(frame={variables[0]}, paths=[{paths}], "
            f"transformation_ctx={text(self.variable)})"
        )

    def relation(self, run: Run, inputs: Sequence[Output]) -> Output:
        frame = self.frame(inputs)
        wanted = {frame.find(self.flat(path)) for path in self.settings["Paths"]}
        left = [at for at in range(len(frame.columns)) if at in wanted]
        if not left:
            raise self.fail(f"none of its columns is in its input, which has {', '.join(frame.names) or 'none'}.")
        return run.select(kept(frame, left), frame)
