"""The committed definitions: what they ask of SageMaker, and how a stack fills them in."""

import json
import re
from typing import Any

import botocore.session
import pytest
from botocore.validate import ParamValidator

from localcloud.sagemaker.definition import parse
from pipelines.definition import (
    MAX_WAIT_SECONDS,
    MONITORING,
    TRAINING,
    TUNED_TRAINING,
    Sentinel,
    committed,
    image_uri,
    render,
)

NAMES = (TRAINING, TUNED_TRAINING)
EVERY = (*NAMES, MONITORING)
OPERATIONS = {
    "Processing": ("CreateProcessingJob", "ProcessingJobName"),
    "Training": ("CreateTrainingJob", "TrainingJobName"),
    "Tuning": ("CreateHyperParameterTuningJob", "HyperParameterTuningJobName"),
    "RegisterModel": ("CreateModelPackage", None),
}
MODEL = botocore.session.get_session().get_service_model("sagemaker")
DEFINITION_LIMIT = (
    1_048_576  # characters, https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreatePipeline.html
)
VALUES = {sentinel: f"real-{sentinel.name.lower().replace('_', '-')}" for sentinel in Sentinel}
VALUES[Sentinel.ENDPOINT_INSTANCE] = "ml.m5.large"


def _flat(steps: list[dict[str, Any]]) -> list[dict[str, Any]]:
    found = []
    for step in steps:
        found.append(step)
        if step["Type"] == "Condition":
            found += _flat(step["Arguments"]["IfSteps"]) + _flat(step["Arguments"]["ElseSteps"])
    return found


def _steps(name: str) -> dict[str, dict[str, Any]]:
    return {step["Name"]: step for step in _flat(json.loads(committed(name))["Steps"])}


def _example(node: Any) -> Any:
    """``node`` with a value of the right type in place of each expression.

    Parameters keep their type, as they do in the service: an Integer parameter where a string belongs is an error.
    """
    if isinstance(node, list):
        return [_example(item) for item in node]
    if not isinstance(node, dict):
        return node
    if set(node) == {"Get"}:
        kind = PARAMETER_TYPES.get(str(node["Get"]).removeprefix("Parameters."))
        return {"Integer": 1, "Float": 1.5}.get(str(kind), "s3://bucket/key")
    if set(node) == {"Std:Join"}:
        return "s3://bucket/key"
    return {name: _example(item) for name, item in node.items()}


PARAMETER_TYPES = {
    item["Name"]: item["Type"]
    for name in (TRAINING, MONITORING)
    for item in json.loads(committed(name))["Parameters"]
}


@pytest.mark.parametrize(
    ("name", "step"),
    [(name, step) for name in EVERY for step, body in _steps(name).items() if body["Type"] in OPERATIONS],
)
def test_every_step_asks_what_its_operation_takes(name: str, step: str) -> None:
    body = _steps(name)[step]
    operation, named = OPERATIONS[body["Type"]]
    request = {**_example(body["Arguments"]), **({named: "a-name"} if named else {})}
    report = ParamValidator().validate(request, MODEL.operation_model(operation).input_shape)
    assert not report.has_errors(), report.generate_report()
    allowed = MODEL.operation_model(operation).input_shape.members
    assert request.keys() <= allowed.keys()


def test_a_wrong_argument_is_noticed() -> None:
    """The check above is no check if it takes anything."""
    shape = MODEL.operation_model("CreateProcessingJob").input_shape
    arguments = {**_example(_steps(TRAINING)["Preprocess"]["Arguments"]), "ProcessingJobName": "a-name"}
    arguments["AppSpecification"]["ContainerArguments"].append(14)
    assert "ContainerArguments" in ParamValidator().validate(arguments, shape).generate_report()


