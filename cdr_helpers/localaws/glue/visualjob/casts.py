"""Spark's casts with ANSI mode off and UTC, as DuckDB expressions: a table of macros and a table of (from, to).

Rules from Spark's "Data types" and "ANSI compliance" pages, checked against Spark 3.5: text that does not parse is
NULL, narrowing integers wrap, fractions are cut, a decimal that does not fit is NULL, some pairs are refused.
"""

from __future__ import annotations

from collections.abc import Callable

from . import sparktypes
from .sparktypes import FRACTIONAL, INTEGRAL


class CastRefused(ValueError):
    """Spark refuses this cast when it analyses the plan."""


# Spark trims ISO control characters and blanks, but no Unicode space, before it parses text; doubles and decimals go
# through Java's own trim, which leaves DEL alone.
_TRIMMED = r"^[\x00-\x20\x7f]+|[\x00-\x20\x7f]+$"
_JAVA_TRIMMED = r"^[\x00-\x20]+|[\x00-\x20]+$"
_INTEGER = r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]*)"
_NUMBER = r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?"
_DATE = r"([+-]?[0-9]{4,%d})(?:-([0-9]{1,2})(?:-([0-9]{1,2})%s)?)?"
_ZONE = r"\s*([A-Za-z][A-Za-z0-9_/+:-]*|[+-][0-9:]{1,8})"
_TIME = rf"([0-9]{{1,2}})(?::([0-9]{{1,2}})(?::([0-9]{{1,2}})(?:\.([0-9]*))?(?:{_ZONE})?)?)?"
_DATE_TEXT = "(?s)^" + _DATE % (7, r"(?:[ T].*)?") + "$"
_STAMP_TEXT = "^" + _DATE % (6, f"(?:[ T]{_TIME})?") + "$"
_OFFSET = r"^(?:UTC|GMT|UT)?([+-])([0-9]{1,2}?)(?::?([0-9]{2}))?(?::?([0-9]{2}))?$"
_DIGITS = "٠١٢٣٤٥٦٧٨٩۰۱۲۳۴۵۶۷۸۹०१२३४५६७८९０１２３４５６７８９"
_LONG = 9223372036854775807

