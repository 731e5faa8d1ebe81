"""IAM roles and policies."""

import json
from typing import Any

from localcloud.cloudformation.errors import StackError
from localcloud.cloudformation.mapping import Properties
from localcloud.cloudformation.resource import Resource
from localcloud.cloudformation.types.model import Call, ResourceType, Setting, Tagging, by

HOLDERS = (("Roles", "Role"), ("Users", "User"), ("Groups", "Group"))


def _text(document: Any) -> str:
    return document if isinstance(document, str) else json.dumps(document)


def _inline_policies(resource: Resource, new: Properties, old: Properties) -> None:
    wanted = {policy["PolicyName"]: policy["PolicyDocument"] for policy in new.get("Policies", [])}
    for policy in old.get("Policies", []):
        if policy["PolicyName"] not in wanted:
            resource.call("DeleteRolePolicy", RoleName=resource.name, PolicyName=policy["PolicyName"])
    for name, document in wanted.items():
        resource.call("PutRolePolicy", RoleName=resource.name, PolicyName=name, PolicyDocument=_text(document))


def _managed_policies(resource: Resource, new: Properties, old: Properties) -> None:
    wanted, present = new.get("ManagedPolicyArns", []), old.get("ManagedPolicyArns", [])
    for arn in wanted:
        if arn not in present:
            resource.call("AttachRolePolicy", RoleName=resource.name, PolicyArn=arn)
    for arn in present:
        if arn not in wanted:
            resource.call("DetachRolePolicy", RoleName=resource.name, PolicyArn=arn)


def _delete_role(resource: Resource) -> None:
    """A role cannot go while it has policies; only those of the template are taken away, as in AWS."""
    for policy in resource.properties.get("Policies", []):
        resource.call_if_present("DeleteRolePolicy", RoleName=resource.name, PolicyName=policy["PolicyName"])
    for arn in resource.properties.get("ManagedPolicyArns", []):
        resource.call_if_present("DetachRolePolicy", RoleName=resource.name, PolicyArn=arn)
    resource.call_if_present("DeleteRole", RoleName=resource.name)


def _holders(properties: Properties) -> set[tuple[str, str]]:
    return {(kind, name) for member, kind in HOLDERS for name in properties.get(member, [])}


def _put_policy(resource: Resource, new: Properties, old: Properties) -> None:
    if not _holders(new):
        raise StackError("At least one of [Groups,Roles,Users] must be non-empty.")
    gone = _holders(old)
    if old.get("PolicyName") == new["PolicyName"]:
        gone -= _holders(new)
    for kind, name in gone:
        resource.call_if_present(f"Delete{kind}Policy", **{f"{kind}Name": name}, PolicyName=old["PolicyName"])
    document = _text(new["PolicyDocument"])
    for kind, name in sorted(_holders(new)):
        resource.call(
            f"Put{kind}Policy", **{f"{kind}Name": name}, PolicyName=new["PolicyName"], PolicyDocument=document
        )


def _delete_policy(resource: Resource) -> None:
    for kind, name in sorted(_holders(resource.properties)):
        policy = resource.properties["PolicyName"]
        resource.call_if_present(f"Delete{kind}Policy", **{f"{kind}Name": name}, PolicyName=policy)


def _attach(resource: Resource, new: Properties, old: Properties) -> None:
    for kind, name in sorted(_holders(old) - _holders(new)):
        resource.call_if_present(f"Detach{kind}Policy", **{f"{kind}Name": name}, PolicyArn=resource.physical_id)
    for kind, name in sorted(_holders(new) - _holders(old)):
        resource.call(f"Attach{kind}Policy", **{f"{kind}Name": name}, PolicyArn=resource.physical_id)


def _new_version(resource: Resource, new: Properties, _: Properties) -> None:
    """A managed policy has at most five versions, so the one before is deleted."""
    arn = resource.physical_id
    resource.call(
        "CreatePolicyVersion", PolicyArn=arn, PolicyDocument=_text(new["PolicyDocument"]), SetAsDefault=True
    )
    _delete_old_versions(resource)


def _delete_old_versions(resource: Resource) -> None:
    arn = resource.physical_id
    for version in resource.call("ListPolicyVersions", PolicyArn=arn)["Versions"]:
        if not version["IsDefaultVersion"]:
            resource.call("DeletePolicyVersion", PolicyArn=arn, VersionId=version["VersionId"])


def _delete_managed_policy(resource: Resource) -> None:
    _attach(resource, {}, resource.properties)
    resource.call_if_present("DeletePolicy", PolicyArn=resource.physical_id)


TYPES = {
    "IAM::Role": ResourceType(
        service="iam",
        name="RoleName",
        key=by("RoleName"),
        create=Call(operation="CreateRole"),
        update=Call(operation="UpdateRole", reset={"Description": "", "MaxSessionDuration": 3600}),
        settings=(
            Setting(properties=("Policies",), apply=_inline_policies),
            Setting(properties=("ManagedPolicyArns",), apply=_managed_policies),
            Setting(
                properties=("AssumeRolePolicyDocument",),
                put="UpdateAssumeRolePolicy",
                member="PolicyDocument",
                on_create=False,
            ),
            Setting(
                properties=("PermissionsBoundary",),
                put="PutRolePermissionsBoundary",
                remove="DeleteRolePermissionsBoundary",
                on_create=False,
            ),
        ),
        delete=_delete_role,
        tags=Tagging(add="TagRole", remove="UntagRole"),
        read="GetRole",
        attributes={"Arn": "Role.Arn", "RoleId": "Role.RoleId"},
    ),
    "IAM::Policy": ResourceType(
        service="iam",
        key=lambda _: {},
        create=lambda _, properties: {},
        settings=(
            Setting(properties=("PolicyDocument", "PolicyName", "Groups", "Roles", "Users"), apply=_put_policy),
        ),
        delete=_delete_policy,
        attributes={"Id": "{id}"},
    ),
    "IAM::ManagedPolicy": ResourceType(
        service="iam",
        name="ManagedPolicyName",
        key=by("PolicyArn"),
        create=Call(operation="CreatePolicy", rename={"ManagedPolicyName": "PolicyName"}),
        identifier="Policy.Arn",
        settings=(
            Setting(properties=("PolicyDocument",), apply=_new_version, on_create=False),
            Setting(properties=("Groups", "Roles", "Users"), apply=_attach),
        ),
        delete=_delete_managed_policy,
        read="GetPolicy",
        attributes={
            "PolicyArn": "{id}",
            "PolicyId": "Policy.PolicyId",
            "DefaultVersionId": "Policy.DefaultVersionId",
        },
    ),
}
