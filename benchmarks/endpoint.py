"""The endpoint against its model called in a process, and against the same inference.py behind AWS's servers."""

import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import boto3

from benchmarks import image, toolkit
from benchmarks.measure import Ratio
from cli.cloud.local import local_cloud
from cli.deployment import Outputs
from cli.model.rows import asked_for

CLIENT = Path(__file__).parent / "load.py"
ROOT = Path(__file__).parents[1]
REQUESTS = 2000
REPEAT = 3
NAME = "benchmark"


@dataclass(frozen=True)
class Given:
    """A trained model, as model.tar.gz, and bodies of requests."""

    model: bytes
    bodies: list[bytes]


def given(names: Outputs, model: str) -> Given:
    """``model``: S3 URI of model.tar.gz."""
    bucket, _, key = model.removeprefix("s3://").partition("/")
    rows = asked_for(names, date(2013, 1, 20), date(2013, 1, 31), rows=500)
    archive = boto3.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read()
    return Given(archive, [row.body for row in rows])


def measure(of: Given) -> list[Ratio]:
    """In a cloud of its own, in which time passes as on AWS."""
    bodies = of.bodies
    with tempfile.TemporaryDirectory() as folder:
        base = Path(folder)
        (base / "model.tar.gz").write_bytes(of.model)
        with tarfile.open(base / "model.tar.gz") as archive:
            archive.extractall(base / "model", filter="data")
        alone = _best(["-m", "benchmarks.in_process", str(base / "model"), str(REQUESTS)], bodies)
        with local_cloud(speed=1) as cloud:
            os.environ.update(cloud.environment)
            with _endpoint(of.model) as url:
                one, four = (_rate(url, bodies, connections) for connections in (1, 4))
        with toolkit.serve(base) as url:
            theirs = max(_rate(url, bodies, connections) for connections in (1, 4))
        images = _image(base / "alone", base / "model", bodies)
        behind = (
            _image(base / "nginx", base / "model", bodies, port=toolkit.free_port())
            if shutil.which("nginx")
            else None
        )
    asked = f"{REQUESTS:,} requests of one flight; best of {REPEAT}"
    alike = (
        f"the better of one and four connections, on either side; one worker, on either side; ours goes through "
        f"InvokeEndpoint and captures all of it; without any server the handlers make {alone:,.0f} requests/s; {asked}"
    )
    return [
        Ratio(
            *("endpoint", 1000 / one, "the handlers in a process", 1000 / alone, "ms/request", "none named"),
            f"one connection, all of it captured; {asked}",
        ),
        Ratio(
            *("endpoint", max(one, four), "the toolkit with its Multi Model Server", theirs),
            *("requests/s", "≥ 2"),
            f"for images of other frameworks; {alike}",
        ),
        Ratio(
            *("endpoint", max(one, four), "gunicorn of the image's server", images, "requests/s", "none named"),
            f"sagemaker-containers, asked at its Unix socket; {alike}",
        ),
        *(
            [
                Ratio(
                    *("endpoint", max(one, four), "the image's own server", behind, "requests/s", "≥ 1.5"),
                    f"sagemaker-containers: nginx, which asks gunicorn, as on AWS; {alike}",
                )
            ]
            if behind is not None
            else []
        ),
    ]


def _image(base: Path, model: Path, bodies: list[bytes], port: int | None = None) -> float:
    """Requests a second of a container of the model's image, with the variables that its pipeline gives it.

    Args:
        port: of nginx; without it gunicorn is asked.
    """
    base.mkdir()
    (base / "model").symlink_to(model)
    environment = {
        "SAGEMAKER_PROGRAM": "inference.py",
        "SAGEMAKER_SUBMIT_DIRECTORY": "/opt/ml/model/code",
        "SAGEMAKER_MODEL_SERVER_WORKERS": "1",
        **image.NO_BUILD_ISOLATION,
    }
    with image.Container(base, environment=environment).serve(port) as address:
        url = f"http://localhost:{port}/invocations" if port else f"unix:{address}"
        return max(_rate(url, bodies, connections) for connections in (1, 4))


@contextmanager
def _endpoint(model: bytes) -> Iterator[str]:
    """An endpoint of the local cloud that captures; the URL of its invocations."""
    s3, client = boto3.client("s3"), boto3.client("sagemaker")
    s3.create_bucket(Bucket=NAME)
    s3.put_object(Bucket=NAME, Key="model.tar.gz", Body=model)
    account = boto3.client("sts").get_caller_identity()["Account"]
    image = f"{account}.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:3.2-0"
    client.create_model(
        ModelName=NAME,
        ExecutionRoleArn=f"arn:aws:iam::{account}:role/{NAME}",
        PrimaryContainer={"Image": image, "ModelDataUrl": f"s3://{NAME}/model.tar.gz"},
    )
    variant = {"VariantName": "AllTraffic", "ModelName": NAME, "InstanceType": "ml.m5.large"}
    client.create_endpoint_config(
        EndpointConfigName=NAME,
        ProductionVariants=[{**variant, "InitialInstanceCount": 1}],
        DataCaptureConfig={
            "EnableCapture": True,
            "InitialSamplingPercentage": 100,
            "DestinationS3Uri": f"s3://{NAME}/captured",
            "CaptureOptions": [{"CaptureMode": "Input"}, {"CaptureMode": "Output"}],
            "CaptureContentTypeHeader": {"JsonContentTypes": ["application/json"]},
        },
    )
    client.create_endpoint(EndpointName=NAME, EndpointConfigName=NAME)
    client.get_waiter("endpoint_in_service").wait(EndpointName=NAME, WaiterConfig={"Delay": 1, "MaxAttempts": 60})
    yield f"{os.environ['AWS_ENDPOINT_URL']}/endpoints/{NAME}/invocations"
    client.delete_endpoint(EndpointName=NAME)


def _rate(url: str, bodies: list[bytes], connections: int) -> float:
    """Requests a second."""
    return _best([str(CLIENT), url, str(REQUESTS), str(connections)], bodies)


def _best(words: list[str], bodies: list[bytes]) -> float:
    """The largest number that a script prints."""
    given = b"\n".join(bodies)
    runs = (
        subprocess.run([sys.executable, *words], cwd=ROOT, input=given, capture_output=True, check=True)
        for _ in range(REPEAT)
    )
    return max(float(run.stdout) for run in runs)
