"""Partition projection: partitions that are computed from table properties instead of being in the catalog.

Source: Athena user guide, "Partition projection with Amazon Athena" and "Supported types for partition projection".
"""

from __future__ import annotations

import datetime
import itertools
import re
from collections.abc import Callable
from typing import Any

from ..tables import reading
from ..tables.types import Type
from .failures import QueryFailure

MOST_PARTITIONS = 1_000_000
_UNITS = {
    "years": "years",
    "months": "months",
    "weeks": "weeks",
    "days": "days",
    "hours": "hours",
    "minutes": "minutes",
    "seconds": "seconds",
}
_NOW = re.compile(r"NOW(?:\s*([+-])\s*(\d+)\s*(YEAR|MONTH|WEEK|DAY|HOUR|MINUTE|SECOND)S?)?", re.IGNORECASE)
_JAVA = (
    ("yyyy", "%Y"),
    ("uuuu", "%Y"),
    ("MMM", "%b"),
    ("MM", "%m"),
    ("M", "%-m"),
    ("dd", "%d"),
    ("d", "%-d"),
    ("HH", "%H"),
    ("H", "%-H"),
    ("mm", "%M"),
    ("ss", "%S"),
)
_FIELD = re.compile("'([^']*)'|" + "|".join(java for java, _ in _JAVA))


def is_projected(table: dict[str, Any]) -> bool:
    """Whether a table's partitions are computed."""
    return str((table.get("Parameters") or {}).get("projection.enabled", "")).lower() == "true"


