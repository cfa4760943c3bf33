"""Select Fields: keeps columns; a path that is not there is no error (AWS Glue: "SelectFields class")."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from .. import nested
from ..frames import Output, every
from .base import Node, path_text, text

if TYPE_CHECKING:
    from ..execute import Run


class SelectFields(Node):
    """The named columns, or members of structs, in the order of the input."""

    required = ("Paths",)

    def script(self, variables: Sequence[str]) -> str:
        paths = ", ".join(text(path_text(path)) for path in self.settings["Paths"])
        return (
            f"{self.variable} = SelectFields.apply(frame={variables[0]}, paths=[{paths}], "
            f"transformation_ctx={text(self.variable)})"
        )

    def relation(self, run: Run, inputs: Sequence[Output]) -> Output:
        frame = self.frame(inputs)
        left = []
        for at, term in enumerate(every(frame)):
            below = [path[1:] for path in self.settings["Paths"] if frame.find(path[0]) == at]
            taken = term if [] in below else nested.kept(term, below) if below else None
            left += [taken] if taken else []
        if not left:
            raise self.fail(f"none of its columns is in its input, which has {', '.join(frame.names) or 'none'}.")
        return run.select(left, frame)
