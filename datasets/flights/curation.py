"""Flight events to curated flights: what happened to each, with weather, plane and the delay rates before it."""

from collections.abc import Collection, Mapping
from datetime import date

from pyspark.sql import DataFrame
from pyspark.sql import functions as F  # noqa: N812 - Spark's own convention

from contracts import load
from processing.glue.curation import first, newest_first, partitioned

CONTRACT = load("flights")
EVENTS, FLIGHTS = CONTRACT.events, CONTRACT.curated
KEY = FLIGHTS.primary_key

DAY = "flight_date"
# An event of flight_date D lies in the UTC dates D to D+3. Scheduled departures of D in New York are 04:00 UTC of D
# to 05:00 UTC of D+1, and the contract bounds how early (2 h) and how late (48 h) a flight may be. So nothing happens
# before 02:00 UTC of D, and a flight of 12 h (Honolulu) as late as can be lands at 17:00 UTC of D+3.
EVENT_DAYS_AFTER = 3
HISTORY_DAYS = 7  # that delay rates look back on
LATE_MINUTES = 15  # a flight is late when it arrives this much after schedule, or more

# What an event of each kind tells of its flight.
_SCHEDULE = ("dest", "tailnum", "sched_dep_time", "sched_arr_time", "time_hour", "distance", "dep_time", "dep_delay")
_LANDING = ("arr_time", "arr_delay", "air_time")
_WEATHER = ("temp", "dewp", "humid", "wind_dir", "wind_speed", "wind_gust", "precip", "pressure", "visib")


def rows_of(events: DataFrame) -> DataFrame:
    """One row a flight of ``events`` (conformed): its schedule, how it left and how it arrived.

    Delivery is at least once and corrections come as further events: of each kind, the latest event wins, and among
    departure and cancellation the later. ``opened`` is false for a flight of which only the landing is known.
    """
    landing = F.col("event_type") == "arrival"
    latest = first(events.withColumn("landing", landing), (*KEY, "landing"), newest_first(EVENTS))
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
        F.col("event_type").isNotNull().alias("opened"),
    ).withColumn("arrived_late", F.col("arr_delay") >= LATE_MINUTES)


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


def curate(rows: DataFrame, days: Collection[date], reference: Mapping[str, DataFrame]) -> DataFrame:
    """Rows of the curated table for the flight dates ``days``: the contract's columns, then its partition keys.

    Args:
        rows: what ``rows_of`` gives for ``days`` and the 7 days before each.
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
        (delay_rates(rows, by, f"{by}_delay_rate_{HISTORY_DAYS}d"), [by, "flight_date"])
        for by in ("carrier", "origin")
    ]
    joined = rows.filter(F.col("opened") & F.col("flight_date").isin(list(days)))
    # All of these are small; Glue's readers give Spark no sizes by which it would find that out itself.
    for side, on in (
        (planes, ["tailnum"]),
        (airlines, ["carrier"]),
        (airports, ["dest"]),
        (weather, ["origin", "time_hour"]),
        *rates,
    ):
        joined = joined.join(F.broadcast(side), on, "left")
    return partitioned(joined, DAY, FLIGHTS)
