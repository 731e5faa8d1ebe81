"""Payment events to curated payments, as functions from DataFrames to DataFrames.

They use only what Spark Connect has and what works the same on Spark 4.1.1 and Sail: no RDDs, and ``try_cast``
wherever a value may be bad, since Spark 4 is ANSI and a bad ``cast`` ends the job
(https://spark.apache.org/docs/4.1.1/sql-ref-ansi-compliance.html).

What a card and a merchant did before is counted over ranges of time that end before the payment, so no row knows its
future. Money is added in whole cents, so that any order of adding gives the same.
"""

from collections.abc import Collection, Iterable, Mapping
from datetime import date
from typing import Any

from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F  # noqa: N812 - Spark's own convention

from contracts import Column, Table, load

CONTRACT = load("payments")
EVENTS = CONTRACT.table("payment_events")
PAYMENTS = CONTRACT.table("payments")
KEY = PAYMENTS.primary_key
REFERENCE_TABLES = ("cards", "categories", "exchange_rates", "merchants")

# An event of payment_date D lies in the UTC dates D to D+3: then every approved payment has been settled or disputed.
EVENT_DAYS_AFTER = 3
# A day looks back on this many days before it; their fraud is known up to LABELS_KNOWN_AFTER days before.
HISTORY_DAYS = 14
LABELS_KNOWN_AFTER = EVENT_DAYS_AFTER + 1

APPROVED = "00"
FRAUD_REASONS = "10."  # what the reasons of chargebacks for fraud begin with
MISSING = "NA"  # how the reference files spell a missing value
HOUR, DAY = 3_600, 86_400
EARTH_RADIUS_KM = 6371.0

# Latest first. The rest only matters between events of one instant with one id, and makes the choice the same always.
_NEWEST_FIRST = (
    "event_time",
    "event_id",
    *[c.name for c in EVENTS.columns if c.name not in ("event_time", "event_id")],
)

# What an event of each kind tells of its payment.
_AUTHORIZATION = (
    *("card_id", "merchant_id", "merchant_category", "merchant_country", "amount", "currency"),
    *("entry_mode", "card_present", "response_code"),
)


def conform_events(frame: DataFrame) -> DataFrame:
    """Events with exactly the contract's columns and types; columns the contract does not know are left out.

    ``payment_date`` becomes a date. A value that does not fit its type is NULL, and an event without a whole payment
    key is left out: the transform function quarantines such records before they get here.
    """
    columns = [_conformed(column) for column in (*EVENTS.columns, *EVENTS.partition_keys)]
    typed = frame.select(*columns).withColumn("payment_date", F.col("payment_date").try_cast("date"))
    known = F.col("event_type").isin(list(EVENTS.column("event_type").enum))
    return typed.filter(known).dropna(subset=list(KEY))


def conform_reference(frame: DataFrame, table: Table) -> DataFrame:
    """Rows of a reference table with the contract's types, ``NA`` as NULL, and one row a key."""
    text = frame.select(
        *[F.nullif(F.col(c.name).cast("string"), F.lit(MISSING)).alias(c.name) for c in table.columns]
    )
    typed = text.select(*[_conformed(column) for column in table.columns])
    rest = [column.name for column in table.columns if column.name not in table.primary_key]
    return _first(typed.dropna(subset=list(table.primary_key)), table.primary_key, rest)


def touched_days(new_events: DataFrame) -> DataFrame:
    """The payment dates that ``new_events`` (conformed) are about: payment_date, events, strays.

    A stray's event_date is one that its payment date does not allow (see EVENT_DAYS_AFTER).
    """
    stray = F.coalesce(~_belongs(), F.lit(True))
    return new_events.groupBy("payment_date").agg(
        F.count(F.lit(1)).alias("events"), F.sum(stray.cast("int")).alias("strays")
    )


