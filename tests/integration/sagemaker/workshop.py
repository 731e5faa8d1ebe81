"""Small scripts, and the requests and definitions that run them."""

import io
import json
import tarfile
import time
from collections.abc import Iterable
from typing import Any

from localcloud import LocalCloud

ROLE = "arn:aws:iam::123456789012:role/sagemaker"
BUCKET = "workshop"
IMAGE = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:3.2-0"

# input/data/*.txt → output/data/upper.txt; arguments say what else happens
PREPARE = """
import os, pathlib, sys, time
root = pathlib.Path(os.environ["PROCESSING_ROOT"])
text = "".join(path.read_text() for path in sorted((root / "input/data").rglob("*.txt")))
print("read", len(text), "characters")
if "fail" in sys.argv:
    raise ValueError("column 'tail' is missing")
if "sleep" in sys.argv:
    (root / "pid").write_text(str(os.getpid()))
    time.sleep(60)
(root / "output/data/upper.txt").write_text(text.upper())
"""

# prints a metric for each round, keeps its arguments as the model
TRAIN = """
import argparse, json, os, pathlib, sys
parser = argparse.ArgumentParser()
parser.add_argument("--depth", type=int, default=3)
parser.add_argument("--rate", type=float, default=0.1)
parser.add_argument("--mode", default="")
given = parser.parse_args()
data = pathlib.Path(os.environ["SM_CHANNEL_TRAIN"])
for step in range(1, 4):
    print(f"[{step}] validation-auc:{0.5 + 0.04 * step + 0.1 * given.rate:.4f}", flush=True)
if given.mode == "raise":
    raise RuntimeError("no positive rows")
if given.mode == "told":
    pathlib.Path(os.environ["SM_OUTPUT_DIR"], "failure").write_text("the label has one class only")
    sys.exit(3)
model = {"depth": given.depth, "rate": given.rate, "text": (data / "upper.txt").read_text()}
pathlib.Path(os.environ["SM_MODEL_DIR"], "model.json").write_text(json.dumps(model))
pathlib.Path(os.environ["SM_OUTPUT_DATA_DIR"], "notes.txt").write_text(os.environ["SM_HPS"])
"""

# input/model/model.tar.gz → output/evaluation/evaluation.json
EVALUATE = """
import json, os, pathlib, tarfile
root = pathlib.Path(os.environ["PROCESSING_ROOT"])
with tarfile.open(root / "input/model/model.tar.gz") as archive:
    model = json.load(archive.extractfile("model.json"))
report = {"metrics": {"auc": {"value": 0.6 + model["rate"]}}, "text": model["text"]}
(root / "output/evaluation/evaluation.json").write_text(json.dumps(report))
"""


