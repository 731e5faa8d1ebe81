"""Payments as they happen: what is known at the authorization, by `datasets.payments.curation` one event at a time.

A payment leaves an entry under its card and one under its merchant, sorted by time, and once it has ended it counts
among its merchant's payments of the day. Cards and merchants are looked up when a payment is scored, not when it is
kept, so that a late reference file spoils nothing.
"""

from collections.abc import Iterable
from datetime import date, datetime, timedelta

from datasets.online import (
    Asking,
    Effects,
    Event,
    Found,
    Item,
    Key,
    Known,
    Range,
    Row,
    kilometres,
    only,
    present,
    reference,
    rounded,
)

SCORED = "authorization"
REFERENCE = ("cards", "categories", "exchange_rates", "merchants")
KEEP_DAYS = 18  # an end comes up to three days after its payment, which counts for fourteen more

ENDS_WITHIN_DAYS = 3
HISTORY_DAYS = 14
LABELS_KNOWN_AFTER = ENDS_WITHIN_DAYS + 1
APPROVED = "00"
FRAUD_REASONS = "10."
HOUR_SECONDS, DAY_SECONDS = 3_600, 86_400
HISTORY_SECONDS = HISTORY_DAYS * DAY_SECONDS

# What no cardholder does: airliners make 900 km an hour, and two terminals of one town may not agree on the time.
MAX_KMH, MIN_KM, MIN_HOURS = 1_000, 100, 0.1

_ENTRY = ("payment_id", "payment_date", "merchant_id", "merchant_country", "amount", "currency", "card_present")


def stray(event: Event) -> str:
    """A payment's events come on its day and the three days after it."""
    day, came = (date.fromisoformat(event[name]) for name in ("payment_date", "event_date"))
    if timedelta(0) <= came - day <= timedelta(ENDS_WITHIN_DAYS):
        return ""
    return f"event_date {came} is not within {ENDS_WITHIN_DAYS} days of payment_date {day}"


def kind(event: Event) -> str:
    return str(event["event_type"])


def effects(row: Row) -> Effects:
    """The payment among those of its card and of its merchant; and among the merchant's known ends."""
    paid = row.get("authorization")
    if paid is None:
        return Effects()
    place = _place(paid)
    entry = {**{name: paid[name] for name in _ENTRY}, "approved": paid["response_code"] == APPROVED}
    entries = {
        Key(f"card#{paid['card_id']}", place): entry,
        Key(f"merchant#{paid['merchant_id']}", place): {"payment_id": paid["payment_id"]},
    }
    if not entry["approved"] or not row.keys() & {"settlement", "chargeback"}:
        return Effects({}, entries)
    fraud = row["chargeback"]["chargeback_reason"].startswith(FRAUD_REASONS) if "chargeback" in row else False
    ended = {"labelled": 1, "fraud": int(fraud)}
    return Effects({Key(f"ends#{paid['merchant_id']}", paid["payment_date"]): ended}, entries)


def asked(event: Event) -> Asking:
    """The payment, its card and its merchant, and what both did before."""
    day, now = date.fromisoformat(event["payment_date"]), _seconds(event)
    begin = str(day - timedelta(HISTORY_DAYS))
    of_card = Range(f"card#{event['card_id']}", begin, _place(event))
    of_merchant = Range(f"merchant#{event['merchant_id']}", _time(now - HOUR_SECONDS), _place(event))
    ends = Range(f"ends#{event['merchant_id']}", begin, str(day - timedelta(LABELS_KNOWN_AFTER)))
    card_key, merchant_key = reference("cards", event["card_id"]), reference("merchants", event["merchant_id"])
    found = yield [of_card, of_merchant, ends, card_key, merchant_key]
    card, merchant = only(found, card_key), only(found, merchant_key)
    earlier = [item for item in found[of_card] if item["payment_id"] != event["payment_id"]]
    shops = [item for item in earlier if item["card_present"] and event["card_present"]]
    category = event.get("merchant_category", merchant.get("mcc"))
    currencies = {item["currency"] for item in earlier} | {event["currency"]}

    category_key = reference("categories", category) if category is not None else None
    shop_key = reference("merchants", shops[-1]["merchant_id"]) if shops else None
    rates = {currency: reference("exchange_rates", currency) for currency in sorted(currencies)}
    known = yield [*rates.values(), *(key for key in (category_key, shop_key) if key)]
    euros = {currency: only(known, key).get("euros") for currency, key in rates.items()}
    here, home = (merchant.get("lat"), merchant.get("lon")), (card.get("home_lat"), card.get("home_lon"))
    inputs = {
        **{name: event[name] for name in ("payment_date", "merchant_country", "entry_mode")},
        "hour": int(event["event_time"][11:13]),
        **{f"category_{name}": only(known, category_key).get(name) for name in ("name", "risk")},
        **{f"card_{name}": card.get(name) for name in ("country", "product")},
        "amount_eur": _euros([_cents(event, euros)]),
        "home_distance_km": _apart(home, here) if event["card_present"] else None,
        **_travel(now, shops, only(known, shop_key), here),
        **_velocity(event, now, earlier, euros),
        **_habits(event, now, day, earlier, euros),
        **_merchant(event, now, found, of_merchant, ends),
    }
    return Known(present(inputs), tuple(_doubts(inputs)))


