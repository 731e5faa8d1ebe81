"""The policies that are deployed: of roles and users, with their boundaries, and of resources."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from moto.awslambda.models import lambda_backends
from moto.iam.models import iam_backends
from moto.kms.models import kms_backends
from moto.s3.models import s3_backends
from moto.sns.models import sns_backends
from moto.sqs.models import sqs_backends

from localcloud.iam import keys

Document = dict[str, Any]
EVERYTHING: Document = {"Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}


@dataclass(frozen=True)
class IdentityPolicies:
    """What a role or user may do, and who may be the role. Policies by their names."""

    identity: Mapping[str, Document]
    boundary: Mapping[str, Document] | None
    trust: Document = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)


@dataclass
class Policies:
    """Those of roles and users by ARN; policies of resources by the resource's ARN."""

    identities: dict[str, IdentityPolicies] = field(default_factory=dict)
    resources: dict[str, Document] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "identities": {arn: vars(found) for arn, found in self.identities.items()},
            "resources": self.resources,
        }

    @classmethod
    def from_dict(cls, told: Mapping[str, Any]) -> "Policies":
        identities = {arn: IdentityPolicies(**found) for arn, found in told["identities"].items()}
        return cls(identities, dict(told["resources"]))


def owner(resource: str) -> str:
    """The ARN of what a policy is attached to: an object's is its bucket's, a function's version the function's."""
    parts = resource.split(":")
    if len(parts) < 6:
        return resource
    if parts[2] == "s3":
        return resource.partition("/")[0]
    return ":".join(parts[:7]) if parts[2] == "lambda" else resource


def of_identity(arn: str) -> IdentityPolicies | None:
    """Those of a role, a user or the account's administrator; None when there is no such."""
    if not arn.startswith("arn:"):
        return None
    if arn.endswith(":root"):
        return IdentityPolicies({"Administrator": EVERYTHING}, None)
    if (role := keys.role(arn)) is not None:
        trust = _loaded(role.assume_role_policy_document) or {}
        return _policies(role, _attached(role), role.permissions_boundary_arn, trust)
    if (user := keys.user(arn)) is not None:
        found = _attached(user)
        for group in iam_backends[user.account_id]["aws"].get_groups_for_user(user.name):
            found |= {f"{group.name}/{name}": document for name, document in _attached(group).items()}
        boundary = getattr(user, "permissions_boundary", {}).get("PermissionsBoundaryArn")
        return _policies(user, found, boundary, {})
    return None


def _policies(
    owner: Any, identity: Mapping[str, Document | None], boundary: str | None, trust: Document
) -> IdentityPolicies:
    limit = iam_backends[owner.account_id]["aws"].get_policy(boundary) if boundary else None
    return IdentityPolicies(
        {name: document for name, document in identity.items() if document},
        {boundary: _managed(limit) or {}} if boundary else None,
        trust,
        tags_of(owner.arn),
    )


def _attached(holder: Any) -> dict[str, Document | None]:
    """Inline and managed policies of a role, user or group of moto's."""
    found = {name: _loaded(text) for name, text in holder.policies.items()}
    return found | {name: _managed(policy) for name, policy in holder.managed_policies.items()}


def tags_of(principal: str) -> dict[str, str]:
    """Those of a role or user; none of anybody else."""
    holder = None
    if principal.startswith("arn:"):
        holder = keys.role(principal) or keys.user(principal)
    return {tag["Key"]: tag["Value"] for tag in (holder.tags or ())} if holder is not None else {}


def managed(account: str, arn: str) -> Document | None:
    """The document of a managed policy that counts."""
    return _managed(iam_backends[account]["aws"].get_policy(arn))


def of_resource(resource: str) -> Document | None:
    """The resource-based policy that counts for a resource; None when it has none."""
    arn = owner(resource)
    parts = arn.split(":", 5)
    if len(parts) < 6 or parts[2] not in _READERS:
        return None
    _, _, service, region, account, name = parts
    return _loaded(_READERS[service](account, region, name, arn))


def deployed(account: str, holders: Iterable[str], resources: Iterable[str]) -> Policies:
    """The policies as they are now: of all roles of an account, of these users, and of these resources."""
    found = Policies()
    roles = [role.arn for role in list(iam_backends[account]["aws"].roles.values())]
    for arn in dict.fromkeys([*roles, *holders]):
        if (policies := of_identity(arn)) is not None:
            found.identities[arn] = policies
    for arn in {owner(resource) for resource in resources}:
        if (document := of_resource(arn)) is not None:
            found.resources[arn] = document
    return found


def _managed(policy: Any) -> Document | None:
    return _loaded(next(version.document for version in policy.versions if version.is_default))


def _loaded(text: Any) -> Document | None:
    if isinstance(text, bytes):
        text = text.decode()
    if isinstance(text, str):
        text = json.loads(text or "null")
    return text if isinstance(text, dict) and text.get("Statement") else None


def bucket_of(name: str) -> Any:
    """moto's bucket of that name, which all accounts share; None when there is none."""
    owners = s3_backends.bucket_accounts.get(name)
    return s3_backends[owners[1]][owners[0]].buckets.get(name) if owners else None


def _bucket(_: str, __: str, name: str, ___: str) -> Any:
    bucket = bucket_of(name)
    return bucket.policy if bucket is not None else None


def _key(account: str, region: str, name: str, _: str) -> Any:
    key = kms_backends[account][region].keys.get(name.partition("/")[2])
    return key.policy if key is not None else None


def _topic(account: str, region: str, _: str, arn: str) -> Any:
    topic = sns_backends[account][region].topics.get(arn)
    return topic.policy if topic is not None else None


def _queue(account: str, region: str, name: str, _: str) -> Any:
    queue = sqs_backends[account][region].queues.get(name)
    return queue.policy if queue is not None else None


def _function(account: str, region: str, _: str, arn: str) -> Any:
    functions = lambda_backends[account][region].list_functions()
    function = next((item for item in functions if item.function_arn == arn), None)
    return {"Version": "2012-10-17", "Statement": function.policy.statements} if function is not None else None


def _role(_: str, __: str, ___: str, arn: str) -> Any:
    role = keys.role(arn)
    return role.assume_role_policy_document if role is not None else None


_READERS = {"s3": _bucket, "kms": _key, "sns": _topic, "sqs": _queue, "lambda": _function, "iam": _role}
