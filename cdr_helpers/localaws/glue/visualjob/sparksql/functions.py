"""Spark's scalar functions, as tables: name → argument types, result type, DuckDB expression.

Functions that DuckDB has under another meaning are macros; those that need to look at types or literals are Python.
What is in no table is refused by name.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from .. import sparktypes
from ..sparktypes import FRACTIONAL, INTEGRAL, is_decimal, literal
from . import patterns, regexes
from .typing import SparkSqlError, Typed, compared, decimal_kind, decimal_of, to, unified

Handler = Callable[[Sequence[Typed]], Typed]


@dataclass(frozen=True)
class Simple:
    """A function that is one template: types of its arguments (`*` last: any number of the one before)."""

    result: str
    takes: tuple[str, ...]
    template: str


def _simple(text: str) -> Simple:
    """Read `result(arg, arg) = template`."""
    head, template = text.split(" = ", 1)
    result, _, takes = head.partition("(")
    return Simple(
        result.strip(), tuple(part.strip() for part in takes.rstrip(") ").split(",") if part.strip()), template
    )


_TEXTS = """
upper: string(string) = upper({0})
ucase: string(string) = upper({0})
lower: string(string) = lower({0})
lcase: string(string) = lower({0})
length: int(string) = length({0})::INTEGER
char_length: int(string) = length({0})::INTEGER
character_length: int(string) = length({0})::INTEGER
len: int(string) = length({0})::INTEGER
octet_length: int(string) = octet_length(encode({0}))::INTEGER
bit_length: int(string) = octet_length(encode({0}))::INTEGER * 8
trim: string(string) = trim({0}, ' ')
btrim: string(string) = trim({0}, ' ')
btrim: string(string, string) = trim({0}, {1})
ltrim: string(string) = ltrim({0}, ' ')
ltrim: string(string, string) = ltrim({1}, {0})
rtrim: string(string) = rtrim({0}, ' ')
rtrim: string(string, string) = rtrim({1}, {0})
substring: string(string, int) = sp_substring({0}, {1}, 2147483647 - 1)
substring: string(string, int, int) = sp_substring({0}, {1}::BIGINT, {2}::BIGINT)
left: string(string, int) = sp_left({0}, {1})
right: string(string, int) = sp_right({0}, {1})
instr: int(string, string) = strpos({0}, {1})::INTEGER
position: int(string, string) = sp_locate({0}, {1}, 1)::INTEGER
position: int(string, string, int) = sp_locate({0}, {1}, {2})::INTEGER
locate: int(string, string) = sp_locate({0}, {1}, 1)::INTEGER
locate: int(string, string, int) = sp_locate({0}, {1}, {2})::INTEGER
charindex: int(string, string) = sp_locate({0}, {1}, 1)::INTEGER
lpad: string(string, int) = lpad({0}, greatest({1}, 0), ' ')
lpad: string(string, int, string) = lpad({0}, greatest({1}, 0), {2})
rpad: string(string, int) = rpad({0}, greatest({1}, 0), ' ')
rpad: string(string, int, string) = rpad({0}, greatest({1}, 0), {2})
initcap: string(string) = sp_initcap({0})
translate: string(string, string, string) = translate({0}, {1}, {2})
repeat: string(string, int) = repeat({0}, greatest({1}, 0))
replace: string(string, string) = replace({0}, {1}, '')
replace: string(string, string, string) = replace({0}, {1}, {2})
md5: string(string) = md5({0})
sha: string(string) = sha1({0})
sha1: string(string) = sha1({0})
crc32: bigint(string) = crc32({0})
base64: string(string) = to_base64(encode({0}))
unbase64: binary(string) = from_base64({0})
ascii: int(string) = CASE WHEN {0} = '' THEN 0 ELSE unicode({0}) END
char: string(bigint) = CASE WHEN {0} < 0 THEN '' ELSE chr(({0} % 256)::INTEGER) END
chr: string(bigint) = CASE WHEN {0} < 0 THEN '' ELSE chr(({0} % 256)::INTEGER) END
space: string(int) = repeat(' ', greatest({0}, 0))
substring_index: string(string, string, int) = sp_substring_index({0}, {1}, {2})
split_part: string(string, string, int) = split_part({0}, {1}, {2})
levenshtein: int(string, string) = levenshtein({0}, {1})::INTEGER
conv: string(string, int, int) = sp_conv({0}, {1}, {2})
startswith: boolean(string, string) = starts_with({0}, {1})
endswith: boolean(string, string) = ends_with({0}, {1})
contains: boolean(string, string) = contains({0}, {1})
find_in_set: int(string, string) = COALESCE(list_position(string_split({1}, ','), {0}), 0)::INTEGER
encode: binary(string, string) = encode({0})
uuid: string() = uuid()::VARCHAR
isnull: boolean(any) = ({0} IS NULL)
isnotnull: boolean(any) = ({0} IS NOT NULL)
isnan: boolean(double) = COALESCE(isnan({0}), false)
not: boolean(boolean) = (NOT {0})
sqrt: double(double) = sp_sqrt({0})
cbrt: double(double) = cbrt({0})
exp: double(double) = exp({0})
expm1: double(double) = (exp({0}) - 1)
ln: double(double) = sp_ln({0})
log: double(double) = sp_ln({0})
log: double(double, double) = sp_ln({1}) / sp_ln({0})
log1p: double(double) = sp_ln({0} + 1)
log10: double(double) = CASE WHEN {0} > 0 THEN log10({0}) END
log2: double(double) = CASE WHEN {0} > 0 THEN log2({0}) END
power: double(double, double) = power({0}, {1})
pow: double(double, double) = power({0}, {1})
sign: double(double) = sign({0})::DOUBLE
signum: double(double) = sign({0})::DOUBLE
sin: double(double) = sin({0})
cos: double(double) = cos({0})
tan: double(double) = tan({0})
asin: double(double) = CASE WHEN abs({0}) <= 1 THEN asin({0}) ELSE 'nan'::DOUBLE END
acos: double(double) = CASE WHEN abs({0}) <= 1 THEN acos({0}) ELSE 'nan'::DOUBLE END
atan: double(double) = atan({0})
atan2: double(double, double) = atan2({0}, {1})
degrees: double(double) = degrees({0})
radians: double(double) = radians({0})
hypot: double(double, double) = sqrt({0} * {0} + {1} * {1})
pi: double() = pi()
e: double() = exp(1.0::DOUBLE)
factorial: bigint(int) = CASE WHEN {0} BETWEEN 0 AND 20 THEN factorial({0})::BIGINT END
bin: string(bigint) = bin({0})
shiftleft: int(int, int) = sp_wrap32({0}::HUGEINT * power(2, {1} & 31)::HUGEINT)
shiftright: int(int, int) = ({0} >> ({1} & 31))
shiftleft: bigint(bigint, int) = sp_wrap64({0}::HUGEINT * power(2, {1} & 63)::HUGEINT)
shiftright: bigint(bigint, int) = ({0} >> ({1} & 63))
bit_count: int(bigint) = bit_count({0})::INTEGER
width_bucket: bigint(double, double, double, bigint) = width_bucket({0}, {1}, {2}, {3})
year: int(date) = year({0})::INTEGER
quarter: int(date) = quarter({0})::INTEGER
month: int(date) = month({0})::INTEGER
day: int(date) = day({0})::INTEGER
dayofmonth: int(date) = day({0})::INTEGER
dayofweek: int(date) = (dayofweek({0}) + 1)::INTEGER
weekday: int(date) = (isodow({0}) - 1)::INTEGER
dayofyear: int(date) = dayofyear({0})::INTEGER
weekofyear: int(date) = weekofyear({0})::INTEGER
hour: int(timestamp) = hour({0})::INTEGER
minute: int(timestamp) = minute({0})::INTEGER
second: int(timestamp) = second({0})::INTEGER
date_add: date(date, int) = ({0} + {1})::DATE
dateadd: date(date, int) = ({0} + {1})::DATE
date_sub: date(date, int) = ({0} - {1})::DATE
datediff: int(date, date) = ({0} - {1})::INTEGER
date_diff: int(date, date) = ({0} - {1})::INTEGER
add_months: date(date, int) = sp_add_months({0}, {1})
last_day: date(date) = last_day({0})
next_day: date(date, string) = sp_next_day({0}, {1})
months_between: double(timestamp, timestamp) = sp_months_between({0}, {1})
make_date: date(int, int, int) = TRY(make_date({0}::BIGINT, {1}::BIGINT, {2}::BIGINT))
make_timestamp: timestamp(int, int, int, int, int, double) = TRY(make_timestamp({0}, {1}, {2}, {3}, {4}, {5}))
timestamp_seconds: timestamp(double) = sp_double_stamp({0})
timestamp_millis: timestamp(bigint) = make_timestamp({0} * 1000)
timestamp_micros: timestamp(bigint) = make_timestamp({0})
unix_seconds: bigint(timestamp) = sp_floor_seconds(epoch_us({0}))
unix_millis: bigint(timestamp) = CAST(floor(epoch_us({0}) / 1000.0) AS BIGINT)
unix_micros: bigint(timestamp) = epoch_us({0})
unix_date: int(date) = ({0} - DATE '1970-01-01')::INTEGER
date_from_unix_date: date(int) = (DATE '1970-01-01' + {0})::DATE
from_utc_timestamp: timestamp(timestamp, string) = timezone({1}, timezone('UTC', {0}))
to_utc_timestamp: timestamp(timestamp, string) = timezone('UTC', timezone({1}, {0}))
unix_timestamp: bigint(timestamp) = sp_floor_seconds(epoch_us({0}))
to_unix_timestamp: bigint(timestamp) = sp_floor_seconds(epoch_us({0}))
current_date: date() = current_date
curdate: date() = current_date
current_timestamp: timestamp() = timezone('UTC', now())
now: timestamp() = timezone('UTC', now())
current_timezone: string() = 'Etc/UTC'
"""

SIMPLE: dict[str, list[Simple]] = {}
for _line in _TEXTS.strip().splitlines():
    _name, _rest = _line.split(": ", 1)
    SIMPLE.setdefault(_name, []).append(_simple(_rest))
SIMPLE["substr"] = SIMPLE["substring"]
SIMPLE["day_of_month"] = SIMPLE["dayofmonth"]


def _fits(form: Simple, args: Sequence[Typed]) -> bool:
    """Among forms of the same number of arguments (shiftleft): the first whose integers are wide enough."""
    return len(form.takes) == len(args) and not (
        form.takes[:1] == ("int",) and args and args[0].kind == "bigint" and form.result == "int"
    )


def _apply(forms: list[Simple], name: str, args: Sequence[Typed]) -> Typed:
    form = next((one for one in forms if _fits(one, args)), None)
    form = form or next((one for one in forms if len(one.takes) == len(args)), None)
    if form is None:
        raise SparkSqlError(f"[WRONG_NUM_ARGS] The function {name} does not take {len(args)} arguments.")
    cast = [arg if kind == "any" else to(arg, kind) for arg, kind in zip(args, form.takes, strict=True)]
    return Typed(f"({form.template.format(*(one.sql for one in cast))})", form.result)


def _constant(arg: Typed, name: str) -> str:
    if arg.kind == "void":
        return ""
    if not isinstance(arg.value, str):
        raise SparkSqlError(f"the function {name} needs a constant pattern here.")
    return arg.value


# ---- text
def _concat(args: Sequence[Typed]) -> Typed:
    if any(arg.kind.startswith("array<") for arg in args):
        same = unified(args)
        return Typed(f"list_concat({', '.join(one.sql for one in same)})", same[0].kind)
    return Typed(f"({' || '.join(to(arg, 'string').sql for arg in args)})", "string")


def _concat_ws(args: Sequence[Typed]) -> Typed:
    separator, parts = to(args[0], "string").sql, args[1:]
    shown = [
        f"list_filter({arg.sql}, lambda x: x IS NOT NULL)"
        if arg.kind.startswith("array<")
        else f"CASE WHEN {to(arg, 'string').sql} IS NULL THEN []::VARCHAR[] ELSE [{to(arg, 'string').sql}] END"
        for arg in parts
    ]
    return Typed(f"array_to_string(list_concat([]::VARCHAR[], {', '.join(shown) or '[]'}), {separator})", "string")


def _pattern(arg: Typed) -> str:
    if isinstance(arg.value, str):
        return literal(regexes.java(arg.value))
    return to(arg, "string").sql


def _regexp_replace(args: Sequence[Typed]) -> Typed:
    if len(args) != 3:
        raise SparkSqlError("the function regexp_replace with a position is not supported here.")
    by = literal(regexes.replacement(args[2].value)) if isinstance(args[2].value, str) else to(args[2], "string").sql
    return Typed(f"regexp_replace({to(args[0], 'string').sql}, {_pattern(args[1])}, {by}, 'g')", "string")


def _group(args: Sequence[Typed]) -> int:
    if len(args) < 3:
        return 1
    if not isinstance(args[2].value, int):
        raise SparkSqlError("a regular expression's group must be a constant here.")
    return args[2].value


def _regexp_extract(args: Sequence[Typed]) -> Typed:
    return Typed(f"regexp_extract({to(args[0], 'string').sql}, {_pattern(args[1])}, {_group(args)})", "string")


def _regexp_extract_all(args: Sequence[Typed]) -> Typed:
    return Typed(
        f"regexp_extract_all({to(args[0], 'string').sql}, {_pattern(args[1])}, {_group(args)})", "array<string>"
    )


def _regexp_count(args: Sequence[Typed]) -> Typed:
    return Typed(f"len(regexp_extract_all({to(args[0], 'string').sql}, {_pattern(args[1])}))::INTEGER", "int")


def _regexp_substr(args: Sequence[Typed]) -> Typed:
    found = f"regexp_extract_all({to(args[0], 'string').sql}, {_pattern(args[1])})"
    return Typed(f"list_extract({found}, 1)", "string")


def rlike(args: Sequence[Typed]) -> Typed:
    """RLIKE: whether the expression matches anywhere."""
    return Typed(f"regexp_matches({to(args[0], 'string').sql}, {_pattern(args[1])})", "boolean")


def _split(args: Sequence[Typed]) -> Typed:
    if len(args) == 3 and args[2].value != -1:
        raise SparkSqlError("the function split with a limit is not supported here.")
    return Typed(f"sp_split({to(args[0], 'string').sql}, {_pattern(args[1])})", "array<string>")


def _sha2(args: Sequence[Typed]) -> Typed:
    if args[1].value not in (0, 256):
        raise SparkSqlError("the function sha2 is supported here for 256 bits only.")
    return Typed(f"sha256({to(args[0], 'string').sql})", "string")


def _hex(args: Sequence[Typed]) -> Typed:
    kind = "bigint" if args[0].kind in INTEGRAL else args[0].kind
    return Typed(f"hex({to(args[0], kind if kind in ('bigint', 'string', 'binary') else 'bigint').sql})", "string")


def _reverse(args: Sequence[Typed]) -> Typed:
    if args[0].kind.startswith("array<"):
        return Typed(f"list_reverse({args[0].sql})", args[0].kind)
    return Typed(f"reverse({to(args[0], 'string').sql})", "string")


# ---- conditions
def _coalesce(args: Sequence[Typed]) -> Typed:
    same = unified(args)
    return Typed(f"COALESCE({', '.join(one.sql for one in same)})", same[0].kind)


def _nvl2(args: Sequence[Typed]) -> Typed:
    yes, no = unified(args[1:])
    return Typed(f"CASE WHEN {args[0].sql} IS NOT NULL THEN {yes.sql} ELSE {no.sql} END", yes.kind)


def _nullif(args: Sequence[Typed]) -> Typed:
    left, right = compared(args[0], args[1])
    return Typed(f"CASE WHEN {left.sql} = {right.sql} THEN NULL ELSE {args[0].sql} END", args[0].kind)


def when(test: Typed, yes: Typed, no: Typed) -> Typed:
    """`if(test, yes, no)`."""
    same = unified([yes, no])
    return Typed(f"CASE WHEN {to(test, 'boolean').sql} THEN {same[0].sql} ELSE {same[1].sql} END", same[0].kind)


def _extreme(name: str) -> Handler:
    def made(args: Sequence[Typed]) -> Typed:
        same = unified(args)
        return Typed(f"{name}({', '.join(one.sql for one in same)})", same[0].kind)

    return made


def _nanvl(args: Sequence[Typed]) -> Typed:
    left, right = to(args[0], "double"), to(args[1], "double")
    return Typed(f"CASE WHEN isnan({left.sql}) THEN {right.sql} ELSE {left.sql} END", "double")


# ---- numbers
def number(arg: Typed) -> Typed:
    """A number as it is; text as double."""
    return to(arg, "double") if arg.kind in ("string", "void") else arg


def _abs(args: Sequence[Typed]) -> Typed:
    one = number(args[0])
    if one.kind in INTEGRAL:
        wrap = {"tinyint": 8, "smallint": 16, "int": 32, "bigint": 64}[one.kind]
        return Typed(f"sp_wrap{wrap}(abs(({one.sql})::HUGEINT))", one.kind)
    return Typed(f"abs({one.sql})", one.kind)


def _whole(name: str) -> Handler:
    def made(args: Sequence[Typed]) -> Typed:
        one = number(args[0])
        if one.kind in INTEGRAL:
            return to(one, "bigint")
        if is_decimal(one.kind):
            precision, scale = decimal_of(one)
            kind = decimal_kind(precision - scale + 1, 0)
            return Typed(f"{name}({one.sql})::{sparktypes.duckdb(kind)}", kind)
        return Typed(f"sp_double_bigint({name}({one.sql}))", "bigint")

    return made


def _round(half_even: bool) -> Handler:
    function = "round_even" if half_even else "round"

    def made(args: Sequence[Typed]) -> Typed:
        one = number(args[0])
        places = args[1].value if len(args) > 1 else 0
        if not isinstance(places, int):
            raise SparkSqlError("the number of places of round must be a constant here.")
        if one.kind in FRACTIONAL:
            return _rounded_fraction(one, places, function)
        if is_decimal(one.kind):
            precision, scale = decimal_of(one)
            kind = decimal_kind(precision - scale + 1 + max(0, min(places, scale)), max(0, min(places, scale)))
            return Typed(f"TRY_CAST({function}({one.sql}, {places}) AS {sparktypes.duckdb(kind)})", kind)
        return (
            one
            if places >= 0
            else Typed(f"CAST({function}({one.sql}, {places}) AS {sparktypes.duckdb(one.kind)})", one.kind)
        )

    return made


def _rounded_fraction(one: Typed, places: int, function: str) -> Typed:
    """Fractions are rounded by their decimal text, as Java's BigDecimal does."""
    exact = f"TRY_CAST(({one.sql})::VARCHAR AS DECIMAL(38,18))"
    kind = sparktypes.duckdb(one.kind)
    return Typed(f"COALESCE(CAST({function}({exact}, {places}) AS {kind}), {one.sql})", one.kind)


