"""Models and endpoint configurations: what moto drops of them, and what SageMaker refuses."""

from functools import cache
from typing import Any

import botocore.session
from moto.core.responses import ActionResult
from moto.core.utils import utcnow
from moto.sagemaker.exceptions import ValidationError
from moto.sagemaker.models import Model, SageMakerModelBackend
from moto.sagemaker.responses import SageMakerResponse
from moto.sagemaker.utils import arn_formatter

from localcloud.patching import replace
from localcloud.sagemaker.engine import sagemaker_engine
from localcloud.unsupported import NotImplementedLocallyError

# Members of CreateModel that moto drops
_KEPT = ("EnableNetworkIsolation", "InferenceExecutionConfig", "DeploymentRecommendation")
_REFUSED = ("AsyncInferenceConfig", "ExplainerConfig", "ShadowProductionVariants", "CrossRegionTrafficConfig")
_REFUSED_OF_CONTAINER = ("AdditionalModelDataSources", "InferenceSpecificationName", "MultiModelConfig")
_REFUSED_OF_DATA = ("HubAccessConfig", "ManifestS3Uri")
_REFUSED_OF_VARIANT = ("InstancePools", "ManagedInstanceScaling", "AcceleratorType", "CapacityReservationConfig")
_SERVERLESS_MEMORY = tuple(range(1024, 6145, 1024))


class EndpointConfig:
    """One configuration: the request it was made by."""

    def __init__(self, of: SageMakerModelBackend, request: dict[str, Any]) -> None:
        self.endpoint_config_name: str = request["EndpointConfigName"]
        self.arn = str(arn_formatter("endpoint-config", self.endpoint_config_name, of.account_id, of.region_name))
        self.tags: list[dict[str, str]] = list(request.get("Tags") or ())
        self.creation_time = utcnow()
        self._request = {name: value for name, value in request.items() if name != "Tags" and value is not None}

    def summary(self) -> dict[str, Any]:
        """One entry of ListEndpointConfigs."""
        return {
            "EndpointConfigName": self.endpoint_config_name,
            "EndpointConfigArn": self.arn,
            "CreationTime": self.creation_time,
        }

    @property
    def response_object(self) -> dict[str, Any]:
        """DescribeEndpointConfig."""
        return {**self._request, **self.summary()}


@replace(SageMakerResponse, "create_model", "(self)")
def create_model(self: Any) -> ActionResult:
    of, given = self.sagemaker_backend, self.params
    if given["ModelName"] in of._models:
        raise ValidationError(f'Cannot create already existing model "{of._models[given["ModelName"]].arn}".')
    answer: ActionResult = create_model.original(self)  # type: ignore[attr-defined]
    model = of._models[given["ModelName"]]
    model.localcloud_given = {name: given[name] for name in _KEPT if given.get(name) is not None}
    return answer


@replace(Model, "gen_response_object", "(self)")
def gen_response_object(self: Any) -> dict[str, Any]:
    """The description, with the members that moto drops, and without those that it invents: SDK v3 reads no ``{}``."""
    told: dict[str, Any] = gen_response_object.original(self)  # type: ignore[attr-defined]
    return {
        **{name: value for name, value in told.items() if value not in (None, {}, [])},
        **getattr(self, "localcloud_given", {}),
    }


@replace(SageMakerResponse, "create_endpoint_config", "(self)")
def create_endpoint_config(self: Any) -> ActionResult:
    of: SageMakerModelBackend = self.sagemaker_backend
    config = EndpointConfig(of, dict(self.params))
    if config.endpoint_config_name in of.endpoint_configs:
        raise ValidationError(f'Cannot create already existing endpoint configuration "{config.arn}".')
    check(config.response_object, of)
    of.endpoint_configs[config.endpoint_config_name] = config
    sagemaker_engine().python.warm()  # an endpoint is about to need it
    return ActionResult({"EndpointConfigArn": config.arn})


