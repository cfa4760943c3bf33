"""Custom Transform: a function of the user's own over the inputs, which Spark alone executes (AWS Glue: "Creating a
custom transformation"). Its result is a collection; a SelectFromCollection picks a frame of it."""

from __future__ import annotations

import ast
import keyword
import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from ..frames import Output
from .base import MANY, Node, text

if TYPE_CHECKING:
    from ..execute import Run


class CustomCode(Node):
    """`ClassName` is the function's name, `Code` its body, over `glueContext` and the collection `dfc`."""

    arity = (1, MANY)
    only_on_spark: ClassVar[bool] = True
    required = ("Code", "ClassName")
    helpers = ("collection",)

    def check(self) -> None:
        super().check()
        name = str(self.settings["ClassName"])
        if not name.isidentifier() or keyword.iskeyword(name):
            raise ValueError(f"ClassName must be a name in Python, not {name!r}.")
        try:
            ast.parse(self._definition)
        except SyntaxError as problem:
            raise ValueError(f"its Code is no Python: {problem.msg} (line {(problem.lineno or 2) - 1}).") from None

    @property
    def _definition(self) -> str:
        body = textwrap.indent(textwrap.dedent(str(self.settings["Code"])).strip("\n"), "    ")
        return f"def {self.settings['ClassName']}(glueContext, dfc) -> DynamicFrameCollection:\n{body}"

    def script(self, variables: Sequence[str]) -> str:
        frames = ", ".join(f"{text(variable)}: {variable}" for variable in variables)
        call = f"{self.settings['ClassName']}(glueContext, DynamicFrameCollection({{{frames}}}, glueContext))"
        return f"{self._definition}\n\n{self.variable} = {call}"

    def relation(self, run: Run, inputs: Sequence[Output]) -> Output:
        raise self.fail("it runs on Apache Spark only.")
