"""``mlref load-history``: months of events into the lake without the stream."""

import time
from collections import Counter
from typing import Annotated

import typer

from cli.console import Console
from cli.deployment import outputs
from cli.lake.producer.history import Loaded, load_month
from cli.lake.producer.objects import s3_client
from cli.lake.producer.quarantine import cause_of
from cli.lake.replay import DATASET, INTERRUPTED, advance, parse_months
from cli.progress import bars
from datasets.parts import producer


def load_history(
    months: Annotated[str, typer.Option(help="months of the dataset's year, such as 2,3 or 1-12")],
    bucket: Annotated[str | None, typer.Option(help="lake bucket; by default the deployed one")] = None,
    dataset: Annotated[str | None, DATASET] = None,
) -> None:
    """Write months of events into the lake as Parquet: history in seconds, past the stream.

    Each record is checked as the stream's transform function checks it. Loading a month again replaces the files of
    that month and no others, so it can be repeated at any time. Do not also stream a month that you load: its events
    would be there twice, which only costs space.

    Examples:

      mlref load-history --months 2,3

      mlref load-history --months 1-12
    """
    chosen = parse_months(months)
    console = Console(stderr=True)
    began = time.monotonic()
    done: dict[int, Loaded] = {}
    try:
        load(bucket or outputs().lake_bucket, dataset or outputs().dataset, chosen, console, done)
    except KeyboardInterrupt:
        whole = ", ".join(str(month) for month in done) or "none"
        console.print(f"Stopped: loaded months: {whole}; repeat the command for the others")
        raise typer.Exit(INTERRUPTED) from None
    console.print(summary(list(done.values()), time.monotonic() - began), soft_wrap=True)


def load(
    bucket: str,
    dataset: str,
    months: list[int],
    console: Console,
    done: dict[int, Loaded],
    *,
    transient: bool = False,
) -> None:
    """Load months with a progress bar; ``done`` gets each that is whole, so that an interruption can say so."""
    s3 = s3_client()
    with bars(console, transient=transient, disable=not console.is_terminal) as progress:
        task = progress.add_task("events", total=producer(dataset).count(months))
        for month in months:
            done[month] = load_month(s3, bucket, dataset, month, advance(progress, task))


def summary(loaded: list[Loaded], seconds: float) -> str:
    """What was loaded, and what was refused by cause."""
    rows, files = sum(item.rows for item in loaded), sum(item.files for item in loaded)
    refused: Counter[str] = Counter()
    for item in loaded:
        for reason, number in item.refused.items():
            refused[cause_of(reason)] += number
    lines = [f"{rows:,} events in {files} files ({sum(item.bytes for item in loaded):,} bytes), {seconds:.1f} s"]
    if refused:
        lines.append(f"{refused.total():,} records are refused by the contract and not loaded:")
        lines += [f"  {number:,}  {cause}" for cause, number in refused.most_common()]
    return "\n".join(lines)
