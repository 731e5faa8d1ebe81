"""Data quality job definitions: what an execution is to do.

https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateDataQualityJobDefinition.html. moto keeps them.
"""

from dataclasses import dataclass
from typing import Any

from moto.core.responses import ActionResult
from moto.sagemaker.exceptions import ResourceInUseException, ValidationError
from moto.sagemaker.models import SageMakerModelBackend
from moto.sagemaker.responses import SageMakerResponse

from localcloud.cloud import current
from localcloud.patching import replace
from localcloud.sagemaker.listing import select
from localcloud.unsupported import NotImplementedLocallyError

ANALYZER = "sagemaker-model-monitor-analyzer"
DATA_QUALITY = "DataQuality"


@dataclass(frozen=True)
class Work:
    """A job definition, be it of its own or inside a schedule: both have the same parts under other names."""

    name: str | None
    app: dict[str, Any]
    baseline: dict[str, Any]
    endpoint: dict[str, Any]
    output: dict[str, Any]
    resources: dict[str, Any]
    role: str
    stopping: dict[str, Any]
    network: dict[str, Any]
    environment: dict[str, str]

    @property
    def endpoint_name(self) -> str:
        return str(self.endpoint["EndpointName"])


def named(told: dict[str, Any]) -> Work:
    """The work of a DataQualityJobDefinition, from its request or description."""
    app = told["DataQualityAppSpecification"]
    return Work(
        name=told["JobDefinitionName"],
        app=app,
        baseline=told.get("DataQualityBaselineConfig") or {},
        endpoint=told["DataQualityJobInput"].get("EndpointInput") or {},
        output=told["DataQualityJobOutputConfig"],
        resources=told["JobResources"],
        role=told["RoleArn"],
        stopping=told.get("StoppingCondition") or {},
        network=told.get("NetworkConfig") or {},
        environment=app.get("Environment") or {},
    )


def inline(told: dict[str, Any]) -> Work:
    """The work of a MonitoringJobDefinition, the older form inside a schedule."""
    (source,) = told["MonitoringInputs"]
    return Work(
        name=None,
        app=told["MonitoringAppSpecification"],
        baseline=told.get("BaselineConfig") or {},
        endpoint=source.get("EndpointInput") or {},
        output=told["MonitoringOutputConfig"],
        resources=told["MonitoringResources"],
        role=told["RoleArn"],
        stopping=told.get("StoppingCondition") or {},
        network=told.get("NetworkConfig") or {},
        environment=told.get("Environment") or {},
    )


def check(work: Work, operation: str) -> None:
    """Refuse what SageMaker refuses, and what no local execution does."""

    def refuse(what: str) -> NotImplementedLocallyError:
        return NotImplementedLocallyError("sagemaker", f"{operation} with {what}")

    image = work.app["ImageUri"]
    if image.rpartition("/")[2].partition(":")[0] != ANALYZER:
        raise refuse(f"the image {image} (a stand-in for {ANALYZER} is done)")
    if not current().analyzer:
        raise refuse(f"the image {image} and no stand-in for it (LocalCloud(analyzer=…) or --analyzer gives one)")
    for name in ("ContainerEntrypoint", "ContainerArguments"):
        if work.app.get(name):
            raise refuse(name)
    if not work.endpoint:
        raise refuse("batch transform input")
    for name in ("StatisticsResource", "ConstraintsResource"):
        if not work.baseline.get(name, {}).get("S3Uri"):
            raise refuse(f"a baseline without {name}")
    for name in ("StartTimeOffset", "EndTimeOffset", "FeaturesAttribute", "ExcludeFeaturesAttribute"):
        if work.endpoint.get(name):
            raise refuse(f"the input's {name}")
    if work.endpoint.get("S3InputMode") == "Pipe":
        raise refuse("input mode Pipe")
    if work.resources["ClusterConfig"]["InstanceCount"] > 1:
        raise refuse("more than one instance")
    capture(work.endpoint_name)


def capture(endpoint: str) -> tuple[str, list[str]]:
    """Where an endpoint's captured data goes, and its variants. Raises ValidationError, with SageMaker's own text."""
    client = current().engine_client("sagemaker")
    error = ValidationError(f"Endpoint '{endpoint}' does not exist or is not valid")
    try:
        told = client.describe_endpoint(EndpointName=endpoint)
        config = client.describe_endpoint_config(EndpointConfigName=told["EndpointConfigName"])
    except client.exceptions.ClientError:
        raise error from None
    if not config.get("DataCaptureConfig", {}).get("EnableCapture"):
        raise error
    variants = [variant["VariantName"] for variant in config["ProductionVariants"]]
    return config["DataCaptureConfig"]["DestinationS3Uri"], variants


def find(of: SageMakerModelBackend, name: str) -> Work:
    """The work of the definition ``name``."""
    return named(of.describe_data_quality_job_definition(name))


@replace(SageMakerResponse, "create_data_quality_job_definition", "(self)")
def create_data_quality_job_definition(self: Any) -> ActionResult:
    check(named(self.params), "CreateDataQualityJobDefinition")
    of, name = self.sagemaker_backend, self.params["JobDefinitionName"]
    if name in of.data_quality_job_definitions:
        raise ResourceInUseException(
            f"Job definition name must be unique, and one exists: {of.data_quality_job_definitions[name].arn}"
        )
    return create_data_quality_job_definition.original(self)  # type: ignore[attr-defined]


@replace(SageMakerResponse, "list_data_quality_job_definitions", "(self)")
def list_data_quality_job_definitions(self: Any) -> ActionResult:
    """With filters, and the endpoint's own name; moto says "EndpointName"."""
    found = [
        {**item.summary_object, "EndpointName": item.data_quality_job_input["EndpointInput"]["EndpointName"]}
        for item in self.sagemaker_backend.data_quality_job_definitions.values()
    ]
    stem = "MonitoringJobDefinition"
    return ActionResult(select(self.params, found, "JobDefinitionSummaries", stem, equal=("EndpointName",)))
