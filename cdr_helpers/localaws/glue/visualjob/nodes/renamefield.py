"""Rename Field (AWS Glue: "RenameField class")."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from .. import nested
from ..frames import Output, every
from .base import Node, path_text, text

if TYPE_CHECKING:
    from ..execute import Run


class RenameField(Node):
    """One column, or member of a struct, under another name; the others as they are."""

    required = ("SourcePath", "TargetPath")

    def script(self, variables: Sequence[str]) -> str:
        old, new = path_text(self.settings["SourcePath"]), path_text(self.settings["TargetPath"])
        return (
            f"{self.variable} = RenameField.apply(frame={variables[0]}, old_name={text(old)}, new_name={text(new)}, "
            f"transformation_ctx={text(self.variable)})"
        )

    def relation(self, run: Run, inputs: Sequence[Output]) -> Output:
        frame = self.frame(inputs)
        old, new = self.settings["SourcePath"], self.settings["TargetPath"]
        if [step.lower() for step in old[:-1]] != [step.lower() for step in new[:-1]]:
            raise self.fail(f"moving {'.'.join(old)} to {'.'.join(new)}, into another struct, is not supported here.")
        at, terms = self.position(frame, old[0]), every(frame)
        made = nested.renamed(terms[at], old[1:], new[-1]) if len(old) > 1 else replace(terms[at], name=new[-1])
        if made is None:
            raise self.fail(f"the nested path {'.'.join(old)} is not in its input ('{old[0]}' is {terms[at].kind}).")
        terms[at] = made
        return run.select(terms, frame)
