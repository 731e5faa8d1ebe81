"""Updates: a new fleet takes over, or the old one stays; every request is answered meanwhile."""

import threading
from collections import Counter
from typing import Any

import psutil
import pytest
from botocore.exceptions import ClientError

from tests.integration.endpoints.hall import Hall, until, variant

ERRORS, SWITCH = "errors", "switch"


@pytest.fixture
def pair(hall: Hall) -> Hall:
    """An endpoint of a model that multiplies by 1, a configuration of one by 2, and two alarms.

    One watches the endpoint's errors; the other nothing, so that it stays as a test sets it.
    """
    for times in (1, 2):
        hall.model(f"times-{times}", times=times)
        hall.config(f"by-{times}", variant(f"times-{times}", count=4))
    hall.endpoint("by-1")
    for name, endpoint, missing in ((ERRORS, "flights", "notBreaching"), (SWITCH, "none", "ignore")):
        hall.cloud.client("cloudwatch").put_metric_alarm(
            AlarmName=name,
            Namespace="AWS/SageMaker",
            MetricName="Invocation5XXErrors",
            Dimensions=[{"Name": "EndpointName", "Value": endpoint}, {"Name": "VariantName", "Value": "AllTraffic"}],
            Statistic="Sum",
            Period=60,
            EvaluationPeriods=1,
            Threshold=1,
            ComparisonOperator="GreaterThanOrEqualToThreshold",
            TreatMissingData=missing,
        )
    return hall


def policy(kind: str = "CANARY", wait: int = 60, last: int = 60, **more: Any) -> dict[str, Any]:
    """DeploymentConfig; 60 seconds are one here."""
    routing: dict[str, Any] = {"Type": kind, "WaitIntervalInSeconds": wait}
    if kind == "CANARY":
        routing["CanarySize"] = {"Type": "CAPACITY_PERCENT", "Value": 25}
    if kind == "LINEAR":
        routing["LinearStepSize"] = {"Type": "INSTANCE_COUNT", "Value": 1}
    update = {"TrafficRoutingConfiguration": routing, "TerminationWaitInSeconds": last, **more}
    alarms = [{"AlarmName": ERRORS}, {"AlarmName": SWITCH}]
    return {"BlueGreenUpdatePolicy": update, "AutoRollbackConfiguration": {"Alarms": alarms}}


class Traffic:
    """Asks without pause until it is stopped; counts the answers."""

    def __init__(self, hall: Hall) -> None:
        self.answers: Counter[Any] = Counter()
        self.pids: dict[Any, int] = {}
        self.errors: list[str] = []
        self._hall = hall
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._run) for _ in range(3)]

    def __enter__(self) -> "Traffic":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                answer = self._hall.predict([1])
                self.answers[answer["times"]] += 1
                self.pids[answer["times"]] = answer["pid"]
            except ClientError as error:
                self.errors.append(str(error))


def stages(hall: Hall) -> list[tuple[str, str]]:
    pending = hall.describe().get("PendingDeploymentSummary")
    if not pending:
        return []
    (status,) = pending["ProductionVariants"][0].get("VariantStatus", [{}])
    return [(status["Status"], status["StatusMessage"])] if status else []


def test_all_at_once_takes_over_and_ends_the_old_process(pair: Hall) -> None:
    old = pair.predict([1])["pid"]
    with Traffic(pair) as traffic:
        told = pair.update("by-2")
        until(lambda: traffic.answers[2] > 20)
    assert traffic.errors == []
    assert (told["EndpointStatus"], told["EndpointConfigName"]) == ("InService", "by-2")
    assert pair.predict([1])["times"] == 2
    assert not psutil.pid_exists(old)


def test_a_request_under_way_is_answered_by_the_old_fleet(pair: Hall) -> None:
    found: list[dict[str, Any]] = []
    slow = threading.Thread(target=lambda: found.append(pair.predict({"sleep": 2, "numbers": [1]})))
    slow.start()
    pair.update("by-2")
    slow.join()
    assert found[0]["times"] == 1
    assert pair.predict([1])["times"] == 2


