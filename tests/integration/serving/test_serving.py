"""From approval to answers, through the deployed stacks: events, function, endpoint, alarms."""

import json
import threading
from collections import Counter
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.integration.endpoints.hall import until
from tests.integration.serving.conftest import BASELINES, ENDPOINT, Registry

pytestmark = pytest.mark.xdist_group("serving-stack")


class Traffic:
    """A client that asks without pause, and again when the model failed, as a good one does."""

    def __init__(self, registry: Registry) -> None:
        self.answers: Counter[int] = Counter()
        self.failures = 0
        self.lost: list[str] = []
        self._registry = registry
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> "Traffic":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                self.answers[self._answer()] += 1
            except Exception as error:
                self.lost.append(f"{type(error).__name__}: {error}")
                return
            self._stop.wait(0.01)

    def _answer(self) -> int:
        for _ in range(50):
            try:
                return self._registry.ask()
            except ClientError as error:
                if error.response["Error"]["Code"] != "ModelError":
                    raise
                self.failures += 1
        raise RuntimeError("no answer in 50 tries")


def test_approved_version_answers_in_seconds(registry: Registry) -> None:
    registry.register()
    assert registry.ours() == {"endpoints": [], "configs": [], "models": [], "targets": [], "alarms": []}
    registry.decide(1)
    until(lambda: (registry.endpoint() or {}).get("EndpointStatus") == "InService", seconds=20)
    assert registry.ask() == 1
    endpoint = registry.in_service(1)
    config = registry.client.describe_endpoint_config(EndpointConfigName=endpoint["EndpointConfigName"])
    assert config["KmsKeyId"].startswith("arn:aws:kms:")
    assert config["DataCaptureConfig"]["DestinationS3Uri"] == f"s3://{registry.bucket}/capture"
    (variant,) = config["ProductionVariants"]
    model = registry.client.describe_model(ModelName=variant["ModelName"])
    assert model["EnableNetworkIsolation"] is True
    # what the monitoring reads: captured requests, and the baselines of this version
    registry.ask(flight=1545)
    keys = until(lambda: captured(registry))
    assert keys[0].startswith(f"capture/{ENDPOINT}/Champion/")
    line = json.loads(registry.read(keys[0]).splitlines()[0])["captureData"]
    assert (line["endpointInput"]["encoding"], line["endpointOutput"]["encoding"]) == ("JSON", "JSON")
    until(lambda: baselines(registry) == {f"{name}.json": f"{name} 1" for name in BASELINES})


def test_models_are_in_the_network_of_the_stacks(registry: Registry) -> None:
    """A model without it could not even be read: its role reaches the lake through the network's endpoint only."""
    registry.deploy(network="isolated")
    registry.approve()
    endpoint = registry.in_service(1)
    config = registry.client.describe_endpoint_config(EndpointConfigName=endpoint["EndpointConfigName"])
    (variant,) = config["ProductionVariants"]
    network = registry.client.describe_model(ModelName=variant["ModelName"])["VpcConfig"]
    subnets = registry.cloud.client("ec2").describe_subnets(SubnetIds=network["Subnets"])["Subnets"]
    assert len({subnet["AvailabilityZone"] for subnet in subnets}) == 2
    assert registry.ask() == 1
    assert until(lambda: captured(registry))


def captured(registry: Registry) -> list[str]:
    listed = registry.s3.list_objects_v2(Bucket=registry.bucket, Prefix="capture/").get("Contents", [])
    return [item["Key"] for item in listed]


def baselines(registry: Registry) -> dict[str, str]:
    folder = "monitoring/baseline/"
    listed = registry.s3.list_objects_v2(Bucket=registry.bucket, Prefix=folder).get("Contents", [])
    return {item["Key"].removeprefix(folder): registry.read(item["Key"]) for item in listed}


@pytest.mark.parametrize(
    ("fault", "instances"),
    [({"throws": True}, 2), ({"seconds": 0.5}, 1)],
    ids=["throws as canary", "slow all at once"],
)
def test_bad_version_is_rolled_back_and_a_better_one_takes_over(
    registry: Registry, fault: dict[str, Any], instances: int
) -> None:
    """Meanwhile every request is answered; those that the canary did not get, by the old fleet."""
    registry.approve()
    registry.in_service(1)
    scale(registry, instances)
    with Traffic(registry) as traffic:
        registry.approve(**fault)
        registry.rolled_back(2)
        assert routing(registry) == ("CANARY" if instances > 1 else "ALL_AT_ONCE")
        assert traffic.lost == []
        assert traffic.answers[1] > 20, "the old fleet went on answering"
        assert traffic.failures > 0 if "throws" in fault else traffic.answers[2] > 0, "the canary was used"
        until(lambda: len(registry.ours()["alarms"]) == 0)
        before = traffic.failures, traffic.answers[2]
        answered = traffic.answers[1]
        until(lambda: traffic.answers[1] > answered + 20)
        assert (traffic.failures, traffic.answers[2]) == before, "nothing goes to the new fleet any more"
        assert registry.ask() == 1

        registry.approve()
        registry.in_service(3)
        answered = traffic.answers[3]
        until(lambda: traffic.answers[3] > answered + 20)
    assert traffic.lost == []
    assert registry.note(2).startswith("failed: "), "and was not tried again"
    assert registry.ask() == 3