def _mod(args: Sequence[Typed]) -> Typed:
    from .arithmetic import remainder

    return remainder(args[0], args[1])


def _pmod(args: Sequence[Typed]) -> Typed:
    left, right = unified([number(arg) for arg in args])
    return Typed(f"sp_pmod({left.sql}, {right.sql})::{sparktypes.duckdb(left.kind)}", left.kind)


# ---- dates
def _with_pattern(kind: str, plain: str, name: str) -> Handler:
    def made(args: Sequence[Typed]) -> Typed:
        if len(args) == 1:
            return to(args[0], plain)
        if args[0].kind in ("date", "timestamp"):
            return to(args[0], kind)
        reader = patterns.Reader(_constant(args[1], name))
        return to(Typed(reader.sql(to(args[0], "string").sql), "timestamp"), kind)

    return made


def _unix_timestamp(args: Sequence[Typed]) -> Typed:
    if not args:
        return Typed("sp_floor_seconds(epoch_us(timezone('UTC', now())))", "bigint")
    pattern = args[1] if len(args) > 1 else Typed("", "string", "yyyy-MM-dd HH:mm:ss")
    stamp = _with_pattern("timestamp", "timestamp", "unix_timestamp")([args[0], pattern])
    return Typed(f"sp_floor_seconds(epoch_us({stamp.sql}))", "bigint")


