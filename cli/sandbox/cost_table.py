"""An estimate as tables, as facts, and as the README's table."""

import dataclasses
from pathlib import Path
from typing import Any

from cli.console import Console, Table, styled
from costs.estimate import Estimate, estimate
from costs.prices import price_table
from costs.regions import REGIONS
from costs.report import README, dollars, insert, markdown
from costs.use import HOURS_A_DAY
from settings import Settings


def write(assembly: Path, settings: Settings) -> None:
    """Put the table of the settings into README.md."""
    table = markdown(tuple(estimate(assembly, settings, price_table(), region) for region in REGIONS))
    README.write_text(insert(README.read_text("utf-8"), table), "utf-8")


def facts(found: Estimate) -> dict[str, Any]:
    """All of it for a program."""
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


def show(found: Estimate, console: Console) -> None:
    """All of it for a person."""
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
