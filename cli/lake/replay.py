"""``mlref replay`` and ``mlref load-reference``: the input of the pipelines."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer

from cli.console import Console
from cli.deployment import outputs
from cli.errors import UserError
from cli.lake.producer.dirt import ADDED, Dirt
from cli.lake.producer.lanes import Pace, Sender, Sent
from cli.progress import bars
from contracts import load
from datasets.parts import producer

DATASET = typer.Option(help="whose data; by default that of the deployed dataset")
MONTHS = re.compile(r"([0-9]{1,2})(?:-([0-9]{1,2}))?")
SLOWEST = 0.001  # of a pace; waits have to be numbers that a clock takes
INTERRUPTED = 130  # exit status of a command that Ctrl-C ended


def replay(
    *,
    months: Annotated[str, typer.Option(help="months of the dataset's year, such as 1 or 1,2 or 1-12")] = "1",
    dirt: Annotated[float, typer.Option(min=0, max=1, help="share of events that get dirt added")] = 0.0,
    seed: Annotated[int, typer.Option(help="the same seed makes the same dirt")] = 7,
    rate: Annotated[float, typer.Option(min=0, help="events a second; 0 is as fast as the stream takes them")] = 0.0,
    speed_up: Annotated[
        float, typer.Option(min=0, help="times faster than it happened: 3600 is an hour a second; 0 ignores time")
    ] = 0.0,
    stream: Annotated[str | None, typer.Option(help="Kinesis stream; by default the deployed one")] = None,
    dataset: Annotated[str | None, DATASET] = None,
) -> None:
    """Stream months of a dataset as events, in the order they happened.

    --dirt adds malformed and wrong-typed records, duplicates and heartbeats, and moves real events late or out of
    order. No real event is lost by it.

    Examples:

      mlref replay --months 1

      mlref replay --months 1,2 --dirt 0.01 --seed 7

      mlref replay --months 7 --rate 500

      mlref replay --months 12 --speed-up 3600
    """
    console = Console(stderr=True)
    chosen = parse_months(months)
    check_pace("--rate", rate)
    check_pace("--speed-up", speed_up)
    name = dataset or outputs().dataset
    source, dirtier = producer(name), Dirt(load(name).events, dirt, seed)
    total = source.count(chosen)
    sender = Sender(kinesis_client(), stream or outputs().event_stream, Pace(rate, speed_up))
    try:
        sent = run(sender, dirtier.spread(source.replay(chosen)), total, console)
    except UserError:
        console.print(summary(sender.sent))
        console.print(unsent(sender.sent, total))
        raise
    console.print(summary(sent))
    if sent.interrupted:
        console.print(unsent(sent, total))
        raise typer.Exit(INTERRUPTED)


def load_reference(
    bucket: Annotated[str | None, typer.Option(help="lake bucket; by default the deployed one")] = None,
    dataset: Annotated[str | None, DATASET] = None,
) -> None:
    """Put the dataset's reference files into the lake, as they are.

    Example:

      mlref load-reference
    """
    target = bucket or outputs().lake_bucket
    console = Console(stderr=True)
    for path, key in upload_reference(target, dataset or outputs().dataset):
        size = path.stat().st_size
        console.print(f"{path.name:<14} {size:>10,} bytes  s3://{target}/{key}", soft_wrap=True)


def upload_reference(bucket: str, dataset: str) -> list[tuple[Path, str]]:
    """Upload the reference files of a dataset, unchanged, to ``reference/NAME/NAME.csv``; returns (file, key)s."""
    import boto3  # noqa: PLC0415 - keeps `--help` fast
    from boto3.exceptions import S3UploadFailedError  # noqa: PLC0415

    s3, source = boto3.client("s3"), producer(dataset)
    uploaded = []
    for name in source.REFERENCE:
        path, key = source.data_folder() / f"{name}.csv", f"reference/{name}/{name}.csv"
        try:
            s3.upload_file(str(path), bucket, key, ExtraArgs={"ContentType": "text/csv"})
        except S3UploadFailedError as error:
            raise UserError(str(error)) from error
        uploaded.append((path, key))
    return uploaded


def run(sender: Sender, records: Any, total: int, console: Console, *, transient: bool = False) -> Sent:
    """Send with a progress bar; without a terminal, silently."""
    if not console.is_terminal:
        return sender.send(records)
    with bars(console, transient=transient) as progress:
        task = progress.add_task("events", total=total)
        sender.progress = advance(progress, task)
        sent = sender.send(records)
        progress.update(task, total=sent.accepted if not sent.interrupted else max(total, sent.accepted))
        return sent


def advance(progress: Any, task: Any) -> Callable[[int], object]:
    """A callback that moves one bar."""
    return lambda number: progress.advance(task, number)


def kinesis_client() -> Any:
    """A client for many large calls: tries again what may pass, and leaves out checks that cost time per record."""
    import boto3  # noqa: PLC0415 - keeps `--help` fast
    from botocore.config import Config  # noqa: PLC0415
    from botocore.exceptions import BotoCoreError  # noqa: PLC0415

    try:
        return boto3.client(
            "kinesis",
            config=Config(retries={"mode": "standard", "total_max_attempts": 5}, parameter_validation=False),
        )
    except BotoCoreError as error:
        raise UserError(f"no AWS client ({error}): set AWS_DEFAULT_REGION, or what `mlref up` prints") from error


def parse_months(text: str) -> list[int]:
    """``1,2`` or ``1-3,7`` as sorted numbers. UserError for anything but months."""
    months: set[int] = set()
    for part in text.split(","):
        match = MONTHS.fullmatch(part.strip())
        if match is None:
            raise UserError(f"--months takes numbers like 1,2 or 1-12, not {text!r}")
        first, last = int(match[1]), int(match[2] or match[1])
        if first > last:
            raise UserError(f"--months takes the first month first, not {part.strip()!r}")
        months.update(range(first, last + 1))
    if min(months) < 1 or max(months) > 12:
        raise UserError(f"--months takes months from 1 to 12, not {text!r}")
    return sorted(months)


def check_pace(option: str, value: float) -> None:
    """Raises UserError for a pace at which nothing would ever come."""
    if 0 < value < SLOWEST:
        raise UserError(f"{option} takes 0, for no limit, or at least {SLOWEST:g}, not {value:g}")


def summary(sent: Sent) -> str:
    """What was sent, in a line or two."""
    rate = sent.accepted / sent.seconds if sent.seconds else 0.0
    lines = [
        f"{'Stopped: ' if sent.interrupted else ''}{sent.accepted:,} records ({sent.bytes:,} bytes) accepted in "
        f"{sent.seconds:.1f} s, {rate:,.0f} a second; {sent.retried:,} retried"
    ]
    if sent.unanswered:
        lines.append(f"{sent.unanswered:,} more were on their way: the stream has them or not")
    made = [
        f"{number:,} {kind.replace('_', ' ')}" for kind, number in sorted(sent.by_kind.items()) if kind != "event"
    ]
    if made:
        added = sum(sent.by_kind[kind] for kind in ADDED)
        lines.append(f"of them dirt: {', '.join(made)}; {added:,} of these are extra records")
    return "\n".join(lines)


def unsent(sent: Sent, total: int) -> str:
    """What of ``total`` events is not in the stream, and what to do about it."""
    left = total - sent.accepted + sum(sent.by_kind[kind] for kind in ADDED)
    return f"{left:,} of {total:,} events were not sent; they may all be sent again, curation keeps one of each"
