"""Rename Field (AWS Glue: "RenameField class")."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from ..frames import Output, every
from .base import Node, path_text, text

if TYPE_CHECKING:
    from ..execute import Run


class RenameField(Node):
    """One column under another name; the others as they are."""

    required = ("SourcePath", "TargetPath")

    def script(self, variables: Sequence[str]) -> str:
        old, new = path_text(self.settings["SourcePath"]), path_text(self.settings["TargetPath"])
        return (
            f"{self.variable} = RenameField.apply(frame={variables[0]}, old_name={text(old)}, new_name={text(new)}, "
            f"transformation_ctx={text(self.variable)})"
        )

    def relation(self, run: Run, inputs: Sequence[Output]) -> Output:
        frame = self.frame(inputs)
        at = self.position(frame, self.flat(self.settings["SourcePath"]))
        terms = every(frame)
        terms[at] = replace(terms[at], name=self.flat(self.settings["TargetPath"]))
        return run.select(terms, frame)