def check(config: dict[str, Any], of: SageMakerModelBackend) -> None:
    """Raise for what SageMaker refuses, and for what the local cloud does not serve."""
    for name in _REFUSED:
        if config.get(name):
            raise _refused(name)
    variants = config["ProductionVariants"]
    names = [variant["VariantName"] for variant in variants]
    if len(set(names)) != len(names):
        raise ValidationError("Variant names must be unique within an endpoint configuration.")
    for number, variant in enumerate(variants, 1):
        for name in _REFUSED_OF_VARIANT:
            if variant.get(name):
                raise _refused(name)
        if not variant.get("ModelName"):
            raise _refused("inference components")
        _check_model(variant["ModelName"], of)
        if variant.get("ServerlessConfig"):
            _check_serverless(variant, number, config)
        else:
            _check_instances(variant, number)


def _check_model(name: str, of: SageMakerModelBackend) -> None:
    model = of._models.get(name)
    if model is None:
        arn = arn_formatter("model", name, of.account_id, of.region_name)
        raise ValidationError(f'Could not find model "{arn}".')
    containers = [container for container in (model.primary_container, *(model.containers or ())) if container]
    if len(containers) > 1:
        raise _refused(f"the several containers of {name}")
    for container in containers:
        data = (container.get("ModelDataSource") or {}).get("S3DataSource") or {}
        if container.get("Mode") == "MultiModel":
            raise _refused("a multi-model container")
        for member in (*_REFUSED_OF_CONTAINER, *_REFUSED_OF_DATA):
            if container.get(member) or data.get(member):
                raise _refused(f"the {member} of {name}")


def _refused(what: str) -> NotImplementedLocallyError:
    return NotImplementedLocallyError("sagemaker", f"CreateEndpointConfig with {what}")


def _check_instances(variant: dict[str, Any], number: int) -> None:
    where = f"productionVariants.{number}.member"
    if not variant.get("InstanceType") or not variant.get("InitialInstanceCount"):
        raise ValidationError(
            f"{where}: InstanceType and InitialInstanceCount are required for a variant without ServerlessConfig."
        )
    if variant["InstanceType"] not in _instance_types():
        raise ValidationError(
            f"1 validation error detected: Value '{variant['InstanceType']}' at '{where}.instanceType' failed to "
            f"satisfy constraint: Member must satisfy enum value set: [{', '.join(_instance_types())}]"
        )


def _check_serverless(variant: dict[str, Any], number: int, config: dict[str, Any]) -> None:
    """https://docs.aws.amazon.com/sagemaker/latest/dg/serverless-endpoints.html, "Feature exclusions" and limits."""
    where = f"productionVariants.{number}.member.serverlessConfig"
    given = variant["ServerlessConfig"]
    if variant.get("InstanceType") or variant.get("InitialInstanceCount"):
        raise ValidationError(
            "A variant has either an InstanceType with an InitialInstanceCount or a ServerlessConfig."
        )
    if given["MemorySizeInMB"] not in _SERVERLESS_MEMORY:
        raise ValidationError(
            f"1 validation error detected: Value '{given['MemorySizeInMB']}' at '{where}.memorySizeInMB' failed to "
            f"satisfy constraint: Member must satisfy enum value set: [{', '.join(map(str, _SERVERLESS_MEMORY))}]"
        )
    limit = given["MaxConcurrency"]
    for name, value, most in (
        ("maxConcurrency", limit, 200),
        ("provisionedConcurrency", given.get("ProvisionedConcurrency"), 200),
    ):
        if value is not None and not 1 <= value <= most:
            raise ValidationError(
                f"1 validation error detected: Value '{value}' at '{where}.{name}' failed to satisfy constraint: "
                f"Member must have value between 1 and {most}"
            )
    if given.get("ProvisionedConcurrency", 0) > limit:
        raise ValidationError("ProvisionedConcurrency must be less than or equal to MaxConcurrency.")
    if len(config["ProductionVariants"]) > 1:
        raise ValidationError("Multiple production variants are not supported for serverless endpoints.")
    if config.get("DataCaptureConfig"):
        raise ValidationError("Data capture is not supported for serverless endpoints.")


@cache
def _instance_types() -> list[str]:
    service = botocore.session.get_session().get_service_model("sagemaker")
    return list(service.shape_for("ProductionVariantInstanceType").enum)
