"""The cards, merchants and places that payments are made of: drawn once from a seed, the same for every month.

Nothing here is about a person or a company. Cards and merchants have pseudonymous ids, never a card number: PCI DSS
forbids to keep a readable PAN outside of a protected environment, and an id for it (a token) takes the lake, the
model and their users out of its scope (PCI DSS v4.0.1, requirement 3.5, and the PCI SSC's Tokenization Guidelines,
https://www.pcisecuritystandards.org/document_library/). As a payment token does, the id stays when the plastic is
replaced, so a card goes on after fraud.
"""

from dataclasses import dataclass
from functools import cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

SEED = 2013
CARDS, MERCHANTS = 900, 760
FAVOURITES = 14  # merchants that a card goes to again and again
CHIP, CONTACTLESS, SWIPE, ECOMMERCE, RECURRING = range(5)
ENTRY_MODES = ("chip", "contactless", "swipe", "ecommerce", "recurring")
CARD_PRESENT = (CHIP, CONTACTLESS, SWIPE)


class Country(NamedTuple):
    """Where cities lie: ``spread`` degrees around the centre. ``weight`` of cards issued, 0 for countries abroad."""

    code: str
    currency: str
    lat: float
    lon: float
    spread: float
    weight: float


class Category(NamedTuple):
    """A merchant category code of ISO 18245.

    Attributes:
        risk: 1 low, 2 medium, 3 high: how easily what is sold there is turned into money.
        amount: of a typical purchase, in euros; ``spread`` is the standard deviation of its logarithm.
        weight: share of the merchants.
    """

    code: str
    name: str
    risk: int
    amount: float
    spread: float
    online: bool
    weight: float


COUNTRIES = (
    Country("DE", "EUR", 51.0, 10.0, 2.0, 0.30),
    Country("FR", "EUR", 47.0, 2.5, 2.0, 0.25),
    Country("NL", "EUR", 52.2, 5.3, 0.5, 0.15),
    Country("ES", "EUR", 40.3, -3.7, 2.0, 0.15),
    Country("IT", "EUR", 43.0, 12.0, 1.5, 0.15),
    Country("GB", "GBP", 52.5, -1.5, 1.2, 0),
    Country("CH", "CHF", 46.9, 8.0, 0.5, 0),
    Country("PL", "PLN", 52.0, 19.0, 1.5, 0),
    Country("US", "USD", 40.0, -85.0, 6.0, 0),
    Country("BR", "BRL", -22.0, -46.0, 2.0, 0),
    Country("TH", "THB", 14.0, 100.7, 1.5, 0),
)
SWIPING = ("US", "BR", "TH")  # countries whose terminals read the magnetic stripe in 2013
CITIES = 4  # of each country
EUROS = {"EUR": 1.0, "GBP": 1.1776, "CHF": 0.8124, "PLN": 0.2383, "USD": 0.7530, "BRL": 0.3487, "THB": 0.0245}

CATEGORIES = (
    Category("5411", "Grocery stores", 1, 28, 0.6, False, 9),
    Category("5812", "Restaurants", 1, 34, 0.5, False, 8),
    Category("5814", "Fast food", 1, 9, 0.4, False, 6),
    Category("5541", "Service stations", 2, 45, 0.35, False, 5),
    Category("5912", "Pharmacies", 1, 16, 0.6, False, 4),
    Category("4111", "Commuter transport", 1, 7, 0.6, False, 3),
    Category("5311", "Department stores", 2, 52, 0.7, False, 4),
    Category("5651", "Clothing stores", 1, 58, 0.6, False, 4),
    Category("5732", "Electronics stores", 3, 160, 0.8, False, 3),
    Category("5944", "Jewellery stores", 3, 210, 0.8, False, 1.5),
    Category("7011", "Hotels", 2, 150, 0.6, False, 2.5),
    Category("5942", "Book stores", 1, 22, 0.5, True, 2),
    Category("5815", "Digital media", 2, 7, 0.7, True, 2.5),
    Category("5816", "Digital games", 3, 8, 0.9, True, 2.5),
    Category("4722", "Travel agencies", 2, 230, 0.8, True, 1.5),
    Category("4899", "Pay television and streaming", 1, 11, 0.3, True, 1.5),
    Category("5999", "Miscellaneous retail", 2, 46, 0.8, True, 5),
    Category("7995", "Betting", 3, 40, 0.9, True, 1),
    Category("4829", "Money transfer", 3, 120, 0.7, True, 1),
    Category("8398", "Charities", 2, 15, 0.7, True, 1.5),
)
CODES = [category.code for category in CATEGORIES]
PRODUCTS = ("debit", "credit", "prepaid")
AGE_BANDS = ("18-29", "30-44", "45-59", "60+")


@dataclass(frozen=True)
class Cards:
    """Cards, a row each; ``country`` and ``city`` are numbers of the places in `World`.

    Attributes:
        opened: days since 1970-01-01.
        daily: payments a day; ``spend`` times the usual amount.
        favourites: merchants (card, FAVOURITES), the most visited first.
        nightly: pays at night; ``gamer``: many tiny purchases in a row; ``shared``: a second holder elsewhere, whose
            city is ``second_city`` (a city of the same country).
    """

    id: list[str]
    country: NDArray[np.int64]
    city: NDArray[np.int64]
    lat: NDArray[np.float64]
    lon: NDArray[np.float64]
    product: NDArray[np.int64]
    opened: NDArray[np.int64]
    age_band: NDArray[np.int64]
    daily: NDArray[np.float64]
    spend: NDArray[np.float64]
    favourites: NDArray[np.int64]
    nightly: NDArray[np.bool_]
    gamer: NDArray[np.bool_]
    shared: NDArray[np.bool_]
    second_city: NDArray[np.int64]


