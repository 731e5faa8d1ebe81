"""Every member of the requests that create jobs: done, without effect here, or refused by name.

A member of botocore's model that is in none of the tables fails a test: nothing is taken and silently dropped. A path
stands for all below it that has no entry of its own; ``[]`` is any element of a list.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from localcloud.unsupported import NotImplementedLocallyError


@dataclass(frozen=True)
class Refusal:
    """A member with which the operation is refused, but for the ``accepted`` values and those that say nothing."""

    what: str
    accepted: tuple[Any, ...] = ()


@dataclass(frozen=True)
class Members:
    """The tables of one operation: paths of members, the reason of those without effect."""

    operation: str
    done: frozenset[str]
    without_effect: dict[str, str]
    refused: dict[str, Refusal]

    def check(self, request: dict[str, Any]) -> None:
        """Raises NotImplementedLocallyError for the first member that is refused."""
        for path, place, value in walk(request):
            refusal = self.refused.get(path)
            if refusal is not None and value and value not in refusal.accepted:
                raise NotImplementedLocallyError("sagemaker", f"{self.operation} with {refusal.what} ({place})")

    def covers(self, path: str) -> bool:
        """Whether a table has ``path`` or what it is part of."""
        while path:
            if path in self.done or path in self.without_effect or path in self.refused:
                return True
            path = path.rpartition(".")[0] if not path.endswith("[]") else path.removesuffix("[]")
        return False


def walk(value: Any, path: str = "", place: str = "") -> Iterator[tuple[str, str, Any]]:
    """Every member of a request: its path in the model, its place in the request, its value."""
    if path:
        yield path, place, value
    if isinstance(value, dict):
        for name, item in value.items():
            yield from walk(item, f"{path}.{name}" if path else name, f"{place}.{name}" if place else name)
    elif isinstance(value, list):
        for at, item in enumerate(value):
            yield from walk(item, f"{path}[]", f"{place}[{at}]")


_ONE_INSTANCE = Refusal("more than one instance", (1,))
_ON_ONE_MACHINE = "one instance, on this machine"
_TRANSFERRED = "one instance has all of the data"

TRAINING = Members(
    operation="CreateTrainingJob",
    done=frozenset(
        {
            *(
                "TrainingJobName",
                "HyperParameters",
                "RoleArn",
                "Tags",
                "Environment",
                "VpcConfig",
                "StoppingCondition",
            ),
            *("AlgorithmSpecification.TrainingImage", "AlgorithmSpecification.MetricDefinitions"),
            *("AlgorithmSpecification.ContainerEntrypoint", "AlgorithmSpecification.ContainerArguments"),
            *("InputDataConfig[].ChannelName", "InputDataConfig[].ContentType"),
            "InputDataConfig[].DataSource.S3DataSource.S3Uri",
            *("OutputDataConfig", "ResourceConfig.InstanceType", "ResourceConfig.InstanceGroups"),
            *("EnableManagedSpotTraining", "EnableNetworkIsolation", "CheckpointConfig", "TensorBoardOutputConfig"),
            *("DebugHookConfig", "ExperimentConfig", "ProfilerConfig.DisableProfiler"),
        }
    ),
    without_effect={
        "AlgorithmSpecification.EnableSageMakerMetricsTimeSeries": "metrics have their last value only",
        "AlgorithmSpecification.TrainingImageConfig": "no image is fetched",
        "InputDataConfig[].DataSource.S3DataSource.S3DataDistributionType": _TRANSFERRED,
        "InputDataConfig[].DataSource.S3DataSource.InstanceGroupNames": "one group has all of the data",
        "InputDataConfig[].DataSource.S3DataSource.ModelAccessConfig": "no licence is asked for",
        "InputDataConfig[].ShuffleConfig": "the order of files in a folder, which Pipe mode streams",
        "ResourceConfig.VolumeSizeInGB": _ON_ONE_MACHINE,
        "ResourceConfig.VolumeKmsKeyId": _ON_ONE_MACHINE,
        "ResourceConfig.KeepAlivePeriodInSeconds": "every job starts on a warm interpreter",
        "StoppingCondition.MaxWaitTimeInSeconds": "spot capacity is always there",
        "StoppingCondition.MaxPendingTimeInSeconds": "capacity is always there",
        "EnableInterContainerTrafficEncryption": "one container",
        "RetryStrategy": "nothing here ends with an InternalServerError that a retry would mend",
        "InfraCheckConfig": _ON_ONE_MACHINE,
        "ProfilerConfig.ProfilingIntervalInMilliseconds": "the profiler is refused",
    },
    refused={
        "AlgorithmSpecification.AlgorithmName": Refusal("an algorithm resource"),
        "AlgorithmSpecification.TrainingInputMode": Refusal("input mode Pipe", ("File", "FastFile")),
        "InputDataConfig[].InputMode": Refusal("input mode Pipe", ("File", "FastFile")),
        "InputDataConfig[].CompressionType": Refusal("the compressed channel", ("None",)),
        "InputDataConfig[].RecordWrapperType": Refusal("the wrapped channel", ("None",)),
        "InputDataConfig[].DataSource.S3DataSource.S3DataType": Refusal(
            "a channel which is neither an S3 prefix nor a manifest", ("S3Prefix", "ManifestFile")
        ),
        "InputDataConfig[].DataSource.S3DataSource.AttributeNames": Refusal("attributes of an augmented manifest"),
        "InputDataConfig[].DataSource.S3DataSource.HubAccessConfig": Refusal("a channel from a hub"),
        "InputDataConfig[].DataSource.FileSystemDataSource": Refusal("a channel from a file system"),
        "InputDataConfig[].DataSource.DatasetSource": Refusal("a channel from a dataset of the hub"),
        "ResourceConfig.InstanceCount": _ONE_INSTANCE,
        "ResourceConfig.InstanceGroups[].InstanceCount": _ONE_INSTANCE,
        "ResourceConfig.TrainingPlanArn": Refusal("a training plan"),
        "ResourceConfig.InstancePlacementConfig": Refusal("a placement of instances"),
        "ResourceConfig.InstancePreferences": Refusal("a choice of instance types"),
        "ResourceConfig.SelectedInstanceType": Refusal("a selected instance type"),
        "ResourceConfig.SelectedInstanceCount": Refusal("a selected number of instances"),
        "DebugRuleConfigurations": Refusal("rules of SageMaker Debugger"),
        "ProfilerConfig.S3OutputPath": Refusal("the profiler (DisableProfiler is done)"),
        "ProfilerConfig.ProfilingParameters": Refusal("the profiler (DisableProfiler is done)"),
        "ProfilerRuleConfigurations": Refusal("rules of the profiler"),
        "ExperimentConfig.RunName": Refusal("a run of an experiment"),
        "RemoteDebugConfig.EnableRemoteDebug": Refusal("remote debugging"),
        "SessionChainingConfig.EnableSessionTagChaining": Refusal("session tags"),
        "ServerlessJobConfig": Refusal("serverless model customization"),
        "MlflowConfig": Refusal("an MLflow app"),
        "ModelPackageConfig": Refusal("a model package that the job makes"),
    },
)

PROCESSING = Members(
    operation="CreateProcessingJob",
    done=frozenset(
        {
            *("ProcessingJobName", "RoleArn", "Tags", "Environment", "StoppingCondition", "AppSpecification"),
            *("ProcessingInputs[].InputName", "ProcessingInputs[].S3Input.S3Uri"),
            *("ProcessingInputs[].S3Input.LocalPath", "ProcessingInputs[].S3Input.S3DataType"),
            *("ProcessingOutputConfig.Outputs[].OutputName", "ProcessingOutputConfig.Outputs[].S3Output"),
            *("ProcessingOutputConfig.KmsKeyId", "NetworkConfig.VpcConfig", "NetworkConfig.EnableNetworkIsolation"),
            "ExperimentConfig",
        }
    ),
    without_effect={
        "ProcessingInputs[].S3Input.S3DataDistributionType": _TRANSFERRED,
        "ProcessingResources.ClusterConfig.InstanceType": _ON_ONE_MACHINE,
        "ProcessingResources.ClusterConfig.VolumeSizeInGB": _ON_ONE_MACHINE,
        "ProcessingResources.ClusterConfig.VolumeKmsKeyId": _ON_ONE_MACHINE,
        "NetworkConfig.EnableInterContainerTrafficEncryption": "one container",
    },
    refused={
        "ProcessingInputs[].AppManaged": Refusal("an input that the application manages"),
        "ProcessingInputs[].DatasetDefinition": Refusal("an input from Athena or Redshift"),
        "ProcessingInputs[].S3Input.S3InputMode": Refusal("input mode Pipe", ("File",)),
        "ProcessingInputs[].S3Input.S3CompressionType": Refusal("the compressed input", ("None",)),
        "ExperimentConfig.RunName": Refusal("a run of an experiment"),
        "ProcessingOutputConfig.Outputs[].AppManaged": Refusal("an output that the application manages"),
        "ProcessingOutputConfig.Outputs[].FeatureStoreOutput": Refusal("an output to the Feature Store"),
        "ProcessingResources.ClusterConfig.InstanceCount": _ONE_INSTANCE,
        "ProcessingResources.ClusterConfig.InstancePreferences": Refusal("a choice of instance types"),
        "ProcessingResources.ClusterConfig.SelectedInstanceType": Refusal("a selected instance type"),
        "ProcessingResources.ClusterConfig.SelectedInstanceCount": Refusal("a selected number of instances"),
    },
)

TRANSFORM = Members(
    operation="CreateTransformJob",
    done=frozenset(
        {
            *("TransformJobName", "ModelName", "MaxPayloadInMB", "BatchStrategy", "Environment", "Tags"),
            *("TransformInput.DataSource.S3DataSource.S3Uri", "TransformInput.ContentType", "TransformOutput"),
            "ExperimentConfig",
        }
    ),
    without_effect={
        "MaxConcurrentTransforms": "one request at a time",
        "ModelClientConfig": "the script is called and not asked over a network",
        "TransformResources.InstanceType": _ON_ONE_MACHINE,
        "TransformResources.VolumeKmsKeyId": _ON_ONE_MACHINE,
        "TransformResources.TransformAmiVersion": _ON_ONE_MACHINE,
    },
    refused={
        "TransformInput.DataSource.S3DataSource.S3DataType": Refusal(
            "an augmented manifest", ("S3Prefix", "ManifestFile")
        ),
        "TransformInput.CompressionType": Refusal("compressed input", ("None",)),
        "TransformInput.SplitType": Refusal("records of RecordIO or TFRecord", ("None", "Line")),
        "TransformResources.InstanceCount": _ONE_INSTANCE,
        "DataCaptureConfig": Refusal("data capture"),
        "DataProcessing.InputFilter": Refusal("a filter of the input", ("$",)),
        "DataProcessing.OutputFilter": Refusal("a filter of the output", ("$",)),
        "DataProcessing.JoinSource": Refusal("input joined to the output", ("None",)),
        "ExperimentConfig.RunName": Refusal("a run of an experiment"),
    },
)


def without_effect() -> str:
    """What these operations take and nothing here needs, in words."""
    found = {
        f"{path.rpartition('.')[2]} ({why})"
        for table in (TRAINING, PROCESSING, TRANSFORM)
        for path, why in table.without_effect.items()
    }
    return ", ".join(sorted(found))
