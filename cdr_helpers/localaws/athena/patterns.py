"""Date patterns: MySQL's (date_format, date_parse) and Joda's (format_datetime, parse_datetime) for DuckDB.

Source: Trino documentation, "Date and time functions and operators".
"""

from __future__ import annotations

import re

from ..tables import types as t
from . import ast
from .casts import LONG, bound, raises, text_literal
from .failures import QueryFailure

# units of a fixed length, and those of months
UNIT_MILLISECONDS = {"SECOND": 1000, "MINUTE": 60_000, "HOUR": 3_600_000, "DAY": 86_400_000, "WEEK": 604_800_000}
UNIT_MONTHS = {"MONTH": 1, "YEAR": 12}

# MySQL specifier → DuckDB expression over {x}
MYSQL_FORMAT = {
    "a": "strftime({x}, '%a')", "b": "strftime({x}, '%b')", "c": "CAST(month({x}) AS VARCHAR)",
    "d": "strftime({x}, '%d')", "e": "CAST(day({x}) AS VARCHAR)", "f": "strftime({x}, '%f')",
    "H": "strftime({x}, '%H')", "h": "lpad(CAST(t_hour12({x}) AS VARCHAR), 2, '0')",
    "I": "lpad(CAST(t_hour12({x}) AS VARCHAR), 2, '0')", "i": "strftime({x}, '%M')",
    "j": "strftime({x}, '%j')", "k": "CAST(hour({x}) AS VARCHAR)", "l": "CAST(t_hour12({x}) AS VARCHAR)",
    "M": "strftime({x}, '%B')", "m": "strftime({x}, '%m')", "p": "strftime({x}, '%p')",
    "r": "strftime({x}, '%I:%M:%S %p')", "S": "strftime({x}, '%S')", "s": "strftime({x}, '%S')",
    "T": "strftime({x}, '%H:%M:%S')", "v": "lpad(CAST(week({x}) AS VARCHAR), 2, '0')",
    "W": "strftime({x}, '%A')", "x": "CAST(isoyear({x}) AS VARCHAR)", "Y": "strftime({x}, '%Y')",
    "y": "strftime({x}, '%y')", "%": "'%'",
}  # fmt: skip
NOT_SUPPORTED = "DUuVwX"
# MySQL specifier → DuckDB's strptime specifier
MYSQL_PARSE = {
    "a": "%a", "b": "%b", "c": "%m", "d": "%d",
    "e": "%d", "f": "%n", "H": "%H", "h": "%I",
    "I": "%I", "i": "%M", "j": "%j", "k": "%H",
    "l": "%I", "M": "%B", "m": "%m", "p": "%p",
    "r": "%I:%M:%S %p", "S": "%S", "s": "%S",
    "T": "%H:%M:%S", "W": "%A", "Y": "%Y",
    "y": "%y", "%": "%%",
}  # fmt: skip


def format_mysql(sql: str, pattern: str, node: ast.Node) -> str:
    """Text of a timestamp by a MySQL pattern."""
    parts: list[str] = []
    for specifier, literal in _mysql_parts(pattern):
        if specifier is None:
            parts.append(text_literal(literal))
        elif specifier in MYSQL_FORMAT:
            parts.append(MYSQL_FORMAT[specifier].format(x=sql))
        elif specifier in NOT_SUPPORTED:
            raise QueryFailure(
                "INVALID_FUNCTION_ARGUMENT", f"%{specifier} not supported in date format string", node.at
            )
        else:
            parts.append(text_literal(specifier))
    return _joined(parts)


def _joined(parts: list[str]) -> str:
    return "(" + " || ".join(parts) + ")" if parts else "''"


def _mysql_parts(pattern: str) -> list[tuple[str | None, str]]:
    found: list[tuple[str | None, str]] = []
    for match in re.finditer(r"%(.)|([^%]+)|%$", pattern, re.DOTALL):
        found.append((match.group(1), match.group(2) or ""))
    return found


def parse_mysql(sql: str, pattern: str, node: ast.Node) -> str:
    """A timestamp read by a MySQL pattern; fails with INVALID_FUNCTION_ARGUMENT on other text."""
    specifiers = ""
    for specifier, literal in _mysql_parts(pattern):
        if specifier is None:
            specifiers += literal
        elif specifier in MYSQL_PARSE:
            specifiers += MYSQL_PARSE[specifier]
        else:
            raise QueryFailure(
                "INVALID_FUNCTION_ARGUMENT", f"%{specifier} not supported in date format string", node.at
            )
    parsed = f"CAST(try_strptime({sql}, {text_literal(specifiers)}) AS TIMESTAMP)"
    return _or_invalid(sql, parsed)


def _or_invalid(sql: str, parsed: str) -> str:
    if len(sql) > LONG:
        return bound(sql, lambda v: _or_invalid(v, parsed.replace(sql, v)))
    message = f"concat('Invalid format: \"', {sql}, '\"')"
    failing = raises("INVALID_FUNCTION_ARGUMENT", message, t.TIMESTAMP)
    return f"(CASE WHEN {sql} IS NULL THEN NULL WHEN {parsed} IS NULL THEN {failing} ELSE {parsed} END)"


