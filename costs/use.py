"""How much of a price something takes."""

from collections.abc import Iterable
from dataclasses import dataclass

from costs.prices import PriceTable

HOURS_A_MONTH = 730.0  # AWS's own, in its calculator
HOURS_A_DAY = 24.0


@dataclass(frozen=True)
class Use:
    """``quantity`` units of the price ``price``; in `costs.idle` for an hour."""

    price: str
    quantity: float
    note: str = ""

    def usd(self, table: PriceTable, region: str) -> float:
        return self.quantity * table.usd(self.price, region)


def monthly(price: str, number: float = 1, note: str = "") -> Use:
    """What is priced by the month, for an hour."""
    return Use(price, number / HOURS_A_MONTH, note)


def total(uses: Iterable[Use], table: PriceTable, region: str) -> float:
    return sum(use.usd(table, region) for use in uses)