# Every macro by its head. Cheap shapes come first: CSV columns are mostly canonical, and COALESCE looks at the slow
# branch for the other rows only.
MACROS: dict[str, str] = {
    "sp_trim(s)": f"regexp_replace(s, '{_TRIMMED}', '', 'g')",
    "sp_java_trim(s)": f"regexp_replace(s, '{_JAVA_TRIMMED}', '', 'g')",
    # text to whole numbers
    "sp_bigint_slow(s)": f"CASE WHEN regexp_full_match(s, '{_INTEGER}') THEN "
    r"CASE WHEN regexp_matches(s, '^[+-]?\.') THEN 0::BIGINT "
    "ELSE TRY_CAST(regexp_extract(s, '^[+-]?[0-9]+') AS BIGINT) END END",
    "sp_bigint(s)": "COALESCE(CASE WHEN TRY_CAST(s AS BIGINT)::VARCHAR = s THEN TRY_CAST(s AS BIGINT) END, "
    "CASE WHEN s IS NULL OR s = '' THEN NULL ELSE sp_bigint_slow(sp_trim(s)) END)",
    # text to fractions
    "sp_huge(s)": "CASE WHEN regexp_matches(s, '[eE]-') THEN 0.0::DOUBLE WHEN s[1] = '-' THEN '-inf'::DOUBLE "
    "ELSE 'inf'::DOUBLE END",
    "sp_named_number(s)": "CASE WHEN s IN ('nan') THEN 'nan'::DOUBLE WHEN s IN ('inf', '+inf', 'infinity', "
    "'+infinity') THEN 'inf'::DOUBLE WHEN s IN ('-inf', '-infinity') THEN '-inf'::DOUBLE END",
    "sp_double_slow(s)": f"CASE WHEN regexp_full_match(s, '{_NUMBER}[dDfF]?') "
    "THEN COALESCE(TRY_CAST(rtrim(s, 'dDfF') AS DOUBLE), sp_huge(s)) ELSE sp_named_number(lower(s)) END",
    "sp_double_plain(s)": "CASE WHEN contains(s, '.') THEN rtrim(s, '0') || CASE WHEN s LIKE '%.' OR s LIKE '%.0' "
    "OR s LIKE '%.00' THEN '0' ELSE '' END ELSE s || '.0' END",
    "sp_double(s)": "COALESCE(CASE WHEN TRY_CAST(s AS DOUBLE)::VARCHAR = sp_double_plain(s) "
    "THEN TRY_CAST(s AS DOUBLE) END, "
    "CASE WHEN s IS NULL OR s = '' THEN NULL ELSE sp_double_slow(sp_java_trim(s)) END)",
    "sp_narrow(d)": "CASE WHEN isfinite(d) AND abs(d) >= 3.4028235677973366e38 THEN "
    "CASE WHEN d > 0 THEN 'inf'::FLOAT ELSE '-inf'::FLOAT END ELSE TRY_CAST(d AS FLOAT) END",
    "sp_float(s)": "CASE WHEN isfinite(sp_double(s)) THEN COALESCE(TRY_CAST(rtrim(sp_java_trim(s), 'dDfF') AS FLOAT), "
    "sp_narrow(sp_double(s))) ELSE sp_narrow(sp_double(s)) END",
    "sp_ascii(s)": f"translate(sp_java_trim(s), '{_DIGITS}', '{'0123456789' * 4}')",
    "sp_decimal_slow(a)": f"CASE WHEN regexp_full_match(a, '{_NUMBER}') THEN a END",
    "sp_decimal_text(s)": r"COALESCE(CASE WHEN regexp_full_match(s, '-?[0-9]+(\.[0-9]+)?') THEN s END, "
    "CASE WHEN s IS NULL OR s = '' THEN NULL "
    "ELSE list_transform([sp_ascii(s)], lambda a: sp_decimal_slow(a))[1] END)",
    "sp_truth(s)": "CASE WHEN s IN ('t', 'true', 'y', 'yes', '1') THEN true "
    "WHEN s IN ('f', 'false', 'n', 'no', '0') THEN false END",
    "sp_boolean(s)": "CASE WHEN s = 'true' THEN true WHEN s = 'false' THEN false ELSE sp_truth(lower(sp_trim(s))) END",
    # a member of a JSON object: by its exact name, else without regard to case
    "sp_json_member(o, name, path)": "CASE WHEN json_exists(o, path) THEN json_extract(o, path) ELSE json_extract(o, "
    "'$.\"' || list_filter(json_keys(o), lambda k: lower(k) = name)[1] || '\"') END",
    # text to dates: the calendar is checked by make_date
    "sp_part(p)": "TRY_CAST(p AS BIGINT)",
    "sp_ymd(g)": "make_date(sp_part(g.y), COALESCE(sp_part(g.m), 1), COALESCE(sp_part(g.d), 1))",
    "sp_date_groups(s)": f"regexp_extract(s, '{_DATE_TEXT}', ['y', 'm', 'd'])",
    "sp_date(s)": "COALESCE(CASE WHEN s LIKE '____-__-__' AND s >= '0' AND s < ':' THEN TRY_CAST(s AS DATE) END, "
    "CASE WHEN s IS NULL OR NOT regexp_matches(s, '[0-9]{4}') THEN NULL "
    "ELSE TRY(sp_ymd(sp_date_groups(sp_trim(s)))) END)",
    # text to timestamps
    "sp_stamp_groups(s)": f"regexp_extract(s, '{_STAMP_TEXT}', ['y', 'm', 'd', 'h', 'n', 's', 'f', 'z'])",
    "sp_below(p, top)": "CASE WHEN p = '' THEN 0 WHEN sp_part(p) < top THEN sp_part(p) END",
    "sp_clock(g)": "((sp_below(g.h, 24) * 60 + sp_below(g.n, 60)) * 60 + sp_below(g.s, 60)) * 1000000 "
    "+ rpad(g.f, 6, '0')[1:6]::BIGINT",
    "sp_offset_groups(z)": f"regexp_extract(z, '{_OFFSET}', ['g', 'h', 'n', 's'])",
    "sp_offset(o)": "CASE WHEN o.g = '' OR sp_part(o.h) > 18 THEN NULL ELSE (CASE o.g WHEN '-' THEN -1 ELSE 1 END) "
    "* ((sp_part(o.h) * 60 + sp_below(o.n, 60)) * 60 + sp_below(o.s, 60)) * 1000000 END",
    "sp_zoned(us, z)": "CASE WHEN z IN ('', 'Z', 'UTC', 'GMT', 'UT') THEN us "
    r"WHEN regexp_matches(z, '^(UTC|GMT|UT)?[+-]') "
    "THEN us - list_transform([sp_offset_groups(z)], lambda o: sp_offset(o))[1] "
    "WHEN list_contains(getvariable('sp_zones'), z) "
    "THEN epoch_us(timezone('UTC', timezone(z, make_timestamp(us)))) END",
    # a time alone is one of today
    "sp_dated(s)": r"CASE WHEN regexp_matches(s, '^[\x00-\x20]*(T[0-9]|[0-9]{1,2}:)') "
    r"THEN current_date::VARCHAR || ' ' || regexp_replace(s, '^[\x00-\x20]*T?', '') ELSE s END",
    "sp_stamp_of(g)": "list_transform([epoch_us(sp_ymd(g)::TIMESTAMP) + sp_clock(g)], "
    "lambda us: make_timestamp(sp_zoned(us, g.z)))[1]",
    # What a text of that length is when DuckDB has read it as Spark would. (One comparison and no AND: DuckDB would
    # compute the cast twice. The lambda, too, is there so that nothing is computed twice.)
    "sp_stamp_plain(s)": "CASE strlen(s) WHEN 19 THEN replace(s, 'T', ' ') WHEN 10 THEN s || ' 00:00:00' "
    "WHEN 16 THEN replace(s, 'T', ' ') || ':00' WHEN 21 THEN sp_stamp_short(s) WHEN 22 THEN sp_stamp_short(s) "
    "WHEN 23 THEN sp_stamp_short(s) WHEN 26 THEN sp_stamp_short(s) END",
    "sp_stamp_short(s)": "rtrim(rtrim(replace(s, 'T', ' '), '0'), '.')",
    "sp_stamp_filled(s)": "COALESCE(CASE WHEN TRY_CAST(s AS TIMESTAMP)::VARCHAR = CASE strlen(s) WHEN 19 THEN s END "
    "THEN TRY_CAST(s AS TIMESTAMP) END, "
    "CASE WHEN TRY_CAST(s AS TIMESTAMP)::VARCHAR = sp_stamp_plain(s) THEN TRY_CAST(s AS TIMESTAMP) END, "
    "CASE WHEN s IS NULL OR NOT regexp_matches(s, '[0-9]{4}|[0-9]:|T[0-9]') THEN NULL "
    "ELSE TRY(list_transform([sp_stamp_groups(sp_trim(sp_dated(s)))], lambda g: sp_stamp_of(g))[1]) END)",
    # No text at all is common, and a cast that fails is dear.
    "sp_timestamp(s)": "sp_stamp_filled(NULLIF(s, ''))",
    # numbers; the largest bigint is DuckDB's infinite timestamp
    "sp_stamp(us)": f"CASE WHEN us >= {_LONG} THEN 'infinity'::TIMESTAMP WHEN us <= -{_LONG} THEN "
    "'-infinity'::TIMESTAMP ELSE make_timestamp(us) END",
    "sp_wrap8(x)": "CAST(xor((x & 255), 128) - 128 AS TINYINT)",
    "sp_wrap16(x)": "CAST(xor((x & 65535), 32768) - 32768 AS SMALLINT)",
    "sp_wrap32(x)": "CAST(xor((x & 4294967295), 2147483648) - 2147483648 AS INTEGER)",
    "sp_wrap64(x)": "CAST(xor((x::HUGEINT & 18446744073709551615::HUGEINT), 9223372036854775808::HUGEINT) "
    "- 9223372036854775808::HUGEINT AS BIGINT)",
    "sp_saturate(d, low, high)": "CASE WHEN isnan(d) THEN 0 WHEN d >= high THEN high WHEN d <= low THEN low "
    "ELSE trunc(d) END",
    "sp_double_int(d)": "CAST(sp_saturate(d, -2147483648, 2147483647) AS INTEGER)",
    "sp_double_bigint(d)": f"CASE WHEN isnan(d) THEN 0 WHEN d >= 9.2233720368547758e18 THEN {_LONG} "
    f"WHEN d <= -9.2233720368547758e18 THEN -{_LONG} - 1 ELSE CAST(trunc(d) AS BIGINT) END",
    "sp_floor_seconds(us)": "CAST((us - ((us % 1000000) + 1000000) % 1000000) / 1000000 AS BIGINT)",
    "sp_seconds_stamp(x)": "sp_stamp(CASE WHEN x > 9223372036854 THEN 9223372036854775807 "
    "WHEN x < -9223372036854 THEN -9223372036854775807 ELSE x * 1000000 END)",
    "sp_double_stamp(d)": "CASE WHEN isfinite(d) THEN sp_stamp(sp_double_bigint(d * 1000000.0)) END",
    # text of values, as Java writes them
    "sp_short(n)": "CASE WHEN length(rtrim(n, '0')) > 1 THEN rtrim(n, '0') ELSE n[1] || '0' END",
    "sp_scientific(t)": "CASE WHEN contains(split_part(t, 'e', 1), '.') THEN split_part(t, 'e', 1) "
    "ELSE split_part(t, 'e', 1) || '.0' END || 'E' || split_part(t, 'e', 2)::INTEGER::VARCHAR",
    "sp_point(n)": "n[1] || '.' || CASE WHEN rtrim(n[2:], '0') = '' THEN '0' ELSE rtrim(n[2:], '0') END",
    "sp_large(t)": "sp_point(replace(t, '.', '')) || 'E' || (length(split_part(t, '.', 1)) - 1)::VARCHAR",
    "sp_small(t)": "sp_point(ltrim(replace(t, '.', ''), '0')) || 'E-' || "
    "(length(t) - 1 - length(ltrim(replace(t, '.', ''), '0')))::VARCHAR",
    "sp_magnitude(t, d)": "CASE WHEN contains(t, 'e') THEN sp_scientific(t) WHEN d >= 1e7 THEN sp_large(t) "
    "WHEN d < 1e-3 AND d > 0 THEN sp_small(t) ELSE t END",
    # Java 17 writes a whole number of more than 24 or 53 bits with the digits that its last bit can tell, no fewer.
    "sp_blur(d, bits)": "power(10, greatest(0, floor((floor(log2(d)) - bits - 1) * 0.30103)))::HUGEINT",
    "sp_whole(d, bits)": "sp_large((((d::HUGEINT + sp_blur(d, bits) // 2) // sp_blur(d, bits)) * sp_blur(d, bits))"
    "::VARCHAR || '.0')",
    "sp_magnitude_text(d, bits)": "CASE WHEN d >= 1e7 AND d < 9e18 AND d = trunc(d) THEN sp_whole(d, bits) "
    "ELSE sp_magnitude(d::VARCHAR, d) END",
    "sp_fraction_text(d, bits)": "CASE WHEN isnan(d) THEN 'NaN' WHEN isinf(d) THEN CASE WHEN d > 0 THEN 'Infinity' "
    "ELSE '-Infinity' END WHEN abs(d) >= 1e-3 AND abs(d) < 1e7 THEN d::VARCHAR "
    "ELSE CASE WHEN signbit(d) THEN '-' ELSE '' END || sp_magnitude_text(abs(d), bits) END",
    "sp_year(d)": "CASE WHEN year(d) > 9999 THEN '+' WHEN year(d) < 0 THEN '-' ELSE '' END || "
    "lpad(abs(year(d))::VARCHAR, greatest(4, length(abs(year(d))::VARCHAR))::INTEGER, '0')",
    "sp_date_text(d)": "CASE WHEN d BETWEEN DATE '0001-01-01' AND DATE '9999-12-31' THEN d::VARCHAR "
    "ELSE sp_year(d) || strftime(d, '-%m-%d') END",
    "sp_micros(t)": "CASE WHEN microsecond(t) % 1000000 = 0 THEN '' ELSE "
    "'.' || rtrim(lpad((microsecond(t) % 1000000)::VARCHAR, 6, '0'), '0') END",
    "sp_stamp_text(t)": "CASE WHEN t BETWEEN TIMESTAMP '0001-01-01' AND TIMESTAMP '9999-12-31 23:59:59.999999' "
    "THEN t::VARCHAR WHEN isfinite(t) THEN sp_year(t) || strftime(t, '-%m-%d %H:%M:%S') || sp_micros(t) "
    "WHEN t > TIMESTAMP '2000-01-01' THEN '+294247-01-10 04:00:54.775807' "
    "WHEN t IS NOT NULL THEN '-290308-12-21 19:59:05.224193' END",
    # text to the text of what it is cast to: mostly itself (behind a lambda nothing is computed ahead of its turn)
    "sp_bigint_cell(s)": "CASE WHEN TRY_CAST(s AS BIGINT)::VARCHAR = s THEN s WHEN s = '' THEN NULL "
    "ELSE list_transform([s], lambda x: sp_bigint(x)::VARCHAR)[1] END",
    "sp_timestamp_cell(s)": "CASE WHEN strlen(s) = 19 AND TRY_CAST(s AS TIMESTAMP)::VARCHAR = s THEN s "
    "WHEN s = '' THEN NULL "
    "ELSE list_transform([sp_timestamp(s)], lambda t: sp_stamp_text(t))[1] END",
}

