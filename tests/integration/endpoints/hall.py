"""Small models, and what it takes to host them."""

import io
import json
import tarfile
import time
from collections.abc import Callable
from typing import Any

from localcloud import LocalCloud
from tests.integration.sagemaker.workshop import IMAGE, ROLE

BUCKET = "hall"
# which the image of xgboost needs, to serve a script
ENVIRONMENT = {"SAGEMAKER_PROGRAM": "inference.py", "SAGEMAKER_SUBMIT_DIRECTORY": "/opt/ml/model/code"}

# Answers {"times": n, "sum": n * sum of the numbers}; commands in the request make it do something else
TIMES = """
import json, os, pathlib, time
from sagemaker_containers.beta.framework import worker
def model_fn(model_dir):
    model = json.loads(pathlib.Path(model_dir, "model.json").read_text())
    if "tell" in model:
        pathlib.Path(model["tell"]).write_text(str(os.getpid()))
    if model.get("broken"):
        raise ValueError("the booster is of another version")
    print("loaded", model["times"], flush=True)
    return model["times"]
def transform_fn(times, body, content_type, accept):
    if content_type not in ("application/json", "text/csv"):
        return worker.Response(response=f"content type {content_type!r}", status=415, mimetype="text/plain")
    data = [float(part) for part in body.split(",")] if content_type == "text/csv" else json.loads(body)
    if isinstance(data, dict):
        if "touch" in data:
            pathlib.Path(data["touch"]).touch()
        if "sleep" in data:
            time.sleep(data["sleep"])
        if "exit" in data:
            os._exit(data["exit"])
        if "raise" in data:
            raise KeyError(data["raise"])
        data = data.get("numbers", [])
    if accept == "text/csv":
        return str(times * sum(data)), "text/csv"
    return json.dumps({"times": times, "sum": times * sum(data), "pid": os.getpid()}), "application/json"
"""


def packed(files: dict[str, str | bytes]) -> bytes:
    """A model.tar.gz of ``files``."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for name, content in files.items():
            data = content.encode() if isinstance(content, str) else content
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return buffer.getvalue()


class Hall:
    """A bucket with models, and clients."""

    def __init__(self, cloud: LocalCloud) -> None:
        self.cloud = cloud
        self.s3 = cloud.client("s3")
        self.client = cloud.client("sagemaker")
        self.runtime = cloud.client("sagemaker-runtime")
        self.s3.create_bucket(Bucket=BUCKET)

    def model(self, name: str, script: str = TIMES, **content: Any) -> str:
        """A model whose model.json is ``content``."""
        archive = packed({"model.json": json.dumps(content), "code/inference.py": script})
        return self.model_of(name, archive)

    def model_of(self, name: str, archive: bytes) -> str:
        self.s3.put_object(Bucket=BUCKET, Key=f"{name}.tar.gz", Body=archive)
        container = {"Image": IMAGE, "ModelDataUrl": f"s3://{BUCKET}/{name}.tar.gz", "Environment": ENVIRONMENT}
        self.client.create_model(ModelName=name, ExecutionRoleArn=ROLE, PrimaryContainer=container)
        return name

    def config(self, name: str, *variants: dict[str, Any], **more: Any) -> str:
        self.client.create_endpoint_config(EndpointConfigName=name, ProductionVariants=list(variants), **more)
        return name

    def endpoint(self, config: str, name: str = "flights", **more: Any) -> str:
        """An endpoint that is no longer Creating."""
        self.client.create_endpoint(EndpointName=name, EndpointConfigName=config, **more)
        self.settled(name)
        return name

    def simple(self, times: int = 10, **more: Any) -> str:
        """An endpoint with one variant of a model that multiplies by ``times``."""
        self.model(f"times-{times}", times=times)
        return self.endpoint(self.config(f"by-{times}", variant(f"times-{times}"), **more))

    def update(self, config: str, name: str = "flights", **more: Any) -> dict[str, Any]:
        """The endpoint's description after an update."""
        self.client.update_endpoint(EndpointName=name, EndpointConfigName=config, **more)
        return self.settled(name)

    def describe(self, name: str = "flights") -> dict[str, Any]:
        told: dict[str, Any] = self.client.describe_endpoint(EndpointName=name)
        return told

    def settled(self, name: str = "flights") -> dict[str, Any]:
        until(lambda: self.describe(name)["EndpointStatus"] not in ("Creating", "Updating", "RollingBack"))
        return self.describe(name)

    def invoke(self, body: Any, name: str = "flights", **more: Any) -> dict[str, Any]:
        """The answer, its body decoded."""
        data = body if isinstance(body, str | bytes) else json.dumps(body)
        answer: dict[str, Any] = self.runtime.invoke_endpoint(
            EndpointName=name, Body=data, **{"ContentType": "application/json", **more}
        )
        answer["Body"] = answer["Body"].read()
        return answer

    def predict(self, body: Any, **more: Any) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.invoke(body, **more)["Body"])
        return found


def variant(model: str, name: str = "AllTraffic", count: int = 1, **more: Any) -> dict[str, Any]:
    given = {"VariantName": name, "ModelName": model, "InstanceType": "ml.m5.large", "InitialInstanceCount": count}
    return {**given, **more}


def until(holds: Callable[[], Any], seconds: float = 60) -> Any:
    """The first true value of ``holds``; fails when none comes in time."""
    deadline = time.monotonic() + seconds
    while not (value := holds()):
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)
    return value
