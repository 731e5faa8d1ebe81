"""The requests, against the rules that AWS Config and Security Hub have for what they make.

cdk-nag and cfn-lint see templates only, and these objects are in none. The rules:
https://docs.aws.amazon.com/config/latest/developerguide/managed-rules-by-aws-config.html (sagemaker-…) and
https://docs.aws.amazon.com/securityhub/latest/userguide/sagemaker-controls.html
"""

from typing import Any

import pytest

from settings import Settings
from tests.unit.lambdas.deploy_model.account import Account
from tests.unit.lambdas.deploy_model.conftest import SERVING, Function


@pytest.fixture
def updated(function: Function, account: Account) -> Account:
    """Version 1 in service, version 2 being deployed."""
    function.deploy(1)
    account.register(2)
    function()
    return account


def test_models_are_isolated(updated: Account) -> None:
    """AWS Config sagemaker-model-isolation-enabled, Security Hub SageMaker.5.

    sagemaker-model-in-vpc is met with network=isolated only: an isolated container makes no calls that a VPC could
    hold, and the interface endpoints of a VPC without internet bill by the hour.
    """
    model = updated.sent("CreateModel")
    assert model["EnableNetworkIsolation"] is True
    assert model["ExecutionRoleArn"] == SERVING.role
    assert [container["ModelPackageName"].rpartition("/")[2] for container in model["Containers"]] == ["2"]
    assert "VpcConfig" not in model


def test_models_are_in_the_network_of_the_stack(function: Function, account: Account) -> None:
    """AWS Config sagemaker-model-in-vpc. Another network is another model: nobody can change one."""
    function.deploy(1)
    (outside,) = account.models
    network = {"SecurityGroupIds": ["sg-1"], "Subnets": ["subnet-1", "subnet-2"]}
    function.settings(vpc_config=network)
    function()
    model = account.sent("CreateModel")
    assert model["VpcConfig"] == network
    assert model["EnableNetworkIsolation"] is True
    assert model["ModelName"] != outside


def test_endpoint_configuration_is_encrypted_with_our_key(updated: Account) -> None:
    """AWS Config sagemaker-endpoint-configuration-kms-key-configured; what is captured likewise."""
    config = updated.sent("CreateEndpointConfig")
    assert config["KmsKeyId"] == SERVING.key
    assert config["DataCaptureConfig"]["KmsKeyId"] == SERVING.key


@pytest.mark.parametrize("instances", [1, 2])
def test_number_of_instances_is_the_setting(function: Function, account: Account, instances: int) -> None:
    """AWS Config sagemaker-endpoint-config-prod-instance-count, Security Hub SageMaker.4, ask for more than one.

    It is met with endpoint_instances=2; the default is one, half the price, and settings/serving.py says so.
    """
    function.settings(instances=instances)
    function.deploy(1)
    (config,) = account.configs.values()
    assert [variant["InitialInstanceCount"] for variant in config["ProductionVariants"]] == [instances]
    assert Settings.model_fields["endpoint_instances"].default == 1


def test_everything_is_tagged(updated: Account) -> None:
    """AWS Config sagemaker-…-tagged; and the bill can be split."""
    tag = {"Key": "project", "Value": "mlref"}
    for operation in ("CreateModel", "CreateEndpointConfig"):
        assert updated.sent(operation)["Tags"] == [tag]
    assert all(alarm["Tags"] == [tag] for alarm in updated.alarms.values())
    assert updated.tags["project"] == "mlref"


def test_requests_and_answers_are_captured_as_they_are(updated: Account) -> None:
    capture = updated.sent("CreateEndpointConfig")["DataCaptureConfig"]
    assert capture["EnableCapture"] is True
    assert capture["InitialSamplingPercentage"] == 100
    assert capture["DestinationS3Uri"] == "s3://lake/capture"
    assert capture["CaptureOptions"] == [{"CaptureMode": "Input"}, {"CaptureMode": "Output"}]
    assert capture["CaptureContentTypeHeader"] == {
        "CsvContentTypes": ["text/csv"],
        "JsonContentTypes": ["application/json"],
    }


