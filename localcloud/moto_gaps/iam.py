"""IAM: AWS managed policies, as they are asked for, and permissions boundaries of users, which moto lacks.

moto has their documents but leaves them out unless told to load all 1,400, on every reset. Here a policy appears when
somebody attaches or reads it.
"""

import json
from functools import cache
from typing import Any

from moto.core.responses import ActionResult, EmptyResult
from moto.iam.exceptions import NoSuchEntity
from moto.iam.models import AWSManagedPolicy, IAMBackend
from moto.iam.responses import IamResponse

from localcloud.patching import add, replace


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


def _bound(response: Any, user: Any) -> None:
    """Keep a boundary where moto looks for what GetUser tells."""
    arn = response.params["PermissionsBoundary"]
    user.permissions_boundary = {
        "PermissionsBoundaryType": "PermissionsBoundaryPolicy",
        "PermissionsBoundaryArn": response.backend.get_policy(arn).arn,
    }


@replace(IamResponse, "create_user", "(self)")
def create_user(self: Any) -> ActionResult:
    if self.params.get("PermissionsBoundary"):
        self.backend.get_policy(self.params["PermissionsBoundary"])  # NoSuchEntity, before there is a user
    answer: ActionResult = create_user.original(self)  # type: ignore[attr-defined]
    if self.params.get("PermissionsBoundary"):
        _bound(self, answer.result["User"])
    return answer


@add(IamResponse, "put_user_permissions_boundary")
def put_user_permissions_boundary(self: Any) -> ActionResult:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_PutUserPermissionsBoundary.html"""
    _bound(self, self.backend.get_user(self.params["UserName"]))
    return EmptyResult()


@add(IamResponse, "delete_user_permissions_boundary")
def delete_user_permissions_boundary(self: Any) -> ActionResult:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteUserPermissionsBoundary.html"""
    user = self.backend.get_user(self.params["UserName"])
    if not hasattr(user, "permissions_boundary"):
        raise NoSuchEntity(f"The user with name {user.name} has no permissions boundary.")
    del user.permissions_boundary
    return EmptyResult()
