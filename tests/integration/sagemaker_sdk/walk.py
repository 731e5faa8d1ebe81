"""What users of SDK v3 do: ``python walk.py BUCKET ROLE FOLDER [functions]`` tells in FOLDER/told.json what it saw.

A program of its own, because importing the SDK takes 10 s and changes the defaults of boto3. No check of the SDK is
switched off; only its pauses between two looks at a job (5 to 30 s) are shorter here. ``answers`` are all that
SageMaker's API said, and ``unread`` is what the SDK's own classes say of those that describe something.
"""

import inspect
import json
import sys
import time
import traceback
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import boto3
import botocore.client
from sagemaker.core import resources
from sagemaker.core.helper.session_helper import Session
from sagemaker.core.parameter import CategoricalParameter, ContinuousParameter, IntegerParameter
from sagemaker.core.processing import FrameworkProcessor, ScriptProcessor
from sagemaker.core.remote_function import remote
from sagemaker.core.shapes import (
    CheckpointConfig,
    OutputDataConfig,
    ProcessingInput,
    ProcessingOutput,
    ProcessingS3Input,
    ProcessingS3Output,
    StoppingCondition,
)
from sagemaker.core.training.configs import SourceCode as ServedCode
from sagemaker.core.transformer import Transformer
from sagemaker.core.utils.code_injection.codec import transform
from sagemaker.core.workflow.parameters import ParameterInteger
from sagemaker.core.workflow.pipeline_context import PipelineSession
from sagemaker.mlops.workflow.function_step import step
from sagemaker.mlops.workflow.model_step import ModelStep
from sagemaker.mlops.workflow.pipeline import Pipeline
from sagemaker.mlops.workflow.steps import TrainingStep
from sagemaker.serve.model_builder import ModelBuilder
from sagemaker.train import ModelTrainer
from sagemaker.train.configs import Compute, InputData, SourceCode
from sagemaker.train.distributed import DistributedConfig
from sagemaker.train.tuner import HyperparameterTuner

BUCKET, ROLE, FOLDER = sys.argv[1], sys.argv[2], Path(sys.argv[3])
XGBOOST = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:3.2-0"
SKLEARN = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-scikit-learn:1.9-0-cpu-py3"
GIVEN = {"depth": 3, "rate": 0.5, "deep": True, "name": "a b", "layers": [1, 2], "more": {"k": "v"}}

session = Session(default_bucket=BUCKET)
api = session.sagemaker_client
s3 = boto3.client("s3")
answers: list[tuple[str, Any]] = []
_sleep = time.sleep
time.sleep = lambda seconds: _sleep(min(float(seconds), 0.1))
_call = botocore.client.BaseClient._make_api_call


def _told(client: Any, operation: str, arguments: Any) -> Any:
    answer = _call(client, operation, arguments)
    if client.meta.service_model.service_name == "sagemaker":
        answers.append((operation, {name: value for name, value in answer.items() if name != "ResponseMetadata"}))
    return answer


botocore.client.BaseClient._make_api_call = _told


def files(name: str, **texts: str) -> str:
    """A folder with files, whose names have ``_`` for the dot."""
    folder = FOLDER / name
    folder.mkdir()
    for key, text in texts.items():
        (folder / key.replace("_", ".")).write_text(text)
    return str(folder)


def read(uri: str) -> bytes:
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    return bytes(s3.get_object(Bucket=bucket, Key=key)["Body"].read())


def keys(prefix: str) -> list[str]:
    return [item["Key"] for item in s3.list_objects_v2(Bucket=BUCKET, Prefix=prefix).get("Contents", [])]


TRAIN = """
import argparse, json, os, pathlib, shared
parser = argparse.ArgumentParser()
parser.add_argument("--rate", type=float, default=0.1)
given, rest = parser.parse_known_args()
text = pathlib.Path(os.environ["SM_CHANNEL_TRAIN"], "a.txt").read_text() if "SM_CHANNEL_TRAIN" in os.environ else ""
told = {"rest": rest, "hps": json.loads(os.environ["SM_HPS"]), "text": text, "shared": shared.NAME, "here": os.getcwd()}
pathlib.Path("/opt/ml/model/told.json").write_text(json.dumps(told))
if os.path.isdir("/opt/ml/checkpoints"):
    pathlib.Path("/opt/ml/checkpoints/last").write_text("3")
print(f"accuracy: {given.rate}")
"""
SERVE = """
import json, os
def model_fn(folder):
    with open(os.path.join(folder, "told.json")) as file:
        return json.load(file)
def input_fn(body, kind):
    return [float(line) for line in body.split()]
def predict_fn(rows, model):
    return [row * model["hps"].get("rate", 1) for row in rows]
def output_fn(made, accept):
    return "\\n".join(str(value) for value in made), "text/csv"
"""


