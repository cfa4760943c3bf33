"""Types of text columns, by the rules that tables made by real crawlers show.

Whole numbers are `bigint`, however short and with leading zeros; decimals and exponents `double`; true and false in
any case `boolean`; everything else, dates and times among it, `string`. Empty cells say nothing. (Observed in public
table definitions; see the AWS page "Adding classifiers to a crawler" for the classifier itself.)
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from .types import Type

# Possessive throughout: a value of a million digits and a letter must not be tried in a million ways.
_INTEGER = r"[+-]?[0-9]++"
_DECIMAL = r"[+-]?(?:[0-9]++(?:\.[0-9]*+)?+|\.[0-9]++)(?:[eE][+-]?[0-9]++)?+"
_BOOLEAN = r"(?:true|false)"
MOST_DIGITS = 18
"""A whole number of more digits may not fit 64 bits and is looked at one by one."""
LARGEST = 2**63


def _column_of(value: str, flags: int = 0) -> re.Pattern[str]:
    """Matches values of one kind, joined by line breaks."""
    return re.compile(rf" *{value} *(?:\n *{value} *)*+", flags)


KINDS: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("bigint", _column_of(_INTEGER)),
    ("double", _column_of(_DECIMAL)),
    ("boolean", _column_of(_BOOLEAN, re.IGNORECASE)),
)
"""The first kind that fits every value is the column's."""


def column_type(values: Iterable[str]) -> Type:
    """The type of a column's values; None when all are empty."""
    filled = list(filter(str.strip, values))
    if not filled:
        return None
    joined = "\n".join(filled)
    if joined.count("\n") != len(filled) - 1:
        return "string"
    kind = next((name for name, pattern in KINDS if pattern.fullmatch(joined)), "string")
    return "double" if kind == "bigint" and not _fit_64_bits(filled) else kind


def _fit_64_bits(values: list[str]) -> bool:
    if len(max(values, key=len)) <= MOST_DIGITS:
        return True
    bare = [value.strip() for value in values]
    return all(len(value) <= MOST_DIGITS or (len(value) < 99 and -LARGEST <= int(value) < LARGEST) for value in bare)
