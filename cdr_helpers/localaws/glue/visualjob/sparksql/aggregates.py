"""Spark's aggregate and window functions, as tables: name → DuckDB expression and result type.

`call` is the DuckDB aggregate alone, so that FILTER and OVER can follow it; `wrap` is what is done to its result.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from .. import sparktypes
from ..sparktypes import INTEGRAL, is_decimal
from .typing import SparkSqlError, Typed, decimal_kind, decimal_of, to

DISTINCT = "DISTINCT "


@dataclass(frozen=True)
class Aggregate:
    """An aggregate: DuckDB's call, the result's type, a wrapper (`{}`), a filter of its own."""

    call: str
    kind: str
    wrap: str = "{}"
    where: str = ""
    composite: bool = False

    def typed(self, where: str = "", over: str = "") -> Typed:
        """The finished expression, with a FILTER condition and an OVER clause."""
        if self.composite and (where or over):
            raise SparkSqlError(f"{self.call.split('(')[0][3:]} with FILTER or OVER is not supported here.")
        conditions = " AND ".join(f"({one})" for one in (self.where, where) if one)
        filtered = f" FILTER (WHERE {conditions})" if conditions else ""
        return Typed(self.wrap.format(f"{self.call}{filtered}{over}"), self.kind)


Maker = Callable[[Sequence[Typed], str], Aggregate]


def _count(args: Sequence[Typed], distinct: str) -> Aggregate:
    if len(args) == 1:
        return Aggregate(f"count({distinct}{args[0].sql})", "bigint")
    complete = " AND ".join(f"{arg.sql} IS NOT NULL" for arg in args)
    counted = f"count({distinct}({', '.join(arg.sql for arg in args)}))" if distinct else "count(*)"
    return Aggregate(counted, "bigint", where=complete)


def _number(arg: Typed) -> Typed:
    return arg if arg.numeric else to(arg, "double")


def _sum(args: Sequence[Typed], distinct: str) -> Aggregate:
    one = _number(args[0])
    if one.kind in INTEGRAL:
        return Aggregate(f"sum({distinct}({one.sql})::BIGINT)", "bigint", "sp_wrap64({})")
    if is_decimal(one.kind):
        precision, scale = decimal_of(one)
        kind = decimal_kind(precision + 10, scale)
        return Aggregate(f"sum({distinct}{one.sql})", kind, f"TRY_CAST({{}} AS {sparktypes.duckdb(kind)})")
    return Aggregate(f"sum({distinct}{to(one, 'double').sql})", "double")


def _avg(args: Sequence[Typed], distinct: str) -> Aggregate:
    one = _number(args[0])
    if is_decimal(one.kind):
        if distinct:
            raise SparkSqlError("avg(DISTINCT decimal) is not supported here.")
        precision, scale = decimal_of(one)
        kind = decimal_kind(precision + 4, scale + 4)
        return Aggregate(f"sp_decimal_avg({one.sql}, {10 ** (scale + 4)}, {scale + 4})", kind, composite=True)
    return Aggregate(f"avg({distinct}{to(one, 'double').sql})", "double")


def _same(name: str) -> Maker:
    """An aggregate that gives one of its values."""
    return lambda args, distinct: Aggregate(f"{name}({distinct}{args[0].sql})", args[0].kind)


def _double(name: str) -> Maker:
    """A statistic of doubles; `0.0 / 0` is NaN there as here."""

    def made(args: Sequence[Typed], distinct: str) -> Aggregate:
        values = ", ".join(to(arg, "double").sql for arg in args)
        return Aggregate(f"{name}({distinct}{values})", "double", composite=name.startswith("sp_"))

    return made


def _boolean(name: str) -> Maker:
    return lambda args, distinct: Aggregate(f"{name}({to(args[0], 'boolean').sql})", "boolean")


def _bits(name: str) -> Maker:
    return lambda args, distinct: Aggregate(f"{name}({distinct}{args[0].sql})", args[0].kind)


def _count_if(args: Sequence[Typed], distinct: str) -> Aggregate:
    return Aggregate("count(*)", "bigint", where=to(args[0], "boolean").sql)


def _approximate_count(args: Sequence[Typed], distinct: str) -> Aggregate:
    return Aggregate(f"count(DISTINCT {args[0].sql})", "bigint")


def _list(distinct_always: bool) -> Maker:
    def made(args: Sequence[Typed], distinct: str) -> Aggregate:
        one = args[0]
        mark = DISTINCT if distinct_always else distinct
        empty = f"COALESCE({{}}, []::{sparktypes.duckdb(one.kind)}[])"
        return Aggregate(f"list({mark}{one.sql})", f"array<{one.kind}>", empty, where=f"{one.sql} IS NOT NULL")

    return made


def _by(name: str) -> Maker:
    return lambda args, distinct: Aggregate(f"{name}({args[0].sql}, {args[1].sql})", args[0].kind)


def _ends(name: str) -> Maker:
    """`first` and `last`: of the values as they come, of those that are there when asked."""

    def made(args: Sequence[Typed], distinct: str) -> Aggregate:
        ignore = len(args) > 1 and args[1].sql.lower() == "true"
        return Aggregate(f"{name}({args[0].sql})", args[0].kind, where=f"{args[0].sql} IS NOT NULL" if ignore else "")

    return made


def _percentile(args: Sequence[Typed], distinct: str) -> Aggregate:
    kind = "array<double>" if args[1].kind.startswith("array<") else "double"
    share = args[1].sql if kind != "double" else to(args[1], "double").sql
    return Aggregate(f"quantile_cont({to(args[0], 'double').sql}, {share})", kind)


def _percentile_approx(args: Sequence[Typed], distinct: str) -> Aggregate:
    one = _number(args[0]) if args[0].kind not in ("date", "timestamp") else args[0]
    several = args[1].kind.startswith("array<")
    share = args[1].sql if several else to(args[1], "double").sql
    return Aggregate(f"quantile_disc({one.sql}, {share})", f"array<{one.kind}>" if several else one.kind)


def _median(args: Sequence[Typed], distinct: str) -> Aggregate:
    return Aggregate(f"quantile_cont({to(args[0], 'double').sql}, 0.5)", "double")


AGGREGATES: dict[str, Maker] = {
    "count": _count,
    "count_if": _count_if,
    "approx_count_distinct": _approximate_count,
    "sum": _sum,
    "avg": _avg,
    "mean": _avg,
    "min": _same("min"),
    "max": _same("max"),
    "mode": _same("mode"),
    "any_value": _ends("first"),
    "first": _ends("first"),
    "first_value": _ends("first"),
    "last": _ends("last"),
    "last_value": _ends("last"),
    **dict.fromkeys(("stddev", "std", "stddev_samp"), _double("stddev_samp")),
    "stddev_pop": _double("stddev_pop"),
    **dict.fromkeys(("variance", "var_samp"), _double("var_samp")),
    "var_pop": _double("var_pop"),
    "skewness": _double("sp_skewness"),
    "kurtosis": _double("sp_kurtosis"),
    "corr": _double("corr"),
    "covar_pop": _double("covar_pop"),
    "covar_samp": _double("covar_samp"),
    **dict.fromkeys(("bool_and", "every"), _boolean("bool_and")),
    **dict.fromkeys(("bool_or", "some", "any"), _boolean("bool_or")),
    "bit_and": _bits("bit_and"),
    "bit_or": _bits("bit_or"),
    "bit_xor": _bits("bit_xor"),
    **dict.fromkeys(("collect_list", "array_agg"), _list(False)),
    "collect_set": _list(True),
    "max_by": _by("max_by"),
    "min_by": _by("min_by"),
    "percentile": _percentile,
    **dict.fromkeys(("percentile_approx", "approx_percentile"), _percentile_approx),
    "median": _median,
}


def aggregate(name: str, args: Sequence[Typed], distinct: bool) -> Aggregate:
    """An aggregate function's translation. Raises `SparkSqlError`."""
    try:
        return AGGREGATES[name](args, DISTINCT if distinct else "")
    except IndexError:
        raise SparkSqlError(f"[WRONG_NUM_ARGS] The function {name} does not take {len(args)} arguments.") from None


