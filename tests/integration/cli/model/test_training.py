"""From the curated table to an approved model: the deployed stacks, driven by the commands as a user would."""

import json
import os
import signal
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from cli.errors import UserError
from cli.model import sagemaker
from cli.model.models import models
from cli.model.models import versions as registered
from cli.model.pipeline import pipeline
from localcloud import LocalCloud
from localcloud.assembly import deploy
from tests.unit.processing.sagemaker.support import curated, write_curated

STEPS = {"Preprocess", "Train", "Evaluate", "Baseline", "CheckMetrics", "Register"}


@pytest.fixture
def lake(cloud: LocalCloud, synthesized: Any, monkeypatch: pytest.MonkeyPatch) -> dict[str, dict[str, str]]:
    """Outputs of the deployed stacks; clients of this process talk to their cloud."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", cloud.endpoint)
    return deploy(synthesized(), cloud)


@pytest.fixture
def flights(cloud: LocalCloud, lake: dict[str, dict[str, str]], tmp_path: Path) -> None:
    """Seven weeks of curated flights, where the Glue job writes them."""
    folder = write_curated(curated("2013-01-08", "2013-02-28"), tmp_path / "flights")
    s3, bucket = cloud.client("s3"), lake["mlref-Foundation"]["LakeBucketName"]
    for path in folder.rglob("*.parquet"):
        key = f"curated/flights/{path.relative_to(folder).as_posix()}"
        s3.put_object(Bucket=bucket, Key=key, Body=path.read_bytes())


def run(app: Any, *arguments: str) -> Result:
    return CliRunner().invoke(app, arguments)


def refusal(app: Any, *arguments: str) -> str:
    """The sentence that the command ends with."""
    error = run(app, *arguments).exception
    assert isinstance(error, UserError), error
    return str(error)


@pytest.mark.usefixtures("flights")
def test_a_model_is_trained_registered_approved_and_a_bad_one_is_refused(
    cloud: LocalCloud, lake: dict[str, dict[str, str]]
) -> None:
    done = run(pipeline, "start", "-p", "MinimumTemporalAuc=0.55")
    assert done.exit_code == 0, f"{done.output} {done.exception}"
    assert "mlref models approve 1" in done.output
    found = run(pipeline, "status").output
    assert "Succeeded" in found
    assert "Registered" in found
    steps = run(pipeline, "steps").output
    assert all(name in steps for name in STEPS), steps
    assert "outcome True" in steps
    assert "validation-auc:" in run(pipeline, "logs", "Train").output
    assert "runs no job" in refusal(pipeline, "logs", "CheckMetrics")
    assert refusal(pipeline, "logs", "Register").startswith("model-package ")

    listed = [json.loads(line) for line in run(models, "list", "--json").output.splitlines()]
    assert [(item["version"], item["status"]) for item in listed] == [(1, "PendingManualApproval")]
    group = lake["mlref-Training"]["ModelPackageGroupName"]
    approved = run(models, "approve", "--reason", "first of its kind")
    assert approved.output == "Version 1 is Approved: first of its kind\n"
    package = cloud.client("sagemaker").describe_model_package(ModelPackageName=listed[0]["arn"])
    assert package["ModelApprovalStatus"] == "Approved"
    assert package["ApprovalDescription"] == "first of its kind"
    assert package["ModelPackageGroupName"] == group
    (container,) = package["InferenceSpecification"]["Containers"]
    assert container["ModelDataUrl"].startswith(f"s3://{lake['mlref-Foundation']['LakeBucketName']}/runs/")
    assert container["Image"] == "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:3.2-0"
    assert run(models, "reject", "1").output.startswith("Version 1 is Rejected")
    assert "has no version 7: it has 1" in refusal(models, "approve", "7")

    reason = refusal(pipeline, "start", "-p", "MinimumTemporalAuc=0.84")
    assert "MetricsTooLow" in reason
    assert "at least 0.84" in reason
    assert "MetricsTooLow" in run(pipeline, "status").output
    assert "unchanged since execution" in " ".join(run(pipeline, "steps").output.split())
    assert len(registered(group)) == 1

    client = cloud.client("cloudformation")
    client.delete_stack(StackName="mlref-Training")
    client.get_waiter("stack_delete_complete").wait(StackName="mlref-Training", WaiterConfig={"Delay": 1})
    groups = cloud.client("sagemaker").list_model_package_groups()["ModelPackageGroupSummaryList"]
    assert groups == [], "the group went with its versions"


@pytest.mark.usefixtures("lake")
def test_without_data_the_first_step_fails_with_its_reason() -> None:
    reason = refusal(pipeline, "start")
    assert "failed: Preprocess:" in reason
    assert "curated/flights" in reason


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Ctrl-C as soon as the command waits."""
    timer: list[threading.Timer] = []
    original = sagemaker.wait

    def wait(*arguments: Any) -> Any:
        timer.append(threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGINT)))
        timer[0].start()
        return original(*arguments)

    monkeypatch.setattr(sagemaker, "wait", wait)
    yield
    for item in timer:
        item.cancel()


@pytest.mark.usefixtures("flights", "patient")
def test_interrupting_the_wait_leaves_the_execution_running(lake: dict[str, dict[str, str]]) -> None:
    left = run(pipeline, "start")
    assert left.exit_code == 130, left.output
    assert "goes on: look with `mlref pipeline status" in " ".join(left.output.split())
    arn = sagemaker.find_execution(lake["mlref-Training"]["TrainingPipelineName"], None)
    assert sagemaker.read(arn).status == "Executing"


@pytest.mark.usefixtures("lake")
def test_what_cannot_be_done_is_one_sentence() -> None:
    assert "mlref pipeline start" in refusal(pipeline, "status")
    assert "mlref pipeline start" in refusal(models, "approve")
    assert "NAME=VALUE" in refusal(pipeline, "start", "-p", "WindowEnd")
    assert "Speed" in refusal(pipeline, "start", "-p", "Speed=1")
    started = run(pipeline, "start", "--no-wait")
    assert started.exit_code == 0
    identifier = started.output.split()[1]
    assert f"mlref pipeline status {identifier}" in started.output
    assert "no execution other" in refusal(pipeline, "status", "other")
    assert "has not begun a step 'Trian'" in refusal(pipeline, "logs", "Trian", identifier)
