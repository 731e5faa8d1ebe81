"""iam:SimulatePrincipalPolicy: what the policies of a role or user allow, by the simulator that also enforces them.

https://docs.aws.amazon.com/IAM/latest/APIReference/API_SimulatePrincipalPolicy.html. Clients ask it before they begin:
the SageMaker SDK whether a role is one that jobs can have.
"""

from typing import Any

from moto.core.exceptions import ServiceException
from moto.core.responses import ActionResult
from moto.iam.exceptions import NotFoundException
from moto.iam.responses import IamResponse

from localcloud.iam.policies import IdentityPolicies, of_identity
from localcloud.iam.recorder import iam_engine
from localcloud.patching import add
from localcloud.unsupported import NotImplementedLocallyError

_OPERATION = "SimulatePrincipalPolicy"
_REFUSED = (
    *("PolicyInputList", "PermissionsBoundaryPolicyInputList", "PolicyExclusionList", "ResourcePolicy"),
    *("ResourceOwner", "CallerArn", "ResourceHandlingOption"),
)
_ANY = "*"
_DECISIONS = {"ExplicitlyDenied": "explicitDeny", "ImplicitlyDenied": "implicitDeny", "Allowed": "allowed"}
_STRICTEST = tuple(
    _DECISIONS.values()
)  # first: the decision for an action is the most restrictive one of its resources
_PAGE = 100


class _InvalidInputError(ServiceException):  # type: ignore[misc]
    code = "InvalidInput"


@add(IamResponse, "simulate_principal_policy")
def simulate_principal_policy(self: Any) -> ActionResult:
    """Of roles and users, with the policies that they have."""
    given = self.params
    for name in _REFUSED:
        if given.get(name):
            raise NotImplementedLocallyError("iam", f"{_OPERATION} with {name}")
    engine, arn = iam_engine(), given["PolicySourceArn"]
    if engine is None:
        raise NotImplementedLocallyError("iam", f"{_OPERATION} without node_modules (`npm ci` or `make setup`)")
    if arn.count(":") < 5:
        raise _InvalidInputError(f"ARN {arn} is not valid.")
    kind, name = arn.split(":", 5)[5].partition("/")[::2]
    if kind not in {"role", "user"}:
        raise NotImplementedLocallyError("iam", f"{_OPERATION} of {arn}, which is no role and no user,")
    holder = of_identity(arn)
    if holder is None:
        raise NotFoundException(f"The {kind} with name {name.rpartition('/')[2]} cannot be found.")
    marker = given.get("Marker") or "0"
    if not marker.isdecimal():
        raise _InvalidInputError(f"Invalid Marker: {marker}")
    first = int(marker)
    last = first + (given.get("MaxItems") or _PAGE)
    actions, resources = given["ActionNames"], given.get("ResourceArns") or [_ANY]
    context = {entry["ContextKeyName"]: _value(entry) for entry in given.get("ContextEntries") or ()}
    asked = [(action, resource) for action in actions[first:last] for resource in resources]
    answers = engine.simulator.ask([_question(arn, holder, context, *each) for each in asked])
    found: dict[str, list[tuple[str, dict[str, Any]]]] = {}
    for (action, resource), answer in zip(asked, answers, strict=True):
        if answer["result"] == "Error":
            raise _InvalidInputError(f"{action} on {resource} cannot be simulated: {answer['error']}")
        found.setdefault(action, []).append((resource, answer))
    more = {"Marker": str(last)} if last < len(actions) else {}
    results = [_result(action, of_resources, holder) for action, of_resources in found.items()]
    return ActionResult({"EvaluationResults": results, "IsTruncated": bool(more), **more})


def _value(entry: dict[str, Any]) -> Any:
    values = entry.get("ContextKeyValues") or []
    return values if str(entry.get("ContextKeyType")).endswith("List") else (values or [""])[0]


def _question(
    arn: str, holder: IdentityPolicies, context: dict[str, Any], action: str, resource: str
) -> dict[str, Any]:
    account = arn.split(":")[4]
    parts = resource.split(":")
    return {
        "principal": arn,
        "action": action,
        "resource": resource,
        "account": (parts[4] if len(parts) > 4 else "") or account,
        "context": context,
        "identity": holder.identity,
        "boundary": holder.boundary,
        "session": None,
        "resourcePolicy": None,  # "Simulation of resource-based policies isn't supported for IAM roles."
    }


def _result(action: str, answers: list[tuple[str, dict[str, Any]]], holder: IdentityPolicies) -> dict[str, Any]:
    """One EvaluationResult an action, with the decision for each resource that was named."""
    single = [
        {
            "EvalResourceName": resource,
            "EvalResourceDecision": _DECISIONS[answer["result"]],
            **_boundary([answer], holder),
        }
        for resource, answer in answers
    ]
    named = [item for item in single if item["EvalResourceName"] != _ANY]
    return {
        "EvalActionName": action,
        "EvalResourceName": _ANY,
        "EvalDecision": min((item["EvalResourceDecision"] for item in single), key=_STRICTEST.index),
        **_boundary([answer for _, answer in answers], holder),
        **({"ResourceSpecificResults": named} if named else {}),
    }


def _boundary(answers: list[dict[str, Any]], holder: IdentityPolicies) -> dict[str, Any]:
    if holder.boundary is None:
        return {}
    allowed = all(answer.get("boundaryResult") == "Allowed" for answer in answers)
    return {"PermissionsBoundaryDecisionDetail": {"AllowedByPermissionsBoundary": allowed}}