def _velocity(event: Event, now: int, earlier: list[Item], euros: dict[str, float | None]) -> Item:
    """How much went on with the card just before. Payments of the same second do not see each other."""
    hour, day = (_within(earlier, now, seconds) for seconds in (HOUR_SECONDS, DAY_SECONDS))
    last = now - _seconds_of(earlier[-1]) if earlier else None
    return {
        "card_payments_1h": len(hour),
        "card_amount_1h_eur": _euros(_cents(item, euros) for item in hour) or 0.0,
        "card_payments_24h": len(day),
        "card_amount_24h_eur": _euros(_cents(item, euros) for item in day) or 0.0,
        "card_declines_24h": sum(not item["approved"] for item in day),
        "seconds_since_last": last if last is not None and last <= HISTORY_SECONDS else None,
    }


def _travel(now: int, shops: list[Item], shop: Item, here: tuple[float | None, float | None]) -> Item:
    """How far and how long ago the card was used in a shop before."""
    passed = now - _seconds_of(shops[-1]) if shops else None
    if passed is None or passed > HISTORY_SECONDS:
        return {}
    return {"travel_km": _apart((shop.get("lat"), shop.get("lon")), here), "travel_hours": passed / HOUR_SECONDS}


def _habits(event: Event, now: int, day: date, earlier: list[Item], euros: dict[str, float | None]) -> Item:
    """What the card usually does."""
    days = [item for item in earlier if 1 <= (day - date.fromisoformat(item["payment_date"])).days <= HISTORY_DAYS]
    cents = [amount for item in days if (amount := _cents(item, euros)) is not None]
    past = _within(earlier, now, HISTORY_SECONDS)
    return {
        "card_payments_14d": len(days),
        "card_mean_amount_14d_eur": sum(cents) / len(cents) / 100 if cents else None,
        "card_at_merchant_14d": sum(item["merchant_id"] == event["merchant_id"] for item in past),
        "card_in_country_14d": sum(item["merchant_country"] == event["merchant_country"] for item in past),
    }


def _merchant(event: Event, now: int, found: Found, recent: Range, ends: Range) -> Item:
    """What went on at the merchant, and how much of its trade turned out to be fraud."""
    others = [item for item in found[recent] if item["payment_id"] != event["payment_id"]]
    labelled, fraud = (sum(item.get(name, 0) for item in found[ends]) for name in ("labelled", "fraud"))
    return {
        "merchant_payments_1h": len(_within(others, now, HOUR_SECONDS)),
        "merchant_labelled_14d": labelled,
        "merchant_fraud_rate_14d": fraud / labelled if labelled else None,
    }


def _doubts(inputs: Item) -> Iterable[str]:
    distance, hours = inputs.get("travel_km"), inputs.get("travel_hours")
    if distance is not None and hours is not None and distance >= MIN_KM:
        speed = distance / max(hours, MIN_HOURS)
        if speed > MAX_KMH:
            yield f"{distance:.0f} km from the shop before in {60 * hours:.0f} minutes, {speed:.0f} km an hour"


def _within(items: Iterable[Item], now: int, seconds: int) -> list[Item]:
    """Items of the ``seconds`` before ``now``, this second left out."""
    return [item for item in items if now - seconds <= _seconds_of(item) < now]


def _cents(payment: Item, euros: dict[str, float | None]) -> int | None:
    """Money is added in whole cents, so that any order of adding gives the same."""
    rate = euros.get(payment["currency"])
    return int(rounded(payment["amount"] * rate, 0)) if rate is not None else None


def _euros(cents: Iterable[int | None]) -> float | None:
    """Of what has a known rate; None of nothing."""
    known = [amount for amount in cents if amount is not None]
    return sum(known) / 100 if known else None


def _apart(here: tuple[float | None, float | None], there: tuple[float | None, float | None]) -> float | None:
    """To 100 m."""
    distance = kilometres(here, there)
    return rounded(distance, 1) if distance is not None else None


def _place(payment: Event) -> str:
    """Sort key of an entry: by second, then by payment."""
    return f"{payment['event_time'][:19]}#{payment['payment_id']}"


def _seconds(event: Event) -> int:
    return int(datetime.fromisoformat(event["event_time"]).timestamp())


def _seconds_of(item: Item) -> int:
    return int(datetime.fromisoformat(f"{item['sk'][:19]}Z").timestamp())


def _time(seconds: int) -> str:
    return (datetime(1970, 1, 1) + timedelta(seconds=seconds)).isoformat()
