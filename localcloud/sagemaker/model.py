"""A model as SageMaker hosts it: its artifacts and code on disk, for endpoints and batch transform alike."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from localcloud.sagemaker.container import Container, JobError
from localcloud.sagemaker.images import CONTAINERS, ImageFacts, facts
from localcloud.sagemaker.s3_data import ArchiveError, download, parse, unpack

PROGRAM, SOURCE = "SAGEMAKER_PROGRAM", "SAGEMAKER_SUBMIT_DIRECTORY"
MODEL, INSTALLED = "/opt/ml/model", "/opt/ml/code"
CODE = "code"  # in model.tar.gz, https://docs.aws.amazon.com/sagemaker/latest/dg/xgboost.html
_DEFAULT_PROGRAM = "inference.py"


@dataclass(frozen=True)
class Source:
    """Where a model's artifacts are: https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_S3ModelDataSource.html

    Attributes:
        kind: S3Object or S3Prefix.
        archive: it is a tar.gz.
    """

    uri: str
    kind: str = "S3Object"
    archive: bool = True


@dataclass(frozen=True)
class HostedModel:
    """One container of a model.

    Attributes:
        image: registry path.
        data: None where the model is in the code.
        environment: variables of the container.
    """

    image: str
    data: Source | None
    environment: dict[str, str]

    @property
    def facts(self) -> ImageFacts:
        return facts(self.image)

    @property
    def program(self) -> str:
        """The script with the handlers."""
        return self.environment.get(PROGRAM) or _DEFAULT_PROGRAM

    def variables(self, container: Container) -> dict[str, str]:
        """The environment of the process that hosts it in ``container``."""
        base = {"SAGEMAKER_BASE_DIR": container.inside("/opt/ml"), "SM_MODEL_DIR": container.inside(MODEL)}
        return {**base, **self.environment}


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
    return HostedModel(container["Image"], _source(container), {**(container.get("Environment") or {}), **own})


def _source(container: dict[str, Any]) -> Source | None:
    if container.get("ModelDataUrl"):
        return Source(container["ModelDataUrl"])
    given = (container.get("ModelDataSource") or {}).get("S3DataSource")
    return Source(given["S3Uri"], given["S3DataType"], given["CompressionType"] == "Gzip") if given else None


def unpack_model(s3: Any, model: HostedModel, container: Container) -> dict[str, Any]:
    """Bring artifacts and code into ``container``; what the process needs to know to host them. Raises JobError."""
    folder = container.folder(MODEL)
    if model.data is not None:
        _fetch(s3, model.data, folder)
    code, name = _code(s3, model, container), model.program.removesuffix(".py")
    place = code / name.replace(".", "/")
    if "/" in name or "" in name.split("."):
        raise JobError(
            f"ClientError: {PROGRAM} {model.program}: the container imports it by this name, so that it has to be a "
            "file at the root of the code"
        )
    if not place.with_name(f"{place.name}.py").is_file() and not (place / "__init__.py").is_file():
        where = container.clean(str(code)).replace(f"{MODEL}/", f"{model.data.uri if model.data else 'the model'}: ")
        raise JobError(f"ClientError: there is no {model.program} in {where}")
    return {
        "code": container.named(code),
        "module": name,
        "model_dir": container.inside(MODEL),
        "missing": [name for name in (PROGRAM, SOURCE) if not model.environment.get(name)],
        "serving": model.facts.serving,
        "handlers": model.facts.handlers,
    }


def _fetch(s3: Any, source: Source, folder: Path) -> None:
    """Bring the artifacts. The texts are SageMaker's: https://github.com/aws/deep-learning-containers/pull/569 and
    https://github.com/aws-solutions-library-samples/fraud-detection-using-machine-learning/issues/9"""
    where = f'model data{{}} for container "container_1" from URL{{}} "{source.uri}". Please ensure that'
    if source.kind == "S3Prefix" and not parse(source.uri)[1].endswith("/"):
        raise JobError(f"ClientError: {source.uri}: an S3Prefix of model data ends with a slash")
    try:
        if source.archive:
            unpack(s3, source.uri, folder)
        else:
            download(s3, source.uri, folder)
    except ArchiveError as error:
        raise JobError(
            f"ClientError: Failed to extract {where.format(' archive', '')} the object located at the URL is a valid "
            f"tar.gz archive. {_bare(error)}"
        ) from error
    except JobError as error:
        raise JobError(
            f"ClientError: Failed to download {where.format('', ':')} there is an object located at the URL and that "
            f"the role passed to CreateModel has permissions to download the object. {_bare(error)}"
        ) from error


def _bare(error: JobError) -> str:
    return str(error).removeprefix("ClientError: ")


def _code(s3: Any, model: HostedModel, container: Container) -> Path:
    """The folder with the script.

    sagemaker-containers installs it from SAGEMAKER_SUBMIT_DIRECTORY, an archive in S3 or a folder; the inference
    toolkit looks into the model only (sagemaker_inference/environment.py, code_dir).
    """
    given = model.environment.get(SOURCE)
    if not given or model.facts.serving != CONTAINERS:
        return container.path(f"{MODEL}/{CODE}")
    if given.startswith("s3://"):
        code = container.folder(INSTALLED)
        unpack(s3, given, code)
        return code
    code = container.path(given)
    if not code.is_dir():
        raise JobError(f"ClientError: {SOURCE} {given}: there is no such folder, and it is no s3:// URI")
    return code
