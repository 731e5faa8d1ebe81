"""Custom resource: ends the reviews that still wait before their state machine is deleted.

Step Functions deletes a state machine only when all its executions have ended, and a review that waits ends with its
verdict or its time (https://docs.aws.amazon.com/step-functions/latest/apireference/API_DeleteStateMachine.html).
"""

from typing import Any

import boto3

from lambdas.custom_resource import respond
from lambdas.log import log

CAUSE = "The stack is deleted"


def handler(event: dict[str, Any], context: Any) -> None:
    """Answers CloudFormation."""

    def act() -> None:
        if event["RequestType"] == "Delete":
            log(
                "INFO",
                "reviews ended",
                number=stop(boto3.client("stepfunctions"), event["ResourceProperties"]["Machine"]),
            )

    respond(event, context, act)


def stop(client: Any, machine: str) -> int:
    """Stop every execution that runs; how many. One that has ended meanwhile is none to stop."""
    pages = client.get_paginator("list_executions").paginate(stateMachineArn=machine, statusFilter="RUNNING")
    running = [item["executionArn"] for page in pages for item in page["executions"]]
    for arn in running:
        client.stop_execution(executionArn=arn, error="Deleted", cause=CAUSE)
    return len(running)
