"""The estimate of a cloud assembly: every resource, every activity, and what the endpoint adds."""

from dataclasses import dataclass
from pathlib import Path

from costs import traffic
from costs.idle import idle
from costs.prices import PriceTable
from costs.schedules import starts
from costs.templates import stacks
from costs.use import HOURS_A_DAY, HOURS_A_MONTH, Use, total
from settings import Settings


@dataclass(frozen=True)
class Item:
    """A resource while nothing happens.

    Attributes:
        billed: "by the hour", "by use", "free", or "by what it starts".
        hour: dollars.
    """

    stack: str
    resource: str
    type: str
    billed: str
    hour: float
    uses: tuple[Use, ...]

    @property
    def day(self) -> float:
        return self.hour * HOURS_A_DAY

    @property
    def month(self) -> float:
        return self.hour * HOURS_A_MONTH


@dataclass(frozen=True)
class Estimate:
    """Dollars without tax and free tiers in ``region``.

    Attributes:
        endpoint: what an hour of the serving endpoint adds.
        activities: with their dollars.
    """

    region: str
    items: tuple[Item, ...]
    endpoint: float
    endpoint_uses: tuple[Use, ...]
    activities: tuple[tuple[traffic.Activity, float], ...]

    @property
    def hour(self) -> float:
        return sum(item.hour for item in self.items)

    @property
    def day(self) -> float:
        return self.hour * HOURS_A_DAY

    @property
    def month(self) -> float:
        return self.hour * HOURS_A_MONTH

    @property
    def stacks(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(item.stack for item in self.items))

    def prices(self) -> set[str]:
        """Names of the prices that it stands on."""
        used = {use.price for item in self.items for use in item.uses}
        used |= {use.price for activity, _ in self.activities for use in activity.uses}
        return used | {use.price for use in self.endpoint_uses}


def estimate(assembly: Path, settings: Settings, table: PriceTable, region: str) -> Estimate:
    """Raises CostError when a resource or an instance type has no price."""
    found = stacks(assembly)
    items = []
    for stack in found:
        for resource in stack.resources:
            standing, started = idle(resource, stack, table), tuple(starts(resource, stack))
            uses = (*standing, *started)
            billed = (
                "by what it starts"
                if started
                else "by the hour"
                if standing
                else "by use"
                if resource.type in table.used
                else "free"
            )

            items.append(Item(stack.name, resource.name, resource.type, billed, total(uses, table, region), uses))
    serves = any(True for stack in found for _ in stack.of(traffic.ENDPOINT))
    predictions = traffic.predictions(settings) if serves else None
    activities = (*traffic.activities(found, settings), *((predictions,) if predictions else ()))
    serving = traffic.endpoint(settings) if serves else ()
    return Estimate(
        region,
        tuple(items),
        total(serving, table, region),
        serving,
        tuple((activity, total(activity.uses, table, region)) for activity in activities),
    )
