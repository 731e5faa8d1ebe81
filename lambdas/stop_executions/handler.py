"""Custom resource: stops the executions of a pipeline before the pipeline is deleted.

SageMaker deletes a pipeline only when none of its executions is running
(https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_DeletePipeline.html), so without this a stack could not
be destroyed while a schedule or an alarm has just started one.
"""

import time
from collections.abc import Callable
from typing import Any

import boto3
from botocore.exceptions import ClientError

from lambdas.custom_resource import respond

EXECUTING, STOPPING = "Executing", "Stopping"
PAUSE = 2.0  # seconds between two looks


def handler(event: dict[str, Any], context: Any) -> None:
    """Answers CloudFormation; an execution that does not end in time is the reason of a failed deletion."""

    def act() -> None:
        if event["RequestType"] == "Delete":
            stop(
                boto3.client("sagemaker"),
                event["ResourceProperties"]["PipelineName"],
                lambda: context.get_remaining_time_in_millis() / 1000,
            )

    respond(event, context, act)


def stop(client: Any, pipeline: str, seconds_left: Callable[[], float]) -> None:
    """Stop every execution of ``pipeline`` and wait until all have ended.

    Raises:
        TimeoutError: one still runs when the time is nearly over.
    """
    while running := _running(client, pipeline):
        for arn, status in running.items():
            if status == EXECUTING:
                _ask_to_stop(client, arn)
        if seconds_left() < 10 * PAUSE:
            raise TimeoutError(f"{', '.join(running)} did not stop in time: try again later")
        time.sleep(PAUSE)


def _ask_to_stop(client: Any, arn: str) -> None:
    try:
        client.stop_pipeline_execution(PipelineExecutionArn=arn)
    except ClientError as error:  # it has ended since it was listed
        if error.response["Error"]["Code"] != "ValidationException":
            raise


def _running(client: Any, pipeline: str) -> dict[str, str]:
    pages = client.get_paginator("list_pipeline_executions").paginate(PipelineName=pipeline)
    return {
        item["PipelineExecutionArn"]: item["PipelineExecutionStatus"]
        for page in pages
        for item in page["PipelineExecutionSummaries"]
        if item["PipelineExecutionStatus"] in (EXECUTING, STOPPING)
    }