def _date_format(args: Sequence[Typed]) -> Typed:
    return Typed(patterns.write(_constant(args[1], "date_format"), to(args[0], "timestamp").sql), "string")


def _from_unixtime(args: Sequence[Typed]) -> Typed:
    pattern = _constant(args[1], "from_unixtime") if len(args) > 1 else "yyyy-MM-dd HH:mm:ss"
    return Typed(patterns.write(pattern, f"sp_seconds_stamp({to(args[0], 'bigint').sql})"), "string")


_UNITS = {
    **dict.fromkeys(("year", "yyyy", "yy"), "year"),
    **dict.fromkeys(("month", "mon", "mm"), "month"),
    "quarter": "quarter",
    "week": "week",
}
_FINE_UNITS = {
    **_UNITS,
    **dict.fromkeys(("day", "dd"), "day"),
    "hour": "hour",
    "minute": "minute",
    "second": "second",
    "millisecond": "millisecond",
    "microsecond": "microsecond",
}


def _trunc(args: Sequence[Typed]) -> Typed:
    unit = _UNITS.get(_constant(args[1], "trunc").lower())
    if unit is None:
        return Typed("CAST(NULL AS DATE)", "date")
    return Typed(f"date_trunc('{unit}', {to(args[0], 'date').sql})::DATE", "date")


