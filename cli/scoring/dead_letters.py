"""``mlref dead-letters``: events that could not be kept, scored or published, and why."""

import base64
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Any

import typer

from cli.console import Console, Table, write_json
from cli.deployment import outputs

SEEN_SECONDS = 60  # in which nobody else sees what is being looked at
SHOWN = 80  # letters of a record


@dataclass(frozen=True)
class DeadLetter:
    """What one message says.

    Attributes:
        consumer: the function that did not take it.
        where: shard and sequence number, or numbers, in the stream.
        record: its data; empty where only its place is known.
    """

    consumer: str
    reason: str
    where: str
    record: bytes
    receipt: str


def dead_letters(
    *,
    remove: Annotated[bool, typer.Option("--remove", help="take what is shown out of the queue")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="one JSON object each, with all of the record")] = False,
) -> None:
    """Show what could not be scored, and why.

    What can never be taken has its record and the reason. Of what was given up after all retries, or was too old, the
    queue has only its place in the stream, which keeps it for a day; the function's log says what failed.

    Examples:

      mlref dead-letters

      mlref dead-letters --remove
    """
    found = read(remove=remove)
    if as_json:
        for letter in found:
            data = letter.record.decode("utf-8", "backslashreplace")
            told = {"consumer": letter.consumer, "reason": letter.reason, "where": letter.where}
            write_json({**told, "record": data})
        return
    table = Table("consumer", "reason", "where", "record")
    for letter in found:
        data = letter.record.decode("utf-8", "backslashreplace").strip()
        table.add_row(letter.consumer, letter.reason, letter.where, data[:SHOWN])
    console = Console()
    console.print(table)
    console.print(f"{len(found):,} dead letters{', now removed' if remove and found else ''}", style="dim")


def read(*, remove: bool = False) -> list[DeadLetter]:
    """All that can be seen, the oldest first; they can be seen again at once unless they are removed."""
    import boto3  # noqa: PLC0415 - keeps `--help` fast

    queue, url = boto3.client("sqs"), outputs().dead_letters
    found: dict[str, DeadLetter] = {}
    while True:
        answer = queue.receive_message(QueueUrl=url, MaxNumberOfMessages=10, VisibilityTimeout=SEEN_SECONDS)
        messages = answer.get("Messages", ())
        if not messages:
            break
        found |= {item["MessageId"]: parsed(item["Body"], item["ReceiptHandle"]) for item in messages}
    for letter in found.values():
        if remove:
            queue.delete_message(QueueUrl=url, ReceiptHandle=letter.receipt)
        else:
            queue.change_message_visibility(QueueUrl=url, ReceiptHandle=letter.receipt, VisibilityTimeout=0)
    return list(found.values())


def parsed(body: str, receipt: str) -> DeadLetter:
    """A message of one of our functions, or of an event source mapping.

    https://docs.aws.amazon.com/lambda/latest/dg/kinesis-on-failure-destination.html
    """
    told: dict[str, Any] = json.loads(body)
    if "consumer" in told:
        where = f"{told['shard']} {told['sequence']}"
        return DeadLetter(told["consumer"], told["reason"], where, base64.b64decode(told["data"]), receipt)
    function = told["requestContext"]["functionArn"].split(":")[6]
    condition = told["requestContext"]["condition"]
    return DeadLetter(function, condition, " ".join(_places(told)), b"", receipt)


def _places(told: dict[str, Any]) -> Iterator[str]:
    batch = told.get("KinesisBatchInfo") or told.get("DDBStreamBatchInfo") or {}
    yield str(batch.get("shardId", ""))
    yield f"{batch.get('startSequenceNumber', '')} to {batch.get('endSequenceNumber', '')}"
    yield f"({batch.get('batchSize', '?')} records)"