def test_a_canary_gets_its_share(pair: Hall) -> None:
    pair.client.update_endpoint(
        EndpointName="flights", EndpointConfigName="by-2", DeploymentConfig=policy(wait=3600, last=60)
    )
    told = pair.describe()
    assert told["EndpointStatus"] == "Updating"
    assert told["EndpointConfigName"] == "by-1"
    message = (
        "Baking for 3600 seconds (WaitIntervalInSeconds) with traffic enabled on canary capacity of 1 instance(s)."
    )
    until(lambda: ("Baking", message) in stages(pair))
    pending = pair.describe()["PendingDeploymentSummary"]
    assert pending["EndpointConfigName"] == "by-2"
    assert pending["ProductionVariants"][0]["InstanceType"] == "ml.m5.large"
    found = Counter(pair.predict([1])["times"] for _ in range(200))
    assert 20 < found[2] < 80, found  # 50 are expected, sigma is 6
    pair.cloud.reset()  # in the middle of it
    assert pair.client.list_endpoints()["Endpoints"] == []


def test_after_the_canary_comes_everything(pair: Hall) -> None:
    seen: set[tuple[str, str]] = set()
    pair.client.update_endpoint(
        EndpointName="flights", EndpointConfigName="by-2", DeploymentConfig=policy(wait=30, last=120)
    )

    def full() -> bool:
        seen.update(stages(pair))
        return any("full capacity of 4" in text for _, text in seen)

    until(full)
    assert pair.predict([1])["times"] == 2
    told = pair.settled()
    assert (told["EndpointStatus"], told["EndpointConfigName"]) == ("InService", "by-2")
    assert told["LastDeploymentConfig"]["BlueGreenUpdatePolicy"]["TrafficRoutingConfiguration"]["Type"] == "CANARY"
    assert "PendingDeploymentSummary" not in told


def test_linear_steps_give_more_and_more(pair: Hall) -> None:
    with Traffic(pair) as traffic:
        pair.client.update_endpoint(
            EndpointName="flights", EndpointConfigName="by-2", DeploymentConfig=policy("LINEAR", 60, 0)
        )
        seen: list[str] = []

        def in_service() -> bool:
            seen.extend(text for _, text in stages(pair))
            return bool(pair.describe()["EndpointStatus"] == "InService")

        until(in_service)
    assert traffic.errors == []
    assert pair.describe()["EndpointConfigName"] == "by-2"
    for count in (1, 2, 3):
        assert any(f"linear step capacity of {count} instance(s)" in text for text in seen), set(seen)


@pytest.mark.parametrize("stage", ["canary", "full"])
def test_an_alarm_gives_the_old_fleet_all_the_traffic_back(pair: Hall, stage: str) -> None:
    old = pair.predict([1])["pid"]
    with Traffic(pair) as traffic:
        pair.client.update_endpoint(
            EndpointName="flights",
            EndpointConfigName="by-2",
            DeploymentConfig=policy(wait=600 if stage == "canary" else 6, last=600),
        )
        until(lambda: any("Baking" in text and stage in text for _, text in stages(pair)))
        until(lambda: traffic.answers[2] > 5)
        late: list[dict[str, Any]] = []  # asks the fleet that is about to go, when that has all the traffic
        slow = threading.Thread(target=lambda: late.append(pair.predict({"sleep": 1, "numbers": [1]})))
        slow.start()
        pair.cloud.client("cloudwatch").set_alarm_state(AlarmName=SWITCH, StateValue="ALARM", StateReason="test")
        told = pair.settled()
        slow.join()
    assert traffic.errors == []
    assert len(late) == 1
    assert not psutil.pid_exists(traffic.pids[2])
    assert (told["EndpointStatus"], told["EndpointConfigName"]) == ("InService", "by-1")
    assert told["FailureReason"].endswith(f"alarms are in ALARM state: {SWITCH}.")
    assert "PendingDeploymentSummary" not in told
    answers = [pair.predict([1]) for _ in range(30)]
    assert {(answer["times"], answer["pid"]) for answer in answers} == {(1, old)}


