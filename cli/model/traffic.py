"""``mlref traffic``: rows of the past, asked about one by one as they would have been."""

from calendar import monthrange
from datetime import date
from typing import TYPE_CHECKING, Annotated

import typer

from cli.console import Console, write_json
from cli.deployment import outputs
from cli.errors import UserError
from cli.lake.replay import INTERRUPTED, advance, check_pace, parse_months
from cli.progress import bars

if TYPE_CHECKING:
    from cli.model.requests import Traffic
    from cli.model.rows import Row

Days = tuple[date, date]  # first and last, both included

CONCURRENCY = 8


def traffic(
    *,
    months: Annotated[str | None, typer.Option(help="months of the dataset's year, such as 4 or 4,7")] = None,
    days: Annotated[str | None, typer.Option(help="days instead of months: 2013-03-18..2013-03-31")] = None,
    rows: Annotated[int, typer.Option(min=1, help="at most so many rows of each month, or of the days")] = 2000,
    seed: Annotated[int, typer.Option(help="the same seed chooses the same rows")] = 7,
    rate: Annotated[float, typer.Option(min=0, help="requests a second; 0 is as fast as they are answered")] = 0.0,
    concurrency: Annotated[int, typer.Option(min=1, max=256, help="requests under way at once")] = CONCURRENCY,
    as_json: Annotated[bool, typer.Option("--json", help="the outcome as one JSON object")] = False,
) -> None:
    """Send rows of the curated table to the endpoint, one a request.

    Only the inputs of the model are sent. A request's InferenceId is the row's key, by which the monitoring finds the
    truth that tells whether the answer was right. Exit status 1 when a request got no answer.

    Examples:

      mlref traffic --months 4

      mlref traffic --days 2013-03-18..2013-03-31 --rows 500

      mlref traffic --months 7 --rate 20
    """
    if (days is None) == (months is None):
        raise UserError("give one of --months and --days")
    check_pace("--rate", rate)
    chosen = [parse_days(days)] if days is not None else []
    wanted = parse_months(months) if months is not None else []
    names, console = outputs(), Console(stderr=True)
    endpoint = names.endpoint
    from cli.model.requests import Traffic  # noqa: PLC0415
    from cli.model.rows import asked_for  # noqa: PLC0415 - keeps `--help` fast
    from datasets.parts import producer  # noqa: PLC0415

    periods = chosen or [days_of(producer(names.dataset).YEAR, month) for month in wanted]
    with console.status("reading rows of the curated table"):
        found = [row for first, last in periods for row in asked_for(names, first, last, rows, seed)]
    outcome = Traffic()
    try:
        drive(outcome, endpoint, found, console, concurrency=concurrency, rate=rate)
    finally:
        if as_json:
            write_json(outcome.facts)
        else:
            console.print(outcome.text, soft_wrap=True)
    if outcome.interrupted:
        raise typer.Exit(INTERRUPTED)
    if outcome.errors:
        raise UserError(f"{outcome.errors.total():,} of {outcome.requests:,} requests got no answer")


def drive(
    outcome: "Traffic",
    endpoint: str,
    rows: "list[Row]",
    console: Console,
    *,
    concurrency: int = CONCURRENCY,
    rate: float = 0.0,
    transient: bool = False,
) -> None:
    """Ask the endpoint about the rows, with a progress bar."""
    from cli.model.requests import send  # noqa: PLC0415
    from cli.model.runtime import Runtime  # noqa: PLC0415

    runtime = Runtime(endpoint, concurrency)
    with bars(console, transient=transient, disable=not console.is_terminal) as progress:
        task = progress.add_task("requests", total=len(rows))
        send(
            outcome,
            lambda row: runtime.ask(row.body, row.key),
            rows,
            concurrency=concurrency,
            rate=rate,
            progress=advance(progress, task),
        )


def parse_days(text: str) -> Days:
    """``2013-03-18..2013-03-31``, or one day. Raises UserError."""
    first, _, last = text.partition("..")
    try:
        days = date.fromisoformat(first), date.fromisoformat(last or first)
    except ValueError:
        raise UserError(f"--days takes days like 2013-03-18..2013-03-31, not {text!r}") from None
    if days[0] > days[1]:
        raise UserError(f"--days takes the first day first, not {text!r}")
    return days


def days_of(year: int, month: int) -> Days:
    """The days of a month."""
    return date(year, month, 1), date(year, month, monthrange(year, month)[1])
