"""The two kinds of streams that a mapping reads, by sequence number: there is no iterator that could expire.

Shards are read in this process, as Firehose reads them (`localcloud.firehose.source`), with the permissions of the
function's execution role.
"""

import base64
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from moto.kinesis.exceptions import ResourceNotFoundError as NoKinesisStreamError

from localcloud.event_sources.records import Entry, of_dynamodb, of_kinesis, packed
from localcloud.iam.call import Caller
from localcloud.iam.sessions import check
from localcloud.kinesis.shards import LOCK, shards_of
from localcloud.moto_gaps import dynamodb_streams

READ_LIMIT = 1000  # records at once

Keep = Callable[[dict[str, Any], str | None], bool]  # (what patterns are matched with, the record's own data)
Mine = Callable[[str], bool]  # whether a partition key is of this lane


class NoStreamError(Exception):
    """The stream is gone."""


@dataclass(frozen=True)
class Read:
    """What was read.

    Attributes:
        position: the number up to which everything was seen, whether or not it was kept.
        more: whether there may be something after it already.
        ended: the shard is closed, and this was its end.
        skipped: records that the filters kept back.
    """

    entries: list[Entry]
    position: int
    more: bool
    ended: bool
    skipped: int = 0


class Stream(Protocol):
    """A stream of shards."""

    arn: str
    actions: tuple[str, ...]  # what the role needs, the one that reads last
    info: str  # how a destination's message calls where the records are

    def parents(self) -> dict[str, tuple[str, ...]]:
        """All shards with those that are to be read before. Raises NoStreamError."""

    def start(self, shard: str, position: str, moment: float | None) -> int:
        """The number before a starting position."""

    def read(self, shard: str, after: int, mine: Mine, keep: Keep) -> Read:
        """The next records. Raises NoStreamError."""


def permit(stream: Stream, reader: Caller, actions: tuple[str, ...]) -> None:
    """Raises AccessDeniedError when the cloud enforces and the role may not."""
    for action in actions:
        check(reader, action, stream.arn)


class KinesisStream:
    # https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-create.html "Permissions"
    actions: tuple[str, ...] = (
        "kinesis:DescribeStream",
        "kinesis:ListShards",
        "kinesis:GetShardIterator",
        "kinesis:GetRecords",
    )
    info = "KinesisBatchInfo"

    def __init__(self, arn: str, role: Callable[[], str]) -> None:
        """``role``: the execution role's ARN, as it is when something is read."""
        self.arn = arn
        self._role = role

    def _shards(self) -> dict[str, Any]:
        try:
            return shards_of(self.arn)
        except NoKinesisStreamError:
            raise NoStreamError from None

    def parents(self) -> dict[str, tuple[str, ...]]:
        return {
            name: tuple(parent for parent in (shard.parent, shard.adjacent_parent) if parent)
            for name, shard in self._shards().items()
        }

    def start(self, shard: str, position: str, moment: float | None) -> int:
        found = self._shards()[shard]
        with LOCK:
            if position == "AT_TIMESTAMP":
                return int(found.get_sequence_number_at(moment))
            return int(found.get_max_sequence_number()) if position == "LATEST" else 0

    def read(self, shard: str, after: int, mine: Mine, keep: Keep) -> Read:
        found = self._shards().get(shard)
        if found is None:  # a stream of the same name, made anew
            return Read([], after, more=False, ended=True)
        with LOCK:
            last, is_open = found.get_max_sequence_number(), found.is_open
        records, position, _ = found.get_records(str(min(after, last)), READ_LIMIT)
        role = self._role()
        entries, skipped = [], 0
        for record in records:
            if not mine(record.partition_key):
                continue
            event = of_kinesis(record, shard, self.arn, role)
            if keep({**event, **event["kinesis"]}, _text(record.data)):
                entries.append(Entry(int(record.sequence_number), record.created_at, packed(event)))
            else:
                skipped += 1
        return Read(entries, position, bool(records), not is_open and position >= last, skipped)


def _text(data: str) -> str:
    return base64.b64decode(data).decode(errors="replace")


class DynamoStream:
    # https://docs.aws.amazon.com/lambda/latest/dg/services-dynamodb-eventsourcemapping.html
    actions: tuple[str, ...] = ("dynamodb:DescribeStream", "dynamodb:GetShardIterator", "dynamodb:GetRecords")
    info = "DDBStreamBatchInfo"

    def __init__(self, arn: str) -> None:
        self.arn = arn

    def _stream(self) -> dynamodb_streams.Stream:
        found = dynamodb_streams.find(self.arn)
        if found is None:
            raise NoStreamError
        return found

    def parents(self) -> dict[str, tuple[str, ...]]:
        return {self._stream().shard.id: ()}

    def start(self, shard: str, position: str, moment: float | None) -> int:
        with dynamodb_streams.LOCK:
            found = self._stream()
            return found.last if position == "LATEST" else found.first - 1

    def read(self, shard: str, after: int, mine: Mine, keep: Keep) -> Read:
        with dynamodb_streams.LOCK:
            records, position, ended = self._stream().read(shard, after, READ_LIMIT)
        entries, skipped = [], 0
        for item in records:
            if not mine(str(item.record["dynamodb"]["Keys"])):
                continue
            event = of_dynamodb(item.record, self.arn)
            if keep(event, None):
                number = int(event["dynamodb"]["SequenceNumber"])
                entries.append(Entry(number, item.created, packed(event)))
            else:
                skipped += 1
        return Read(entries, position, bool(records), ended, skipped)
