"""The ARNs that a request is about: the templates of the action's resource types, filled with its parameters."""

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from localcloud.iam.call import ANY, Request
from localcloud.iam.shapes import VARIABLE, Action, pattern, template

_VERB = re.compile(r"^(?:Batch)?[A-Z][a-z]+")


def resources(action: Action, request: Request) -> tuple[str, ...]:
    """Every resource that the action is checked against.

    A type that the action needs and the request does not name gets the name ``any``: a list, or what the service
    names itself. Only a policy that allows every name allows that.
    """
    special = _SPECIAL.get(action.name)
    if special is not None:
        return special(request)
    service = action.name.partition(":")[0]
    found = []
    for kind, required in action.types:
        arns = [
            _named(service, kind, each) or _filled(service, kind, each, required=required)
            for each in _one_by_one(service, kind, request)
        ]
        found += [arn for arn in arns if arn is not None]
    return tuple(dict.fromkeys(found)) or ("*",)


def _one_by_one(service: str, kind: str, request: Request) -> Iterator[Request]:
    """The request for each of the names it lists: AlarmNames are several AlarmName."""
    given = {name.lower(): value for name, value in request.parameters.items()}
    for variable in VARIABLE.findall(template(service, kind)):
        names = given.get(f"{variable.lower()}s")
        if isinstance(names, list) and names and all(isinstance(name, str) for name in names):
            for name in names:
                yield replace(request, parameters={**request.parameters, variable: name})
            return
    yield request


def _named(service: str, kind: str, request: Request) -> str | None:
    """An ARN among the parameters."""
    wanted = pattern(service, kind)
    return next(
        (text for text in _texts(request.parameters) if text.startswith("arn:") and wanted.fullmatch(text)), None
    )


def _texts(value: Any, depth: int = 0) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict) and depth < 2:
        for item in value.values():
            yield from _texts(item, depth + 1)


def _filled(service: str, kind: str, request: Request, *, required: bool) -> str | None:
    """The type's ARN; None when it is not required and the request does not name it."""
    where = request.where
    fixed = {"Partition": where.partition, "Region": where.region, "Account": where.account}
    missing = False

    def value(found: re.Match[str]) -> str:
        nonlocal missing
        name = found[1]
        if name in fixed:
            return fixed[name]
        text = _parameter(name, request)
        missing |= text is None
        return ANY if text is None else text

    arn = VARIABLE.sub(value, template(service, kind))
    return arn if required or not missing else None


def _parameter(variable: str, request: Request) -> str | None:
    """The parameter that a template's variable means: TableName is Name in GetTable, TableInput.Name in CreateTable."""
    given = {name.lower(): value for name, value in request.parameters.items()}
    text = given.get(variable.lower())
    if text is None and variable == "QueueName":
        text = str(given.get("queueurl") or "").rpartition("/")[2]
    noun, stem = _VERB.sub("", request.operation).lower(), variable.removesuffix("Name").lower()
    if text is None and noun.endswith(stem):
        text = given.get("name") or (given.get(f"{stem}input") or {}).get("Name")
    if text is None and isinstance(url := given.get(f"{stem}url"), str):  # a queue's, which ends in its name
        text = url.rpartition("/")[2]
    if not isinstance(text, str) or not text:
        return None
    return text.rpartition("/")[2] if text.startswith("arn:") else text


def _log_group(request: Request) -> tuple[str, ...]:
    """As CloudWatch Logs names a group in its refusals, and as ``…:log-group:NAME:*`` in a policy matches.

    https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/iam-access-control-overview-cwl.html
    """
    where, given = request.where, request.parameters
    name = given.get("logGroupName") or given.get("logGroupIdentifier") or ANY
    if name.startswith("arn:"):
        name = name.split(":")[6]
    return (f"arn:{where.partition}:logs:{where.region}:{where.account}:log-group:{name}:log-stream:",)


def _buses(request: Request) -> tuple[str, ...]:
    """Of the entries: https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazoneventbridge.html"""
    where, entries = request.where, request.parameters.get("Entries") or ()
    names = {str(entry.get("EventBusName") or "default") for entry in entries if isinstance(entry, dict)}
    start = f"arn:{where.partition}:events:{where.region}:{where.account}:event-bus/"
    return tuple(name if name.startswith("arn:") else start + name for name in sorted(names)) or (f"{start}{ANY}",)


def _metrics(_: Request) -> tuple[str, ...]:
    return ("*",)


def _new_version(request: Request) -> tuple[str, ...]:
    """The version that SageMaker will number:
    https://docs.aws.amazon.com/sagemaker/latest/dg/security_iam_service-with-iam.html"""
    group = str(request.parameters.get("ModelPackageGroupName") or ANY).rpartition("/")[2]
    where = request.where
    return (f"arn:{where.partition}:sagemaker:{where.region}:{where.account}:model-package/{group}/{ANY}",)


_SPECIAL = {
    "events:PutEvents": _buses,
    **{
        f"logs:{name}": _log_group
        for name in (
            "CreateLogGroup",
            "DescribeLogStreams",
            "AssociateKmsKey",
            "FilterLogEvents",
            "PutRetentionPolicy",
        )
    },
    "cloudwatch:PutMetricData": _metrics,
    "sagemaker:CreateModelPackage": _new_version,
}
