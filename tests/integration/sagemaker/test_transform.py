"""Batch transform: the model's own inference script on every file of a prefix."""

import io
import json
import tarfile
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.integration.sagemaker.workshop import BUCKET, IMAGE, ROLE, Workshop, create, definition

INFERENCE = """
import json, os, pathlib
def model_fn(model_dir, context=None):
    return json.loads(pathlib.Path(model_dir, "model.json").read_text())["times"]
def input_fn(body, content_type):
    assert content_type == "text/csv", content_type
    return [float(line) for line in body.split()]
def predict_fn(data, model):
    print("rows", len(data), os.environ.get("MODE", ""))
    if any(value < 0 for value in data):
        raise ValueError("negative delay")
    return [value * model for value in data]
def output_fn(prediction, accept):
    return "\\n".join(str(value) for value in prediction), accept
"""


@pytest.fixture
def model(workshop: Workshop) -> str:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        for name, text in (("model.json", json.dumps({"times": 10})), ("code/serve.py", INFERENCE)):
            info = tarfile.TarInfo(name)
            info.size = len(text)
            archive.addfile(info, io.BytesIO(text.encode()))
    workshop.put("model.tar.gz", packed.getvalue())
    container = {"Image": IMAGE, "ModelDataUrl": f"s3://{BUCKET}/model.tar.gz"}
    container["Environment"] = {  # type: ignore[assignment]
        "SAGEMAKER_PROGRAM": "serve.py",
        "SAGEMAKER_SUBMIT_DIRECTORY": "/opt/ml/model/code",
        "MODE": "batch",
    }
    workshop.client.create_model(ModelName="tenfold", ExecutionRoleArn=ROLE, PrimaryContainer=container)
    workshop.put("rows/a.csv", "1\n2\n3\n")
    workshop.put("rows/deep/b.csv", "4\n")
    return "tenfold"


def _request(**more: Any) -> dict[str, Any]:
    return {
        "ModelName": "tenfold",
        "TransformInput": {
            "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": f"s3://{BUCKET}/rows/"}},
            "ContentType": "text/csv",
            "SplitType": "Line",
        },
        "TransformOutput": {"S3OutputPath": f"s3://{BUCKET}/scored", "AssembleWith": "Line", "Accept": "text/csv"},
        "TransformResources": {"InstanceType": "ml.m5.large", "InstanceCount": 1},
        **more,
    }


@pytest.mark.parametrize(("strategy", "log"), [("MultiRecord", [3, 1]), ("SingleRecord", [1, 1, 1, 1])])
def test_every_file_is_answered(workshop: Workshop, model: str, strategy: str, log: list[int]) -> None:
    workshop.client.create_transform_job(TransformJobName="score", **_request(BatchStrategy=strategy))
    job = workshop.ended("transform", "score")
    assert job["TransformJobStatus"] == "Completed", job
    assert job["TransformStartTime"] <= job["TransformEndTime"]
    assert workshop.get(f"s3://{BUCKET}/scored/a.csv.out") == b"10.0\n20.0\n30.0\n"
    assert workshop.get(f"s3://{BUCKET}/scored/deep/b.csv.out") == b"40.0\n"
    managed = workshop.cloud.client("kms").describe_key(KeyId="alias/aws/s3")["KeyMetadata"]["Arn"]
    assert workshop.s3.head_object(Bucket=BUCKET, Key="scored/a.csv.out")["SSEKMSKeyId"] == managed
    assert workshop.log("/aws/sagemaker/TransformJobs", "score") == [f"rows {count} batch" for count in log]


def test_a_row_that_the_model_refuses_fails_the_job(workshop: Workshop, model: str) -> None:
    workshop.put("rows/c.csv", "-1\n")
    workshop.client.create_transform_job(TransformJobName="score", **_request())
    job = workshop.ended("transform", "score")
    assert (job["TransformJobStatus"], job["FailureReason"]) == ("Failed", "ClientError: ValueError: negative delay")
    assert workshop.s3.list_objects_v2(Bucket=BUCKET, Prefix="scored/")["KeyCount"] == 0


def test_a_model_without_the_script_fails_the_job(workshop: Workshop, model: str) -> None:
    container = {"Image": IMAGE, "ModelDataUrl": f"s3://{BUCKET}/model.tar.gz"}
    workshop.client.create_model(ModelName="bare", ExecutionRoleArn=ROLE, PrimaryContainer=container)
    workshop.client.create_transform_job(TransformJobName="score", **_request(ModelName="bare"))
    assert "there is no inference.py in" in workshop.ended("transform", "score")["FailureReason"]


def test_what_is_not_done_is_refused(workshop: Workshop, model: str) -> None:
    with pytest.raises(ClientError, match="CreateTransformJob with a filter of the input"):
        workshop.client.create_transform_job(
            TransformJobName="score", **_request(DataProcessing={"InputFilter": "$[1:]"})
        )
    with pytest.raises(ClientError, match="Could not find model"):
        workshop.client.create_transform_job(TransformJobName="score", **_request(ModelName="none"))
    with pytest.raises(ClientError, match="must not exceed 100 MB"):
        workshop.client.create_transform_job(
            TransformJobName="score", **_request(MaxPayloadInMB=51, MaxConcurrentTransforms=2)
        )


