"""Union: the rows of two inputs, by the position of their columns (Spark SQL: UNION ALL, UNION DISTINCT)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ..frames import Column, Frame, Output
from .base import Node, text

if TYPE_CHECKING:
    from ..execute import Run


class Union(Node):
    """Names are the first input's; types meet as in Spark."""

    arity = (2, 2)
    required = ("UnionType",)
    helpers = ("union",)

    def check(self) -> None:
        super().check()
        if self.settings["UnionType"] not in ("ALL", "DISTINCT"):
            raise ValueError(f"UnionType must be ALL or DISTINCT, not {self.settings['UnionType']!r}.")

    def script(self, variables: Sequence[str]) -> str:
        return (
            f"{self.variable} = sparkUnion(glueContext, unionType={text(self.settings['UnionType'])}, "
            f'mapping={{"source1": {variables[0]}, "source2": {variables[1]}}}, '
            f"transformation_ctx={text(self.variable)})"
        )

    def relation(self, run: Run, inputs: Sequence[Output]) -> Output:
        from ..sparksql.typing import SparkSqlError, Typed, unified

        first, second = self.frame(inputs, 0), self.frame(inputs, 1)
        if len(first.columns) != len(second.columns):
            raise self.fail(
                f"its inputs have {len(first.columns)} and {len(second.columns)} columns; a union needs as many on "
                "both sides."
            )
        pairs = zip(first.columns, second.columns, strict=True)
        try:
            kinds = [unified([Typed("", one.kind), Typed("", other.kind)])[0].kind for one, other in pairs]
        except SparkSqlError as problem:
            raise self.fail(str(problem)) from None
        word = "UNION ALL" if self.settings["UnionType"] == "ALL" else "UNION"
        sql = f"{_as_kinds(first, kinds)} {word} {_as_kinds(second, kinds)}"
        return run.view(sql, [Column(one.name, kind) for one, kind in zip(first.columns, kinds, strict=True)])


def _as_kinds(frame: Frame, kinds: Sequence[str]) -> str:
    from .. import casts

    cast = [
        f"{casts.cast(f'c{at}', column.kind, kind)} AS c{at}"
        for at, (column, kind) in enumerate(zip(frame.columns, kinds, strict=True))
    ]
    return f"SELECT {', '.join(cast)} FROM {frame.sql}"
