"""``mlref traffic``: departures of the past, asked about one by one as they would be at push-back."""

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
    from cli.model.flights import Flight
    from cli.model.requests import Traffic

Days = tuple[date, date]  # first and last, both included

CONCURRENCY = 8


def traffic(
    *,
    months: Annotated[str | None, typer.Option(help="months of 2013, such as 4 or 4,7")] = None,
    days: Annotated[str | None, typer.Option(help="days instead of months: 2013-03-18..2013-03-31")] = None,
    rows: Annotated[int, typer.Option(min=1, help="at most so many departures of each month, or of the days")] = 2000,
    seed: Annotated[int, typer.Option(help="the same seed chooses the same departures")] = 7,
    rate: Annotated[float, typer.Option(min=0, help="requests a second; 0 is as fast as they are answered")] = 0.0,
    concurrency: Annotated[int, typer.Option(min=1, max=256, help="requests under way at once")] = CONCURRENCY,
    as_json: Annotated[bool, typer.Option("--json", help="the outcome as one JSON object")] = False,
) -> None:
    """Send departures of the curated table to the endpoint, one flight a request.

    Only what is known at push-back is sent. A request's InferenceId is the flight's key, by which the monitoring finds
    the arrival that tells whether the answer was right. Exit status 1 when a request got no answer.

    Examples:

      mlref traffic --months 4

      mlref traffic --days 2013-03-18..2013-03-31 --rows 500

      mlref traffic --months 7 --rate 20
    """
    if (days is None) == (months is None):
        raise UserError("give one of --months and --days")
    check_pace("--rate", rate)
    periods = [parse_days(days)] if days is not None else [days_of(month) for month in parse_months(months or "")]
    names, console = outputs(), Console(stderr=True)
    endpoint = names.endpoint
    from cli.model.flights import departures  # noqa: PLC0415 - keeps `--help` fast
    from cli.model.requests import Traffic  # noqa: PLC0415

    with console.status("reading departures from the curated table"):
        flights = [flight for first, last in periods for flight in departures(names, first, last, rows, seed)]
    outcome = Traffic()
    try:
        drive(outcome, endpoint, flights, console, concurrency=concurrency, rate=rate)
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
    flights: "list[Flight]",
    console: Console,
    *,
    concurrency: int = CONCURRENCY,
    rate: float = 0.0,
    transient: bool = False,
) -> None:
    """Ask the endpoint about the flights, with a progress bar."""
    from cli.model.requests import send  # noqa: PLC0415
    from cli.model.runtime import Runtime  # noqa: PLC0415

    runtime = Runtime(endpoint, concurrency)
    with bars(console, transient=transient, disable=not console.is_terminal) as progress:
        task = progress.add_task("requests", total=len(flights))
        send(
            outcome,
            lambda flight: runtime.ask(flight.body, flight.key),
            flights,
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


def days_of(month: int) -> Days:
    """The days of a month of 2013."""
    return date(2013, month, 1), date(2013, month, monthrange(2013, month)[1])
