"""Column types: text of the Glue catalog (Hive's names) ⇄ `Type` ⇄ names of DuckDB and of Athena (Trino's).

One `Type` describes a value; tables below give its name in each dialect. Nested types recurse.
Source of the pairs: Athena user guide, "Data types in Amazon Athena".
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Type:
    """A Trino type. `args` holds lengths and precisions, element types, or (name, type) pairs of a row."""

    kind: str
    args: tuple[Any, ...] = ()

    @property
    def element(self) -> Type:
        """The element type of an array."""
        return self.args[0]

    @property
    def key(self) -> Type:
        """The key type of a map."""
        return self.args[0]

    @property
    def value(self) -> Type:
        """The value type of a map."""
        return self.args[1]

    @property
    def fields(self) -> tuple[tuple[str | None, Type], ...]:
        """The fields of a row: (name or None, type)."""
        return self.args


UNKNOWN = Type("unknown")
BOOLEAN = Type("boolean")
TINYINT, SMALLINT, INTEGER, BIGINT = (Type(k) for k in ("tinyint", "smallint", "integer", "bigint"))
REAL, DOUBLE = Type("real"), Type("double")
VARCHAR, VARBINARY, JSON, UUID = Type("varchar"), Type("varbinary"), Type("json"), Type("uuid")
DATE = Type("date")
TIMESTAMP, TIMESTAMP_TZ, TIME = Type("timestamp", (3,)), Type("timestamptz", (3,)), Type("time", (3,))
DAY_TIME, YEAR_MONTH = Type("daytime"), Type("yearmonth")


def decimal(precision: int, scale: int) -> Type:
    """`decimal(precision, scale)`, precision cut at 38."""
    return Type("decimal", (min(precision, 38), scale))


def varchar(length: int | None) -> Type:
    """`varchar(length)`, or unbounded `varchar`."""
    return VARCHAR if length is None else Type("varchar", (length,))


def array(element: Type) -> Type:
    """`array(element)`."""
    return Type("array", (element,))


def map_of(key: Type, value: Type) -> Type:
    """`map(key, value)`."""
    return Type("map", (key, value))


def row(fields: list[tuple[str | None, Type]]) -> Type:
    """`row(name type, …)`; a name may be missing."""
    return Type("row", tuple(fields))


def field_name(index: int, name: str | None) -> str:
    """The struct field that holds field `index` of a row in DuckDB."""
    return name if name is not None else f"field{index}"


# kind → (Hive's name in the catalog, DuckDB's name, Trino's name, base name in GetQueryResults)
SCALARS: dict[str, tuple[str, str, str, str]] = {
    "unknown": ("void", "INTEGER", "unknown", "unknown"),
    "boolean": ("boolean", "BOOLEAN", "boolean", "boolean"),
    "tinyint": ("tinyint", "TINYINT", "tinyint", "tinyint"),
    "smallint": ("smallint", "SMALLINT", "smallint", "smallint"),
    "integer": ("int", "INTEGER", "integer", "integer"),
    "bigint": ("bigint", "BIGINT", "bigint", "bigint"),
    "real": ("float", "FLOAT", "real", "float"),
    "double": ("double", "DOUBLE", "double", "double"),
    "varchar": ("string", "VARCHAR", "varchar", "varchar"),
    "char": ("char", "VARCHAR", "char", "char"),
    "varbinary": ("binary", "BLOB", "varbinary", "varbinary"),
    "date": ("date", "DATE", "date", "date"),
    "json": ("string", "VARCHAR", "json", "json"),
    "uuid": ("string", "UUID", "uuid", "uuid"),
    "time": ("string", "TIME", "time", "time"),
    "timestamp": ("timestamp", "TIMESTAMP", "timestamp", "timestamp"),
    "timestamptz": (
        "string",
        "STRUCT(t TIMESTAMP, z VARCHAR)",
        "timestamp with time zone",
        "timestamp with time zone",
    ),
    "daytime": ("string", "BIGINT", "interval day to second", "interval day to second"),
    "yearmonth": ("string", "BIGINT", "interval year to month", "interval year to month"),
}
HIVE_TO_KIND = {names[0]: kind for kind, names in reversed(SCALARS.items())} | {
    "string": "varchar",
    "integer": "integer",
    "real": "real",
    "void": "unknown",
    "null": "unknown",
}


def duckdb_name(type_: Type) -> str:
    """The DuckDB type that holds values of `type_` while a query runs."""
    nested: dict[str, Callable[[], str]] = {
        "array": lambda: f"{duckdb_name(type_.element)}[]",
        "map": lambda: f"MAP({duckdb_name(type_.key)}, {duckdb_name(type_.value)})",
        "row": lambda: f"STRUCT({', '.join(_duckdb_field(i, *f) for i, f in enumerate(type_.fields))})",
        "decimal": lambda: f"DECIMAL({type_.args[0]},{type_.args[1]})",
    }
    if type_.kind in nested:
        return nested[type_.kind]()
    if type_.kind == "timestamp" and type_.args[0] > 6:
        return "TIMESTAMP_NS"
    return SCALARS[type_.kind][1]


def _duckdb_field(index: int, name: str | None, type_: Type) -> str:
    return f"{quote(field_name(index, name))} {duckdb_name(type_)}"


def quote(name: str) -> str:
    """A quoted identifier."""
    return '"' + name.replace('"', '""') + '"'


def hive_name(type_: Type) -> str:
    """The type as the Glue catalog writes it."""
    nested: dict[str, Callable[[], str]] = {
        "array": lambda: f"array<{hive_name(type_.element)}>",
        "map": lambda: f"map<{hive_name(type_.key)},{hive_name(type_.value)}>",
        "row": lambda: (
            "struct<" + ",".join(f"{field_name(i, n)}:{hive_name(t)}" for i, (n, t) in enumerate(type_.fields)) + ">"
        ),
        "decimal": lambda: f"decimal({type_.args[0]},{type_.args[1]})",
        "char": lambda: f"char({type_.args[0]})",
        "varchar": lambda: f"varchar({type_.args[0]})" if type_.args else "string",
    }
    return nested.get(type_.kind, lambda: SCALARS[type_.kind][0])()


def trino_name(type_: Type) -> str:
    """The type as `typeof` and Trino's messages write it."""
    nested: dict[str, Callable[[], str]] = {
        "array": lambda: f"array({trino_name(type_.element)})",
        "map": lambda: f"map({trino_name(type_.key)}, {trino_name(type_.value)})",
        "row": lambda: "row(" + ", ".join(_trino_field(n, t) for n, t in type_.fields) + ")",
        "decimal": lambda: f"decimal({type_.args[0]},{type_.args[1]})",
        "char": lambda: f"char({type_.args[0]})",
        "varchar": lambda: f"varchar({type_.args[0]})" if type_.args else "varchar",
        "timestamp": lambda: f"timestamp({type_.args[0]})",
        "time": lambda: f"time({type_.args[0]})",
        "timestamptz": lambda: f"timestamp({type_.args[0]}) with time zone",
    }
    return nested.get(type_.kind, lambda: SCALARS[type_.kind][2])()