@dataclass(frozen=True)
class Merchants:
    """Merchants, a row each.

    Attributes:
        category: number in CATEGORIES.
        listed: in the reference table; the others are unknown to it.
        coded: sends its category with a payment.
        old_terminal: reads the magnetic stripe only.
    """

    id: list[str]
    category: NDArray[np.int64]
    country: NDArray[np.int64]
    city: NDArray[np.int64]
    lat: NDArray[np.float64]
    lon: NDArray[np.float64]
    opened: NDArray[np.int64]
    popularity: NDArray[np.float64]
    listed: NDArray[np.bool_]
    coded: NDArray[np.bool_]
    old_terminal: NDArray[np.bool_]
    online: NDArray[np.bool_]

    def of(self, *codes: str) -> NDArray[np.bool_]:
        """Which merchants are of the categories ``codes``."""
        return np.isin(self.category, [CODES.index(code) for code in codes])


@dataclass(frozen=True)
class World:
    cards: Cards
    merchants: Merchants


@cache
def world() -> World:
    """All cards and merchants."""
    random = np.random.default_rng(SEED)
    centres = np.array([[country.lat, country.lon] for country in COUNTRIES]).repeat(CITIES, axis=0)
    spread = np.array([country.spread for country in COUNTRIES]).repeat(CITIES)[:, None]
    cities = centres + spread * random.uniform(-1, 1, centres.shape)  # (cities, 2)
    merchants = _merchants(random, cities)
    return World(_cards(random, cities, merchants), merchants)


def _merchants(random: np.random.Generator, cities: NDArray[np.float64]) -> Merchants:
    weights = np.array([category.weight for category in CATEGORIES])
    category = random.choice(len(CATEGORIES), MERCHANTS, p=weights / weights.sum())
    category[: len(CATEGORIES)] = np.arange(len(CATEGORIES))  # each is there
    # More shops where cards are at home
    at_home = np.array([3.0 if country.weight else 1.0 for country in COUNTRIES]).repeat(CITIES)
    city = random.choice(len(cities), MERCHANTS, p=at_home / at_home.sum())
    place = cities[city] + random.normal(0, 0.04, (MERCHANTS, 2))
    return Merchants(
        id=[f"M{number:05d}" for number in random.permutation(np.arange(10_000, 10_000 + MERCHANTS))],
        category=category,
        country=city // CITIES,
        city=city,
        lat=place[:, 0].round(4),
        lon=place[:, 1].round(4),
        opened=_days("1998-01-01", "2012-12-31", random, MERCHANTS),
        popularity=random.pareto(1.6, MERCHANTS) + 0.2,
        listed=random.random(MERCHANTS) >= 0.03,
        coded=random.random(MERCHANTS) >= 0.015,
        old_terminal=random.random(MERCHANTS) < 0.08,
        online=np.array([category.online for category in CATEGORIES])[category],
    )


def _cards(random: np.random.Generator, cities: NDArray[np.float64], merchants: Merchants) -> Cards:
    weights = np.array([country.weight for country in COUNTRIES])
    country = random.choice(len(COUNTRIES), CARDS, p=weights / weights.sum())
    city = country * CITIES + random.integers(CITIES, size=CARDS)
    place = cities[city] + random.normal(0, 0.06, (CARDS, 2))
    daily = random.gamma(3.0, 1.0, CARDS)
    return Cards(
        id=[f"C{number:08X}" for number in random.choice(2**32, CARDS, replace=False)],
        country=country,
        city=city,
        lat=place[:, 0].round(4),
        lon=place[:, 1].round(4),
        product=random.choice(3, CARDS, p=(0.55, 0.35, 0.10)),
        opened=_days("2003-01-01", "2012-12-31", random, CARDS),
        age_band=random.choice(4, CARDS, p=(0.22, 0.30, 0.28, 0.20)),
        daily=daily / daily.sum(),  # shares of all payments
        spend=np.exp(random.normal(0, 0.35, CARDS)),
        favourites=np.array([_favourites(random, merchants, home) for home in city]),
        nightly=random.random(CARDS) < 0.10,
        gamer=random.random(CARDS) < 0.05,
        shared=random.random(CARDS) < 0.04,
        second_city=country * CITIES + random.integers(CITIES, size=CARDS),
    )


def _favourites(random: np.random.Generator, merchants: Merchants, city: int) -> Any:
    """Three in four are shops of the city; the others are online, wherever they are."""
    near, online = (~merchants.online) & (merchants.city == city), merchants.online
    chance = np.where(near, 0.75 * merchants.popularity / (merchants.popularity[near].sum()), 0)
    chance = chance + np.where(online, 0.25 * merchants.popularity / merchants.popularity[online].sum(), 0)
    return random.choice(MERCHANTS, FAVOURITES, replace=True, p=chance / chance.sum())


def _days(first: str, last: str, random: np.random.Generator, count: int) -> NDArray[np.int64]:
    low, high = (int(np.datetime64(day, "D").astype(np.int64)) for day in (first, last))
    return random.integers(low, high, count)