def payments_of(events: DataFrame) -> DataFrame:
    """One row a payment of ``events`` (conformed): its authorization, and how it ended.

    Delivery is at least once and corrections come as further events: of each kind, the latest event wins.
    ``authorized`` is false for a payment of which only the end is known. Strays are left out: a dispute that came
    after its time would tell the days in between what they could not know.
    """
    newest_first = [F.desc(name) for name in _NEWEST_FIRST]
    latest = _first(events.filter(_belongs()), (*KEY, "event_type"), newest_first)
    kinds = {"authorization": _AUTHORIZATION, "settlement": ("settled_amount",), "chargeback": ("chargeback_reason",)}
    times = {"authorization": "payment_time", "settlement": "settlement_time", "chargeback": "chargeback_time"}
    # One event of each kind is left, so max only picks it; a join of the kinds would read the events again for each.
    payments = latest.groupBy(*KEY).agg(
        *[_of(kind, "event_time").alias(name) for kind, name in times.items()],
        *[_of(kind, name).alias(name) for kind, names in kinds.items() for name in names],
    )
    approved = F.col("response_code") == APPROVED
    disputed_as_fraud = F.col("chargeback_reason").startswith(FRAUD_REASONS)
    ended = F.col("settlement_time").isNotNull() | F.col("chargeback_time").isNotNull()
    return payments.select(
        "*",
        F.col("payment_time").isNotNull().alias("authorized"),
        approved.alias("approved"),
        F.when(approved & ended, F.coalesce(disputed_as_fraud, F.lit(False))).alias("fraud"),
    )


def count_days(payments: DataFrame, days: Collection[date]) -> DataFrame:
    """How many ``payments`` each of ``days`` has: payment_date, payments, orphans (ended, authorization not known)."""
    counts = payments.filter(F.col("payment_date").isin(list(days))).groupBy("payment_date")
    authorized = F.sum(F.col("authorized").cast("int"))
    return counts.agg(authorized.alias("payments"), (F.count(F.lit(1)) - authorized).alias("orphans"))


def curate(payments: DataFrame, days: Collection[date], reference: Mapping[str, DataFrame]) -> DataFrame:
    """Rows of the curated table for the payment dates ``days``: the contract's columns, then its partition keys.

    Args:
        payments: what ``payments_of`` gives for ``days`` and the HISTORY_DAYS before each.
        days: the payment dates to give.
        reference: conformed reference tables by name. A payment of an unknown card or merchant keeps NULLs.
    """
    known = _described(payments.filter("authorized"), reference)
    rows = _with_habits(_with_travel(_with_velocity(known))).filter(F.col("payment_date").isin(list(days)))
    rows = rows.withColumns(
        {
            "hour": F.hour("payment_time"),
            "amount_eur": F.col("cents") / 100,
            "home_distance_km": F.when(F.col("card_present"), _kilometres("home_lat", "home_lon", "lat", "lon")),
            "merchant_age_days": F.date_diff("payment_date", "merchant_opened"),
            "card_age_days": F.date_diff("payment_date", "card_opened"),
            "month": F.date_format("payment_date", "yyyy-MM"),
            "day": F.date_format("payment_date", "yyyy-MM-dd"),
        }
    )
    columns = (*PAYMENTS.columns, *PAYMENTS.partition_keys)
    return rows.select(*[F.col(column.name).cast(column.type).alias(column.name) for column in columns])


def _described(payments: DataFrame, reference: Mapping[str, DataFrame]) -> DataFrame:
    """Payments with what the reference tables know; ``cents`` in euros, ``seconds`` since 1970, ``date`` in days."""
    merchants = reference["merchants"].select(
        "merchant_id", F.col("name").alias("merchant_name"), "mcc", "lat", "lon", F.col("opened").alias("merchant_opened")
    )
    cards = reference["cards"].select(
        "card_id",
        *[F.col(name).alias(f"card_{name}") for name in ("country", "product", "opened")],
        *("home_lat", "home_lon", "age_band"),
    )
    categories = reference["categories"].select(
        F.col("mcc").alias("merchant_category"), F.col("name").alias("category_name"), F.col("risk").alias("category_risk")
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
            "date": F.unix_date("payment_date"),
        }
    )


