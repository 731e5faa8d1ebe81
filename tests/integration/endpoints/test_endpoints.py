"""The life of an endpoint: created, described, scaled, deleted; and what is refused."""

import re
from pathlib import Path
from typing import Any

import psutil
import pytest
from botocore.exceptions import ClientError

from tests.integration.endpoints.hall import BUCKET, Hall, until, variant
from tests.integration.sagemaker.workshop import IMAGE, ROLE

ARN = "arn:aws:sagemaker:us-east-1:123456789012"


def refused(code: str, message: str, call: Any, *args: Any, **given: Any) -> None:
    with pytest.raises(ClientError, match=re.escape(message)) as caught:
        call(*args, **given)
    assert caught.value.response["Error"]["Code"] == code


def test_an_endpoint_comes_into_service(hall: Hall) -> None:
    hall.model("tenfold", times=10)
    hall.config("first", variant("tenfold", count=2, InitialVariantWeight=3.0))
    hall.client.create_endpoint(EndpointName="flights", EndpointConfigName="first", Tags=[{"Key": "a", "Value": "b"}])
    told = hall.describe()
    assert (told["EndpointStatus"], "ProductionVariants" in told) == ("Creating", False)
    assert told["PendingDeploymentSummary"]["EndpointConfigName"] == "first"
    told = hall.settled()
    assert told["EndpointStatus"] == "InService"
    assert told["EndpointArn"] == f"{ARN}:endpoint/flights"
    (found,) = told["ProductionVariants"]
    (image,) = found.pop("DeployedImages")
    assert image["SpecifiedImage"] == IMAGE
    assert found == {
        "VariantName": "AllTraffic",
        "CurrentWeight": 3.0,
        "DesiredWeight": 3.0,
        "CurrentInstanceCount": 2,
        "DesiredInstanceCount": 2,
    }
    assert not {"FailureReason", "PendingDeploymentSummary", "DataCaptureConfig"} & told.keys()
    assert hall.client.list_tags(ResourceArn=told["EndpointArn"])["Tags"] == [{"Key": "a", "Value": "b"}]
    (listed,) = hall.client.list_endpoints(StatusEquals="InService", NameContains="light")["Endpoints"]
    assert listed["EndpointName"] == "flights"
    assert hall.client.list_endpoints(StatusEquals="Failed")["Endpoints"] == []
    assert hall.predict([1, 2])["sum"] == 30


def test_a_model_that_does_not_load_fails_the_endpoint_with_its_own_error(hall: Hall) -> None:
    hall.model("broken", times=1, broken=True)
    hall.endpoint(hall.config("bad", variant("broken")))
    told = hall.describe()
    assert told["EndpointStatus"] == "Failed"
    assert told["FailureReason"] == (
        "The primary container for production variant AllTraffic did not pass the ping health check. Please check "
        "CloudWatch logs for this endpoint. ValueError: the booster is of another version"
    )
    refused("ValidationError", "Endpoint flights of account 123456789012 not found.", hall.invoke, [1])
    refused("ValidationException", "it can only be deleted", hall.update, "bad")
    hall.client.delete_endpoint(EndpointName="flights")
    until(lambda: hall.client.list_endpoints()["Endpoints"] == [])


def test_when_one_variant_does_not_come_up_none_is_left(hall: Hall, tmp_path: Path) -> None:
    hall.model("good", times=1, tell=str(tmp_path / "pid"))
    hall.model("broken", times=1, broken=True)
    hall.endpoint(hall.config("bad", variant("good", "a"), variant("broken", "b")))
    assert "for production variant b did not pass" in hall.describe()["FailureReason"]
    assert not psutil.pid_exists(int((tmp_path / "pid").read_text()))


@pytest.mark.parametrize(
    ("archive", "reason"),
    [(None, "The specified key does not exist"), (b"no archive", "is not a tar.gz archive")],
)
def test_a_model_without_its_archive_fails_the_endpoint(hall: Hall, archive: bytes | None, reason: str) -> None:
    hall.model("gone", times=1)
    if archive is None:
        hall.s3.delete_object(Bucket=BUCKET, Key="gone.tar.gz")
    else:
        hall.s3.put_object(Bucket=BUCKET, Key="gone.tar.gz", Body=archive)
    hall.endpoint(hall.config("bad", variant("gone")))
    assert hall.describe()["EndpointStatus"] == "Failed"
    assert reason in hall.describe()["FailureReason"]


