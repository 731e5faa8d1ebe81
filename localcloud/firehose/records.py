"""Records on their way, and what Firehose writes about those it could not deliver."""

import base64
import json
from dataclasses import dataclass
from typing import Any

from localcloud.kinesis.shards import data_size


@dataclass(frozen=True, slots=True)
class Record:
    """One record of the source. ``data`` is base64, as both Kinesis and Lambda's event carry it."""

    id: str
    data: str
    arrival: int  # milliseconds since the epoch
    shard: str = ""
    sequence: str = ""
    partition_key: str = ""

    @property
    def raw(self) -> bytes:
        """The bytes that the producer sent."""
        return base64.b64decode(self.data)

    @property
    def size(self) -> int:
        """How many bytes the producer sent."""
        return data_size(self.data)


@dataclass(frozen=True, slots=True)
class Output:
    """What is to be delivered for a source record: its own bytes, or what the function made of them."""

    record: Record
    data: bytes
    keys: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Failure:
    """A record that goes to the error output, and why."""

    record: Record
    kind: str  # error-output-type: the folder
    code: str
    message: str
    attempts: int
    ended: int  # milliseconds since the epoch
    data: bytes | None = None  # what could not be converted, when that is not the source's bytes

    def line(self, extra: dict[str, Any]) -> bytes:
        """One JSON line of an error object, with ``extra`` members at its end.

        https://docs.aws.amazon.com/firehose/latest/dev/data-transformation-failure-handling.html
        """
        conversion = self.kind == FORMAT_CONVERSION_FAILED
        document: dict[str, Any] = {
            "attemptsMade": self.attempts,
            "arrivalTimestamp": self.record.arrival,
            # The page record-format-conversion-error-handling says ErrorCode and ErrorMessage; what Firehose writes
            # for conversion failures is lastErrorCode and lastErrorMessage (captured in floci-io/floci#3235).
            "lastErrorCode" if conversion else "errorCode": self.code,
            "lastErrorMessage" if conversion else "errorMessage": self.message,
            "attemptEndingTimestamp": self.ended,
            "rawData": self.record.data if self.data is None else base64.b64encode(self.data).decode(),
        }
        if conversion:
            document |= {"sequenceNumber": self.record.sequence or None, "subSequenceNumber": None}
        return json.dumps(document | extra).encode() + b"\n"


PROCESSING_FAILED = "processing-failed"
FORMAT_CONVERSION_FAILED = "format-conversion-failed"
# aws/aws-cdk's integration test of dynamic partitioning finds its failed record in this folder.
PARTITIONING_FAILED = "partitioning-failed"
# https://docs.aws.amazon.com/firehose/latest/dev/buffering.html
PARTITIONS_EXCEEDED = "activePartitionExceeded"