Rule = Callable[[str, str], str]

_WRAPS = {"tinyint": "sp_wrap8", "smallint": "sp_wrap16", "int": "sp_wrap32", "bigint": "sp_wrap64"}


def _call(name: str) -> Rule:
    return lambda sql, target: f"{name}({sql})"


def _try(sql: str, target: str) -> str:
    return f"TRY_CAST({sql} AS {sparktypes.duckdb(target)})"


def _null(sql: str, target: str) -> str:
    return f"CAST(NULL AS {sparktypes.duckdb(target)})"


def _fits(bound: int) -> Rule:
    """Text to a narrower integer: NULL outside its range."""
    return lambda sql, target: (
        f"CAST(CASE WHEN sp_bigint({sql}) BETWEEN {-bound - 1} AND {bound} THEN sp_bigint({sql}) END "
        f"AS {sparktypes.duckdb(target)})"
    )


def _wrap(sql: str, target: str) -> str:
    return f"{_WRAPS[target]}({sql})"


def _wrap_double(sql: str, target: str) -> str:
    return f"{_WRAPS[target]}(sp_double_int({sql}))"


def _wrap_seconds(sql: str, target: str) -> str:
    return f"{_WRAPS[target]}(sp_floor_seconds(epoch_us({sql})))"


def _wrap_decimal(sql: str, target: str) -> str:
    return f"{_WRAPS[target]}(CAST(trunc({sql}) AS HUGEINT))"