def test_a_container_that_is_too_slow_to_start_fails_the_endpoint(
    hall: Hall, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("localcloud.endpoints.variant.START_SECONDS", 1)
    hall.model("slow", "import time\ntime.sleep(60)\ndef model_fn(d): ...\ndef transform_fn(m, b, c, a): ...\n")
    hall.endpoint(hall.config("bad", variant("slow")))
    assert hall.describe()["FailureReason"].endswith("no answer to /ping within 1 seconds")


def test_deleting_ends_the_process(hall: Hall) -> None:
    hall.simple()
    pid = hall.predict([1])["pid"]
    hall.client.delete_endpoint(EndpointName="flights")
    refused("ValidationError", "not found", hall.invoke, [1])
    hall.client.get_waiter("endpoint_deleted").wait(EndpointName="flights", WaiterConfig={"Delay": 1})
    assert not psutil.pid_exists(pid)
    hall.endpoint("by-10")  # the name is free again, its configuration still there
    assert hall.predict([1])["sum"] == 10


def test_a_reset_ends_every_process(hall: Hall) -> None:
    hall.simple()
    pid = hall.predict([1])["pid"]
    hall.cloud.reset()
    until(lambda: not psutil.pid_exists(pid), 10)
    refused("ValidationError", "not found", hall.invoke, [1])
    refused("ValidationException", "Could not find endpoint", hall.describe)


def test_what_is_missing_or_taken_is_refused(hall: Hall) -> None:
    create, config = hall.client.create_endpoint, hall.client.create_endpoint_config
    refused(
        "ValidationException",
        f'Could not find endpoint configuration "{ARN}:endpoint-config/none".',
        create,
        EndpointName="flights",
        EndpointConfigName="none",
    )
    refused(
        "ValidationException",
        f'Could not find model "{ARN}:model/none".',
        config,
        EndpointConfigName="c",
        ProductionVariants=[variant("none")],
    )
    refused("ValidationException", f'Could not find endpoint "{ARN}:endpoint/none".', hall.describe, "none")
    refused("ValidationException", "Could not find endpoint", hall.client.delete_endpoint, EndpointName="none")
    hall.simple()
    refused(
        "ValidationException",
        f'Cannot create already existing endpoint "{ARN}:endpoint/flights".',
        create,
        EndpointName="flights",
        EndpointConfigName="by-10",
    )
    refused(
        "ValidationException", "already existing endpoint configuration", hall.config, "by-10", variant("times-10")
    )
    refused("ValidationException", "already existing model", hall.model, "times-10")
    refused("ValidationException", "Could not find endpoint configuration", hall.update, "none")


def test_an_endpoint_that_changes_takes_no_other_change(hall: Hall) -> None:
    hall.model("tenfold", times=10)
    hall.config("first", variant("tenfold"))
    hall.client.create_endpoint(EndpointName="flights", EndpointConfigName="first")
    message = f'Cannot update in-progress endpoint "{ARN}:endpoint/flights".'
    refused("ValidationException", message, hall.client.delete_endpoint, EndpointName="flights")
    refused("ValidationException", message, hall.update, "first")
    hall.settled()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"InstanceType": "ml.m5.tiny"}, "Value 'ml.m5.tiny' at 'productionVariants.1.member.instanceType' failed"),
        ({"InitialInstanceCount": None}, "InstanceType and InitialInstanceCount are required"),
        ({"ServerlessConfig": {"MemorySizeInMB": 2048, "MaxConcurrency": 5}}, "either an InstanceType"),
    ],
)
def test_variants_that_no_endpoint_takes_are_refused(hall: Hall, changes: dict[str, Any], message: str) -> None:
    hall.model("tenfold", times=10)
    given = {name: value for name, value in {**variant("tenfold"), **changes}.items() if value is not None}
    refused("ValidationException", message, hall.config, "c", given)
    refused("ValidationException", "unique", hall.config, "c", variant("tenfold"), variant("tenfold"))


@pytest.mark.parametrize(
    ("more", "name"),
    [
        ({"AsyncInferenceConfig": {"OutputConfig": {"S3OutputPath": "s3://b/o"}}}, "AsyncInferenceConfig"),
        ({"ShadowProductionVariants": [variant("tenfold", "shadow")]}, "ShadowProductionVariants"),
    ],
)
def test_what_is_not_served_is_refused_by_name(hall: Hall, more: dict[str, Any], name: str) -> None:
    hall.model("tenfold", times=10)
    refused("NotImplemented", f"CreateEndpointConfig with {name}", hall.config, "c", variant("tenfold"), **more)


def test_multi_model_containers_and_inference_components_are_refused(hall: Hall) -> None:
    container = {"Image": IMAGE, "ModelDataUrl": f"s3://{BUCKET}/models/", "Mode": "MultiModel"}
    hall.client.create_model(ModelName="many", ExecutionRoleArn=ROLE, PrimaryContainer=container)
    refused("NotImplemented", "multi-model", hall.config, "c", variant("many"))
    component = {"VariantName": "v", "InstanceType": "ml.m5.large", "InitialInstanceCount": 1}
    refused("NotImplemented", "inference components", hall.config, "c", component)


