"""Records that the delivery stream refused: why, and once more into the stream when the cause is gone.

Firehose writes refused records as lines of JSON under the error prefix, with the original bytes. Replaying an object
has three steps: put the chosen records into the stream; write their lines under ``errors-replayed/``; take them out
of the object under ``errors/``. Broken off after the first, a repetition sends those records again, which the events'
identity makes harmless; broken off after the second, a repetition finds the lines there, and only takes them out. So
a replay can be repeated at any time, and no record is ever in neither place.
"""

import base64
import hashlib
import json
import re
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from cli.lake.producer.accounting import errors, replayed
from cli.lake.producer.objects import content, each, listed
from contracts import Table, load
from contracts.validation import EventError, Validator, decode
from datasets.parts import producer
from datasets.record import Record

KIND = "replayed"


@dataclass(frozen=True)
class Refused:
    """A quarantined record.

    Attributes:
        object_key: the S3 object that it is a line of.
        line: that line, without its end.
        data: the original bytes of the record.
        code: Firehose's error code, such as ``Lambda.ProcessingFailedStatus``.
        reason: why it was refused.
        arrived: when Firehose got it, in milliseconds since 1970.
        event: the event as today's contract reads it; None when the contract still refuses it.
    """

    object_key: str
    line: bytes
    data: bytes
    code: str
    reason: str
    arrived: int
    event: dict[str, Any] | None

    @property
    def cause(self) -> str:
        return cause_of(self.reason)


def cause_of(reason: str) -> str:
    """A reason without the values, to count by."""
    return re.split(r"[,;] got |; |: byte | at character ", reason, maxsplit=1)[0]


def read(s3: Any, bucket: str, events: Table, prefix: str = "") -> list[Refused]:
    """The quarantined records, by object key; ``prefix`` chooses objects by what follows the error prefix."""
    objects = listed(s3, bucket, f"{errors(events)}{prefix.removeprefix(errors(events))}")
    found, validator = each(lambda item: content(s3, bucket, item.key).splitlines(), objects), Validator(events)
    return [refused(item.key, line, validator) for item, lines in found for line in lines if line]


def refused(object_key: str, line: bytes, validator: Validator) -> Refused:
    """Read a line of an error object.

    https://docs.aws.amazon.com/firehose/latest/dev/data-transformation-failure-handling.html has errorCode and
    errorMessage, record-format-conversion-error-handling has lastErrorCode or ErrorCode. For a record that the
    function refused, Firehose may give its own fixed text instead of the function's reason ("ProcessingFailed status
    set for record"): then today's contract says what is wrong.
    """
    document = {name.lower().removeprefix("last"): value for name, value in json.loads(line).items()}
    data = base64.b64decode(document["rawdata"])
    event, today = None, "valid by today's contract"
    try:
        event = validator.validate(decode(data))
    except EventError as error:
        today = str(error)
    message = document.get("errormessage") or ""
    return Refused(
        object_key=object_key,
        line=line,
        data=data,
        code=document.get("errorcode") or "",
        reason=message if message and "ProcessingFailed" not in message else today,
        arrived=int(document.get("arrivaltimestamp") or 0),
        event=event,
    )


def causes(records: Iterable[Refused]) -> list[tuple[str, int, int, Refused]]:
    """``(cause, records, of them valid by today's contract, an example)``, the most frequent first."""
    counts: Counter[str] = Counter()
    valid: Counter[str] = Counter()
    examples: dict[str, Refused] = {}
    for record in records:
        counts[record.cause] += 1
        valid[record.cause] += record.event is not None
        examples.setdefault(record.cause, record)
    return [(cause, number, valid[cause], examples[cause]) for cause, number in counts.most_common()]


def replay(
    s3: Any, bucket: str, dataset: str, chosen: Iterable[Refused], send: Callable[[list[Record]], bool]
) -> tuple[int, bool]:
    """Send chosen records of a dataset again and remember them as replayed, object by object.

    ``send`` puts records into the stream and says whether it took all; after False nothing more is sent or marked.
    Returns how many records were sent and marked, and whether that is all of them.
    """
    events, partition = load(dataset).events, producer(dataset).PARTITION
    by_object: dict[str, list[Refused]] = {}
    for record in chosen:
        by_object.setdefault(record.object_key, []).append(record)
    sent = 0
    for key, records in by_object.items():
        mark = f"{replayed(events)}{key.removeprefix(errors(events))}."
        done = _marked(s3, bucket, mark)
        fresh = [record for record in records if not _take(done, record.line)]
        if fresh:
            if not send([as_record(record, partition) for record in fresh]):
                return sent, False
            sent += len(fresh)
            lines = _text(record.line for record in fresh)
            s3.put_object(Bucket=bucket, Key=f"{mark}{hashlib.sha256(lines).hexdigest()[:16]}", Body=lines)
        _take_out(s3, bucket, key, [record.line for record in records])
    return sent, True


def as_record(record: Refused, partition: tuple[str, ...]) -> Record:
    """The original bytes as a record; on the shard where it belongs when that is known."""
    event = record.event or {}
    key = "-".join(str(event[name]) for name in partition) if set(partition) <= set(event) else "quarantine"
    return Record(record.arrived // 1000, key, KIND, record.data)


def _marked(s3: Any, bucket: str, mark: str) -> Counter[bytes]:
    """Lines of an error object that were replayed before."""
    return Counter(line for item in listed(s3, bucket, mark) for line in content(s3, bucket, item.key).splitlines())


def _take(lines: Counter[bytes], line: bytes) -> bool:
    if not lines[line]:
        return False
    lines[line] -= 1
    return True


def _take_out(s3: Any, bucket: str, key: str, lines: list[bytes]) -> None:
    gone = Counter(lines)
    try:
        found = content(s3, bucket, key).splitlines()
    except s3.exceptions.NoSuchKey:  # the same replay ran elsewhere since the object was read
        return
    rest = [line for line in found if line and not _take(gone, line)]
    if rest:
        s3.put_object(Bucket=bucket, Key=key, Body=_text(rest))
    else:
        s3.delete_object(Bucket=bucket, Key=key)


def _text(lines: Iterable[bytes]) -> bytes:
    return b"".join(line + b"\n" for line in lines)
