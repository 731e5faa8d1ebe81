"""SDK v3 works on the local cloud as its users use it, and all that SageMaker's API says is as its model says."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from localcloud import LocalCloud
from localcloud.gate.constraints import _Rules
from localcloud.gate.services import model
from tests.soak import SOAK

pytestmark = pytest.mark.xdist_group("sagemaker-sdk")

WALK = Path(__file__).with_name("walk.py")
BUCKET = "sagemaker-walk"
POLICY = "arn:aws:iam::aws:policy/AmazonSageMakerFullAccess"
OMITTED = {  # required by the model, and not told by AWS
    "DescribeTrainingJob: modelArtifacts": "until the job has some",
    "DescribeModelPackage: modelPackageName": "of a version: aws/sagemaker-python-sdk, v3-model-registry-example.ipynb",
}


def _walk(cloud: LocalCloud, folder: Path, *which: str) -> dict[str, Any]:
    """The program, with a role as SageMaker's console makes it: the SDK asks IAM whether jobs can have it."""
    cloud.reset()
    trust = {"Effect": "Allow", "Principal": {"Service": "sagemaker.amazonaws.com"}, "Action": "sts:AssumeRole"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    iam = cloud.client("iam")
    role = iam.create_role(RoleName="sagemaker", AssumeRolePolicyDocument=document)["Role"]["Arn"]
    iam.attach_role_policy(RoleName="sagemaker", PolicyArn=POLICY)
    cloud.client("s3").create_bucket(Bucket=BUCKET)
    environment = {**os.environ, **cloud.environment, "SAGEMAKER_TELEMETRY_OPT_OUT": "true"}
    command = [sys.executable, str(WALK), BUCKET, role, str(folder), *which]
    ran = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=400)
    assert ran.returncode == 0, ran.stderr[-3000:]
    told: dict[str, Any] = json.loads((folder / "told.json").read_text())
    return told


@pytest.fixture(scope="module")
def told(session_cloud: LocalCloud, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    yield _walk(session_cloud, tmp_path_factory.mktemp("walk"))
    session_cloud.reset()


def test_a_python_script(told: dict[str, Any]) -> None:
    """Local source and data are uploaded, hyperparameters keep their types, checkpoints go to S3."""
    seen = told["python_script"]
    given = {"depth": 3, "rate": 0.5, "deep": True, "name": "a b", "layers": [1, 2], "more": {"k": "v"}}
    assert (seen["status"], seen["checkpoint"]) == ("Completed", "3")
    assert seen["told"] == {
        "rest": [
            *("--depth", "3", "--deep", "true", "--name", "a b", "--layers", "[1, 2]", "--more", '{"k": "v"}'),
        ],
        "hps": given,
        "text": "local file",
        "shared": "beside",
        "here": "/opt/ml/input/data/code",
    }


def test_a_shell_script_with_hyperparameters_from_a_file(told: dict[str, Any]) -> None:
    assert told["shell_script"]["status"] == "Completed"
    assert told["shell_script"]["arguments"] == (
        '--depth 3 --rate 0.5 --deep true --name a b --layers [1, 2] --more {"k": "v"}\n'
    )


def test_a_command(told: dict[str, Any]) -> None:
    assert told["command"]["status"] == "Completed"


def test_a_driver_of_ones_own(told: dict[str, Any]) -> None:
    assert told["distributed"]["files"] == ["0", "1"]


def test_what_cannot_be_done_is_refused_and_what_fails_says_why(told: dict[str, Any]) -> None:
    assert "CreateTrainingJob with more than one instance" in told["several_instances"]["error"]
    assert "Failure Reason: AlgorithmError: +++ exit 3, exit code: 3" in told["failing"]["error"]


def test_processors(told: dict[str, Any]) -> None:
    assert told["script_processor"] == {"status": "Completed", "made": "LOCAL!"}
    assert told["framework_processor"] == {"status": "Completed", "made": "from beside"}


def test_a_model_is_built_registered_deployed_and_used_by_a_transform_job(told: dict[str, Any]) -> None:
    assert told["model"] == {
        "image": "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:3.2-0",
        "approval": "Approved",
        "answer": "1.0\n2.0",
        "transform": "Completed",
        "transformed": "3.0\n4.0\n",
        "described": {"Endpoint": "InService", "EndpointConfig": "AllTraffic", "ModelPackageGroup": "Completed"},
    }


def test_a_tuner(told: dict[str, Any]) -> None:
    assert told["tuner"]["status"] == "Completed"
    assert told["tuner"]["jobs"] == 2
    assert told["tuner"]["best"].startswith("walked-")


def test_a_pipeline(told: dict[str, Any]) -> None:
    assert told["pipeline"] == {"steps": {"Train": "Succeeded", "Make": "Succeeded"}, "described": "Active"}


def test_lists_and_searches(told: dict[str, Any]) -> None:
    jobs = {"TrainingJob": 9, "HyperParameterTuningJob": 1}
    others = {"Model": 2, "ModelPackageGroup": 1, "Pipeline": 1}
    found = told["listed"]
    assert found["listed"] == {**jobs, **others, "ProcessingJob": 2, "TransformJob": 1, "EndpointConfig": 1}
    assert found["searched"] == {**jobs, **others, "ModelPackage": 1, "PipelineExecution": 1}


def test_the_sdk_reads_every_description(told: dict[str, Any]) -> None:
    assert told["unread"] == []
    described = {operation for operation, _ in told["answers"] if operation.startswith("Describe")}
    assert len(described) >= 16, described


def test_every_answer_is_as_its_model_says(told: dict[str, Any]) -> None:
    """Required members, patterns, lengths, ranges, enumerations; nothing that says nothing in a description."""
    service, rules, wrong = model("sagemaker"), _Rules("sagemaker"), []
    for operation, answer in told["answers"]:
        shape = service.operation_model(operation).output_shape
        if shape is None:
            continue
        found: list[Any] = []
        rules.of(shape)(answer, "", found)
        found = [item for item in found if f"{operation}: {item.path}" not in OMITTED]
        wrong += [f"{operation}: {item.path}: {item.constraint} ({item.value!r})" for item in found]
        if operation.startswith("Describe"):
            empty = [name for name, value in answer.items() if value in ({}, [], None)]
            wrong += [f"{operation}: {name} is empty" for name in empty if name not in shape.required_members]
    assert len(told["answers"]) > 100
    assert sorted(set(wrong)) == []


@pytest.mark.skipif(not SOAK, reason="each of its jobs imports the SDK: two minutes, in `make soak`")
def test_functions_as_jobs(session_cloud: LocalCloud, tmp_path: Path) -> None:
    told = _walk(session_cloud, tmp_path, "functions")
    assert told["function_steps"] == {"result": 10}
    assert told["remote_function"] == {"result": 1.5, "raised": "division by zero"}
