"""Where records come from: the shards of a Kinesis stream, or PutRecord.

Shards are read in this process. Through GetRecords the moto server and its client in the same interpreter carry
about 22,000 records a second; directly it is over a million, and the interpreter is needed for everything else.
"""

import threading
import time
import uuid
from collections import deque
from typing import Any, Protocol

from localcloud.firehose.records import Record
from localcloud.iam.call import Caller
from localcloud.iam.sessions import check
from localcloud.kinesis.shards import LOCK, shards_of

# https://docs.aws.amazon.com/firehose/latest/dev/controlling-access.html#using-iam-kinesis
READS = ("kinesis:DescribeStream", "kinesis:ListShards", "kinesis:GetShardIterator", "kinesis:GetRecords")
READ_LIMIT = 10_000  # records a shard, GetRecords' own limit


class Source(Protocol):
    """A stream of records, in order per shard."""

    stream_arn: str | None
    behind: int  # milliseconds between the last record read and the newest

    def read(self) -> list[Record]:
        """The next records; what was read is not read again."""


class KinesisSource:
    """All shards of a stream from now on, children after their parents.

    Firehose starts at LATEST: https://docs.aws.amazon.com/firehose/latest/dev/create-name.html
    """

    def __init__(self, stream_arn: str, reader: Caller) -> None:
        """``reader``: the session of the role that reads."""
        self.stream_arn: str | None = stream_arn
        self._arn = stream_arn
        self._reader = reader
        with LOCK:
            shards = shards_of(stream_arn)
            self._positions = {name: shard.get_max_sequence_number() for name, shard in shards.items()}
        self.behind = 0

    def read(self) -> list[Record]:
        """Up to 10,000 records of each shard. Raises Kinesis' error when the stream is gone."""
        for action in READS:
            check(self._reader, action, self._arn)
        shards = shards_of(self._arn)
        records: list[Record] = []
        behind = 0
        for name, shard in shards.items():
            if any(not self._finished(shards, parent) for parent in (shard.parent, shard.adjacent_parent)):
                continue
            found, position, late = shard.get_records(str(self._positions.get(name, 0)), READ_LIMIT)
            self._positions[name] = position
            behind = max(behind, late)
            for item in found:
                # Firehose's own ids are the sequence number and a sub-sequence; ours are unique across shards too.
                sequence = f"{shard._shard_id:020d}{item.sequence_number:036d}"
                records.append(
                    Record(
                        id=f"{sequence}000000",
                        data=item.data,
                        arrival=int(item.created_at * 1000),
                        shard=name,
                        sequence=str(item.sequence_number),
                        partition_key=item.partition_key,
                    )
                )
        self.behind = behind
        return records

    def _finished(self, shards: dict[str, Any], name: str | None) -> bool:
        if name is None or name not in shards:
            return True
        return bool(self._positions.get(name, 0) >= shards[name].get_max_sequence_number())


class DirectSource:
    """Records that were put into the delivery stream itself."""

    def __init__(self) -> None:
        self.stream_arn: str | None = None
        self.behind = 0
        self._records: deque[Record] = deque()
        self._lock = threading.Lock()

    def put(self, data: list[str]) -> list[str]:
        """Take base64 texts; their record ids."""
        now = int(time.time() * 1000)
        records = [Record(id=uuid.uuid4().hex + uuid.uuid4().hex, data=item, arrival=now) for item in data]
        with self._lock:
            self._records.extend(records)
        return [record.id for record in records]

    def read(self) -> list[Record]:
        """Up to 10,000 records."""
        with self._lock:
            return [self._records.popleft() for _ in range(min(len(self._records), READ_LIMIT))]
