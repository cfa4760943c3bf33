"""Functions whose DuckDB expression needs more than a template: units, patterns, lambdas, maps."""

from __future__ import annotations

from collections.abc import Callable

from ..tables import types as t
from ..tables.types import Type, duckdb_name, field_name, quote
from . import ast, casts, patterns
from .expressions import UNIT_MILLISECONDS, Expressions, fail, local_time
from .scope import Typed

Rule = Callable[[Expressions, ast.Call, list[Typed], Type], Typed]
TRUNCATED = ("millisecond", "second", "minute", "hour", "day", "week", "month", "quarter", "year")
MONTHS = {"month": 1, "quarter": 3, "year": 12}


def constant(node: ast.Call, args: list[Typed], index: int, what: str) -> str:
    """The text of an argument that must be a literal."""
    text = args[index].constant
    if text is None:
        fail("NOT_SUPPORTED", f"{node.name} needs a constant {what}", node)
    return text


def _unit(node: ast.Call, args: list[Typed], known: tuple[str, ...] = TRUNCATED) -> str:
    unit = constant(node, args, 0, "unit").lower()
    if unit not in known:
        fail("INVALID_FUNCTION_ARGUMENT", f"'{unit}' is not a valid TIMESTAMP field", node)
    return unit


def date_trunc(self: Expressions, node: ast.Call, args: list[Typed], result: Type) -> Typed:
    """Cut to a unit in the value's own zone."""
    unit = _unit(node, args)
    cut = f"date_trunc('{unit}', {local_time(args[1])})"
    forms = {
        "date": f"CAST({cut} AS DATE)",
        "timestamptz": f"t_zoned({cut}, ({args[1].sql}).z)",
    }
    return Typed(forms.get(result.kind, cut), result)


def date_add(self: Expressions, node: ast.Call, args: list[Typed], result: Type) -> Typed:
    """Add whole units."""
    unit, amount = _unit(node, args), args[1].sql
    if unit in MONTHS:
        step = f"t_months({amount} * {MONTHS[unit]})"
    else:
        step = f"t_ms({amount} * {1 if unit == 'millisecond' else UNIT_MILLISECONDS[unit.upper()]})"
    if result.kind == "timestamptz":
        return Typed(f"t_zoned({local_time(args[2])} + {step}, ({args[2].sql}).z)", result)
    moved = f"({args[2].sql} + {step})"
    return Typed(f"CAST({moved} AS DATE)" if result.kind == "date" else moved, result)


def date_diff(self: Expressions, node: ast.Call, args: list[Typed], result: Type) -> Typed:
    """Whole units elapsed, cut towards zero."""
    unit = _unit(node, args)
    a, b = (f"CAST({local_time(x) if unit in MONTHS else _instant(x)} AS TIMESTAMP)" for x in args[1:])
    if unit in MONTHS:
        return Typed(f"CAST(t_months_between({a}, {b}) // {MONTHS[unit]} AS BIGINT)", result)
    size = 1000 * (1 if unit == "millisecond" else UNIT_MILLISECONDS[unit.upper()])
    return Typed(f"(t_us_between({a}, {b}) // {size})", result)


def _instant(typed: Typed) -> str:
    return f"({typed.sql}).t" if typed.type.kind == "timestamptz" else typed.sql


def cast_date(self: Expressions, node: ast.Call, args: list[Typed], result: Type) -> Typed:
    """`date(x)` is a cast."""
    return Typed(casts.cast(args[0].sql, args[0].type, t.DATE, False) or "NULL", t.DATE)


def date_format(self: Expressions, node: ast.Call, args: list[Typed], result: Type) -> Typed:
    """MySQL patterns."""
    pattern = constant(node, args, 1, "format")
    return Typed(patterns.format_mysql(f"CAST({local_time(args[0])} AS TIMESTAMP)", pattern, node), result)


