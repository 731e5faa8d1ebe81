"""What a monitoring execution found becomes metrics: one call of PutMetricData for each ``constraint_violations.json``.

The file is below ``monitoring/<endpoint>/<data|quality>/``, and beside it are ``statistics.json`` and, of our own
checks, ``report.json``. Model Monitor writes no report. A job's files arrive in no certain order, so those beside are
waited for, some seconds.

A file that cannot be read is told in the log and left at that: to fail would only make Lambda try it again.
"""

import json
import os
import time
from typing import Any

import boto3

from lambdas.listing import objects
from lambdas.log import log

CHECKS = ("data", "quality")
WAIT_SECONDS = 20.0
POLL_SECONDS = 0.5
MAX_BYTES = 50_000_000  # ours have some 100 KB

Number = float | int


class UnreadableError(Exception):
    """The file is not what a monitoring job writes; the text says why."""


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Publish the metrics of the file that an ``Object Created`` event tells of; answers what was published.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/ev-events.html
    """
    bucket, key = event["detail"]["bucket"]["name"], event["detail"]["object"]["key"]
    s3 = boto3.client("s3")
    try:
        endpoint, check = origin(key)
        values = metrics(
            *(read(s3, bucket, name) for name in wait_for(s3, bucket, key, os.environ["BESIDE"].split()))
        )
    except UnreadableError as error:
        log("WARN", "nothing published", key=key, reason=str(error))
        return {"published": False, "reason": str(error)}
    boto3.client("cloudwatch").put_metric_data(
        Namespace=os.environ["NAMESPACE"], MetricData=data(values, endpoint, check)
    )
    log("INFO", "published", key=key, endpoint=endpoint, check=check, **values)
    return {"published": True, "endpoint": endpoint, "check": check, **values}


def origin(key: str) -> tuple[str, str]:
    """Endpoint and check of a file by its key."""
    parts = key.split("/")
    if len(parts) < 4 or parts[0] != "monitoring" or parts[2] not in CHECKS:
        raise UnreadableError(f"its key is not monitoring/<endpoint>/<{'|'.join(CHECKS)}>/…")
    return parts[1], parts[2]


def wait_for(s3: Any, bucket: str, key: str, names: list[str]) -> list[str]:
    """``key`` and the keys of the files ``names`` beside it, as soon as all are there."""
    folder = key.rpartition("/")[0]
    wanted = [key, *(f"{folder}/{name}" for name in names)]
    deadline = time.monotonic() + WAIT_SECONDS
    while True:
        found = {item["Key"] for item in objects(s3, bucket, f"{folder}/")}
        missing = [name for name in wanted if name not in found]
        if not missing:
            return wanted
        if time.monotonic() > deadline:
            raise UnreadableError(f"{', '.join(missing)} did not arrive within {WAIT_SECONDS:.0f} s")
        time.sleep(POLL_SECONDS)


def read(s3: Any, bucket: str, key: str) -> dict[str, Any]:
    """A JSON object."""
    answer = s3.get_object(Bucket=bucket, Key=key)
    if answer["ContentLength"] > MAX_BYTES:
        raise UnreadableError(f"{key} has {answer['ContentLength']:,} bytes, more than {MAX_BYTES:,}")
    try:
        content = json.loads(answer["Body"].read())
    except ValueError as error:
        raise UnreadableError(f"{key} is not JSON: {error}") from None
    if not isinstance(content, dict):
        raise UnreadableError(f"{key} is no JSON object")
    return content


def metrics(
    violations: dict[str, Any], statistics: dict[str, Any], report: dict[str, Any] | None = None
) -> dict[str, Number]:
    """Values by metric. Without a report, the share of drifted columns is that of the violations that say so.

    https://docs.aws.amazon.com/sagemaker/latest/dg/model-monitor-interpreting-violations.html
    """
    found = violations.get("violations")
    rows = (statistics.get("dataset") or {}).get("item_count")
    if not isinstance(found, list) or not all(isinstance(item, dict) for item in found):
        raise UnreadableError("it has no list of violations")
    if not isinstance(rows, int | float):
        raise UnreadableError("the statistics do not say how many rows there are")
    values: dict[str, Number] = {"Violations": len(found), "Rows": rows}
    columns = len(statistics.get("features") or ())
    drifted = {
        item.get("feature_name") for item in found if item.get("constraint_check_type") == "baseline_drift_check"
    }
    share = (report or {}).get("drifted_share", len(drifted) / columns if columns and report is None else None)
    for name, value in (("DriftedShare", share), ("Auc", (report or {}).get("auc"))):
        if isinstance(value, int | float):
            values[name] = value
    return values


def data(values: dict[str, Number], endpoint: str, check: str) -> list[dict[str, Any]]:
    """MetricData of PutMetricData."""
    dimensions = [{"Name": "Endpoint", "Value": endpoint}, {"Name": "Check", "Value": check}]
    units = {"Violations": "Count", "Rows": "Count"}
    return [
        {"MetricName": name, "Dimensions": dimensions, "Value": float(value), "Unit": units.get(name, "None")}
        for name, value in values.items()
    ]
