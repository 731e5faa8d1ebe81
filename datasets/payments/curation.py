"""Payment events to curated payments: what is known at the authorization, and how each payment ended.

What a card and a merchant did before is counted over ranges of time that end before the payment, so no row knows its
future. Money is added in whole cents, so that any order of adding gives the same.
"""

from collections.abc import Collection, Mapping
from datetime import date
from typing import Any

from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F  # noqa: N812 - Spark's own convention

from contracts import load
from processing.glue.curation import first, newest_first, partitioned

CONTRACT = load("payments")
EVENTS, PAYMENTS = CONTRACT.events, CONTRACT.curated
KEY = PAYMENTS.primary_key

DAY = "payment_date"
# An event of payment_date D lies in the UTC dates D to D+3: then every approved payment has been settled or disputed.
EVENT_DAYS_AFTER = 3
# A day looks back on this many days before it; their fraud is known up to LABELS_KNOWN_AFTER days before.
HISTORY_DAYS = 14
LABELS_KNOWN_AFTER = EVENT_DAYS_AFTER + 1

APPROVED = "00"
FRAUD_REASONS = "10."  # what the reasons of chargebacks for fraud begin with
HOUR_SECONDS, DAY_SECONDS = 3_600, 86_400
EARTH_RADIUS_KM = 6371.0

# What an authorization tells of its payment.
_AUTHORIZATION = (
    *("card_id", "merchant_id", "merchant_category", "merchant_country", "amount", "currency"),
    *("entry_mode", "card_present", "response_code"),
)


def rows_of(events: DataFrame) -> DataFrame:
    """One row a payment of ``events`` (conformed): its authorization, and how it ended.

    Delivery is at least once and corrections come as further events: of each kind, the latest event wins.
    ``opened`` is false for a payment of which only the end is known. Strays are left out: a dispute that came
    after its time would tell the days in between what they could not know.
    """
    latest = first(events.filter(_belongs()), (*KEY, "event_type"), newest_first(EVENTS))
    told = {
        "payment_time": ("authorization", "event_time"),
        **{name: ("authorization", name) for name in _AUTHORIZATION},
        "settlement_time": ("settlement", "event_time"),
        "settled_amount": ("settlement", "amount"),
        "chargeback_time": ("chargeback", "event_time"),
        "chargeback_reason": ("chargeback", "chargeback_reason"),
    }
    # One event of each kind is left, so max only picks it; a join of the kinds would read the events again for each.
    payments = latest.groupBy(*KEY).agg(
        *[F.max(F.when(F.col("event_type") == kind, F.col(of))).alias(name) for name, (kind, of) in told.items()]
    )
    approved = F.col("response_code") == APPROVED
    disputed_as_fraud = F.col("chargeback_reason").startswith(FRAUD_REASONS)
    ended = F.col("settlement_time").isNotNull() | F.col("chargeback_time").isNotNull()
    return payments.select(
        "*",
        F.col("payment_time").isNotNull().alias("opened"),
        approved.alias("approved"),
        F.when(approved & ended, F.coalesce(disputed_as_fraud, F.lit(False))).alias("fraud"),
    )


def curate(rows: DataFrame, days: Collection[date], reference: Mapping[str, DataFrame]) -> DataFrame:
    """Rows of the curated table for the payment dates ``days``: the contract's columns, then its partition keys.

    Args:
        rows: what ``rows_of`` gives for ``days`` and the HISTORY_DAYS before each.
        days: the payment dates to give.
        reference: conformed reference tables by name. A payment of an unknown card or merchant keeps NULLs.
    """
    known = _described(rows.filter("opened"), reference)
    wanted = _with_habits(_with_travel(_with_velocity(known))).filter(F.col(DAY).isin(list(days)))
    finished = wanted.withColumns(
        {
            "hour": F.hour("payment_time"),
            "amount_eur": F.col("cents") / 100,
            "home_distance_km": F.when(F.col("card_present"), _kilometres("home_lat", "home_lon", "lat", "lon")),
            "merchant_age_days": F.date_diff(DAY, "merchant_opened"),
            "card_age_days": F.date_diff(DAY, "card_opened"),
        }
    )
    return partitioned(finished, DAY, PAYMENTS)


def _described(payments: DataFrame, reference: Mapping[str, DataFrame]) -> DataFrame:
    """Payments with what the reference tables know; ``cents`` in euros, ``seconds`` since 1970, ``date`` in days."""
    merchants = reference["merchants"].select(
        "merchant_id",
        F.col("name").alias("merchant_name"),
        "mcc",
        "lat",
        "lon",
        F.col("opened").alias("merchant_opened"),
    )
    cards = reference["cards"].select(
        "card_id",
        *[F.col(name).alias(f"card_{name}") for name in ("country", "product", "opened")],
        *("home_lat", "home_lon", "age_band"),
    )
    categories = reference["categories"].select(
        F.col("mcc").alias("merchant_category"),
        F.col("name").alias("category_name"),
        F.col("risk").alias("category_risk"),
    )
    # All of these are small; Glue's readers give Spark no sizes by which it would find that out itself.
    joined = payments.join(F.broadcast(merchants), ["merchant_id"], "left")
    joined = joined.withColumn("merchant_category", F.coalesce("merchant_category", "mcc"))
    joined = joined.join(F.broadcast(categories), ["merchant_category"], "left")
    joined = joined.join(F.broadcast(cards), ["card_id"], "left")
    joined = joined.join(F.broadcast(reference["exchange_rates"]), ["currency"], "left")
    return joined.withColumns(
        {
            "cents": F.round(F.col("amount") * F.col("euros")).cast("bigint"),
            "seconds": F.unix_timestamp("payment_time"),
            "date": F.unix_date(DAY),
        }
    )


