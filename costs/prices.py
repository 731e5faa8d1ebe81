"""The price table: what a unit costs in a region, who says so, and since when."""

from datetime import date
from functools import cache
from pathlib import Path
from typing import Any, Self

import yaml
from pydantic import BaseModel, ConfigDict, Field, model_validator

from costs.regions import REGIONS

FILE = Path(__file__).with_name("prices.yaml")


class CostError(ValueError):
    """What cannot be priced: one sentence."""


class Quote(BaseModel):
    """A price in one region.

    Attributes:
        usd: for one unit, without tax.
        seen: the copy of AWS's price list that shows it; empty when no copy at hand does.
        dated: the day of that copy; None when it does not say.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    usd: float = Field(ge=0)
    seen: str = ""
    dated: date | None = None
    verified: bool = True

    @model_validator(mode="after")
    def _source(self) -> Self:
        if self.verified != bool(self.seen):
            raise ValueError("a verified price says where it was seen, another does not")
        return self


class Price(BaseModel):
    """A price in every region of the table; ``page`` is AWS's own page of it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    service: str
    usage_type: str
    unit: str
    page: str = Field(pattern=r"^https://aws\.amazon\.com/[a-z0-9/-]+/pricing/$")
    regions: dict[str, Quote]

    @model_validator(mode="before")
    @classmethod
    def _gather(cls, row: dict[str, Any]) -> dict[str, Any]:
        rest = {key: value for key, value in row.items() if key not in REGIONS}
        return {**rest, "regions": {region: row[region] for region in REGIONS if region in row}}

    @model_validator(mode="after")
    def _everywhere(self) -> Self:
        if missing := set(REGIONS) - self.regions.keys():
            raise ValueError(f"no price in {', '.join(sorted(missing))}")
        return self


class PriceTable(BaseModel):
    """Prices by name; ``used`` and ``free`` are the CloudFormation types that cost nothing while nothing happens."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    read: date
    prices: dict[str, Price]
    used: dict[str, tuple[str, ...]]
    free: dict[str, str]

    @model_validator(mode="after")
    def _known(self) -> Self:
        unknown = {name for names in self.used.values() for name in names} - self.prices.keys()
        if unknown:
            raise ValueError(f"no price {', '.join(sorted(unknown))}")
        return self

    def usd(self, name: str, region: str) -> float:
        """The price of one unit. Raises CostError with what to add when the table does not have it."""
        return self.quote(name, region).usd

    def quote(self, name: str, region: str) -> Quote:
        if name not in self.prices:
            raise CostError(f"the price table has no {name}: add a row to costs/prices.yaml")
        if region not in REGIONS:
            raise CostError(f"the price table has no region {region}, only {' and '.join(REGIONS)}")
        return self.prices[name].regions[region]


@cache
def price_table() -> PriceTable:
    """The table of the repository."""
    return PriceTable.model_validate(yaml.safe_load(FILE.read_text("utf-8")))
