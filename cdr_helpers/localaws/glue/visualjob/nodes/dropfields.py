"""Drop Fields: removes columns; a path that is not there is no error (AWS Glue: "DropFields class")."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from .. import nested
from ..frames import Output, every
from .base import Node, path_text, text

if TYPE_CHECKING:
    from ..execute import Run


class DropFields(Node):
    """All columns but the named ones; structs without their named members."""

    required = ("Paths",)

    def script(self, variables: Sequence[str]) -> str:
        paths = ", ".join(text(path_text(path)) for path in self.settings["Paths"])
        return (
            f"{self.variable} = DropFields.apply(frame={variables[0]}, paths=[{paths}], "
            f"transformation_ctx={text(self.variable)})"
        )

    def relation(self, run: Run, inputs: Sequence[Output]) -> Output:
        frame = self.frame(inputs)
        left = []
        for at, term in enumerate(every(frame)):
            below = [path[1:] for path in self.settings["Paths"] if frame.find(path[0]) == at]
            taken = None if [] in below else nested.without(term, below) if below and nested.members(term) else term
            left += [taken] if taken else []
        if not left:
            raise self.fail("it drops every column of its input.")
        return run.select(left, frame)
