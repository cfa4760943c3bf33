"""IAM: moto's backend, saved without the policies that AWS manages."""

from __future__ import annotations

from typing import Any

from moto.iam import models as moto_models

from .. import persistence


class IamBackend(moto_models.IAMBackend):
    """moto's IAM. Its state is one unit: roles and policies refer to each other, and they are few."""

    def saved_state(self) -> dict[str, Any]:
        """All attributes; of the managed policies only the customer's own."""
        hidden = {
            "aws_managed_policies",
            "policy_arn_regex",
            "account_summary",
            "region_name",
            "account_id",
            "partition",
        }
        state = {name: value for name, value in self.__dict__.items() if name not in hidden}
        state["managed_policies"] = {
            arn: policy
            for arn, policy in self.managed_policies.items()
            if not isinstance(policy, moto_models.AWSManagedPolicy)
        }
        return {"state": state}

    def restore_state(self, state: dict[str, Any]) -> None:
        """Put back what `saved_state` gave."""
        saved = dict(state["state"])
        own = saved.pop("managed_policies")
        self.__dict__.update(saved)
        self.managed_policies.update(own)
        self._count_attachments()

    def _count_attachments(self) -> None:
        for policy in self.aws_managed_policies:
            policy.attachment_count = 0
        holders: list[Any] = [*self.roles.values(), *self.users.values(), *self.groups.values()]
        for holder in holders:
            for policy in holder.managed_policies.values():
                if isinstance(policy, moto_models.AWSManagedPolicy):
                    policy.attachment_count += 1


def _managed_policy(account: str, partition: str, arn: str) -> Any:
    return moto_models.iam_backends[account][partition].managed_policies[arn]


def register() -> None:
    """Make moto use this backend."""
    moto_models.iam_backends.backend = IamBackend
    persistence.by_reference(
        moto_models.AWSManagedPolicy,
        lambda policy: (_managed_policy, (policy.account_id, policy.partition, policy.arn)),
    )
