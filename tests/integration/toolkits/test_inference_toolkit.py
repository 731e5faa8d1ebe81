"""Images of other frameworks: one script behind Multi Model Server, and behind a local endpoint of such an image."""

import http.client
import json
import urllib.parse
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from benchmarks import toolkit
from benchmarks.image import Answer
from localcloud import LocalCloud
from tests.integration.endpoints.hall import BUCKET, Hall, packed, variant
from tests.integration.sagemaker.workshop import ROLE

IMAGE = "763104351884.dkr.ecr.us-east-1.amazonaws.com/pytorch-inference:2.6.0-cpu-py312-ubuntu22.04-sagemaker"
SCRIPT = """
import json
from sagemaker_inference import content_types, encoder, errors
class Mine(errors.BaseInferenceToolkitError):
    def __init__(self):
        super().__init__(418, "short and stout", "I am a teapot")
def pre_model_fn(model_dir):
    print("before")
def model_fn(model_dir, context):
    return sorted(context.system_properties)[:1]
def transform_fn(model, body, content_type, accept, context):
    ask = body.decode() if isinstance(body, bytes) else body
    if ask == "mine":
        raise Mine
    if ask == "generic":
        raise errors.GenericInferenceToolkitError(422, "not that")
    if ask == "generic without words":
        raise errors.GenericInferenceToolkitError(422)
    if ask == "value":
        raise ValueError("seven")
    if ask == "no words":
        raise KeyError
    if ask == "object":
        return {"b": [1, None], "a": "\u00e9"}
    if ask == "set":
        return {1, 2}
    if ask == "bytes":
        return b"\\x00\\xff", "image/png"
    if ask == "number":
        return 3
    if ask == "array":
        import numpy
        return encoder.encode(numpy.array([[1, 2.5]]), accept), accept
    if ask == "header":
        return str(context.get_request_header(0, "X-Amzn-SageMaker-Custom-Attributes")), "text/plain"
    if ask == "status":
        context.set_response_status(202, "Later")
        return "later", "text/plain"
    if ask == "type":
        context.set_response_content_type(0, "text/x-never")
        return "typed", "text/plain"
    return repr((type(body).__name__, body, content_type, accept, model)), "text/plain"
"""
JSON, CSV = "application/json", "text/csv"
# name, body, headers
ROWS: tuple[tuple[str, bytes, dict[str, str]], ...] = (
    ("JSON", b"[1]", {"Content-Type": JSON}),
    ("CSV", b"1,2", {"Content-Type": CSV, "Accept": CSV}),
    ("CSV with a charset", b"1,2", {"Content-Type": "text/csv; charset=utf-8"}),
    ("bytes", b"\x00\x01", {"Content-Type": "application/x-npy"}),
    ("any accept", b"1,2", {"Content-Type": CSV, "Accept": "*/*"}),
    ("unicode", "é, 東京".encode(), {"Content-Type": CSV}),
    ("no UTF-8", b"\xff", {"Content-Type": CSV}),
    ("header", b"header", {"Content-Type": CSV, "X-Amzn-SageMaker-Custom-Attributes": "tenant=a"}),
    *((name, name.encode(), {"Content-Type": CSV}) for name in ("mine", "generic", "generic without words")),
    *((name, name.encode(), {"Content-Type": CSV}) for name in ("value", "no words", "object", "set", "bytes")),
    *((name, name.encode(), {"Content-Type": CSV}) for name in ("number", "array", "status", "type")),
)
Ask = Callable[[bytes, dict[str, str]], Answer]


def asker(url: str, more: dict[str, str]) -> Ask:
    place = urllib.parse.urlsplit(url)

    def ask(body: bytes, headers: dict[str, str]) -> Answer:
        connection = http.client.HTTPConnection(place.netloc, timeout=60)
        connection.putrequest("POST", place.path, skip_accept_encoding=True)
        for name, value in {**headers, **more, "Content-Length": str(len(body))}.items():
            connection.putheader(name, value)
        connection.endheaders(body)
        told = connection.getresponse()
        answer = Answer(told.status, told.headers.get("Content-Type", ""), told.read())
        connection.close()
        return answer

    return ask


@pytest.fixture(scope="module")
def theirs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ask]:
    base = tmp_path_factory.mktemp("mms")
    (base / "model" / "code").mkdir(parents=True)
    (base / "model" / "code" / "inference.py").write_text(SCRIPT, "utf-8")
    with toolkit.serve(base) as url:
        yield asker(url, {})


@pytest.fixture(scope="module")
def ours(session_cloud: LocalCloud) -> Ask:
    session_cloud.reset()
    hall = Hall(session_cloud)
    hall.s3.put_object(Bucket=BUCKET, Key="m.tar.gz", Body=packed({"code/inference.py": SCRIPT}))
    container = {"Image": IMAGE, "ModelDataUrl": f"s3://{BUCKET}/m.tar.gz"}
    hall.client.create_model(ModelName="torch", ExecutionRoleArn=ROLE, PrimaryContainer=container)
    hall.endpoint(hall.config("torch", variant("torch")), "torch")
    assert hall.describe("torch")["EndpointStatus"] == "InService", hall.describe("torch")
    return asker(f"{hall.cloud.endpoint}/endpoints/torch/invocations", {})


@pytest.mark.parametrize(("name", "body", "headers"), ROWS, ids=[name for name, _, _ in ROWS])
def test_a_request_is_answered_alike(name: str, body: bytes, headers: dict[str, str], theirs: Ask, ours: Ask) -> None:
    there, here = theirs(body, headers), ours(body, headers)
    if there.status < 300:
        assert (here.status, here.content_type, here.body) == (200, there.content_type, there.body)
        return
    error: dict[str, Any] = json.loads(here.body)
    assert error["OriginalStatusCode"] == there.status
    # below the message is the traceback, which has other files
    assert error["OriginalMessage"].partition("\n")[0] == there.body.decode().partition("\n")[0]
    assert ("Traceback" in error["OriginalMessage"]) == (b"Traceback" in there.body)
