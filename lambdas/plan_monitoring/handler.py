"""Lambda step of the monitoring pipeline: which captured files does this execution look at, and what is the truth?

Writes three manifests, the inputs of the pipeline's jobs, to ``monitoring/<endpoint>/plans/<execution>/``:

- ``capture.json``: files that the endpoint captured in the window;
- ``labelled.json``: the same, so many hours earlier as the truth takes to be known;
- ``truth.json``: every file of the curated table.

Each also lists the plan itself, so that none is empty: SageMaker fails a job whose input has no objects
(https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_ProcessingS3Input.html).
"""

import json
import os
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3

from lambdas.listing import folders, objects
from lambdas.log import log

AUTO = "auto"
MAX_DAYS = 366
# Readers of Parquet pass over names that begin with an underscore
PLAN = "_plan.json"

Window = tuple[datetime, datetime]


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Answer the outputs of the step; raises, and so fails it, when its inputs cannot be used."""
    bucket, endpoint = os.environ["LAKE_BUCKET"], event["EndpointName"]
    given = window(event)
    delay = hours(event, "TruthDelayHours")
    before = (given[0] - delay, given[1] - delay)
    s3 = boto3.client("s3")
    captured = capture_files(s3, bucket, endpoint, given)
    labelled = capture_files(s3, bucket, endpoint, before) if delay else captured
    truth = truth_files(s3, bucket, event["TruthUri"])

    folder = f"monitoring/{endpoint}/plans/{event['Execution']}"
    plan = {
        "endpoint": endpoint,
        **{
            name: {"start": _text(start), "end": _text(end), "files": len(files)}
            for name, (start, end), files in (("capture", given, captured), ("labelled", before, labelled))
        },
        "truth": {"uri": event["TruthUri"], "files": len(truth)},
    }
    put(s3, bucket, f"{folder}/{PLAN}", plan)
    for name, keys in (("capture", captured), ("labelled", labelled), ("truth", truth)):
        put(s3, bucket, f"{folder}/{name}.json", manifest(bucket, [f"{folder}/{PLAN}", *keys]))
    log("INFO", "planned", **plan)
    return {
        "Files": len({*captured, *labelled}),
        "CaptureManifest": f"s3://{bucket}/{folder}/capture.json",
        "LabelledManifest": f"s3://{bucket}/{folder}/labelled.json",
        "TruthManifest": f"s3://{bucket}/{folder}/truth.json",
        "WindowStart": _text(given[0]),
        "WindowEnd": _text(given[1]),
    }


def window(event: dict[str, Any]) -> Window:
    """[start, end) as given; where it is not, it ends when the execution began, and is ``WindowHours`` long.

    Raises ValueError with what is wrong.
    """
    end = _time("WindowEnd", event["WindowEnd"] if event["WindowEnd"] != AUTO else event["StartedAt"])
    if event["WindowStart"] == AUTO:
        start = end - hours(event, "WindowHours")
    else:
        start = _time("WindowStart", event["WindowStart"])
    if start >= end:
        raise ValueError(f"WindowStart {_text(start)} is not before WindowEnd {_text(end)}")
    if end - start > timedelta(days=MAX_DAYS):
        raise ValueError(f"the window from {_text(start)} to {_text(end)} is longer than {MAX_DAYS} days")
    return start, end


def hours(event: dict[str, Any], name: str) -> timedelta:
    """An Integer parameter of the pipeline, which a step may hand on as a number or as text.

    No page says which (https://docs.aws.amazon.com/sagemaker/latest/dg/build-and-manage-steps-types.html, Lambda step).
    Raises ValueError with what is wrong.
    """
    try:
        return timedelta(hours=int(event[name]))
    except (ValueError, TypeError, OverflowError):
        raise ValueError(f"{name} must be a whole number of hours, not {event[name]!r}") from None


def capture_files(s3: Any, bucket: str, endpoint: str, given: Window) -> list[str]:
    """Keys of capture files that were written in the window, of every variant.

    They are below ``capture/<endpoint>/<variant>/yyyy/mm/dd/hh/``, by the time of the request
    (https://docs.aws.amazon.com/sagemaker/latest/dg/model-monitor-data-capture-endpoint.html). A file is written
    some time after its first request, so the day before the window is looked at, too.
    """
    start, end = given
    days = [start.date() + timedelta(days=number) for number in range(-1, (end.date() - start.date()).days + 1)]
    return sorted(
        entry["Key"]
        for variant in folders(s3, bucket, f"capture/{endpoint}/")
        for day in days
        for entry in objects(s3, bucket, f"{variant}{day:%Y/%m/%d}/")
        if entry["Key"].endswith(".jsonl") and start <= entry["LastModified"] < end
    )


def truth_files(s3: Any, bucket: str, uri: str) -> list[str]:
    """Keys of the Parquet files at ``uri``; none before the first rows are curated."""
    place = f"s3://{bucket}/"
    if not uri.startswith(place):
        raise ValueError(f"TruthUri {uri} is not in the lake, {place}")
    found = objects(s3, bucket, uri.removeprefix(place))
    return sorted(entry["Key"] for entry in found if entry["Key"].endswith(".parquet"))


def manifest(bucket: str, keys: list[str]) -> list[Any]:
    """https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_S3DataSource.html"""
    return [{"prefix": f"s3://{bucket}/"}, *keys]


def put(s3: Any, bucket: str, key: str, content: Any) -> None:
    s3.put_object(Bucket=bucket, Key=key, Body=json.dumps(content).encode(), ContentType="application/json")


def _time(name: str, text: str) -> datetime:
    """A time in ISO 8601; UTC unless it says otherwise."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(f"{name} must be a time in ISO 8601, such as 2026-11-21T08:00:00Z, not {text!r}") from None
    return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)


def _text(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"
