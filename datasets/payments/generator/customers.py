"""Honest payments of a month. Some look odd, as real ones do, so that no model of fraud is ever always right.

Usual: a card pays at its favourite shops and others of its city, and online. Odd: holidays abroad (magnetic stripe
where terminals read nothing else), night owls, gamers who buy many tiny things in a row, shopping sprees, a second
holder of a card in another city, and now and then something that costs many times the usual.
"""

import numpy as np
from numpy.typing import NDArray

from datasets.payments.generator.payments import (
    CONTACTLESS_LIMIT,
    CONTACTLESS_SHARE,
    DAY_SECONDS,
    DRIFT_MONTH,
    HOUR_SECONDS,
    PRICE_RISE,
    Payments,
    in_episodes,
    joined,
    month_seconds,
)
from datasets.payments.generator.world import (
    CATEGORIES,
    CHIP,
    CITIES,
    CONTACTLESS,
    COUNTRIES,
    ECOMMERCE,
    RECURRING,
    SWIPE,
    SWIPING,
    World,
)

Random = np.random.Generator
Rows = NDArray[np.int64]

# Weights of the hours of a day, in UTC
BY_DAY = np.array([1, 0.6, 0.4, 0.3, 0.4, 1, 3, 5, 6, 7, 8, 9, 10, 9, 8, 8, 9, 10, 9, 7, 5, 4, 3, 2], float)
BY_NIGHT = np.array([8, 7, 5, 4, 3, 2, 1, 1, 1, 1, 2, 2, 2, 2, 2, 2, 3, 4, 5, 6, 7, 8, 9, 9], float)
BY_WEEKDAY = np.array([0.95, 0.95, 1, 1, 1.15, 1.25, 0.75])  # Monday first

TO_FAVOURITE, ONLINE_ELSEWHERE = 0.55, 0.12  # shares of payments; the rest goes to other shops of the city
TRAVELLERS = 0.15  # share of cards that go abroad in a month
NIGHT_PURCHASE = 0.06  # online purchases of others in the night
BIG = 0.012  # share of payments of many times the usual
SPREES, GAMES_A_GAMER = 130, 3  # a month


def honest(random: Random, world: World, month: int, count: int) -> Payments:
    """About ``count`` payments of ``month``, in no order."""
    odd = [_games(random, world, month), _sprees(random, world, month)]
    rest = count - sum(len(part) for part in odd)
    return joined([_usual(random, world, month, rest), *odd])


def usual_euros(random: Random, world: World, month: int, card: Rows, merchant: Rows) -> NDArray[np.float64]:
    """What a purchase of ``card`` at ``merchant`` usually costs."""
    typical = np.array([category.amount for category in CATEGORIES])[world.merchants.category[merchant]]
    spread = np.array([category.spread for category in CATEGORIES])[world.merchants.category[merchant]]
    amount = typical * world.cards.spend[card] * np.exp(spread * random.normal(size=len(card)))
    return np.asarray(amount * (PRICE_RISE if month >= DRIFT_MONTH else 1.0))


def entry_modes(
    random: Random, world: World, month: int, merchant: Rows, euros: NDArray[np.float64]
) -> NDArray[np.int64]:
    """How an honest customer pays this much at ``merchant``."""
    merchants, chance = world.merchants, random.random(len(merchant))
    swiping = np.array([country.code in SWIPING for country in COUNTRIES])[merchants.country[merchant]]
    stripe = merchants.old_terminal[merchant] | (swiping & (chance < 0.85))
    late = month >= DRIFT_MONTH
    small = euros <= CONTACTLESS_LIMIT[late]
    present = np.where(stripe, SWIPE, np.where(small & (chance < CONTACTLESS_SHARE[late]), CONTACTLESS, CHIP))
    recurs = merchants.of("4899")[merchant] | (merchants.online[merchant] & (chance < 0.05))
    return np.where(merchants.online[merchant], np.where(recurs, RECURRING, ECOMMERCE), present)


def pick(random: Random, world: World, among: NDArray[np.bool_], count: int) -> Rows:
    """``count`` merchants of ``among`` by popularity."""
    rows = np.flatnonzero(among)
    weights = world.merchants.popularity[rows]
    return random.choice(rows, count, p=weights / weights.sum())