ECHO = """
import json, os
from sagemaker_containers.beta.framework import worker
def model_fn(model_dir):
    return os.environ.get("SAGEMAKER_BATCH")
def transform_fn(batch, body, content_type, accept):
    if body == "refuse":
        return worker.Response("a row that is none", status=400, mimetype="text/plain")
    return json.dumps([type(body).__name__, body, content_type, accept, batch]), "application/json"
"""


@pytest.fixture
def echo(workshop: Workshop) -> Workshop:
    environment = {
        "SAGEMAKER_PROGRAM": "inference.py",
        "SAGEMAKER_SUBMIT_DIRECTORY": f"s3://{BUCKET}/code/source.tar.gz",
    }
    workshop.put_source({"inference.py": ECHO})
    container = {"Image": IMAGE, "Environment": environment}
    workshop.client.create_model(ModelName="tenfold", ExecutionRoleArn=ROLE, PrimaryContainer=container)
    return workshop


@pytest.mark.parametrize(
    ("changes", "seen"),
    [
        ({}, ["str", "1,2\n3,4\n", "text/csv", "application/json", "true"]),
        ({"ContentType": None}, ["str", "1,2\n3,4\n", "application/json", "application/json", "true"]),
        ({"ContentType": "text/plain"}, None),
        ({"Accept": "text/csv"}, ["str", "1,2\n3,4\n", "text/csv", "text/csv", "true"]),
        ({"MaxPayloadInMB": 0}, ["str", "1,2\n3,4\n", "text/csv", "application/json", "true"]),
        (
            {"DataProcessing": {"InputFilter": "$", "OutputFilter": "$", "JoinSource": "None"}},
            ["str", "1,2\n3,4\n", "text/csv", "application/json", "true"],
        ),
        (
            {"Environment": {"SAGEMAKER_DEFAULT_INVOCATIONS_ACCEPT": "text/csv"}},
            ["str", "1,2\n3,4\n", "text/csv", "text/csv", "true"],
        ),
    ],
)
def test_a_file_is_asked_about_as_an_endpoint_is(echo: Workshop, changes: dict[str, Any], seen: Any) -> None:
    echo.put("rows/a.csv", "1,2\n3,4\n")
    request = _request()
    request["TransformInput"].pop("SplitType")
    del request["TransformOutput"]["Accept"]
    for name, value in changes.items():
        place = {"ContentType": request["TransformInput"], "Accept": request["TransformOutput"]}.get(name, request)
        place[name] = value
        if value is None:
            del place[name]
    echo.client.create_transform_job(TransformJobName="asked", **request)
    job = echo.ended("transform", "asked")
    if seen is None:  # bytes, which its script does not put into JSON
        assert job["FailureReason"].startswith(
            "ClientError: TypeError: Object of type bytes is not JSON serializable"
        )
        return
    assert job["TransformJobStatus"] == "Completed", job
    assert json.loads(echo.get(f"s3://{BUCKET}/scored/a.csv.out")) == seen


def test_a_refusal_of_the_script_fails_the_job_with_its_reason(echo: Workshop) -> None:
    echo.put("rows/a.csv", "refuse")
    echo.client.create_transform_job(TransformJobName="asked", **_request())
    reason = echo.ended("transform", "asked")["FailureReason"]
    assert reason == "ClientError: a.csv: Bad HTTP status received from algorithm: 400. Message: a row that is none"


def test_what_a_manifest_lists_is_transformed(workshop: Workshop, model: str) -> None:
    workshop.put("rows/list.manifest", json.dumps([{"prefix": f"s3://{BUCKET}/rows/"}, "deep/b.csv"]))
    request = _request()
    source = {"S3DataType": "ManifestFile", "S3Uri": f"s3://{BUCKET}/rows/list.manifest"}
    request["TransformInput"]["DataSource"]["S3DataSource"] = source
    workshop.client.create_transform_job(TransformJobName="listed", **request)
    assert workshop.ended("transform", "listed")["TransformJobStatus"] == "Completed"
    assert [item["Key"] for item in workshop.s3.list_objects_v2(Bucket=BUCKET, Prefix="scored/")["Contents"]] == [
        "scored/deep/b.csv.out"
    ]


def test_model_and_transform_steps(workshop: Workshop, model: str) -> None:
    container = {"Image": IMAGE, "ModelDataUrl": f"s3://{BUCKET}/model.tar.gz"}
    container["Environment"] = {"SAGEMAKER_PROGRAM": "serve.py"}  # type: ignore[assignment]
    transform = _request(ModelName={"Get": "Steps.Make.ModelName"})
    make = {"ExecutionRoleArn": ROLE, "PrimaryContainer": container}
    steps = [
        {"Name": "Make", "Type": "Model", "Arguments": make},
        {"Name": "Score", "Type": "Transform", "Arguments": transform},
    ]
    create(workshop, definition(Steps=steps))
    execution, ran = workshop.run("workshop")
    assert execution["PipelineExecutionStatus"] == "Succeeded", ran
    assert ran["Make"]["Metadata"]["Model"]["Arn"].rpartition("/")[2].startswith("pipelines-")
    assert workshop.get(f"s3://{BUCKET}/scored/a.csv.out") == b"10.0\n20.0\n30.0\n"
