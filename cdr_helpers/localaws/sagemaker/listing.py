"""What the list calls of SageMaker share: filters by name, state and time, an order, pages."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

from ..answers import page_position, page_token
from .errors import ValidationProblem

Record = dict[str, Any]


def chosen(found: Sequence[Record], request: Record, name: str, status: str) -> list[Record]:
    """The entries that a request's `NameContains`, `StatusEquals` and times let through, in the order that `SortBy`
    and `SortOrder` ask for; the newest first when they say nothing.

    `name` and `status` are the members of an entry that hold its name and its state.
    """
    wanted = str(request.get("NameContains") or "").lower()
    kept = [
        each
        for each in found
        if wanted in each[name].lower()
        and request.get("StatusEquals") in (None, each.get(status))
        and _in_time(each, request)
    ]
    keys: dict[str, Callable[[Record], Any]] = {
        "Name": lambda each: each[name].lower(),
        "Status": lambda each: each.get(status),
        "CreationTime": lambda each: each["CreationTime"],
    }
    by = request.get("SortBy") or "CreationTime"
    kept.sort(key=keys[by], reverse=request.get("SortOrder", "Descending") == "Descending")
    return kept


def _in_time(entry: Record, request: Record) -> bool:
    for member in ("CreationTime", "LastModifiedTime"):
        moment = entry.get(member)
        after, before = (_moment(request.get(f"{member}{side}")) for side in ("After", "Before"))
        if moment and ((after and moment <= after) or (before and moment >= before)):
            return False
    return True


def _moment(value: Any) -> datetime | None:
    """A time of a request: seconds since 1970 in JSON; state keeps naive UTC."""
    return datetime.fromtimestamp(float(value), UTC).replace(tzinfo=None) if value is not None else None


def page(key: str, found: Sequence[Any], request: Record, most: int = 10) -> Record:
    """The response of a list call: one page under `key`, and `NextToken` where there is more.

    Raises `ValidationProblem` for a token that no page returned.
    """
    try:
        start = page_position(request.get("NextToken"))
    except ValueError:
        raise ValidationProblem("The NextToken is not valid.") from None
    end = start + int(request.get("MaxResults") or most)
    return {key: list(found[start:end])} | ({"NextToken": page_token(end)} if end < len(found) else {})