def test_network_isolation_is_told(hall: Hall) -> None:
    container = {"Image": IMAGE, "ModelDataUrl": f"s3://{BUCKET}/m.tar.gz"}
    hall.client.create_model(
        ModelName="alone", ExecutionRoleArn=ROLE, PrimaryContainer=container, EnableNetworkIsolation=True
    )
    assert hall.client.describe_model(ModelName="alone")["EnableNetworkIsolation"] is True


def test_weights_and_capacity_change(hall: Hall) -> None:
    hall.model("one", times=1)
    hall.model("two", times=2)
    config = hall.config(
        "ab", variant("one", "a", InitialVariantWeight=1), variant("two", "b", InitialVariantWeight=1)
    )
    hall.endpoint(config)
    scale = hall.client.update_endpoint_weights_and_capacities
    scale(
        EndpointName="flights",
        DesiredWeightsAndCapacities=[
            {"VariantName": "a", "DesiredWeight": 0},
            {"VariantName": "b", "DesiredWeight": 2, "DesiredInstanceCount": 3},
        ],
    )
    told = {item["VariantName"]: item for item in hall.settled()["ProductionVariants"]}
    assert (told["a"]["CurrentWeight"], told["a"]["CurrentInstanceCount"]) == (0.0, 1)
    assert (told["b"]["DesiredWeight"], told["b"]["CurrentInstanceCount"]) == (2.0, 3)
    assert {hall.predict([1])["times"] for _ in range(20)} == {2}
    change = [{"VariantName": "c", "DesiredWeight": 1}]
    refused(
        "ValidationException",
        'The variant name(s) "c" is/are not present within endpoint configuration "ab".',
        scale,
        EndpointName="flights",
        DesiredWeightsAndCapacities=change,
    )


def test_a_model_package_is_hosted(hall: Hall) -> None:
    hall.model("tenfold", times=10)
    hall.client.create_model_package_group(ModelPackageGroupName="models")
    arn = hall.client.create_model_package(
        ModelPackageGroupName="models",
        InferenceSpecification={
            "Containers": [{"Image": IMAGE, "ModelDataUrl": f"s3://{BUCKET}/tenfold.tar.gz"}],
            "SupportedContentTypes": ["text/csv"],
            "SupportedResponseMIMETypes": ["text/csv"],
        },
    )["ModelPackageArn"]
    hall.client.create_model(
        ModelName="packaged",
        ExecutionRoleArn=ROLE,
        Containers=[{"ModelPackageName": arn}],
        EnableNetworkIsolation=True,
    )
    hall.endpoint(hall.config("first", variant("packaged")))
    assert hall.predict([1])["sum"] == 10


def test_a_serverless_endpoint_serves_and_has_its_limits(hall: Hall) -> None:
    hall.model("tenfold", times=10)
    given = {"MemorySizeInMB": 2048, "MaxConcurrency": 5}
    serverless = {"VariantName": "AllTraffic", "ModelName": "tenfold", "ServerlessConfig": given}

    def config(**changes: Any) -> dict[str, Any]:
        return {**serverless, "ServerlessConfig": {**given, **changes}}

    capture = {
        "InitialSamplingPercentage": 100,
        "DestinationS3Uri": f"s3://{BUCKET}/c",
        "CaptureOptions": [{"CaptureMode": "Input"}],
    }
    refused("ValidationException", "enum value set: [1024, 2048", hall.config, "c", config(MemorySizeInMB=2000))
    refused("ValidationException", "less than or equal to 200", hall.config, "c", config(MaxConcurrency=201))
    refused("ValidationException", "ProvisionedConcurrency", hall.config, "c", config(ProvisionedConcurrency=6))
    refused("ValidationException", "Data capture", hall.config, "c", serverless, DataCaptureConfig=capture)
    refused("ValidationException", "Multiple production", hall.config, "c", serverless, variant("tenfold", "b"))
    hall.endpoint(hall.config("less", serverless))
    (told,) = hall.describe()["ProductionVariants"]
    assert told["CurrentServerlessConfig"] == told["DesiredServerlessConfig"] == given
    assert "CurrentInstanceCount" not in told
    assert hall.predict([1])["sum"] == 10
    refused("ValidationError", "has oversize body", hall.invoke, b"1" * (4 * 1024 * 1024 + 1))
    hall.client.update_endpoint_weights_and_capacities(
        EndpointName="flights",
        DesiredWeightsAndCapacities=[{"VariantName": "AllTraffic", "ServerlessUpdateConfig": {"MaxConcurrency": 9}}],
    )
    assert hall.settled()["ProductionVariants"][0]["CurrentServerlessConfig"]["MaxConcurrency"] == 9
    assert hall.update(hall.config("real", variant("tenfold")))["ProductionVariants"][0]["CurrentInstanceCount"] == 1
    refused("ValidationException", "serverless", hall.update, "less")
