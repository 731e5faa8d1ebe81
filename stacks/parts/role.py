"""Least-privilege roles: every statement is written out, and a wildcard resource needs its reason beside it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from constructs import Construct

POLICY = "Permissions"
AT_THE_END = "It is for the deletion of the stack, and the recorded run ends before."  # reason of an unused statement
UNUSED = "UnusedStatements"  # key in a role's Metadata: policy -> index of the statement -> reason


@dataclass(frozen=True)
class Allow:
    """One Allow statement.

    Attributes:
        because: why a resource has a wildcard; required then, and recorded as the acknowledgement of cdk-nag's
            AwsSolutions-IAM5 for exactly that resource.
        unused_because: why a run of everything on the local cloud does not need the statement. It goes into the
            role's metadata in the template; `mlref iam report` fails on an unused statement without one.
    """

    actions: tuple[str, ...]
    resources: tuple[str, ...]
    because: str = ""
    unused_because: str = ""
    conditions: Mapping[str, Any] = field(default_factory=dict)


def scoped_role(scope: Construct, name: str, service: str, purpose: str, *statements: Allow) -> iam.Role:
    """A role that ``service`` assumes and that can do ``statements`` and nothing else.

    The policy is part of the role (not an AWS::IAM::Policy of its own), so whatever refers to the role is created
    after its permissions and deleted before them: no race between a grant and its first use
    (https://github.com/awslabs/aiops-modules/pull/422 is that race).
    """
    role = iam.Role(
        scope,
        name,
        description=purpose,
        assumed_by=iam.ServicePrincipal(service),
        inline_policies={
            POLICY: iam.PolicyDocument(
                statements=[
                    iam.PolicyStatement(
                        actions=list(allow.actions),
                        resources=list(allow.resources),
                        conditions=dict(allow.conditions),
                    )
                    for allow in statements
                ]
            )
        },
    )
    for allow in statements:
        _acknowledge_wildcards(role, allow)
    unused = {str(index): allow.unused_because for index, allow in enumerate(statements) if allow.unused_because}
    if unused:
        resource = role.node.default_child
        assert isinstance(resource, cdk.CfnResource)  # noqa: S101 - what an L2 role is made of
        resource.add_metadata(UNUSED, {POLICY: unused})
    return role


def arn_as_seen_from(scope: Construct, bucket: s3.IBucket) -> str:
    """The bucket's ARN as the stack of ``scope`` spells it: an import when the bucket is in another stack.

    CDK would replace the reference by the same import, but only at the end of synthesis, too late to name the
    finding that an acknowledgement is for.
    """
    owner = cdk.Stack.of(bucket)
    return bucket.bucket_arn if owner is cdk.Stack.of(scope) else owner.export_value(bucket.bucket_arn)


def _acknowledge_wildcards(role: iam.Role, allow: Allow) -> None:
    stack = cdk.Stack.of(role)
    for resource in allow.resources:
        finding = _flat(stack.resolve(resource))
        if "*" not in finding:
            continue
        if not allow.because:
            raise ValueError(f"{role.node.path}: {finding} has a wildcard, say why in Allow(because=…)")
        cdk.Validations.of(role).acknowledge(
            cdk.Acknowledgment(id=f"AwsSolutions-IAM5[Resource::{finding}]", reason=allow.because)
        )


def _flat(value: Any) -> str:
    """A resource as cdk-nag names it in a finding: references in angle brackets."""
    if isinstance(value, str):
        return value
    ((function, argument),) = value.items()
    match function:
        case "Fn::Join":
            return str(argument[0]).join(_flat(item) for item in argument[1])
        case "Fn::GetAtt":
            return f"<{argument[0]}.{argument[1]}>"
        case "Ref" | "Fn::FindInMap":
            return f"<{argument if isinstance(argument, str) else argument[0]}>"
        case "Fn::ImportValue":
            return _flat(argument)
        case "Fn::Sub":
            return str(argument).replace("${", "<").replace("}", ">")
    raise ValueError(f"cannot name the resource {value}")
