"""Least privilege, proven on what the whole demo called: everything is allowed, and no statement is there in vain."""

import json
import subprocess
from collections.abc import Iterator
from typing import Any

import pytest

from localcloud.iam.evaluation import Simulator
from localcloud.iam.report import Report, Snapshot, describe, judge, needed, short
from tests.e2e.support import DATASET, MLREF, Told

pytestmark = pytest.mark.xdist_group("demo")  # whose recording it reads


@pytest.fixture(scope="module")
def simulator() -> Iterator[Simulator]:
    with Simulator() as simulator:
        yield simulator


@pytest.fixture(scope="module")
def snapshot(whole_demo: Told) -> Snapshot:
    told = json.loads((whole_demo.folder / "iam.json").read_text("utf-8"))
    assert told["enforced"], "the demo ended well although every call had to be allowed"
    return Snapshot.from_dict(told)


@pytest.fixture(scope="module")
def report(snapshot: Snapshot, simulator: Simulator) -> Report:
    return judge(snapshot, simulator)


def test_every_part_of_the_demo_was_recorded(snapshot: Snapshot) -> None:
    assert snapshot.lost == 0
    called = {
        (call.caller.principal.rpartition("/")[2].split("-")[-2:][0][:-8], call.action) for call in snapshot.calls
    }
    for role, action in (
        ("TransformRole", "logs:PutLogEvents"),
        ("DeliveryRole", "kinesis:GetRecords"),
        ("DeliveryRole", "lambda:InvokeFunction"),
        ("DeliveryRole", "glue:GetTable"),
        ("DeliveryRole", "s3:PutObject"),
        ("DeliveryRole", "kms:GenerateDataKey"),
        ("ReferenceCrawlerRole", "glue:CreateTable"),
        ("EventsCrawlerRole", "glue:BatchCreatePartition"),
        (f"Curate{DATASET.capitalize()}Role", "s3:DeleteObject"),
        (f"Curate{DATASET.capitalize()}Role", "glue:PublishDataQuality"),
        ("JobsRole", "s3:PutObject"),
        ("PipelineRole", "iam:PassRole"),
        ("PipelineRole", "sagemaker:CreateModelPackage"),
        ("DeployRole", "sagemaker:CreateEndpoint"),
        ("ModelRole", "s3:PutObject"),
        ("MonitorPipelineRole", "lambda:InvokeFunction"),
        ("PublishRole", "cloudwatch:PutMetricData"),
        ("RetrainRole", "sagemaker:StartPipelineExecution"),
    ):
        assert (role, action) in called
    services = {call.caller.principal: call.action for call in snapshot.calls if call.caller.is_service}
    assert {"events.amazonaws.com", "cloudwatch.amazonaws.com", "logs.us-east-1.amazonaws.com"} <= services.keys()


def test_every_call_is_allowed_by_a_deployed_policy(report: Report) -> None:
    assert [verdict.message for verdict in report.denied] == []


def test_every_statement_is_used_or_says_why_not(report: Report, snapshot: Snapshot) -> None:
    assert [describe(item, snapshot.policies) for item in report.unexplained] == []
    assert [describe(item, snapshot.policies) for item in report.stale] == [], "it is used: the reason is to go"


def test_taking_any_statement_away_denies_a_call_that_is_made(
    report: Report, snapshot: Snapshot, simulator: Simulator
) -> None:
    """Mutation over all statements of all roles; one that is not missed is there twice."""
    of_roles = [item for item in report.used if item.policy]
    assert len(of_roles) > 60
    in_vain = [item for item in of_roles if not needed(item, report, snapshot.policies, simulator)]
    assert [describe(item, snapshot.policies) for item in in_vain] == []


def test_what_a_missing_statement_stops_is_named(report: Report, snapshot: Snapshot, simulator: Simulator) -> None:
    invoke = next(
        item
        for item, verdicts in report.used.items()
        if "DeliveryRole" in item.holder and verdicts[0].call.action == "lambda:InvokeFunction"
    )
    (denied, *_) = needed(invoke, report, snapshot.policies, simulator)
    assert denied.message.startswith(f"User: arn:aws:sts::123456789012:assumed-role/{short(invoke.holder)}/")
    assert "is not authorized to perform: lambda:InvokeFunction on resource: arn:aws:lambda:" in denied.message


def test_report_says_so(whole_demo: Told) -> None:
    recording = str(whole_demo.folder / "iam.json")
    command = [MLREF, "iam", "report", "--recording", recording]
    done = subprocess.run([*command, "--json"], capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    told: dict[str, Any] = json.loads(done.stdout)
    assert all(item["reason"] for item in told["unused"])
    assert all(call["allowed"] and call["statements"] for calls in told["principals"].values() for call in calls)
