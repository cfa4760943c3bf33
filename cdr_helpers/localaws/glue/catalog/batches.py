"""Calls on many entries at once: how many there may be, and what is told of those that fail."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from ..errors import AlreadyExists, EntityNotFound, InvalidInput, InvalidRequest

Record = dict[str, Any]

MOST_IN_BATCH = {
    "PartitionInputList": 100,
    "PartitionsToDelete": 25,
    "PartitionsToGet": 1000,
    "Entries": 100,
    "TablesToDelete": 100,
    "VersionIds": 100,
    "ColumnNames": 100,
    "ColumnStatisticsList": 25,
}
"""Limits of the API model on lists in one request."""


def check_size(request: Record) -> None:
    """Raises `InvalidRequest`."""
    for key, most in MOST_IN_BATCH.items():
        if len(request.get(key) or ()) > most:
            raise InvalidRequest(
                f"1 validation error detected: Value at '{key[0].lower()}{key[1:]}' failed to satisfy constraint: "
                f"Member must have length less than or equal to {most}"
            )


def each(items: Iterable[Any], work: Callable[[Any], Any], failed: Callable[[Any, Record], Record]) -> Record:
    """A batch call: what fails is told in `Errors`, the rest is done."""
    errors = []
    for item in items:
        try:
            work(item)
        except (EntityNotFound, AlreadyExists, InvalidInput) as error:
            errors.append(failed(item, {"ErrorCode": error.error_type, "ErrorMessage": error.message}))
    return {"Errors": errors} if errors else {}
