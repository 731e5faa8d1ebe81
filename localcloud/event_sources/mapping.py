"""A mapping of an event source to a function: what was asked for, how it stands, how far it has come."""

import threading
import time
import uuid
from dataclasses import dataclass, field
from typing import Any

NOTHING_YET = "No records processed"
# What CreateEventSourceMapping takes for what it is not told, as AWS answers it (snapshots of localstack's tests
# TestKinesisSource, TestDynamoDBEventSourceMapping and TestSQSEventSourceMapping)
DEFAULTS: dict[str, dict[str, Any]] = {
    "stream": {
        "BatchSize": 100,
        "BisectBatchOnFunctionError": False,
        "DestinationConfig": {"OnFailure": {}},
        "FunctionResponseTypes": [],
        "MaximumBatchingWindowInSeconds": 0,
        "MaximumRecordAgeInSeconds": -1,
        "MaximumRetryAttempts": -1,
        "ParallelizationFactor": 1,
        "TumblingWindowInSeconds": 0,
    },
    "queue": {"BatchSize": 10, "FunctionResponseTypes": [], "MaximumBatchingWindowInSeconds": 0},
}


@dataclass
class Progress:
    """How far one shard, or one lane of it, is done.

    Attributes:
        done: the sequence number up to which no record is to be delivered again.
        window: where the open tumbling window begins, seconds of the cloud's clock.
        state: what the function has returned for that window.
        early: its state grew too large, and it is to end before its time.
    """

    done: int
    window: float | None = None
    state: Any = field(default_factory=dict)
    early: bool = False


@dataclass
class Mapping:
    """One event source mapping.

    Attributes:
        config: members of the API that say how the source is to be read, with defaults.
        function: ARN of the function, with the qualifier that was given.
        result: LastProcessingResult; a queue's is told while there is a problem only.
        good: the last one that was no problem.
    """

    region: str
    account: str
    source: str
    function: str
    kind: str  # stream or queue
    config: dict[str, Any]
    tags: dict[str, str]
    uuid: str = field(default_factory=lambda: str(uuid.uuid4()))
    state: str = "Creating"
    result: str = NOTHING_YET
    good: str = NOTHING_YET
    modified: float = field(default_factory=lambda: round(time.time(), 3))
    progress: dict[tuple[str, int], Progress] = field(default_factory=dict)  # by shard and lane
    finished: set[str] = field(default_factory=set)  # closed shards that were read to their end
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def arn(self) -> str:
        return f"arn:aws:lambda:{self.region}:{self.account}:event-source-mapping:{self.uuid}"

    @property
    def session(self) -> str:
        """How the execution role's session is named, as the function's own is."""
        return self.function.split(":")[6]

    @property
    def reports_items(self) -> bool:
        """Whether the function's answer tells which items failed."""
        return "ReportBatchItemFailures" in self.config["FunctionResponseTypes"]

    @property
    def destination(self) -> str | None:
        """Where what is given up goes."""
        found = (self.config.get("DestinationConfig") or {}).get("OnFailure") or {}
        return found.get("Destination") or None

    def describe(self) -> dict[str, Any]:
        """https://docs.aws.amazon.com/lambda/latest/api/API_EventSourceMappingConfiguration.html"""
        told: dict[str, Any] = {
            "UUID": self.uuid,
            "EventSourceArn": self.source,
            "EventSourceMappingArn": self.arn,
            "FunctionArn": self.function,
            "LastModified": self.modified,
            "State": self.state,
            "StateTransitionReason": "USER_INITIATED" if self.kind == "queue" else "User action",
            **self.config,
        }
        if self.kind == "stream" or self.result.startswith("PROBLEM"):
            told["LastProcessingResult"] = self.result
        return told

    def problem(self, text: str) -> None:
        """What keeps the source from being processed."""
        self.result = f"PROBLEM: {text}"

    def processed(self) -> None:
        """The function took something."""
        self.result = self.good = "OK"

    def readable(self) -> None:
        """The source can be read again."""
        self.result = self.good
