"""What user code starts in a session of its own, without its environment, ends with what ran the code."""

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from localcloud import LocalCloud
from tests.integration.endpoints.hall import Hall, variant
from tests.integration.glue.lake import Lake
from tests.integration.lambda_.conftest import ROLE, zipped
from tests.integration.sagemaker.workshop import BUCKET, Workshop

# A daemon as in the textbooks: its parent is gone, its session and its environment are its own
DAEMON = """
import os, pathlib, sys, time
def daemon(told):
    if os.fork() == 0:
        os.setsid()
        pid = os.fork()
        if pid == 0:
            os.execve("/bin/sleep", ["sleep", "600"], {})
        pathlib.Path(told + ".part").write_text(str(pid))
        os.rename(told + ".part", told)
        os._exit(0)
    while not os.path.exists(told):
        time.sleep(0.01)
"""
HANDLER = DAEMON + (
    "def handler(event, context):\n"
    "    if event.get('daemon'): daemon(event['daemon'])\n"
    "    if event.get('exit'): os._exit(1)\n"
    "    if event.get('sleep'): time.sleep(60)\n"
    "    return 'fine'\n"
)
SERVE = DAEMON + (
    "import json\n"
    "def model_fn(model_dir):\n"
    "    daemon(json.loads(pathlib.Path(model_dir, 'model.json').read_text())['told'])\n"
    "def transform_fn(model, body, content_type, accept): return body, accept\n"
)


@pytest.fixture
def workshop(cloud: LocalCloud) -> Workshop:
    return Workshop(cloud)


@pytest.fixture
def told(tmp_path: Path) -> Path:
    """Where a daemon's number is written."""
    return tmp_path / "daemon"


def runs(told: Path) -> bool:
    stat = Path("/proc", told.read_text(), "stat")
    try:
        return stat.read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def gone(told: Path) -> bool:
    deadline = time.monotonic() + 30
    while runs(told) and time.monotonic() < deadline:
        time.sleep(0.02)
    return not runs(told)


FUNCTION_ENDS: dict[str, tuple[dict[str, Any], Callable[[LocalCloud, Any], object] | None]] = {
    "deleted": ({}, lambda _, client: client.delete_function(FunctionName="f")),
    "updated": (
        {},
        lambda _, client: (
            client.update_function_configuration(FunctionName="f", MemorySize=256),
            client.invoke(FunctionName="f"),
        ),
    ),
    "reset": ({}, lambda cloud, _: cloud.reset()),
    "exits": ({"exit": 1}, None),
    "times out": ({"sleep": 1}, None),
}


@pytest.mark.parametrize("end", FUNCTION_ENDS)
def test_of_a_function(end: str, cloud: LocalCloud, told: Path) -> None:
    cloud.client("iam").create_role(RoleName="functions", AssumeRolePolicyDocument="{}")
    client = cloud.client("lambda")
    code = {"ZipFile": zipped({"index.py": HANDLER})}
    client.create_function(
        FunctionName="f", Role=ROLE, Runtime="python3.13", Handler="index.handler", Code=code, Timeout=3
    )
    event, action = FUNCTION_ENDS[end]
    client.invoke(FunctionName="f", Payload=json.dumps({"daemon": str(told), **event}))
    if action is not None:
        assert runs(told), "it outlives the request, as long as its environment is warm"
        action(cloud, client)
    assert gone(told)


@pytest.mark.parametrize("environment", [{}, {"PYTHONHASHSEED": "0"}], ids=["warm", "cold"])
@pytest.mark.parametrize("end", ["returns", "is stopped"])
def test_of_a_job(end: str, environment: dict[str, str], workshop: Workshop, told: Path) -> None:
    then = "time.sleep(60)" if end == "is stopped" else ""
    workshop.put("code/prepare.py", f"{DAEMON}\ndaemon({str(told)!r})\n{then}")
    workshop.process("job", Environment=environment)
    if end == "is stopped":
        deadline = time.monotonic() + 60
        while not told.exists():
            assert time.monotonic() < deadline
            time.sleep(0.02)
        assert runs(told)
        workshop.client.stop_processing_job(ProcessingJobName="job")
    workshop.ended("processing", "job")
    assert gone(told)


def test_of_an_endpoint(cloud: LocalCloud, told: Path) -> None:
    hall = Hall(cloud)
    hall.endpoint(hall.config("first", variant(hall.model("m", SERVE, told=str(told)))))
    assert hall.describe()["EndpointStatus"] == "InService", hall.describe()
    assert runs(told)
    hall.client.delete_endpoint(EndpointName="flights")
    assert gone(told)


def test_of_a_glue_job(cloud: LocalCloud, told: Path) -> None:
    Lake(cloud).run(f"{DAEMON}\ndaemon({str(told)!r})\n")
    assert gone(told)


def test_a_full_disk_fails_the_invocation_and_nothing_after_it(
    cloud: LocalCloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    cloud.client("iam").create_role(RoleName="functions", AssumeRolePolicyDocument="{}")
    client = cloud.client("lambda")
    code = {"ZipFile": zipped({"a.txt": "a", "index.py": HANDLER})}
    client.create_function(FunctionName="f", Role=ROLE, Runtime="python3.13", Handler="index.handler", Code=code)

    def full(archive: Any, folder: Path) -> None:
        archive.extract("a.txt", folder)
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as context:
        context.setattr("zipfile.ZipFile.extractall", full)
        answer = client.invoke(FunctionName="f", LogType="Tail")
        assert answer["FunctionError"] == "Unhandled"
        assert "cannot start the function: [Errno 28] No space left on device" in answer["Payload"].read().decode()
        assert list((cloud.workdir / "lambda").iterdir()) == [], "what was unpacked would fill it further"
    assert json.loads(client.invoke(FunctionName="f")["Payload"].read()) == "fine"


def test_the_code_of_an_ended_worker_is_removed(cloud: LocalCloud, told: Path) -> None:
    test_of_a_function("deleted", cloud, told)
    assert [path.name for path in (cloud.workdir / "lambda").iterdir()] == ["sdk"]


def test_a_full_disk_is_why_a_job_fails(workshop: Workshop, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("localcloud.sagemaker.s3_data.fetch", full)
    workshop.process("job")
    told = workshop.ended("processing", "job")["FailureReason"]
    assert told.startswith(f"ClientError: Data download failed: s3://{BUCKET}/")
    assert told.endswith(": No space left on device")
