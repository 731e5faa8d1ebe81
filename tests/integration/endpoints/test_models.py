"""Where a model's artifacts and code may be, and what becomes of an endpoint when they are not there."""

import gzip
import io
import json
import zipfile
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from localcloud import LocalCloud
from tests.integration.endpoints.hall import BUCKET, ENVIRONMENT, Hall, packed, variant
from tests.integration.sagemaker.test_training_files import OFFLINE, wheel
from tests.integration.sagemaker.workshop import IMAGE, ROLE

ANSWER = "def transform_fn(model, body, content_type, accept): return repr(model), 'text/plain'\n"
SCRIPT = f"import os\ndef model_fn(model_dir): return sorted(os.listdir(model_dir))\n{ANSWER}"
SOURCE = f"s3://{BUCKET}/code.tar.gz"


@pytest.fixture(scope="module")
def hall(session_cloud: LocalCloud) -> Hall:
    session_cloud.reset()
    hall = Hall(session_cloud)
    hall.s3.put_object(Bucket=BUCKET, Key="code.tar.gz", Body=packed({"inference.py": SCRIPT, "other.py": SCRIPT}))
    hall.s3.put_object(Bucket=BUCKET, Key="m.tar.gz", Body=packed({"m.json": "{}", "code/inference.py": SCRIPT}))
    for key in ("flat/code/inference.py", "flat/m.json", "flat/deep/w.bin", "flatter/never"):
        hall.s3.put_object(Bucket=BUCKET, Key=key, Body=SCRIPT if key.endswith(".py") else b"{}")
    return hall


def served(hall: Hall, name: str, **container: Any) -> dict[str, Any]:
    """The description of an endpoint with one model."""
    given = {"Image": IMAGE, "Environment": ENVIRONMENT, **container}
    hall.client.create_model(ModelName=name, ExecutionRoleArn=ROLE, PrimaryContainer=given)
    hall.endpoint(hall.config(name, variant(name)), name)
    return hall.describe(name)


def data(uri: str, kind: str, compression: str) -> dict[str, Any]:
    source = {"S3Uri": f"s3://{BUCKET}/{uri}", "S3DataType": kind, "CompressionType": compression}
    return {"ModelDataSource": {"S3DataSource": source}}


CODE_IN_S3 = {"Environment": {**ENVIRONMENT, "SAGEMAKER_SUBMIT_DIRECTORY": SOURCE}}
ADAPTER = {"ChannelName": "a", **data("flat/", "S3Prefix", "None")["ModelDataSource"]}


@pytest.mark.parametrize(
    ("name", "container", "found"),
    [
        ("archive", {"ModelDataUrl": f"s3://{BUCKET}/m.tar.gz"}, ["code", "m.json"]),
        ("gzip", data("m.tar.gz", "S3Object", "Gzip"), ["code", "m.json"]),
        ("prefix", data("flat/", "S3Prefix", "None"), ["code", "deep", "m.json"]),
        (
            "object",
            {**data("flat/m.json", "S3Object", "None"), **CODE_IN_S3},
            ["m.json"],
        ),
        ("no-data", CODE_IN_S3, []),
        (
            "another-script",
            {"Environment": {"SAGEMAKER_PROGRAM": "other", "SAGEMAKER_SUBMIT_DIRECTORY": SOURCE}},
            [],
        ),
    ],
)
def test_a_model_is_found(hall: Hall, name: str, container: dict[str, Any], found: list[str]) -> None:
    told = served(hall, name, **container)
    assert told["EndpointStatus"] == "InService", told.get("FailureReason")
    assert hall.invoke("x", name)["Body"].decode() == repr(found)


