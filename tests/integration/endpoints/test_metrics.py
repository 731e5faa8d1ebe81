"""CloudWatch metrics and EventBridge events of endpoints."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.integration.endpoints.hall import Hall, until, variant

DIMENSIONS = [{"Name": "EndpointName", "Value": "flights"}, {"Name": "VariantName", "Value": "AllTraffic"}]


def statistics(hall: Hall, name: str, *more: dict[str, str]) -> dict[str, float]:
    now = datetime.now(UTC)
    points = hall.cloud.client("cloudwatch").get_metric_statistics(
        Namespace="AWS/SageMaker",
        MetricName=name,
        Dimensions=[*DIMENSIONS, *more],
        StartTime=now - timedelta(hours=1),
        EndTime=now + timedelta(hours=1),
        Period=7200,
        Statistics=["Sum", "Average", "SampleCount"],
    )["Datapoints"]
    return points[0] if points else {}


def test_invocations_are_counted_by_variant(hall: Hall) -> None:
    hall.model("tenfold", times=10)
    hall.endpoint(hall.config("first", variant("tenfold", count=4)))
    for _ in range(6):
        hall.invoke([1])
    hall.invoke({"sleep": 0.2})
    for body, kind in (("[1]", "text/html"), ('{"raise": "x"}', "application/json")):
        with pytest.raises(hall.runtime.exceptions.ModelError):
            hall.invoke(body, ContentType=kind)
    until(lambda: statistics(hall, "Invocations").get("Sum") == 9)
    sums = {
        name: statistics(hall, name)["Sum"]
        for name in ("Invocation4XXErrors", "Invocation5XXErrors", "InvocationModelErrors", "InvocationsPerInstance")
    }
    assert sums == {
        "Invocation4XXErrors": 1,
        "Invocation5XXErrors": 1,
        "InvocationModelErrors": 2,
        "InvocationsPerInstance": 9 / 4,
    }
    assert statistics(hall, "Invocation4XXErrors")["Average"] == pytest.approx(1 / 9)
    latency = statistics(hall, "ModelLatency")
    assert latency["SampleCount"] == 9
    assert latency["Sum"] > 200_000  # microseconds
    assert 0 < statistics(hall, "OverheadLatency")["Sum"] < latency["Sum"]
    of_config = {"Name": "EndpointConfigName", "Value": "first"}
    assert statistics(hall, "Invocations", of_config)["Sum"] == 9


def test_events_tell_the_states(hall: Hall) -> None:
    cloud = hall.cloud
    sqs, events = cloud.client("sqs"), cloud.client("events")
    url = sqs.create_queue(QueueName="told")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    kinds = ["SageMaker Endpoint State Change", "SageMaker Endpoint Deployment State Change"]
    events.put_rule(Name="all", EventPattern=json.dumps({"source": ["aws.sagemaker"], "detail-type": kinds}))
    events.put_targets(Rule="all", Targets=[{"Id": "q", "Arn": arn}])
    hall.simple()

    found: list[dict[str, Any]] = []

    def read() -> bool:
        for message in sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", []):
            found.append(json.loads(message["Body"]))
        return any(event["detail"]["EndpointStatus"] == "IN_SERVICE" for event in found)

    until(read)
    states = [event for event in found if event["detail-type"] == kinds[0]]
    assert {event["detail"]["EndpointStatus"] for event in states} == {"CREATING", "IN_SERVICE"}
    last = next(event for event in states if event["detail"]["EndpointStatus"] == "IN_SERVICE")
    assert last["resources"] == ["arn:aws:sagemaker:us-east-1:123456789012:endpoint/flights"]
    assert last["detail"]["EndpointConfigName"] == "by-10"
    assert last["detail"]["ProductionVariants"][0]["DesiredInstanceCount"] == 1
    assert isinstance(last["detail"]["CreationTime"], int)
    assert last["detail"]["Tags"] == {}
    (staged,) = (event["detail"] for event in found if event["detail-type"] == kinds[1])
    (pending,) = staged["PendingDeploymentSummary"]["ProductionVariants"]
    assert pending["VariantStatus"][0]["Status"] == "Creating"
    assert pending["VariantStatus"][0]["StatusMessage"] == "Launching 1 instance(s)."