@pytest.mark.parametrize("name", NAMES)
def test_the_steps_and_what_they_wait_for(name: str) -> None:
    steps = parse(render(name, VALUES), "CreatePipeline").steps
    fit = "Tune" if name == TUNED_TRAINING else "Train"
    assert {step.name: sorted(step.after) for step in steps.values()} == {
        "Preprocess": [],
        fit: ["Preprocess"],
        "Evaluate": sorted(["Preprocess", fit]),
        "Baseline": ["Evaluate", "Preprocess"],
        "CheckMetrics": ["Evaluate"],
        "Register": sorted(["Baseline", "CheckMetrics", "Evaluate", fit]),
        "MetricsTooLow": ["CheckMetrics", "Evaluate"],
    }
    assert [step.name for step in steps.values() if step.branch == ("CheckMetrics", True)] == ["Register"]
    assert [step.name for step in steps.values() if step.branch == ("CheckMetrics", False)] == ["MetricsTooLow"]


@pytest.mark.parametrize("name", NAMES)
def test_the_model_must_be_good_and_better_than_no_model(name: str) -> None:
    conditions = _steps(name)["CheckMetrics"]["Arguments"]["Conditions"]
    assert [
        (item["LeftValue"]["Std:JsonGet"]["Path"], item["Type"], item["RightValue"]["Get"]) for item in conditions
    ] == [
        ("auc_temporal", "GreaterThanOrEqualTo", "Parameters.MinimumTemporalAuc"),
        ("baseline_gain", "GreaterThan", "Parameters.MinimumGainOverBaseline"),
    ]


@pytest.mark.parametrize("name", NAMES)
def test_steps_of_work_are_cached(name: str) -> None:
    cached = {step for step, body in _steps(name).items() if body.get("CacheConfig", {}).get("Enabled")}
    assert cached == {"Preprocess", "Tune" if name == TUNED_TRAINING else "Train", "Evaluate", "Baseline"}


@pytest.mark.parametrize("name", EVERY)
def test_no_sentinel_is_left_when_all_have_a_value(name: str) -> None:
    body = render(name, VALUES)
    assert not re.search(r"placeholder|1{12}", body)
    assert len(body) < DEFINITION_LIMIT


@pytest.mark.parametrize("name", NAMES)
def test_values_are_where_the_sentinels_were(name: str) -> None:
    body = render(name, VALUES)
    filled = {step["Name"]: step["Arguments"] for step in _flat(json.loads(body)["Steps"])}
    assert filled["Preprocess"]["Environment"] == {"PYTHONPATH": "/opt/ml/processing/input/code/real-code-key"}
    assert filled["Preprocess"]["ProcessingInputs"][0]["S3Input"]["S3Uri"] == "s3://real-code-bucket/real-code-key"
    assert filled["Preprocess"]["AppSpecification"]["ImageUri"] == "real-sklearn-image"
    assert filled["Evaluate"]["AppSpecification"]["ImageUri"] == "real-xgboost-image"
    assert filled["Register"]["ModelPackageGroupName"] == "real-package-group"
    assert filled["Evaluate"]["RoleArn"] == "real-role"


def test_a_sentinel_without_a_value_is_an_error() -> None:
    values: dict[Sentinel, str] = {
        sentinel: value for sentinel, value in VALUES.items() if sentinel is not Sentinel.ROLE
    }
    with pytest.raises(ValueError, match="training needs a value for ROLE"):
        render(TRAINING, values)


@pytest.mark.parametrize("name", NAMES)
def test_spot_training_has_a_time_to_wait(name: str) -> None:
    plain, spot = (json.loads(render(name, VALUES, spot=spot))["Steps"][1]["Arguments"] for spot in (False, True))
    jobs = [item.get("TrainingJobDefinition", item) for item in (plain, spot)]
    assert "MaxWaitTimeInSeconds" not in jobs[0]["StoppingCondition"]
    assert not jobs[0].get("EnableManagedSpotTraining")
    assert jobs[1]["EnableManagedSpotTraining"] is True
    assert jobs[1]["StoppingCondition"]["MaxWaitTimeInSeconds"] == MAX_WAIT_SECONDS
    assert jobs[1]["StoppingCondition"]["MaxRuntimeInSeconds"] <= MAX_WAIT_SECONDS