@pytest.mark.parametrize(
    ("name", "environment", "reason"),
    [
        ("above", {"SAGEMAKER_PROGRAM": "../inference.py"}, "has to be a file at the root of the code"),
        ("absolute", {"SAGEMAKER_PROGRAM": "/etc/inference.py"}, "has to be a file at the root of the code"),
        ("below", {"SAGEMAKER_PROGRAM": "code/inference.py"}, "has to be a file at the root of the code"),
        ("dots", {"SAGEMAKER_PROGRAM": "..inference"}, "has to be a file at the root of the code"),
        ("missing", {"SAGEMAKER_PROGRAM": "nothing.py"}, f"there is no nothing.py in s3://{BUCKET}/m.tar.gz: code"),
        ("no-folder", {"SAGEMAKER_SUBMIT_DIRECTORY": "/opt/ml/model/source"}, "there is no such folder"),
        ("outside", {"SAGEMAKER_SUBMIT_DIRECTORY": "/etc"}, "only what is below /opt/ml"),
        ("out-of-it", {"SAGEMAKER_SUBMIT_DIRECTORY": "/opt/ml/model/../../etc"}, "only what is below /opt/ml"),
        ("file", {"SAGEMAKER_SUBMIT_DIRECTORY": "file:///opt/ml/model/code"}, "only what is below /opt/ml"),
        ("gone", {"SAGEMAKER_SUBMIT_DIRECTORY": f"s3://{BUCKET}/gone.tar.gz"}, "The specified key does not exist"),
        ("no-tar", {"SAGEMAKER_SUBMIT_DIRECTORY": f"s3://{BUCKET}/flat/m.json"}, "is not a tar.gz archive"),
    ],
)
def test_code_that_is_not_there_fails_the_endpoint(
    hall: Hall, name: str, environment: dict[str, str], reason: str
) -> None:
    told = served(hall, name, ModelDataUrl=f"s3://{BUCKET}/m.tar.gz", Environment={**ENVIRONMENT, **environment})
    assert told["EndpointStatus"] == "Failed"
    assert reason in told["FailureReason"]


def zipped() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("code/inference.py", SCRIPT)
    return buffer.getvalue()


