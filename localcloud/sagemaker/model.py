"""A model as SageMaker hosts it: its artifacts and code on disk, for endpoints and batch transform alike."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from localcloud.sagemaker.container import JobError
from localcloud.sagemaker.s3_data import unpack

PROGRAM = "SAGEMAKER_PROGRAM"
CODE = "code"  # in model.tar.gz, https://docs.aws.amazon.com/sagemaker/latest/dg/xgboost.html


@dataclass(frozen=True)
class HostedModel:
    """One container of a model.

    Attributes:
        image: registry path.
        data: S3 URI of model.tar.gz.
        environment: variables of the container.
    """

    image: str
    data: str
    environment: dict[str, str]

    @property
    def program(self) -> str:
        """The script with the handlers, in the archive's code folder."""
        return self.environment.get(PROGRAM, "inference.py")


def hosted(client: Any, name: str) -> HostedModel:
    """The container of the model ``name``; of a model package where the model names one. Raises JobError.

    Args:
        client: boto3 client of SageMaker.
    """
    model = client.describe_model(ModelName=name)
    containers = model.get("Containers") or [model.get("PrimaryContainer") or {}]
    if len(containers) != 1:
        raise JobError(f"ClientError: the local cloud hosts no inference pipelines: {name} has several containers")
    (container,) = containers
    package = container.get("ModelPackageName")
    own = container.get("Environment") or {}
    if package:
        specification = client.describe_model_package(ModelPackageName=package)["InferenceSpecification"]
        (container,) = specification["Containers"]
    data = container.get("ModelDataUrl")
    if not data:
        raise JobError(f"ClientError: the local cloud hosts models with a ModelDataUrl only: {name} has none")
    return HostedModel(container["Image"], data, {**(container.get("Environment") or {}), **own})


def unpack_model(s3: Any, model: HostedModel, folder: Path) -> Path:
    """Unpack the archive into ``folder``; the path of the script. Raises JobError."""
    unpack(s3, model.data, folder)
    script = folder / CODE / model.program
    if not script.is_file():
        raise JobError(f"ClientError: {model.data} has no {CODE}/{model.program}")
    return script