def trained(trainer: ModelTrainer) -> dict[str, Any]:
    job = trainer._latest_training_job
    return {"status": job.training_job_status, "uri": job.model_artifacts.s3_model_artifacts}


def trainer(name: str, source: SourceCode, **more: Any) -> ModelTrainer:
    compute = Compute(instance_type="ml.m5.large", instance_count=1)
    more = {"sagemaker_session": session, "training_image": XGBOOST, "compute": compute, "role": ROLE, **more}
    return ModelTrainer(source_code=source, base_job_name=name, **more)


def python_script() -> dict[str, Any]:
    source = files("source", train_py=TRAIN, shared_py="NAME = 'beside'\n", requirements_txt="")
    data = files("data", a_txt="local file")
    made = trainer(
        "script",
        SourceCode(source_dir=source, entry_script="train.py", requirements="requirements.txt"),
        hyperparameters=GIVEN,
        stopping_condition=StoppingCondition(max_runtime_in_seconds=600),
        checkpoint_config=CheckpointConfig(s3_uri=f"s3://{BUCKET}/checkpoints"),
        output_data_config=OutputDataConfig(s3_output_path=f"s3://{BUCKET}/out", compression_type="NONE"),
        environment={"MINE": "1"},
    )
    made.train(input_data_config=[InputData(channel_name="train", data_source=data)], logs=False)
    told = trained(made)
    return {
        **told,
        "told": json.loads(read(f"{told['uri'].rstrip('/')}/told.json")),
        "checkpoint": read(f"s3://{BUCKET}/checkpoints/last").decode(),
    }


def shell_script() -> dict[str, Any]:
    source = files("shell", run_sh='set -e\necho "$@" > /opt/ml/model/arguments\n', given_json=json.dumps(GIVEN))
    made = trainer(
        "shell",
        SourceCode(source_dir=source, entry_script="run.sh"),
        hyperparameters=f"{source}/given.json",
        output_data_config=OutputDataConfig(s3_output_path=f"s3://{BUCKET}/out", compression_type="NONE"),
    )
    made.train(logs=False)
    told = trained(made)
    return {**told, "arguments": read(f"{told['uri'].rstrip('/')}/arguments").decode()}


def command() -> dict[str, Any]:
    made = trainer("command", SourceCode(command="echo commanded > /opt/ml/model/said"))
    made.train(logs=True)
    return trained(made)


def several_instances() -> dict[str, Any]:
    made = trainer(
        "several",
        SourceCode(command="true"),
        compute=Compute(instance_type="ml.m5.large", instance_count=2),
    )
    made.train(logs=False)
    return trained(made)


class Twice(DistributedConfig):
    """A driver of a user's own, beside the SDK's."""

    processes: int = 2

    @property
    def driver_dir(self) -> str:
        driver = """
import json, os, subprocess, sys
given = json.loads(os.environ["SM_DISTRIBUTED_CONFIG"])
for rank in range(given["processes"]):
    subprocess.run([sys.executable, os.environ["SM_ENTRY_SCRIPT"], str(rank)], check=True)
"""
        return files("driver", driver_py=driver)

    @property
    def driver_script(self) -> str:
        return "driver.py"


def distributed() -> dict[str, Any]:
    source = files("ranks", rank_py="import sys\nopen(f'/opt/ml/model/{sys.argv[1]}', 'w').close()\n")
    made = trainer(
        "ranks",
        SourceCode(source_dir=source, entry_script="rank.py"),
        distributed=Twice(),
        output_data_config=OutputDataConfig(s3_output_path=f"s3://{BUCKET}/out", compression_type="NONE"),
    )
    made.train(logs=False)
    told = trained(made)
    return {**told, "files": [key.rpartition("/")[2] for key in keys(told["uri"].removeprefix(f"s3://{BUCKET}/"))]}