def _trino_field(name: str | None, type_: Type) -> str:
    return trino_name(type_) if name is None else f"{name} {trino_name(type_)}"


def result_name(type_: Type) -> str:
    """The base name of the type in GetQueryResults' ColumnInfo."""
    if type_.kind in ("array", "map", "row", "decimal"):
        return type_.kind
    return SCALARS[type_.kind][3]


TOKEN = re.compile(r"\s*([A-Za-z_][\w ]*?(?=\s*[<(>),:]|\s*$)|[<>(),:]|\d+|[^<>(),:]+)")


def parse_hive(text: str) -> Type:
    """The type that the catalog's text means (`struct<a:int,b:array<string>>`).

    Raises `ValueError` naming the text when it is not a Hive type.
    """
    parser = _HiveText(text)
    parsed = parser.type()
    if parser.rest():
        raise ValueError(f"not a column type: {text!r}")
    return parsed


class _HiveText:
    """Recursive descent over the catalog's type text."""

    def __init__(self, text: str) -> None:
        self.text, self.at = text, 0

    def rest(self) -> str:
        return self.text[self.at :].strip()

    def next(self) -> str:
        match = TOKEN.match(self.text, self.at)
        if not match:
            raise ValueError(f"not a column type: {self.text!r}")
        self.at = match.end()
        return match.group(1).strip()

    def peek(self) -> str:
        at = self.at
        token = self.next() if self.rest() else ""
        self.at = at
        return token

    def expect(self, token: str) -> None:
        if self.next() != token:
            raise ValueError(f"not a column type: {self.text!r}")

    def type(self) -> Type:
        name = self.next().lower()
        rule = NESTED_HIVE.get(name)
        if rule:
            return rule(self)
        if name not in HIVE_TO_KIND:
            raise ValueError(f"not a column type: {self.text!r}")
        kind = HIVE_TO_KIND[name]
        return Type(kind, (3,)) if kind in ("timestamp", "time", "timestamptz") else Type(kind)

    def numbers(self) -> list[int]:
        if self.peek() != "(":
            return []
        self.expect("(")
        found = [int(self.next())]
        while self.peek() == ",":
            self.expect(",")
            found.append(int(self.next()))
        self.expect(")")
        return found

    def array(self) -> Type:
        self.expect("<")
        element = self.type()
        self.expect(">")
        return array(element)

    def map(self) -> Type:
        self.expect("<")
        key = self.type()
        self.expect(",")
        value = self.type()
        self.expect(">")
        return map_of(key, value)

    def struct(self) -> Type:
        self.expect("<")
        fields: list[tuple[str | None, Type]] = []
        while True:
            name = self.next().lower()
            self.expect(":")
            fields.append((name, self.type()))
            if self.next() == ">":
                return row(fields)

    def decimal(self) -> Type:
        numbers = self.numbers() or [10, 0]
        return decimal(numbers[0], numbers[1] if len(numbers) > 1 else 0)


NESTED_HIVE: dict[str, Callable[[_HiveText], Type]] = {
    "array": _HiveText.array,
    "map": _HiveText.map,
    "struct": _HiveText.struct,
    "decimal": _HiveText.decimal,
    "varchar": lambda p: Type("varchar", tuple(p.numbers())),
    "char": lambda p: Type("char", tuple(p.numbers()) or (1,)),
}
