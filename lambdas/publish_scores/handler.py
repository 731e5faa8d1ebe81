"""Scores go on from the table: to the stream of scores, and doubtful ones to a person.

The table is the outbox. Whoever scores writes one item and nothing else, so that no score is published that is not
kept, and none kept that is never published: the table's stream has every change, and this function is called until it
has passed it on (https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Streams.html). It may be called
twice; readers of the stream know a score by key and order, and a review by its execution's name.
"""

import hashlib
import json
import os
import re
import time
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from datasets.online import Item
from lambdas.dynamodb import pieces, unpack
from lambdas.log import log

PUT_LIMIT = 500  # records of PutRecords
ATTEMPTS = 4
WAITING = "waiting"
PRIVATE = ("pk", "inputs", "expires")  # of an item, what no reader of the stream needs


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Pass a batch on; answers from which change on to call again."""
    changes = [item["dynamodb"] for item in event["Records"] if "NewImage" in item["dynamodb"]]
    items = [unpack(change["NewImage"]) for change in changes]
    failed: int | None = None
    try:
        _publish(boto3.client("kinesis"), os.environ["SCORES_STREAM"], items)
    except (BotoCoreError, ClientError, RuntimeError) as error:
        failed = 0
        log("WARN", "not published", reason=str(error))
    reviews = boto3.client("stepfunctions")
    asked = 0
    for number, item in enumerate(items if failed is None else ()):
        if item.get("review") != WAITING:
            continue
        try:
            asked += _ask(reviews, os.environ["REVIEWS"], item)
        except (BotoCoreError, ClientError) as error:
            failed = number
            log("WARN", "no review", key=item["pk"], reason=str(error))
            break
    log("INFO", "batch published", records=len(items), reviews=asked, again=failed is not None)
    return {
        "batchItemFailures": [{"itemIdentifier": changes[failed]["SequenceNumber"]}] if failed is not None else []
    }


def message(item: Item) -> dict[str, Any]:
    """What readers of the stream get: a score, or the verdict on one."""
    told = {name: value for name, value in item.items() if name not in PRIVATE}
    return {"kind": "verdict" if "verdict_at" in item else "score", "key": item["pk"], **told}


def execution_name(item: Item) -> str:
    """The same for a score that comes again, another for that of a later event: letters, digits, - and _.

    https://docs.aws.amazon.com/step-functions/latest/apireference/API_StartExecution.html
    """
    digest = hashlib.sha256(f"{item['pk']} {item['order']}".encode()).hexdigest()[:12]
    return f"{re.sub(r'[^A-Za-z0-9_-]', '-', item['pk'])[:60]}-{digest}"


def _publish(client: Any, stream: str, items: list[Item]) -> None:
    """Raises RuntimeError when the stream goes on refusing some."""
    for batch in pieces(items, PUT_LIMIT):
        waiting = [
            {"Data": json.dumps(message(item)).encode() + b"\n", "PartitionKey": item["pk"][:256]} for item in batch
        ]
        for attempt in range(ATTEMPTS):
            time.sleep(0.1 * attempt)
            answer = client.put_records(StreamName=stream, Records=waiting)
            told = answer["Records"]
            waiting = [record for record, result in zip(waiting, told, strict=True) if "ErrorCode" in result]
            if not waiting:
                break
        else:
            raise RuntimeError(f"{stream} refuses {len(waiting)} of {len(batch)} records: {told[-1]['ErrorCode']}")


def _ask(client: Any, machine: str, item: Item) -> bool:
    """Start a review; False when it has been started before."""
    (decision,) = item["decision"].values()
    told = {
        "key": item["pk"],
        **{name: item[name] for name in ("order", "probability", "doubts")},
        "decision": decision,
        "opposite": not decision,
    }
    try:
        client.start_execution(stateMachineArn=machine, name=execution_name(item), input=json.dumps(told))
    except ClientError as error:
        if error.response["Error"]["Code"] != "ExecutionAlreadyExists":
            raise
        return False
    return True
