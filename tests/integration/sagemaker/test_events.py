"""State changes reach a rule of EventBridge, here one with a queue."""

import json
import time
from collections.abc import Callable
from typing import Any

import pytest

from localcloud import LocalCloud
from tests.integration.sagemaker.workshop import Workshop, create, definition


class Events:
    """Events of source aws.sagemaker, in a queue."""

    def __init__(self, cloud: LocalCloud) -> None:
        self.sqs = cloud.client("sqs")
        self.url = self.sqs.create_queue(QueueName="events")["QueueUrl"]
        arn = self.sqs.get_queue_attributes(QueueUrl=self.url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        client = cloud.client("events")
        client.put_rule(Name="all", EventPattern=json.dumps({"source": ["aws.sagemaker"]}))
        client.put_targets(Rule="all", Targets=[{"Id": "queue", "Arn": arn}])

    def take(self, last: Callable[[dict[str, Any]], bool]) -> list[dict[str, Any]]:
        """All that come up to the one that is ``last``, oldest first."""
        found: list[dict[str, Any]] = []
        deadline = time.monotonic() + 60
        while not any(last(event) for event in found):
            assert time.monotonic() < deadline, found
            request = {"QueueUrl": self.url, "MaxNumberOfMessages": 10, "WaitTimeSeconds": 1}
            for message in self.sqs.receive_message(**request).get("Messages", []):
                found.append(json.loads(message["Body"]))
                self.sqs.delete_message(QueueUrl=self.url, ReceiptHandle=message["ReceiptHandle"])
        return found


@pytest.fixture
def events(cloud: LocalCloud, workshop: Workshop) -> Events:
    return Events(cloud)


def test_pipeline_step_job_and_package_events(workshop: Workshop, events: Events) -> None:
    create(workshop, definition())
    execution, steps = workshop.run("workshop")
    arn = execution["PipelineExecutionArn"]
    seen = events.take(lambda event: event["detail"].get("currentPipelineExecutionStatus") == "Succeeded")
    by_type: dict[str, list[dict[str, Any]]] = {}
    for event in seen:
        by_type.setdefault(event["detail-type"], []).append(event)

    whole = by_type["SageMaker Model Building Pipeline Execution Status Change"]
    assert [
        (item["detail"]["previousPipelineExecutionStatus"], item["detail"]["currentPipelineExecutionStatus"])
        for item in whole
    ] == [("", "Executing"), ("Executing", "Succeeded")]
    assert whole[1]["resources"] == [execution["PipelineArn"], arn]
    assert whole[1]["detail"]["pipelineExecutionArn"] == arn

    stepped = by_type["SageMaker Model Building Pipeline Execution Step Status Change"]
    trained = [item["detail"] for item in stepped if item["detail"]["stepName"] == "Train"]
    assert [item["currentStepStatus"] for item in trained] == ["Executing", "Succeeded"]
    assert trained[1]["metadata"] == {"trainingJob": {"arn": steps["Train"]["Metadata"]["TrainingJob"]["Arn"]}}
    assert trained[1]["stepType"] == "Training"

    jobs = by_type["SageMaker Training Job State Change"]
    assert [item["detail"]["TrainingJobStatus"] for item in jobs] == ["InProgress", "Completed"]
    assert len(by_type["SageMaker Processing Job State Change"]) == 4

    (package,) = by_type["SageMaker Model Package State Change"]
    assert package["detail"]["ModelApprovalStatus"] == "PendingManualApproval"
    assert package["detail"]["ModelPackageGroupName"] == "workshop-models"
    workshop.client.update_model_package(
        ModelPackageArn=package["detail"]["ModelPackageArn"], ModelApprovalStatus="Approved"
    )
    (approved,) = events.take(bool)
    assert approved["detail-type"] == "SageMaker Model Package State Change"
    assert approved["detail"]["ModelApprovalStatus"] == "Approved"
    assert approved["detail"]["UpdatedModelPackageFields"] == ["ModelApprovalStatus"]
    assert approved["resources"] == [package["detail"]["ModelPackageArn"]]


def test_a_failed_step_is_an_event_with_its_reason(workshop: Workshop, events: Events) -> None:
    create(workshop, definition())
    workshop.run("workshop", Mode="fail")
    seen = events.take(lambda event: event["detail"].get("currentPipelineExecutionStatus") == "Failed")
    failed = [item["detail"] for item in seen if item["detail"].get("currentStepStatus") == "Failed"]
    assert [item["failureReason"] for item in failed] == [
        "AlgorithmError: ValueError: column 'tail' is missing, exit code: 1"
    ]
