"""Names from stack outputs: read when asked for, and one sentence when they are not there."""

from typing import Any

import pytest
from botocore.exceptions import ClientError, NoCredentialsError

from cli.deployment import Outputs
from cli.errors import UserError
from stacks import outputs as keys


class FakeCloudFormation:
    """Stacks with outputs; remembers what was asked."""

    def __init__(self, stacks: dict[str, dict[str, str]], error: Exception | None = None) -> None:
        self.asked: list[str] = []
        self._stacks = stacks
        self._error = error

    def describe_stacks(self, StackName: str) -> dict[str, Any]:  # noqa: N803
        self.asked.append(StackName)
        if self._error:
            raise self._error
        if StackName not in self._stacks:
            message = f"Stack with id {StackName} does not exist"
            raise ClientError({"Error": {"Code": "ValidationError", "Message": message}}, "DescribeStacks")
        found = [{"OutputKey": key, "OutputValue": value} for key, value in self._stacks[StackName].items()]
        return {"Stacks": [{"Outputs": found}]}


def test_only_the_stacks_that_are_needed_are_read_once() -> None:
    client = FakeCloudFormation({"mine-Foundation": {"LakeBucketName": "lake", "DatabaseName": "db"}})
    names = Outputs(client, "mine")
    assert client.asked == []
    assert (names.lake_bucket, names.database, names.lake_bucket) == ("lake", "db", "lake")
    assert client.asked == ["mine-Foundation"]


@pytest.mark.parametrize(
    ("name", "stack", "key"),
    [
        ("lake_bucket", "Foundation", "LakeBucketName"),
        ("database", "Foundation", "DatabaseName"),
        ("event_stream", "StreamIngest", "EventStreamName"),
        ("delivery_stream", "StreamIngest", "DeliveryStreamName"),
        ("events_crawler", "Lakehouse", "EventsCrawlerName"),
        ("curate_job", "Lakehouse", "CurateJobName"),
        ("work_group", "Lakehouse", "WorkGroupName"),
        ("training_pipeline", "Training", "TrainingPipelineName"),
        ("model_package_group", "Training", "ModelPackageGroupName"),
        ("endpoint", "Serving", "EndpointName"),
        ("monitoring_pipeline", "Monitoring", "MonitoringPipelineName"),
    ],
)
def test_every_name_is_an_output(name: str, stack: str, key: str) -> None:
    assert getattr(Outputs(FakeCloudFormation({f"mlref-{stack}": {key: "value"}}), "mlref"), name) == "value"


@pytest.mark.parametrize("of_reference", [[], ["reference"]])
def test_a_dataset_without_reference_files_has_one_crawler(of_reference: list[str]) -> None:
    found = {"EventsCrawlerName": "events"} | dict.fromkeys(["ReferenceCrawlerName"] * len(of_reference), "reference")
    assert Outputs(FakeCloudFormation({"mlref-Lakehouse": found}), "mlref").crawlers == [*of_reference, "events"]


def test_a_stack_that_is_not_deployed_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://localhost:5577")
    with pytest.raises(UserError) as caught:
        _ = Outputs(FakeCloudFormation({}), "mlref").event_stream
    assert str(caught.value).startswith("stack mlref-StreamIngest is not deployed at http://localhost:5577: ")
    assert "`cdk deploy --all`" in str(caught.value)
    with pytest.raises(UserError, match="`cdk deploy --all -c network=isolated`"):
        Outputs(FakeCloudFormation({}), "mlref")._output(keys.NETWORK, keys.VPC)  # no command needs it


def test_an_output_that_is_missing_names_the_stack() -> None:
    with pytest.raises(UserError, match=r"stack mlref-Foundation has no output LakeBucketName"):
        _ = Outputs(FakeCloudFormation({"mlref-Foundation": {}}), "mlref").lake_bucket


def test_model_monitor_has_no_pipeline_to_start() -> None:
    client = FakeCloudFormation({"mlref-Monitoring": {"MonitoringScheduleName": "mlref-data-quality"}})
    with pytest.raises(UserError, match=r"Model Monitor does the checks \(its schedule mlref-data-quality\)"):
        _ = Outputs(client, "mlref").monitoring_pipeline


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (NoCredentialsError(), "cannot ask AWS for stack mlref-Foundation .*set credentials and region"),
        (
            ClientError({"Error": {"Code": "AccessDenied", "Message": "no"}}, "DescribeStacks"),
            "AWS does not let us see stack mlref-Foundation: .*AccessDenied",
        ),
    ],
)
def test_an_account_that_does_not_answer_is_said(error: Exception, message: str) -> None:
    with pytest.raises(UserError, match=message):
        _ = Outputs(FakeCloudFormation({}, error), "mlref").lake_bucket
