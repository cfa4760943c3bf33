"""Functions whose DuckDB expression needs more than a template: units, patterns, lambdas, maps."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

from ..tables import types as t
from ..tables.types import Type, duckdb_name, field_name, quote
from . import ast, casts, patterns
from .failures import QueryFailure
from .patterns import UNIT_MILLISECONDS
from .scope import Typed, fail, local_time

if TYPE_CHECKING:
    from .expressions import Expressions

Rule = Callable[["Expressions", ast.Call, list[Typed], Type], Typed]
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
    if result.kind == "timestamptz":
        zoned = lambda v: f"t_zoned(date_trunc('{unit}', t_local({v}.t, {v}.z)), {v}.z)"  # noqa: E731
        return Typed(casts.bound(args[1].sql, zoned), result)
    cut = f"date_trunc('{unit}', {local_time(args[1])})"
    return Typed(f"CAST({cut} AS DATE)" if result.kind == "date" else cut, result)


def date_add(self: Expressions, node: ast.Call, args: list[Typed], result: Type) -> Typed:
    """Add whole units."""
    unit, amount = _unit(node, args), args[1].sql
    if unit in MONTHS:
        step = f"t_months({amount} * {MONTHS[unit]})"
    else:
        step = f"t_ms({amount} * {1 if unit == 'millisecond' else UNIT_MILLISECONDS[unit.upper()]})"
    if result.kind == "timestamptz":
        return Typed(casts.moved(args[2].sql, step), result)
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


def regexp_replace(self: Expressions, node: ast.Call, args: list[Typed], result: Type) -> Typed:
    """`$1` and `${name}` in the replacement; names become numbers, which is all that DuckDB knows."""
    pattern, replacement = args[1].constant, args[2].sql
    if pattern is not None and args[2].constant is not None:
        text = args[2].constant
        names = re.findall(r"\(\?<([A-Za-z]\w*)>", pattern)
        for name in names:
            text = text.replace(f"${{{name}}}", f"${_group_number(pattern, name)}")
        replacement = casts.text_literal(text)
    return Typed(f"regexp_replace({args[0].sql}, t_regexp({args[1].sql}), t_replacement({replacement}), 'g')", result)


def _group_number(pattern: str, name: str) -> int:
    before = pattern[: pattern.index(f"(?<{name}>")]
    return len(re.findall(r"(?<!\\)\((?!\?)|\(\?<[A-Za-z]", before)) + 1


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


def sum_decimal(self: Expressions, node: ast.Call, args: list[Typed], result: Type) -> Typed:
    """Decimals sum to precision 38."""
    type_ = t.decimal(38, args[0].type.args[1])
    return Typed(
        f"CAST(sum({'DISTINCT ' if node.distinct else ''}{args[0].sql}){self.suffix(node)} AS {duckdb_name(type_)})",
        type_,
    )


def avg_decimal(self: Expressions, node: ast.Call, args: list[Typed], result: Type) -> Typed:
    """The average keeps precision and scale, rounded half up."""
    suffix, distinct = self.suffix(node), "DISTINCT " if node.distinct else ""
    total, count = f"sum({distinct}{args[0].sql}){suffix}", f"count({distinct}{args[0].sql}){suffix}"
    scale = 10 ** result.args[1]
    units = f"CAST({total} * {scale} AS HUGEINT)"
    rounded = f"(({units} + sign({units}) * ({count} // 2)) // {count})"
    return Typed(f"CAST(CAST({rounded} AS DECIMAL(38,0)) / {scale} AS {duckdb_name(result)})", result)


def _whole(result: Type) -> Type:
    precision, scale = result.args
    return t.decimal(min(precision - scale + min(scale, 1), 38) or 1, 0)


def ceil_decimal(self: Expressions, node: ast.Call, args: list[Typed], result: Type) -> Typed:
    """A decimal without scale."""
    return Typed(f"CAST(ceil({args[0].sql}) AS {duckdb_name(_whole(result))})", _whole(result))


def floor_decimal(self: Expressions, node: ast.Call, args: list[Typed], result: Type) -> Typed:
    """A decimal without scale."""
    return Typed(f"CAST(floor({args[0].sql}) AS {duckdb_name(_whole(result))})", _whole(result))


def round_decimal(self: Expressions, node: ast.Call, args: list[Typed], result: Type) -> Typed:
    """Without digits a decimal of scale 0; with digits the scale stays and one digit of precision is added."""
    if len(args) == 1:
        return Typed(f"CAST(round({args[0].sql}) AS {duckdb_name(_whole(result))})", _whole(result))
    digits = int(constant(node, args, 1, "number of digits"))
    precision, scale = result.args
    type_ = t.decimal(precision + 1, scale)
    return Typed(f"CAST(round({args[0].sql}, {min(digits, scale)}) AS {duckdb_name(type_)})", type_)


def truncate_decimal(self: Expressions, node: ast.Call, args: list[Typed], result: Type) -> Typed:
    """Digits cut off."""
    if len(args) == 1:
        type_ = t.decimal(max(result.args[0] - result.args[1], 1), 0)
        return Typed(f"CAST(trunc({args[0].sql}) AS {duckdb_name(type_)})", type_)
    digits = int(constant(node, args, 1, "number of digits"))
    lost = result.args[1] - digits
    if lost <= 0:
        return args[0]
    units = f"(CAST({args[0].sql} * {10 ** result.args[1]} AS HUGEINT) // {10**lost} * {10**lost})"
    return Typed(f"CAST(CAST({units} AS DECIMAL(38,0)) / {10 ** result.args[1]} AS {duckdb_name(result)})", result)


FORMAT = re.compile(r"%(?:(\d+)\$)?([-#+ 0,(]*)(\d+)?(?:\.(\d+))?(?:([tT])([A-Za-z])|([a-zA-Z%]))")
JAVA_DATES = {
    "A": "%A", "a": "%a", "B": "%B", "b": "%b", "d": "%d", "e": "%-d", "m": "%m", "Y": "%Y", "y": "%y", "H": "%H",
    "M": "%M", "S": "%S", "L": "%g", "F": "%Y-%m-%d", "T": "%H:%M:%S", "R": "%H:%M", "D": "%m/%d/%y", "j": "%j",
}  # fmt: skip


def format_(self: Expressions, node: ast.Call, args: list[Typed], result: Type) -> Typed:
    """Java's Formatter, the format being a constant."""
    text = constant(node, args, 0, "format")
    args = [args[0], *(self.compile(a) for a in node.args[1:])]
    parts, at, following = [], 0, 1
    for match in FORMAT.finditer(text):
        if match.start() > at:
            parts.append(casts.text_literal(text[at : match.start()]))
        at = match.end()
        if match[7] in ("%", "n"):
            parts.append(casts.text_literal("%" if match[7] == "%" else "\n"))
            continue
        index = int(match[1]) if match[1] else following
        following += 0 if match[1] else 1
        if index >= len(args):
            fail("INVALID_FUNCTION_ARGUMENT", f"Format specifier '{match[0]}'", node)
        parts.append(_formatted(match, args[index], node))
    parts.append(casts.text_literal(text[at:]))
    return Typed("(" + " || ".join(parts) + ")", t.VARCHAR)


