"""The Lambda processor: batches, invocations with retries, and what the answers mean for each record.

https://docs.aws.amazon.com/firehose/latest/dev/data-transformation.html
"""

import base64
import binascii
import json
import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from localcloud.firehose.configuration import Processor
from localcloud.firehose.records import PROCESSING_FAILED, Failure, Output, Record
from localcloud.iam.sessions import AccessDeniedError

PAYLOAD_LIMIT = 6 * 1024 * 1024  # bytes of JSON that Lambda takes
ENVELOPE = 1024  # bytes, at most, of the event around its records
RETRY_PAUSE = 0.1  # seconds between attempts

# Codes and sentences: https://docs.aws.amazon.com/firehose/latest/dev/monitoring-with-cloudwatch-logs.html
FUNCTION_ERROR = "The Lambda function was successfully invoked but it returned an error result."
MISSING_ID = (
    "One or more record Ids were not returned. Ensure that the Lambda function returns all received record Ids."
)
DUPLICATED_ID = (
    "Multiple records were returned with the same record Id. "
    "Ensure that the Lambda function returns a unique record Id for each record."
)
FAILED_STATUS = "ProcessingFailed status set for record"
NO_FUNCTION = "The specified Lambda function does not exist. Use a different function that does exist."
NULL_DATA = (
    "The data field cannot be null when the SourceType is DirectPut or KinesisStreamAsSource and processing result "
    "is Ok. The value field cannot be null when the SourceType is MSKAsSource and processing result is Ok."
)


INVOKE_DENIED = "Access was denied. Ensure that the access policy allows permissions to invoke the Lambda function."


class FunctionGoneError(Exception):
    """The function does not exist."""


@dataclass(frozen=True)
class Invoked:
    """The answer of one invocation: its JSON, and whether the function failed."""

    payload: bytes
    failed: bool


# function and event -> answer; raises FunctionGoneError, AccessDeniedError
Invoke = Callable[[Processor, bytes], Invoked]


@dataclass(frozen=True)
class Batch:
    """Records of one invocation, with the JSON that the event carries for each."""

    records: list[Record]
    parts: list[str]


@dataclass(frozen=True)
class Transformed:
    """What became of a batch; ``dropped`` records leave no trace, as in AWS."""

    outputs: list[Output]
    failures: list[Failure]
    dropped: int
    attempts: int


class Batcher:
    """Collects the records of one shard until they fill an invocation or have waited long enough."""

    def __init__(self, size: int, interval: float) -> None:
        self._size, self._interval = size, interval
        self._records: list[Record] = []
        self._parts: list[str] = []
        self._bytes = self._payload = 0
        self._since = 0.0

    def add(self, record: Record, now: float) -> Batch | None:
        """Take a record; the batch that is full without it, if there is one."""
        part = _part(record)
        size = record.size
        full = None
        if self._records and (
            self._bytes + size > self._size or self._payload + len(part) + 2 > PAYLOAD_LIMIT - ENVELOPE
        ):
            full = self.take()
        if not self._records:
            self._since = now
        self._records.append(record)
        self._parts.append(part)
        self._bytes += size
        self._payload += len(part) + 2
        return full

    def due(self, now: float) -> bool:
        """Whether what there is must go now."""
        return bool(self._records) and (self._bytes >= self._size or now - self._since >= self._interval)

    def take(self) -> Batch:
        """Everything collected."""
        batch = Batch(self._records, self._parts)
        self._records, self._parts = [], []
        self._bytes = self._payload = 0
        return batch


def _part(record: Record) -> str:
    """A record in Lambda's event; base64 needs no escaping, which is what makes this worth writing by hand."""
    head = f'{{"recordId":"{record.id}","approximateArrivalTimestamp":{record.arrival},"data":"{record.data}"'
    if not record.shard:
        return head + "}"
    return (
        f'{head},"kinesisRecordMetadata":{{"sequenceNumber":"{record.sequence}","subsequenceNumber":0,'
        f'"partitionKey":{json.dumps(record.partition_key)},"shardId":"{record.shard}",'
        f'"approximateArrivalTimestamp":{record.arrival}}}}}'
    )


