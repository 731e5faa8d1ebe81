"""Training jobs in script mode: https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateTrainingJob.html.

The variables and the command line are those of the toolkit in the job's image: `toolkit_arguments`.
"""

import os
from pathlib import Path
from typing import Any

from moto.core.utils import utcnow
from moto.sagemaker.exceptions import ValidationError

from localcloud.sagemaker import entry_point, metric_regex, training_files
from localcloud.sagemaker.entry_point import EntryPoint
from localcloud.sagemaker.folder_sync import FolderSync
from localcloud.sagemaker.images import facts
from localcloud.sagemaker.job_run import JobRun
from localcloud.sagemaker.members import TRAINING
from localcloud.sagemaker.process import Command
from localcloud.sagemaker.s3_data import ACCOUNT_KEY, download, join, unpack, upload, upload_archive
from localcloud.sagemaker.toolkit_arguments import PROGRAM, SOURCE, TrainingEnvironment
from localcloud.unsupported import NotImplementedLocallyError

_STAGES = {  # https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_SecondaryStatusTransition.html
    "Starting": "Preparing the instances for training",
    "Downloading": "Downloading the training image",
    "Training": "Training image download completed. Training in progress.",
    "Uploading": "Uploading generated training model",
    "Completed": "Training job completed",
    "Failed": "Training job failed",
    "Stopped": "Training job stopped",
    "MaxRuntimeExceeded": "Training job runtime exceeded MaxRuntimeInSeconds provided",
}


def check(request: dict[str, Any], parameters: dict[str, str]) -> None:
    """Refuse what SageMaker refuses and what no local job does."""

    def refuse(what: str) -> NotImplementedLocallyError:
        return NotImplementedLocallyError("sagemaker", f"CreateTrainingJob with {what}")

    check_spot(request)
    TRAINING.check(request)
    algorithm, groups = (
        request["AlgorithmSpecification"],
        request.get("ResourceConfig", {}).get("InstanceGroups") or (),
    )
    metric_regex.check(algorithm.get("MetricDefinitions") or [])
    if len(groups) > 1:
        raise refuse("more than one instance (ResourceConfig.InstanceGroups)")
    if not algorithm.get("ContainerEntrypoint") and (PROGRAM not in parameters or SOURCE not in parameters):
        raise refuse(
            f"the built-in algorithm of {algorithm.get('TrainingImage')} (script mode and container entry points run)"
        )


def check_spot(request: dict[str, Any]) -> None:
    """https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_StoppingCondition.html; texts of the service."""
    limits = request.get("StoppingCondition", {})
    wait, run = limits.get("MaxWaitTimeInSeconds"), limits.get("MaxRuntimeInSeconds", 86400)
    if not request.get("EnableManagedSpotTraining"):
        if wait is not None:
            raise ValidationError(
                "Invalid MaxWaitTimeInSeconds. It is only supported when EnableManagedSpotTraining is set to true"
            )
    elif wait is None or wait < run:
        raise ValidationError(
            "Invalid MaxWaitTimeInSeconds. It must be present and be greater than or equal to MaxRuntimeInSeconds"
        )