class Projection:
    """The partitions of one table. `conditions` are the scan's, as DuckDB's text over `{alias}.c{place}`."""

    def __init__(self, table: dict[str, Any], keys: list[tuple[str, Type]], alias: str, conditions: list[str]) -> None:
        self._table, self._keys = table, keys
        self._properties = {name.lower(): str(value) for name, value in (table.get("Parameters") or {}).items()}
        self._alias, self._conditions = alias, conditions
        self._first = len(table["StorageDescriptor"].get("Columns", []))

    def partitions(self, connection: Any) -> list[dict[str, Any]]:
        """Partitions as the catalog would have them, those left out that a condition on one key rules out.

        Raises `QueryFailure` for properties that make no sense, and for injected keys without an equality.
        """
        values = [self._kept(at, self._values(at), connection) for at in range(len(self._keys))]
        count = 1
        for each in values:
            count *= len(each)
        if count > MOST_PARTITIONS:
            raise _invalid(f"{count:,} partitions are projected; narrow the ranges or the query's conditions")
        return [self._partition(combination) for combination in itertools.product(*values)]

    def _partition(self, values: tuple[str, ...]) -> dict[str, Any]:
        described = self._table["StorageDescriptor"]
        names = [name for name, _ in self._keys]
        template = self._properties.get("storage.location.template")
        if template:
            location = template
            for name, value in zip(names, values, strict=True):
                location = location.replace(f"${{{name}}}", value)
        else:
            folders = "/".join(f"{name}={value}" for name, value in zip(names, values, strict=True))
            location = f"{described['Location'].rstrip('/')}/{folders}/"
        return {"Values": list(values), "StorageDescriptor": {**described, "Location": location}}

    def _property(self, at: int, name: str) -> str:
        key = f"projection.{self._keys[at][0]}.{name}"
        if key not in self._properties:
            raise _invalid(f"table property '{key}' is missing")
        return self._properties[key]

    def _optional(self, at: int, name: str, otherwise: str) -> str:
        return self._properties.get(f"projection.{self._keys[at][0]}.{name}", otherwise)

    def _values(self, at: int) -> list[str]:
        kind = self._property(at, "type").lower()
        kinds: dict[str, Callable[[int], list[str]]] = {
            "enum": self._enum,
            "integer": self._integers,
            "date": self._dates,
            "injected": self._injected,
        }
        if kind not in kinds:
            raise _invalid(f"projection type '{kind}' of column '{self._keys[at][0]}' is none of {', '.join(kinds)}")
        return kinds[kind](at)

    def _enum(self, at: int) -> list[str]:
        return [value.strip() for value in self._property(at, "values").split(",")]

    def _integers(self, at: int) -> list[str]:
        low, high = self._range(at)
        step, digits = int(self._optional(at, "interval", "1")), int(self._optional(at, "digits", "0"))
        try:
            return [f"{number:0{digits}d}" for number in range(int(low), int(high) + 1, step)]
        except ValueError:
            raise _invalid(f"range '{low},{high}' of column '{self._keys[at][0]}' is not two whole numbers") from None

    def _range(self, at: int) -> tuple[str, str]:
        parts = [part.strip() for part in self._property(at, "range").split(",")]
        if len(parts) != 2:
            raise _invalid(f"range of column '{self._keys[at][0]}' needs two values")
        return parts[0], parts[1]

    def _dates(self, at: int) -> list[str]:
        from dateutil.relativedelta import relativedelta

        form = self._property(at, "format")
        pattern = _strftime(form)
        first, last = (self._moment(text, pattern, at) for text in self._range(at))
        unit = self._optional(at, "interval.unit", _unit_of(form)).lower()
        if unit not in _UNITS:
            raise _invalid(f"interval unit '{unit}' of column '{self._keys[at][0]}' is unknown")
        steps: dict[str, Any] = {_UNITS[unit]: int(self._optional(at, "interval", "1"))}
        found: list[str] = []
        while (moment := first + len(found) * relativedelta(**steps)) <= last and len(found) <= MOST_PARTITIONS:
            found.append(moment.strftime(pattern))
        return found

    def _moment(self, text: str, pattern: str, at: int) -> datetime.datetime:
        from dateutil.relativedelta import relativedelta

        relative = _NOW.fullmatch(text)
        if relative:
            now = datetime.datetime.now(datetime.UTC).replace(tzinfo=None)
            if not relative[1]:
                return now
            sign = 1 if relative[1] == "+" else -1
            shift: dict[str, Any] = {f"{relative[3].lower()}s": sign * int(relative[2])}
            return now + relativedelta(**shift)
        try:
            return datetime.datetime.strptime(text, pattern.replace("%-", "%"))
        except ValueError:
            raise _invalid(f"'{text}' in the range of column '{self._keys[at][0]}' does not fit its format") from None

    def _injected(self, at: int) -> list[str]:
        """The values that the conditions name: there is no other source for them."""
        column = re.escape(f"{self._alias}.c{self._first + at}")
        own = [text for text in self._conditions if re.search(rf"{column}\b", text)]
        if not any(re.search(rf"{column}\)*\s*(?:=|IN\b)|=\s*\(*{column}\b", text) for text in own):
            raise QueryFailure(
                "CONSTRAINT_VIOLATION",
                f"For the injected projected partition column {self._keys[at][0]}, the WHERE clause must contain only "
                "static equality conditions, and at least one such condition must be present.",
            )
        found = [each for text in own for each in re.findall(r"'((?:[^']|'')*)'|(?<![\w.'])(\d+)(?![\w.'])", text)]
        return list(dict.fromkeys(text.replace("''", "'") or number for text, number in found))

    def _kept(self, at: int, values: list[str], connection: Any) -> list[str]:
        """The values of a key for which the conditions hold that read this key alone."""
        place = self._first + at
        mine = [text for text in self._conditions if _columns(text, self._alias) == {place}]
        if not mine or not values:
            return values
        type_ = self._keys[at][1]
        rows = ", ".join(f"({number}, {reading.key_value(value, type_)})" for number, value in enumerate(values))
        where = " AND ".join(f"coalesce({text}, false)" for text in mine)
        sql = f"SELECT i FROM (VALUES {rows}) AS {self._alias}(i, c{place}) WHERE {where} ORDER BY i"
        return [values[number] for (number,) in connection.execute(sql).fetchall()]


def _columns(condition: str, alias: str) -> set[int]:
    return {int(number) for number in re.findall(rf"\b{re.escape(alias)}\.c(\d+)\b", condition)}


def _invalid(reason: str) -> QueryFailure:
    return QueryFailure("INVALID_TABLE_PROPERTY", f"Invalid partition projection: {reason}")


def _strftime(form: str) -> str:
    names = dict(_JAVA)
    return _FIELD.sub(lambda found: found[1] if found[1] is not None else names[found[0]], form)


def _unit_of(form: str) -> str:
    """The interval without one: days, or the format's smallest part when that is finer or coarser."""
    for part, unit in (("ss", "seconds"), ("mm", "minutes"), ("H", "hours"), ("d", "days"), ("M", "months")):
        if part in form:
            return unit
    return "years"
