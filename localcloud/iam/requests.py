"""API requests as the actions that IAM checks for them."""

from collections.abc import Iterator
from typing import Any

import xmltodict  # type: ignore[import-untyped]

from localcloud.iam.call import Call, Caller, Request, Where
from localcloud.iam.encryption import implied, key_arn
from localcloud.iam.resources import resources
from localcloud.iam.shapes import Action, action
from localcloud.moto_gaps.s3 import bucket_action, object_action, request_context

# boto3's name of a service where IAM has another, https://docs.aws.amazon.com/service-authorization/latest/reference/
_PREFIXES = {
    "stepfunctions": "states",
    **dict.fromkeys(("sagemaker-runtime", "sagemaker-featurestore-runtime", "sagemaker-metrics"), "sagemaker"),
}
# Operations whose action has another name
_ACTIONS = {"lambda:Invoke": "lambda:InvokeFunction", "lambda:InvokeAsync": "lambda:InvokeFunction"}
# Needs no permission: https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html
_FREE = frozenset({"sts:GetCallerIdentity"})
_READS = ("Get", "List", "Describe", "Delete", "Search")
_S3_KEYS = ("s3:prefix", "s3:delimiter", "s3:x-amz-acl", "s3:x-amz-server-side-encryption")


def of_operation(
    caller: Caller, service: str, operation: str, parameters: dict[str, Any], where: Where
) -> list[Call]:
    """The calls that an operation of boto3's ``service`` is, with what it implies."""
    prefix = _PREFIXES.get(service, service)
    via = f"{prefix}:{operation}"
    name = _ACTIONS.get(via, via)
    if via in _FREE:
        return []
    known = action(name)
    request = Request(prefix, operation, parameters, where)
    if known is None:  # nothing allows it but a wildcard
        return [Call(caller, name, "*", via=via)]
    arns = resources(known, request) if prefix != "kms" else _keys(parameters, where)
    context = _context(known, parameters)
    found = [Call(caller, known.name, arn, context, via) for arn in arns]
    found += _passed(caller, prefix, operation, parameters, via)
    if prefix == "sagemaker" and operation.startswith("Create") and parameters.get("Tags"):
        # https://docs.aws.amazon.com/sagemaker/latest/dg/security_iam_id-based-policy-examples.html
        found += [Call(caller, "sagemaker:AddTags", arn, via=via) for arn in arns]
    return [*found, *(use for call in found for use in implied(call, where))]


def of_object(caller: Caller, response: Any, bucket: str, key: str, where: Where) -> list[Call]:
    """A request for one object of S3."""
    request = response.normalized_request
    arn = f"arn:aws:s3:::{bucket}/{key}"
    name = object_action(request)
    call = Call(caller, name, arn, _s3_context(caller, response), name)
    found = [call, *implied(call, where, {**_lower(response.headers), **request.args})]
    source = response.headers.get("x-amz-copy-source")
    if source:
        read = Call(
            caller,
            "s3:GetObject",
            f"arn:aws:s3:::{source.lstrip('/').partition('?')[0]}",
            caller.storage,
            via="s3:CopyObject",
        )
        found += [read, *implied(read, where)]
    return found


def of_bucket(caller: Caller, response: Any, bucket: str) -> list[Call]:
    """A request for a bucket of S3."""
    request = response.normalized_request
    arn = f"arn:aws:s3:::{bucket}"
    if request.method == "POST" and "delete" in request.args:
        listed = xmltodict.parse(response.body, force_list=("Object",))["Delete"].get("Object") or ()
        return [
            Call(
                caller,
                "s3:DeleteObjectVersion" if item.get("VersionId") else "s3:DeleteObject",
                f"{arn}/{item['Key']}",
                caller.storage,
                via="s3:DeleteObjects",
            )
            for item in listed
        ]
    name = bucket_action(request)
    return [Call(caller, name, arn, _s3_context(caller, response), name)]


def _s3_context(caller: Caller, response: Any) -> tuple[tuple[str, str], ...]:
    told = request_context(response)
    return tuple(sorted((*caller.storage, *(item for item in told.items() if item[0].startswith(_S3_KEYS)))))


def _lower(headers: Any) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}


def _keys(parameters: dict[str, Any], where: Where) -> tuple[str, ...]:
    return (key_arn(str(parameters.get("KeyId") or ""), where) or "*",)


def _context(known: Action, parameters: dict[str, Any]) -> tuple[tuple[str, str], ...]:
    """Condition keys that are parameters: cloudwatch:namespace is Namespace, sagemaker:ModelApprovalStatus likewise."""
    given = {name.lower(): value for name, value in parameters.items()}
    found = {}
    for key in known.condition_keys:
        value = given.get(key.partition(":")[2].lower())
        if isinstance(value, str):
            found[key] = value
    return tuple(sorted(found.items()))


def _passed(caller: Caller, prefix: str, operation: str, parameters: dict[str, Any], via: str) -> list[Call]:
    """iam:PassRole for every role that the request gives to a service.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_passrole.html
    """
    if prefix == "sts" or operation.startswith(_READS):
        return []
    service = (("iam:PassedToService", f"{prefix}.amazonaws.com"),)
    return [Call(caller, "iam:PassRole", arn, service, via) for arn in dict.fromkeys(_roles(parameters))]


def _roles(value: Any, name: str = "") -> Iterator[str]:
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _roles(item, str(key))
    elif isinstance(value, list):
        for item in value:
            yield from _roles(item, name)
    elif isinstance(value, str) and "role" in name.lower() and ":role/" in value and value.startswith("arn:"):
        yield value