# ---- window functions
def _ranking(name: str, kind: str) -> Maker:
    wrap = "({})::INTEGER" if kind == "int" else "{}"
    return lambda args, _: Aggregate(f"{name}({', '.join(arg.sql for arg in args)})", kind, wrap)


def _shifted(name: str) -> Maker:
    def made(args: Sequence[Typed], _: str) -> Aggregate:
        rest = [args[1].sql] if len(args) > 1 else []
        if len(args) > 2:
            rest.append(to(args[2], args[0].kind).sql)
        return Aggregate(f"{name}({', '.join([args[0].sql, *rest])})", args[0].kind)

    return made


def _framed(name: str) -> Maker:
    def made(args: Sequence[Typed], _: str) -> Aggregate:
        ignore = len(args) > 1 and args[-1].sql.lower() == "true"
        values = args[:-1] if ignore or args[-1].kind == "boolean" else args
        shown = ", ".join(arg.sql for arg in values)
        return Aggregate(f"{name}({shown}{' IGNORE NULLS' if ignore else ''})", args[0].kind)

    return made


WINDOW_ONLY: dict[str, Maker] = {
    "row_number": _ranking("row_number", "int"),
    "rank": _ranking("rank", "int"),
    "dense_rank": _ranking("dense_rank", "int"),
    "ntile": _ranking("ntile", "int"),
    "percent_rank": _ranking("percent_rank", "double"),
    "cume_dist": _ranking("cume_dist", "double"),
    "lag": _shifted("lag"),
    "lead": _shifted("lead"),
    "nth_value": _framed("nth_value"),
}
_FRAMED = {name: _framed("first_value") for name in ("first", "first_value", "any_value")} | {
    name: _framed("last_value") for name in ("last", "last_value")
}


def window(name: str, args: Sequence[Typed], distinct: bool) -> Aggregate:
    """A function before OVER. Raises `SparkSqlError`."""
    maker = _FRAMED.get(name) or WINDOW_ONLY.get(name)
    if maker is None:
        if name not in AGGREGATES:
            raise SparkSqlError(f"the function {name} with OVER is not supported here.")
        return aggregate(name, args, distinct)
    try:
        return maker(args, "")
    except IndexError:
        raise SparkSqlError(f"[WRONG_NUM_ARGS] The function {name} does not take {len(args)} arguments.") from None