def _date_trunc(args: Sequence[Typed]) -> Typed:
    unit = _FINE_UNITS.get(_constant(args[0], "date_trunc").lower())
    if unit is None:
        return Typed("CAST(NULL AS TIMESTAMP)", "timestamp")
    return Typed(f"date_trunc('{unit}', {to(args[1], 'timestamp').sql})::TIMESTAMP", "timestamp")


PARTS = {
    **dict.fromkeys(("year", "y", "years", "yr", "yrs"), "year"),
    **dict.fromkeys(("quarter", "qtr"), "quarter"),
    **dict.fromkeys(("month", "mon", "mons", "months"), "month"),
    **dict.fromkeys(("week", "w", "weeks"), "weekofyear"),
    **dict.fromkeys(("day", "d", "days"), "day"),
    **dict.fromkeys(("dayofweek", "dow"), "dayofweek"),
    "doy": "dayofyear",
    **dict.fromkeys(("hour", "h", "hours", "hr", "hrs"), "hour"),
    **dict.fromkeys(("minute", "m", "min", "mins", "minutes"), "minute"),
}


def part_of(unit: str, value: Typed) -> Typed:
    """`extract(unit FROM value)`."""
    if unit.lower() in ("second", "s", "sec", "secs", "seconds"):
        micros = f"microsecond({to(value, 'timestamp').sql})"
        return Typed(f"CAST({micros} / 1000000.0 AS DECIMAL(8,6))", "decimal(8,6)")
    if unit.lower() not in PARTS:
        raise SparkSqlError(f"extract of {unit} is not supported here.")
    return call(PARTS[unit.lower()], [value])


