"""The planted fraud of a month, and what gives each kind away.

==================  =======  ========================================================================================
kind                share    signature
==================  =======  ========================================================================================
card_testing        30 %     5 to 9 small e-commerce payments of a card within an hour, at few merchants of digital
                             goods and charities that test many cards in the same hours; 3 in 10 are declined
stolen_card         25 %     3 to 6 purchases within hours at electronics, jewellery, department and clothing stores of
                             the owner's city, up to 3 times the usual amount, 6 in 10 by magnetic stripe (no PIN)
account_takeover    20 %     1 to 3 e-commerce purchases at merchants new to the card, half of them at night, of 1.5 to
                             6 times what the card usually pays, where things are easily turned into money
cloned_card         15 %     2 to 4 purchases by magnetic stripe on another continent, while the owner pays at home
collusion           10 %     one small shop a month that for three weeks charges cards it has seen, in ordinary
                             amounts: only its share of fraud tells, and that is known days later
==================  =======  ========================================================================================

**Drift.** From July on, testing changes: 3 to 5 contactless payments of medium amounts (12 to 48 euros) at grocery
stores, fast food and service stations of the owner's city, 5 to 25 minutes apart. A model of the months before knows
nothing of it. The other kinds stay as they are.
"""

import numpy as np
from numpy.typing import NDArray

from datasets.payments.generator.customers import Random, Rows, entry_modes, episode_times, pick, usual_euros
from datasets.payments.generator.payments import (
    DAY_SECONDS,
    DRIFT_MONTH,
    Payments,
    in_episodes,
    joined,
    month_seconds,
)
from datasets.payments.generator.world import CHIP, CONTACTLESS, COUNTRIES, ECOMMERCE, SWIPE, SWIPING, World

KINDS = ("card_testing", "stolen_card", "account_takeover", "cloned_card", "collusion")
SHARES = (0.30, 0.25, 0.20, 0.15, 0.10)

Where = NDArray[np.bool_]


def planted(random: Random, world: World, month: int, count: int) -> Payments:
    """About ``count`` fraudulent payments of ``month``, each kind by its share, in no order."""
    makers = (_card_testing, _stolen_card, _account_takeover, _cloned_card, _collusion)
    parts = [maker(random, world, month, round(share * count)) for maker, share in zip(makers, SHARES, strict=True)]
    return joined(parts)


