"""CAST, TRY_CAST and the text of values, as DuckDB expressions.

Each conversion gives an expression that is NULL where Trino's cast fails; the strict cast raises there. A failure is
raised by a DuckDB cast of a marked text (`FAILURE`), because TRY() refuses `error()`; `engine_errors` reads it back.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable

from ..tables import types as t
from ..tables.types import Type, duckdb_name, field_name, quote, trino_name
from .coercion import INTEGERS

MARK = "ATHENA~"
# expressions longer than this are not repeated
LONG = 600
_bound = itertools.count()
# types that an integer does not cast to in DuckDB
ONLY_FROM_TEXT = ("array", "map", "row", "timestamptz", "varbinary", "uuid", "date", "time", "timestamp")
SHORT = {"integer": "INT", "bigint": "BIGINT", "smallint": "SMALLINT", "tinyint": "TINYINT"}


def text_literal(value: str) -> str:
    """A string literal of DuckDB."""
    return "'" + value.replace("'", "''") + "'"


def raises(name: str, message: str, type_: Type) -> str:
    """An expression of `type_` that fails with Athena's error `name`; `message` is a DuckDB expression of text."""
    failing = f"CAST(concat('{MARK}{name}~', {message}) AS INTEGER)"
    if type_.kind in ONLY_FROM_TEXT:
        failing = f"CAST({failing} AS VARCHAR)"
    return f"CAST({failing} AS {duckdb_name(type_)})"


def cast(sql: str, source: Type, target: Type, safe: bool) -> str | None:
    """`sql` of type `source` as `target`, or None where Trino has no such cast."""
    if source == target:
        return sql
    if source.kind == "unknown":
        return f"CAST(NULL AS {duckdb_name(target)})"
    nested = NESTED.get((source.kind, target.kind))
    if nested:
        return nested(sql, source, target, safe)
    sure = SURE.get((source.kind, target.kind))
    if sure:
        return sure(sql, source, target)
    fallible = FALLIBLE.get((source.kind, target.kind))
    if fallible is None:
        return None
    attempt = fallible(sql, source, target)
    if safe:
        return attempt
    if len(sql) > LONG:
        return bound(sql, lambda v: cast(v, source, target, False) or v)
    message = f"concat('Cannot cast ', {_shown(sql, source)}, ' to {_target_name(target)}')"
    name = "INVALID_CAST_ARGUMENT"
    return (
        f"(CASE WHEN ({sql}) IS NULL THEN NULL WHEN ({attempt}) IS NULL THEN {raises(name, message, target)} "
        f"ELSE {attempt} END)"
    )


def bound(sql: str, body: Callable[[str], str]) -> str:
    """`body` of a value that is written once: repeating a long expression would double its text at each level."""
    name = f"v{next(_bound)}"
    return f"list_transform([{sql}], lambda {name}: {body(name)})[1]"


def _shown(sql: str, source: Type) -> str:
    if source.kind in ("varchar", "char"):
        return f"'''', {sql}, ''''"
    return text(sql, source)


def _target_name(target: Type) -> str:
    return (
        SHORT.get(target.kind) or trino_name(target).split("(")[0]
        if target.kind != "decimal"
        else trino_name(target).upper()
    )


def _plain(sql: str, source: Type, target: Type) -> str:
    return f"CAST({sql} AS {duckdb_name(target)})"


def _plain_try(sql: str, source: Type, target: Type) -> str:
    return f"TRY_CAST({sql} AS {duckdb_name(target)})"


def _rounded(sql: str, source: Type, target: Type) -> str:
    return f"TRY_CAST(round({sql}) AS {duckdb_name(target)})"


def _guarded(pattern: str) -> Callable[[str, Type, Type], str]:
    def rule(sql: str, source: Type, target: Type) -> str:
        return f"(CASE WHEN regexp_full_match({sql}, '{pattern}') THEN TRY_CAST({sql} AS {duckdb_name(target)}) END)"

    return rule


def _varchar_to_timestamp(sql: str, source: Type, target: Type) -> str:
    return round_timestamp(f"t_parse_timestamp({sql})", 6, target.args[0])


def round_timestamp(sql: str, source: int, target: int) -> str:
    """A timestamp of `source` decimals rounded to `target`."""
    if target >= source or target >= 6:
        return (
            f"CAST({sql} AS TIMESTAMP_NS)"
            if target > 6 >= source
            else (f"CAST({sql} AS TIMESTAMP)" if source > 6 >= target else sql)
        )
    return f"t_round_timestamp(CAST({sql} AS TIMESTAMP), {10 ** (6 - target)})"


_COLUMN = re.compile(r"\w+(\.\w+)?")