def failing() -> dict[str, Any]:
    made = trainer("failing", SourceCode(command="echo no such column; exit 3"))
    made.train(logs=False)
    return trained(made)


def script_processor() -> dict[str, Any]:
    code = files("processing", upper_py=(
        "import pathlib, sys\n"
        "text = pathlib.Path('/opt/ml/processing/input/a.txt').read_text()\n"
        "pathlib.Path('/opt/ml/processing/output/upper.txt').write_text(text.upper() + sys.argv[1])\n"
    ), a_txt="local")  # fmt: skip
    processor = ScriptProcessor(
        image_uri=SKLEARN, command=["python3"], instance_type="ml.m5.large", instance_count=1, role=ROLE,
        base_job_name="upper", sagemaker_session=session, env={"MINE": "1"}, max_runtime_in_seconds=600,
    )  # fmt: skip
    processor.run(
        code=f"{code}/upper.py",
        inputs=[_input("a", f"{code}/a.txt")],
        outputs=[_output("upper", f"s3://{BUCKET}/upper")],
        arguments=["!"],
        logs=False,
    )
    processor.latest_job.refresh()
    status = processor.latest_job.processing_job_status
    return {"status": status, "made": read(f"s3://{BUCKET}/upper/upper.txt").decode()}


def framework_processor() -> dict[str, Any]:
    source = files(
        "framework",
        main_py="import pathlib, helper\npathlib.Path('/opt/ml/processing/output/made').write_text(helper.NAME)\n",
        helper_py="NAME = 'from beside'\n",
        requirements_txt="",
    )
    processor = FrameworkProcessor(
        image_uri=SKLEARN, instance_type="ml.m5.large", instance_count=1, role=ROLE, base_job_name="framework",
        sagemaker_session=session,
    )  # fmt: skip
    processor.run(
        code="main.py",
        source_dir=source,
        requirements="requirements.txt",
        outputs=[_output("made", f"s3://{BUCKET}/made")],
        logs=False,
    )
    processor.latest_job.refresh()
    status = processor.latest_job.processing_job_status
    return {"status": status, "made": read(f"s3://{BUCKET}/made/made").decode()}


def _input(name: str, uri: str) -> ProcessingInput:
    source = ProcessingS3Input(
        s3_uri=uri, local_path="/opt/ml/processing/input", s3_data_type="S3Prefix", s3_input_mode="File"
    )
    return ProcessingInput(input_name=name, s3_input=source)


def _output(name: str, uri: str) -> ProcessingOutput:
    target = ProcessingS3Output(s3_uri=uri, local_path="/opt/ml/processing/output", s3_upload_mode="EndOfJob")
    return ProcessingOutput(output_name=name, s3_output=target)


def model() -> dict[str, Any]:
    """Trained by a ModelTrainer, its code packed by a ModelBuilder, served, registered, used by a transform job."""
    source = files("simple", train_py=TRAIN, shared_py="NAME = ''\n")
    made = trainer("simple", SourceCode(source_dir=source, entry_script="train.py"), hyperparameters={"rate": 0.5})
    made.train(logs=False)
    builder = ModelBuilder(
        image_uri=XGBOOST,
        s3_model_data_url=trained(made)["uri"],
        source_code=ServedCode(source_dir=files("served", inference_py=SERVE), entry_script="inference.py"),
        role_arn=ROLE,
        instance_type="ml.m5.large",
        sagemaker_session=session,
    )
    builder.build(model_name="walked")
    got = resources.Model.get(model_name="walked")
    package = builder.register(
        model_package_group_name="walked",
        content_types=["text/csv"],
        response_types=["text/csv"],
        inference_instances=["ml.m5.large"],
        approval_status="Approved",
    )
    arn = package if isinstance(package, str) else package.model_package_arn
    registered = resources.ModelPackage.get(model_package_name=arn)
    endpoint = builder.deploy(endpoint_name="walked", instance_type="ml.m5.large", initial_instance_count=1)
    answer = endpoint.invoke(body="2\n4", content_type="text/csv", accept="text/csv").body.read().decode()
    s3.put_object(Bucket=BUCKET, Key="batch/rows.csv", Body=b"6\n8\n")
    transformer = Transformer(
        model_name="walked", instance_count=1, instance_type="ml.m5.large", accept="text/csv",
        assemble_with="Line", output_path=f"s3://{BUCKET}/transformed", sagemaker_session=session,
    )  # fmt: skip
    transformer.transform(f"s3://{BUCKET}/batch", content_type="text/csv", split_type="Line", logs=False)
    job = transformer.latest_transform_job
    job.refresh()
    described = {
        "Endpoint": resources.Endpoint.get(endpoint_name="walked").endpoint_status,
        "EndpointConfig": resources.EndpointConfig.get(
            endpoint_config_name=endpoint.endpoint_config_name
        ).production_variants[0].variant_name,
        "ModelPackageGroup": resources.ModelPackageGroup.get(
            model_package_group_name="walked"
        ).model_package_group_status,
    }  # fmt: skip
    endpoint.delete()
    return {
        "image": got.primary_container.image,
        "approval": registered.model_approval_status,
        "answer": answer,
        "transform": job.transform_job_status,
        "transformed": read(f"s3://{BUCKET}/transformed/rows.csv.out").decode(),
        "described": described,
    }