class Workshop:
    """A bucket with scripts and data."""

    def __init__(self, cloud: LocalCloud) -> None:
        self.cloud = cloud
        self.s3 = cloud.client("s3")
        self.client = cloud.client("sagemaker")
        self.s3.create_bucket(Bucket=BUCKET)
        for name, text in (("prepare", PREPARE), ("evaluate", EVALUATE)):
            self.put(f"code/{name}.py", text)
        self.put_source({"train.py": TRAIN})
        self.put("data/a.txt", "one\n")
        self.put("data/deep/b.txt", "two\n")

    def put(self, key: str, body: str | bytes) -> None:
        self.s3.put_object(Bucket=BUCKET, Key=key, Body=body)

    def put_source(self, files: dict[str, str]) -> None:
        packed = io.BytesIO()
        with tarfile.open(fileobj=packed, mode="w:gz") as archive:
            for name, text in files.items():
                info = tarfile.TarInfo(name)
                info.size = len(text.encode())
                archive.addfile(info, io.BytesIO(text.encode()))
        self.put("code/source.tar.gz", packed.getvalue())

    def get(self, uri: str) -> bytes:
        bucket, _, key = uri.removeprefix("s3://").partition("/")
        return bytes(self.s3.get_object(Bucket=bucket, Key=key)["Body"].read())

    def archive(self, uri: str) -> dict[str, str]:
        with tarfile.open(fileobj=io.BytesIO(self.get(uri))) as packed:
            return {
                name: content.read().decode() for name in packed.getnames() if (content := packed.extractfile(name))
            }

    def log(self, group: str, job: str) -> list[str]:
        logs = self.cloud.client("logs")
        streams = logs.describe_log_streams(logGroupName=group, logStreamNamePrefix=f"{job}/")["logStreams"]
        events = [
            event
            for stream in streams
            for event in logs.get_log_events(
                logGroupName=group, logStreamName=stream["logStreamName"], startFromHead=True
            )["events"]
        ]
        return [event["message"] for event in events]

    def ended(self, kind: str, name: str, seconds: float = 60) -> dict[str, Any]:
        """The description of a job once it is over; ``kind`` as in describe_KIND_job."""
        stem = {"hyper_parameter_tuning": "HyperParameterTuningJob"}.get(kind, f"{kind.capitalize()}Job")
        describe = getattr(self.client, f"describe_{kind}_job")
        deadline = time.monotonic() + seconds
        while True:
            told: dict[str, Any] = describe(**{f"{stem}Name": name})
            if told[f"{stem}Status"] in ("Completed", "Failed", "Stopped"):
                return told
            assert time.monotonic() < deadline, f"{name} is still {told[f'{stem}Status']}"
            time.sleep(0.03)

    def cleared(self) -> bool:
        """Whether no job has left its folder; jobs remove it when they have ended."""
        deadline = time.monotonic() + 30
        while found := list((self.cloud.workdir / "sagemaker").glob("*-job-*")):
            if time.monotonic() > deadline:
                return not found
            time.sleep(0.03)
        return True

    def process(self, name: str, *arguments: str, **more: Any) -> None:
        self.client.create_processing_job(
            ProcessingJobName=name,
            **processing("prepare", arguments, {"data": f"s3://{BUCKET}/data/"}, "data"),
            **more,
        )

    def train(self, name: str, hyperparameters: dict[str, str] | None = None, **more: Any) -> None:
        self.put("ready/upper.txt", "ONE")
        self.client.create_training_job(
            TrainingJobName=name, **(training(f"s3://{BUCKET}/ready/", hyperparameters or {}) | more)
        )

    def start(self, name: str, **parameters: str) -> str:
        answer = self.client.start_pipeline_execution(
            PipelineName=name, PipelineParameters=[{"Name": key, "Value": value} for key, value in parameters.items()]
        )
        return str(answer["PipelineExecutionArn"])

    def finished(self, arn: str, seconds: float = 90) -> dict[str, Any]:
        deadline = time.monotonic() + seconds
        while True:
            told: dict[str, Any] = self.client.describe_pipeline_execution(PipelineExecutionArn=arn)
            if told["PipelineExecutionStatus"] not in ("Executing", "Stopping"):
                return told
            assert time.monotonic() < deadline, self.steps(arn)
            time.sleep(0.03)

    def steps(self, arn: str) -> dict[str, dict[str, Any]]:
        """Steps by name, in the order in which they began."""
        answer = self.client.list_pipeline_execution_steps(PipelineExecutionArn=arn, SortOrder="Ascending")
        return {step["StepName"]: step for step in answer["PipelineExecutionSteps"]}

    def run(self, name: str, **parameters: str) -> tuple[dict[str, Any], dict[str, dict[str, Any]]]:
        """Start, wait: the execution and its steps."""
        arn = self.start(name, **parameters)
        return self.finished(arn), self.steps(arn)


def processing(
    script: str, arguments: Iterable[Any], inputs: dict[str, Any], *outputs: str, folder: Any = f"s3://{BUCKET}/out"
) -> dict[str, Any]:
    """Members of CreateProcessingJob, without the name."""
    sources = {"code": f"s3://{BUCKET}/code/{script}.py", **inputs}
    app: dict[str, Any] = {
        "ImageUri": IMAGE,
        "ContainerEntrypoint": ["python3", f"/opt/ml/processing/input/code/{script}.py"],
    }
    if arguments:
        app["ContainerArguments"] = list(arguments)
    return {
        "RoleArn": ROLE,
        "AppSpecification": app,
        "ProcessingResources": {
            "ClusterConfig": {"InstanceCount": 1, "InstanceType": "ml.m5.large", "VolumeSizeInGB": 1}
        },
        "ProcessingInputs": [
            {
                "InputName": name,
                "S3Input": {
                    "S3Uri": uri,
                    "LocalPath": f"/opt/ml/processing/input/{name}",
                    "S3DataType": "S3Prefix",
                    "S3InputMode": "File",
                },
            }
            for name, uri in sources.items()
        ],
        "ProcessingOutputConfig": {
            "Outputs": [
                {
                    "OutputName": name,
                    "S3Output": {
                        "S3Uri": {"Std:Join": {"On": "/", "Values": [folder, name]}}
                        if isinstance(folder, dict)
                        else f"{folder}/{name}",
                        "LocalPath": f"/opt/ml/processing/output/{name}",
                        "S3UploadMode": "EndOfJob",
                    },
                }
                for name in outputs
            ]
        },
    }


