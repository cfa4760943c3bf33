"""DynamicTransform: the ready-made transforms of Glue Studio whose functions AWS names `gs_…`.

What each does is from AWS Glue "Transform data with AWS Glue managed transforms"; how their parameters are called, from
public scripts of Glue Studio. On AWS their code lies in a bucket of AWS's; here it is Spark SQL, the same text in the
script and in the relation. A function, or a parameter, that is not known well enough is refused by name.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .. import casts, sparktypes
from ..frames import Frame, Output, Term, every
from .base import Node, text

if TYPE_CHECKING:
    from ..execute import Run

Parameters = Mapping[str, Sequence[str]]
_MOST_PIVOTED = 10_000


class Unusable(ValueError):
    """A parameter whose value makes no sense; the text names it."""


@dataclass(frozen=True)
class Transform:
    """One function: what it must and may be given, its lines, its relation, and the helper that its lines use."""

    required: tuple[str, ...]
    optional: tuple[str, ...]
    script: Callable[[DynamicTransform, str], str]
    relation: Callable[[DynamicTransform, Run, Frame], Frame]
    helper: str


class DynamicTransform(Node):
    """A function over the rows of its input. `OutputSchemas` only tells Glue Studio of the columns."""

    required = ("FunctionName",)

    @property
    def function(self) -> str:
        """The function's name."""
        return str(self.settings["FunctionName"])

    @property
    def given(self) -> dict[str, list[str]]:
        """The parameters that have a value."""
        named = {one.get("Name", ""): list(one.get("Value") or []) for one in self.settings.get("Parameters") or []}
        return {name: values for name, values in named.items() if any(values)}

    def one(self, name: str, otherwise: str = "") -> str:
        """The value of a parameter."""
        return (self.given.get(name) or [otherwise])[0]

    def flag(self, name: str) -> bool:
        """Whether a parameter is true."""
        return self.one(name).lower() == "true"

    def several(self, name: str) -> list[str]:
        """The values of a parameter that is a list, or a text with commas."""
        values = self.given.get(name) or []
        listed = values[0].split(",") if len(values) == 1 else values
        return [value.strip() for value in listed]

    def refusal(self) -> str:
        known = TRANSFORMS.get(self.function)
        if known is None:
            listed = ", ".join(TRANSFORMS)
            return f"the function {self.function} of a DynamicTransform is not supported here; {listed} are."
        missing = [name for name in known.required if name not in self.given]
        if missing:
            return f"{self.function} needs the parameter {missing[0]}."
        odd = [name for name in self.given if name not in (*known.required, *known.optional)]
        if odd:
            return f"the parameter {odd[0]} of {self.function} is not supported here."
        try:
            known.script(self, "frame")
        except Unusable as problem:
            return f"{self.function}: {problem}"
        return ""

    def needs(self) -> tuple[str, ...]:
        return () if self.refusal() else (TRANSFORMS[self.function].helper,)

    def script(self, variables: Sequence[str]) -> str:
        if self.refusal():
            return f"# The function {self.function} is not generated here."
        return TRANSFORMS[self.function].script(self, variables[0])

    def relation(self, run: Run, inputs: Sequence[Output]) -> Output:
        from ..sparksql.typing import SparkSqlError

        try:
            return TRANSFORMS[self.function].relation(self, run, self.frame(inputs))
        except SparkSqlError as problem:
            raise self.fail(str(problem)) from None


# ---- columns that are expressions
Expressions = Callable[[DynamicTransform], dict[str, str]]
"""New column → its Spark SQL expression over the columns there were."""


