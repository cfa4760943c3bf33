"""Names, paths and types of columns, as Glue's transforms take them.

Frames may hold any name, with dots in it or twice. So their columns are addressed by position: `numbered` gives them
names of ours, `named` the real ones again.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

_ALIASES = {
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
_BARE_DECIMAL = "decimal(10,2)"
_STEP = re.compile(r"`((?:[^`]|``)*)`|([^.`]+)")


def steps_of(path: str) -> list[str]:
    """The steps of a field path: joined by dots, odd ones in backticks."""
    return [quoted.replace("``", "`") or plain for quoted, plain in _STEP.findall(path)]


def quoted(name: str) -> str:
    """A name as Spark SQL takes it."""
    return "`" + name.replace("`", "``") + "`"


def spark_type(text: str) -> str:
    """Spark's name of a type in Glue's mappings (AWS Glue: "ApplyMapping class"); a bare `decimal` is (10,2)."""
    bare = text.strip()
    head, _, inner = bare.partition("<")
    if inner:
        body = inner.rstrip()[:-1]
        if head.strip().lower() == "struct":
            members = (member.split(":", 1) for member in split_top(body))
            return f"struct<{','.join(f'{quoted(name.strip())}:{spark_type(kind)}' for name, kind in members)}>"
        return f"{head.strip().lower()}<{','.join(map(spark_type, split_top(body)))}>"
    name, mark, size = bare.lower().replace(" ", "").partition("(")
    name = _ALIASES.get(name, name)
    if name == "decimal":
        return f"decimal({size if ',' in size else size[:-1] + ',0)'}" if mark else _BARE_DECIMAL
    return name


def split_top(text: str) -> list[str]:
    """The parts of `text` at commas outside any bracket."""
    parts, depth = [""], 0
    for character in text:
        depth += (character in "<(") - (character in ">)")
        if character == "," and depth == 0:
            parts.append("")
        else:
            parts[-1] += character
    return [part for part in parts if part.strip()]


def numbered(frame: Any) -> Any:
    """The same rows under the names `c0`, `c1` …"""
    return frame.toDF(*(f"c{at}" for at in range(len(frame.columns))))


def position(names: Sequence[str], name: str) -> int | None:
    """Where a column is: its exact name first, else without regard to case, as Spark resolves names."""
    if name in names:
        return list(names).index(name)
    folded = [other.lower() for other in names]
    return folded.index(name.lower()) if name.lower() in folded else None


def chosen(frame: Any, terms: Sequence[tuple[str, Any]]) -> Any:
    """A frame of terms (name, expression over the columns of `numbered`)."""
    picked = numbered(frame).select(*(term.alias(f"t{at}") for at, (_, term) in enumerate(terms)))
    return picked.toDF(*(name for name, _ in terms))


def at(index: int) -> Any:
    """The column at a position, for `chosen`."""
    from pyspark.sql import functions

    return functions.col(f"c{index}")


def located(frame: Any, path: str) -> tuple[int, list[str]] | None:
    """The position of a path's first step and the steps below it; None when there is no such column. A column whose
    whole name is the path comes first."""
    names = frame.columns
    whole = position(names, path)
    if whole is not None:
        return whole, []
    steps = steps_of(path)
    if not steps:
        return None
    first = position(names, steps[0])
    return None if first is None else (first, steps[1:])


def member(kind: Any, steps: Sequence[str]) -> tuple[list[str], Any] | None:
    """The real names of the steps into a type, and the type at their end; None when there is no such member."""
    from pyspark.sql.types import StructType

    real: list[str] = []
    for step in steps:
        if not isinstance(kind, StructType):
            return None
        where = position(kind.names, step)
        if where is None:
            return None
        real.append(kind.names[where])
        kind = kind.fields[where].dataType
    return real, kind


def value_at(frame: Any, path: str) -> tuple[Any, Any] | None:
    """The expression over `numbered` for a path, and its type; None when there is no such column."""
    found = located(frame, path)
    if found is None:
        return None
    index, steps = found
    inner = member(frame.schema.fields[index].dataType, steps)
    if inner is None:
        return None
    names, kind = inner
    expression = at(index)
    for name in names:
        expression = expression.getField(name)
    return expression, kind


def structs_above(frame: Any, path: str) -> list[Any]:
    """The structs on the way to a path that exists, the innermost first, as expressions over `numbered`."""
    found = located(frame, path)
    if found is None or not found[1]:
        return []
    index, steps = found
    inner = member(frame.schema.fields[index].dataType, steps)
    made = [at(index)]
    for name in (inner[0] if inner else [])[:-1]:
        made.append(made[-1].getField(name))
    return made[::-1]
