"""Events to curated flights, as functions from DataFrames to DataFrames.

They use only what Spark Connect has and what works the same on Spark 4.1.1 and Sail: no RDDs, and ``try_cast``
wherever a value may be bad, since Spark 4 is ANSI and a bad ``cast`` ends the job
(https://spark.apache.org/docs/4.1.1/sql-ref-ansi-compliance.html).
"""

from collections.abc import Collection, Iterable, Mapping
from datetime import date
from typing import Any

from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F  # noqa: N812 - Spark's own convention

from contracts import Column, Table, load
from processing.glue.days import EVENT_DAYS_AFTER, HISTORY_DAYS

CONTRACT = load("flights")
EVENTS = CONTRACT.table("flight_events")
FLIGHTS = CONTRACT.table("flights")
KEY = FLIGHTS.primary_key
REFERENCE_TABLES = ("airlines", "airports", "planes", "weather")

LATE_MINUTES = 15  # a flight is late when it arrives this much after schedule, or more
MISSING = "NA"  # how the reference files, written by R, spell a missing value

# Latest first. The rest only matters between events of one instant with one id, and makes the choice the same always.
_NEWEST_FIRST = (
    "event_time",
    "event_id",
    *[c.name for c in EVENTS.columns if c.name not in ("event_time", "event_id")],
)

# What an event of each kind tells of its flight.
_SCHEDULE = ("dest", "tailnum", "sched_dep_time", "sched_arr_time", "time_hour", "distance", "dep_time", "dep_delay")
_LANDING = ("arr_time", "arr_delay", "air_time")
_WEATHER = ("temp", "dewp", "humid", "wind_dir", "wind_speed", "wind_gust", "precip", "pressure", "visib")


def conform_events(frame: DataFrame) -> DataFrame:
    """Events with exactly the contract's columns and types; columns the contract does not know are left out.

    ``flight_date`` becomes a date. A value that does not fit its type is NULL, and an event without a whole flight
    key is left out: the transform function quarantines such records before they get here.
    """
    columns = [_conformed(column) for column in (*EVENTS.columns, *EVENTS.partition_keys)]
    typed = frame.select(*columns).withColumn("flight_date", F.col("flight_date").try_cast("date"))
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
    """The flight dates that ``new_events`` (conformed) are about: flight_date, events, strays.

    A stray's event_date is one that its flight date does not allow (see ``days.EVENT_DAYS_AFTER``): a run that
    rebuilds the day would not find it.
    """
    event_date = F.col("event_date").try_cast("date")
    first, last = F.col("flight_date"), F.date_add("flight_date", EVENT_DAYS_AFTER)
    stray = F.coalesce(~event_date.between(first, last), F.lit(True))
    return new_events.groupBy("flight_date").agg(
        F.count(F.lit(1)).alias("events"), F.sum(stray.cast("int")).alias("strays")
    )


def flights_of(events: DataFrame) -> DataFrame:
    """One row a flight of ``events`` (conformed): its schedule, how it left and how it arrived.

    Delivery is at least once and corrections come as further events: of each kind, the latest event wins, and among
    departure and cancellation the later. ``scheduled`` is false for a flight of which only the landing is known.
    """
    newest_first = [F.desc(name) for name in _NEWEST_FIRST]
    landing = F.col("event_type") == "arrival"
    latest = _first(events.withColumn("landing", landing), (*KEY, "landing"), newest_first)
    # One event of each kind is left, so max only picks it; a join of the two kinds would read the events twice.
    flights = latest.groupBy(*KEY).agg(
        *[F.max(F.when(~F.col("landing"), F.col(name))).alias(name) for name in ("event_type", *_SCHEDULE)],
        *[F.max(F.when(F.col("landing"), F.col(name))).alias(name) for name in _LANDING],
    )
    cancelled = F.col("event_type") == "cancellation"
    return flights.select(
        *KEY,
        *_SCHEDULE,
        # A flight that was cancelled after it had left the gate did not arrive.
        *[F.when(~cancelled, F.col(name)).alias(name) for name in _LANDING],
        cancelled.alias("cancelled"),
        F.col("event_type").isNotNull().alias("scheduled"),
    ).withColumn("arrived_late", F.col("arr_delay") >= LATE_MINUTES)