def _columns(
    required: Sequence[str], optional: Sequence[str], made: Expressions, at_once: bool = False, settled: bool = False
) -> Transform:
    """A transform that adds columns, or puts them in the place of those with the same name. `at_once`: the moment of
    the run stands for the current timestamp; `settled`: values that are drawn are drawn once."""

    def script(node: DynamicTransform, frame: str) -> str:
        shown = ", ".join(f"{text(name)}: {text(sql)}" for name, sql in made(node).items())
        return (
            f"{node.variable} = gsColumns(glueContext, frame={frame}, columns={{{shown}}}, "
            f"transformation_ctx={text(node.variable)})"
        )

    def relation(node: DynamicTransform, run: Run, frame: Frame) -> Frame:
        from ..sparksql import translate

        terms = every(frame)
        for name, sql in made(node).items():
            typed = translate.expression(sql, frame)
            value = typed.sql.replace("timezone('UTC', now())", f"make_timestamp({run.moment * 1000})")
            places = [at for at, term in enumerate(terms) if term.name.lower() == name.lower()]
            for at in places or [len(terms)]:
                terms[at : at + 1] = [Term(name, typed.kind, value if at_once else typed.sql)]
        result = run.select(terms, frame)
        return run.settled(result) if settled else result

    return Transform(tuple(required), tuple(optional), script, relation, "gsColumns")


def reference(name: str) -> str:
    """A column's name as Spark SQL; one with dots may come in backticks already."""
    bare = name[1:-1] if len(name) > 1 and name[0] == name[-1] == "`" else name
    return "`" + bare.replace("`", "``") + "`"


def _bare(name: str) -> str:
    return reference(name)[1:-1].replace("``", "`")


def _literal(value: str) -> str:
    """Text as Spark SQL literal."""
    return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"


def _now(node: DynamicTransform) -> dict[str, str]:
    form = node.one("dateFormat")
    now = "current_timestamp()"
    return {node.one("colName"): f"date_format({now}, {_literal(pattern(form))})" if form else now}


def _format_timestamp(node: DynamicTransform) -> dict[str, str]:
    column, form = node.one("colName"), _literal(pattern(node.one("dateFormat")))
    return {node.one("newColName", _bare(column)): f"date_format({reference(column)}, {form})"}


_PYTHON_CODES = {
    "Y": "yyyy",
    "y": "yy",
    "m": "MM",
    "d": "dd",
    "H": "HH",
    "I": "hh",
    "M": "mm",
    "S": "ss",
    "f": "SSSSSS",
    "p": "a",
    "b": "MMM",
    "B": "MMMM",
    "a": "E",
    "A": "EEEE",
    "j": "DDD",
    "%": "'%'",
}


def pattern(form: str) -> str:
    """A date format as Spark's pattern: it is one already, or has Python's codes. Raises `Unusable` for a code that
    Spark has no letters for."""
    if "%" not in form:
        return form
    made = []
    for code, other in re.findall(r"%(.)|([A-Za-z']+|[^%A-Za-z']+)", form, re.DOTALL):
        if code and code not in _PYTHON_CODES:
            raise Unusable(f"the code %{code} of dateFormat is not supported here.")
        quoted = "'" + other.replace("'", "''") + "'" if re.match("[A-Za-z']", other) else other
        made.append(_PYTHON_CODES[code] if code else quoted)
    return "".join(made)


# `autodetect` is AWS's "best guess"; this one takes a number for seconds, milliseconds or microseconds by its digits.
_MOMENTS = {
    "iso": "CAST({c} AS timestamp)",
    "seconds": "timestamp_seconds(CAST({c} AS double))",
    "milliseconds": "timestamp_millis(CAST({c} AS bigint))",
    "microseconds": "timestamp_micros(CAST({c} AS bigint))",
    "autodetect": "CASE WHEN CAST({c} AS string) RLIKE '^[0-9]{{12,14}}$' THEN "
    "timestamp_millis(CAST(CAST({c} AS string) AS bigint)) WHEN CAST({c} AS string) RLIKE '^[0-9]{{15,17}}$' THEN "
    "timestamp_micros(CAST(CAST({c} AS string) AS bigint)) WHEN CAST({c} AS string) RLIKE '^[0-9]{{9,11}}$' THEN "
    "timestamp_seconds(CAST(CAST({c} AS string) AS double)) ELSE CAST({c} AS timestamp) END",
}


def _to_timestamp(node: DynamicTransform) -> dict[str, str]:
    column, kind = node.one("colName"), node.one("colType")
    if kind not in _MOMENTS:
        raise Unusable(f"colType must be one of {', '.join(_MOMENTS)}, not {kind!r}.")
    return {node.one("newColName", _bare(column)): _MOMENTS[kind].format(c=reference(column))}


