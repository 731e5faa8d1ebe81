"""iam:PassRole: the roles that a request gives to a service.

https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_passrole.html
"""

import re
from collections.abc import Iterator
from typing import Any

from moto.iam.models import iam_backends

from localcloud.iam.call import Where

_READS = ("Get", "List", "Describe", "Delete", "Search")
_NAME = re.compile(r"[\w+=,.@/-]{1,128}")
# Members that take a role's name as well as its ARN: those of botocore's models whose documentation says so
_BY_NAME = {
    "glue": ("Role",),
    "elasticmapreduce": ("ServiceRole", "AutoScalingRole"),
    "ecs": ("taskRoleArn", "executionRoleArn"),
    "batch": ("jobRoleArn", "executionRoleArn", "serviceRole", "spotIamFleetRole"),
}
# Members that name an instance profile, which has a role
_PROFILES = {
    "ec2": ("IamInstanceProfile",),
    "elasticmapreduce": ("JobFlowRole",),
    "autoscaling": ("IamInstanceProfile",),
}
# Where a service is not called PREFIX.amazonaws.com
_PRINCIPALS = {"ecs": "ecs-tasks", "iam": "ec2", "autoscaling": "ec2"}

Passed = tuple[str, tuple[tuple[str, str], ...]]  # ARN, condition keys


def passed(prefix: str, operation: str, parameters: dict[str, Any], where: Where) -> list[Passed]:
    """ARN and condition keys of every role that an operation of a service passes."""
    if prefix == "sts" or operation.startswith(_READS):
        return []
    to = (("iam:PassedToService", f"{_PRINCIPALS.get(prefix, prefix)}.amazonaws.com"),)
    if prefix == "iam":  # https://docs.aws.amazon.com/IAM/latest/APIReference/API_AddRoleToInstanceProfile.html
        named = operation == "AddRoleToInstanceProfile"
        return [(_role(str(parameters.get("RoleName")), where), to)] if named else []
    roles = [*_roles(parameters, _BY_NAME.get(prefix, ()), where), *_of_profiles(prefix, parameters, where)]
    return [(arn, to) for arn in dict.fromkeys(roles)]


def _strings(value: Any, name: str = "") -> Iterator[tuple[str, str]]:
    """Every text in the parameters with the name of its member."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _strings(item, str(key))
    elif isinstance(value, list):
        for item in value:
            yield from _strings(item, name)
    elif isinstance(value, str):
        yield name, value


def _roles(parameters: dict[str, Any], by_name: tuple[str, ...], where: Where) -> Iterator[str]:
    for name, value in _strings(parameters):
        if "role" in name.lower() and value.startswith("arn:") and ":role/" in value:
            yield value
        elif name in by_name and _NAME.fullmatch(value):
            yield _role(value, where)


def _role(name: str, where: Where) -> str:
    """The ARN of a role by its name, with its path where there is such a role."""
    roles = list(iam_backends[where.account]["aws"].roles.values())
    found = next((role.arn for role in roles if role.name == name.rpartition("/")[2]), None)
    return found or f"arn:{where.partition}:iam::{where.account}:role/{name.lstrip('/')}"


def _of_profiles(prefix: str, parameters: dict[str, Any], where: Where) -> Iterator[str]:
    profiles = list(iam_backends[where.account]["aws"].instance_profiles.values())
    for member in _PROFILES.get(prefix, ()):
        named = {value for _, value in _strings(_find(parameters, member))}
        for profile in profiles:
            if named & {profile.name, profile.arn}:
                yield from (role.arn for role in profile.roles)


def _find(value: Any, member: str) -> list[Any]:
    """What a member of that name holds, wherever it is."""
    if isinstance(value, dict):
        return [item for key, item in value.items() if key == member] + [
            found for item in value.values() for found in _find(item, member)
        ]
    return [found for item in value for found in _find(item, member)] if isinstance(value, list) else []
