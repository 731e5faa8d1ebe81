"""``mlref architectures``: what there is to deploy, what it costs idle, and what of it is real here."""

import tempfile
from pathlib import Path
from typing import Annotated

import typer

from cli.cloud.local import finish_synth, start_synth
from cli.console import Console, write_json
from cli.errors import UserError
from costs.regions import REGIONS


def architectures(
    region: Annotated[
        str | None, typer.Option(help=f"whose prices: {' or '.join(REGIONS)}; by default of each")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="for a program")] = False,
    write: Annotated[bool, typer.Option("--write", help="write the tables of README.md and docs/notes.md")] = False,
) -> None:
    """List the architectures: rows of the notes, stacks, needs, idle cost, what of each is real on this machine.

    Costs are those of its own stacks with the default settings, as `mlref cost` computes them; what it needs comes on
    top. Deploy with `cdk deploy --all -c architectures=NAME,NAME`; without, the core.

    Examples:

      mlref architectures

      mlref architectures --region eu-west-1 --json
    """
    from cli.sandbox import listing  # noqa: PLC0415 - keeps `--help` fast
    from costs.prices import CostError  # noqa: PLC0415
    from settings import from_context  # noqa: PLC0415

    if region is not None and region not in REGIONS:
        raise UserError(f"there are no prices of {region}: the regions are {', '.join(REGIONS)}")
    if write:
        from cli.sandbox import pages  # noqa: PLC0415 - nothing else needs it

        pages.write()
        return
    with tempfile.TemporaryDirectory(prefix="mlref-") as folder:
        finish_synth(start_synth(Path(folder), listing.everything()))
        try:
            found = listing.listed(Path(folder), from_context(listing.everything()), (region,) if region else REGIONS)
        except CostError as error:
            raise UserError(str(error)) from error
    if as_json:
        write_json(found, indent=2)
    else:
        listing.show(found, Console())
