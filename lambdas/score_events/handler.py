"""Scores events as they happen: each valid one ends as a score, or as a dead letter with the reason.

The mapping hands over only events of the type that is scored. What is known of each is read from the table that
`keep_features` writes, the endpoint is asked about all of them in one request, and each score is put unless it is
there. While the endpoint or DynamoDB does not answer, nothing is lost: Lambda calls again, from the same record on.
"""

import os
import time
from functools import cache
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from contracts import load
from datasets.online import Event, online_of, row_key
from lambdas.dynamodb import CONNECTIONS, BusyError, Table
from lambdas.log import log
from lambdas.score_events.endpoint import Answer, Endpoint, Refused, Version
from lambdas.score_events.features import Features
from lambdas.score_events.metrics import publish
from lambdas.score_events.scores import Score, Scores, order, score
from lambdas.stream import DeadLetters, Reader, Record, Refusal, again_from, records

_contract = load(os.environ["DATASET"])
_online = online_of(os.environ["DATASET"])
# The endpoint answers in milliseconds or not at all; what fails is tried again with the whole batch.
_quick = Config(connect_timeout=2, read_timeout=10, retries={"mode": "standard", "total_max_attempts": 2})
_many = Config(max_pool_connections=CONNECTIONS)


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Score a batch; answers from which record on to call again."""
    taken = records(event)
    events, refused = Reader(_contract, _online).read(taken)
    failed: Record | None = None
    scored: list[Score] = []
    try:
        scored, wrong = _score(events)
        refused = sorted([*refused, *wrong], key=lambda item: item.record.place)
    except (BotoCoreError, ClientError, BusyError) as error:
        failed = events[0][0]
        log("WARN", "not scored", sequence=failed.sequence, records=len(events), reason=str(error))
    done = [item for item in refused if failed is None or item.record.place < failed.place]
    DeadLetters(boto3.client("sqs"), os.environ["DEAD_LETTERS"], "score_events").send(done)
    publish(boto3.client("cloudwatch"), os.environ["NAMESPACE"], os.environ["ENDPOINT"], scored, len(done))
    log("INFO", "batch scored", records=len(taken), scored=len(scored), refused=len(done), again=failed is not None)
    return again_from(failed)


def _score(events: list[tuple[Record, Event]]) -> tuple[list[Score], list[Refusal]]:
    """Scores that are new, and what cannot be scored. Raises while it cannot be said which is which."""
    dynamodb = boto3.client("dynamodb", config=_many)
    began = time.monotonic()
    table = Table(dynamodb, os.environ["FEATURES_TABLE"])
    wait = int(os.environ["WAIT_MS"]) / 1000
    looked = Features(table, _contract, _online, wait).look([event for _, event in events])
    read = time.monotonic()
    found = [(*pair, item) for pair, item in zip(events, looked, strict=True) if item.known is not None]
    refused = [
        Refusal(record, f"its features cannot be made: {item.reason}")
        for (record, _), item in zip(events, looked, strict=True)
        if item.known is None
    ]
    rows = [{**_identity(event), **item.known.inputs} for _, event, item in found if item.known is not None]
    answers = Endpoint(boto3.client("sagemaker-runtime", config=_quick), os.environ["ENDPOINT"]).ask(rows)
    asked = time.monotonic()
    told = {
        "config": _version().now(),
        "features_ms": round(1000 * (read - began)),
        "endpoint_ms": round(1000 * (asked - read)),
    }
    scores: list[Score] = []
    for (record, event, item), answer in zip(found, answers, strict=True):
        if isinstance(answer, Refused):
            refused.append(Refusal(record, answer.reason))
        elif item.known is not None:
            scores.append(_score_of(record, event, item.known, answer, behind=item.behind, **told))
    new = Scores(dynamodb, os.environ["SCORES_TABLE"]).put(scores)
    return [item for item, is_new in zip(scores, new, strict=True) if is_new], refused


@cache
def _version() -> Version:
    """One for all calls, for it remembers."""
    return Version(boto3.client("sagemaker", config=_quick), os.environ["ENDPOINT"])


def _score_of(record: Record, event: Event, known: Any, answer: Answer, **told: Any) -> Score:
    return score(
        record,
        event,
        known,
        answer,
        key=row_key(event, _contract.curated),
        order=order(event, str(_contract.events.event_time)),
        margin=float(os.environ["REVIEW_MARGIN"]),
        keep_days=int(os.environ["KEEP_DAYS"]),
        **told,
    )


def _identity(event: Event) -> dict[str, Any]:
    """The row's key goes along: the monitoring finds by it what came true."""
    return {name: event[name] for name in _contract.curated.primary_key}
