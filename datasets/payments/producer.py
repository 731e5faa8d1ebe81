"""Payments as events for the stream.

A payment gives an authorization event; an approved one then a settlement or a chargeback, days later. The later
events carry the id and the day of the payment, as clearing messages of card schemes do (the original data elements
of ISO 8583, field 90), so that a reader knows which day they are about.
"""

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from datasets.parts import DatasetError
from datasets.record import Record, by_time, in_order

YEAR = 2013
PARTITION = ("card_id",)  # so that its events stay in order; hundreds of cards pay about equally often
REFERENCE = ("cards", "categories", "exchange_rates", "merchants")

_encode = json.JSONEncoder(separators=(",", ":")).encode


def data_folder() -> Path:
    """Where the reference files are."""
    return Path(__file__).parent / "reference"


def replay(months: Iterable[int]) -> Iterator[Record]:
    """The events of some months of 2013 by event time.

    Months are those of the payments (UTC), so some events of a month are of the first three days of the next.
    """
    yield from in_order(months, month_events)


def count(months: Iterable[int]) -> int:
    """How many events `replay` gives for the months."""
    made = [_generated(month) for month in set(months)]
    return sum(len(month.id) + int(month.approved.sum()) for month in made)


def month_events(month: int) -> list[Record]:
    """The events of the payments of one month (1 to 12) of 2013, by event time."""
    made = _generated(month)
    records = [*_authorizations(made), *_ends(made)]
    records.sort(key=by_time)  # stable: of one instant, the authorization is first
    return records


def planted(month: int) -> dict[str, str]:
    """What a producer of real payments would not know: the kind of fraud by the row's key."""
    from datasets.payments.generator.months import kinds  # noqa: PLC0415 - as `_generated`

    return {f"{name[:4]}-{name[4:6]}-{name[6:8]}/{name}": kind for name, kind in kinds(month).items()}


def _authorizations(made: Any) -> Iterator[Record]:
    from datasets.payments.generator.world import CARD_PRESENT, CATEGORIES, ENTRY_MODES, world  # noqa: PLC0415 - as `_generated`

    cards, merchants, payments = world().cards, world().merchants, made.payments
    codes = [
        CATEGORIES[category].code if coded else None
        for category, coded in zip(merchants.category.tolist(), merchants.coded.tolist(), strict=True)
    ]
    for identity, day, seconds, at, card, merchant, amount, currency, country, entry, response in zip(
        made.id,
        made.day,
        payments.time.tolist(),
        _iso(payments.time),
        payments.card.tolist(),
        payments.merchant.tolist(),
        made.amount.tolist(),
        made.currency,
        made.country,
        payments.entry.tolist(),
        made.response.tolist(),
        strict=True,
    ):
        event = {
            "event_type": "authorization",
            "event_id": f"{identity}-authorization",
            "event_time": at,
            "payment_id": identity,
            "payment_date": day,
            "card_id": cards.id[card],
            "merchant_id": merchants.id[merchant],
            "merchant_country": country,
            "amount": amount,
            "currency": currency,
            "entry_mode": ENTRY_MODES[entry],
            "card_present": entry in CARD_PRESENT,
            "response_code": response,
        }
        if codes[merchant] is not None:
            event["merchant_category"] = codes[merchant]
        yield _record(seconds, event)


def _ends(made: Any) -> Iterator[Record]:
    from datasets.payments.generator.world import world  # noqa: PLC0415 - as `_generated`

    cards, merchants = world().cards, world().merchants
    for approved, identity, day, seconds, at, card, merchant, reason, amount in zip(
        made.approved.tolist(),
        made.id,
        made.day,
        made.ended.tolist(),
        _iso(made.ended),
        made.payments.card.tolist(),
        made.payments.merchant.tolist(),
        made.reason.tolist(),
        made.final.tolist(),
        strict=True,
    ):
        if not approved:
            continue
        kind = "chargeback" if reason else "settlement"
        yield _record(
            seconds,
            {
                "event_type": kind,
                "event_id": f"{identity}-{kind}",
                "event_time": at,
                "payment_id": identity,
                "payment_date": day,
                "card_id": cards.id[card],
                "merchant_id": merchants.id[merchant],
                "amount": amount,
                **({"chargeback_reason": reason} if reason else {}),
            },
        )


def _record(seconds: int, event: dict[str, Any]) -> Record:
    return Record(seconds, event["card_id"], "event", f"{_encode(event)}\n".encode())


def _iso(seconds: Any) -> list[str]:
    return [f"{text}Z" for text in seconds.astype("datetime64[s]").astype(str).tolist()]


def _generated(month: int) -> Any:
    from datasets.payments.generator.months import generate  # noqa: PLC0415 - numpy: keeps `--help` fast

    try:
        return generate(month)
    except ValueError as error:
        raise DatasetError(str(error)) from error
