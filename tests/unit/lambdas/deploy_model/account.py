# ruff: noqa: N803 - operations take the names of their requests
"""An account with a registry and an endpoint, as far as the deploy function sees it.

Deployments end when a test says so.
"""

import io
from typing import Any

from botocore.exceptions import ClientError

from tests.unit.lambdas.checked import Client

GROUP = "arn:aws:sagemaker:us-east-1:123456789012:model-package-group/mlref-flights"
BUCKET = "lake"


class Account:
    """What there is; ``calls`` are the requests that change something, in order."""

    def __init__(self) -> None:
        self.packages: dict[str, dict[str, Any]] = {}
        self.models: dict[str, dict[str, Any]] = {}
        self.configs: dict[str, dict[str, Any]] = {}
        self.alarms: dict[str, dict[str, Any]] = {}
        self.targets: dict[str, dict[str, Any]] = {}
        self.policies: dict[str, dict[str, Any]] = {}
        self.objects: dict[str, bytes] = {}
        self.endpoint: dict[str, Any] | None = None
        self.kept: dict[str, int] = {}  # instances of variants that the update under way retains
        self.pending: str | None = None
        self.tags: dict[str, str] = {}
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self.pauses = 0

    # --- what people and AWS do

    def register(self, number: int, status: str = "Approved", baselines: bool = True) -> str:
        arn = f"{GROUP.replace('-group', '')}/{number}"
        package: dict[str, Any] = {
            "ModelPackageArn": arn,
            "ModelPackageGroupName": "mlref-flights",
            "ModelPackageVersion": number,
            "ModelPackageStatus": "Completed",
            "ModelApprovalStatus": status,
            "CustomerMetadataProperties": {},
        }
        if baselines:
            files = {
                ("ModelDataQuality", "Statistics"): "statistics",
                ("ModelDataQuality", "Constraints"): "constraints",
                ("ModelQuality", "Statistics"): "model_quality_statistics",
                ("ModelQuality", "Constraints"): "model_quality_constraints",
            }
            package["DriftCheckBaselines"] = {}
            for (part, kind), name in files.items():
                key = f"runs/e{number}/baseline/constraints/{name}.json"
                self.objects[key] = f"{name} of {number}".encode()
                source = {"ContentType": "application/json", "S3Uri": f"s3://{BUCKET}/{key}"}
                package["DriftCheckBaselines"].setdefault(part, {})[kind] = source
        self.packages[arn] = package
        return arn

    def decide(self, number: int, status: str) -> dict[str, Any]:
        """Set the approval; the event that SageMaker sends."""
        package = self.packages[f"{GROUP.replace('-group', '')}/{number}"]
        package["ModelApprovalStatus"] = status
        return {"detail-type": "SageMaker Model Package State Change", "detail": package}

    def finish(self, *, good: bool = True) -> None:
        """The deployment ends: in service, or back to what was before; one that creates fails."""
        assert self.endpoint is not None
        assert self.pending is not None
        if good:
            self._serve(self.pending)
        self.endpoint["EndpointStatus"] = "InService" if good or self.endpoint["ProductionVariants"] else "Failed"
        self.pending = None

    def note(self, number: int) -> str:
        package = self.packages[f"{GROUP.replace('-group', '')}/{number}"]
        return str(package["CustomerMetadataProperties"].get("deployment", ""))

    def names(self, *operations: str) -> list[str]:
        """Operations called, those of ``operations`` or all that change something."""
        return [name for name, _ in self.calls if not operations or name in operations]

    def sent(self, operation: str) -> dict[str, Any]:
        """The one request of an operation."""
        (request,) = [request for name, request in self.calls if name == operation]
        return request

    def client(self, service: str) -> Client:
        return Client(self, service)

    # --- operations

    def list_model_packages(self, **_: Any) -> dict[str, Any]:
        hidden = ("CustomerMetadataProperties", "DriftCheckBaselines")
        listed = [{k: v for k, v in package.items() if k not in hidden} for package in self.packages.values()]
        return {"ModelPackageSummaryList": listed}

    def describe_model_package(self, ModelPackageName: str) -> dict[str, Any]:
        return self.packages[ModelPackageName]

    def update_model_package(self, ModelPackageArn: str, **given: Any) -> None:
        properties = self.packages[ModelPackageArn]["CustomerMetadataProperties"]
        properties |= given.get("CustomerMetadataProperties", {})
        for name in given.get("CustomerMetadataPropertiesToRemove", ()):
            del properties[name]

    def describe_model(self, ModelName: str) -> dict[str, Any]:
        return _known(self.models, ModelName, "model")

    def create_model(self, **given: Any) -> None:
        self._new(self.models, given["ModelName"])
        self.models[given["ModelName"]] = given

    def delete_model(self, ModelName: str) -> None:
        del self.models[ModelName]

    def list_models(self, **_: Any) -> dict[str, Any]:
        return {"Models": [{"ModelName": name} for name in [*self.models, "not-ours"]]}

    def describe_endpoint_config(self, EndpointConfigName: str) -> dict[str, Any]:
        return _known(self.configs, EndpointConfigName, "endpoint configuration")

    def create_endpoint_config(self, **given: Any) -> None:
        self._new(self.configs, given["EndpointConfigName"])
        assert {variant["ModelName"] for variant in given["ProductionVariants"]} <= self.models.keys()
        self.configs[given["EndpointConfigName"]] = given

    def delete_endpoint_config(self, EndpointConfigName: str) -> None:
        assert self.endpoint is None, "a configuration in use"
        del self.configs[EndpointConfigName]

    def list_endpoint_configs(self, **_: Any) -> dict[str, Any]:
        return {"EndpointConfigs": [{"EndpointConfigName": name} for name in [*self.configs, "not-mlref-flights-v1"]]}

    def describe_endpoint(self, EndpointName: str) -> dict[str, Any]:
        if self.endpoint is None:
            raise refusal(f'Could not find endpoint "{EndpointName}".')
        return dict(self.endpoint)

    def create_endpoint(self, EndpointName: str, EndpointConfigName: str, Tags: list[dict[str, str]]) -> None:
        if self.endpoint is not None:
            raise refusal("Cannot create already existing endpoint")
        assert EndpointConfigName in self.configs
        self.tags = {tag["Key"]: tag["Value"] for tag in Tags}
        self.pending = EndpointConfigName
        self.endpoint = {
            "EndpointName": EndpointName,
            "EndpointArn": f"arn:aws:sagemaker:us-east-1:123456789012:endpoint/{EndpointName}",
            "EndpointConfigName": EndpointConfigName,
            "EndpointStatus": "Creating",
            "ProductionVariants": [],
        }

    def update_endpoint(self, EndpointConfigName: str, **given: Any) -> None:
        assert self.endpoint is not None
        if self.endpoint["EndpointStatus"] != "InService":
            raise refusal(f"Cannot update in-progress endpoint in status {self.endpoint['EndpointStatus']}")
        config, now = self.configs[EndpointConfigName], self.configs[self.endpoint["EndpointConfigName"]]
        guarded = given.get("DeploymentConfig", {})
        retained = self.endpoint["ProductionVariants"] if given.get("RetainAllVariantProperties") else []
        self.kept = {item["VariantName"]: item["DesiredInstanceCount"] for item in retained}
        if guarded:
            routing = guarded["BlueGreenUpdatePolicy"]["TrafficRoutingConfiguration"]
            for name, variant in _variants(config).items():
                instances = self._count(name, variant)["DesiredInstanceCount"]
                assert instances > 1 or routing["Type"] == "ALL_AT_ONCE", "a canary is at most half of the instances"
            assert _variants(config).keys() == _variants(now).keys(), "guardrails need the same variants"
            used = {alarm["AlarmName"] for alarm in guarded["AutoRollbackConfiguration"]["Alarms"]}
            assert used <= self.alarms.keys()
        for name, variant in _variants(config).items():
            target = f"endpoint/mlref-flights/variant/{name}"
            if target in self.targets and name in _variants(now):
                same = variant.get("InstanceType") == _variants(now)[name].get("InstanceType")
                assert same, "the instance type of a scaled variant"
        assert all(
            ("ServerlessConfig" in variant) == ("ServerlessConfig" in old)
            for variant in config["ProductionVariants"]
            for old in now["ProductionVariants"]
        ), "instances cannot become serverless"
        self.endpoint["EndpointStatus"] = "Updating"
        self.pending = EndpointConfigName

    def delete_endpoint(self, EndpointName: str) -> None:
        assert self.endpoint is not None
        assert self.endpoint["EndpointName"] == EndpointName
        if self.pending:
            raise refusal("Cannot update in-progress endpoint")
        self.endpoint["EndpointStatus"] = "Deleting"

    def list_tags(self, ResourceArn: str) -> dict[str, Any]:
        assert ResourceArn.endswith("endpoint/mlref-flights")
        return {"Tags": [{"Key": key, "Value": value} for key, value in self.tags.items()]}

    def add_tags(self, ResourceArn: str, Tags: list[dict[str, str]]) -> None:
        assert ResourceArn.endswith("endpoint/mlref-flights")
        self.tags |= {tag["Key"]: tag["Value"] for tag in Tags}

    def delete_tags(self, ResourceArn: str, TagKeys: list[str]) -> None:
        assert ResourceArn.endswith("endpoint/mlref-flights")
        for key in TagKeys:
            self.tags.pop(key, None)

    def put_metric_alarm(self, **given: Any) -> None:
        self.alarms[given["AlarmName"]] = given

    def describe_alarms(self, AlarmNamePrefix: str) -> dict[str, Any]:
        return {"MetricAlarms": [item for name, item in self.alarms.items() if name.startswith(AlarmNamePrefix)]}

    def delete_alarms(self, AlarmNames: list[str]) -> None:
        for name in AlarmNames:
            del self.alarms[name]

    def register_scalable_target(self, ResourceId: str, **given: Any) -> None:
        self.targets[ResourceId] = given

    def put_scaling_policy(self, ResourceId: str, **given: Any) -> None:
        assert ResourceId in self.targets
        self.policies[ResourceId] = given

    def describe_scalable_targets(self, ResourceIds: list[str], **_: Any) -> dict[str, Any]:
        return {"ScalableTargets": [{"ResourceId": name} for name in ResourceIds if name in self.targets]}

    def deregister_scalable_target(self, ResourceId: str, **_: Any) -> None:
        del self.targets[ResourceId]
        self.policies.pop(ResourceId)

    def get_object(self, Bucket: str, Key: str) -> dict[str, Any]:
        assert Bucket == BUCKET
        return {"Body": io.BytesIO(self.objects[Key])}

    def put_object(self, Bucket: str, Key: str, Body: bytes, **_: Any) -> None:
        assert Bucket == BUCKET
        self.objects[Key] = Body

    def delete_object(self, Bucket: str, Key: str) -> None:
        assert Bucket == BUCKET
        self.objects.pop(Key, None)

    def sleep(self, _: float) -> None:
        """Time goes on: what is being done ends."""
        self.pauses += 1
        if self.pending:
            self.finish()
        elif self.endpoint is not None and self.endpoint["EndpointStatus"] == "Deleting":
            self.endpoint = None
            self.tags = {}

    def _serve(self, name: str) -> None:
        assert self.endpoint is not None
        self.endpoint["EndpointConfigName"] = name
        self.endpoint["ProductionVariants"] = [
            {"VariantName": variant, **self._count(variant, given)}
            for variant, given in _variants(self.configs[name]).items()
        ]

    def scale(self, instances: int) -> None:
        """As scaling or a person does."""
        assert self.endpoint is not None
        for variant in self.endpoint["ProductionVariants"]:
            variant["DesiredInstanceCount"] = instances

    def _count(self, name: str, given: dict[str, Any]) -> dict[str, int]:
        """Of a new fleet: kept where the update asked for it, else that of the configuration."""
        if "InitialInstanceCount" not in given:
            return {}
        return {"DesiredInstanceCount": self.kept.get(name, given["InitialInstanceCount"])}

    @staticmethod
    def _new(known: dict[str, Any], name: str) -> None:
        assert name not in known, f"{name} is there already"


def refusal(message: str) -> ClientError:
    return ClientError({"Error": {"Code": "ValidationException", "Message": message}}, "Some")


def _known(things: dict[str, Any], name: str, kind: str) -> dict[str, Any]:
    if name not in things:
        raise refusal(f'Could not find {kind} "{name}".')
    found: dict[str, Any] = things[name]
    return found


def _variants(config: dict[str, Any]) -> dict[str, Any]:
    return {variant["VariantName"]: variant for variant in config["ProductionVariants"]}
