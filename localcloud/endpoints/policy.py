"""DeploymentConfig: which share of the traffic goes to the new fleet, step by step, and for how long.

https://docs.aws.amazon.com/sagemaker/latest/dg/deployment-guardrails-blue-green.html
"""

import math
from dataclasses import dataclass
from typing import Any

from moto.sagemaker.exceptions import ValidationError

from localcloud.unsupported import NotImplementedLocallyError

_HALF = 0.5
_TENTH = 0.1


@dataclass(frozen=True)
class Step:
    """A share of the traffic for the new fleet, and the baking period after it was given.

    Attributes:
        share: of all requests, up to 1.
        seconds: to watch the alarms.
        member: of the policy that gives the seconds, as status messages name it.
        stage: "canary", "linear step" or "full", as status messages name it.
    """

    share: float
    seconds: int
    member: str
    stage: str


def steps(config: dict[str, Any] | None) -> list[Step]:
    """The steps of a checked configuration; without one, everything at once."""
    policy = (config or {}).get("BlueGreenUpdatePolicy") or {}
    routing = policy.get("TrafficRoutingConfiguration") or {"Type": "ALL_AT_ONCE"}
    last = Step(1.0, policy.get("TerminationWaitInSeconds", 0), "TerminationWaitInSeconds", "full")
    if routing["Type"] == "ALL_AT_ONCE":
        return [last]
    wait, member = routing["WaitIntervalInSeconds"], "WaitIntervalInSeconds"
    if routing["Type"] == "CANARY":
        return [Step(_share(routing["CanarySize"], None), wait, member, "canary"), last]
    size = _share(routing["LinearStepSize"], None)
    count = math.ceil(round(1 / size, 6))
    return [*(Step(size * number, wait, member, "linear step") for number in range(1, count)), last]


def resolved(config: dict[str, Any] | None, counts: dict[str, int | None]) -> dict[str, Any] | None:
    """``config`` with sizes in percent of the variants' instances, by which `steps` goes.

    Args:
        config: DeploymentConfig.
        counts: instances of each variant of the new fleet; None for a serverless one.

    Raises:
        ValidationError: what AWS does not take either.
    """
    if not config:
        return config
    if config.get("RollingUpdatePolicy"):
        raise NotImplementedLocallyError("sagemaker", "UpdateEndpoint with RollingUpdatePolicy")
    policy = config.get("BlueGreenUpdatePolicy")
    if not policy:
        return config
    routing = dict(policy["TrafficRoutingConfiguration"])
    kind = routing["Type"]
    for member, of in (("CanarySize", "CANARY"), ("LinearStepSize", "LINEAR")):
        if (kind == of) != (routing.get(member) is not None):
            raise ValidationError(
                f"{member} {'is required' if kind == of else 'is not allowed'} when the traffic routing type is {kind}."
            )
    for member, low in (("CanarySize", 0.0), ("LinearStepSize", _TENTH)):
        if routing.get(member) is None:
            continue
        shares = [_share(routing[member], count) for count in counts.values()]
        # "at most 50 % of the variant's total instance count": of one instance that is none
        # (https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_TrafficRoutingConfig.html)
        if any(not low <= share <= _HALF for share in shares) or 1 in counts.values():
            limits = "between 10% and 50%" if low else "less than or equal to 50%"
            raise ValidationError(f"{member} must be {limits} of the variant's total instance count.")
        routing[member] = {"Type": "CAPACITY_PERCENT", "Value": 100 * min(shares)}
    found = {**config, "BlueGreenUpdatePolicy": {**policy, "TrafficRoutingConfiguration": routing}}
    longest = policy.get("MaximumExecutionTimeoutInSeconds")
    waits = sum(step.seconds for step in steps(found))
    if longest is not None and waits >= longest:
        raise ValidationError(
            f"MaximumExecutionTimeoutInSeconds ({longest}) must be larger than the total waiting time of "
            f"TerminationWaitInSeconds and WaitIntervalInSeconds ({waits})."
        )
    return found


def alarms(config: dict[str, Any] | None) -> list[str]:
    """Names of the alarms that roll a deployment back."""
    return [item["AlarmName"] for item in ((config or {}).get("AutoRollbackConfiguration") or {}).get("Alarms") or ()]


def _share(size: dict[str, Any], count: int | None) -> float:
    if size["Type"] == "CAPACITY_PERCENT":
        return float(size["Value"]) / 100
    if count is None:
        raise ValidationError("INSTANCE_COUNT is no capacity of a serverless variant: use CAPACITY_PERCENT.")
    return float(size["Value"]) / count
