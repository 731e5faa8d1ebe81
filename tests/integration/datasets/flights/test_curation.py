"""The DataFrame functions on Sail. That Spark gives the same is shown by the whole job, in test_curate."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from contracts.derive import spark_ddl
from datasets.flights import curation as module
from datasets.flights.curation import CONTRACT, EVENTS, FLIGHTS, KEY
from processing.glue import curation
from tests.integration.datasets.flights.conftest import Event

ALL = (*EVENTS.columns, *EVENTS.partition_keys)
DAY = date(2013, 1, 10)
Build = Callable[..., Any]  # a DataFrame of events
Tables = Callable[..., dict[str, Any]]  # reference tables by name


def event(kind: str, minute: int = 0, **values: Any) -> dict[str, Any]:
    """An event of one flight, ``minute`` minutes after its scheduled hour."""
    hour = datetime(2013, 1, 10, 15)
    schedule = {"sched_dep_time": 1000, "sched_arr_time": 1200, "time_hour": hour, "distance": 500}
    at = hour + timedelta(minutes=minute)
    left = {"dep_time": 1000 + minute, "dep_delay": minute} if kind == "departure" else {}
    landed = {"arr_time": 1200, "arr_delay": 0, "air_time": 90} if kind == "arrival" else {}
    key = {"flight_date": "2013-01-10", "carrier": "UA", "flight": 1, "origin": "EWR", "dest": "IAH", "tailnum": "N1"}
    told = {"event_type": kind, "event_id": f"id-{kind}-{minute}", "event_time": at, "event_date": str(at.date())}
    return {**key, **({} if kind == "arrival" else schedule), **left, **landed, **told, **values}


def conformed(frame: Any) -> Any:
    """As the job conforms what it reads."""
    return curation.conform_events(frame, EVENTS, KEY)


@pytest.fixture
def flights_of(spark: Any) -> Build:
    def build(*events: dict[str, Any]) -> Any:
        rows = [tuple(event.get(column.name) for column in ALL) for event in events]
        return module.rows_of(conformed(spark.createDataFrame(rows, spark_ddl(ALL))))

    return build


@pytest.fixture
def reference(spark: Any) -> Tables:
    """Reference tables that know one plane, one airline, one airport and no weather; all columns text."""

    def build(**more: list[dict[str, str]]) -> dict[str, Any]:
        known = {
            "planes": [{"tailnum": "N1", "year": "1999", "seats": "150"}],
            "airlines": [{"carrier": "UA", "name": "United"}],
            "airports": [{"faa": "IAH", "name": "Houston", "lat": "29.98", "lon": "-95.34"}],
            "weather": [{"origin": "EWR", "time_hour": "2013-01-10T16:00:00Z", "temp": "40"}],
            **more,
        }
        frames = {}
        for table in CONTRACT.reference:
            rows = [tuple(row.get(column.name, "NA") for column in table.columns) for row in known[table.name]]
            ddl = ", ".join(f"{column.name} string" for column in table.columns)
            frames[table.name] = curation.conform_reference(spark.createDataFrame(rows, ddl), table)
        return frames

    return build


def one(frame: Any) -> dict[str, Any]:
    rows = frame.collect()
    assert len(rows) == 1
    return dict(rows[0].asDict())


def test_a_departure_and_its_arrival_are_one_flight(flights_of: Build) -> None:
    flight = one(flights_of(event("departure", 5), event("arrival", 100, arr_delay=15)))
    assert (flight["flight_date"], flight["dep_delay"], flight["arr_delay"]) == (DAY, 5, 15)
    assert (flight["cancelled"], flight["arrived_late"], flight["opened"]) == (False, True, True)


@pytest.mark.parametrize(("delay", "late"), [(14, False), (15, True), (-30, False), (None, None)])
def test_late_is_15_minutes_or_more_and_unknown_without_an_arrival_delay(
    flights_of: Build, delay: int | None, late: bool | None
) -> None:
    assert one(flights_of(event("departure"), event("arrival", 100, arr_delay=delay)))["arrived_late"] is late


def test_the_latest_event_wins_whatever_the_order_of_delivery(flights_of: Build) -> None:
    first, corrected = event("departure", 5), event("departure", 9)
    landed, corrected_landing = event("arrival", 100, arr_delay=1), event("arrival", 101, arr_delay=2)
    for events in ((first, corrected, landed, corrected_landing), (corrected_landing, landed, corrected, first)):
        flight = one(flights_of(*events))
        assert (flight["dep_delay"], flight["arr_delay"]) == (9, 2)


def test_a_redelivered_event_counts_once(flights_of: Build) -> None:
    assert one(flights_of(*[event("departure", 5)] * 3, *[event("arrival", 100)] * 2))["dep_delay"] == 5


def test_the_event_id_decides_between_events_of_one_instant(flights_of: Build) -> None:
    a, b = (
        event("departure", 5, event_id="aaaaaaaa", dest="ORD"),
        event("departure", 5, event_id="bbbbbbbb", dest="IAH"),
    )
    assert one(flights_of(a, b))["dest"] == one(flights_of(b, a))["dest"] == "IAH"


def test_content_decides_between_events_of_one_instant_and_id(flights_of: Build) -> None:
    a, b = event("departure", 5, distance=500), event("departure", 5, distance=501)
    assert one(flights_of(a, b))["distance"] == one(flights_of(b, a))["distance"] == 501


def test_of_departure_and_cancellation_the_later_wins(flights_of: Build) -> None:
    back_at_the_gate = one(flights_of(event("departure", 5), event("cancellation", 60), event("arrival", 30)))
    assert back_at_the_gate["cancelled"] is True
    assert back_at_the_gate["dep_time"] is back_at_the_gate["arr_delay"] is back_at_the_gate["arrived_late"] is None
    left_after_all = one(flights_of(event("cancellation", 0), event("departure", 60), event("arrival", 200)))
    assert left_after_all["cancelled"] is False
    assert (left_after_all["dep_delay"], left_after_all["arr_delay"]) == (60, 0)


def test_flights_differ_by_every_part_of_their_key(flights_of: Build) -> None:
    others: list[dict[str, Any]] = [
        {"flight_date": "2013-01-11"},
        {"carrier": "AA"},
        {"flight": 2},
        {"origin": "JFK"},
    ]
    assert flights_of(event("departure"), *[event("departure", **other) for other in others]).count() == 5


def test_a_landing_without_departure_is_counted_and_not_curated(flights_of: Build, reference: Tables) -> None:
    known = flights_of(event("arrival", 100), event("departure", flight=2))
    assert one(curation.count_days(known, module.DAY, [DAY])) == {"flight_date": DAY, "rows": 1, "unopened": 1}
    assert one(module.curate(known, [DAY], reference()))["flight"] == 2


def test_values_that_do_not_fit_are_missing_and_do_not_end_the_job(spark: Any) -> None:
    columns = ", ".join(f"{column.name} string" for column in ALL)
    good = {**event("departure"), "event_time": "2013-01-10T15:00:00Z", "flight": "1", "distance": "far"}
    lost = [{**good, "flight": "one"}, {**good, "flight_date": "tomorrow"}, {**good, "origin": None}]
    rows = [tuple(None if row.get(c.name) is None else str(row[c.name]) for c in ALL) for row in (good, *lost)]
    kept = one(conformed(spark.createDataFrame(rows, columns)))
    assert (kept["flight"], kept["distance"], kept["flight_date"]) == (1, None, DAY)
    assert kept["event_time"] == datetime(2013, 1, 10, 15)


def test_columns_the_contract_does_not_know_are_left_out(spark: Any) -> None:
    frame = spark.createDataFrame(
        [(*[event("departure").get(column.name) for column in ALL], "B12")], f"{spark_ddl(ALL)}, gate string"
    )
    assert conformed(frame).columns == [column.name for column in ALL]


def test_touched_days_counts_events_and_strays(spark: Any) -> None:
    strays = [{"event_date": "2013-01-09"}, {"event_date": "2013-01-14"}, {"event_date": "soon"}]
    fits = [{"event_date": "2013-01-10"}, {"event_date": "2013-01-13"}]
    rows = [tuple({**event("departure"), **how}.get(c.name) for c in ALL) for how in (*strays, *fits)]
    touched = curation.touched_days(
        conformed(spark.createDataFrame(rows, spark_ddl(ALL))), module.DAY, module.EVENT_DAYS_AFTER
    )
    assert one(touched) == {"flight_date": DAY, "events": 5, "strays": 3}


def test_curated_columns_and_types_are_the_contracts(flights_of: Build, reference: Tables) -> None:
    curated = module.curate(flights_of(event("departure")), [DAY], reference())
    types = [(field.name, field.dataType.simpleString()) for field in curated.schema.fields]
    assert types == [(column.name, column.type) for column in (*FLIGHTS.columns, *FLIGHTS.partition_keys)]
    row = one(curated)
    assert (row["month"], row["day"]) == ("2013-01", "2013-01-10")


def test_only_the_wanted_days_are_curated(flights_of: Build, reference: Tables) -> None:
    known = flights_of(event("departure"), event("departure", flight_date="2013-01-09"))
    assert one(module.curate(known, [DAY], reference()))["flight_date"] == DAY


def test_reference_data_joins_and_na_is_missing(flights_of: Build, reference: Tables) -> None:
    weather = [{"origin": "EWR", "time_hour": "2013-01-10T15:00:00Z", "temp": "39.02", "wind_gust": "NA"}]
    row = one(module.curate(flights_of(event("departure")), [DAY], reference(weather=weather)))
    assert (row["airline_name"], row["dest_name"], row["dest_lat"]) == ("United", "Houston", 29.98)
    assert (row["plane_year"], row["plane_seats"], row["plane_manufacturer"]) == (1999, 150, None)
    assert (row["temp"], row["wind_gust"]) == (39.02, None)


def test_a_flight_keeps_its_row_without_plane_airport_airline_or_weather(
    flights_of: Build, reference: Tables
) -> None:
    known = flights_of(
        event("departure", tailnum=None),
        event("departure", flight=2, tailnum="N2", dest="BQN", carrier="ZZ"),
    )
    rows = module.curate(known, [DAY], reference()).collect()
    assert sorted(row["flight"] for row in rows) == [1, 2]
    assert all(row["plane_seats"] is None and row["temp"] is None for row in rows)
    unknown = next(row for row in rows if row["flight"] == 2)
    assert unknown["dest_name"] is None
    assert unknown["airline_name"] is None


def test_reference_rows_delivered_twice_do_not_double_flights(flights_of: Build, reference: Tables) -> None:
    planes = [{"tailnum": "N1", "seats": "150"}, {"tailnum": "N1", "seats": "149"}, {"tailnum": "N1", "seats": "150"}]
    assert one(module.curate(flights_of(event("departure")), [DAY], reference(planes=planes)))["plane_seats"] == 149


def test_rates_look_back_seven_days_and_never_at_the_day_itself(flights_of: Build) -> None:
    def arrival(day: str, number: int, delay: int | None) -> list[dict[str, Any]]:
        key: dict[str, Any] = {"flight_date": day, "flight": number}
        return [event("departure", **key), event("arrival", 100, arr_delay=delay, **key)]

    known = flights_of(
        *arrival("2013-01-02", 1, 99),  # eight days before: too old
        *arrival("2013-01-03", 1, 99),
        *arrival("2013-01-09", 1, 0),
        *arrival("2013-01-09", 2, 0),
        *arrival("2013-01-09", 3, None),  # diverted: it did not arrive
        *arrival("2013-01-10", 1, 99),
        event("cancellation", flight_date="2013-01-09", flight=4),
    )
    rates = {row["flight_date"]: row["rate"] for row in module.delay_rates(known, "carrier", "rate").collect()}
    assert rates[DAY] == 1 / 3
    assert rates[date(2013, 1, 3)] == 1.0
    assert date(2013, 1, 2) not in rates
    assert max(rates) == date(2013, 1, 17)


def test_rates_of_a_month_equal_an_independent_calculation(
    spark: Any,
    january: tuple[Event, ...],
    source: pd.DataFrame,
    tmp_path: Path,
    reference: Tables,
) -> None:
    path = tmp_path / "events.parquet"
    frame = pd.DataFrame(january)
    for name in ("event_time", "time_hour"):
        frame[name] = pd.to_datetime(frame[name], utc=True).astype("datetime64[us, UTC]")
    frame["event_date"] = frame["event_time"].dt.strftime("%Y-%m-%d")
    frame.to_parquet(path)
    known = module.rows_of(conformed(spark.read.parquet(str(path))))
    days = [DAY + timedelta(n) for n in (-9, -8, -2, 0, 5, 21)]
    curated = module.curate(known, days, reference()).toArrow().to_pandas().sort_values(list(KEY), ignore_index=True)
    arrived = source[source["arr_delay"].notna()]
    rates = ("carrier_delay_rate_7d", "origin_delay_rate_7d")
    for day in days:
        before = arrived[(arrived["flight_date"] >= day - timedelta(7)) & (arrived["flight_date"] < day)]
        for by, name in zip(("carrier", "origin"), rates, strict=True):
            expected = (before["arr_delay"] >= 15).groupby(before[by]).mean()
            found = curated[curated["flight_date"] == day]
            pd.testing.assert_series_equal(
                found[name], found[by].map(expected), check_names=False, check_dtype=False, rtol=1e-12
            )
    assert curated.loc[curated["flight_date"] == days[0], list(rates)].isna().all(axis=None)
    assert curated.loc[curated["flight_date"] == DAY, list(rates)].notna().all(axis=None)
