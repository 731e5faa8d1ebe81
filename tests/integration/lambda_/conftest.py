"""Functions made of a few lines."""

import io
import json
import zipfile
from collections.abc import Callable
from typing import Any

import pytest

from localcloud import LocalCloud

ROLE = "arn:aws:iam::123456789012:role/functions"


def zipped(files: dict[str, str]) -> bytes:
    """A deployment package."""
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return sink.getvalue()


@pytest.fixture(name="zipped")
def _zipped() -> Callable[[dict[str, str]], bytes]:
    return zipped


@pytest.fixture
def role(cloud: LocalCloud) -> str:
    cloud.client("iam").create_role(RoleName="functions", AssumeRolePolicyDocument="{}")
    return ROLE


@pytest.fixture
def deploy(cloud: LocalCloud, role: str) -> Callable[..., str]:
    """Create a Python function from the text of index.py; its name."""

    def create(code: str, name: str = "probe", **properties: Any) -> str:
        given = {
            "Role": role,
            "Runtime": "python3.13",
            "Handler": "index.handler",
            "Timeout": 10,
            "Code": {"ZipFile": zipped({"index.py": code})},
            **properties,
        }
        cloud.client("lambda").create_function(FunctionName=name, **given)
        return name

    return create


@pytest.fixture
def call(cloud: LocalCloud) -> Callable[..., Any]:
    """Invoke and decode: (payload, FunctionError or None)."""

    def invoke(name: str, event: Any = None, **arguments: Any) -> tuple[Any, str | None]:
        payload = json.dumps({} if event is None else event).encode()
        answer = cloud.client("lambda").invoke(FunctionName=name, Payload=payload, **arguments)
        return json.loads(answer["Payload"].read()), answer.get("FunctionError")

    return invoke
