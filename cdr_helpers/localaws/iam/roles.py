"""Roles as the services use them: who may assume one, and what it may then do."""

from __future__ import annotations

from typing import Any

from ..errors import AccessDenied, RoleNotUsable
from . import policies

# AWS's text for a role that CreateCrawler, StartCrawler or StartJobRun cannot assume.
NOT_ASSUMABLE = "Service is unable to assume provided role. Please verify role's TrustPolicy."
SESSION_NAMES = {"glue.amazonaws.com": "GlueJobRunnerSession", "sagemaker.amazonaws.com": "SageMaker"}


class RoleSession:
    """A role that a service has assumed. Policies are read at each question, so a changed policy counts at once."""

    def __init__(self, account_id: str, role_arn: str, session_name: str = "GlueJobRunnerSession") -> None:
        self.account_id = account_id
        self.role_arn = role_arn
        self.session_name = session_name

    @property
    def arn(self) -> str:
        """The session's own ARN, as AWS shows it in errors."""
        name = self.role_arn.rpartition("/")[2]
        return f"arn:aws:sts::{self.account_id}:assumed-role/{name}/{self.session_name}"

    def allows(self, action: str, resource: str) -> bool:
        """Whether inline and attached policies allow `action` (`s3:GetObject`) on `resource` (an ARN)."""
        return self._decide(action, resource) is True

    def require(self, action: str, resource: str) -> None:
        """Raises `AccessDenied` with AWS's text unless `allows`."""
        decision = self._decide(action, resource)
        if decision is True:
            return
        why = (
            "with an explicit deny in an identity-based policy"
            if decision is False
            else f"because no identity-based policy allows the {action} action"
        )
        raise AccessDenied(f"User: {self.arn} is not authorized to perform: {action} on resource: {resource} {why}")

    def _decide(self, action: str, resource: str) -> bool | None:
        role = _role_of(self.account_id, self.role_arn)
        if role is None:
            return None
        context = {"aws:principalarn": self.role_arn, "aws:principalaccount": self.account_id}
        allowed = policies.decide(_documents(role), action, resource, context)
        boundary = role.permissions_boundary_arn
        if allowed and boundary:
            policy = _backend(self.account_id).managed_policies.get(boundary)
            return policies.decide([_default(policy)] if policy else [], action, resource, context)
        return allowed


def _backend(account_id: str) -> Any:
    from moto.iam.models import iam_backends

    return iam_backends[account_id]["aws"]


def _role_of(account_id: str, role: str) -> Any:
    """The role by name, `path/name` or ARN; None without one."""
    for each in _backend(account_id).roles.values():
        if role in (each.name, each.arn, f"{each.path}{each.name}", f"{each.path}{each.name}".lstrip("/")):
            return each
    return None


def _documents(role: Any) -> list[str]:
    attached = [_default(policy) for policy in list(role.managed_policies.values())]
    return [*list(role.policies.values()), *attached]


def _default(policy: Any) -> str:
    versions = (each.document for each in policy.versions if each.version_id == policy.default_version_id)
    return str(next(versions, "{}"))


def assume(account_id: str, role: str, service: str = "glue.amazonaws.com") -> RoleSession:
    """Assume `role` (a name, a `path/name` or an ARN) as `service`.

    Raises `RoleNotUsable` when the role is missing or its trust policy does not name the service.
    """
    found = _role_of(account_id, role)
    context = {"aws:sourceaccount": account_id}
    if found is None or not policies.trusts(found.assume_role_policy_document, service, context):
        raise RoleNotUsable(NOT_ASSUMABLE)
    return RoleSession(account_id, found.arn, SESSION_NAMES.get(service, service.partition(".")[0]))
