"""``mlref leftovers``: what of the project is in the account, whoever made it."""

import json

import typer

from cli.cloud.local import ROOT
from cli.console import Console, Table
from cli.context import Context, parse_context
from cli.errors import UserError


def leftovers(context: Context = None) -> None:
    """List everything of the project that is in the account and region, by name and tag. Exit status 1 if anything is.

    Run it after `cdk destroy --all`. CDK's own bootstrap stack is not the project's, nor are the log groups of
    SageMaker's jobs, which all projects of an account share. Of the settings only prefix and database matter.

    Examples:

      mlref leftovers

      mlref leftovers -c prefix=mine
    """
    from cli.sandbox.account import look  # noqa: PLC0415 - keeps `--help` fast
    from settings import SettingsError, from_context  # noqa: PLC0415

    defaults = json.loads((ROOT / "cdk.json").read_text("utf-8"))["context"]
    try:
        settings = from_context(defaults | parse_context(context or []))
    except SettingsError as error:
        raise UserError(str(error)) from None
    account = look(settings)
    console = Console()
    if account.found:
        table = Table("service", "what", "name", show_edge=False)
        for item in account.found:
            table.add_row(item.service, item.kind, item.name)
        console.print(table)
    for sentence in (*account.waiting, *account.refused):
        console.print(sentence, soft_wrap=True)
    if account.found or account.refused:
        raise typer.Exit(1)
    console.print("Nothing of the project is left.")
