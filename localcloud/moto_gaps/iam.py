"""IAM: AWS managed policies, as they are asked for.

moto has their documents but leaves them out unless told to load all 1,400, on every reset. Here a policy appears when
somebody attaches or reads it.
"""

import json
from functools import cache
from typing import Any

from moto.iam.models import AWSManagedPolicy, IAMBackend

from localcloud.patching import replace


@cache
def _documents() -> dict[str, tuple[str, dict[str, Any]]]:
    from moto.iam.aws_managed_policies import aws_managed_policies_data  # noqa: PLC0415 - parsed when first needed

    return {
        f"policy{data['Path']}{name}": (name, data) for name, data in json.loads(aws_managed_policies_data).items()
    }


def _load(backend: Any, arn: str) -> None:
    _, aws, path = arn.partition(":iam::aws:")
    if not aws or arn in backend.managed_policies or path not in _documents():
        return
    name, data = _documents()[path]
    policy = AWSManagedPolicy.from_data(name, backend.account_id, backend.region_name, data)
    backend.managed_policies[policy.arn] = policy
    backend.aws_managed_policies.append(policy)


@replace(IAMBackend, "attach_role_policy", "(self, policy_arn, role_name)")
def attach_role_policy(self: Any, policy_arn: str, role_name: str) -> None:
    _load(self, policy_arn)
    attach_role_policy.original(self, policy_arn, role_name)  # type: ignore[attr-defined]


@replace(IAMBackend, "attach_user_policy", "(self, policy_arn, user_name)")
def attach_user_policy(self: Any, policy_arn: str, user_name: str) -> None:
    _load(self, policy_arn)
    attach_user_policy.original(self, policy_arn, user_name)  # type: ignore[attr-defined]


@replace(IAMBackend, "attach_group_policy", "(self, policy_arn, group_name)")
def attach_group_policy(self: Any, policy_arn: str, group_name: str) -> None:
    _load(self, policy_arn)
    attach_group_policy.original(self, policy_arn, group_name)  # type: ignore[attr-defined]


@replace(IAMBackend, "get_policy", "(self, policy_arn)")
def get_policy(self: Any, policy_arn: str) -> Any:
    _load(self, policy_arn)
    return get_policy.original(self, policy_arn)  # type: ignore[attr-defined]
