"""API requests as the actions that IAM checks for them."""

from typing import Any

from localcloud.iam.call import Call, Caller, Where
from localcloud.iam.call import Request as ApiRequest
from localcloud.iam.encryption import implied, keys_of
from localcloud.iam.items import items_of
from localcloud.iam.passing import passed
from localcloud.iam.resources import resources
from localcloud.iam.shapes import Action, action, prefix

# Operations whose action has another name
_ACTIONS = {
    "lambda:Invoke": "lambda:InvokeFunction",
    "lambda:InvokeAsync": "lambda:InvokeFunction",
    # https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-api-permissions-reference.html
    **{f"sqs:{name}Batch": f"sqs:{name}" for name in ("SendMessage", "DeleteMessage", "ChangeMessageVisibility")},
    # https://docs.aws.amazon.com/sns/latest/api/API_PublishBatch.html has no permission of its own
    "sns:PublishBatch": "sns:Publish",
}
# Need no permission, say https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html and
# API_GetSessionToken.html
_FREE = frozenset({"sts:GetCallerIdentity", "sts:GetSessionToken"})


def of_operation(
    caller: Caller, service: str, operation: str, parameters: dict[str, Any], where: Where
) -> list[Call]:
    """The calls that an operation of boto3's ``service`` is, with what it implies."""
    of = prefix(service)
    via = f"{of}:{operation}"
    if via in _FREE:
        return []
    if of == "kms" and (keys := keys_of(operation, parameters, where)) is not None:
        return [Call(caller, name, arn, _context(action(name), parameters), via) for name, arn in keys]
    if of == "dynamodb" and (items := items_of(operation, parameters, where)):
        return [Call(caller, name, arn, _context(action(name), parameters), via) for name, arn in items]
    name = _ACTIONS.get(via, via)
    known = action(name)
    if known is None:  # nothing allows it but a wildcard
        return [Call(caller, name, "*", via=via)]
    arns = resources(known, ApiRequest(of, operation, parameters, where))
    found = [Call(caller, known.name, arn, _context(known, parameters), via) for arn in arns]
    found += [Call(caller, "iam:PassRole", arn, to, via) for arn, to in passed(of, operation, parameters, where)]
    if of == "sagemaker" and operation.startswith("Create") and parameters.get("Tags"):
        # https://docs.aws.amazon.com/sagemaker/latest/dg/security_iam_id-based-policy-examples.html
        found += [Call(caller, "sagemaker:AddTags", arn, via=via) for arn in arns]
    if of == "sts" and parameters.get("Tags"):
        # https://docs.aws.amazon.com/IAM/latest/UserGuide/id_session-tags.html#id_session-tags_permissions-required
        found += [Call(caller, "sts:TagSession", arn, _session_tags(parameters), via) for arn in arns]
    return [*found, *(use for call in found for use in implied(call, where))]


def _session_tags(parameters: dict[str, Any]) -> tuple[tuple[str, str], ...]:
    return tuple(sorted((f"aws:RequestTag/{tag['Key']}", tag["Value"]) for tag in parameters["Tags"]))


def _context(known: Action | None, parameters: dict[str, Any]) -> tuple[tuple[str, str], ...]:
    """Condition keys that are parameters: cloudwatch:namespace is Namespace, sagemaker:ModelApprovalStatus likewise."""
    given = {name.lower(): value for name, value in parameters.items()}
    found = {}
    for key in known.condition_keys if known is not None else ():
        value = given.get(key.partition(":")[2].lower())
        if isinstance(value, str):
            found[key] = value
    return tuple(sorted(found.items()))
