"""What DuckDB raises → the failure that Athena reports. DuckDB's own text never leaves this module."""

from __future__ import annotations

import logging

from .casts import MARK
from .failures import QueryFailure

_log = logging.getLogger(__name__)
# part of DuckDB's text → Athena's name and text; the first that fits counts
KNOWN: list[tuple[str, str, str]] = [
    ("Overflow in", "NUMERIC_VALUE_OUT_OF_RANGE", "{op} overflow"),
    ("out of range", "NUMERIC_VALUE_OUT_OF_RANGE", "Value is out of range for its type"),
    ("Out of Range", "NUMERIC_VALUE_OUT_OF_RANGE", "Value is out of range for its type"),
    ("cannot be cast to", "NUMERIC_VALUE_OUT_OF_RANGE", "Value is out of range for its type"),
    (
        "More than one row returned by a subquery",
        "SUBQUERY_MULTIPLE_ROWS",
        "Scalar sub-query has returned multiple rows",
    ),
    ("No magic bytes", "HIVE_CANNOT_OPEN_SPLIT", "Error opening Hive split: not a Parquet file"),
    ("too small to be a Parquet file", "HIVE_CANNOT_OPEN_SPLIT", "Error opening Hive split: not a Parquet file"),
    ("No files found", "HIVE_CANNOT_OPEN_SPLIT", "Error opening Hive split: the object is gone"),
    ("CSV Error", "HIVE_CURSOR_ERROR", "A text file of the table could not be read as its delimiters say"),
    ("duplicate key", "INVALID_FUNCTION_ARGUMENT", "Duplicate map keys are not allowed"),
    ("Map keys must be unique", "INVALID_FUNCTION_ARGUMENT", "Duplicate map keys are not allowed"),
    ("Map keys can not be NULL", "INVALID_FUNCTION_ARGUMENT", "map key cannot be null"),
    ("invalid perl operator", "INVALID_FUNCTION_ARGUMENT", "Invalid regular expression"),
    ("missing )", "INVALID_FUNCTION_ARGUMENT", "Invalid regular expression: missing )"),
    ("missing ]", "INVALID_FUNCTION_ARGUMENT", "Invalid regular expression: missing ]"),
    ("unexpected )", "INVALID_FUNCTION_ARGUMENT", "Invalid regular expression: unexpected )"),
    ("no argument for repetition", "INVALID_FUNCTION_ARGUMENT", "Invalid regular expression"),
    ("bad repetition operator", "INVALID_FUNCTION_ARGUMENT", "Invalid regular expression"),
    ("invalid escape sequence", "INVALID_FUNCTION_ARGUMENT", "Invalid regular expression"),
    ("invalid character class", "INVALID_FUNCTION_ARGUMENT", "Invalid regular expression"),
    ("Unknown TimeZone", "INVALID_FUNCTION_ARGUMENT", "Time zone not supported"),
    ("JSON path", "INVALID_FUNCTION_ARGUMENT", "Invalid JSON path"),
    ("Malformed JSON", "INVALID_FUNCTION_ARGUMENT", "Cannot convert value to JSON"),
    ("Could not convert string", "INVALID_CAST_ARGUMENT", "Cannot cast value"),
    ("Could not cast", "INVALID_CAST_ARGUMENT", "Cannot cast value"),
    ("Invalid unicode", "INVALID_CAST_ARGUMENT", "Invalid UTF-8 in value"),
]


def failure_of(problem: Exception) -> QueryFailure:
    """The failure that a DuckDB error means."""
    import duckdb

    text = str(problem)
    if MARK in text:
        name, message = _marked(text)
        return QueryFailure(name, message)
    if isinstance(problem, duckdb.OutOfMemoryException):
        return QueryFailure("EXCEEDED_LOCAL_MEMORY_LIMIT", "Query exceeded local memory limit")
    if not isinstance(problem, duckdb.BinderException | duckdb.ParserException | duckdb.CatalogException):
        for part, name, message in KNOWN:
            if part in text:
                return QueryFailure(name, message.format(op=_operation(text)))
    if isinstance(problem, duckdb.IOException):
        _log.warning("a file could not be read: %s", text)
        return QueryFailure("HIVE_CURSOR_ERROR", "Failed to read file: an object of the table is damaged or gone")
    if isinstance(problem, duckdb.InvalidInputException | duckdb.ConversionException):
        _log.warning("an argument was refused: %s", text)
        return QueryFailure("INVALID_FUNCTION_ARGUMENT", "A value is not valid for the function that it is given to")
    _log.error("a translated query failed: %s", text)
    return QueryFailure("NOT_SUPPORTED", "This statement uses a combination of features that is not supported here")


def _marked(text: str) -> tuple[str, str]:
    """Name and message of a failure raised by the translation (`casts.raises`)."""
    name, _, rest = text.split(MARK, 1)[1].partition("~")
    return name, rest.rsplit("' to ", 1)[0].split("\n")[0]


def _operation(text: str) -> str:
    for word in ("addition", "subtraction", "multiplication"):
        if word in text:
            return f"bigint {word}" if "INT64" in text else f"integer {word}"
    return "numeric"
