"""The policies that are deployed: of roles, with their boundaries and trust, and of resources."""

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

Document = dict[str, Any]


@dataclass(frozen=True)
class RolePolicies:
    """What a role may do, and who may be it. Policies by their names."""

    identity: Mapping[str, Document]
    boundary: Mapping[str, Document] | None
    trust: Document
    tags: Mapping[str, str] = field(default_factory=dict)


@dataclass
class Policies:
    """Roles by ARN; policies of resources by the resource's ARN."""

    roles: dict[str, RolePolicies] = field(default_factory=dict)
    resources: dict[str, Document] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {"roles": {arn: vars(role) for arn, role in self.roles.items()}, "resources": self.resources}

    @classmethod
    def from_dict(cls, told: Mapping[str, Any]) -> "Policies":
        return cls({arn: RolePolicies(**role) for arn, role in told["roles"].items()}, dict(told["resources"]))


def owner(resource: str) -> str:
    """The ARN of what a policy is attached to: an object's is its bucket's, a function's version the function's."""
    parts = resource.split(":")
    if len(parts) < 6:
        return resource
    if parts[2] == "s3":
        return resource.partition("/")[0]
    return ":".join(parts[:7]) if parts[2] == "lambda" else resource


def of_role(arn: str) -> RolePolicies | None:
    """None when there is no such role."""
    backend = iam_backends[arn.split(":")[4]]["aws"]
    role = _moto_role(arn)
    if role is None:
        return None
    identity = {name: _loaded(text) for name, text in role.policies.items()}
    identity |= {name: _managed(policy) for name, policy in role.managed_policies.items()}
    boundary = role.permissions_boundary_arn
    return RolePolicies(
        {name: document for name, document in identity.items() if document},
        {boundary: _managed(backend.get_policy(boundary)) or {}} if boundary else None,
        _loaded(role.assume_role_policy_document) or {},
        tags_of(arn),
    )


def tags_of(principal: str) -> dict[str, str]:
    """Those of a role; none of anybody else."""
    role = _moto_role(principal) if ":role/" in principal else None
    return {} if role is None else {tag["Key"]: tag["Value"] for tag in role.tags}


def _moto_role(arn: str) -> Any:
    return next(
        (role for role in list(iam_backends[arn.split(":")[4]]["aws"].roles.values()) if role.arn == arn), None
    )


def of_resource(resource: str) -> Document | None:
    """The resource-based policy that counts for a resource; None when it has none."""
    arn = owner(resource)
    parts = arn.split(":", 5)
    if len(parts) < 6 or parts[2] not in _READERS:
        return None
    _, _, service, region, account, name = parts
    return _loaded(_READERS[service](account, region, name, arn))


def deployed(roles: Iterable[str], resources: Iterable[str]) -> Policies:
    """The policies as they are now: of all roles of the accounts of ``roles``, and of these resources."""
    found = Policies()
    for account in {arn.split(":")[4] for arn in roles}:
        for role in list(iam_backends[account]["aws"].roles.values()):
            if (policies := of_role(role.arn)) is not None:
                found.roles[role.arn] = policies
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


def _bucket(account: str, _: str, name: str, __: str) -> Any:
    bucket = s3_backends[account]["aws"].buckets.get(name)
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
    role = _moto_role(arn)
    return role.assume_role_policy_document if role is not None else None


_READERS = {"s3": _bucket, "kms": _key, "sns": _topic, "sqs": _queue, "lambda": _function, "iam": _role}