def count_days(flights: DataFrame, days: Collection[date]) -> DataFrame:
    """How many ``flights`` each of ``days`` has: flight_date, flights, unscheduled (landed, departure not known)."""
    counts = flights.filter(F.col("flight_date").isin(list(days))).groupBy("flight_date")
    scheduled = F.sum(F.col("scheduled").cast("int"))
    return counts.agg(scheduled.alias("flights"), (F.count(F.lit(1)) - scheduled).alias("unscheduled"))


def delay_rates(flights: DataFrame, by: str, name: str) -> DataFrame:
    """Share of late flights among those that arrived in the 7 days before: ``by``, flight_date, ``name``.

    A day's counts are spread over the 7 days that follow it, so a day never sees itself or its future, and a day
    without arrivals needs no row. Counts are whole numbers up to one division: any order of adding gives the same.
    """
    arrived = flights.filter(F.col("arrived_late").isNotNull())
    daily = arrived.groupBy(by, "flight_date").agg(
        F.count(F.lit(1)).alias("arrivals"), F.sum(F.col("arrived_late").cast("int")).alias("late")
    )
    following = F.sequence(F.date_add("flight_date", 1), F.date_add("flight_date", HISTORY_DAYS))
    spread = daily.select(by, F.explode(following).alias("flight_date"), "arrivals", "late")
    return spread.groupBy(by, "flight_date").agg((F.sum("late") / F.sum("arrivals")).alias(name))


def curate(flights: DataFrame, days: Collection[date], reference: Mapping[str, DataFrame]) -> DataFrame:
    """Rows of the curated table for the flight dates ``days``: the contract's columns, then its partition keys.

    Args:
        flights: what ``flights_of`` gives for ``days`` and the 7 days before each.
        days: the flight dates to give.
        reference: conformed reference tables by name. A flight without plane, airport or weather keeps NULLs.
    """
    planes = reference["planes"].select(
        "tailnum", *[F.col(name).alias(f"plane_{name}") for name in ("year", "manufacturer", "engines", "seats")]
    )
    airlines = reference["airlines"].select("carrier", F.col("name").alias("airline_name"))
    airports = reference["airports"].select(
        F.col("faa").alias("dest"), *[F.col(name).alias(f"dest_{name}") for name in ("name", "lat", "lon")]
    )
    weather = reference["weather"].select("origin", "time_hour", *_WEATHER)
    rates = [
        (delay_rates(flights, by, f"{by}_delay_rate_{HISTORY_DAYS}d"), [by, "flight_date"])
        for by in ("carrier", "origin")
    ]
    joined = flights.filter(F.col("scheduled") & F.col("flight_date").isin(list(days)))
    # All of these are small; Glue's readers give Spark no sizes by which it would find that out itself.
    for side, on in (
        (planes, ["tailnum"]),
        (airlines, ["carrier"]),
        (airports, ["dest"]),
        (weather, ["origin", "time_hour"]),
        *rates,
    ):
        joined = joined.join(F.broadcast(side), on, "left")
    joined = joined.withColumn("month", F.date_format("flight_date", "yyyy-MM"))
    joined = joined.withColumn("day", F.date_format("flight_date", "yyyy-MM-dd"))
    columns = (*FLIGHTS.columns, *FLIGHTS.partition_keys)
    return joined.select(*[F.col(column.name).cast(column.type).alias(column.name) for column in columns])


def _conformed(column: Column) -> Any:
    return F.col(column.name).try_cast(column.type).alias(column.name)


def _first(frame: DataFrame, keys: Iterable[str], order: Iterable[Any]) -> DataFrame:
    """The first row of each key in ``order``."""
    row = F.row_number().over(Window.partitionBy(*keys).orderBy(*order))
    return frame.withColumn("_row", row).filter("_row = 1").drop("_row")
