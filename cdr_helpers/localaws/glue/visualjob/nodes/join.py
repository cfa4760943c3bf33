"""Join: rows of two inputs whose keys are equal (AWS Glue: "Join class" for the equijoin; Spark for the other kinds).

An equijoin keeps the keys of both sides; a name of the second input that the first has too gets a dot before it. A NULL
key matches nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ..frames import Frame, Output, Term, every
from .base import Node, path_text, text

if TYPE_CHECKING:
    from ..execute import Run

KINDS = {
    "equijoin": "JOIN",
    "left": "LEFT JOIN",
    "right": "RIGHT JOIN",
    "outer": "FULL JOIN",
    "leftsemi": "SEMI JOIN",
    "leftanti": "ANTI JOIN",
}
_LEFT_ONLY = ("leftsemi", "leftanti")


class Join(Node):
    """Two inputs side by side."""

    arity = (2, 2)
    required = ("JoinType", "Columns")
    helpers = ("frame",)

    def check(self) -> None:
        super().check()
        if self.settings["JoinType"] not in KINDS:
            raise ValueError(f"JoinType must be one of {', '.join(KINDS)}, not {self.settings['JoinType']!r}.")
        by_input = {one.get("From"): one.get("Keys") or [] for one in self.settings["Columns"]}
        if set(by_input) != set(self.inputs):
            raise ValueError("Columns must have one entry for each of the two inputs.")
        if len({len(keys) for keys in by_input.values()}) != 1 or not all(by_input.values()):
            raise ValueError("Columns must name as many Keys for one input as for the other, at least one.")

    def needs(self) -> tuple[str, ...]:
        return () if self.settings["JoinType"] == "equijoin" else self.helpers

    def _keys(self, at: int) -> list[list[str]]:
        entries = {one["From"]: one["Keys"] for one in self.settings["Columns"]}
        return list(entries[self.inputs[at]])

    def script(self, variables: Sequence[str]) -> str:
        left, right = ([path_text(path) for path in self._keys(at)] for at in (0, 1))
        if self.settings["JoinType"] == "equijoin":
            keys = [f"[{', '.join(map(text, side))}]" for side in (left, right)]
            return (
                f"{self.variable} = Join.apply(frame1={variables[0]}, frame2={variables[1]}, keys1={keys[0]}, "
                f"keys2={keys[1]}, transformation_ctx={text(self.variable)})"
            )
        frames = [f"{variable}DF" for variable in variables]
        test = " & ".join(
            f"({frames[0]}[{text(one)}] == {frames[1]}[{text(other)}])" for one, other in zip(left, right, strict=True)
        )
        return (
            f"{frames[0]} = {variables[0]}.toDF()\n{frames[1]} = {variables[1]}.toDF()\n"
            f"{self.variable} = DynamicFrame.fromDF({frames[0]}.join({frames[1]}, {test}, "
            f"{text(self.settings['JoinType'])}), glueContext, {text(self.variable)})"
        )

    def relation(self, run: Run, inputs: Sequence[Output]) -> Output:
        left, right = self.frame(inputs, 0), self.frame(inputs, 1)
        kind = self.settings["JoinType"]
        source = f"{left.sql} l {KINDS[kind]} {right.sql} r ON {self._test(left, right)}"
        terms = every(left, "l")
        if kind not in _LEFT_ONLY:
            taken = set(left.names) if kind == "equijoin" else set()
            terms += [_beside(term, taken) for term in every(right, "r")]
        return run.select(terms, source)

    def _test(self, left: Frame, right: Frame) -> str:
        from ..sparksql.typing import SparkSqlError, Typed, compared

        tests = []
        for one, other in zip(self._keys(0), self._keys(1), strict=True):
            at, to = self.position(left, self.flat(one)), self.position(right, self.flat(other))
            try:
                pair = compared(Typed(f"l.c{at}", left.columns[at].kind), Typed(f"r.c{to}", right.columns[to].kind))
            except SparkSqlError as problem:
                raise self.fail(str(problem)) from None
            tests.append(f"{pair[0].sql} = {pair[1].sql}")
        return " AND ".join(tests)


def _beside(term: Term, taken: set[str]) -> Term:
    return Term(f".{term.name}", term.kind, term.sql) if term.name in taken else term
