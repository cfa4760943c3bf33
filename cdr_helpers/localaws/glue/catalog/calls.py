"""All calls of the Data Catalog."""

from __future__ import annotations

from .statistics import StatisticsCalls


class CatalogCalls(StatisticsCalls):
    """The catalog's part of the Glue backend: methods `answer_…` take a request and return a response, plain dicts of
    the API's shape."""
