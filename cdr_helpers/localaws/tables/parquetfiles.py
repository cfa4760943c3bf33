"""Parquet as Trino and Spark write it, by DuckDB."""

from __future__ import annotations


def optional_columns(query: str, width: int) -> str:
    """The query, of `width` columns, so that DuckDB cannot know of any column that it holds no NULL.

    It would write such a column as required. Trino and Spark write every column as optional, and readers compare
    schemas.
    """
    return f"({query}) UNION ALL SELECT {', '.join(['NULL'] * width)} WHERE random() > 2"
