"""``mlref reviews``: doubtful scores that wait for a person's verdict."""

import getpass
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, Any

import typer

from cli.console import Console, Table, write_json
from cli.deployment import outputs
from cli.errors import UserError

reviews = typer.Typer(no_args_is_help=True, help="Doubtful scores that wait for a person's verdict.")

SEEN_SECONDS = 60  # in which nobody else sees a question that is being looked at
RECEIVE, CHANGE = 10, 10  # messages of a request
OVER = ("TaskTimedOut", "TaskDoesNotExist", "InvalidToken")  # nobody waits for the answer any more


class Verdict(StrEnum):
    """What a person may say."""

    CONFIRMED = "confirmed"
    OVERRULED = "overruled"


@dataclass(frozen=True)
class Question:
    """A message of the queue."""

    told: dict[str, Any]
    receipt: str
    asked_at: float

    @property
    def key(self) -> str:
        return str(self.told["key"])


@reviews.command("list")
def list_reviews(
    *, as_json: Annotated[bool, typer.Option("--json", help="one JSON object a question")] = False
) -> None:
    """Show what waits for a verdict.

    Examples:

      mlref reviews list
    """
    with looking() as questions:
        found = sorted(questions, key=lambda question: question.asked_at)
    if as_json:
        for question in found:
            write_json({name: value for name, value in question.told.items() if name != "token"})
        return
    table = Table("key", "probability", "decision", "since", "doubts")
    for question in found:
        since = datetime.fromtimestamp(question.asked_at, UTC).isoformat(timespec="seconds")
        decided = "yes" if question.told["decision"] else "no"
        told = "; ".join(question.told["doubts"])
        table.add_row(question.key, f"{question.told['probability']:.3f}", decided, since, told)
    console = Console()
    console.print(table)
    console.print(
        f"{len(found):,} wait for `mlref reviews decide`; `mlref scores show KEY` has the inputs", style="dim"
    )


@reviews.command("decide")
def decide_one(
    key: Annotated[str, typer.Argument(help="of the row, as the list has it")],
    *,
    verdict: Annotated[Verdict, typer.Option(help="whether the model's decision stands")],
    by: Annotated[str | None, typer.Option(help="who says so; by default you")] = None,
) -> None:
    """Say whether the model's decision on one row stands.

    Examples:

      mlref reviews decide 2013-04-01/UA/1545/EWR --verdict overruled
    """
    who = by or getpass.getuser()
    if not decide({key: verdict}, who):
        raise UserError(f"nobody waits for a verdict on {key}: `mlref reviews list` has what waits")
    Console().print(f"{key} is {verdict} by {who}")


def decide(verdicts: dict[str, Verdict], by: str) -> list[str]:
    """Answer the questions with these keys; which of them were still waited for."""
    import boto3  # noqa: PLC0415 - keeps `--help` fast
    from botocore.exceptions import ClientError  # noqa: PLC0415

    machine, queue, url = boto3.client("stepfunctions"), boto3.client("sqs"), outputs().review_queue
    answered = []
    with looking() as questions:
        for question in [item for item in questions if item.key in verdicts]:
            output = json.dumps({"verdict": verdicts[question.key], "by": by})
            try:
                machine.send_task_success(taskToken=question.told["token"], output=output)
                answered.append(question.key)
            except ClientError as error:
                if error.response["Error"]["Code"] not in OVER:
                    raise
            queue.delete_message(QueueUrl=url, ReceiptHandle=question.receipt)
            questions.remove(question)
    return answered


@contextmanager
def looking() -> Iterator[list[Question]]:
    """All questions that can be seen; those that are still in the list afterwards can be seen again."""
    import boto3  # noqa: PLC0415

    queue, url = boto3.client("sqs"), outputs().review_queue
    found: dict[str, Question] = {}
    while True:
        answer = queue.receive_message(
            QueueUrl=url,
            MaxNumberOfMessages=RECEIVE,
            VisibilityTimeout=SEEN_SECONDS,
            MessageSystemAttributeNames=["SentTimestamp"],
        )
        messages = answer.get("Messages", ())
        if not messages:
            break
        for item in messages:
            told = json.loads(item["Body"])
            sent = int(item["Attributes"]["SentTimestamp"]) / 1000
            found[item["MessageId"]] = Question(told, item["ReceiptHandle"], sent)
    questions = list(found.values())
    try:
        yield questions
    finally:
        for start in range(0, len(questions), CHANGE):
            entries = [
                {"Id": str(number), "ReceiptHandle": question.receipt, "VisibilityTimeout": 0}
                for number, question in enumerate(questions[start : start + CHANGE])
            ]
            queue.change_message_visibility_batch(QueueUrl=url, Entries=entries)