def _with_velocity(payments: DataFrame) -> DataFrame:
    """How much went on just before, by card and by merchant. Payments of the same second do not see each other."""
    card, merchant = Window.partitionBy("card_id"), Window.partitionBy("merchant_id")
    hour, day = (card.orderBy("seconds").rangeBetween(-length, -1) for length in (HOUR, DAY))
    last = F.lag("seconds").over(card.orderBy("seconds", "payment_id"))
    return payments.withColumns(
        {
            "card_payments_1h": _count(hour),
            "card_amount_1h_eur": _sum("cents", hour) / 100,
            "card_payments_24h": _count(day),
            "card_amount_24h_eur": _sum("cents", day) / 100,
            "card_declines_24h": _sum((~F.col("approved")).cast("int"), day),
            "seconds_since_last": _within_history(F.col("seconds") - last),
            "merchant_payments_1h": _count(merchant.orderBy("seconds").rangeBetween(-HOUR, -1)),
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
            "travel_hours": F.when(travelled, F.col("passed") / HOUR),
        }
    )


def _with_habits(payments: DataFrame) -> DataFrame:
    """What the card usually does, and how much of the merchant's trade turned out to be fraud.

    The end of a payment may come EVENT_DAYS_AFTER days later, so a merchant's rate of a day ends the day before that.
    """
    by_card = Window.partitionBy("card_id").orderBy("date").rangeBetween(-HISTORY_DAYS, -1)
    by_merchant = Window.partitionBy("merchant_id").orderBy("date").rangeBetween(-HISTORY_DAYS, -LABELS_KNOWN_AFTER)

    def past(*keys: str) -> Any:
        return Window.partitionBy(*keys).orderBy("seconds").rangeBetween(-HISTORY_DAYS * DAY, -1)

    labelled = F.count("fraud").over(by_merchant)
    return payments.withColumns(
        {
            "card_payments_14d": _count(by_card),
            # NULL without payments, and ANSI SQL raises at a division by zero
            "card_mean_amount_14d_eur": F.sum("cents").over(by_card) / F.nullif(F.count("cents").over(by_card), F.lit(0)) / 100,
            "card_at_merchant_14d": _count(past("card_id", "merchant_id")),
            "card_in_country_14d": _count(past("card_id", "merchant_country")),
            "merchant_labelled_14d": labelled,
            "merchant_fraud_rate_14d": F.sum(F.col("fraud").cast("int")).over(by_merchant) / F.nullif(labelled, F.lit(0)),
        }
    )


def _count(window: Any) -> Any:
    return F.count(F.lit(1)).over(window)


def _sum(column: Any, window: Any) -> Any:
    return F.coalesce(F.sum(column).over(window), F.lit(0))


def _within_history(seconds: Any) -> Any:
    """NULL for what was longer ago than a run reads, so that a day is the same whatever days are read with it."""
    return F.when(seconds <= HISTORY_DAYS * DAY, seconds)


def _kilometres(lat: str, lon: str, other_lat: str, other_lon: str) -> Any:
    """Great-circle distance (haversine) to 100 m; NULL where a place is not known."""
    a, b = F.radians(lat), F.radians(other_lat)
    half = F.pow(F.sin((b - a) / 2), 2)
    half = half + F.cos(a) * F.cos(b) * F.pow(F.sin((F.radians(other_lon) - F.radians(lon)) / 2), 2)
    return F.round(2 * EARTH_RADIUS_KM * F.asin(F.sqrt(half)), 1)


def _belongs() -> Any:
    """Whether an event lies in the days that its payment date allows; NULL when its own date is none."""
    first, last = F.col("payment_date"), F.date_add("payment_date", EVENT_DAYS_AFTER)
    return F.col("event_date").try_cast("date").between(first, last)


def _of(kind: str, name: str) -> Any:
    return F.max(F.when(F.col("event_type") == kind, F.col(name)))


def _conformed(column: Column) -> Any:
    return F.col(column.name).try_cast(column.type).alias(column.name)


def _first(frame: DataFrame, keys: Iterable[str], order: Iterable[Any]) -> DataFrame:
    """The first row of each key in ``order``."""
    row = F.row_number().over(Window.partitionBy(*keys).orderBy(*order))
    return frame.withColumn("_row", row).filter("_row = 1").drop("_row")