JODA = re.compile(r"'((?:[^']|'')*)'|([A-Za-z])\2*|[^A-Za-z']+")


def _number(expression: str, width: int) -> str:
    shown = f"CAST({expression} AS VARCHAR)"
    return f"lpad({shown}, CAST(greatest({width}, length({shown})) AS INTEGER), '0')"


def format_joda(sql: str, zone: str, pattern: str, node: ast.Node) -> str:
    """Text of a timestamp by a Joda pattern."""
    parts: list[str] = []
    for match in JODA.finditer(pattern):
        text = match.group()
        if match.group(1) is not None:
            parts.append(text_literal(match.group(1).replace("''", "'") or "'"))
        elif match.group(2):
            parts.append(_joda_field(text[0], len(text), sql, zone, node))
        else:
            parts.append(text_literal(text))
    return _joined(parts)


JODA_NUMBERS = {
    "d": "day({x})", "D": "dayofyear({x})", "H": "hour({x})", "h": "t_hour12({x})", "K": "hour({x}) % 12",
    "k": "CASE WHEN hour({x}) = 0 THEN 24 ELSE hour({x}) END", "m": "minute({x})", "s": "second({x})",
    "e": "isodow({x})", "w": "week({x})",
}  # fmt: skip


def _joda_field(letter: str, count: int, sql: str, zone: str, node: ast.Node) -> str:
    if letter in JODA_NUMBERS:
        return _number(JODA_NUMBERS[letter].format(x=sql), count)
    if letter in "yYx":
        year = f"isoyear({sql})" if letter == "x" else f"year({sql})"
        return f"lpad(CAST({year} % 100 AS VARCHAR), 2, '0')" if count == 2 else _number(year, count)
    if letter in "ML":
        return _number(f"month({sql})", count) if count < 3 else f"strftime({sql}, '{'%b' if count == 3 else '%B'}')"
    if letter == "E":
        return f"strftime({sql}, '{'%a' if count <= 3 else '%A'}')"
    if letter == "a":
        return f"strftime({sql}, '%p')"
    if letter == "S":
        return f"rpad(left(strftime({sql}, '%g'), {count}), {count}, '0')"
    if letter in "Zz":
        return _joda_zone(letter, count, sql, zone)
    if letter == "G":
        return "'AD'"
    raise QueryFailure("INVALID_FUNCTION_ARGUMENT", f"Illegal pattern component: {letter * count}", node.at)


def _joda_zone(letter: str, count: int, sql: str, zone: str) -> str:
    offset = f"replace(t_zone_suffix(t_instant({sql}, {zone}), {zone}), 'Z', '+00:00')"
    if letter == "z" or count > 2:
        return zone
    return f"replace({offset}, ':', '')" if count == 1 else offset


ZONE_AT_END = r"([+-]\d\d:?\d\d|[A-Za-z_/]+)$"
JODA_PARSE = {
    "y": "%Y", "Y": "%Y", "M": "%m", "d": "%d", "H": "%H", "h": "%I", "m": "%M", "s": "%S", "a": "%p", "S": "%g",
    "E": "%a", "D": "%j",
}  # fmt: skip


def parse_joda(sql: str, pattern: str, node: ast.Node) -> str:
    """A timestamp with time zone read by a Joda pattern."""
    specifiers, zoned = "", False
    for match in JODA.finditer(pattern):
        text = match.group()
        if match.group(1) is not None:
            specifiers += match.group(1).replace("''", "'") or "'"
        elif not match.group(2):
            specifiers += text
        elif text[0] in "Zz":
            zoned = True
            specifiers = specifiers.rstrip()
        else:
            specifiers += _joda_specifier(text, node)
    if not zoned:
        return f"t_zoned({_or_invalid(sql, _parsed(sql, specifiers))}, 'UTC')"
    rest = f"regexp_replace({sql}, ' ?{ZONE_AT_END}', '')"
    zone = f"regexp_replace(regexp_extract({sql}, '{ZONE_AT_END}', 1), '([+-]\\d\\d)(\\d\\d)', '\\1:\\2')"
    return f"t_zoned({_or_invalid(rest, _parsed(rest, specifiers))}, t_zone_name({zone}))"


def _parsed(sql: str, specifiers: str) -> str:
    return f"CAST(try_strptime({sql}, {text_literal(specifiers)}) AS TIMESTAMP)"


def _joda_specifier(text: str, node: ast.Node) -> str:
    letter, count = text[0], len(text)
    if letter == "M" and count >= 3:
        return "%b" if count == 3 else "%B"
    if letter in "yY" and count == 2:
        return "%y"
    if letter == "E" and count > 3:
        return "%A"
    if letter not in JODA_PARSE:
        raise QueryFailure("INVALID_FUNCTION_ARGUMENT", f"Illegal pattern component: {text}", node.at)
    return JODA_PARSE[letter]