def test_capture_can_be_switched_off(function: Function, account: Account) -> None:
    function.settings(capture_percent=0)
    function.deploy(1)
    (config,) = account.configs.values()
    assert config["DataCaptureConfig"]["EnableCapture"] is False


def updated_by(function: Function, **settings: Any) -> dict[str, Any]:
    """The update from version 1 to version 2; the account checks the request."""
    function.settings(**settings)
    function.deploy(1)
    function.account.register(2)
    function()
    return function.account.sent("UpdateEndpoint")


def test_update_is_a_canary_that_alarms_roll_back(function: Function, account: Account) -> None:
    deployment = updated_by(function, instances=2)["DeploymentConfig"]
    policy = deployment["BlueGreenUpdatePolicy"]
    assert policy["TrafficRoutingConfiguration"] == {
        "Type": "CANARY",
        "CanarySize": {"Type": "CAPACITY_PERCENT", "Value": 10},
        "WaitIntervalInSeconds": 600,
    }
    assert policy["TerminationWaitInSeconds"] == 600, "watched again, with all requests"
    assert policy["MaximumExecutionTimeoutInSeconds"] > 2 * 600
    alarms = {alarm["AlarmName"] for alarm in deployment["AutoRollbackConfiguration"]["Alarms"]}
    assert alarms == account.alarms.keys()


def test_one_instance_has_no_canary_and_the_same_alarms(function: Function, account: Account) -> None:
    """A canary is at most half of the instances (API_TrafficRoutingConfig): of one there is none."""
    deployment = updated_by(function, instances=1)["DeploymentConfig"]
    policy = deployment["BlueGreenUpdatePolicy"]
    assert policy["TrafficRoutingConfiguration"] == {"Type": "ALL_AT_ONCE", "WaitIntervalInSeconds": 0}
    assert policy["TerminationWaitInSeconds"] == 600, "watched with all requests, with the old fleet beside it"
    alarms = {alarm["AlarmName"] for alarm in deployment["AutoRollbackConfiguration"]["Alarms"]}
    assert alarms == account.alarms.keys() != set()


@pytest.mark.parametrize(
    ("minimum", "reached", "kind"), [(1, 1, "ALL_AT_ONCE"), (1, 3, "CANARY"), (2, 1, "ALL_AT_ONCE"), (2, 4, "CANARY")]
)
def test_the_canary_goes_by_the_instances_that_scaling_has_reached(
    function: Function, account: Account, minimum: int, reached: int, kind: str
) -> None:
    function.settings(instances=minimum, max_instances=4)
    function.deploy(1)
    account.scale(reached)
    account.register(2)
    function()
    policy = account.sent("UpdateEndpoint")["DeploymentConfig"]["BlueGreenUpdatePolicy"]
    assert policy["TrafficRoutingConfiguration"]["Type"] == kind


@pytest.mark.parametrize("minutes", [5, 60])
def test_canary_of_any_length_is_within_the_limits(function: Function, minutes: int) -> None:
    request = updated_by(function, instances=2, canary_minutes=minutes, canary_percent=50)
    policy = request["DeploymentConfig"]["BlueGreenUpdatePolicy"]
    assert policy["TrafficRoutingConfiguration"]["WaitIntervalInSeconds"] == 60 * minutes


def test_scaled_capacity_is_kept_and_the_rest_is_the_settings(function: Function) -> None:
    request = updated_by(function, max_instances=4)
    assert request["RetainAllVariantProperties"] is True
    excluded = {item["VariantPropertyType"] for item in request["ExcludeRetainedVariantProperties"]}
    assert excluded == {"DesiredWeight", "DataCaptureConfig"}


