"""``mlref cost``: what the stacks cost, idle and with the demo's traffic."""

import dataclasses
import json
import tempfile
from pathlib import Path
from typing import Annotated, Any

import typer

from cli.cloud.local import ROOT, finish_synth, start_synth
from cli.console import Console, Table, styled, write_json
from cli.context import parse_context
from cli.errors import UserError
from costs.estimate import Estimate, estimate
from costs.prices import REGIONS, CostError, price_table
from costs.report import README, dollars, insert, markdown
from costs.use import HOURS_A_DAY
from settings import Settings, SettingsError, from_context


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
                _write(assembly, settings)
                return
            found = estimate(assembly, settings, price_table(), region)
    except (CostError, SettingsError) as error:
        raise UserError(str(error)) from error
    if as_json:
        write_json(_facts(found), indent=2)
    else:
        _show(found, Console())


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


def _write(assembly: Path, settings: Settings) -> None:
    table = markdown(tuple(estimate(assembly, settings, price_table(), region) for region in REGIONS))
    README.write_text(insert(README.read_text("utf-8"), table), "utf-8")


def _facts(found: Estimate) -> dict[str, Any]:
    table = price_table()
    return {
        "region": found.region,
        "prices_read": table.read.isoformat(),
        "idle": {"hour": found.hour, "day": found.day, "month": found.month},
        "endpoint_adds": {
            "hour": found.endpoint,
            "day": found.endpoint * HOURS_A_DAY,
            "uses": [dataclasses.asdict(use) for use in found.endpoint_uses],
        },
        "resources": [dataclasses.asdict(item) | {"day": item.day, "month": item.month} for item in found.items],
        "activities": [dataclasses.asdict(activity) | {"usd": usd} for activity, usd in found.activities],
        "unverified_prices": _unverified(found),
    }


def _unverified(found: Estimate) -> list[str]:
    table = price_table()
    return sorted(name for name in found.prices() if not table.quote(name, found.region).verified)


def _show(found: Estimate, console: Console) -> None:
    idle = Table("resource", "type", title=f"Idle, {found.region}", show_edge=False)
    for unit in ("$/hour", "$/day", "$/month"):
        idle.add_column(unit, justify="right")
    for stack in found.stacks:
        own = [item for item in found.items if item.stack == stack]
        idle.add_row(styled((stack, "bold")), f"{len(own)} resources", *_amounts(sum(item.hour for item in own)))
        for item in own:
            if item.hour:
                idle.add_row(f"  {item.resource}", item.type, *_amounts(item.hour))
        for billed in ("by use", "free"):
            number = sum(item.billed == billed for item in own)
            if number:
                idle.add_row(styled((f"  {number} others", "dim")), styled((billed, "dim")), "0", "0", "0")
    idle.add_row(styled(("all", "bold")), "", *_amounts(found.hour))
    idle.add_row("endpoint, while it serves", _notes(found), *_amounts(found.endpoint))
    console.print(idle)

    traffic = Table("the demo's traffic", show_edge=False)
    traffic.add_column("$", justify="right")
    for activity, usd in found.activities:
        traffic.add_row(activity.what, dollars(usd))
    console.print()
    console.print(traffic)
    table = price_table()
    console.print(f"\nList prices without tax and free tiers, read {table.read}; docs/cost.md has the assumptions.")
    if unsure := _unverified(found):
        console.print(f"Not verified against AWS's list, check before you rely on them: {', '.join(unsure)}.")


def _amounts(hour: float) -> tuple[str, str, str]:
    return f"{hour:.4f}", f"{hour * HOURS_A_DAY:.2f}", f"{hour * 730:.2f}"


def _notes(found: Estimate) -> str:
    return ", ".join(use.note for use in found.endpoint_uses) or "nothing by the hour"
