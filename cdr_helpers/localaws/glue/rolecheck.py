"""Whether Glue can assume the role that a request names."""

from __future__ import annotations

from ..errors import RoleNotUsable
from ..iam import roles
from .errors import InvalidInput


def check_role(account: str, role: str | None) -> None:
    """Raises `InvalidInput` for a role that is missing, or whose trust policy does not name Glue."""
    if not role:
        raise InvalidInput("Role is required.")
    try:
        roles.assume(account, role)
    except RoleNotUsable:
        raise InvalidInput(roles.NOT_ASSUMABLE) from None