def _by_text(sql: str, target: str) -> str:
    """Fractions become decimals by their text, as Java's BigDecimal does."""
    return f"TRY_CAST(({sql})::VARCHAR AS {sparktypes.duckdb(target)})"


def _seconds(sql: str, target: str) -> str:
    return f"TRY_CAST(epoch_us({sql}) / 1000000.0 AS {sparktypes.duckdb(target)})"


def _decimal_seconds(sql: str, target: str) -> str:
    return f"TRY_CAST(CAST(epoch_us({sql}) AS DECIMAL(26,6)) / 1000000 AS {sparktypes.duckdb(target)})"


# (from, to) → rule; `integral`, `fractional` and `decimal` stand for their kinds. What is absent is refused.
RULES: dict[tuple[str, str], Rule] = {
    ("string", "bigint"): _call("sp_bigint"),
    ("string", "int"): _fits(2**31 - 1),
    ("string", "smallint"): _fits(2**15 - 1),
    ("string", "tinyint"): _fits(2**7 - 1),
    ("string", "double"): _call("sp_double"),
    ("string", "float"): _call("sp_float"),
    ("string", "decimal"): lambda sql, target: _try(f"sp_decimal_text({sql})", target),
    ("string", "boolean"): _call("sp_boolean"),
    ("string", "date"): _call("sp_date"),
    ("string", "timestamp"): _call("sp_timestamp"),
    ("string", "binary"): _call("encode"),
    ("binary", "string"): lambda sql, target: f"TRY(decode({sql}))",
    ("integral", "integral"): _wrap,
    ("integral", "fractional"): _try,
    ("integral", "decimal"): _try,
    ("integral", "string"): _try,
    ("integral", "boolean"): lambda sql, target: f"({sql}) <> 0",
    ("integral", "timestamp"): lambda sql, target: f"sp_seconds_stamp(({sql})::BIGINT)",
    ("fractional", "integral"): _wrap_double,
    ("fractional", "int"): _call("sp_double_int"),
    ("fractional", "bigint"): _call("sp_double_bigint"),
    ("double", "float"): _call("sp_narrow"),
    ("float", "double"): _try,
    ("fractional", "decimal"): _by_text,
    ("double", "string"): lambda sql, target: f"sp_fraction_text({sql}, 53)",
    ("float", "string"): lambda sql, target: f"sp_fraction_text({sql}, 24)",
    ("fractional", "boolean"): lambda sql, target: f"({sql}) <> 0",
    ("fractional", "timestamp"): _call("sp_double_stamp"),
    ("decimal", "integral"): _wrap_decimal,
    ("decimal", "fractional"): _by_text,
    ("decimal", "decimal"): _try,
    ("decimal", "string"): _try,
    ("decimal", "boolean"): lambda sql, target: f"({sql}) <> 0",
    ("decimal", "timestamp"): lambda sql, target: f"make_timestamp(CAST(trunc(({sql}) * 1000000) AS BIGINT))",
    ("boolean", "integral"): _try,
    ("boolean", "fractional"): _try,
    ("boolean", "decimal"): lambda sql, target: _try(f"({sql})::INTEGER", target),
    ("boolean", "string"): _try,
    ("boolean", "timestamp"): lambda sql, target: f"make_timestamp(({sql})::BIGINT)",
    ("date", "string"): _call("sp_date_text"),
    ("date", "timestamp"): _try,
    ("date", "integral"): _null,
    ("date", "fractional"): _null,
    ("date", "decimal"): _null,
    ("date", "boolean"): _null,
    ("timestamp", "string"): _call("sp_stamp_text"),
    ("timestamp", "date"): _try,
    ("timestamp", "integral"): _wrap_seconds,
    ("timestamp", "fractional"): _seconds,
    ("timestamp", "decimal"): _decimal_seconds,
    ("timestamp", "boolean"): lambda sql, target: f"epoch_us({sql}) <> 0",
}