def _card_testing(random: Random, world: World, month: int, count: int) -> Payments:
    if month >= DRIFT_MONTH:
        size = _sizes(random, count, 3, 6)
        card = _victims(random, world, len(size))
        food = world.merchants.of("5411", "5814", "5541")
        merchant = _near(random, world, card, size, food)
        time = episode_times(
            random, month, size, random.integers(300, 1500, size.sum()), random.integers(7, 20, len(size))
        )
        euros = random.uniform(12, 48, size.sum())
        return _payments(1, time=time, card=card.repeat(size), merchant=merchant, euros=euros, entry=CONTACTLESS)
    size = _sizes(random, count, 5, 10)
    campaigns = -(-len(size) // 3)  # of three cards each
    shops = pick(random, world, world.merchants.of("5815", "5816", "8398"), 2 * campaigns).reshape(campaigns, 2)
    campaign = np.arange(len(size)) // 3
    hours = random.integers(24, size=campaigns)
    days = random.integers(_days(month), size=campaigns)
    start = month_seconds(month)[0] + days * DAY_SECONDS + hours * 3600
    begin = start[campaign] + random.integers(3600, size=len(size))
    gaps = random.integers(20, 600, size.sum())
    time = in_episodes(month, begin, size, gaps)
    merchant = shops[campaign.repeat(size), random.integers(2, size=size.sum())]
    euros = random.uniform(0.5, 9, size.sum())
    card = _victims(random, world, len(size)).repeat(size)
    return _payments(1, time=time, card=card, merchant=merchant, euros=euros, entry=ECOMMERCE)


def _stolen_card(random: Random, world: World, month: int, count: int) -> Payments:
    size = _sizes(random, count, 3, 7)
    card = _victims(random, world, len(size))
    merchant = _near(random, world, card, size, world.merchants.of("5732", "5944", "5311", "5651"))
    time = episode_times(
        random, month, size, random.integers(300, 2700, size.sum()), random.integers(8, 21, len(size))
    )
    euros = usual_euros(random, world, month, card.repeat(size), merchant) * random.uniform(1, 3, size.sum())
    entry = np.where(random.random(size.sum()) < 0.6, SWIPE, CHIP)
    return _payments(2, time=time, card=card.repeat(size), merchant=merchant, euros=euros, entry=entry)


def _account_takeover(random: Random, world: World, month: int, count: int) -> Payments:
    size = _sizes(random, count, 1, 4)
    card = _victims(random, world, len(size)).repeat(size)
    merchant = pick(random, world, world.merchants.of("5999", "4829", "7995", "4722"), len(card))
    night = random.random(len(size)) < 0.5
    hour = np.where(night, random.integers(0, 6, len(size)), random.integers(6, 24, len(size)))
    time = episode_times(random, month, size, random.integers(120, 1800, len(card)), hour)
    usual = 35 * world.cards.spend[card]
    euros = usual * random.uniform(1.5, 6, len(card))
    return _payments(3, time=time, card=card, merchant=merchant, euros=euros, entry=ECOMMERCE)


def _cloned_card(random: Random, world: World, month: int, count: int) -> Payments:
    size = _sizes(random, count, 2, 5)
    card = _victims(random, world, len(size))
    swiping = np.array([country.code in SWIPING for country in COUNTRIES])[world.merchants.country]
    shops = np.unique(world.merchants.city[swiping & ~world.merchants.online])
    merchant = np.concatenate(
        [
            pick(random, world, (world.merchants.city == place) & ~world.merchants.online, number)
            for place, number in zip(random.choice(shops, len(size)), size, strict=True)
        ]
    )
    time = episode_times(
        random, month, size, random.integers(900, 7200, size.sum()), random.integers(24, size=len(size))
    )
    euros = usual_euros(random, world, month, card.repeat(size), merchant) * random.uniform(1, 2, size.sum())
    return _payments(4, time=time, card=card.repeat(size), merchant=merchant, euros=euros, entry=SWIPE)


def _collusion(random: Random, world: World, month: int, count: int) -> Payments:
    at_home = np.array([country.weight > 0 for country in COUNTRIES])[world.merchants.country]
    small = world.merchants.popularity < np.median(world.merchants.popularity)
    shop = random.choice(np.flatnonzero(world.merchants.of("5812", "5651", "5311") & at_home & small))
    card = random.choice(np.flatnonzero(world.cards.city == world.merchants.city[shop]), count)
    first = random.integers(_days(month) - 21)
    day = first + random.integers(21, size=count)
    time = month_seconds(month)[0] + day * DAY_SECONDS + random.integers(9 * 3600, 21 * 3600, count)
    merchant = np.full(count, shop)
    euros = usual_euros(random, world, month, card, merchant) * random.uniform(1, 1.6, count)
    entry = entry_modes(random, world, month, merchant, euros)
    return _payments(5, time=time, card=card, merchant=merchant, euros=euros, entry=entry)


def _payments(
    kind: int, *, time: Rows, card: Rows, merchant: Rows, euros: NDArray[np.float64], entry: Rows | int
) -> Payments:
    return Payments(time, card, merchant, euros, np.broadcast_to(entry, time.shape), np.full(len(time), kind))


def _sizes(random: Random, count: int, least: int, beyond: int) -> Rows:
    """Sizes of episodes, ``count`` payments together."""
    size = random.integers(least, beyond, count)
    whole = int(np.searchsorted(np.cumsum(size), count))
    size = size[: whole + 1]
    size[-1] -= size.sum() - count
    return size


def _victims(random: Random, world: World, count: int) -> Rows:
    return random.choice(len(world.cards.id), count, replace=False)


def _near(random: Random, world: World, card: Rows, size: Rows, shops: Where) -> Rows:
    """Shops of each card's city; of its country where the city has none."""
    found = []
    for owner, number in zip(card, size, strict=True):
        here = shops & (world.merchants.city == world.cards.city[owner])
        among = here if here.any() else shops & (world.merchants.country == world.cards.country[owner])
        found.append(pick(random, world, among, number))
    return np.concatenate(found)


def _days(month: int) -> int:
    begin, end = month_seconds(month)
    return (end - begin) // DAY_SECONDS
