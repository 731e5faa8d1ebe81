"""`mlref up` and `mlref reset` as a user runs them."""

import json
import os
import socket
import subprocess
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from cli.errors import UserError
from cli.main import app
from tests.e2e.support import MLREF, Deployment

pytestmark = pytest.mark.xdist_group("january")  # shares the deployment, before January is streamed into it


def test_ready_file_says_where_everything_is(deployment: Deployment) -> None:
    assert set(deployment.outputs) == {
        f"mlref-{name}" for name in ("Foundation", "StreamIngest", "Lakehouse", "Training", "Serving", "Monitoring")
    }
    buckets = [item["Name"] for item in deployment.client("s3").list_buckets()["Buckets"]]
    assert deployment.output("Foundation", "LakeBucketName") in buckets


def test_reset_refuses_anything_but_a_local_cloud() -> None:
    environment = {**os.environ, "AWS_ENDPOINT_URL": "https://s3.us-east-1.amazonaws.com"}
    refused = subprocess.run([MLREF, "reset"], env=environment, capture_output=True, text=True, check=False)
    assert refused.returncode == 1
    assert refused.stderr.startswith("mlref: reset is for a local cloud only")


def test_taken_port_is_one_sentence() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        failed = _up(port)
    assert failed.returncode == 1
    assert failed.stderr.strip().endswith(f"port {port} is taken: choose another, or 0 for a free one")
    assert "Traceback" not in failed.stderr


def test_commands_without_a_cloud_say_how_to_get_one(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as unused:
        nobody = f"http://localhost:{unused.getsockname()[1]}"
    monkeypatch.setenv("AWS_ENDPOINT_URL", nobody)
    words = (
        "replay",
        "load-reference",
        "reset",
        "pipeline start",
        "pipeline status",
        "models list",
        "models approve",
        "load-history --months 2",
        "predict {}",
        "predict --key 2013-04-01/UA/1545/EWR",
        "traffic --months 4",
        "endpoint status",
        "endpoint delete --yes",
        "monitor run",
        "monitor report",
    )
    for command in (["query", "SELECT 1"], *(line.split() for line in words)):
        error = CliRunner().invoke(app, command).exception
        assert isinstance(error, UserError), command
        assert "mlref up" in str(error), command


def test_reset_gives_new_empty_stacks(tmp_path: Path) -> None:
    ready = tmp_path / "ready.json"
    process = subprocess.Popen(
        [MLREF, "up", "--port", "0", "--ready-file", str(ready)], stderr=subprocess.PIPE, text=True
    )
    try:
        facts = _wait(process, ready)
        cloud = Deployment({**os.environ, "AWS_ENDPOINT_URL": facts["endpoint"]}, facts["outputs"])
        bucket = cloud.output("Foundation", "LakeBucketName")
        cloud.client("s3").put_object(Bucket=bucket, Key="raw/x", Body=b"x")
        done = cloud.mlref("reset")
        assert done.returncode == 0, done.stderr
        stacks = cloud.client("cloudformation").describe_stacks()["Stacks"]
        assert {stack["StackStatus"] for stack in stacks} == {"CREATE_COMPLETE"}
        assert len(stacks) == 6
        lakes = [item["Name"] for item in cloud.client("s3").list_buckets()["Buckets"] if "lake" in item["Name"]]
        assert lakes
        assert bucket not in lakes
        assert cloud.mlref("reset", "--empty").returncode == 0
        assert cloud.client("cloudformation").describe_stacks()["Stacks"] == []
    finally:
        process.terminate()
        process.communicate(timeout=30)
    assert process.returncode == 143, "as shells tell SIGTERM"


def _up(port: int) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [MLREF, "up", "--port", str(port)], capture_output=True, text=True, timeout=120, check=False
    )


def _wait(process: "subprocess.Popen[str]", ready: Path) -> Any:
    for _ in range(1800):
        if ready.exists():
            return json.loads(ready.read_text("utf-8"))
        if process.poll() is not None:
            break
        try:
            process.wait(timeout=0.1)
        except subprocess.TimeoutExpired:
            continue
    pytest.fail("mlref up did not get ready")