class Transformer:
    """Invokes the function for batches of one delivery stream."""

    def __init__(
        self, processor: Processor, stream: dict[str, str], invoke: Invoke, stopped: threading.Event
    ) -> None:
        """``stream``: deliveryStreamArn, region and, for a Kinesis source, sourceKinesisStreamArn."""
        self._processor = processor
        self._head = json.dumps(stream)[1:-1]
        self._invoke = invoke
        self._stopped = stopped

    def run(self, batch: Batch) -> Transformed:
        """Invoke until the function answers without error, then sort the records by their results."""
        event = f'{{"invocationId":"{uuid.uuid4()}",{self._head},"records":[{",".join(batch.parts)}]}}'.encode()
        for attempt in range(1, self._processor.retries + 2):
            try:
                answer = self._invoke(self._processor, event)
            except FunctionGoneError:
                return self._all_failed(batch, "Lambda.ResourceNotFound", NO_FUNCTION, attempt)
            except AccessDeniedError:
                return self._all_failed(batch, "Lambda.InvokeAccessDenied", INVOKE_DENIED, attempt)
            if not answer.failed:
                return self._sort(batch, answer.payload, attempt)
            if self._stopped.wait(RETRY_PAUSE if attempt <= self._processor.retries else 0):
                break
        code, text = _function_failure(answer.payload)
        return self._all_failed(batch, code, text, attempt)

    def _all_failed(self, batch: Batch, code: str, message: str, attempts: int) -> Transformed:
        ended = int(time.time() * 1000)
        failures = [Failure(record, PROCESSING_FAILED, code, message, attempts, ended) for record in batch.records]
        return Transformed([], failures, 0, attempts)

    def _sort(self, batch: Batch, payload: bytes, attempts: int) -> Transformed:
        answers = _answers(payload)
        counts = Counter(_id(answer) for answer in answers)
        by_id = {_id(answer): answer for answer in answers}
        outputs: list[Output] = []
        failures: list[Failure] = []
        dropped = 0
        ended = int(time.time() * 1000)
        for record in batch.records:  # in the source's order, whatever the answer's
            answer = by_id.get(record.id)
            if answer is None:
                verdict = ("Lambda.MissingRecordId", MISSING_ID)
            elif counts[record.id] > 1:
                verdict = ("Lambda.DuplicatedRecordId", DUPLICATED_ID)
            elif answer.get("result") == "Dropped":
                dropped += 1
                continue
            elif answer.get("result") == "Ok" and (data := _data(answer.get("data"))) is not None:
                outputs.append(Output(record, data, _keys(answer)))
                continue
            else:
                verdict = _refusal(answer)
            failures.append(Failure(record, PROCESSING_FAILED, *verdict, attempts, ended))
        return Transformed(outputs, failures, dropped, attempts)


def _answers(payload: bytes) -> list[dict[str, Any]]:
    """The function's records; an answer of another shape has none, so that every record is a missing one."""
    try:
        document = json.loads(payload)
    except ValueError:
        return []
    records = document.get("records") if isinstance(document, dict) else None
    return [item for item in records if isinstance(item, dict)] if isinstance(records, list) else []


def _id(answer: dict[str, Any]) -> str:
    found = answer.get("recordId")
    return found if isinstance(found, str) else ""


def _data(data: Any) -> bytes | None:
    try:
        return base64.b64decode(data, validate=True) if isinstance(data, str) else None
    except binascii.Error:
        return None


def _keys(answer: dict[str, Any]) -> tuple[tuple[str, str], ...]:
    metadata = answer.get("metadata")
    keys = metadata.get("partitionKeys") if isinstance(metadata, dict) else None
    if not isinstance(keys, dict):
        return ()
    return tuple((str(name), str(value)) for name, value in keys.items() if value is not None)


def _refusal(answer: dict[str, Any]) -> tuple[str, str]:
    if answer.get("result") == "ProcessingFailed":
        # "errorMessage: The error message returned by Lambda", says the page; AWS's text when there is none.
        message = answer.get("errorMessage")
        return "Lambda.ProcessingFailedStatus", message if isinstance(message, str) and message else FAILED_STATUS
    if answer.get("result") != "Ok":
        return "Lambda.InvalidReturnFormat", "The result field must be one of Ok, Dropped or ProcessingFailed."
    if answer.get("data") is None:
        return "Lambda.InvalidReturnFormat", NULL_DATA
    return "Lambda.InvalidReturnFormat", "The data field must be base64 encoded."


def _function_failure(payload: bytes) -> tuple[str, str]:
    try:
        kind = json.loads(payload).get("errorType")
    except (ValueError, AttributeError):
        kind = None
    if kind == "Sandbox.Timedout":
        return "Lambda.FunctionTimedOut", "The Lambda function timed out. Increase its timeout or make it faster."
    return "Lambda.FunctionError", FUNCTION_ERROR