def tuner() -> dict[str, Any]:
    source = files("tuned", train_py=TRAIN, shared_py="NAME = ''\n")
    tuned = HyperparameterTuner(
        model_trainer=trainer("tuned", SourceCode(source_dir=source, entry_script="train.py")),
        objective_metric_name="accuracy",
        metric_definitions=[{"Name": "accuracy", "Regex": "accuracy: ([0-9.]+)"}],
        hyperparameter_ranges={
            "rate": ContinuousParameter(0.1, 0.9),
            "depth": IntegerParameter(1, 5),
            "kind": CategoricalParameter(["a", "b"]),
        },
        max_jobs=2,
        random_seed=7,
        base_tuning_job_name="walked",
    )
    tuned.tune(wait=False)
    tuned.wait()
    return {
        "status": tuned.describe().hyper_parameter_tuning_job_status,
        "best": tuned.best_training_job(),
        "jobs": len(tuned.analytics().dataframe()),
    }


def pipeline() -> dict[str, Any]:
    """A training step, a model of what it made, and functions as steps."""
    within = PipelineSession(default_bucket=BUCKET)
    source = files("piped", train_py=TRAIN, shared_py="NAME = ''\n")
    training = TrainingStep(
        name="Train",
        step_args=trainer(
            "piped", SourceCode(source_dir=source, entry_script="train.py"), sagemaker_session=within
        ).train(),
    )
    builder = ModelBuilder(
        image_uri=XGBOOST,
        s3_model_data_url=training.properties.ModelArtifacts.S3ModelArtifacts,
        role_arn=ROLE,
        sagemaker_session=within,
    )
    made = ModelStep(name="Make", step_args=builder.build())
    limit = ParameterInteger(name="Limit", default_value=3)
    flow = Pipeline(name="walked", parameters=[limit], steps=[training, made], sagemaker_session=within)
    flow.upsert(role_arn=ROLE)
    execution = flow.start()
    execution.wait(delay=1, max_attempts=600)
    steps = {item["StepName"]: item["StepStatus"] for item in execution.list_steps()}
    return {"steps": steps, "described": resources.Pipeline.get(pipeline_name="walked").pipeline_status}


def function_steps() -> dict[str, Any]:
    within = PipelineSession(default_bucket=BUCKET)
    common = {"role": ROLE, "instance_type": "ml.m5.large", "image_uri": SKLEARN}

    @step(name="add", **common)
    def add(left: int, right: int) -> int:
        return left + right

    @step(name="double", **common)
    def double(value: int) -> int:
        return 2 * value

    last = double(add(2, 3))
    flow = Pipeline(name="functions", steps=[last], sagemaker_session=within)
    flow.upsert(role_arn=ROLE)
    execution = flow.start()
    execution.wait(delay=1, max_attempts=600)
    return {"result": execution.result("double")}


