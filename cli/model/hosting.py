"""The deployed endpoint: how it stands, and its end."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import boto3
from botocore.exceptions import ClientError

from cli.errors import UserError
from cli.model.sagemaker import refusals
from localcloud.processes.supervisor import remaining

POLL_SECONDS = 0.5
DELETED_WITHIN_SECONDS = 900


def describe(name: str) -> dict[str, Any]:
    """What there is to know of the endpoint. Raises UserError when there is none."""
    with refusals() as client, _missing(name):
        told = client.describe_endpoint(EndpointName=name)
        config = client.describe_endpoint_config(EndpointConfigName=told["EndpointConfigName"])
        models = {item["VariantName"]: item["ModelName"] for item in config["ProductionVariants"]}
        variants = told.get("ProductionVariants", [])
        whole = sum(item.get("CurrentWeight", 0) for item in variants)
        capture = told.get("DataCaptureConfig", {})
        return {
            "name": name,
            "status": told["EndpointStatus"],
            "reason": told.get("FailureReason", ""),
            "config": told["EndpointConfigName"],
            "deploying": _deploying(told.get("PendingDeploymentSummary", {})),
            "variants": [
                {
                    "name": item["VariantName"],
                    "model": models[item["VariantName"]],
                    "version": _version(client, models[item["VariantName"]]),
                    "share": item.get("CurrentWeight", 0) / whole if whole else 0.0,
                    "capacity": _capacity(item),
                }
                for item in variants
            ],
            "capture": {"percent": capture["CurrentSamplingPercentage"], "to": capture["DestinationS3Uri"]}
            if capture.get("EnableCapture")
            else None,
        }


def remove(name: str) -> None:
    """Delete the endpoint and wait until it is gone. Raises UserError.

    What scales it goes first: the scalable target of a variant would outlive it
    (https://docs.aws.amazon.com/sagemaker/latest/dg/endpoint-auto-scaling-delete.html).
    """
    scaling = boto3.client("application-autoscaling")
    with refusals() as client, _missing(name):
        for item in client.describe_endpoint(EndpointName=name).get("ProductionVariants", []):
            target = {
                "ServiceNamespace": "sagemaker",
                "ResourceId": f"endpoint/{name}/variant/{item['VariantName']}",
                "ScalableDimension": "sagemaker:variant:DesiredInstanceCount",
            }
            found = scaling.describe_scalable_targets(
                ServiceNamespace="sagemaker", ResourceIds=[target["ResourceId"]]
            )["ScalableTargets"]
            if found:
                scaling.deregister_scalable_target(**target)
        client.delete_endpoint(EndpointName=name)
    deadline = time.monotonic() + DELETED_WITHIN_SECONDS
    with remaining(f"endpoint {name} is being deleted: look with `mlref endpoint status`"):
        while time.monotonic() < deadline:
            if name not in _present(name):
                return
            time.sleep(POLL_SECONDS)
    raise UserError(f"endpoint {name} is still being deleted: look with `mlref endpoint status`")


@contextmanager
def _missing(name: str) -> Iterator[None]:
    """https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_DescribeEndpoint.html has no error of its own."""
    try:
        yield
    except ClientError as error:
        if "Could not find endpoint " not in str(error):
            raise
        raise UserError(
            f"there is no endpoint {name}: it is made when a model is approved, `mlref models approve`"
        ) from error


def _present(name: str) -> list[str]:
    with refusals() as client:
        return [item["EndpointName"] for item in client.list_endpoints(NameContains=name)["Endpoints"]]


def _version(client: Any, model: str) -> str:
    """Number of the model package that a model was made of; empty for a model without one."""
    told = client.describe_model(ModelName=model)
    containers = [told.get("PrimaryContainer", {}), *told.get("Containers", [])]
    packages = [item["ModelPackageName"] for item in containers if "ModelPackageName" in item]
    return str(packages[0]).rpartition("/")[2] if packages else ""


def _deploying(pending: dict[str, Any]) -> str:
    """What SageMaker says of a deployment under way; empty when there is none.

    https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_PendingDeploymentSummary.html
    """
    told = [
        item["StatusMessage"]
        for variant in pending.get("ProductionVariants", ())
        for item in variant.get("VariantStatus", ())
        if item.get("StatusMessage")
    ]
    return str(told[0]) if told else ""


def _capacity(variant: dict[str, Any]) -> str:
    if serverless := variant.get("CurrentServerlessConfig"):
        return f"serverless, {serverless['MemorySizeInMB']} MB, {serverless['MaxConcurrency']} at once"
    present, desired = variant.get("CurrentInstanceCount", 0), variant.get("DesiredInstanceCount", 0)
    return f"{present} instances" if present == desired else f"{present} instances, {desired} wanted"