def training(data: Any, hyperparameters: dict[str, Any]) -> dict[str, Any]:
    """Members of CreateTrainingJob, without the name."""
    return {
        "RoleArn": ROLE,
        "AlgorithmSpecification": {
            "TrainingImage": IMAGE,
            "TrainingInputMode": "File",
            "MetricDefinitions": [{"Name": "validation:auc", "Regex": r"validation-auc:([0-9\.]+)"}],
        },
        "HyperParameters": {
            "sagemaker_program": "train.py",
            "sagemaker_submit_directory": f"s3://{BUCKET}/code/source.tar.gz",
            **hyperparameters,
        },
        "InputDataConfig": [
            {
                "ChannelName": "train",
                "DataSource": {
                    "S3DataSource": {
                        "S3DataType": "S3Prefix",
                        "S3Uri": data,
                        "S3DataDistributionType": "FullyReplicated",
                    }
                },
            }
        ],
        "OutputDataConfig": {"S3OutputPath": f"s3://{BUCKET}/models"},
        "ResourceConfig": {"InstanceCount": 1, "InstanceType": "ml.m5.large", "VolumeSizeInGB": 1},
        "StoppingCondition": {"MaxRuntimeInSeconds": 600},
    }


def output(step: str, name: str) -> dict[str, str]:
    return {"Get": f"Steps.{step}.ProcessingOutputConfig.Outputs['{name}'].S3Output.S3Uri"}


def definition(*, cached: bool = False, **more: Any) -> dict[str, Any]:
    """Prepare → Train → Evaluate → condition: Register, or TooLow."""
    folder = {"Std:Join": {"On": "/", "Values": [f"s3://{BUCKET}/runs", {"Get": "Execution.PipelineExecutionId"}]}}
    cache = {"CacheConfig": {"Enabled": True, "ExpireAfter": "PT1H"}} if cached else {}
    auc = {
        "Std:JsonGet": {"PropertyFile": {"Get": "Steps.Evaluate.PropertyFiles.Report"}, "Path": "metrics.auc.value"}
    }
    model = {"Get": "Steps.Train.ModelArtifacts.S3ModelArtifacts"}
    prepare = processing(
        "prepare", [{"Get": "Parameters.Mode"}], {"data": f"s3://{BUCKET}/data/"}, "data", folder=folder
    )
    train = training(output("Prepare", "data"), {"rate": {"Get": "Parameters.Rate"}})
    evaluate = processing("evaluate", [], {"model": model}, "evaluation", folder=folder)
    register = {
        "ModelPackageGroupName": "workshop-models",
        "ModelApprovalStatus": "PendingManualApproval",
        "InferenceSpecification": {
            "Containers": [{"Image": IMAGE, "ModelDataUrl": model}],
            "SupportedContentTypes": ["text/csv"],
            "SupportedResponseMIMETypes": ["text/csv"],
        },
        "ModelMetrics": {
            "Bias": {},
            "ModelQuality": {
                "Statistics": {
                    "ContentType": "application/json",
                    "S3Uri": {
                        "Std:Join": {"On": "/", "Values": [output("Evaluate", "evaluation"), "evaluation.json"]}
                    },
                }
            },
        },
    }
    low = {"Std:Join": {"On": " ", "Values": ["the AUC is below", {"Get": "Parameters.Threshold"}]}}
    return {
        "Version": "2020-12-01",
        "Metadata": {},
        "Parameters": [
            {"Name": "Mode", "Type": "String", "DefaultValue": "plain"},
            {"Name": "Rate", "Type": "String", "DefaultValue": "0.1"},
            {"Name": "Threshold", "Type": "Float", "DefaultValue": 0.65},
        ],
        "Steps": [
            {"Name": "Prepare", "Type": "Processing", "Arguments": prepare, **cache},
            {"Name": "Train", "Type": "Training", "Arguments": train, **cache},
            {
                "Name": "Evaluate",
                "Type": "Processing",
                "Arguments": evaluate,
                "PropertyFiles": [
                    {"PropertyFileName": "Report", "OutputName": "evaluation", "FilePath": "evaluation.json"}
                ],
                **cache,
            },
            {
                "Name": "Check",
                "Type": "Condition",
                "Arguments": {
                    "Conditions": [
                        {
                            "Type": "GreaterThanOrEqualTo",
                            "LeftValue": auc,
                            "RightValue": {"Get": "Parameters.Threshold"},
                        }
                    ],
                    "IfSteps": [{"Name": "Register", "Type": "RegisterModel", "Arguments": register}],
                    "ElseSteps": [{"Name": "TooLow", "Type": "Fail", "Arguments": {"ErrorMessage": low}}],
                },
            },
        ],
        **more,
    }


def create(workshop: Workshop, document: dict[str, Any], name: str = "workshop") -> str:
    workshop.client.create_pipeline(PipelineName=name, PipelineDefinition=json.dumps(document), RoleArn=ROLE)
    return name