def test_an_alarm_on_the_metrics_of_the_new_fleet_rolls_back(pair: Hall) -> None:
    """Nobody sets the alarm here: the requests that the new model throws at do."""
    pair.model("throws", "def model_fn(d): ...\ndef transform_fn(m, b, c, a): raise ValueError('bad version')\n")
    pair.config("bad", variant("throws", count=4))
    pair.client.update_endpoint(
        EndpointName="flights", EndpointConfigName="bad", DeploymentConfig=policy(wait=1800, last=0)
    )
    failed = 0

    def ask() -> bool:
        nonlocal failed
        try:
            pair.predict([1])
        except ClientError as error:
            assert error.response["OriginalStatusCode"] == 500  # noqa: PT017 - counted below
            failed += 1
        return bool(pair.describe()["EndpointStatus"] == "InService")

    until(ask)
    assert failed
    assert pair.describe()["EndpointConfigName"] == "by-1"
    assert {pair.predict([1])["times"] for _ in range(30)} == {1}


@pytest.mark.parametrize("config", [None, policy()], ids=["all at once", "canary"])
def test_a_fleet_that_does_not_start_never_gets_a_request(pair: Hall, config: dict[str, Any] | None) -> None:
    pair.model("broken", times=3, broken=True)
    pair.config("bad", variant("broken", count=4))
    more: dict[str, Any] = {"DeploymentConfig": config} if config else {}
    with Traffic(pair) as traffic:
        told = pair.update("bad", **more)
    assert (told["EndpointStatus"], told["EndpointConfigName"]) == ("InService", "by-1")
    assert "ValueError: the booster is of another version" in told["FailureReason"]
    assert (traffic.errors, set(traffic.answers)) == ([], {1})
    assert "FailureReason" not in pair.update("by-2")


def test_scaled_capacity_and_weights_are_kept_on_demand(pair: Hall) -> None:
    def scaled(**more: Any) -> tuple[int, float]:
        change = {"VariantName": "AllTraffic", "DesiredInstanceCount": 7, "DesiredWeight": 5}
        pair.client.update_endpoint_weights_and_capacities(
            EndpointName="flights", DesiredWeightsAndCapacities=[change]
        )
        pair.settled()
        (told,) = pair.update("by-2", **more)["ProductionVariants"]
        assert (told["CurrentInstanceCount"], told["CurrentWeight"]) == (
            told["DesiredInstanceCount"],
            told["DesiredWeight"],
        )
        return told["CurrentInstanceCount"], told["CurrentWeight"]

    assert scaled() == (4, 1.0)
    assert scaled(RetainAllVariantProperties=True) == (7, 5.0)
    weight = [{"VariantPropertyType": "DesiredWeight"}]
    assert scaled(RetainAllVariantProperties=True, ExcludeRetainedVariantProperties=weight) == (7, 1.0)
    count = [{"VariantPropertyType": "DesiredInstanceCount"}]
    assert scaled(RetainAllVariantProperties=True, ExcludeRetainedVariantProperties=count) == (4, 5.0)


def test_a_deployment_config_is_kept_on_demand(pair: Hall) -> None:
    pair.update("by-2", DeploymentConfig=policy(wait=6, last=6))
    assert "LastDeploymentConfig" in pair.update("by-1", RetainDeploymentConfig=True)
    assert "LastDeploymentConfig" not in pair.update("by-2")


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (policy(MaximumExecutionTimeoutInSeconds=600, wait=300, last=300), "MaximumExecutionTimeoutInSeconds"),
        ({"AutoRollbackConfiguration": {"Alarms": [{"AlarmName": "none"}]}}, "following alarms: none"),
    ],
    ids=["time", "alarm"],
)
def test_a_deployment_that_cannot_work_is_refused(pair: Hall, given: dict[str, Any], message: str) -> None:
    with pytest.raises(ClientError, match=message):
        pair.client.update_endpoint(EndpointName="flights", EndpointConfigName="by-2", DeploymentConfig=given)
    assert pair.describe()["EndpointStatus"] == "InService"


def test_guardrails_need_the_same_variants(pair: Hall) -> None:
    config = pair.config("other", variant("times-2", "other", count=4))
    with pytest.raises(ClientError, match="same variant names"):
        pair.client.update_endpoint(
            EndpointName="flights", EndpointConfigName=config, DeploymentConfig=policy(last=0)
        )
    assert pair.update(config)["ProductionVariants"][0]["VariantName"] == "other"