def _explode(node: DynamicTransform) -> dict[str, str]:
    function = "explode_outer" if node.flag("outer") else "explode"
    return {node.one("newCol"): f"{function}({reference(node.one('colName'))})"}


def _split(node: DynamicTransform) -> dict[str, str]:
    column = node.one("colName")
    return {node.one("newColName", _bare(column)): f"split({reference(column)}, {_literal(node.one('pattern'))})"}


def _concat(node: DynamicTransform) -> dict[str, str]:
    parts = ", ".join(f"coalesce(CAST({reference(name)} AS string), '')" for name in node.several("colList"))
    return {node.one("colName"): f"concat_ws({_literal(node.one('spacer'))}, {parts})"}


def _array_to_columns(node: DynamicTransform) -> dict[str, str]:
    """Elements by their place, the first is 1; the first ones when nothing is said."""
    names, places = node.several("colList"), node.several("indexes")
    if places and (len(places) != len(names) or not all(place.isdigit() and int(place) for place in places)):
        raise Unusable(f"indexes must be as many whole numbers from 1 as colList has names, not {','.join(places)!r}.")
    chosen = [int(place) - 1 for place in places] or list(range(len(names)))
    return {name: f"{reference(node.one('colName'))}[{at}]" for name, at in zip(names, chosen, strict=True)}


# ---- rows without anything in them
def _null_rows_script(node: DynamicTransform, frame: str) -> str:
    return (
        f"{node.variable} = gsNullRows(glueContext, frame={frame}, extended={node.flag('extended')}, "
        f"transformation_ctx={text(node.variable)})"
    )


def _null_rows(node: DynamicTransform, run: Run, frame: Frame) -> Frame:
    there = []
    for at, column in enumerate(frame.columns):
        test = f"c{at} IS NOT NULL"
        if column.kind in sparktypes.FRACTIONAL:
            test = f"(c{at} IS NOT NULL AND NOT isnan(c{at}))"
        if column.kind == "string" and node.flag("extended"):
            test = f"COALESCE(c{at} <> '', false)"
        there.append(test)
    return run.select(every(frame), frame, where=" OR ".join(there) or "true")


# ---- structs become columns
def _flatten_script(node: DynamicTransform, frame: str) -> str:
    return (
        f"{node.variable} = gsFlatten(glueContext, frame={frame}, separator={text(node.one('separator', '.'))}, "
        f"maxLevels={_levels(node)}, transformation_ctx={text(node.variable)})"
    )


def _levels(node: DynamicTransform) -> int:
    """How many levels are taken apart; 0 for all."""
    if not node.one("maxLevels", "0").isdigit():
        raise Unusable(f"maxLevels must be a whole number, not {node.one('maxLevels')!r}.")
    return int(node.one("maxLevels", "0"))


def _flatten(node: DynamicTransform, run: Run, frame: Frame) -> Frame:
    separator, most = node.one("separator", "."), _levels(node)

    def taken(term: Term, level: int) -> list[Term]:
        if not term.kind.startswith("struct<") or (most and level == most):
            return [term]
        inner = [
            Term(f"{term.name}{separator}{name}", kind, f"struct_extract({term.sql}, {sparktypes.literal(name)})")
            for name, kind in sparktypes.fields(term.kind)
        ]
        return [made for one in inner for made in taken(one, level + 1)]

    return run.select([made for term in every(frame) for made in taken(term, 0)], frame)


# ---- values become columns
_AGGREGATES = ("avg", "mean", "sum", "min", "max", "count")


def _pivot_script(node: DynamicTransform, frame: str) -> str:
    if node.one("aggFunction") not in _AGGREGATES:
        raise Unusable(f"aggFunction must be one of {', '.join(_AGGREGATES)}, not {node.one('aggFunction')!r}.")
    if len(node.several("colList")) != 1:
        raise Unusable("more than one column in colList is not supported here.")
    return (
        f"{node.variable} = gsPivot(glueContext, frame={frame}, aggCol={text(_bare(node.one('aggCol')))}, "
        f"aggFunction={text(node.one('aggFunction'))}, colName={text(_bare(node.several('colList')[0]))}, "
        f"transformation_ctx={text(node.variable)})"
    )


