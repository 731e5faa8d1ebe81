"""The Serving stack in the local cloud, with small models to approve."""

import json
import shutil
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from lambdas.deploy_model.hosting import found
from localcloud import LocalCloud
from localcloud.assembly import deploy
from tests.integration.endpoints.hall import packed, until
from tests.integration.sagemaker.workshop import IMAGE

STACKS = {"Network", "Foundation", "Training", "Serving"}
ENDPOINT = GROUP = "mlref-flights"
BASELINES = ("statistics", "constraints", "model_quality_statistics", "model_quality_constraints")
BRISK = {"canary_minutes": "5", "canary_percent": "50", "endpoint_latency_ms": "200"}
BRISK |= {"endpoint_instances": "2", "endpoint_max_instances": "4"}  # one instance has no canary

# Says which version answers; model.json says how it behaves
SCRIPT = """
import json, pathlib, time
def model_fn(model_dir):
    return json.loads(pathlib.Path(model_dir, "model.json").read_text())
def input_fn(body, content_type):
    return json.loads(body)
def predict_fn(data, model):
    time.sleep(model.get("seconds", 0))
    if model.get("throws"):
        raise KeyError("humidity")
    return {"version": model["version"]}
def output_fn(prediction, accept):
    return json.dumps(prediction), "application/json"
"""


def part(source: Path, target: Path, stacks: set[str] = STACKS) -> Path:
    """The assembly with ``stacks`` only, which saves the others' seconds."""
    shutil.copytree(source, target)
    manifest = json.loads((target / "manifest.json").read_text("utf-8"))
    manifest["artifacts"] = {
        name: item
        for name, item in manifest["artifacts"].items()
        if item["type"] != "aws:cloudformation:stack" or name in stacks
    }
    (target / "manifest.json").write_text(json.dumps(manifest), "utf-8")
    return target


@pytest.fixture(scope="session")
def assembly(tmp_path_factory: pytest.TempPathFactory, synthesized: Any) -> Callable[..., Path]:
    """The stacks of this folder with settings."""
    folder = tmp_path_factory.mktemp("serving")
    known: dict[str, Path] = {}

    def assembly(**settings: str) -> Path:
        key = "-".join(f"{name}_{value}" for name, value in sorted(settings.items())) or "default"
        if key not in known:
            known[key] = part(synthesized(**settings), folder / key)
        return known[key]

    return assembly


