"""What JSON answers of several services share: how values are written, and the tokens of pages."""

from __future__ import annotations

import base64
import binascii
import json
from datetime import UTC, datetime
from typing import Any

JSON = "application/x-amz-json-1.1"


def text(response: Any) -> str:
    """A response of the API's shape as JSON: times as seconds since 1970 (naive ones are UTC), and without members that
    are None, as AWS leaves them out. Moto's own serializer does the same by the API model, at thirty times the cost: a
    page of a thousand partitions would take 0.3 s."""
    return json.dumps(_given(response), default=_epoch)


def _given(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _given(held) for key, held in value.items() if held is not None}
    return [_given(held) for held in value] if isinstance(value, (list, tuple)) else value


def _epoch(value: Any) -> float:
    if isinstance(value, datetime):
        return (value if value.tzinfo else value.replace(tzinfo=UTC)).timestamp()
    raise TypeError(f"not a value of a response: {value!r}")


def page_token(position: int) -> str:
    """The `NextToken` of the page that begins at a position."""
    return base64.urlsafe_b64encode(f"at:{position}".encode()).decode()


def page_position(token: str | None) -> int:
    """Where the page of a token begins; at 0 without one. Raises `ValueError` for a token that no page returned."""
    if not token:
        return 0
    try:
        return int(base64.urlsafe_b64decode(token.encode()).decode().removeprefix("at:"))
    except (ValueError, binascii.Error):
        raise ValueError("not a token of a page") from None
