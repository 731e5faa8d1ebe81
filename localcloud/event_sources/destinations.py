"""Where records go that a mapping gives up: a message about them to a queue or topic, with them to a bucket.

https://docs.aws.amazon.com/lambda/latest/dg/kinesis-on-failure-destination.html
"""

import json
import uuid
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from localcloud.event_sources import metrics
from localcloud.event_sources.context import Context, NotInvokedError, log
from localcloud.event_sources.records import Entry, event
from localcloud.iam.sessions import AccessDeniedError
from localcloud.lambda_.executor import Result

EXHAUSTED, TOO_OLD = "RetryAttemptsExhausted", "RecordAgeExceeded"


def give_up(
    context: Context,
    info: str,
    shard: str,
    entries: Sequence[Entry],
    *,
    condition: str,
    invocations: int,
    last: Result | None,
) -> None:
    """Tell the destination about entries that were not processed.

    Args:
        info: the member that says where they are.
        last: the invocation that failed; none for what was too old.
    """
    mapping = context.mapping
    metrics.count(mapping, DroppedEventCount=len(entries))
    if mapping.destination is None:
        return
    now = datetime.now(UTC)
    told = {
        "requestContext": {
            "requestId": last.request_id if last else str(uuid.uuid4()),
            "functionArn": mapping.function,
            "condition": condition,
            "approximateInvokeCount": invocations,
        },
        **({"responseContext": _response(last)} if last else {}),
        "version": "1.0",
        "timestamp": _iso(now, "milliseconds"),
        info: {
            "shardId": shard,
            "startSequenceNumber": entries[0].id,
            "endSequenceNumber": entries[-1].id,
            "approximateArrivalOfFirstRecord": _arrival(entries[0], info),
            "approximateArrivalOfLastRecord": _arrival(entries[-1], info),
            "batchSize": len(entries),
            "streamArn": mapping.source,
        },
    }
    try:
        _send(context, mapping.destination, shard, told, entries, now)
    except (ClientError, BotoCoreError, AccessDeniedError, NotInvokedError) as error:
        mapping.problem(f"the destination {mapping.destination} took nothing: {error}")
        log.warning("%s: %d records were given up, and their destination took nothing: %s",
                    mapping.arn, len(entries), error)  # fmt: skip
    else:
        metrics.count(mapping, OnFailureDestinationDeliveredEventCount=len(entries))


def _send(  # noqa: PLR0917
    context: Context, arn: str, shard: str, told: dict[str, Any], entries: Sequence[Entry], now: datetime
) -> None:
    service, region, name = arn.split(":")[2], arn.split(":")[3], arn.rpartition(":")[2]
    client = context.client(service, region or None)
    if service == "s3":
        whole = {**told, "payload": event([entry.body for entry in entries]).decode()}
        key = f"aws/lambda/{context.mapping.uuid}/{shard}/{now:%Y/%m/%d}/{now:%Y-%m-%dT%H.%M.%S}-{uuid.uuid4()}"
        client.put_object(Bucket=name, Key=key, Body=json.dumps(whole).encode())
    elif service == "sns":
        client.publish(TopicArn=arn, Message=json.dumps(told))
    else:
        # the queue's address, and not GetQueueUrl, which the role need not be allowed
        url = f"{context.cloud.engines_endpoint}/{arn.split(':')[4]}/{name}"
        client.send_message(QueueUrl=url, MessageBody=json.dumps(told))


def _response(result: Result) -> dict[str, Any]:
    return {"statusCode": 200, "executedVersion": result.version, "functionError": result.error}


def _arrival(entry: Entry, info: str) -> str:
    """DynamoDB's times are whole seconds."""
    return _iso(datetime.fromtimestamp(entry.arrival, UTC), "seconds" if info.startswith("DDB") else "milliseconds")


def _iso(moment: datetime, precision: str) -> str:
    return moment.isoformat(timespec=precision).replace("+00:00", "Z")
