"""Firehose data transformation: refuse what breaks the contract, normalise the rest, say where it belongs.

Each record gets one answer (https://docs.aws.amazon.com/firehose/latest/dev/data-transformation-status-model.html):

- ``Ok``: the event as the contract's table takes it, one JSON line, with the partition keys of its S3 prefix;
- ``Dropped``: a heartbeat, which is no data;
- ``ProcessingFailed``: anything else, with its original bytes, so that Firehose writes them under the error prefix,
  from where ``mlref quarantine replay`` sends them again. The answer and a log line carry the reason.

The size limit. A response of Lambda is at most 6 MB, and a batch whose response is larger fails as a whole, with
every record in it (https://docs.aws.amazon.com/firehose/latest/dev/data-transformation.html). AWS's blueprint
kinesis-firehose-cloudwatch-logs-processor puts what does not fit back into the source stream and marks it Dropped.
That blueprint unpacks compressed batches, so its output can be many times its input. Here an answer is hardly larger
than its record, and with Firehose's default buffer for transformations (1 MB) a response stays far below the limit.
So nothing is put back: that would need a grant to write to the source, would lose the order of
events of one key, and would double records whenever the batch is tried again. If a response should be too large all
the same, it is split: as many answers as needed are cut down to ``ProcessingFailed`` with the original data, first
the reasons of records that failed anyway. Such an answer is smaller than what Firehose sent for the record (its
Kinesis metadata is longer than the few words we add), so the request's own 6 MB limit is the proof that it always
fits; and what was cut is in the error prefix, to be sent again.
"""

import base64
import binascii
import json
import os
from collections import Counter
from typing import Any

from contracts import load
from contracts.validation import EVENT_DATE, EVENT_TYPE, HEARTBEAT, EventError, Validator, decode
from lambdas.log import log

RESPONSE_LIMIT = 6_000_000  # bytes; "6 MB" leaves open which million, so the smaller one
ENVELOPE = 1024  # bytes; more than an answer has around its data: id, result, partition keys, escaped reason
MAX_LOGGED = 20  # refused records a batch: a bad producer must not turn into a CloudWatch Logs bill
CUT = "response over 6 MB"

OK, DROPPED, FAILED = "Ok", "Dropped", "ProcessingFailed"

Record = dict[str, Any]
Answer = dict[str, Any]

_validator = Validator(load(os.environ["DATASET"]).events)
_encode = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False).encode


def handler(event: dict[str, Any], _context: object) -> dict[str, list[Answer]]:
    """Answer every record of a Firehose transformation request, in order."""
    records: list[Record] = event["records"]
    answers = fit(records, [answer(record) for record in records])
    report(event.get("invocationId"), answers)
    return {"records": answers}


def answer(record: Record) -> Answer:
    """What becomes of one record; never raises for its content."""
    try:
        valid = _validator.validate(decode(base64.b64decode(record["data"], validate=True)))
    except EventError as error:
        return failed(record, str(error))
    except binascii.Error:
        return failed(record, "not base64")
    if valid[EVENT_TYPE] == HEARTBEAT:
        return {"recordId": record["recordId"], "result": DROPPED, "data": record["data"]}
    line = f"{_encode(valid)}\n".encode()
    return {
        "recordId": record["recordId"],
        "result": OK,
        "data": base64.b64encode(line).decode("ascii"),
        "metadata": {"partitionKeys": {EVENT_TYPE: valid[EVENT_TYPE], EVENT_DATE: valid[EVENT_DATE]}},
    }


def failed(record: Record, reason: str) -> Answer:
    """The answer that quarantines a record, with its original data."""
    return {"recordId": record["recordId"], "result": FAILED, "data": record["data"], "errorMessage": reason}


def fit(records: list[Record], answers: list[Answer], limit: int = RESPONSE_LIMIT) -> list[Answer]:
    """The answers, as many of them cut down as needed for the response to take at most ``limit`` bytes."""
    if sum(len(item["data"]) + ENVELOPE for item in answers) <= limit:
        return answers
    excess = _size({"records": answers}) - limit
    if excess <= 0:
        return answers
    cut = [failed(record, CUT) for record in records]
    savings = [_size(full) - _size(short) for full, short in zip(answers, cut, strict=True)]
    fitted = list(answers)
    for index in sorted(range(len(answers)), key=lambda i: (answers[i]["result"] != FAILED, -savings[i])):
        if excess <= 0:
            break
        if savings[index] > 0:
            fitted[index] = cut[index]
            excess -= savings[index]
    return fitted


def report(invocation: str | None, answers: list[Answer]) -> None:
    """One log line a refused record, up to ``MAX_LOGGED``, and one for the batch; never the data itself.

    "you can emit error logs to Amazon CloudWatch Logs from your Lambda function"
    (https://docs.aws.amazon.com/firehose/latest/dev/data-transformation-failure-handling.html).
    """
    refused = [item for item in answers if item["result"] == FAILED]
    for item in refused[:MAX_LOGGED]:
        log("WARN", "record refused", recordId=item["recordId"], reason=item["errorMessage"])
    counts = Counter(item["result"] for item in answers)
    log(
        "INFO",
        "batch transformed",
        invocationId=invocation,
        records=len(answers),
        ok=counts[OK],
        dropped=counts[DROPPED],
        failed=counts[FAILED],
        cut=sum(item["errorMessage"] == CUT for item in refused),
    )


def _size(value: object) -> int:
    return len(json.dumps(value))  # as Lambda's runtime writes it: with spaces, and ASCII, so characters are bytes