def local(sql: str) -> str:
    """The wall-clock time of a timestamp with time zone."""
    if _COLUMN.fullmatch(sql):
        return f"t_local({sql}.t, {sql}.z)"
    return bound(sql, lambda v: f"t_local({v}.t, {v}.z)")


def moved(sql: str, step: str) -> str:
    """A timestamp with time zone, its wall-clock time moved by an interval. The macros repeat what they are given, so
    a longer expression is written once."""
    if _COLUMN.fullmatch(sql):
        return f"t_zoned({local(sql)} + {step}, {sql}.z)"
    return bound(
        f"struct_pack(v := {sql}, s := {step})", lambda x: f"t_zoned(t_local({x}.v.t, {x}.v.z) + {x}.s, {x}.v.z)"
    )


def _to_text(sql: str, source: Type, target: Type) -> str:
    shown = text(sql, source)
    return f"left({shown}, {target.args[0]})" if target.args and target.kind == "varchar" else shown


def _resize(sql: str, source: Type, target: Type) -> str:
    if target.args and (not source.args or source.args[0] > target.args[0] or source.kind == "char"):
        return f"left({sql}, {target.args[0]})"
    return sql


def _to_char(sql: str, source: Type, target: Type) -> str:
    return f"rpad(left({sql}, {target.args[0]}), {target.args[0]}, ' ')"


def _to_array(sql: str, source: Type, target: Type, safe: bool) -> str | None:
    inner = cast("x", source.element, target.element, safe)
    return inner and (sql if inner == "x" else f"list_transform({sql}, lambda x: {inner})")


def _to_map(sql: str, source: Type, target: Type, safe: bool) -> str | None:
    key, value = cast("x", source.key, target.key, safe), cast("x", source.value, target.value, safe)
    if key is None or value is None:
        return None
    return (
        f"(CASE WHEN ({sql}) IS NOT NULL THEN map(list_transform(map_keys({sql}), lambda x: {key}), "
        f"list_transform(map_values({sql}), lambda x: {value})) END)"
    )


def _to_row(sql: str, source: Type, target: Type, safe: bool) -> str | None:
    if len(source.fields) != len(target.fields):
        return None
    parts: list[str] = []
    for index, ((name, a), (other, b)) in enumerate(zip(source.fields, target.fields, strict=True)):
        inner = cast(f"({sql}).{quote(field_name(index, name))}", a, b, safe)
        if inner is None:
            return None
        parts.append(f"{quote(field_name(index, other))} := {inner}")
    return f"(CASE WHEN ({sql}) IS NOT NULL THEN struct_pack({', '.join(parts)}) END)"