class TrainingRun(JobRun):
    log_group = "/aws/sagemaker/TrainingJobs"

    def __init__(self, *of: Any) -> None:
        self.metric_definitions = of[1].request["AlgorithmSpecification"].get("MetricDefinitions") or []
        super().__init__(*of)
        self.entry = EntryPoint((), "")

    def enter(self, secondary: str) -> None:
        job, now = self.job, utcnow()
        history = job.more.setdefault("SecondaryStatusTransitions", [])
        if history:
            history[-1]["EndTime"] = now
        message = job.failure or _STAGES[secondary]
        history.append({"Status": secondary, "StartTime": now, "StatusMessage": message})
        job.more["SecondaryStatus"] = secondary
        if job.ended is not None:
            history[-1]["EndTime"] = now
            self._account()

    def _account(self) -> None:
        job = self.job
        job.more["FinalMetricDataList"] = [
            {"MetricName": name, "Value": value, "Timestamp": at} for name, (value, at) in self.output.metrics.items()
        ]
        if job.started is not None and job.ended is not None:
            job.more["TrainingTimeInSeconds"] = seconds = max(round((job.ended - job.started).total_seconds()), 1)
            job.more["BillableTimeInSeconds"] = seconds  # nothing interrupts spot training here: no saving

    def prepare(self) -> Command:
        request, container = self.job.request, self.container
        training_files.write(container, request)
        for channel in request.get("InputDataConfig") or ():
            folder = container.folder(f"/opt/ml/input/data/{channel['ChannelName']}")
            source = channel["DataSource"]["S3DataSource"]
            download(self.s3, source["S3Uri"], folder, source["S3DataType"])
        if checkpoints := request.get("CheckpointConfig"):
            folder = container.folder(checkpoints.get("LocalPath") or training_files.CHECKPOINTS)
            download(self.s3, checkpoints["S3Uri"], folder, optional=True)
        algorithm = request["AlgorithmSpecification"]
        if algorithm.get("ContainerEntrypoint"):
            self.entry = entry_point.of_request(container, algorithm)
            return self._command(self.entry.words, "/opt/ml", {})
        toolkit = self._toolkit()
        source = str(toolkit.all[SOURCE])
        unpack(self.s3, source, container.path(entry_point.CODE))
        self.entry = entry_point.of_toolkit(toolkit, container, source)
        return self._command(self.entry.words, entry_point.CODE, toolkit.variables)

    def _command(self, words: tuple[str, ...], directory: str, variables: dict[str, str]) -> Command:
        given = self.job.request.get("Environment") or {}
        environment = {
            "SAGEMAKER_BASE_DIR": self.container.inside("/opt/ml"),
            "TRAINING_JOB_NAME": self.job.name,
            "TRAINING_JOB_ARN": self.job.arn,
            **variables,
            **{name: self.container.translate(value) for name, value in given.items()},
        }
        if variables:  # entry_point.install: the code's folder is on the path, of the script's own processes too
            paths = (self.container.inside(entry_point.CODE), environment.get("PYTHONPATH", ""))
            environment["PYTHONPATH"] = os.pathsep.join(path for path in paths if path)
        return Command(words, self.container.inside(directory), self.container, environment)

    def installs(self) -> list[Command]:
        return [self._command(self.entry.install, entry_point.CODE, {})] if self.entry.install else []

    def live(self) -> list[FolderSync]:
        request = self.job.request
        folders: list[FolderSync] = []
        if checkpoints := request.get("CheckpointConfig"):
            path = checkpoints.get("LocalPath") or training_files.CHECKPOINTS
            folders.append(self.sync(path, checkpoints["S3Uri"]))
            folders[0].know()
        # where the SDK looks for them: Estimator.latest_job_tensorboard_artifacts_path, …debugger_artifacts_path
        for member, path, name in (
            ("TensorBoardOutputConfig", training_files.TENSORBOARD, "tensorboard-output"),
            ("DebugHookConfig", training_files.TENSORS, "debug-output"),
        ):
            if config := request.get(member):
                uri = join(config["S3OutputPath"], self.job.name, name)
                folders.append(self.sync(config.get("LocalPath") or path, uri))
        return folders

    def _toolkit(self) -> TrainingEnvironment:
        request = self.job.request
        return TrainingEnvironment(
            image=facts(request["AlgorithmSpecification"].get("TrainingImage") or ""),
            root=self.container.inside("/opt/ml"),
            hyperparameters=request.get("HyperParameters") or {},
            resource_config=training_files.resource_config(request),
            input_data_config=training_files.input_data_config(request),
            job_name=self.job.name,
            region=self.region,
        )

    def finish(self) -> None:
        """https://docs.aws.amazon.com/sagemaker/latest/dg/your-algorithms-training-algo-output.html"""
        config = self.job.request["OutputDataConfig"]
        folder = join(config["S3OutputPath"], self.job.name, "output")
        key = config.get("KmsKeyId") or ACCOUNT_KEY
        model, data = self.container.path("/opt/ml/model"), self.container.path("/opt/ml/output/data")
        if config.get("CompressionType") == "NONE":
            # https://docs.aws.amazon.com/sagemaker/latest/dg/large-model-inference-uncompressed.html
            artifacts = f"{folder}/model/"
            upload(self.s3, self.container.files(model), artifacts, key)
            upload(self.s3, self.container.files(data), f"{folder}/data/", key)
        else:
            artifacts = f"{folder}/model.tar.gz"
            upload_archive(self.s3, model, artifacts, key)
            if _holds(data):
                upload_archive(self.s3, data, f"{folder}/output.tar.gz", key)
        self.job.more["ModelArtifacts"] = {"S3ModelArtifacts": artifacts}

    def stopped(self) -> None:
        """What the algorithm saved before its end is kept."""
        if _holds(self.container.path("/opt/ml/model")):
            self.finish()

    def failure(self, code: int, error: str, command: Command) -> str:
        """What the code itself left in output/failure, else what the toolkit leaves there."""
        own = self.container.message("/opt/ml/output/failure")
        if own:
            return f"AlgorithmError: {own}, exit code: {code}"
        entry, shown, name = self.entry, self.entry.shown, "ExecuteUserScriptError"
        if command.words == entry.install:
            shown, name = " ".join(entry.install), entry.install_error
        elif self.job.request["AlgorithmSpecification"].get("ContainerEntrypoint"):
            return f"AlgorithmError: {error}, exit code: {code}"
        told = f'{name}:\nExitCode {code}\nErrorMessage "{error}"\nCommand "{shown}"'
        return f"AlgorithmError: {told}, exit code: {code}"


def _holds(folder: Path) -> bool:
    """Whether there is something in a folder, which the code may have removed."""
    return folder.is_dir() and any(folder.iterdir())
