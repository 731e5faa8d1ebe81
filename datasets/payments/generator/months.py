"""Card payments of 2013, about 27,000 a month, of which about 1 % are fraud: generated, and always the same.

A month is drawn from its own seed and needs no other month; what makes a card's history continuous (where it is at
home, its favourite shops, how often and how much it pays) belongs to the card and not to the month. Honest customers
are described in `customers`, the kinds of fraud and their drift in `fraud`.

**What follows a payment.** The issuer approves or declines it at once. An approved one ends within three days, which
is weeks in reality and shorter here so that few days have to be curated anew: the merchant is paid (``settlement``,
in the night of the third day), or the cardholder disputes before that (``chargeback``). So everything about a day is
known when its third day is over. A chargeback for fraud has a reason 10.x, others are about goods and bills
(https://usa.visa.com/content/dam/VCOM/global/support-legal/documents/merchants-dispute-management-guidelines.pdf).

**Drift.** From July on, large payments in cash are forbidden, so purchases by card cost twice as much; contactless
payments may be of up to 100 euros instead of 25 and most terminals take them, so they are some four times as many; and
card testing changes (see `fraud`). The rate of fraud stays.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from datasets.payments.generator.customers import honest
from datasets.payments.generator.fraud import KINDS, planted
from datasets.payments.generator.payments import DAY_SECONDS, YEAR, Payments, joined, month_seconds
from datasets.payments.generator.world import CARD_PRESENT, COUNTRIES, EUROS, SEED, World, world

DAILY, FRAUD_SHARE = 880, 0.0105

APPROVED = "00"  # response codes of ISO 8583, field 39
DECLINES = ("05", "51", "54")  # do not honour, insufficient funds, expired card
DECLINED = (0.02, 0.30, 0.08, 0.08, 0.10, 0.02)  # share, of honest payments and of each kind of fraud

FRAUD_ABSENT, FRAUD_COUNTERFEIT, FRAUD_PRESENT = "10.4", "10.1", "10.3"
OTHER_REASONS = ("12.6", "13.1", "13.3")  # charged twice, not received, not as described
DISPUTED = 0.0015  # share of honest payments
SETTLES_AFTER_DAYS = 3


@dataclass(frozen=True)
class Month:
    """The payments of a month in the order of time, and what became of them.

    Attributes:
        id: such as ``20130704-000123``: the day and a number that rises with time.
        day: of the payment, as yyyy-MM-dd.
        amount: in minor units (cents) of the currency; ``currency`` and ``country`` are of the merchant.
        response: response code, ``00`` for approved.
        reason: of the chargeback, "" for none.
        ended: seconds since 1970 of settlement or chargeback; of no meaning for a declined payment.
        final: amount that was settled or disputed, minor units.
    """

    payments: Payments
    id: list[str]
    day: list[str]
    amount: NDArray[np.int64]
    currency: list[str]
    country: list[str]
    response: NDArray[np.str_]
    reason: NDArray[np.str_]
    ended: NDArray[np.int64]
    final: NDArray[np.int64]

    @property
    def approved(self) -> NDArray[np.bool_]:
        """Which payments were approved, and so have an end."""
        return np.asarray(self.response == APPROVED)


@lru_cache(maxsize=2)
def generate(month: int) -> Month:
    """The payments of a month (1 to 12) of 2013. Raises ValueError for another month."""
    if not 1 <= month <= 12:
        raise ValueError(f"there is no month {month}: months are 1 to 12 (of {YEAR})")
    random, known = np.random.default_rng([SEED, month]), world()
    begin, end = month_seconds(month)
    count = DAILY * (end - begin) // DAY_SECONDS
    fraud = round(FRAUD_SHARE * count)
    payments = joined([honest(random, known, month, count - fraud), planted(random, known, month, fraud)])
    return _followed_up(random, known, payments.take(np.argsort(payments.time, kind="stable")))


def kinds(month: int) -> dict[str, str]:
    """The truth about fraud, by payment id: its kind. For tests and reports only; no event and no table has it."""
    made = generate(month)
    return {made.id[row]: KINDS[made.payments.kind[row] - 1] for row in np.flatnonzero(made.payments.kind)}


def _followed_up(random: np.random.Generator, known: World, payments: Payments) -> Month:
    number = len(payments)
    country = known.merchants.country[payments.merchant]
    per_euro = 1 / np.array([EUROS[place.currency] for place in COUNTRIES])[country]
    amount = np.maximum((payments.euros * per_euro * 100).round(), 1).astype(np.int64)
    declined = random.random(number) < np.array(DECLINED)[payments.kind]
    response = np.where(declined, random.choice(DECLINES, number, p=(0.5, 0.4, 0.1)), APPROVED)

    present = np.isin(payments.entry, CARD_PRESENT)
    stolen = np.where(KINDS.index("cloned_card") + 1 == payments.kind, FRAUD_COUNTERFEIT, FRAUD_PRESENT)
    disputed = random.random(number) < DISPUTED
    other = np.where(disputed, random.choice(OTHER_REASONS, number), "")
    reason = np.where(payments.kind > 0, np.where(present, stolen, FRAUD_ABSENT), other)

    first = payments.time // DAY_SECONDS * DAY_SECONDS
    night = first + SETTLES_AFTER_DAYS * DAY_SECONDS
    settles = night + random.integers(1800, 18_000, number)
    disputes = payments.time + 3600 + (random.random(number) * (night - payments.time - 3600)).astype(np.int64)
    tips = known.merchants.of("5812")[payments.merchant] & (random.random(number) < 0.2)
    final = np.where(tips & (reason == ""), (amount * random.uniform(1.05, 1.2, number)).round(), amount).astype(
        np.int64
    )

    day = np.datetime_as_string(payments.time.astype("datetime64[s]"), "D")
    starts = np.concatenate([[0], np.flatnonzero(np.diff(first)) + 1])
    place = np.arange(number) - starts[np.searchsorted(starts, np.arange(number), side="right") - 1]
    days = day.tolist()
    return Month(
        payments=payments,
        id=[f"{text.replace('-', '')}-{at:06d}" for text, at in zip(days, place.tolist(), strict=True)],
        day=days,
        amount=amount,
        currency=[COUNTRIES[row].currency for row in country.tolist()],
        country=[COUNTRIES[row].code for row in country.tolist()],
        response=response,
        reason=reason,
        ended=np.where(reason != "", disputes, settles),
        final=final,
    )