def date_parse(self: Expressions, node: ast.Call, args: list[Typed], result: Type) -> Typed:
    """MySQL patterns."""
    pattern = constant(node, args, 1, "format")
    return Typed(patterns.parse_mysql(args[0].sql, pattern, node), result)


def format_datetime(self: Expressions, node: ast.Call, args: list[Typed], result: Type) -> Typed:
    """Joda patterns."""
    pattern = constant(node, args, 1, "format")
    zoned = args[0].type.kind == "timestamptz"
    zone = f"({args[0].sql}).z" if zoned else "'UTC'"
    stamp = f"CAST({local_time(args[0])} AS TIMESTAMP)"
    return Typed(patterns.format_joda(stamp, zone, pattern, node), result)


def parse_datetime(self: Expressions, node: ast.Call, args: list[Typed], result: Type) -> Typed:
    """Joda patterns."""
    return Typed(patterns.parse_joda(args[0].sql, constant(node, args, 1, "format"), node), result)


def regexp_group(self: Expressions, node: ast.Call, args: list[Typed], result: Type) -> Typed:
    """DuckDB wants the group as a constant."""
    group = int(constant(node, args, 2, "group"))
    if node.name == "regexp_extract":
        return Typed(f"t_regexp_extract({args[0].sql}, t_regexp({args[1].sql}), {group})", result)
    return Typed(f"regexp_extract_all({args[0].sql}, t_regexp({args[1].sql}), {group})", result)


def array_join(self: Expressions, node: ast.Call, args: list[Typed], result: Type) -> Typed:
    """NULL elements are left out, or replaced."""
    shown = casts.text("x", args[0].type.element)
    if len(args) == 3:
        items = f"list_transform({args[0].sql}, lambda x: coalesce({shown}, {args[2].sql}))"
    else:
        items = f"list_transform(list_filter({args[0].sql}, lambda x: x IS NOT NULL), lambda x: {shown})"
    return Typed(f"array_to_string({items}, {args[1].sql})", result)


def _parts(self: Expressions, typed: Typed) -> tuple[list[str], str]:
    """The names and the body of a compiled lambda."""
    head, body = typed.sql.removeprefix("lambda ").split(": ", 1)
    return head.split(", "), body


def zip_with(self: Expressions, node: ast.Call, args: list[Typed], result: Type) -> Typed:
    """Pairs, the shorter one filled with NULL."""
    (x, y), body = _parts(self, args[2])
    i = self.translator.fresh("i")
    a, b = args[0].sql, args[1].sql
    inner = f"list_transform([struct_pack(a := ({a})[{i}], b := ({b})[{i}])], lambda p{i}: "
    inner += _renamed(body, {x: f"p{i}.a", y: f"p{i}.b"}) + ")[1]"
    return Typed(f"list_transform(range(1, greatest(len({a}), len({b})) + 1), lambda {i}: {inner})", result)


def _renamed(body: str, names: dict[str, str]) -> str:
    import re

    return re.sub(r"\b(" + "|".join(map(re.escape, names)) + r")\b", lambda m: names[m.group(1)], body)


def reduce(self: Expressions, node: ast.Call, args: list[Typed], result: Type) -> Typed:
    """Fold: DuckDB's list_reduce with the start value, then the last function."""
    (s, x), step = _parts(self, args[2])
    (f,), last = _parts(self, args[3])
    state = duckdb_name(args[1].type)
    v = self.translator.fresh("v")
    packed = f"list_transform({args[0].sql}, lambda {v}: struct_pack(s := CAST(NULL AS {state}), x := {v}))"
    start = f"struct_pack(s := CAST({args[1].sql} AS {state}), x := CAST(NULL AS {duckdb_name(args[0].type.element)}))"
    a, b = self.translator.fresh("a"), self.translator.fresh("b")
    body = _renamed(step, {s: f"{a}.s", x: f"{b}.x"})
    folded = (
        f"list_reduce(list_prepend({start}, {packed}), lambda {a}, {b}: struct_pack(s := CAST({body} AS {state}), "
        f"x := {a}.x)).s"
    )
    return Typed(f"list_transform([{folded}], lambda {f}: {last})[1]", result)


