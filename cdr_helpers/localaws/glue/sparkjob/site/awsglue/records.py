"""Rows as the functions of Filter and Map see them. Spark's workers import this module."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any


class DynamicRecord(dict):
    """A row, or a struct in it: a dictionary of its fields."""


class NoSuchColumn(KeyError):
    """A function asks for a column that no row has. It ends the run, as it does where graphs run without Spark: on AWS
    every row would be an error record, and nothing would be left."""

    def __str__(self) -> str:
        return str(self.args[0])


class Row(DynamicRecord):
    """A whole row, which knows its columns' names."""

    def __missing__(self, name: Any) -> Any:
        raise NoSuchColumn(f"column '{name}' is not in the frame, which has {', '.join(map(str, self)) or 'none'}")


def record(row: Any, names: Sequence[str]) -> DynamicRecord:
    """A Spark row as a record; `names` are its columns'."""
    return DynamicRecord(zip(names, map(plain, row), strict=True))


def plain(value: Any) -> Any:
    """A value with its structs as records."""
    if hasattr(value, "__fields__"):
        return record(value, value.__fields__)
    if isinstance(value, list):
        return [plain(one) for one in value]
    if isinstance(value, dict):
        return {key: plain(one) for key, one in value.items()}
    return value


class Test:
    """Whether a function holds for a row. A row for which it raises is an error record, and goes (AWS Glue: "Filter
    class")."""

    def __init__(self, function: Callable[[Any], Any], names: Sequence[str]) -> None:
        self.function, self.names = function, list(names)

    def __call__(self, row: Any) -> bool:
        try:
            return bool(self.function(Row(record(row, self.names))))
        except NoSuchColumn:
            raise
        except Exception:
            return False


class Change:
    """What a function makes of each row; nothing of those for which it raises."""

    def __init__(self, function: Callable[[Any], Any], names: Sequence[str]) -> None:
        self.function, self.names = function, list(names)

    def __call__(self, row: Any) -> list[dict[str, Any]]:
        try:
            made = self.function(Row(record(row, self.names)))
        except NoSuchColumn:
            raise
        except Exception:
            return []
        return [dict(made)] if made is not None else []
