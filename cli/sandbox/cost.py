"""``mlref cost``: what the stacks cost, idle and with the demo's traffic."""

import json
import tempfile
from pathlib import Path
from typing import Annotated, Any

import typer

from cli.cloud.local import ROOT, finish_synth, start_synth
from cli.console import Console, write_json
from cli.context import parse_context
from cli.errors import UserError
from costs.regions import REGIONS


def cost(
    region: Annotated[str, typer.Option(help=f"whose prices: {' or '.join(REGIONS)}")] = REGIONS[0],
    context: Annotated[
        list[str] | None, typer.Option("--context", "-c", help="a setting, as for cdk: endpoint=serverless")
    ] = None,
    cdk_out: Annotated[
        Path | None, typer.Option(help="an assembly that is there already, made with the same settings")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="everything, for a program")] = False,
    write: Annotated[bool, typer.Option("--write", help="put the default settings' table into README.md")] = False,
) -> None:
    """Estimate from the templates: what each resource costs idle, and what the demo's traffic adds.

    List prices of costs/prices.yaml, without tax and free tiers. No AWS calls. docs/cost.md has the assumptions.

    Examples:

      mlref cost

      mlref cost --region eu-west-1 -c endpoint=serverless -c nightly_hour_utc=3
    """
    from cli.sandbox import cost_table  # noqa: PLC0415 - keeps `--help` fast
    from costs.estimate import estimate  # noqa: PLC0415
    from costs.prices import CostError, price_table  # noqa: PLC0415
    from settings import SettingsError, from_context  # noqa: PLC0415

    given = parse_context(context or [])
    if region not in REGIONS:
        raise UserError(f"there are no prices of {region}: the regions are {', '.join(REGIONS)}")
    try:
        settings = from_context({**defaults(), **given})
        with tempfile.TemporaryDirectory(prefix="mlref-") as folder:
            if cdk_out is None:
                finish_synth(start_synth(Path(folder), given))
            else:
                _check_assembly(cdk_out)
            assembly = cdk_out or Path(folder)
            if write:
                cost_table.write(assembly, settings)
                return
            found = estimate(assembly, settings, price_table(), region)
    except (CostError, SettingsError) as error:
        raise UserError(str(error)) from error
    if as_json:
        write_json(cost_table.facts(found), indent=2)
    else:
        cost_table.show(found, Console())


def _check_assembly(folder: Path) -> None:
    try:
        right = isinstance(json.loads((folder / "manifest.json").read_text("utf-8"))["artifacts"], dict)
    except (OSError, LookupError, TypeError, ValueError):
        right = False
    if not right:
        raise UserError(f"{folder} is no cloud assembly: run `cdk synth`, or leave out --cdk-out")


def defaults() -> dict[str, Any]:
    """The context of cdk.json."""
    context: dict[str, Any] = json.loads((ROOT / "cdk.json").read_text("utf-8"))["context"]
    return context