def map_from_entries(self: Expressions, node: ast.Call, args: list[Typed], result: Type) -> Typed:
    """Rows of key and value."""
    (n0, _), (n1, _) = args[0].type.element.fields
    key, value = quote(field_name(0, n0)), quote(field_name(1, n1))
    keys = f"list_transform({args[0].sql}, lambda x: x.{key})"
    return Typed(f"t_map({keys}, list_transform({args[0].sql}, lambda x: x.{value}))", result)


def _over_entries(self: Expressions, args: list[Typed]) -> tuple[str, str, str]:
    (k, v), body = _parts(self, args[1])
    e = self.translator.fresh("e")
    return e, _renamed(body, {k: f"{e}.key", v: f"{e}.value"}), f"map_entries({args[0].sql})"


def map_filter(self: Expressions, node: ast.Call, args: list[Typed], result: Type) -> Typed:
    """Entries that satisfy the lambda."""
    e, body, entries = _over_entries(self, args)
    return Typed(f"map_from_entries(list_filter({entries}, lambda {e}: {body}))", result)


def transform_keys(self: Expressions, node: ast.Call, args: list[Typed], result: Type) -> Typed:
    """New keys."""
    e, body, entries = _over_entries(self, args)
    return Typed(f"t_map(list_transform({entries}, lambda {e}: {body}), map_values({args[0].sql}))", result)


def transform_values(self: Expressions, node: ast.Call, args: list[Typed], result: Type) -> Typed:
    """New values."""
    e, body, entries = _over_entries(self, args)
    return Typed(f"map(map_keys({args[0].sql}), list_transform({entries}, lambda {e}: {body}))", result)


def map_agg(self: Expressions, node: ast.Call, args: list[Typed], result: Type) -> Typed:
    """Key to one of its values."""
    pair = f"list(struct_pack(k := {args[0].sql}, v := {args[1].sql})) {self.suffix(_with_filter(self, node, args))}"
    k, v = self.translator.fresh("k"), self.translator.fresh("v")
    return Typed(
        f"list_transform([{pair}], lambda {k}: map(list_distinct(list_transform({k}, lambda x: x.k)), "
        f"list_transform(list_distinct(list_transform({k}, lambda x: x.k)), lambda {v}: "
        f"list_filter({k}, lambda x: x.k = {v})[1].v)))[1]",
        result,
    )


def multimap_agg(self: Expressions, node: ast.Call, args: list[Typed], result: Type) -> Typed:
    """Key to all its values."""
    pair = f"list(struct_pack(k := {args[0].sql}, v := {args[1].sql})) {self.suffix(_with_filter(self, node, args))}"
    k, v = self.translator.fresh("k"), self.translator.fresh("v")
    return Typed(
        f"list_transform([{pair}], lambda {k}: map(list_distinct(list_transform({k}, lambda x: x.k)), "
        f"list_transform(list_distinct(list_transform({k}, lambda x: x.k)), lambda {v}: "
        f"list_transform(list_filter({k}, lambda x: x.k = {v}), lambda x: x.v))))[1]",
        result,
    )


def _with_filter(self: Expressions, node: ast.Call, args: list[Typed]) -> ast.Call:
    """The call with NULL keys filtered out."""
    not_null = ast.Unary(node.at, "NOT", ast.IsNull(node.at, node.args[0]))
    condition = ast.Binary(node.at, "AND", node.filter, not_null) if node.filter else not_null
    return ast.Call(node.at, node.name, node.args, filter=condition, over=node.over)


def histogram(self: Expressions, node: ast.Call, args: list[Typed], result: Type) -> Typed:
    """Value to count."""
    sql = f"histogram({args[0].sql}){self.suffix(_with_filter(self, node, args))}"
    return Typed(f"CAST({sql} AS {duckdb_name(result)})", result)


