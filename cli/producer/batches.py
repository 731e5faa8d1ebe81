"""Records as PutRecords calls, within its limits, and one call with its retries."""

import random
import time
from collections.abc import Callable, Sequence
from typing import Any

from cli.errors import UserError
from cli.producer.records import Record

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
    Whoever needs the order has the event time. A call that was cut off may have been accepted and is sent again by
    botocore, so delivery is at least once; the event's identity makes it once.

    Raises UserError when records are refused ``MAX_ATTEMPTS`` times, or the stream is not there.
    """
    from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415 - keeps `--help` fast

    waiting = list(records)
    retried = 0
    for attempt in range(MAX_ATTEMPTS):
        entries = [{"Data": record.data, "PartitionKey": record.key} for record in waiting]
        try:
            response = kinesis.put_records(StreamName=stream, Records=entries)
        except (BotoCoreError, ClientError) as error:  # botocore has tried again what may pass
            raise UserError(f"stream {stream} takes no records: {error}") from error
        if not response["FailedRecordCount"]:
            accepted(waiting)
            return retried
        results = list(zip(waiting, response["Records"], strict=True))
        accepted([record for record, result in results if "ErrorCode" not in result])
        waiting = [record for record, result in results if "ErrorCode" in result]
        retried += len(waiting)
        # Full jitter: https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
        sleep(random.uniform(0, min(LONGEST_PAUSE_SECONDS, FIRST_PAUSE_SECONDS * 2**attempt)))  # noqa: S311
    reason = next(result for result in response["Records"] if "ErrorCode" in result)
    raise UserError(
        f"stream {stream} refused {len(waiting)} records {MAX_ATTEMPTS} times ({reason['ErrorCode']}: "
        f"{reason.get('ErrorMessage', '')}): send slower with --rate, or give the stream more shards"
    )
