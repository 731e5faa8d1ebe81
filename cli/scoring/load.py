"""``mlref load-features``: what past events leave, for a scorer that has just been deployed."""

from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Any

import typer

from cli.console import Console
from cli.deployment import Outputs, outputs
from cli.errors import UserError
from datasets.kept import Kept
from datasets.online import Item, Key, online_of, row_place


def load_features(
    *,
    first: Annotated[datetime, typer.Option(formats=["%Y-%m-%d"], help="first UTC date of events to take")],
    last: Annotated[datetime, typer.Option(formats=["%Y-%m-%d"], help="last one")],
) -> None:
    """Keep what the lake's events of some days say, as if they had come through the stream.

    A scorer looks back for days, and knows only what has come since it was deployed. Load the days before, once, before
    the first event is streamed: what is there is overwritten. Reference files are indexed when they are uploaded; those
    that were there before come with `mlref load-reference`.

    Examples:

      mlref load-features --first 2013-03-18 --last 2013-03-31
    """
    names = outputs()
    rows, items = load(names, first.date(), last.date())
    Console(stderr=True).print(f"{rows:,} rows and {items:,} items in {names.features_table}", soft_wrap=True)


def load(names: Outputs, first: date, last: date) -> tuple[int, int]:
    """Write rows, and what follows of them, of the events of the UTC dates; how many. Raises UserError without any."""
    from cli.scoring.items import write  # noqa: PLC0415 - keeps `--help` fast
    from contracts import load as contract_of  # noqa: PLC0415

    contract, online = contract_of(names.dataset), online_of(names.dataset)
    memory = Kept(online, contract)
    for event in _events(names, first, last):
        memory.keep(event)
    if not memory.rows:
        raise UserError(f"the lake has no events from {first} to {last}: `mlref replay` or `mlref load-history` them")
    expires = int((datetime.now(UTC) + timedelta(online.KEEP_DAYS)).timestamp())

    def lasting(found: dict[Key, Item]) -> Any:
        return ((key, {**item, "expires": expires}) for key, item in found.items())

    rows = {row_place(key): {"row": row, "version": 1} for key, row in memory.rows.items()}
    return write(names.features_table, lasting(rows)), write(names.features_table, lasting(memory.items))


def _events(names: Outputs, first: date, last: date) -> list[dict[str, Any]]:
    """Valid events of the table of events."""
    from cli.lake.athena import run_query  # noqa: PLC0415
    from contracts import load as contract_of  # noqa: PLC0415
    from contracts.texts import parsed  # noqa: PLC0415
    from contracts.validation import EVENT_DATE, Validator  # noqa: PLC0415

    table = contract_of(names.dataset).events
    kinds = {column.name: column.type for column in (*table.columns, *table.partition_keys)}
    sql = f"SELECT {', '.join(kinds)} FROM {table.name} WHERE {EVENT_DATE} BETWEEN '{first}' AND '{last}'"  # noqa: S608 - names of the contract
    validator, found = Validator(table), []
    for row in run_query(sql, names.work_group, names.database).rows:
        event = {}
        for (name, kind), text in zip(kinds.items(), row, strict=True):
            if text is not None:
                event[name] = f"{text.replace(' ', 'T')}Z" if kind == "timestamp" else parsed(text, kind)
        found.append(validator.validate(event))
    return found
