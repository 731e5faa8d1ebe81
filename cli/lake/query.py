"""``mlref query``: ask Athena."""

import sys
from collections import Counter
from typing import Annotated

import typer

from cli.console import Console, Table, write_csv, write_json
from cli.deployment import outputs
from cli.errors import UserError
from cli.lake.athena import QueryResult, run_query


def query(
    sql: Annotated[str, typer.Argument(help="the statement, in quotes; - reads it from standard input")],
    as_json: Annotated[bool, typer.Option("--json", help="one JSON object a row")] = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="comma-separated, with a header")] = False,
) -> None:
    """Run SQL in the project's Athena workgroup.

    Examples:

      mlref query "SELECT carrier, count(*) AS flights FROM flights GROUP BY carrier ORDER BY 2 DESC"

      mlref query --csv - < datasets/flights/queries/delay_by_hour.sql > delays.csv
    """
    if as_json and as_csv:
        raise UserError("choose one of --json and --csv")
    names = outputs()
    text = sys.stdin.read() if sql == "-" else sql
    with Console(stderr=True).status("Athena is running the query"):
        result = run_query(text, names.work_group, names.database)
    if as_json:
        if doubled := [name for name, number in Counter(result.columns).items() if number > 1]:
            raise UserError(f"more than one column is called {doubled[0]}: name them apart with AS, or use --csv")
        for row in result.rows:
            write_json(dict(zip(result.columns, row, strict=True)))
    elif as_csv:
        write_csv([result.columns, *result.rows])
    else:
        show(result, Console())


def show(result: QueryResult, console: Console, title: str | None = None, limit: int | None = None) -> None:
    """Print a result as a table, at most ``limit`` rows of it, with what it cost."""
    table = Table(title=title)
    for name in result.columns:
        table.add_column(name, overflow="fold")
    for row in result.rows[:limit]:
        table.add_row(*("" if cell is None else cell for cell in row))
    console.print(table)
    left_out = "" if limit is None or len(result.rows) <= limit else f" (the first {limit} shown)"
    console.print(
        f"{len(result.rows)} rows{left_out}, {result.scanned:,} bytes scanned, {result.seconds:.2f} s", style="dim"
    )
