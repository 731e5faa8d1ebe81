"""The reference tables as CSV files: ``python -m datasets.payments.generator.reference`` writes them to ``reference/``.

They have what real ones have: merchants that are missing (3 % of them), and missing values, all spelled ``NA``.
"""

import csv
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

from datasets.payments.generator.world import (
    AGE_BANDS,
    CATEGORIES,
    COUNTRIES,
    EUROS,
    PRODUCTS,
    SEED,
    World,
    world,
)

FOLDER = Path(__file__).parents[1] / "reference"
TABLES = ("cards", "categories", "exchange_rates", "merchants")
MISSING = "NA"


def write(folder: Path = FOLDER) -> None:
    """Write every table to ``folder``, which must be there."""
    known, random = world(), np.random.default_rng([SEED, 0])
    for name, rows in (
        ("cards", _cards(known, random)),
        ("categories", _categories()),
        ("exchange_rates", [("currency", "euros"), *EUROS.items()]),
        ("merchants", _merchants(known, random)),
    ):
        with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
            csv.writer(file, lineterminator="\n").writerows(rows)


def _cards(known: World, random: np.random.Generator) -> Iterable[tuple[Any, ...]]:
    cards = known.cards
    yield "card_id", "country", "product", "opened", "home_lat", "home_lon", "age_band"
    blank = random.random((len(cards.id), 2))
    for row, card in enumerate(cards.id):
        yield (
            card,
            COUNTRIES[cards.country[row]].code,
            PRODUCTS[cards.product[row]],
            _date(cards.opened[row]),
            *_place(cards.lat[row], cards.lon[row], blank[row, 0] < 0.01),
            AGE_BANDS[cards.age_band[row]] if blank[row, 1] >= 0.03 else MISSING,
        )


def _categories() -> Iterable[tuple[Any, ...]]:
    yield "mcc", "name", "risk"
    for category in CATEGORIES:
        yield category.code, category.name, category.risk


def _merchants(known: World, random: np.random.Generator) -> Iterable[tuple[Any, ...]]:
    merchants = known.merchants
    yield "merchant_id", "name", "mcc", "country", "lat", "lon", "opened"
    blank = random.random((len(merchants.id), 2))
    for row, merchant in enumerate(merchants.id):
        if not merchants.listed[row]:
            continue
        category = CATEGORIES[merchants.category[row]]
        yield (
            merchant,
            f"{category.name} {merchant[1:]}",
            category.code,
            COUNTRIES[merchants.country[row]].code,
            *_place(merchants.lat[row], merchants.lon[row], bool(merchants.online[row]) or blank[row, 0] < 0.01),
            _date(merchants.opened[row]) if blank[row, 1] >= 0.05 else MISSING,
        )


def _place(lat: float, lon: float, missing: bool) -> tuple[Any, Any]:
    return (MISSING, MISSING) if missing else (lat, lon)


def _date(days: int) -> str:
    return str(np.datetime64(int(days), "D"))


if __name__ == "__main__":
    write()
