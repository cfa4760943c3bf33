"""Which rules a table's measures suggest.

AWS documents that its rules are computed from the data, not how. What it has recommended for known tables is public:

- aws-sdk-pandas, tutorial 34, "Glue Data Quality": row counts from half to twice of what there is, IsComplete,
  Uniqueness 0.05 below what there is, an upper bound for numbers from 0 on;
- AWS Glue developer guide, "Using APIs to measure and manage data quality": StandardDeviation from 5 % below to 5 %
  above, ranges of whole numbers;
- results of recommended rulesets: all values in a list, and the most frequent ones with a threshold.

Completeness below 1 is the lower end of a 95 % confidence interval, and values are listed where they repeat ten times
on average, as in Deequ (AWS Labs), on which the service is built. Lengths, and what is too small a sample, are choices
of this project.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import ROUND_CEILING, ROUND_FLOOR, Context, Decimal

from ..visualjob import sparktypes

EXACT = 2**53
"""Whole numbers from here on are not told apart by DQDL's numbers."""
ALMOST_UNIQUE, MARGIN = 0.9, 0.05
LEAST_COMPLETE = 0.2
REPEATED = 10
MOST_VALUES = 50
SAMPLE = 30
"""Rows from which on a standard deviation says something."""


@dataclass(frozen=True)
class Profile:
    """What was measured of a column: metrics by name (`Completeness`, `Uniqueness`, `Minimum` …), and its values with
    their numbers of rows, the most frequent first, when there are no more than `MOST_VALUES`."""

    name: str
    kind: str
    metrics: Mapping[str, float]
    values: Sequence[tuple[str, int]] = field(default_factory=tuple)


def is_number(kind: str) -> bool:
    """Whether a column of this type has numbers."""
    return kind in (*sparktypes.INTEGRAL, *sparktypes.FRACTIONAL) or sparktypes.is_decimal(kind)


def rules(rows: int, profiles: Sequence[Profile]) -> list[str]:
    """The rules, each of which the measured table meets."""
    if not rows:
        return ["RowCount = 0"]
    return [f"RowCount between {rows // 2} and {rows * 2}", *(rule for one in profiles for rule in _rules(rows, one))]


def _rules(rows: int, column: Profile) -> Iterator[str]:
    """A column of which next to nothing is there suggests nothing."""
    if column.metrics.get("Completeness", 0.0) <= LEAST_COMPLETE:
        return
    yield from _completeness(rows, column)
    unique = column.metrics.get("Uniqueness", 0.0)
    if unique >= ALMOST_UNIQUE:
        yield f"Uniqueness {quoted(column.name)} > {_two_digits(unique - MARGIN)}"
    if is_number(column.kind):
        yield from _numbers(rows, column)
    elif column.kind == "string":
        yield from _texts(rows, column)


def _completeness(rows: int, column: Profile) -> Iterator[str]:
    share = column.metrics["Completeness"]
    low = share - 1.96 * math.sqrt(share * (1 - share) / rows)
    if share == 1:
        yield f"IsComplete {quoted(column.name)}"
    elif low >= 0.01:
        yield f"Completeness {quoted(column.name)} >= {_two_digits(low)}"


def _numbers(rows: int, column: Profile) -> Iterator[str]:
    low, high = column.metrics.get("Minimum"), column.metrics.get("Maximum")
    if low is None or high is None or not math.isfinite(low) or not math.isfinite(high):
        return
    deviation = column.metrics.get("StandardDeviation", 0.0)
    if rows >= SAMPLE and deviation > 0 and math.isfinite(deviation):
        ends = (_three_digits(deviation * (1 + part)) for part in (-MARGIN, MARGIN))
        yield f"StandardDeviation {quoted(column.name)} between {' and '.join(ends)}"
    name = f"ColumnValues {quoted(column.name)}"
    if low == 0:
        yield f"{name} <= {_number(high, ROUND_CEILING)}"
    elif column.kind not in sparktypes.INTEGRAL:
        yield f"{name} >= {_number(low, ROUND_FLOOR)}"
        yield f"{name} <= {_number(high, ROUND_CEILING)}"
    elif max(abs(low), abs(high)) < EXACT:
        yield f"{name} between {int(low) - 1} and {int(high) + 1}"


def _texts(rows: int, column: Profile) -> Iterator[str]:
    values = [(text, count) for text, count in column.values if text.isprintable()]
    if values and len(values) == len(column.values) and len(values) * REPEATED <= rows:
        yield from _lists(rows, column.name, values)
        return
    low, high = column.metrics.get("MinimumLength"), column.metrics.get("MaximumLength")
    if low is None or high is None:
        return
    if low == high:
        yield f"ColumnLength {quoted(column.name)} = {int(low)}"
    elif low == 0:
        yield f"ColumnLength {quoted(column.name)} <= {int(high)}"
    else:
        yield f"ColumnLength {quoted(column.name)} between {int(low) - 1} and {int(high) + 1}"


def _lists(rows: int, name: str, values: Sequence[tuple[str, int]]) -> Iterator[str]:
    """All values, and those that nine of ten rows have when these are fewer. A missing value is in no list."""
    yield _list(rows, name, values)
    frequent: list[tuple[str, int]] = []
    for value in values:
        frequent.append(value)
        if sum(count for _, count in frequent) >= 0.9 * rows:
            break
    if len(frequent) < len(values):
        yield _list(rows, name, frequent)


def _list(rows: int, name: str, values: Sequence[tuple[str, int]]) -> str:
    covered = sum(count for _, count in values)
    threshold = "" if covered == rows else f" with threshold >= {_two_digits(covered / rows)}"
    return f"ColumnValues {quoted(name)} in [{', '.join(quoted(text) for text, _ in values)}]{threshold}"


def quoted(text: str) -> str:
    """A name or a text as DQDL has it."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _two_digits(share: float) -> str:
    """A share, cut after two digits."""
    return _plain(Decimal(repr(share)).quantize(Decimal("0.01"), rounding=ROUND_FLOOR))


def _three_digits(value: float) -> str:
    """A number with two digits after the point, or three in all when it is small."""
    exact = Decimal(repr(value))
    return _plain(round(exact, 2) if value >= 1 else Context(prec=3).create_decimal(exact))


def _number(value: float, rounding: str) -> str:
    """A number with at most 15 digits, which the engine reads as they are, rounded so that no value falls out."""
    return _plain(Context(prec=15, rounding=rounding).create_decimal(Decimal(repr(value))))


def _plain(value: Decimal) -> str:
    """Without an exponent, which DQDL has not, and without zeros at the end."""
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text
