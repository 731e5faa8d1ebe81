"""Scores as they are kept, each once."""

import time
from collections.abc import Sequence
from typing import Any

from botocore.exceptions import ClientError

from datasets.online import Event, Known
from lambdas.dynamodb import at_once, pack
from lambdas.score_events.endpoint import Answer
from lambdas.stream import Record

DAY_SECONDS = 86_400
WAITING = "waiting"  # for a person's verdict
THRESHOLD = 0.5  # where the models decide

Score = dict[str, Any]


def order(event: Event, event_time: str) -> str:
    """Of the scores of one row, that of the later event counts."""
    return f"{event[event_time]}#{event['event_id']}"


def score(
    record: Record,
    event: Event,
    known: Known,
    answer: Answer,
    *,
    key: str,
    order: str,
    margin: float,
    keep_days: int,
    **told: Any,
) -> Score:
    """What is kept of an answer.

    Args:
        key: of the row; order: of the event.
        margin: a probability so near to the threshold is doubtful, and a person looks at it.
        told: further attributes.
    """
    doubts = list(known.doubts)
    if abs(answer.probability - THRESHOLD) < margin:
        doubts.append(f"the model is not sure: {answer.probability:.3f}")
    now = time.time()
    return {
        "pk": key,
        "order": order,
        "event_id": event["event_id"],
        "event_type": event["event_type"],
        "probability": answer.probability,
        "decision": answer.decision,
        "variant": answer.variant,
        "inputs": known.inputs,
        "doubts": doubts,
        **({"review": WAITING} if doubts else {}),
        **told,
        "arrived_at": record.arrived,
        "scored_at": now,
        "latency_ms": round(1000 * (now - record.arrived)),
        "expires": int(now) + keep_days * DAY_SECONDS,
    }


class Scores:
    """The table of scores, one a row."""

    def __init__(self, client: Any, table: str) -> None:
        self._client = client
        self._table = table

    def put(self, scores: Sequence[Score]) -> list[bool]:
        """Keep each unless it, or that of a later event, is there; whether it is new. Raises what DynamoDB does."""
        return at_once(self._put, scores)

    def _put(self, item: Score) -> bool:
        try:
            self._client.put_item(
                TableName=self._table,
                Item=pack(item),
                ConditionExpression="attribute_not_exists(pk) OR #order < :order",
                ExpressionAttributeNames={"#order": "order"},
                ExpressionAttributeValues=pack({":order": item["order"]}),
            )
        except ClientError as error:
            if error.response["Error"]["Code"] != "ConditionalCheckFailedException":
                raise
            return False
        return True
