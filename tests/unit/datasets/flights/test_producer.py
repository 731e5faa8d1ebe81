"""Flights of January 2013 as events: numbers that anyone can count in the source."""

import csv
import io
import json
import zipfile
from collections import Counter
from datetime import datetime
from itertools import pairwise
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from cli.errors import UserError
from contracts import load
from contracts.validation import Validator, decode
from datasets.flights import producer as events
from datasets.record import Record

VALIDATOR = Validator(load("flights").table("flight_events"))
FLIGHT: dict[str, Any] = {
    "year": 2013, "month": 1, "day": 1, "dep_time": 517, "sched_dep_time": 515, "dep_delay": 2, "arr_time": 830,
    "sched_arr_time": 819, "arr_delay": 11, "carrier": "UA", "flight": 1545, "tailnum": "N14228", "origin": "EWR",
    "dest": "IAH", "air_time": 227, "distance": 1400, "minute": 15, "time_hour": 1357034400,
}  # fmt: skip


@pytest.fixture(scope="module")
def source() -> dict[tuple[str, str, int, str], dict[str, str]]:
    """January's rows of the source, read with the standard library, by flight key."""
    with zipfile.ZipFile(events.data_folder() / "flights.csv.zip") as archive:
        rows = csv.DictReader(io.TextIOWrapper(archive.open("flights.csv"), "utf-8"))
        return {
            (f"2013-01-{int(row['day']):02d}", row["carrier"], int(row["flight"]), row["origin"]): row
            for row in rows
            if row["month"] == "1"
        }


@pytest.fixture(scope="module")
def read(january: list[Record]) -> list[dict[str, Any]]:
    """What January's records say."""
    return parsed(january)


def parsed(records: list[Record]) -> list[dict[str, Any]]:
    return [json.loads(record.data) for record in records]


def test_january_has_every_flight_once(january: list[Record], read: list[dict[str, Any]]) -> None:
    kinds = Counter(event["event_type"] for event in read)
    assert kinds == {"departure": 27_004 - 521, "cancellation": 521, "arrival": 27_004 - 536}
    assert events.count([1]) == len(january)
    assert len({event["event_id"] for event in read}) == len(january)
    assert len({record.key for record in january}) == 27_004


def test_january_says_what_the_source_says(read: list[dict[str, Any]], source: dict[Any, dict[str, str]]) -> None:
    seen = set()
    for event in read:
        key = (event["flight_date"], event["carrier"], event["flight"], event["origin"])
        row = source[key]
        seen.add(key)
        for name, value in event.items():
            if name in row and name != "time_hour":
                assert str(value) == row[name], (name, event, row)
        for name in ("arr_delay", "air_time", "arr_time") if event["event_type"] == "arrival" else ():
            assert (name in event) == (row[name] != "NA"), (name, event, row)
    assert seen == set(source)


def test_every_event_holds_the_contract_and_is_one_line(january: list[Record]) -> None:
    for record in january:
        assert record.data.endswith(b"\n")
        assert record.data.count(b"\n") == 1
        event = VALIDATOR.validate(decode(record.data))
        assert datetime.fromisoformat(event["event_time"]).timestamp() == record.time


def test_january_is_in_the_order_it_happened(january: list[Record], read: list[dict[str, Any]]) -> None:
    assert all(before.time <= after.time for before, after in pairwise(january))
    departed = set()
    for record, event in zip(january, read, strict=True):
        if event["event_type"] == "departure":
            departed.add(record.key)
        elif event["event_type"] == "arrival":
            assert record.key in departed


def test_departures_carry_no_column_of_the_arrival(read: list[dict[str, Any]]) -> None:
    table = load("flights").table("flight_events")
    later = {column.name for column in table.columns if column.leaks and column.event_types == ("arrival",)}
    assert later == {"arr_time", "arr_delay", "air_time"}
    assert not any(later & set(event) for event in read if event["event_type"] != "arrival")


def test_months_are_merged_by_event_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of each month the first and the last two days, where they overlap."""
    flights = events._flights()
    days = flights.filter(pc.is_in(flights["day"], pa.array([1, 2, 29, 30, 31])))
    monkeypatch.setattr(events, "_flights", lambda: days)
    june, july, august = (events.month_events(month) for month in (6, 7, 8))
    assert june[-1].time > july[0].time, "the months to test with: they overlap"
    assert july[-1].time > august[0].time
    merged = list(events.replay([8, 6, 7, 7]))
    assert len(merged) == events.count([6, 7, 8])
    assert all(before.time <= after.time for before, after in pairwise(merged))
    assert Counter(record.data for record in merged) == Counter(record.data for record in [*june, *july, *august])


def test_a_departure_is_at_push_back_and_an_arrival_at_landing() -> None:
    departure, arrival = parsed(list(events.flight_events(FLIGHT)))
    assert departure == {
        "event_type": "departure", "event_id": "2013-01-01-UA-1545-EWR-departure",
        "event_time": "2013-01-01T10:17:00Z",
        "flight_date": "2013-01-01", "carrier": "UA", "flight": 1545, "origin": "EWR", "dest": "IAH",
        "tailnum": "N14228", "sched_dep_time": 515, "sched_arr_time": 819, "time_hour": "2013-01-01T10:00:00Z",
        "distance": 1400, "dep_time": 517, "dep_delay": 2,
    }  # fmt: skip
    assert arrival == {
        "event_type": "arrival", "event_id": "2013-01-01-UA-1545-EWR-arrival",
        "event_time": "2013-01-01T14:04:00Z",
        "flight_date": "2013-01-01", "carrier": "UA", "flight": 1545, "origin": "EWR", "dest": "IAH",
        "tailnum": "N14228", "arr_time": 830, "arr_delay": 11, "air_time": 227,
    }  # fmt: skip


def test_a_cancelled_flight_is_one_event_at_the_scheduled_time() -> None:
    cancelled = FLIGHT | dict.fromkeys(("dep_time", "dep_delay", "arr_time", "arr_delay", "air_time", "tailnum"))
    (event,) = parsed(list(events.flight_events(cancelled)))
    assert (event["event_type"], event["event_time"]) == ("cancellation", "2013-01-01T10:15:00Z")
    assert not {"dep_time", "dep_delay", "tailnum"} & set(event)


def test_a_flight_that_did_not_land_has_no_arrival() -> None:
    (departure,) = parsed(
        list(events.flight_events(FLIGHT | {"arr_time": None, "arr_delay": None, "air_time": None}))
    )
    assert departure["event_type"] == "departure"


def test_a_diverted_flight_lands_by_the_clock_past_midnight() -> None:
    diverted = FLIGHT | {"dep_time": 2350, "arr_time": 2400, "arr_delay": None, "air_time": None}
    departure, arrival = events.flight_events(diverted)
    assert arrival.time - departure.time == 10 * 60
    departure, arrival = events.flight_events(diverted | {"arr_time": 10})
    assert arrival.time - departure.time == 20 * 60


def test_a_month_that_is_none_is_named() -> None:
    with pytest.raises(UserError, match="there is no month 13"):
        events.month_events(13)
