"""Roles as the services use them: who may assume one, and what it may then do."""

from __future__ import annotations


class RoleSession:
    """A role that a service has assumed. Policies are read at each question, so a changed policy counts at once."""

    def __init__(self, account_id: str, role_arn: str) -> None:
        self.account_id = account_id
        self.role_arn = role_arn

    def allows(self, action: str, resource: str) -> bool:
        """Whether inline and attached policies allow `action` (`s3:GetObject`) on `resource` (an ARN)."""
        raise NotImplementedError

    def require(self, action: str, resource: str) -> None:
        """Raises `AccessDenied` with AWS's text unless `allows`."""
        raise NotImplementedError


def assume(account_id: str, role: str, service: str = "glue.amazonaws.com") -> RoleSession:
    """Assume `role` (a name, a `path/name` or an ARN) as `service`.

    Raises `RoleNotUsable` when the role is missing or its trust policy does not name the service.
    """
    raise NotImplementedError