def test_without_scaling_the_number_of_instances_is_the_settings(function: Function, account: Account) -> None:
    """Retained, another endpoint_instances would reach no endpoint that is there already."""
    function.deploy(1)
    function.settings(instances=2)
    function()
    request = account.sent("UpdateEndpoint")
    assert not {"RetainAllVariantProperties", "ExcludeRetainedVariantProperties"} & request.keys()
    assert request["DeploymentConfig"]["BlueGreenUpdatePolicy"]["TrafficRoutingConfiguration"]["Type"] == "CANARY"
    account.finish()
    assert account.endpoint is not None
    assert [item["DesiredInstanceCount"] for item in account.endpoint["ProductionVariants"]] == [2]


def test_alarms_judge_the_new_fleet_alone(updated: Account) -> None:
    config = updated.sent("UpdateEndpoint")["EndpointConfigName"]
    found = {alarm["MetricName"]: alarm for alarm in updated.alarms.values()}
    assert found.keys() == {"Invocation5XXErrors", "ModelLatency"}
    for alarm in found.values():
        dimensions = {item["Name"]: item["Value"] for item in alarm["Dimensions"]}
        assert dimensions == {
            "EndpointName": "mlref-flights",
            "VariantName": "Champion",
            "EndpointConfigName": config,
        }
        assert (alarm["Statistic"], alarm["Period"], alarm["EvaluationPeriods"]) == ("Average", 60, 1)
        assert alarm["TreatMissingData"] == "notBreaching"
        assert alarm["AlarmActions"] == [SERVING.topic]
    assert found["Invocation5XXErrors"]["Threshold"] == 0.05
    assert found["ModelLatency"]["Threshold"] == 1_000_000, "in microseconds"


def test_challenger_gets_its_share_and_alarms_of_its_own(function: Function, account: Account) -> None:
    function.settings(challenger_share=0.2)
    for number in (1, 2):
        function.deploy(number)
    account.register(3)
    function()
    config = account.sent("CreateEndpointConfig")
    shares = {item["VariantName"]: item["InitialVariantWeight"] for item in config["ProductionVariants"]}
    assert shares == {"Champion": 0.8, "Challenger": 0.2}
    assert len(account.alarms) == 4
    assert "DeploymentConfig" in account.sent("UpdateEndpoint")


def test_first_challenger_comes_without_guardrails(function: Function, account: Account) -> None:
    """They need the same variants on both sides."""
    function.settings(challenger_share=0.2)
    function.deploy(1)
    account.register(2)
    function()
    assert "DeploymentConfig" not in account.sent("UpdateEndpoint")


def test_serverless_endpoint_has_what_it_can_have(function: Function, account: Account) -> None:
    """No isolation, capture, volume or guardrails: serverless-endpoints.html, "Feature exclusions"."""
    function.settings(kind="serverless", memory_mb=3072, concurrency=7)
    function.deploy(1)
    account.register(2)
    function()
    assert account.sent("CreateModel")["EnableNetworkIsolation"] is False
    config = account.sent("CreateEndpointConfig")
    assert config.keys() == {"EndpointConfigName", "ProductionVariants", "Tags"}
    (variant,) = config["ProductionVariants"]
    assert variant["ServerlessConfig"] == {"MemorySizeInMB": 3072, "MaxConcurrency": 7}
    assert "InstanceType" not in variant
    assert account.sent("UpdateEndpoint").keys() == {"EndpointName", "EndpointConfigName"}
    assert account.alarms == {}


@pytest.mark.parametrize(
    "change",
    [
        {"role": "arn:aws:iam::123456789012:role/other"},
        {"instances": 2},
        {"capture_percent": 5},
        {"tags": {"a": "b"}},
    ],
    ids=lambda change: str(*change),
)
def test_what_is_made_otherwise_has_another_name(
    function: Function, account: Account, change: dict[str, Any]
) -> None:
    function.deploy(1)
    (before,) = account.configs
    function.settings(**change)
    function()
    assert account.sent("UpdateEndpoint")["EndpointConfigName"] != before


def test_names_of_any_project_are_short_enough(function: Function, account: Account) -> None:
    function.settings(endpoint=f"{'p' * 20}-flights")
    account.register(123456)
    function()  # the account checks lengths
    assert account.names() == ["CreateModel", "CreateEndpointConfig", "CreateEndpoint"]