def _usual(random: Random, world: World, month: int, count: int) -> Payments:
    cards, merchants = world.cards, world.merchants
    begin, end = month_seconds(month)
    days = np.arange((end - begin) // DAY_SECONDS)
    weekday = (begin // DAY_SECONDS + days + 3) % 7  # 1970-01-01 was a Thursday
    weights = BY_WEEKDAY[weekday]
    card = random.choice(len(cards.id), count, p=cards.daily)
    day = random.choice(days, count, p=weights / weights.sum())

    merchant = cards.favourites[card, np.minimum(random.geometric(0.18, count) - 1, cards.favourites.shape[1] - 1)]
    where = random.random(count)
    elsewhere = where >= TO_FAVOURITE
    online = elsewhere & (where < TO_FAVOURITE + ONLINE_ELSEWHERE)
    merchant[online] = pick(random, world, merchants.online, int(online.sum()))
    city = np.where(cards.shared[card] & (random.random(count) < 0.3), cards.second_city[card], cards.city[card])
    city = np.where(elsewhere & ~online | (city != cards.city[card]), city, -1)
    abroad = _cities_abroad(random, world, card, day, len(days))
    city = np.where((abroad >= 0) & ~merchants.online[merchant], abroad, city)
    for place in np.unique(city[city >= 0]):
        there = city == place
        merchant[there] = pick(random, world, (merchants.city == place) & ~merchants.online, int(there.sum()))

    at_night = cards.nightly[card] | (merchants.online[merchant] & (random.random(count) < NIGHT_PURCHASE))
    hour = np.where(at_night, _hours(random, BY_NIGHT, count), _hours(random, BY_DAY, count))
    time = begin + day * DAY_SECONDS + hour * HOUR_SECONDS + random.integers(HOUR_SECONDS, size=count)
    euros = usual_euros(random, world, month, card, merchant)
    euros = np.where(random.random(count) < BIG, euros * random.uniform(3, 9, count), euros)
    entry = entry_modes(random, world, month, merchant, euros)
    return Payments(time, card, merchant, euros, entry, np.zeros(count, np.int64))


def _hours(random: Random, weights: NDArray[np.float64], count: int) -> Rows:
    return random.choice(24, count, p=weights / weights.sum())


def _cities_abroad(random: Random, world: World, card: Rows, day: Rows, days: int) -> Rows:
    """City abroad where a card is on a day of the month, -1 at home."""
    number = len(world.cards.id)
    first = np.where(random.random(number) < TRAVELLERS, random.integers(days, size=number), days)
    last = first + random.integers(3, 10, number)
    country = random.integers(len(COUNTRIES), size=number)
    country = np.where(country == world.cards.country, (country + 1) % len(COUNTRIES), country)
    city = country * CITIES + random.integers(CITIES, size=number)
    away = (day >= first[card]) & (day <= last[card])
    return np.where(away, city[card], -1)


def _games(random: Random, world: World, month: int) -> Payments:
    """Many tiny purchases in a row, at one merchant: what testing a card looks like, too."""
    gamers = np.flatnonzero(world.cards.gamer)
    owner = random.choice(gamers, int(GAMES_A_GAMER * len(gamers)))
    size = random.integers(3, 9, len(owner))
    shop = pick(random, world, world.merchants.of("5815", "5816"), len(owner)).repeat(size)
    gaps = random.integers(20, 500, size.sum())
    time = episode_times(random, month, size, gaps, _hours(random, BY_DAY + BY_NIGHT, len(owner)))
    return _bought(random, world, month, card=owner.repeat(size), merchant=shop, time=time)


def _sprees(random: Random, world: World, month: int) -> Payments:
    """Some shops of the own city within hours: what a stolen card looks like, too."""
    shops = world.merchants.of("5311", "5651", "5732", "5944")
    cities = np.unique(world.merchants.city[shops])
    owner = random.choice(np.flatnonzero(np.isin(world.cards.city, cities)), SPREES)
    size = random.integers(3, 6, SPREES)
    chosen = [
        pick(random, world, shops & (world.merchants.city == place), count)
        for place, count in zip(world.cards.city[owner], size, strict=True)
    ]
    gaps = random.integers(8 * 60, 50 * 60, size.sum())
    time = episode_times(random, month, size, gaps, _hours(random, BY_DAY, SPREES))
    return _bought(random, world, month, card=owner.repeat(size), merchant=np.concatenate(chosen), time=time)


def _bought(random: Random, world: World, month: int, *, card: Rows, merchant: Rows, time: Rows) -> Payments:
    euros = usual_euros(random, world, month, card, merchant)
    entry = entry_modes(random, world, month, merchant, euros)
    return Payments(time, card, merchant, euros, entry, np.zeros(len(card), np.int64))


def episode_times(random: Random, month: int, size: Rows, gaps: Rows, hour: Rows) -> Rows:
    """Times of episodes that begin in ``hour`` of any day of the month."""
    begin, end = month_seconds(month)
    day = random.integers((end - begin) // DAY_SECONDS, size=len(size))
    start = begin + day * DAY_SECONDS + hour * HOUR_SECONDS + random.integers(HOUR_SECONDS, size=len(size))
    return in_episodes(month, start, size, gaps)
