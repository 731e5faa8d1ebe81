"""``mlref quarantine``: what the delivery stream refused, why, and once more."""

from typing import Annotated

import typer

from cli.console import Console, Table, write_json
from cli.deployment import outputs
from cli.lake.producer import quarantine as store
from cli.lake.producer.lanes import Sender
from cli.lake.producer.objects import s3_client
from cli.lake.replay import INTERRUPTED, kinesis_client
from contracts import Table as Contracted
from contracts import load

quarantine = typer.Typer(no_args_is_help=True, help="What was refused, why, and once more after a fix.")

PREFIX = typer.Option(help="only objects under this folder of the error prefix, such as processing-failed/2026/01/")
REASON = typer.Option(help="only records whose reason contains this text")
DATASET = typer.Option(help="whose events; by default those of the deployed dataset")
BUCKET = typer.Option(help="lake bucket; by default the deployed one")


@quarantine.command("list")
def list_refused(
    *,
    reason: Annotated[str, REASON] = "",
    prefix: Annotated[str, PREFIX] = "",
    as_json: Annotated[bool, typer.Option("--json", help="one JSON object a record, with its data")] = False,
    bucket: Annotated[str | None, BUCKET] = None,
    dataset: Annotated[str | None, DATASET] = None,
) -> None:
    """Show what was refused, by cause.

    Examples:

      mlref quarantine list

      mlref quarantine list --reason dep_delay --json
    """
    records = _read(bucket or outputs().lake_bucket, load(dataset or outputs().dataset).events, prefix, reason)
    if as_json:
        for record in records:
            fields = {"object": record.object_key, "code": record.code, "reason": record.reason}
            data = record.data.decode("utf-8", "backslashreplace")
            write_json({**fields, "valid": record.event is not None, "data": data})
        return
    table = Table("cause", "records", "valid now", "example")
    for cause, number, valid, example in store.causes(records):
        table.add_row(
            cause, f"{number:,}", f"{valid:,}", example.data.decode("utf-8", "backslashreplace")[:60].strip()
        )
    console = Console()
    console.print(table)
    console.print(f"{len(records):,} quarantined records", style="dim")


@quarantine.command("replay")
def replay_refused(
    *,
    everything: Annotated[bool, typer.Option("--all", help="also records that the contract still refuses")] = False,
    reason: Annotated[str, REASON] = "",
    prefix: Annotated[str, PREFIX] = "",
    bucket: Annotated[str | None, BUCKET] = None,
    stream: Annotated[str | None, typer.Option(help="Kinesis stream; by default the deployed one")] = None,
    dataset: Annotated[str | None, DATASET] = None,
) -> None:
    """Send quarantined records into the stream again, as they were.

    Without --all only records that today's contract accepts: deploy the corrected contract or function first.
    Replayed records move from errors/ to errors-replayed/, so that repeating the command sends nothing twice.

    Examples:

      mlref quarantine replay

      mlref quarantine replay --reason "response over 6 MB"
    """
    lake = bucket or outputs().lake_bucket
    target = stream or outputs().event_stream
    name = dataset or outputs().dataset
    found = _read(lake, load(name).events, prefix, reason)
    chosen = [record for record in found if everything or record.event is not None]
    client = kinesis_client()

    sent, complete = store.replay(
        s3_client(), lake, name, chosen, lambda records: not Sender(client, target).send(records).interrupted
    )
    kept = len(found) - len(chosen)
    Console(stderr=True).print(
        f"{'' if complete else 'Stopped: '}{sent:,} of {len(chosen):,} records sent again to {target}; "
        f"{kept:,} stay, because the contract still refuses them",
        soft_wrap=True,
    )
    if not complete:
        raise typer.Exit(INTERRUPTED)


def _read(bucket: str, events: Contracted, prefix: str, reason: str) -> list[store.Refused]:
    return [record for record in store.read(s3_client(), bucket, events, prefix) if reason in record.reason]
