"""What the same stacks cost on AWS, from the templates that were deployed here."""

from collections.abc import Mapping
from pathlib import Path

from cli.sandbox.cost import defaults
from costs.estimate import Estimate, estimate
from costs.prices import REGIONS, price_table
from costs.use import HOURS_A_DAY
from settings import from_context
from stories.report.page import Section, Table


def estimated(assembly: Path, given: Mapping[str, str]) -> Estimate:
    """Of an assembly and the settings that it was made with."""
    return estimate(assembly, from_context({**defaults(), **given}), price_table(), REGIONS[0])


def section(found: Estimate) -> Section:
    """Idle cost by stack, and what the story's activities add."""
    idle: list[tuple[str, float]] = [
        (stack, sum(item.day for item in found.items if item.stack == stack)) for stack in found.stacks
    ]
    idle += [("all stacks, idle", found.day), ("an endpoint while it serves, more", found.endpoint * HOURS_A_DAY)]
    used = [(activity.what, usd) for activity, usd in found.activities]
    prose = (
        f"List prices of {found.region} without tax and free tiers, read on {price_table().read}; `mlref cost` has "
        "every resource, docs/cost.md the assumptions. On this machine it cost nothing."
    )
    parts = [
        Table("Idle, dollars a day", ("Stack", "$ a day"), idle),
        Table("By use, dollars", ("Activity", "$"), used, digits=4),
    ]
    return Section("Cost on AWS", prose, parts)