def _date_part(args: Sequence[Typed]) -> Typed:
    return part_of(_constant(args[0], "date_part"), args[1])


def cast_function(kind: str) -> Handler:
    """`int(x)`, `date(x)` …"""
    return lambda args: to(args[0], kind)


# ---- arrays
def _array(args: Sequence[Typed]) -> Typed:
    same = unified(args) if args else []
    kind = same[0].kind if same else "string"
    return Typed(f"[{', '.join(one.sql for one in same)}]::{sparktypes.duckdb(kind)}[]", f"array<{kind}>")


def _needs_array(name: str, arg: Typed) -> Typed:
    if not arg.kind.startswith("array<"):
        raise SparkSqlError(f"data type mismatch: {name} needs an array, not {arg.kind.upper()}.")
    return arg


def _size(args: Sequence[Typed]) -> Typed:
    counted = f"cardinality({args[0].sql})" if args[0].kind.startswith("map<") else f"len({args[0].sql})"
    return Typed(f"COALESCE({counted}, -1)::INTEGER", "int")


def _array_function(template: str, result: str = "same") -> Handler:
    """A function of one array and more; result `same`, `element`, or a type."""

    def made(args: Sequence[Typed]) -> Typed:
        one = _needs_array("the function", args[0])
        kind = {"same": one.kind, "element": sparktypes.element(one.kind)}.get(result, result)
        return Typed(f"({template.format(*(arg.sql for arg in args))})", kind)

    return made


