"""Features of a flight at push-back: the one source for training, evaluation, monitoring and the endpoint.

Everything here is known when the flight leaves the gate: its schedule, the plane, the weather of the scheduled hour
and how many flights were late in the seven days before. What the contract marks ``leaks`` is refused by `Dataset`.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from contracts import load
from processing.dataset import Columns, Dataset
from processing.encoding import Bins, Missing, Number, OneHot, Ordinal, Product

DAY_MINUTES = 1440
SATURDAY = 5  # Monday is 0

INPUTS = (
    *("flight_date", "carrier", "origin", "dest", "sched_dep_time", "sched_arr_time", "distance"),
    *("dest_lat", "dest_lon", "plane_year", "plane_manufacturer", "plane_engines", "plane_seats"),
    # Not wind_gust: 80 % of it is missing.
    *("temp", "dewp", "humid", "wind_dir", "wind_speed", "precip", "pressure", "visib"),
    *("carrier_delay_rate_7d", "origin_delay_rate_7d"),
)

# No month: it would say which months training happened to see, and a model of one winter meets spring with it.
FEATURES = (
    OneHot("carrier"),
    OneHot("origin"),
    Ordinal("dest"),
    Ordinal("plane_manufacturer"),
    Number("departure_minute"),
    Number("arrival_minute"),
    Bins("departure_minute", 8, "width"),  # three hours each: the waves of departures
    Number("day_of_week"),
    Number("is_weekend"),
    Number("scheduled_minutes"),
    Number("distance", log=True),
    Bins("distance", 5, "quantile"),
    Number("miles_per_minute"),
    Number("dest_lat"),
    Number("dest_lon"),
    Missing("dest_lat"),
    Number("plane_age"),
    Missing("plane_year"),
    Number("plane_engines"),
    Number("plane_seats"),
    Number("temp"),
    Number("dewp"),
    Number("dewp_spread"),  # near 0 is fog
    Number("humid"),
    Number("wind_dir"),
    Number("wind_speed"),
    Number("precip", log=True),
    Number("pressure"),
    Number("visib"),
    Number("carrier_delay_rate_7d"),
    Number("origin_delay_rate_7d"),
    Product("carrier_delay_rate_7d", "origin_delay_rate_7d"),
    Product("departure_minute", "origin_delay_rate_7d"),  # delays pile up over a day, more so in a bad week
)


def derive(columns: Columns) -> Columns:
    """Minutes of the day, day of the week (Monday is 0), planned minutes and speed, years of the plane."""
    days = columns["flight_date"]
    departure, arrival = _minutes(columns["sched_dep_time"]), _minutes(columns["sched_arr_time"])
    scheduled = (arrival - departure) % DAY_MINUTES  # of two time zones, the same two for a pair of airports
    day_of_week = (days + 3) % 7  # 1970-01-01 was a Thursday
    return {
        "departure_minute": departure,
        "arrival_minute": arrival,
        "hour": departure // 60,
        "day_of_week": day_of_week,
        "is_weekend": (day_of_week >= SATURDAY).astype(np.float64),
        "scheduled_minutes": scheduled,
        "miles_per_minute": columns["distance"] / np.maximum(scheduled, 1),
        "plane_age": _years(days) - columns["plane_year"],
        "dewp_spread": columns["temp"] - columns["dewp"],
    }


def _minutes(hhmm: NDArray[Any]) -> NDArray[Any]:
    return np.asarray((hhmm // 100 * 60 + hhmm % 100) % DAY_MINUTES)  # midnight may be written 2400


def _years(days: NDArray[Any]) -> NDArray[Any]:
    years = days.astype(np.int64).astype("datetime64[D]").astype("datetime64[Y]")
    return np.asarray(years.astype(np.int64) + 1970.0)


CONTRACT = "flights"

DATASET = Dataset(
    contract=CONTRACT,
    table=load(CONTRACT).table("flights"),
    inputs=INPUTS,
    features=FEATURES,
    derive=derive,
    groups=("carrier", "origin"),
    baseline=("carrier", "hour"),
    order_by="flight_date",
    known_by={"dest": "dest_lat"},
    regression_target="arr_delay",
    decision="late",
    asked_when="NOT cancelled",  # that a flight left is all that is asked of what happened later
    suspicious_auc=0.85,
)