def _formatted(match: re.Match[str], value: Typed, node: ast.Call) -> str:
    flags, width, digits = match[2], match[3], match[4]
    kind = match[7]
    if match[5]:
        if match[6] not in JAVA_DATES or value.type.kind not in ("date", "timestamp", "timestamptz"):
            fail("INVALID_FUNCTION_ARGUMENT", f"Invalid format string: {match[0]}", node)
        return f"strftime({local_time(value)}, '{JAVA_DATES[match[6]]}')"
    if kind in "sS":
        shown = f"coalesce({casts.text(value.sql, value.type)}, 'null')"
        return _padded(f"upper({shown})" if kind == "S" else shown, flags, width)
    if value.type.kind in ("integer", "bigint", "smallint", "tinyint") and kind in "dxXo":
        if "," in flags:
            return _padded(f"format('{{:,}}', {value.sql})", flags, width)
        if kind == "o":
            return _padded(f"to_base({value.sql}, 8)", flags, width)
        return f"printf('%{flags}{width or ''}{kind}', {value.sql})"
    if value.type.kind in ("double", "real", "decimal") and kind in "feE":
        number = f"CAST({value.sql} AS DOUBLE)"
        if "," in flags:
            return _padded(f"format('{{:,.{digits or 6}f}}', {number})", flags, width)
        return f"printf('%{flags}{width or ''}.{digits or 6}{kind}', {number})"
    if value.type.kind == "boolean" and kind in "bB":
        return _padded(f"CAST({value.sql} AS VARCHAR)", flags, width)
    shown = f"Invalid format string: {match.string} ({match[0]} with {t.trino_name(value.type)})"
    raise QueryFailure("INVALID_FUNCTION_ARGUMENT", shown, node.at)


def _padded(sql: str, flags: str, width: str | None) -> str:
    if not width:
        return sql
    side = "r" if "-" in flags else "l"
    fill = "0" if "0" in flags and side == "l" else " "
    return f"{side}pad({sql}, CAST(greatest({width}, length({sql})) AS INTEGER), '{fill}')"


