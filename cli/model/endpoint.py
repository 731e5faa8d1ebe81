"""``mlref endpoint``: who serves, and the end of its cost."""

from typing import Annotated

import typer

from cli.console import Console, Table, styled, write_json
from cli.deployment import outputs

endpoint = typer.Typer(no_args_is_help=True, help="The endpoint: who serves, and the end of its cost.")

COLOURS = {"InService": "green", "Failed": "red"}


@endpoint.command()
def status(*, as_json: Annotated[bool, typer.Option("--json", help="one JSON object")] = False) -> None:
    """Say how the endpoint stands, and which versions of the model answer.

    Examples:

      mlref endpoint status

      mlref endpoint status --json
    """
    from cli.model import hosting  # noqa: PLC0415 - keeps `--help` fast

    told = hosting.describe(outputs().endpoint)
    if as_json:
        write_json(told)
        return
    console = Console()
    state = told["status"], COLOURS.get(told["status"], "yellow")
    console.print(styled(f"Endpoint {told['name']}: ", state))
    if told["reason"]:
        console.print(told["reason"], soft_wrap=True)
    table = Table("variant", "model version", "share", "capacity")
    for item in told["variants"]:
        table.add_row(item["name"], item["version"] or item["model"], f"{item['share']:.0%}", item["capacity"])
    console.print(table)
    capture = told["capture"]
    console.print(f"Captured: {capture['percent']} % to {capture['to']}" if capture else "Nothing is captured")


@endpoint.command()
def delete(*, yes: Annotated[bool, typer.Option("--yes", "-y", help="do not ask")] = False) -> None:
    """Delete the endpoint, and with it what it costs.

    Models, their registry and what was captured stay. The next version that is approved makes the endpoint anew.

    Examples:

      mlref endpoint delete
    """
    from cli.model import hosting  # noqa: PLC0415

    name = outputs().endpoint
    hosting.describe(name)
    if not yes:
        typer.confirm(f"Delete endpoint {name}? Requests to it will fail", abort=True)
    hosting.remove(name)
    Console().print(f"Endpoint {name} is deleted")