def test_versions_that_do_not_start(registry: Registry) -> None:
    """The first leaves a failed endpoint, which makes room for the second; the third leaves the second in service."""
    broken = "raise ImportError('humidity')"
    registry.approve(script=broken)
    registry.rolled_back(1)
    endpoint = registry.endpoint()
    assert endpoint is not None
    assert (endpoint["EndpointStatus"], "humidity" in endpoint["FailureReason"]) == ("Failed", True)
    registry.approve()
    registry.in_service(2)
    registry.approve(script=broken)
    registry.rolled_back(3)
    assert registry.ask() == 2


def test_scaled_capacity_is_kept(registry: Registry) -> None:
    """Scaled out to three, as scaling does under load; a new version starts with three."""
    registry.approve()
    registry.in_service(1)
    until(lambda: registry.ours()["targets"] == [f"endpoint/{ENDPOINT}/variant/Champion"])
    scaling = registry.cloud.client("application-autoscaling")
    (target,) = scaling.describe_scalable_targets(ServiceNamespace="sagemaker")["ScalableTargets"]
    assert (target["MinCapacity"], target["MaxCapacity"]) == (2, 4)
    (policy,) = scaling.describe_scaling_policies(ServiceNamespace="sagemaker")["ScalingPolicies"]
    assert policy["PolicyType"] == "TargetTrackingScaling"
    scale(registry, 3)
    registry.approve()
    registry.in_service(2)
    assert counts(registry) == [3]
    until(lambda: baselines(registry) == {f"{name}.json": f"{name} 2" for name in BASELINES})


def scale(registry: Registry, instances: int) -> None:
    registry.client.update_endpoint_weights_and_capacities(
        EndpointName=ENDPOINT,
        DesiredWeightsAndCapacities=[{"VariantName": "Champion", "DesiredInstanceCount": instances}],
    )
    until(lambda: counts(registry) == [instances])


def routing(registry: Registry) -> str:
    """Of the last deployment."""
    told = registry.client.describe_endpoint(EndpointName=ENDPOINT)["LastDeploymentConfig"]
    return str(told["BlueGreenUpdatePolicy"]["TrafficRoutingConfiguration"]["Type"])


def counts(registry: Registry) -> list[int]:
    endpoint = registry.endpoint()
    assert endpoint is not None
    return [variant["CurrentInstanceCount"] for variant in endpoint["ProductionVariants"]]


def test_rejection_brings_back_the_version_before_and_deletion_nothing(registry: Registry) -> None:
    registry.approve()
    registry.in_service(1)
    registry.approve()
    registry.in_service(2)
    registry.decide(2, "Rejected")
    until(lambda: registry.ask() == 1 and (registry.endpoint() or {})["EndpointStatus"] == "InService")
    registry.decide(1, "Rejected")
    assert registry.ask() == 1, "no outage"
    registry.approve()
    registry.in_service(3)
    registry.client.delete_endpoint(EndpointName=ENDPOINT)  # by a person, who wants it away
    until(lambda: registry.endpoint() is None)
    registry.register()
    registry.decide(2, "Rejected")  # once more
    until(lambda: (registry.endpoint() or {}).get("EndpointStatus") == "InService")
    assert registry.ask() == 3, "a decision brings the newest approved version back"


def test_settings_of_a_deployed_stack_reach_the_endpoint(registry: Registry) -> None:
    """A challenger beside the version in service, another kind of endpoint, none, and back."""
    registry.approve()
    registry.in_service(1)
    registry.deploy(challenger_share="0.5")
    registry.approve()
    endpoint = registry.in_service(2)
    weights = {item["VariantName"]: item["CurrentWeight"] for item in endpoint["ProductionVariants"]}
    assert weights == {"Champion": 0.5, "Challenger": 0.5}
    seen: set[int] = set()

    def both() -> bool:
        seen.add(registry.ask())
        return seen == {1, 2}

    until(both)
    registry.deploy(endpoint="off")
    until(lambda: not any(registry.ours().values()))
    registry.deploy()
    until(lambda: (registry.endpoint() or {}).get("EndpointStatus") == "InService")
    assert registry.ask() == 2


def test_stack_takes_everything_along_also_during_an_update(registry: Registry) -> None:
    registry.approve()
    registry.in_service(1)
    registry.approve()
    until(lambda: (registry.endpoint() or {}).get("EndpointStatus") == "Updating")
    assert all(registry.ours().values()), "there is something of each kind"
    registry.destroy()
    assert not any(registry.ours().values())
    registry.deploy()
    until(lambda: registry.ours()["endpoints"])
    until(lambda: (registry.endpoint() or {})["EndpointStatus"] == "InService")
    assert registry.ask() == 2, "what is approved is served again"
