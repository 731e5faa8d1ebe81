"""Training jobs in script mode: https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateTrainingJob.html.

The variables and the command line are those of the toolkit in the job's image: `toolkit_arguments`.
"""

from typing import Any

from moto.core.utils import utcnow
from moto.sagemaker.exceptions import ValidationError

from localcloud.sagemaker.container import JobError
from localcloud.sagemaker.images import CONTAINERS, facts
from localcloud.sagemaker.job_run import JobRun
from localcloud.sagemaker.process import Command
from localcloud.sagemaker.s3_data import download, join, unpack, upload_archive
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
    algorithm = request["AlgorithmSpecification"]
    if algorithm.get("ContainerEntrypoint"):
        raise refuse("a container entry point (script mode is done: sagemaker_program, sagemaker_submit_directory)")
    if PROGRAM not in parameters or SOURCE not in parameters:
        image = algorithm.get("TrainingImage") or algorithm.get("AlgorithmName")
        raise refuse(f"the built-in algorithm of {image} (script mode is done)")
    if request.get("ResourceConfig", {}).get("InstanceCount", 1) > 1:
        raise refuse("more than one instance")
    for channel in request.get("InputDataConfig") or ():
        name, source = channel["ChannelName"], channel["DataSource"].get("S3DataSource")
        if source is None or source["S3DataType"] not in ("S3Prefix", "ManifestFile"):
            raise refuse(f"the channel {name}, which is neither an S3 prefix nor a manifest")
        if channel.get("CompressionType") == "Gzip" or channel.get("RecordWrapperType") == "RecordIO":
            raise refuse(f"the compressed or wrapped channel {name}")
        if "Pipe" in (channel.get("InputMode"), algorithm["TrainingInputMode"]):
            raise refuse(f"input mode Pipe ({name})")


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
        self.command_line = ""

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
        for channel in request.get("InputDataConfig") or ():
            folder = container.folder(f"/opt/ml/input/data/{channel['ChannelName']}")
            source = channel["DataSource"]["S3DataSource"]
            download(self.s3, source["S3Uri"], folder, source["S3DataType"])
        toolkit = self._toolkit()
        program, source = toolkit.program or "", str(toolkit.all[SOURCE])
        code = container.folder("/opt/ml/code")
        unpack(self.s3, source, code)
        if not (code / program).is_file():
            raise JobError(f"ClientError: {source} has no {program} at its root")
        for name in ("model", "output/data", "output/intermediate", "checkpoints"):
            container.folder(f"/opt/ml/{name}")
        container.write_json("/opt/ml/input/config/hyperparameters.json", dict(toolkit.hyperparameters))
        container.write_json("/opt/ml/input/config/inputdataconfig.json", toolkit.input_data_config)
        container.write_json("/opt/ml/input/config/resourceconfig.json", toolkit.resource_config)
        given = request.get("Environment") or {}
        environment = {
            "SAGEMAKER_BASE_DIR": container.inside("/opt/ml"),
            "TRAINING_JOB_NAME": self.job.name,
            "TRAINING_JOB_ARN": self.job.arn,
            **toolkit.variables,
            **{name: container.translate(value) for name, value in given.items()},
        }
        script = ("-m", program.removesuffix(".py")) if toolkit.image.training == CONTAINERS else (program,)
        self.command_line = " ".join(("python3", *script, *toolkit.arguments))
        words = ("python3", container.named(code / program), *toolkit.arguments)
        return Command(words, container.inside("/opt/ml/code"), container, environment)

    def _toolkit(self) -> TrainingEnvironment:
        request, algorithm = self.job.request, self.job.request["AlgorithmSpecification"]
        return TrainingEnvironment(
            image=facts(algorithm.get("TrainingImage") or ""),
            root=self.container.inside("/opt/ml"),
            hyperparameters=request.get("HyperParameters") or {},
            resource_config={"current_host": "algo-1", "hosts": ["algo-1"], "network_interface_name": "lo"},
            input_data_config={
                channel["ChannelName"]: {
                    "TrainingInputMode": channel.get("InputMode") or "File",
                    "S3DistributionType": "FullyReplicated",
                    "RecordWrapperType": "None",
                    **({"ContentType": channel["ContentType"]} if "ContentType" in channel else {}),
                }
                for channel in request.get("InputDataConfig") or ()
            },
            job_name=self.job.name,
            region=self.region,
        )

    def finish(self) -> None:
        """https://docs.aws.amazon.com/sagemaker/latest/dg/your-algorithms-training-algo-output.html"""
        config = self.job.request["OutputDataConfig"]
        folder = join(config["S3OutputPath"], self.job.name, "output")
        key = config.get("KmsKeyId") or None
        upload_archive(self.s3, self.container.path("/opt/ml/model"), f"{folder}/model.tar.gz", key)
        data = self.container.path("/opt/ml/output/data")
        if any(data.iterdir()):
            renamed = data.rename(data.parent / "output")
            upload_archive(self.s3, renamed, f"{folder}/output.tar.gz", key)
        self.job.more["ModelArtifacts"] = {"S3ModelArtifacts": f"{folder}/model.tar.gz"}

    def stopped(self) -> None:
        """What the algorithm saved before its end is kept."""
        if any(self.container.path("/opt/ml/model").iterdir()):
            self.finish()

    def failure(self, code: int, error: str, command: Command) -> str:
        """What the code itself left in output/failure, else what the toolkit leaves there."""
        own = self.container.message("/opt/ml/output/failure")
        if own:
            return f"AlgorithmError: {own}, exit code: {code}"
        told = f'ExecuteUserScriptError:\nExitCode {code}\nErrorMessage "{error}"\nCommand "{self.command_line}"'
        return f"AlgorithmError: {told}, exit code: {code}"