NESTED: dict[tuple[str, str], Callable[[str, Type, Type, bool], str | None]] = {
    ("array", "array"): _to_array,
    ("map", "map"): _to_map,
    ("row", "row"): _to_row,
}
SURE: dict[tuple[str, str], Callable[[str, Type, Type], str]] = {
    **{(a, b): _plain for i, a in enumerate(INTEGERS) for b in (*INTEGERS[i + 1 :], "real", "double")},
    **{(a, "boolean"): lambda s, a, b: f"(({s}) <> 0)" for a in (*INTEGERS, "real", "double", "decimal")},
    **{("boolean", b): _plain for b in (*INTEGERS, "real", "double", "decimal")},
    **{("decimal", b): _plain for b in ("real", "double")},
    ("real", "double"): _plain,
    ("varchar", "varbinary"): lambda s, a, b: f"encode({s})",
    ("char", "varbinary"): lambda s, a, b: f"encode({s})",
    **{
        (a, "varchar"): _to_text
        for a in (
            *INTEGERS,
            "real",
            "double",
            "decimal",
            "boolean",
            "date",
            "time",
            "timestamp",
            "timestamptz",
            "uuid",
            "daytime",
            "yearmonth",
        )
    },
    ("varchar", "varchar"): _resize,
    ("char", "varchar"): _resize,
    ("varchar", "char"): _to_char,
    ("char", "char"): _to_char,
    ("date", "timestamp"): _plain,
    ("timestamp", "date"): lambda s, a, b: f"CAST({s} AS DATE)",
    ("timestamp", "time"): lambda s, a, b: f"CAST({s} AS TIME)",
    ("timestamp", "timestamp"): lambda s, a, b: round_timestamp(s, a.args[0], b.args[0]),
    ("timestamptz", "timestamptz"): lambda s, a, b: s,
    ("time", "time"): lambda s, a, b: s,
    ("date", "timestamptz"): lambda s, a, b: f"t_zoned(CAST({s} AS TIMESTAMP), 'UTC')",
    ("timestamp", "timestamptz"): lambda s, a, b: f"t_zoned({s}, 'UTC')",
    ("timestamptz", "timestamp"): lambda s, a, b: local(s),
    ("timestamptz", "date"): lambda s, a, b: f"CAST({local(s)} AS DATE)",
    ("timestamptz", "time"): lambda s, a, b: f"CAST({local(s)} AS TIME)",
    ("uuid", "uuid"): lambda s, a, b: s,
    **{
        (a, "json"): lambda s, a, b: json_of(s, a)
        for a in (
            *INTEGERS,
            "real",
            "double",
            "decimal",
            "boolean",
            "varchar",
            "date",
            "timestamp",
            "array",
            "map",
            "row",
        )
    },
}
FALLIBLE: dict[tuple[str, str], Callable[[str, Type, Type], str]] = {
    **{("varchar", b): _guarded(r"[+-]?\d+") for b in INTEGERS},
    **{(a, b): _plain_try for i, a in enumerate(INTEGERS) for b in INTEGERS[:i]},
    **{(a, b): _rounded for a in ("real", "double", "decimal") for b in INTEGERS},
    **{(a, "decimal"): _plain_try for a in (*INTEGERS, "real", "double", "decimal")},
    ("varchar", "decimal"): _guarded(r"\s*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?\s*"),
    ("varchar", "double"): _plain_try,
    ("varchar", "real"): _plain_try,
    ("double", "real"): _plain_try,
    ("varchar", "boolean"): lambda s, a, b: f"t_parse_boolean({s})",
    ("varchar", "date"): _guarded(r"\s*[+-]?\d{4,}-\d{1,2}-\d{1,2}\s*"),
    ("varchar", "timestamp"): _varchar_to_timestamp,
    ("varchar", "timestamptz"): lambda s, a, b: f"t_parse_zoned({s})",
    ("varchar", "time"): _guarded(r"\d{1,2}:\d{1,2}(:\d{1,2}(\.\d+)?)?"),
    ("varchar", "uuid"): _plain_try,
    **{
        ("json", b): lambda s, a, b: from_json(s, b)
        for b in (
            *INTEGERS,
            "real",
            "double",
            "decimal",
            "boolean",
            "varchar",
            "array",
            "map",
            "row",
            "date",
            "timestamp",
        )
    },
}


# text of values
def text(sql: str, type_: Type) -> str:
    """The text that Athena prints for the value; NULL stays NULL."""
    rule = TEXT.get(type_.kind)
    return rule(sql, type_) if rule else f"CAST({sql} AS VARCHAR)"


def _timestamp_text(sql: str, type_: Type) -> str:
    digits = type_.args[0]
    if digits == 3:
        return f"strftime({sql}, '%Y-%m-%d %H:%M:%S.%g')"
    if digits == 0:
        return f"strftime({sql}, '%Y-%m-%d %H:%M:%S')"
    if digits == 6:
        return f"strftime({sql}, '%Y-%m-%d %H:%M:%S.%f')"
    if digits > 6:
        return f"left(strftime({sql}, '%Y-%m-%d %H:%M:%S.%n'), {20 + digits})"
    return f"left(strftime({sql}, '%Y-%m-%d %H:%M:%S.%f'), {20 + digits})"


def _time_text(sql: str, type_: Type) -> str:
    digits = type_.args[0]
    stamp = f"strftime(DATE '2000-01-01' + {sql}, '%H:%M:%S.%f')"
    return f"left({stamp}, {8 if digits == 0 else 9 + min(digits, 6)})"


def _decimal_text(sql: str, type_: Type) -> str:
    shown = f"CAST({sql} AS VARCHAR)"
    # DuckDB leaves out the zero before the point when the type has no digit there
    return f"regexp_replace({shown}, '^(-?)\\.', '\\10.')" if type_.args[0] == type_.args[1] else shown


def _element_text(sql: str, type_: Type) -> str:
    return f"coalesce({text(sql, type_)}, 'null')"


def _array_text(sql: str, type_: Type) -> str:
    return (
        f"('[' || array_to_string(list_transform({sql}, lambda x: {_element_text('x', type_.element)}), ', ') || ']')"
    )


def _map_text(sql: str, type_: Type) -> str:
    entry = f"{text('x.key', type_.key)} || '=' || {_element_text('x.value', type_.value)}"
    entries = f"list_sort(map_entries({sql}))" if type_.value.kind != "map" else f"map_entries({sql})"
    return f"('{{' || array_to_string(list_transform({entries}, lambda x: {entry}), ', ') || '}}')"


