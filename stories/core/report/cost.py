"""What the same stacks cost on AWS, from the templates that were deployed here."""

from collections.abc import Mapping
from pathlib import Path

from cli.sandbox.cost import defaults
from costs.estimate import Estimate, estimate
from costs.prices import CostError, price_table
from costs.regions import REGIONS
from costs.report import dollars
from costs.use import HOURS_A_DAY
from settings import from_context
from stories.report.page import Section, Table


def estimated(assembly: Path, given: Mapping[str, str]) -> Estimate | str:
    """Of an assembly and the settings that it was made with; or why there is no estimate."""
    try:
        return estimate(assembly, from_context({**defaults(), **given}), price_table(), REGIONS[0])
    except CostError as error:
        return str(error)


def section(found: Estimate | str) -> Section:
    """Idle cost by stack, and what the story's activities add."""
    if isinstance(found, str):
        return Section("Cost on AWS", f"Not estimated: {found}.", ())
    idle = [(stack, dollars(sum(item.day for item in found.items if item.stack == stack))) for stack in found.stacks]
    idle.append(("all stacks, idle", dollars(found.day)))
    idle.append(("an endpoint while it serves, more", dollars(found.endpoint * HOURS_A_DAY)))
    used = [(activity.what, dollars(usd)) for activity, usd in found.activities]
    prose = (
        f"List prices of {found.region} without tax and free tiers, read on {price_table().read}; the command "
        "mlref cost has every resource, docs/cost.md the assumptions. On this machine it cost nothing."
    )
    parts = [
        Table("Idle", ("Stack", "A day"), idle),
        Table("By use", ("Activity", "Cost"), used),
    ]
    return Section("Cost on AWS", prose, parts)
