"""Pages of a list, as Glue's calls return them: `NextToken` holds where to go on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from ..answers import page_position, page_token
from .errors import InvalidInput

Item = TypeVar("Item")


def page(items: Sequence[Item], request: Mapping[str, Any], most: int) -> tuple[Sequence[Item], str | None]:
    """The page of `items` that a request asks for by `MaxResults` and `NextToken`, and the next token if any is left.

    Raises `InvalidInput` for a token that no page returned.
    """
    start = _position(request.get("NextToken"))
    end = start + min(int(request.get("MaxResults") or most), most)
    return items[start:end], page_token(end) if end < len(items) else None


def answer(key: str, items: Sequence[Any], request: Mapping[str, Any], most: int = 100) -> dict[str, Any]:
    """The response of a list call: one page under `key`, and `NextToken` where there is more."""
    shown, token = page(items, request, most)
    return {key: list(shown)} | ({"NextToken": token} if token else {})


def _position(token: str | None) -> int:
    try:
        return page_position(token)
    except ValueError as error:
        raise InvalidInput("The pagination token is not valid.") from error
