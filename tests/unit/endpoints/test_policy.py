"""DeploymentConfig: the steps of the traffic, and what is refused."""

from typing import Any

import pytest
from moto.sagemaker.exceptions import ValidationError

from localcloud.endpoints.policy import alarms, resolved, steps
from localcloud.unsupported import NotImplementedLocallyError


def config(kind: str, wait: int = 600, **more: Any) -> dict[str, Any]:
    routing = {"Type": kind, "WaitIntervalInSeconds": wait}
    for member in ("CanarySize", "LinearStepSize"):
        if member in more:
            routing[member] = more.pop(member)
    return {"BlueGreenUpdatePolicy": {"TrafficRoutingConfiguration": routing, **more}}


def percent(value: int) -> dict[str, Any]:
    return {"Type": "CAPACITY_PERCENT", "Value": value}


def instances(value: int) -> dict[str, Any]:
    return {"Type": "INSTANCE_COUNT", "Value": value}


def shown(given: dict[str, Any] | None, count: int | None = 4) -> list[tuple[float, int, str]]:
    return [(round(step.share, 3), step.seconds, step.stage) for step in steps(resolved(given, {"one": count}))]


def test_without_a_policy_everything_moves_at_once() -> None:
    assert shown(None) == [(1.0, 0, "full")]
    assert shown({"AutoRollbackConfiguration": {"Alarms": [{"AlarmName": "a"}]}}) == [(1.0, 0, "full")]


def test_all_at_once_bakes_for_the_termination_wait_only() -> None:
    assert shown(config("ALL_AT_ONCE", TerminationWaitInSeconds=300)) == [(1.0, 300, "full")]


def test_a_canary_has_two_steps() -> None:
    given = config("CANARY", CanarySize=percent(30), TerminationWaitInSeconds=120)
    assert shown(given) == [(0.3, 600, "canary"), (1.0, 120, "full")]
    assert shown(config("CANARY", CanarySize=instances(1))) == [(0.25, 600, "canary"), (1.0, 0, "full")]


@pytest.mark.parametrize(
    ("size", "shares"),
    [(percent(50), [0.5, 1.0]), (percent(33), [0.33, 0.66, 0.99, 1.0]), (instances(1), [0.25, 0.5, 0.75, 1.0])],
)
def test_linear_steps_add_up(size: dict[str, Any], shares: list[float]) -> None:
    assert [step[0] for step in shown(config("LINEAR", LinearStepSize=size))] == shares


def test_steps_of_ten_percent_are_ten() -> None:
    assert len(shown(config("LINEAR", LinearStepSize=percent(10)))) == 10


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        (config("CANARY"), "CanarySize is required"),
        (config("LINEAR", LinearStepSize=percent(20), CanarySize=percent(20)), "CanarySize is not allowed"),
        (config("ALL_AT_ONCE", LinearStepSize=percent(20)), "LinearStepSize is not allowed"),
        (config("CANARY", CanarySize=percent(51)), "less than or equal to 50%"),
        (config("CANARY", CanarySize=instances(3)), "less than or equal to 50%"),
        (config("LINEAR", LinearStepSize=percent(9)), "between 10% and 50%"),
        (config("LINEAR", LinearStepSize=percent(60)), "between 10% and 50%"),
        (
            config(
                "CANARY", CanarySize=percent(10), TerminationWaitInSeconds=100, MaximumExecutionTimeoutInSeconds=700
            ),
            r"MaximumExecutionTimeoutInSeconds \(700\) must be larger .* \(700\)",
        ),
    ],
)
def test_what_aws_refuses_is_refused(given: dict[str, Any], reason: str) -> None:
    with pytest.raises(ValidationError, match=reason):
        resolved(given, {"one": 4})


@pytest.mark.parametrize("size", [instances(1), percent(1), percent(10), percent(50)])
@pytest.mark.parametrize("counts", [{"one": 1}, {"one": 4, "two": 1}])
def test_half_of_one_instance_is_no_instance(size: dict[str, Any], counts: dict[str, int | None]) -> None:
    with pytest.raises(ValidationError, match="50% of the variant's total instance count"):
        resolved(config("CANARY", CanarySize=size), counts)
    with pytest.raises(ValidationError, match="between 10% and 50% of the variant's total instance count"):
        resolved(config("LINEAR", LinearStepSize=size), counts)
    assert resolved(config("ALL_AT_ONCE"), counts)


@pytest.mark.parametrize("count", [2, 3, 100])
def test_two_instances_have_a_canary(count: int) -> None:
    assert shown(config("CANARY", CanarySize=percent(10)), count)[0] == (0.1, 600, "canary")


def test_a_count_of_instances_is_none_of_a_serverless_variant() -> None:
    with pytest.raises(ValidationError, match="serverless"):
        resolved(config("CANARY", CanarySize=instances(1)), {"one": None})


def test_the_smallest_variant_decides() -> None:
    found = resolved(config("CANARY", CanarySize=instances(1)), {"one": 4, "two": 10})
    assert steps(found)[0].share == pytest.approx(0.1)


def test_rolling_updates_are_refused_by_name() -> None:
    with pytest.raises(NotImplementedLocallyError, match="RollingUpdatePolicy"):
        resolved({"RollingUpdatePolicy": {"MaximumBatchSize": percent(20), "WaitIntervalInSeconds": 0}}, {"one": 4})


def test_names_of_alarms() -> None:
    assert alarms(None) == []
    assert alarms({"AutoRollbackConfiguration": {"Alarms": [{"AlarmName": "a"}, {"AlarmName": "b"}]}}) == ["a", "b"]