def remote_function() -> dict[str, Any]:
    @remote(role=ROLE, instance_type="ml.m5.large", image_uri=SKLEARN, sagemaker_session=session)
    def divide(left: float, right: float) -> float:
        return left / right

    told: dict[str, Any] = {"result": divide(6, 4)}
    try:
        divide(1, 0)
    except ZeroDivisionError as error:
        told["raised"] = str(error)
    return told


def kept() -> dict[str, Any]:
    """What the SDK has no class of users for, by boto3: everything is described and listed once."""
    api.create_experiment(ExperimentName="walked", DisplayName="Walked")
    api.create_trial(TrialName="walked", ExperimentName="walked")
    api.create_trial_component(
        TrialComponentName="walked",
        Status={"PrimaryStatus": "Completed"},
        Parameters={"depth": {"NumberValue": 3.0}},
        InputArtifacts={"data": {"Value": "s3://lake/may"}},
    )
    api.associate_trial_component(TrialName="walked", TrialComponentName="walked")
    api.create_model_card(ModelCardName="walked", Content="{}", ModelCardStatus="Draft")
    api.describe_experiment(ExperimentName="walked")
    api.describe_trial(TrialName="walked")
    api.describe_trial_component(TrialComponentName="walked")
    api.describe_model_card(ModelCardName="walked")
    api.list_model_card_versions(ModelCardName="walked")
    api.list_model_packages(ModelPackageGroupName="walked")
    (execution,) = api.list_pipeline_executions(PipelineName="walked")["PipelineExecutionSummaries"]
    arn = execution["PipelineExecutionArn"]
    api.describe_pipeline_definition_for_execution(PipelineExecutionArn=arn)
    api.list_pipeline_parameters_for_execution(PipelineExecutionArn=arn)
    for many in ("experiments", "trials", "trial_components", "model_cards", "endpoints", "monitoring_schedules",
                 "data_quality_job_definitions"):  # fmt: skip
        getattr(api, f"list_{many}")()
    return {"tags": api.list_tags(ResourceArn=api.describe_model(ModelName="walked")["ModelArn"])["Tags"]}


def listed() -> dict[str, Any]:
    """Every kind by the SDK's iterators, and by Search."""
    kinds = ("TrainingJob", "ProcessingJob", "TransformJob", "HyperParameterTuningJob", "Model", "EndpointConfig",
             "Pipeline", "ModelPackageGroup")  # fmt: skip
    found = {kind: len(list(getattr(resources, kind).get_all())) for kind in kinds}
    searched = {}
    for kind in ("TrainingJob", "HyperParameterTuningJob", "Model", "ModelPackage", "ModelPackageGroup", "Pipeline",
                 "PipelineExecution"):  # fmt: skip
        searched[kind] = len(api.search(Resource=kind, MaxResults=100)["Results"])
    return {"listed": found, "searched": searched}


def unread() -> list[str]:
    """What the SDK's resource classes cannot read of what was described."""
    found = []
    for operation, answer in answers:
        kind = getattr(resources, operation.removeprefix("Describe"), None)
        if operation.startswith("Describe") and inspect.isclass(kind):
            shape = api.meta.service_model.operation_model(operation).output_shape.name
            try:
                kind(**transform(answer, shape))
            except Exception as error:
                found.append(f"{operation}: {error}")
    return found


PARTS: tuple[Callable[[], dict[str, Any]], ...] = (
    *(python_script, shell_script, command, several_instances, distributed, failing, script_processor),
    *(framework_processor, model, tuner, pipeline, kept, listed),
)
FUNCTIONS: tuple[Callable[[], dict[str, Any]], ...] = (function_steps, remote_function)  # each job imports the SDK


def main(parts: tuple[Callable[[], dict[str, Any]], ...]) -> None:
    told: dict[str, Any] = {}
    for part in parts:
        began = time.monotonic()
        try:
            told[part.__name__] = part()
        except BaseException as error:
            told[part.__name__] = {"error": f"{type(error).__name__}: {error}"}
            traceback.print_exc()
        print(f"{part.__name__}: {time.monotonic() - began:.1f} s", file=sys.stderr)
    told["unread"] = unread()
    told["answers"] = answers
    text = json.dumps(told, default=lambda value: value.timestamp() if isinstance(value, datetime) else str(value))
    (FOLDER / "told.json").write_text(text)


main(FUNCTIONS if sys.argv[4:] == ["functions"] else PARTS)