def _with_velocity(payments: DataFrame) -> DataFrame:
    """How much went on just before, by card and by merchant. Payments of the same second do not see each other."""
    card, merchant = Window.partitionBy("card_id"), Window.partitionBy("merchant_id")
    hour, day = (card.orderBy("seconds").rangeBetween(-length, -1) for length in (HOUR_SECONDS, DAY_SECONDS))
    last = F.lag("seconds").over(card.orderBy("seconds", "payment_id"))
    return payments.withColumns(
        {
            "card_payments_1h": _count(hour),
            "card_amount_1h_eur": _sum("cents", hour) / 100,
            "card_payments_24h": _count(day),
            "card_amount_24h_eur": _sum("cents", day) / 100,
            "card_declines_24h": _sum((~F.col("approved")).cast("int"), day),
            "seconds_since_last": _within_history(F.col("seconds") - last),
            "merchant_payments_1h": _count(merchant.orderBy("seconds").rangeBetween(-HOUR_SECONDS, -1)),
        }
    )


def _with_travel(payments: DataFrame) -> DataFrame:
    """How far and how long ago the card was used in a shop before: too far in too little time is two cards."""
    shops = Window.partitionBy("card_id", "card_present").orderBy("seconds", "payment_id")
    before = payments.withColumns(
        {f"last_{name}": F.lag(name).over(shops) for name in ("lat", "lon")}
        | {"passed": _within_history(F.col("seconds") - F.lag("seconds").over(shops))}
    )
    travelled = F.col("card_present") & F.col("passed").isNotNull()
    return before.withColumns(
        {
            "travel_km": F.when(travelled, _kilometres("last_lat", "last_lon", "lat", "lon")),
            "travel_hours": F.when(travelled, F.col("passed") / HOUR_SECONDS),
        }
    )


def _with_habits(payments: DataFrame) -> DataFrame:
    """What the card usually does, and how much of the merchant's trade turned out to be fraud.

    The end of a payment may come EVENT_DAYS_AFTER days later, so a merchant's rate of a day ends the day before that.
    """
    by_card = Window.partitionBy("card_id").orderBy("date").rangeBetween(-HISTORY_DAYS, -1)
    by_merchant = Window.partitionBy("merchant_id").orderBy("date").rangeBetween(-HISTORY_DAYS, -LABELS_KNOWN_AFTER)

    def past(*keys: str) -> Any:
        return Window.partitionBy(*keys).orderBy("seconds").rangeBetween(-HISTORY_DAYS * DAY_SECONDS, -1)

    labelled = F.count("fraud").over(by_merchant)
    return payments.withColumns(
        {
            "card_payments_14d": _count(by_card),
            # NULL without payments, and ANSI SQL raises at a division by zero
            "card_mean_amount_14d_eur": F.sum("cents").over(by_card)
            / F.nullif(F.count("cents").over(by_card), F.lit(0))
            / 100,
            "card_at_merchant_14d": _count(past("card_id", "merchant_id")),
            "card_in_country_14d": _count(past("card_id", "merchant_country")),
            "merchant_labelled_14d": labelled,
            "merchant_fraud_rate_14d": F.sum(F.col("fraud").cast("int")).over(by_merchant)
            / F.nullif(labelled, F.lit(0)),
        }
    )


def _count(window: Any) -> Any:
    return F.count(F.lit(1)).over(window)


def _sum(column: Any, window: Any) -> Any:
    return F.coalesce(F.sum(column).over(window), F.lit(0))


def _within_history(seconds: Any) -> Any:
    """NULL for what was longer ago than a run reads, so that a day is the same whatever days are read with it."""
    return F.when(seconds <= HISTORY_DAYS * DAY_SECONDS, seconds)


def _kilometres(lat: str, lon: str, other_lat: str, other_lon: str) -> Any:
    """Great-circle distance (haversine) to 100 m; NULL where a place is not known."""
    a, b = F.radians(lat), F.radians(other_lat)
    half = F.pow(F.sin((b - a) / 2), 2)
    half = half + F.cos(a) * F.cos(b) * F.pow(F.sin((F.radians(other_lon) - F.radians(lon)) / 2), 2)
    return F.round(2 * EARTH_RADIUS_KM * F.asin(F.sqrt(half)), 1)


def _belongs() -> Any:
    """Whether an event lies in the days that its payment date allows; NULL when its own date is none."""
    begin, end = F.col(DAY), F.date_add(DAY, EVENT_DAYS_AFTER)
    return F.col("event_date").try_cast("date").between(begin, end)
