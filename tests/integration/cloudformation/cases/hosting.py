"""SageMaker: hosting."""

from typing import Any

from localcloud import LocalCloud
from tests.integration.cloudformation.case import Case, Properties
from tests.integration.cloudformation.cases.storage import ROLE
from tests.integration.endpoints.hall import packed
from tests.integration.sagemaker.workshop import IMAGE

ROLE_ARN = {"Fn::GetAtt": ["Role", "Arn"]}
ARN = "arn:aws:sagemaker:us-east-1:123456789012"
ARCHIVE = "s3://hosting/model.tar.gz"
SCRIPT = "def model_fn(folder): ...\ndef transform_fn(model, body, kind, accept): return body, kind\n"


def _archive(cloud: LocalCloud) -> None:
    s3 = cloud.client("s3")
    s3.create_bucket(Bucket="hosting")
    s3.put_object(Bucket="hosting", Key="model.tar.gz", Body=packed({"code/inference.py": SCRIPT}))


def _model(team: str = "data") -> Properties:
    return {
        "ModelName": "subject",
        "ExecutionRoleArn": ROLE_ARN,
        "EnableNetworkIsolation": True,
        "PrimaryContainer": {
            "Image": IMAGE,
            "ModelDataUrl": ARCHIVE,
            "Environment": {"SAGEMAKER_PROGRAM": "inference.py", "SAGEMAKER_SUBMIT_DIRECTORY": "/opt/ml/model/code"},
        },
        "Tags": [{"Key": "team", "Value": team}],
    }


def _config(team: str = "data") -> Properties:
    return {
        "EndpointConfigName": "subject",
        "KmsKeyId": "alias/volumes",
        "ProductionVariants": [
            {
                "VariantName": "AllTraffic",
                "ModelName": {"Fn::GetAtt": ["Model", "ModelName"]},
                "InstanceType": "ml.m5.large",
                "InitialInstanceCount": 2,
                "InitialVariantWeight": 0.5,
            }
        ],
        "DataCaptureConfig": {
            "EnableCapture": True,
            "InitialSamplingPercentage": 40,
            "DestinationS3Uri": "s3://hosting/capture",
            "KmsKeyId": "alias/captured",
            "CaptureOptions": [{"CaptureMode": "Input"}, {"CaptureMode": "Output"}],
            "CaptureContentTypeHeader": {"CsvContentTypes": ["text/csv"], "JsonContentTypes": ["application/json"]},
        },
        "Tags": [{"Key": "team", "Value": team}],
    }


def _endpoint(config: str, wait: int, team: str) -> Properties:
    return {
        "EndpointName": "subject",
        "EndpointConfigName": {"Fn::GetAtt": [config, "EndpointConfigName"]},
        "RetainAllVariantProperties": True,
        "DeploymentConfig": {
            "BlueGreenUpdatePolicy": {
                "TrafficRoutingConfiguration": {
                    "Type": "CANARY",
                    "CanarySize": {"Type": "INSTANCE_COUNT", "Value": 1},
                    "WaitIntervalInSeconds": wait,
                },
                "TerminationWaitInSeconds": 3,
            },
        },
        "Tags": [{"Key": "team", "Value": team}],
    }


def _resource(kind: str, properties: Properties, **changes: Any) -> dict[str, Any]:
    return {
        "Type": f"AWS::SageMaker::{kind}",
        "Properties": {name: value for name, value in {**properties, **changes}.items() if value is not None},
    }


def _read(kind: str, noun: str, ref: str, cloud: LocalCloud) -> list[Any]:
    client = cloud.client("sagemaker")
    told = getattr(client, f"describe_{kind}")(**{f"{noun}Name": ref.rpartition("/")[2]})
    return [told, client.list_tags(ResourceArn=ref)]


_NEEDED_MODEL = {"Role": ROLE, "Model": _resource("Model", _model(), ModelName="needed")}

CASES = (
    Case(
        type="AWS::SageMaker::Model",
        needs={"Role": ROLE},
        properties=_model("data"),
        changed=_model("ml"),
        read=lambda cloud, ref: _read("model", "Model", ref, cloud),
        ref=f"{ARN}:model/subject",
        attributes={"ModelName": "subject", "ModelArn": f"{ARN}:model/subject"},
    ),
    Case(
        type="AWS::SageMaker::EndpointConfig",
        needs=_NEEDED_MODEL,
        properties=_config("data"),
        changed=_config("ml"),
        read=lambda cloud, ref: _read("endpoint_config", "EndpointConfig", ref, cloud),
        ref=f"{ARN}:endpoint-config/subject",
        attributes={"EndpointConfigName": "subject", "EndpointConfigArn": f"{ARN}:endpoint-config/subject"},
    ),
    Case(
        type="AWS::SageMaker::Endpoint",
        needs={
            **_NEEDED_MODEL,
            "First": _resource("EndpointConfig", _config(), EndpointConfigName="first", DataCaptureConfig=None),
            "Second": _resource("EndpointConfig", _config(), EndpointConfigName="second", DataCaptureConfig=None),
        },
        properties=_endpoint("First", 6, "data"),
        changed=_endpoint("Second", 12, "ml"),
        read=lambda cloud, ref: _read("endpoint", "Endpoint", ref, cloud),
        ref=f"{ARN}:endpoint/subject",
        attributes={"EndpointName": "subject", "EndpointArn": f"{ARN}:endpoint/subject"},
        unreadable=("RetainAllVariantProperties",),  # of the update, not of the endpoint
        prepare=_archive,
    ),
)
