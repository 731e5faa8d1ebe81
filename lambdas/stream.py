"""Records of an event source mapping from Kinesis: what a function is given, what it answers, what it cannot take.

A record that can never be taken (it is not decodable, breaks the contract, or the model refuses it) is not tried again:
the function itself puts it into the queue of dead letters with the reason, and goes on. To report it as failed would
block its shard for every retry, and could take good records with it when the retries are over; and what the mapping
then puts into the queue has neither the reason nor the record
(https://docs.aws.amazon.com/lambda/latest/dg/kinesis-on-failure-destination.html). That way is for what fails now and
may not later: the first such record is reported, and Lambda calls again from there on
(https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-batchfailurereporting.html).
"""

import base64
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from contracts import Contract
from contracts.validation import EVENT_TYPE, HEARTBEAT, EventError, Validator, decode
from datasets.online import Event, Online
from lambdas.dynamodb import pieces
from lambdas.log import log

SEND_LIMIT = 10  # messages of SendMessageBatch, of 256 KiB together for sure
DATA_LIMIT = 16_000  # bytes of a record in a message


@dataclass(frozen=True)
class Record:
    """A record of the stream.

    Attributes:
        shard, sequence: where it is.
        arrived: when the stream took it, in seconds since 1970.
    """

    shard: str
    sequence: str
    arrived: float
    data: bytes

    @property
    def place(self) -> int:
        """Rises within a shard."""
        return int(self.sequence)


@dataclass(frozen=True)
class Refusal:
    """A record that can never be taken, and why."""

    record: Record
    reason: str


def records(event: dict[str, Any]) -> list[Record]:
    """Of a call by the mapping (https://docs.aws.amazon.com/lambda/latest/dg/with-kinesis.html)."""
    found = []
    for item in event["Records"]:
        told = item["kinesis"]
        data = base64.b64decode(told["data"])
        arrived = float(told["approximateArrivalTimestamp"])
        found.append(Record(item["eventID"].partition(":")[0], told["sequenceNumber"], arrived, data))
    return found


def again_from(record: Record | None) -> dict[str, Any]:
    """The answer that has Lambda call again with this record and those after it; of None, that all are done."""
    return {"batchItemFailures": [{"itemIdentifier": record.sequence}] if record is not None else []}


class Reader:
    """Records as valid events of a dataset."""

    def __init__(self, contract: Contract, online: Online) -> None:
        self._validator = Validator(contract.events)
        self._online = online

    def read(self, taken: Iterable[Record]) -> tuple[list[tuple[Record, Event]], list[Refusal]]:
        """Events in their order without heartbeats, and what is none."""
        events, refused = [], []
        for record in taken:
            try:
                event = self._validator.validate(decode(record.data))
                if event[EVENT_TYPE] == HEARTBEAT:
                    continue
                reason = self._online.stray(event)
            except EventError as error:
                reason = str(error)
            if reason:
                refused.append(Refusal(record, reason))
            else:
                events.append((record, event))
        return events, refused


class DeadLetters:
    """The queue for what can never be taken."""

    def __init__(self, client: Any, url: str, consumer: str) -> None:
        self._client = client
        self._url = url
        self._consumer = consumer

    def send(self, refused: Sequence[Refusal]) -> None:
        """With a log line each. Raises RuntimeError when the queue does not take one."""
        for batch in pieces(refused, SEND_LIMIT):
            entries = [{"Id": str(number), "MessageBody": self._body(item)} for number, item in enumerate(batch)]
            answer = self._client.send_message_batch(QueueUrl=self._url, Entries=entries)
            if answer.get("Failed"):
                raise RuntimeError(f"the queue refuses dead letters: {answer['Failed'][0].get('Message')}")
            for item in batch:
                record = item.record
                log("WARN", "record refused", shard=record.shard, sequence=record.sequence, reason=item.reason)

    def _body(self, refused: Refusal) -> str:
        record = refused.record
        told = {
            "consumer": self._consumer,
            "reason": refused.reason,
            "shard": record.shard,
            "sequence": record.sequence,
            "arrived": record.arrived,
            "bytes": len(record.data),
            "data": base64.b64encode(record.data[:DATA_LIMIT]).decode(),
        }
        return json.dumps(told)
