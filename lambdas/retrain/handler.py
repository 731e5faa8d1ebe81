"""Starts the training pipeline when monitoring has raised an alarm; at most once within the cooldown.

It trains on the newest days of the curated table. Whatever it decides, it tells the alarm topic, and why.
"""

import hashlib
import json
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

import boto3

from lambdas.listing import folders
from lambdas.log import log

DISPLAY_NAME = "retrain-"  # begins the name of every execution that this function starts
_MONTH, _DAY = re.compile(r"month=\d{4}-\d{2}/$"), re.compile(r"day=(\d{4}-\d{2}-\d{2})/$")
MAX_SUBJECT = 100  # of SNS


@dataclass(frozen=True)
class Decision:
    """What became of an alarm, and why; ``execution`` is the ARN of what was started."""

    reason: str
    execution: str | None = None


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Decide on a ``CloudWatch Alarm State Change`` event.

    https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch-and-eventbridge.html
    """
    pipeline = os.environ["PIPELINE"]
    decision = decide(
        boto3.client("sagemaker"),
        days(boto3.client("s3"), os.environ["LAKE_BUCKET"], os.environ["CURATED_PREFIX"]),
        pipeline=pipeline,
        window_days=int(os.environ["WINDOW_DAYS"]),
        cooldown=timedelta(hours=int(os.environ["COOLDOWN_HOURS"])),
        now=datetime.now(UTC),
    )
    told = {
        "alarm": event["detail"]["alarmName"],
        "pipeline": pipeline,
        "retraining": decision.execution is not None,
        "reason": decision.reason,
        "execution": decision.execution,
    }
    log("INFO", "decided", **told)
    boto3.client("sns").publish(
        TopicArn=os.environ["TOPIC_ARN"],
        Subject=f"{pipeline}: {'retraining' if decision.execution else 'not retraining'}"[:MAX_SUBJECT],
        Message=json.dumps(told, indent=1),
    )
    return told


def decide(
    sagemaker: Any,
    curated: tuple[date, date] | None,
    *,
    pipeline: str,
    window_days: int,
    cooldown: timedelta,
    now: datetime,
) -> Decision:
    """Start the pipeline on the newest ``window_days`` of the days that are ``curated``, unless it is too early."""
    if curated is None:
        return Decision("there are no curated days to train on")
    recent = next(retrained(sagemaker, pipeline, now - cooldown), None)
    if recent is not None:
        hours = cooldown / timedelta(hours=1)
        return Decision(
            f"{recent['PipelineExecutionDisplayName']} began at {recent['StartTime']:%Y-%m-%dT%H:%M:%SZ}, within the "
            f"cooldown of {hours:g} h"
        )
    first, last = curated
    start = max(first, last - timedelta(days=window_days - 1))
    answer = sagemaker.start_pipeline_execution(
        PipelineName=pipeline,
        PipelineExecutionDisplayName=f"{DISPLAY_NAME}until-{last}",
        PipelineExecutionDescription="Started by an alarm of monitoring",
        PipelineParameters=[
            {"Name": "WindowStart", "Value": start.isoformat()},
            {"Name": "WindowEnd", "Value": last.isoformat()},
        ],
        ClientRequestToken=token(pipeline, cooldown, now),
    )
    return Decision(f"training on the days from {start} to {last}", str(answer["PipelineExecutionArn"]))


def retrained(sagemaker: Any, pipeline: str, since: datetime) -> Iterator[dict[str, Any]]:
    """Executions that this function has started since then, whatever came of them, newest first."""
    pages = sagemaker.get_paginator("list_pipeline_executions").paginate(
        PipelineName=pipeline, CreatedAfter=since, SortBy="CreationTime", SortOrder="Descending"
    )
    for page in pages:
        for execution in page["PipelineExecutionSummaries"]:
            if execution.get("PipelineExecutionDisplayName", "").startswith(DISPLAY_NAME):
                yield execution


def token(pipeline: str, cooldown: timedelta, now: datetime) -> str:
    """The same for alarms that come at the same time, of which neither sees the other's execution in the list.

    SageMaker starts one execution for all requests with one token
    (https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_StartPipelineExecution.html). Time is cut into
    pieces as long as the cooldown: no piece may have two executions anyway.
    """
    piece = int(now.timestamp() // cooldown.total_seconds())
    return hashlib.sha256(f"{pipeline} {piece}".encode()).hexdigest()


def days(s3: Any, bucket: str, prefix: str) -> tuple[date, date] | None:
    """First and last day of the curated table, by its partitions; None when it has none."""
    months = sorted(name for name in folders(s3, bucket, prefix) if _MONTH.search(name))
    first = next((found[0] for month in months if (found := _days(s3, bucket, month))), None)
    if first is None:
        return None
    return first, next(found[-1] for month in reversed(months) if (found := _days(s3, bucket, month)))


def _days(s3: Any, bucket: str, month: str) -> list[date]:
    return sorted(date.fromisoformat(day[1]) for name in folders(s3, bucket, month) if (day := _DAY.search(name)))