def approx_percentile(self: Expressions, node: ast.Call, args: list[Typed], result: Type) -> Typed:
    """DuckDB's t-digest; whole numbers are rounded back."""
    shares = f"CAST({args[1].sql} AS FLOAT{'[]' if result.kind == 'array' else ''})"
    sql = f"approx_quantile(CAST({args[0].sql} AS DOUBLE), {shares}){self.suffix(node)}"
    if result.kind == "array":
        shown = f"CAST(round(x) AS {duckdb_name(result.element)})" if result.element.kind != "double" else "x"
        return Typed(f"list_transform({sql}, lambda x: {shown})", result)
    rounded = sql if result.kind in ("double", "real") else f"round({sql})"
    return Typed(f"CAST({rounded} AS {duckdb_name(result)})", result)


def skewness(self: Expressions, node: ast.Call, args: list[Typed], result: Type) -> Typed:
    """Trino's skewness is the population's; DuckDB's the sample's."""
    x, suffix = args[0].sql, self.suffix(node)
    n = f"count({x}){suffix}"
    sample = f"skewness({x}){suffix}"
    return Typed(f"(CASE WHEN {n} >= 3 THEN {sample} * ({n} - 2) / sqrt(CAST({n} AS DOUBLE) * ({n} - 1)) END)", result)


def kurtosis(self: Expressions, node: ast.Call, args: list[Typed], result: Type) -> Typed:
    """The same sample formula in both."""
    return Typed(f"kurtosis({args[0].sql}){self.suffix(node)}", result)


def approx_most_frequent(self: Expressions, node: ast.Call, args: list[Typed], result: Type) -> Typed:
    """The most frequent values with their counts."""
    counted = f"map_entries(histogram({args[1].sql}){self.suffix(node)})"
    ordered = f"list_reverse_sort(list_transform({counted}, lambda x: struct_pack(n := x.value, k := x.key)))"
    top = f"({ordered})[1:{args[0].sql}]"
    pairs = f"map(list_transform({top}, lambda x: x.k), list_transform({top}, lambda x: CAST(x.n AS BIGINT)))"
    return Typed(pairs, result)


def reduce_agg(self: Expressions, node: ast.Call, args: list[Typed], result: Type) -> Typed:
    """The fold over all values of the group."""
    values = f"list({args[0].sql}){self.suffix(_with_filter(self, node, args))}"
    inner = [Typed(values, t.array(args[0].type)), args[1], args[2], Typed("lambda z: z", args[1].type)]
    return reduce(self, node, inner, result)


def to_iso8601(self: Expressions, node: ast.Call, args: list[Typed], result: Type) -> Typed:
    """`2020-05-01T12:34:56.123+05:45`."""
    x = args[0]
    if x.type.kind == "timestamptz":
        stamp = casts.text(casts.local(x.sql), Type("timestamp", x.type.args))
        return Typed(f"(replace({stamp}, ' ', 'T') || t_zone_suffix(({x.sql}).t, ({x.sql}).z))", result)
    return Typed(f"replace({casts.text(x.sql, x.type)}, ' ', 'T')", result)


RULES: dict[str, Rule] = {
    "date_trunc": date_trunc,
    "date_add": date_add,
    "date_diff": date_diff,
    "cast_date": cast_date,
    "date_format": date_format,
    "date_parse": date_parse,
    "format_datetime": format_datetime,
    "parse_datetime": parse_datetime,
    "regexp_group": regexp_group,
    "array_join": array_join,
    "zip_with": zip_with,
    "reduce": reduce,
    "map_from_entries": map_from_entries,
    "map_filter": map_filter,
    "transform_keys": transform_keys,
    "transform_values": transform_values,
    "map_agg": map_agg,
    "multimap_agg": multimap_agg,
    "histogram": histogram,
    "approx_percentile": approx_percentile,
    "skewness": skewness,
    "kurtosis": kurtosis,
    "approx_most_frequent": approx_most_frequent,
    "reduce_agg": reduce_agg,
    "to_iso8601": to_iso8601,
}
