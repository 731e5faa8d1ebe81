"""Keeps of every event what later ones are scored by; each counts once, however often it is delivered.

A row's latest events are one item. It is read, the new events are merged in (datasets/online.py), and what follows
of the change, counters and entries, is written with it in one transaction, on the condition that the row is still what
was read. So an event that is delivered again finds itself in the row and changes nothing, and two calls that change
one row at once do it one after the other.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis.html
"""

import os
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from contracts import load
from datasets.online import online_of
from lambdas.dynamodb import BusyError, Table
from lambdas.keep_features.rows import Rows
from lambdas.log import log
from lambdas.stream import DeadLetters, Reader, again_from, records

_contract = load(os.environ["DATASET"])
_online = online_of(os.environ["DATASET"])


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Keep a batch; answers from which record on to call again."""
    taken = records(event)
    events, refused = Reader(_contract, _online).read(taken)
    rows = Rows(Table(boto3.client("dynamodb"), os.environ["FEATURES_TABLE"]), _contract, _online)
    failed = None
    try:
        rows.keep(events)
    except (BotoCoreError, ClientError, BusyError) as error:
        # what was written stays written, and is no news when it comes again
        failed = rows.first_waiting
        log("WARN", "not kept", sequence=failed.sequence if failed else None, reason=str(error))
    done = [item for item in refused if failed is None or item.record.place < failed.place]
    DeadLetters(boto3.client("sqs"), os.environ["DEAD_LETTERS"], "keep_features").send(done)
    log("INFO", "batch kept", records=len(taken), written=rows.written, known=rows.known, refused=len(refused))
    return again_from(failed)
