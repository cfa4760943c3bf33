"""Aggregate: groups and statistics of columns (Spark's aggregate functions; NULL is a group of its own)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ..frames import Output, Term, kept
from .base import Node, path_text, text

if TYPE_CHECKING:
    from ..execute import Run

# Function of the API → Spark SQL's, whether of distinct values.
FUNCTIONS = {
    "avg": ("avg", False),
    "countDistinct": ("count", True),
    "count": ("count", False),
    "first": ("first", False),
    "last": ("last", False),
    "kurtosis": ("kurtosis", False),
    "max": ("max", False),
    "min": ("min", False),
    "skewness": ("skewness", False),
    "stddev_samp": ("stddev_samp", False),
    "stddev_pop": ("stddev_pop", False),
    "sum": ("sum", False),
    "sumDistinct": ("sum", True),
    "var_samp": ("var_samp", False),
    "var_pop": ("var_pop", False),
}


class Aggregate(Node):
    """One row a group; its columns are the groups, then the statistics, named as Spark names them."""

    required = ("Aggs",)
    helpers = ("aggregate",)

    def check(self) -> None:
        super().check()
        for one in self.settings["Aggs"]:
            if one.get("AggFunc") not in FUNCTIONS:
                raise ValueError(f"AggFunc must be one of {', '.join(FUNCTIONS)}, not {one.get('AggFunc')!r}.")
            if not one.get("Column"):
                raise ValueError("each of Aggs needs a Column.")

    def script(self, variables: Sequence[str]) -> str:
        groups = ", ".join(text(path_text(path)) for path in self.settings.get("Groups") or [])
        aggs = ", ".join(f"[{text(path_text(one['Column']))}, {text(one['AggFunc'])}]" for one in self.settings["Aggs"])
        return (
            f"{self.variable} = sparkAggregate(glueContext, parentFrame={variables[0]}, groups=[{groups}], "
            f"aggs=[{aggs}], transformation_ctx={text(self.variable)})"
        )

    def relation(self, run: Run, inputs: Sequence[Output]) -> Output:
        frame = self.frame(inputs)
        groups = [self.position(frame, self.flat(path)) for path in self.settings.get("Groups") or []]
        terms = kept(frame, groups)
        for one in self.settings["Aggs"]:
            at = self.position(frame, self.flat(one["Column"]))
            terms.append(self._term(one["AggFunc"], frame.columns[at].name, frame.columns[at].kind, f"c{at}"))
        grouped = f" GROUP BY {', '.join(f'c{at}' for at in groups)}" if groups else ""
        return run.select(terms, f"(SELECT * FROM {frame.sql}) input", grouped=grouped)

    def _term(self, function: str, name: str, kind: str, sql: str) -> Term:
        from ..sparksql import aggregates
        from ..sparksql.typing import SparkSqlError, Typed

        spark, distinct = FUNCTIONS[function]
        try:
            typed = aggregates.aggregate(spark, [Typed(sql, kind)], distinct).typed()
        except SparkSqlError as problem:
            raise self.fail(str(problem)) from None
        return Term(f"{spark}({'DISTINCT ' if distinct else ''}{name})", typed.kind, typed.sql)