def _row_text(sql: str, type_: Type) -> str:
    parts: list[str] = []
    for index, (name, field) in enumerate(type_.fields):
        label = text_literal(f"{name}=") + " || " if name is not None else ""
        parts.append(f"{label}{_element_text(f'({sql}).{quote(field_name(index, name))}', field)}")
    joined = " || ', ' || ".join(parts)
    return f"(CASE WHEN ({sql}) IS NOT NULL THEN '{{' || {joined} || '}}' END)"


TEXT: dict[str, Callable[[str, Type], str]] = {
    "unknown": lambda s, _: f"CAST({s} AS VARCHAR)",
    "varchar": lambda s, _: s,
    "char": lambda s, _: s,
    "json": lambda s, _: s,
    "double": lambda s, _: f"t_double_text({s})",
    "real": lambda s, _: f"t_real_text({s})",
    "varbinary": lambda s, _: f"t_binary_text({s})",
    "timestamp": _timestamp_text,
    "time": _time_text,
    "timestamptz": lambda s, type_: f"({_timestamp_text(local(s), type_)} || ' ' || ({s}).z)",
    "daytime": lambda s, _: f"t_daytime_text({s})",
    "yearmonth": lambda s, _: f"t_yearmonth_text({s})",
    "decimal": _decimal_text,
    "array": _array_text,
    "map": _map_text,
    "row": _row_text,
}


# JSON
def json_of(sql: str, type_: Type) -> str:
    """The JSON text of a value; SQL NULL stays NULL."""
    return f"(CASE WHEN ({sql}) IS NOT NULL THEN {_json_value(sql, type_)} END)"


def _json_value(sql: str, type_: Type) -> str:
    if type_.kind in ("array", "map", "row"):
        return JSON_NESTED[type_.kind](sql, type_)
    if type_.kind in ("varchar", "char"):
        return f"CAST(to_json({sql}) AS VARCHAR)"
    if type_.kind == "json":
        return sql
    if type_.kind in ("date", "timestamp", "uuid", "timestamptz"):
        return f"concat('\"', {text(sql, type_)}, '\"')"
    return text(sql, type_)


def _json_element(sql: str, type_: Type) -> str:
    return f"coalesce({json_of(sql, type_)}, 'null')"


def _json_row(sql: str, type_: Type) -> str:
    parts = [
        f"{text_literal(chr(34) + (name or '') + chr(34) + ':')} || "
        f"{_json_element(f'({sql}).{quote(field_name(i, name))}', f)}"
        for i, (name, f) in enumerate(type_.fields)
    ]
    joined = " || ',' || ".join(parts)
    return f"('{{' || {joined} || '}}')"


JSON_NESTED: dict[str, Callable[[str, Type], str]] = {
    "array": lambda s, ty: (
        f"('[' || array_to_string(list_transform({s}, lambda x: {_json_element('x', ty.element)}), ',') || ']')"
    ),
    "map": lambda s, ty: (
        f"('{{' || array_to_string(list_transform(list_sort(map_entries({s})), lambda x: "
        f"CAST(to_json({text('x.key', ty.key)}) AS VARCHAR) || ':' || {_json_element('x.value', ty.value)}), ',') "
        "|| '}')"
    ),
    "row": _json_row,
}


def from_json(sql: str, type_: Type) -> str:
    """JSON text as a value; NULL where it does not fit."""
    rule = FROM_JSON.get(type_.kind)
    if rule:
        return rule(sql, type_)
    plain = f"t_json_scalar({sql})"
    return cast(plain, t.VARCHAR, type_, True) or "NULL"


FROM_JSON: dict[str, Callable[[str, Type], str]] = {
    "varchar": lambda s, ty: f"t_json_scalar({s})",
    "array": lambda s, ty: (
        f"list_transform(CAST(json_extract({s}, '$[*]') AS VARCHAR[]), lambda x: {from_json('x', ty.element)})"
    ),
    "map": lambda s, ty: (
        f"map(list_transform(json_keys({s}), lambda x: {cast('x', t.VARCHAR, ty.key, True)}), "
        f"list_transform(json_keys({s}), lambda k: {from_json(f't_json_member({s}, k)', ty.value)}))"
    ),
    "row": lambda s, ty: (
        "struct_pack("
        + ", ".join(
            f"{quote(field_name(i, n))} := {from_json(_json_field(s, i, n), f)}" for i, (n, f) in enumerate(ty.fields)
        )
        + ")"
    ),
}


def _json_field(sql: str, index: int, name: str | None) -> str:
    by_index = f"CAST(json_extract({sql}, '$[{index}]') AS VARCHAR)"
    by_name = f"t_json_member({sql}, {text_literal(name or '')})"
    return f"(CASE WHEN json_type({sql}) = 'ARRAY' THEN {by_index} ELSE {by_name} END)"