def zip_(self: Expressions, node: ast.Call, args: list[Typed], result: Type) -> Typed:
    """Rows of the arrays' elements, shorter arrays filled with NULL."""
    i = self.translator.fresh("i")
    lengths = ", ".join(f"len({a.sql})" for a in args)
    fields = ", ".join(f"{quote(field_name(k, None))} := ({a.sql})[{i}]" for k, a in enumerate(args))
    type_ = t.array(t.row([(None, a.type.element) for a in args]))
    return Typed(f"list_transform(range(1, greatest({lengths}) + 1), lambda {i}: struct_pack({fields}))", type_)


def combinations(self: Expressions, node: ast.Call, args: list[Typed], result: Type) -> Typed:
    """All sub-lists of n elements, by position."""
    count = int(constant(node, args, 1, "length"))
    if not 1 <= count <= 5:
        fail("INVALID_FUNCTION_ARGUMENT", "combination size must not be negative or more than 5", node)
    x = args[0].sql
    found = f"list_transform(range(1, len({x}) + 1), lambda i0: [i0])"
    for level in range(1, count):
        p, q = f"p{level}", f"q{level}"
        found = (
            f"flatten(list_transform({found}, lambda {p}: list_transform(range({p}[{level}] + 1, len({x}) + 1), "
            f"lambda {q}: list_append({p}, {q}))))"
        )
    return Typed(f"list_transform({found}, lambda c: list_transform(c, lambda k: ({x})[k]))", result)


def multimap_from_entries(self: Expressions, node: ast.Call, args: list[Typed], result: Type) -> Typed:
    """Key to all its values."""
    (n0, _), (n1, _) = args[0].type.element.fields
    key, value = quote(field_name(0, n0)), quote(field_name(1, n1))
    keys = f"list_distinct(list_transform({args[0].sql}, lambda x: x.{key}))"
    of_key = f"list_filter({args[0].sql}, lambda x: x.{key} = k)"
    values = f"list_transform({keys}, lambda k: list_transform({of_key}, lambda x: x.{value}))"
    return Typed(f"map({keys}, {values})", result)


def map_zip_with(self: Expressions, node: ast.Call, args: list[Typed], result: Type) -> Typed:
    """The keys of both maps; a missing value is NULL."""
    (k, v, u), body = _parts(self, args[2])
    e, p = self.translator.fresh("e"), self.translator.fresh("p")
    keys = f"list_distinct(list_concat(map_keys({args[0].sql}), map_keys({args[1].sql})))"
    packed = f"[struct_pack(k := {e}, v := ({args[0].sql})[{e}], u := ({args[1].sql})[{e}])]"
    value = f"list_transform({packed}, lambda {p}: {_renamed(body, {k: f'{p}.k', v: f'{p}.v', u: f'{p}.u'})})[1]"
    return Typed(f"map({keys}, list_transform({keys}, lambda {e}: {value}))", result)


def array_sort(self: Expressions, node: ast.Call, args: list[Typed], result: Type) -> Typed:
    """Sorted by a comparator: an element's place is the number of elements that come before it."""
    (x, y), body = _parts(self, args[1])
    i, j, p = (self.translator.fresh(n) for n in "ijp")
    a = args[0].sql
    compared = f"list_transform([struct_pack(x := ({a})[{j}], y := ({a})[{i}])], lambda {p}: "
    compared += _renamed(body, {x: f"{p}.x", y: f"{p}.y"}) + ")[1]"
    first = f"({compared} < 0 OR ({compared} = 0 AND {j} < {i}))"
    before = f"len(list_filter(range(1, len({a}) + 1), lambda {j}: {j} <> {i} AND {first}))"
    places = f"list_sort(list_transform(range(1, len({a}) + 1), lambda {i}: struct_pack(n := {before}, i := {i})))"
    return Typed(f"list_transform({places}, lambda s: ({a})[s.i])", result)


RULES: dict[str, Rule] = {
    "sum_decimal": sum_decimal,
    "avg_decimal": avg_decimal,
    "ceil_decimal": ceil_decimal,
    "floor_decimal": floor_decimal,
    "round_decimal": round_decimal,
    "truncate_decimal": truncate_decimal,
    "format": format_,
    "zip": zip_,
    "combinations": combinations,
    "multimap_from_entries": multimap_from_entries,
    "map_zip_with": map_zip_with,
    "array_sort": array_sort,
    "date_trunc": date_trunc,
    "date_add": date_add,
    "date_diff": date_diff,
    "cast_date": cast_date,
    "date_format": date_format,
    "date_parse": date_parse,
    "format_datetime": format_datetime,
    "parse_datetime": parse_datetime,
    "regexp_group": regexp_group,
    "regexp_replace": regexp_replace,
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