WHOLE = packed({"code/inference.py": SCRIPT, "weights": json.dumps(list(range(3000)))})
ARCHIVES = {
    **{f"cut at {part}": WHOLE[: int(len(WHOLE) * part)] for part in (0.01, 0.3, 0.6, 0.9, 0.99)},
    "without its last byte": WHOLE[:-1],
    "empty": b"",
    "text": b"this is no archive",
    "gzip of text": gzip.compress(b"this is no archive" * 100),
    "zip": zipped(),
    "damaged": WHOLE[: len(WHOLE) // 2] + b"\x00" * 50 + WHOLE[len(WHOLE) // 2 + 50 :],
    "out of its folder": packed({"../../escape": "x"}),
}


@pytest.mark.parametrize("kind", ARCHIVES)
def test_an_archive_that_is_none_fails_the_endpoint(hall: Hall, kind: str) -> None:
    name = kind.replace(" ", "-").replace(".", "-")
    hall.s3.put_object(Bucket=BUCKET, Key=f"{name}.tar.gz", Body=ARCHIVES[kind])
    told = served(hall, name, ModelDataUrl=f"s3://{BUCKET}/{name}.tar.gz")
    assert told["EndpointStatus"] == "Failed"
    assert told["FailureReason"].startswith(
        f'Failed to extract model data archive for container "container_1" from URL "s3://{BUCKET}/{name}.tar.gz". '
        "Please ensure that the object located at the URL is a valid tar.gz archive."
    )


@pytest.mark.parametrize(
    ("name", "container", "reason"),
    [
        ("no-object", {"ModelDataUrl": f"s3://{BUCKET}/gone.tar.gz"}, "Failed to download model data for container"),
        ("no-prefix", data("gone/", "S3Prefix", "None"), "Failed to download model data for container"),
        ("no-slash", data("flat", "S3Prefix", "None"), "ends with a slash"),
    ],
)
def test_data_that_is_not_there_fails_the_endpoint(
    hall: Hall, name: str, container: dict[str, Any], reason: str
) -> None:
    told = served(hall, name, **container)
    assert (told["EndpointStatus"], reason in told["FailureReason"]) == ("Failed", True), told["FailureReason"]


def test_requirements_are_installed_for_the_model_alone(hall: Hall, tmp_path: Path) -> None:
    script = f"import served_with\ndef model_fn(model_dir): return served_with.X\n{ANSWER}"
    for name, line in (("asked", str(wheel(tmp_path, "served_with"))), ("never", "no-such-package-of-ours==9.9")):
        archive = packed({"code/inference.py": script, "code/requirements.txt": f"{line}\n"})
        hall.s3.put_object(Bucket=BUCKET, Key=f"{name}.tar.gz", Body=archive)
    environment = {**ENVIRONMENT, **OFFLINE}
    told = served(hall, "asked", ModelDataUrl=f"s3://{BUCKET}/asked.tar.gz", Environment=environment)
    assert told["EndpointStatus"] == "InService", told.get("FailureReason")
    assert hall.invoke("x", "asked")["Body"] == b"41"
    told = served(hall, "never", ModelDataUrl=f"s3://{BUCKET}/never.tar.gz", Environment=environment)
    assert 'InstallModuleError: Command "' in told["FailureReason"]
    assert "No matching distribution found for no-such-package-of-ours" in told["FailureReason"]
    with pytest.raises(ImportError):
        __import__("served_with")


def test_an_endpoints_name_is_taken_in_any_case(hall: Hall) -> None:
    served(hall, "Case", ModelDataUrl=f"s3://{BUCKET}/m.tar.gz")
    for name in ("case", "CASE", "Case"):
        with pytest.raises(ClientError, match=r"Cannot create already existing endpoint .*/Case"):
            hall.client.create_endpoint(EndpointName=name, EndpointConfigName="Case")
    with pytest.raises(ClientError, match="Could not find endpoint"):
        hall.client.describe_endpoint(EndpointName="case")


@pytest.mark.parametrize(
    ("name", "model", "refusal"),
    [
        ("pipeline", {"Containers": [{"Image": IMAGE}, {"Image": IMAGE}]}, "the several containers of pipeline"),
        (
            "adapters",
            {"PrimaryContainer": {"Image": IMAGE, "AdditionalModelDataSources": [ADAPTER]}},
            "the AdditionalModelDataSources of adapters",
        ),
        (
            "specification",
            {"PrimaryContainer": {"Image": IMAGE, "InferenceSpecificationName": "a"}},
            "the InferenceSpecificationName of specification",
        ),
    ],
)
def test_what_is_not_hosted_is_refused_by_name(hall: Hall, name: str, model: dict[str, Any], refusal: str) -> None:
    hall.client.create_model(ModelName=name, ExecutionRoleArn=ROLE, **model)
    with pytest.raises(ClientError, match=refusal) as caught:
        hall.config(name, variant(name))
    assert caught.value.response["Error"]["Code"] == "NotImplemented"


def test_a_model_is_described_without_what_it_does_not_have(hall: Hall) -> None:
    hall.client.create_model(ModelName="plain", ExecutionRoleArn=ROLE, PrimaryContainer={"Image": IMAGE})
    told = hall.client.describe_model(ModelName="plain")
    assert told.keys() - {"ResponseMetadata"} == {
        *("ModelName", "ModelArn", "PrimaryContainer", "ExecutionRoleArn", "CreationTime", "EnableNetworkIsolation")
    }


def test_custom_attributes_of_an_answer_come_back(hall: Hall) -> None:
    script = (
        "from sagemaker_containers.beta.framework import worker\n"
        "def model_fn(model_dir): ...\n"
        "def transform_fn(model, body, content_type, accept):\n"
        "    return worker.Response('x', headers={'X-Amzn-SageMaker-Custom-Attributes': 'trace=' + body})\n"
    )
    hall.model("attributes", script)
    hall.endpoint(hall.config("attributes", variant("attributes")), "attributes")
    assert hall.invoke("7", "attributes")["CustomAttributes"] == "trace=7"