def _pivot(node: DynamicTransform, run: Run, frame: Frame) -> Frame:
    """A row for each group of the other columns, a column for each value, in order; NULL is a value of the name null,
    and what a group has no row for is NULL."""
    from ..sparksql import aggregates
    from ..sparksql.typing import Typed

    measured, by = (node.position(frame, _bare(name)) for name in (node.one("aggCol"), node.several("colList")[0]))
    kind = frame.columns[by].kind
    shown = f"c{by}" if kind == "string" else casts.cast(f"c{by}", kind, "string")
    query = f"SELECT {shown}, min(c{by}) AS v FROM {frame.sql} GROUP BY 1 ORDER BY v NULLS FIRST, 1"
    values = [row[0] for row in run.connection.execute(query).fetchall()]
    if len(values) > _MOST_PIVOTED:
        raise node.fail(f"column '{frame.columns[by].name}' has {len(values)} values; {_MOST_PIVOTED} become columns.")
    rest = [at for at in range(len(frame.columns)) if at not in (measured, by)]
    terms = [term for at, term in enumerate(every(frame)) if at in rest]
    spark = {"mean": "avg"}.get(node.one("aggFunction"), node.one("aggFunction"))
    for value in values:
        same = f"{shown} IS NULL" if value is None else f"{shown} = {sparktypes.literal(value)}"
        picked = Typed(f"CASE WHEN {same} THEN c{measured} END", frame.columns[measured].kind)
        typed = aggregates.aggregate(spark, [picked], False).typed()
        there = f"CASE WHEN count(*) FILTER (WHERE {same}) > 0 THEN {typed.sql} END"
        terms.append(Term("null" if value is None else value, typed.kind, there))
    grouped = f" GROUP BY {', '.join(f'c{at}' for at in rest)}" if rest else ""
    return run.select(terms, f"(SELECT * FROM {frame.sql}) input", grouped=grouped)


# ---- the number of Spark's partitions, which is nothing to the rows
def _repartition_script(node: DynamicTransform, frame: str) -> str:
    count = node.one("numPartitionsStr")
    if not re.fullmatch(r"([1-9]\d*)?", count):
        raise Unusable(f"numPartitionsStr must be a whole number from 1, not {count!r}.")
    return f"{node.variable} = {frame}.repartition({count})" if count else f"{node.variable} = {frame}"


TRANSFORMS: dict[str, Transform] = {
    "gs_now": _columns(["colName"], ["dateFormat"], _now, at_once=True),
    "gs_uuid": _columns(["colName"], [], lambda node: {node.one("colName"): "uuid()"}, settled=True),
    "gs_derived": _columns(["colName", "expr"], [], lambda node: {node.one("colName"): node.one("expr")}),
    "gs_format_timestamp": _columns(["colName", "dateFormat"], ["newColName"], _format_timestamp),
    "gs_to_timestamp": _columns(["colName", "colType"], ["newColName"], _to_timestamp),
    "gs_explode": _columns(["colName", "newCol"], ["outer"], _explode),
    "gs_split": _columns(["colName", "pattern"], ["newColName"], _split),
    "gs_concat": _columns(["colName", "colList"], ["spacer"], _concat),
    "gs_array_to_cols": _columns(["colName", "colList"], ["indexes"], _array_to_columns),
    "gs_null_rows": Transform((), ("extended",), _null_rows_script, _null_rows, "gsNullRows"),
    "gs_flatten": Transform((), ("maxLevels", "separator"), _flatten_script, _flatten, "gsFlatten"),
    "gs_pivot": Transform(("aggCol", "aggFunction", "colList"), (), _pivot_script, _pivot, "gsPivot"),
    "gs_repartition": Transform(
        (), ("numPartitionsStr",), _repartition_script, lambda node, run, frame: frame, "frame"
    ),
}
"""Function → what it does. AWS's others (gs_unpivot, gs_lookup, gs_regex_extract …) are not known well enough."""
