"""Records as PutRecords calls, within its limits, and one call with its retries."""

import random
import re
import time
from collections.abc import Callable, Sequence
from typing import Any

from cli.errors import UserError
from datasets.record import Record

# https://docs.aws.amazon.com/kinesis/latest/APIReference/API_PutRecords.html: 500 records and, with partition keys,
# 10 MiB a call. It was 5 MiB until 2025, and smaller calls cost nothing, so we keep to that.
MAX_RECORDS = 500
MAX_CALL_BYTES = 5 * 2**20
# Firehose, which reads the stream, takes records of up to 1,000 KiB
# (https://docs.aws.amazon.com/firehose/latest/dev/limits.html); the stream itself takes 1 MiB by default.
MAX_RECORD_BYTES = 1000 * 2**10

MAX_ATTEMPTS = 12
FIRST_PAUSE_SECONDS = 0.05
LONGEST_PAUSE_SECONDS = 5.0
# of a call or of a record: https://docs.aws.amazon.com/kinesis/latest/APIReference/API_PutRecords.html#API_PutRecords_Errors
# and https://docs.aws.amazon.com/kinesis/latest/APIReference/CommonErrors.html
_THROTTLED = re.compile("ThroughputExceeded|Throttling|LimitExceeded")


class Batch:
    """Records that fit into one call, in order."""

    def __init__(self) -> None:
        self.records: list[Record] = []
        self.bytes = 0

    def add(self, record: Record) -> bool:
        """Take the record, or return False: it belongs into the next call. UserError when no call can take it."""
        size = len(record.data) + len(record.key.encode())
        if size > MAX_RECORD_BYTES:
            raise UserError(f"a record of {size:,} bytes ({record.key}) is over Firehose's limit of 1,000 KiB")
        if len(self.records) == MAX_RECORDS or self.bytes + size > MAX_CALL_BYTES:
            return False
        self.records.append(record)
        self.bytes += size
        return True


def put(
    kinesis: Any,
    stream: str,
    records: Sequence[Record],
    accepted: Callable[[Sequence[Record]], None],
    sleep: Callable[[float], object] = time.sleep,
) -> int:
    """Put records, trying again those, and only those, that the stream refused. Returns how many were retried.

    ``accepted`` is told of the records of each call that are in the stream. A record is retried before the next
    batch is sent, but the accepted ones of its own batch are ahead of it then: "A single record failure does not stop
    the processing of subsequent records. As a result, PutRecords doesn't guarantee the ordering of records."
    Whoever needs the order has the event time. A call whose answer was lost may have been accepted and is sent again,
    so delivery is at least once; the event's identity makes it once.

    Raises UserError when records are refused ``MAX_ATTEMPTS`` times, or for good.
    """
    waiting, why = list(records), ""
    retried = 0
    for attempt in range(MAX_ATTEMPTS):
        if attempt:
            retried += len(waiting)
            # Full jitter: https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
            ceiling = FIRST_PAUSE_SECONDS * 2 ** (attempt - 1)
            sleep(random.uniform(0, min(LONGEST_PAUSE_SECONDS, ceiling)))  # noqa: S311
        waiting, why = _put(kinesis, stream, waiting, accepted)
        if not waiting:
            return retried
    advice = ": send slower with --rate, or give the stream more shards" if _THROTTLED.search(why) else ""
    raise UserError(f"stream {stream} refused {len(waiting):,} records {MAX_ATTEMPTS} times ({why}){advice}")


def _put(
    kinesis: Any, stream: str, records: list[Record], accepted: Callable[[Sequence[Record]], None]
) -> tuple[list[Record], str]:
    """One call: the records that are to be sent again, and the reason of one of them."""
    from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError  # noqa: PLC0415 - keeps `--help` fast
    from botocore.exceptions import ConnectionError as NoConnectionError  # noqa: PLC0415

    entries = [{"Data": record.data, "PartitionKey": record.key} for record in records]
    try:
        response = kinesis.put_records(StreamName=stream, Records=entries)
    except (NoConnectionError, HTTPClientError) as error:
        return records, str(error)
    except ClientError as error:  # botocore has tried a few times, within some seconds
        code, message = error.response["Error"]["Code"], error.response["Error"].get("Message", "")
        if _THROTTLED.search(code) or _status(error) >= 500:
            return records, f"{code}: {message}"
        raise UserError(f"stream {stream} takes no records: {error}") from error
    except BotoCoreError as error:
        raise UserError(f"stream {stream} takes no records: {error}") from error
    if len(response.get("Records", ())) != len(records):  # botocore takes half an answer in JSON for an empty one
        return records, "the answer broke off"
    results = list(zip(records, response["Records"], strict=True))
    refused = [(record, result) for record, result in results if "ErrorCode" in result]
    accepted([record for record, result in results if "ErrorCode" not in result])
    reason = f"{refused[0][1]['ErrorCode']}: {refused[0][1].get('ErrorMessage', '')}" if refused else ""
    return [record for record, _ in refused], reason


def _status(error: Any) -> int:
    return int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
