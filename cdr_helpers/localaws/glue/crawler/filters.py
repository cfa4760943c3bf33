"""Filters of ListCrawls (API reference, "CrawlsFilter"): field, operator, value; times are epoch milliseconds."""

from __future__ import annotations

import operator
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from ..errors import InvalidInput
from .state import Crawl

OPERATORS: dict[str, Callable[[Any, Any], bool]] = {
    "GT": operator.gt,
    "GE": operator.ge,
    "LT": operator.lt,
    "LE": operator.le,
    "EQ": operator.eq,
    "NE": operator.ne,
}


def _millis(moment: datetime | None) -> float:
    return moment.replace(tzinfo=UTC).timestamp() * 1000 if moment else float("inf")


FIELDS: dict[str, tuple[Callable[[Crawl], Any], Callable[[str], Any]]] = {
    "CRAWL_ID": (lambda crawl: crawl.crawl_id, str),
    "STATE": (lambda crawl: crawl.state, str),
    "START_TIME": (lambda crawl: _millis(crawl.start), float),
    "END_TIME": (lambda crawl: _millis(crawl.end), float),
    "DPU_HOUR": (lambda crawl: 2 * crawl.seconds / 3600, float),
}
"""How a field is read from a crawl, and from the filter's text."""


def crawl_filter(described: dict[str, str]) -> Callable[[Crawl], bool]:
    """The test that a filter stands for. Raises `InvalidInput` for an unknown field or operator, or a bad value."""
    try:
        read, parsed = FIELDS[described["FieldName"]]
        compare = OPERATORS[described["FilterOperator"]]
        wanted = parsed(described["FieldValue"])
    except (KeyError, ValueError) as error:
        raise InvalidInput(f"Not a filter of crawls: {described}") from error
    return lambda crawl: compare(read(crawl), wanted)
