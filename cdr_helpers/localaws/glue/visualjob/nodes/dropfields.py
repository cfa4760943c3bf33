"""Drop Fields: removes columns; a path that is not there is no error (AWS Glue: "DropFields class")."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ..frames import Output, kept
from .base import Node, path_text, text

if TYPE_CHECKING:
    from ..execute import Run


class DropFields(Node):
    """All columns but the named ones."""

    required = ("Paths",)

    def script(self, variables: Sequence[str]) -> str:
        paths = ", ".join(text(path_text(path)) for path in self.settings["Paths"])
        return (
            f"{self.variable} = DropFields.apply(frame={variables[0]}, paths=[{paths}], "
            f"transformation_ctx={text(self.variable)})"
        )

    def relation(self, run: Run, inputs: Sequence[Output]) -> Output:
        frame = self.frame(inputs)
        gone = {frame.find(self.flat(path)) for path in self.settings["Paths"]}
        left = [at for at in range(len(frame.columns)) if at not in gone]
        if not left:
            raise self.fail("it drops every column of its input.")
        return run.select(kept(frame, left), frame)