class Registry:
    """The deployed stacks, models in their group, and a client of the endpoint."""

    def __init__(self, cloud: LocalCloud, assembly: Callable[..., Path]) -> None:
        self.cloud = cloud
        self.assembly = assembly
        self.client = cloud.client("sagemaker")
        self.runtime = cloud.client("sagemaker-runtime")
        self.s3 = cloud.client("s3")
        self.bucket = ""

    def deploy(self, **settings: str) -> None:
        outputs = deploy(self.assembly(**(BRISK | settings)), self.cloud)
        assert outputs["mlref-Serving"]["EndpointName"] == ENDPOINT
        self.bucket = outputs["mlref-Foundation"]["LakeBucketName"]

    def destroy(self) -> None:
        """The Serving stack goes."""
        client = self.cloud.client("cloudformation")
        client.delete_stack(StackName="mlref-Serving")
        client.get_waiter("stack_delete_complete").wait(StackName="mlref-Serving", WaiterConfig={"Delay": 1})

    def register(self, script: str = SCRIPT, **behaviour: Any) -> int:
        """A version as the training pipeline registers it; its number, which it answers with."""
        number = len(self.client.list_model_packages(ModelPackageGroupName=GROUP)["ModelPackageSummaryList"]) + 1
        folder = f"runs/e{number}"
        model = json.dumps({"version": number, **behaviour})
        archive = packed({"model.json": model, "code/inference.py": script})
        self.s3.put_object(Bucket=self.bucket, Key=f"{folder}/model.tar.gz", Body=archive)
        for name in BASELINES:
            self.s3.put_object(Bucket=self.bucket, Key=f"{folder}/{name}.json", Body=f"{name} {number}".encode())
        data, data_limits, quality, quality_limits = (
            {"ContentType": "application/json", "S3Uri": f"s3://{self.bucket}/{folder}/{name}.json"}
            for name in BASELINES
        )
        answer = self.client.create_model_package(
            ModelPackageGroupName=GROUP,
            ModelApprovalStatus="PendingManualApproval",
            InferenceSpecification={
                "Containers": [{"Image": IMAGE, "ModelDataUrl": f"s3://{self.bucket}/{folder}/model.tar.gz"}],
                "SupportedContentTypes": ["application/json"],
                "SupportedResponseMIMETypes": ["application/json"],
            },
            DriftCheckBaselines={
                "ModelDataQuality": {"Statistics": data, "Constraints": data_limits},
                "ModelQuality": {"Statistics": quality, "Constraints": quality_limits},
            },
        )
        assert answer["ModelPackageArn"].endswith(f"/{number}")
        return number

    def decide(self, number: int, status: str = "Approved") -> None:
        self.client.update_model_package(ModelPackageArn=self.arn(number), ModelApprovalStatus=status)

    def approve(self, script: str = SCRIPT, **behaviour: Any) -> int:
        """Register a version and approve it."""
        number = self.register(script, **behaviour)
        self.decide(number)
        return number

    def arn(self, number: int) -> str:
        return f"arn:aws:sagemaker:{self.cloud.region}:{self.cloud.account}:model-package/{GROUP}/{number}"

    def note(self, number: int) -> str:
        properties = self.client.describe_model_package(ModelPackageName=self.arn(number)).get(
            "CustomerMetadataProperties", {}
        )
        return str(properties.get("deployment", ""))

    def endpoint(self) -> dict[str, Any] | None:
        told: dict[str, Any] | None = found(partial(self.client.describe_endpoint, EndpointName=ENDPOINT))
        return told

    def read(self, key: str) -> str:
        """An object of the lake."""
        return str(self.s3.get_object(Bucket=self.bucket, Key=key)["Body"].read().decode())

    def ask(self, **request: Any) -> int:
        """The version that answers."""
        answer = self.runtime.invoke_endpoint(
            EndpointName=ENDPOINT, ContentType="application/json", Body=json.dumps(request)
        )
        return int(json.loads(answer["Body"].read())["version"])

    def in_service(self, number: int) -> dict[str, Any]:
        """Wait until the endpoint serves the version and the function has noted it; the endpoint."""
        until(lambda: self.note(number).startswith("served: "))
        endpoint = self.endpoint()
        assert endpoint is not None
        assert endpoint["EndpointStatus"] == "InService"
        assert endpoint["EndpointConfigName"].startswith(f"{ENDPOINT}-v{number}-")
        return endpoint

    def rolled_back(self, number: int) -> None:
        """Wait until the function has noted that the version was rolled back."""
        until(lambda: self.note(number).startswith("failed: "))

    def ours(self) -> dict[str, list[str]]:
        """What the function has made."""
        scaling, cloudwatch = self.cloud.client("application-autoscaling"), self.cloud.client("cloudwatch")
        configs = self.client.list_endpoint_configs()["EndpointConfigs"]
        targets = scaling.describe_scalable_targets(ServiceNamespace="sagemaker")["ScalableTargets"]
        alarms = cloudwatch.describe_alarms(AlarmNamePrefix=f"{ENDPOINT}-v")["MetricAlarms"]
        return {
            "endpoints": [item["EndpointName"] for item in self.client.list_endpoints()["Endpoints"]],
            "configs": [item["EndpointConfigName"] for item in configs],
            "models": [item["ModelName"] for item in self.client.list_models()["Models"]],
            "targets": [item["ResourceId"] for item in targets],
            "alarms": [item["AlarmName"] for item in alarms],
        }


@pytest.fixture
def registry(cloud: LocalCloud, assembly: Callable[..., Path]) -> Registry:
    """The stacks, deployed with short canaries; nothing is registered."""
    deployed = Registry(cloud, assembly)
    deployed.deploy()
    return deployed