def _kinds(kind: str) -> tuple[str, ...]:
    if kind in INTEGRAL:
        return (kind, "integral")
    if kind in FRACTIONAL:
        return (kind, "fractional")
    return ("decimal",) if sparktypes.is_decimal(kind) else (kind,)


def find(source: str, target: str) -> Rule | None:
    """The rule for a pair of canonical types, the most exact one first; None when Spark refuses the cast."""
    for left in _kinds(source):
        for right in _kinds(target):
            if (left, right) in RULES:
                return RULES[(left, right)]
    return None


def cast(sql: str, source: str, target: str) -> str:
    """The DuckDB expression that casts `sql` of type `source` to `target` as Spark does.

    Raises `CastRefused` with Spark's reason for a pair that Spark does not cast.
    """
    if source == target:
        return sql
    if source == "void":
        return _null(sql, target)
    rule = find(source, target)
    if rule is None:
        raise CastRefused(f'cannot cast "{source.upper()}" to "{target.upper()}"')
    return rule(sql, target)


CELLS = {"bigint": "sp_bigint_cell", "timestamp": "sp_timestamp_cell"}
"""What text is cast to → the macro of the text that a CSV target makes of the result."""


def cell(sql: str, source: str, target: str) -> str:
    """The DuckDB expression for `cast(cast(sql, source, target), target, "string")` where there is a cheaper one than
    that; else nothing."""
    return f"{CELLS[target]}({sql})" if source == "string" and target in CELLS else ""
