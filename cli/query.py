"""``mlref query``: ask Athena."""

import csv
import json
import sys
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from cli.athena import QueryResult, run_query
from cli.deployment import outputs
from cli.errors import UserError


def query(
    sql: Annotated[str, typer.Argument(help="the statement, in quotes; - reads it from standard input")],
    as_json: Annotated[bool, typer.Option("--json", help="one JSON object a row")] = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="comma-separated, with a header")] = False,
) -> None:
    """Run SQL in the project's Athena workgroup.

    Examples:

      mlref query "SELECT carrier, count(*) AS flights FROM flights GROUP BY carrier ORDER BY 2 DESC"

      mlref query --csv - < stacks/queries/delay_by_hour.sql > delays.csv
    """
    if as_json and as_csv:
        raise UserError("choose one of --json and --csv")
    names = outputs()
    text = sys.stdin.read() if sql == "-" else sql
    with Console(stderr=True).status("Athena is running the query"):
        result = run_query(text, names.work_group, names.database)
    if as_json:
        for row in result.rows:
            sys.stdout.write(json.dumps(dict(zip(result.columns, row, strict=True))) + "\n")
    elif as_csv:
        writer = csv.writer(sys.stdout)
        writer.writerow(result.columns)
        writer.writerows(result.rows)
    else:
        show(result, Console())


def show(result: QueryResult, console: Console, title: str | None = None, limit: int | None = None) -> None:
    """Print a result as a table, at most ``limit`` rows of it, with what it cost."""
    table = Table(title=title, title_justify="left")
    for name in result.columns:
        table.add_column(name, overflow="fold")
    for row in result.rows[:limit]:
        table.add_row(*("" if cell is None else cell for cell in row))
    console.print(table)
    left_out = "" if limit is None or len(result.rows) <= limit else f" (the first {limit} shown)"
    console.print(
        f"{len(result.rows)} rows{left_out}, {result.scanned:,} bytes scanned, {result.seconds:.2f} s", style="dim"
    )
