"""Spark's types by name, and what they are called in Glue's mappings, in the catalog and in DuckDB.

A type is its catalog text in canonical form: `bigint`, `decimal(10,2)`, `array<string>`, `struct<a:int,b:string>`.
"""

from __future__ import annotations

import re

INTEGRAL = ("tinyint", "smallint", "int", "bigint")
FRACTIONAL = ("float", "double")

# Names that Glue's mappings, Spark SQL and the catalog use for one type (AWS Glue: "ApplyMapping class", `mappings`).
ALIASES = {
    "byte": "tinyint",
    "short": "smallint",
    "integer": "int",
    "long": "bigint",
    "real": "float",
    "str": "string",
    "varchar": "string",
    "char": "string",
    "bool": "boolean",
    "timestamp_ltz": "timestamp",
    "null": "void",
    "dec": "decimal",
    "numeric": "decimal",
}
DUCKDB = {
    "boolean": "BOOLEAN",
    "tinyint": "TINYINT",
    "smallint": "SMALLINT",
    "int": "INTEGER",
    "bigint": "BIGINT",
    "float": "FLOAT",
    "double": "DOUBLE",
    "string": "VARCHAR",
    "date": "DATE",
    "timestamp": "TIMESTAMP",
    "binary": "BLOB",
    "void": "INTEGER",
}
FROM_DUCKDB = {
    **{duck: spark for spark, duck in DUCKDB.items() if spark != "void"},
    "TIMESTAMP WITH TIME ZONE": "timestamp",
    "TIMESTAMP_S": "timestamp",
    "TIMESTAMP_MS": "timestamp",
    "TIMESTAMP_NS": "timestamp",
    "UTINYINT": "smallint",
    "USMALLINT": "int",
    "UINTEGER": "bigint",
    "UBIGINT": "decimal(20,0)",
    "HUGEINT": "decimal(38,0)",
    "JSON": "string",
    "UUID": "string",
    '"NULL"': "string",
    "TIME": "string",
}
# Bare `decimal` has scale 2 in Glue's mappings and 0 in Spark SQL.
GLUE_DECIMAL = "decimal(10,2)"
SPARK_DECIMAL = "decimal(10,0)"
_DECIMAL = re.compile(r"decimal\((\d+),(-?\d+)\)")


class UnknownType(ValueError):
    """A type's text that Spark does not know."""


def split_top(text: str, separator: str = ",") -> list[str]:
    """The parts of `text` at separators outside any bracket."""
    parts, depth, current = [], 0, ""
    for character in text:
        depth += (character in "<(") - (character in ">)")
        if character == separator and depth == 0:
            parts.append(current)
            current = ""
        else:
            current += character
    return [*parts, current] if current or parts else []


def parse(text: str, decimal: str = GLUE_DECIMAL) -> str:
    """The canonical name of a type's text; `decimal` is what a bare `decimal` means. Raises `UnknownType`."""
    bare = text.strip()
    head, inner = _head(bare)
    if head == "array" and inner:
        return f"array<{parse(inner, decimal)}>"
    if head == "map" and inner:
        key, value = split_top(inner)
        return f"map<{parse(key, decimal)},{parse(value, decimal)}>"
    if head == "struct":
        fields = [field.split(":", 1) for field in split_top(inner or "")]
        return f"struct<{','.join(f'{name.strip()}:{parse(kind, decimal)}' for name, kind in fields)}>"
    return _scalar(bare.lower().replace(" ", ""), decimal, text)


def _head(text: str) -> tuple[str, str | None]:
    match = re.fullmatch(r"(\w+)\s*<(.*)>", text, re.DOTALL)
    return (match.group(1).lower(), match.group(2)) if match else (text.lower(), None)


def _scalar(name: str, decimal: str, text: str) -> str:
    base, _, size = name.partition("(")
    base = ALIASES.get(base, base)
    if base == "decimal":
        return f"decimal({size[:-1] if ',' in size else size[:-1] + ',0'})" if size else decimal
    if base in DUCKDB:
        return base
    raise UnknownType(f"unknown data type: {text}")


def duckdb(kind: str) -> str:
    """DuckDB's name of a canonical type."""
    if kind.startswith("decimal"):
        return kind.upper()
    head, inner = _head(kind)
    if head == "array" and inner:
        return f"{duckdb(inner)}[]"
    if head == "map" and inner:
        return f"MAP({', '.join(duckdb(part) for part in split_top(inner))})"
    if head == "struct":
        return f"STRUCT({', '.join(f'{quoted(name)} {duckdb(part)}' for name, part in fields(kind))})"
    return DUCKDB[kind]


def fields(kind: str) -> list[tuple[str, str]]:
    """Name and type of a struct's fields."""
    inner = _head(kind)[1] or ""
    return [(name, part) for name, _, part in (field.partition(":") for field in split_top(inner))]


def element(kind: str) -> str:
    """The type of an array's elements."""
    return _head(kind)[1] or "string"


def from_duckdb(kind: object) -> str:
    """The canonical type of a DuckDB type (its text or its `DuckDBPyType`)."""
    text = str(kind)
    if text.endswith("[]"):
        return f"array<{from_duckdb(text[:-2])}>"
    match = re.fullmatch(r"DECIMAL\((\d+),\s*(\d+)\)", text)
    if match:
        return f"decimal({match.group(1)},{match.group(2)})"
    if text.startswith("STRUCT("):
        members = [_member(part.strip()) for part in split_top(text[7:-1])]
        return f"struct<{','.join(f'{name}:{from_duckdb(part)}' for name, part in members)}>"
    if text.startswith("MAP("):
        return f"map<{','.join(from_duckdb(part.strip()) for part in split_top(text[4:-1]))}>"
    return FROM_DUCKDB.get(text, "string")


def _member(text: str) -> tuple[str, str]:
    if text.startswith('"'):
        name, _, kind = text[1:].partition('" ')
        return name.replace('""', '"'), kind
    name, _, kind = text.partition(" ")
    return name, kind


def decimal_size(kind: str) -> tuple[int, int] | None:
    """Precision and scale of a decimal type, None for others."""
    match = _DECIMAL.fullmatch(kind)
    return (int(match.group(1)), int(match.group(2))) if match else None


def is_decimal(kind: str) -> bool:
    """Whether the type is a decimal."""
    return kind.startswith("decimal")


def is_nested(kind: str) -> bool:
    """Whether the type is an array, map or struct."""
    return kind.startswith(("array<", "map<", "struct<"))


def glue_name(kind: str) -> str:
    """The name that the generated script uses in mappings (`long` for `bigint`)."""
    return {"bigint": "long", "smallint": "short", "tinyint": "byte"}.get(kind, kind)


def quoted(name: str) -> str:
    """A name as DuckDB identifier."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """Text as SQL string literal."""
    return "'" + text.replace("'", "''") + "'"


def json_shape(kind: str) -> str:
    """A nested type as the structure that DuckDB's `from_json` takes."""
    import json

    return json.dumps(_shape(kind))


def _shape(kind: str) -> object:
    if kind.startswith("array<"):
        return [_shape(element(kind))]
    if kind.startswith("struct<"):
        return {name: _shape(part) for name, part in fields(kind)}
    return duckdb(kind)