def _element_at(args: Sequence[Typed]) -> Typed:
    if args[0].kind.startswith("map<"):
        value = sparktypes.split_top(args[0].kind[4:-1])[1]
        return Typed(f"{args[0].sql}[{args[1].sql}]", value)
    return _array_function("sp_element({0}, {1})", "element")(args)


def _sort_array(args: Sequence[Typed]) -> Typed:
    descending = len(args) > 1 and args[1].sql.lower() == "false"
    order = "'DESC', 'NULLS LAST'" if descending else "'ASC', 'NULLS FIRST'"
    return _array_function("list_sort({0}, " + order + ")")(args[:1])


def _array_join(args: Sequence[Typed]) -> Typed:
    item = to(Typed("x", sparktypes.element(_needs_array("array_join", args[0]).kind)), "string").sql
    shown = f"list_transform({args[0].sql}, lambda x: {item})"
    if len(args) > 2:
        shown = f"list_transform({shown}, lambda x: COALESCE(x, {args[2].sql}))"
    return Typed(
        f"array_to_string(list_filter({shown}, lambda x: x IS NOT NULL), {to(args[1], 'string').sql})", "string"
    )


def _struct(args: Sequence[Typed]) -> Typed:
    raise SparkSqlError("the function struct is not supported here; named_struct is.")