def test_images_are_those_of_the_region() -> None:
    assert image_uri("xgboost", "us-east-1") == (
        "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:3.2-0"
    )
    assert image_uri("sklearn", "cn-north-1").endswith(
        ".dkr.ecr.cn-north-1.amazonaws.com.cn/sagemaker-scikit-learn:1.9-0-cpu-py3"
    )
    assert image_uri("model-monitor", "us-east-1").endswith("/sagemaker-model-monitor-analyzer")
    with pytest.raises(KeyError):
        image_uri("xgboost", "mars-1")


@pytest.mark.parametrize("name", EVERY)
def test_everything_that_is_kept_is_encrypted_with_our_key(name: str) -> None:
    """Outputs and volumes; the SDK's tuner drops the key of the volume, see `pipelines.training.build`."""
    jobs = [step["Arguments"] for step in _steps(name).values() if step["Type"] in OPERATIONS]
    jobs = [job.get("TrainingJobDefinition", job) for job in jobs if "ModelPackageGroupName" not in job]
    assert len(jobs) == (2 if name == MONITORING else 4)
    for job in jobs:
        output = job.get("ProcessingOutputConfig") or job["OutputDataConfig"]
        cluster = (
            job["ProcessingResources"]["ClusterConfig"] if "ProcessingResources" in job else job["ResourceConfig"]
        )
        assert (output["KmsKeyId"], cluster["VolumeKmsKeyId"]) == (Sentinel.KEY, Sentinel.KEY)


@pytest.mark.parametrize("name", NAMES)
def test_the_image_builds_our_scripts_without_network(name: str) -> None:
    """Where it runs `pip install .`: before training, and before the endpoint takes requests."""
    steps = _steps(name)
    job = (
        steps["Tune"]["Arguments"]["TrainingJobDefinition"] if name == TUNED_TRAINING else steps["Train"]["Arguments"]
    )
    (container,) = steps["Register"]["Arguments"]["InferenceSpecification"]["Containers"]
    for environment in (job["Environment"], container["Environment"]):
        assert environment["PIP_NO_BUILD_ISOLATION"] == "0"  # 1 would ask for isolation


def test_nothing_is_monitored_when_nothing_was_captured() -> None:
    steps = parse(committed(MONITORING), "CreatePipeline").steps
    assert {step.name: sorted(step.after) for step in steps.values()} == {
        "Plan": [],
        "AnythingCaptured": ["Plan"],
        "Check": ["AnythingCaptured", "Plan"],
        "Quality": ["AnythingCaptured", "Plan"],
    }
    assert {step.branch for step in steps.values() if step.type == "Processing"} == {("AnythingCaptured", True)}
    (condition,) = steps["AnythingCaptured"].arguments["Conditions"]
    assert (condition["Type"], condition["RightValue"]) == ("GreaterThanOrEqualTo", 1)


def test_monitoring_runs_every_time_and_isolated() -> None:
    """A cached step would tell last week's result, for its manifest's address is all that the cache looks at."""
    for name, folder, inputs in (
        ("Check", "data", ["code", "capture", "constraints"]),
        ("Quality", "quality", ["code", "capture", "constraints", "truth"]),
    ):
        step = _steps(MONITORING)[name]
        assert "CacheConfig" not in step
        job = step["Arguments"]
        assert job["NetworkConfig"]["EnableNetworkIsolation"] is True
        kinds = {item["InputName"]: item["S3Input"]["S3DataType"] for item in job["ProcessingInputs"]}
        assert list(kinds) == inputs
        manifests = {name for name, kind in kinds.items() if kind == "ManifestFile"}
        assert manifests == {"capture", "truth"} & kinds.keys()
        (output,) = job["ProcessingOutputConfig"]["Outputs"]
        assert output["S3Output"]["S3Uri"]["Std:Join"]["Values"] == [
            f"s3://{Sentinel.BUCKET}/monitoring",
            {"Get": "Parameters.EndpointName"},
            folder,
            {"Get": "Execution.PipelineExecutionId"},
        ]


def test_no_parameter_is_empty_by_default() -> None:
    """SageMaker refuses an empty value at the start (https://github.com/aws/sagemaker-python-sdk/issues/4016)."""
    for name in EVERY:
        assert all(item["DefaultValue"] != "" for item in json.loads(committed(name))["Parameters"])