def _named_struct(args: Sequence[Typed]) -> Typed:
    names = [_constant(arg, "named_struct") for arg in args[::2]]
    members = ", ".join(f"{sparktypes.quoted(name)} := {arg.sql}" for name, arg in zip(names, args[1::2], strict=True))
    kinds = ",".join(f"{name}:{arg.kind}" for name, arg in zip(names, args[1::2], strict=True))
    return Typed(f"struct_pack({members})", f"struct<{kinds}>")


HANDLERS: dict[str, Handler] = {
    "concat": _concat,
    "concat_ws": _concat_ws,
    "regexp_replace": _regexp_replace,
    "regexp_extract": _regexp_extract,
    "regexp_extract_all": _regexp_extract_all,
    "regexp_count": _regexp_count,
    "regexp_substr": _regexp_substr,
    "regexp_like": rlike,
    "regexp": rlike,
    "rlike": rlike,
    "split": _split,
    "sha2": _sha2,
    "hex": _hex,
    "reverse": _reverse,
    "coalesce": _coalesce,
    "nvl": _coalesce,
    "ifnull": _coalesce,
    "nvl2": _nvl2,
    "nullif": _nullif,
    "if": lambda args: when(args[0], args[1], args[2]),
    "iff": lambda args: when(args[0], args[1], args[2]),
    "greatest": _extreme("greatest"),
    "least": _extreme("least"),
    "nanvl": _nanvl,
    "abs": _abs,
    "ceil": _whole("ceil"),
    "ceiling": _whole("ceil"),
    "floor": _whole("floor"),
    "round": _round(False),
    "bround": _round(True),
    "mod": _mod,
    "pmod": _pmod,
    "to_date": _with_pattern("date", "date", "to_date"),
    "to_timestamp": _with_pattern("timestamp", "timestamp", "to_timestamp"),
    "try_to_timestamp": _with_pattern("timestamp", "timestamp", "try_to_timestamp"),
    "unix_timestamp": _unix_timestamp,
    "to_unix_timestamp": _unix_timestamp,
    "date_format": _date_format,
    "from_unixtime": _from_unixtime,
    "trunc": _trunc,
    "date_trunc": _date_trunc,
    "date_part": _date_part,
    "datepart": _date_part,
    "int": cast_function("int"),
    "bigint": cast_function("bigint"),
    "smallint": cast_function("smallint"),
    "tinyint": cast_function("tinyint"),
    "double": cast_function("double"),
    "float": cast_function("float"),
    "string": cast_function("string"),
    "boolean": cast_function("boolean"),
    "date": cast_function("date"),
    "timestamp": cast_function("timestamp"),
    "decimal": cast_function(sparktypes.SPARK_DECIMAL),
    "binary": cast_function("binary"),
    "array": _array,
    "size": _size,
    "cardinality": _size,
    "array_size": _array_function("len({0})::INTEGER", "int"),
    "element_at": _element_at,
    "try_element_at": _element_at,
    "sort_array": _sort_array,
    "array_sort": _array_function("list_sort({0}, 'ASC', 'NULLS LAST')"),
    "array_join": _array_join,
    "array_contains": _array_function("list_contains({0}, {1})", "boolean"),
    "array_position": _array_function("COALESCE(list_position({0}, {1}), 0)::BIGINT", "bigint"),
    "array_distinct": _array_function("list_distinct({0})"),
    "array_max": _array_function("list_max({0})", "element"),
    "array_min": _array_function("list_min({0})", "element"),
    "array_remove": _array_function("list_filter({0}, lambda x: x <> {1})"),
    "array_compact": _array_function("list_filter({0}, lambda x: x IS NOT NULL)"),
    "slice": _array_function("list_slice({0}, {1}, {1} + {2} - 1)"),
    "struct": _struct,
    "named_struct": _named_struct,
}


def known(name: str) -> bool:
    """Whether the scalar function is translated."""
    return name in HANDLERS or name in SIMPLE


def call(name: str, args: Sequence[Typed]) -> Typed:
    """The function's translation. Raises `SparkSqlError`, also for an unknown one."""
    if name in HANDLERS:
        try:
            return HANDLERS[name](args)
        except (IndexError, ValueError) as problem:
            if isinstance(problem, SparkSqlError):
                raise
            raise SparkSqlError(f"[WRONG_NUM_ARGS] The function {name} does not take {len(args)} arguments.") from None
    if name in SIMPLE:
        return _apply(SIMPLE[name], name, args)
    raise SparkSqlError(f"the function {name} is not supported here.")
