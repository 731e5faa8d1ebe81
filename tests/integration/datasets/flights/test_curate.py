"""The job as it is deployed, run through the Glue API of the local cloud, on real flights."""

import io
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from contracts import load
from contracts.derive import dqdl
from datasets.flights.producer import data_folder
from tests.integration.datasets.flights.conftest import JOB, Event, Lake

KEY = ["flight_date", "carrier", "flight", "origin"]
FLIGHTS = load("flights").curated
FIRST_DAYS = {f"2013-01-{day:02d}" for day in (1, 2, 3)}
TYPES = {"string": "string", "int": "int32", "double": "double", "boolean": "bool", "date": "date32[day]"}


@pytest.fixture(scope="session")
def first_days(january: tuple[Event, ...]) -> list[Event]:
    """All events of the flights of 1 to 3 January, those included that happened later."""
    return [event for event in january if event["flight_date"] in FIRST_DAYS]


def of_day(events: list[Event], day: str) -> list[Event]:
    return [event for event in events if event["flight_date"] == day]


@contextmanager
def watching(lake: Lake) -> Iterator[list[set[str]]]:
    """What a reader sees meanwhile: the days that have files, again and again."""
    seen, done = list[set[str]](), threading.Event()

    def look() -> None:
        while not done.wait(0.01):  # without a pause it takes the processor from the job
            seen.append({key.split("/day=")[1][:10] for key in lake.curated() if "/day=" in key})

    reader = threading.Thread(target=look)
    reader.start()
    try:
        yield seen
    finally:
        done.set()
        reader.join()


def same_rows(left: pd.DataFrame, right: pd.DataFrame) -> None:
    pd.testing.assert_frame_equal(left, right, check_exact=True)


def is_flight(rows: pd.DataFrame, event: Event) -> Any:
    """Where ``rows`` are the flight of ``event``."""
    return (rows[KEY] == [date.fromisoformat(event["flight_date"]), *[event[name] for name in KEY[1:]]]).all(axis=1)


def late_arrival(first_days: list[Event]) -> tuple[Event, list[Event]]:
    """The landing of a flight of 2 January, and every other event."""
    late = next(e for e in of_day(first_days, "2013-01-02") if e["event_type"] == "arrival" and e["arr_delay"] >= 15)
    return late, [event for event in first_days if event is not late]


def test_curated_rows_are_the_flights_of_the_source(
    lake: Lake, first_days: list[Event], source: pd.DataFrame
) -> None:
    lake.set_rules(dqdl(FLIGHTS))
    lake.deliver(first_days)
    run = lake.run()

    rows = lake.rows()
    expected = source[source["flight_date"] <= date(2013, 1, 3)].reset_index(drop=True)
    assert len(rows) == len(expected) == len(rows.drop_duplicates(KEY)) == 842 + 943 + 914
    same = [
        *KEY,
        *("dest", "tailnum", "time_hour", "sched_dep_time", "sched_arr_time", "distance"),
        *("dep_time", "dep_delay", "arr_time", "arr_delay", "air_time"),
    ]
    pd.testing.assert_frame_equal(rows[same], expected[same], check_dtype=False, check_exact=True)
    assert (rows["cancelled"] == expected["dep_time"].isna()).all()
    late = expected["arr_delay"].map(lambda delay: None if pd.isna(delay) else delay >= 15)
    assert rows["arrived_late"].tolist() == late.tolist()
    assert (
        f"3 days from 2013-01-01 to 2013-01-03, 2699 rows published; {len(FLIGHTS.rules)} quality rules passed"
        in run["Output"]
    )
    assert f"{len(first_days)} events to process, of 3 days" in run["Output"]


def test_reference_data_is_that_of_the_scheduled_hour_plane_airline_and_airport(
    lake: Lake, first_days: list[Event]
) -> None:
    lake.deliver(first_days)
    lake.run()
    rows = lake.rows()
    tables = {
        name: pd.read_csv(data_folder() / f"{name}.csv") for name in ("planes", "airlines", "airports", "weather")
    }
    weather = tables["weather"].assign(time_hour=pd.to_datetime(tables["weather"]["time_hour"], utc=True))
    planes = tables["planes"].add_prefix("plane_").rename(columns={"plane_tailnum": "tailnum"})
    airports = tables["airports"].add_prefix("dest_").rename(columns={"dest_faa": "dest"})
    expected = (
        rows[[*KEY, "dest", "tailnum", "time_hour"]]
        .merge(weather.drop(columns=["year", "month", "day", "hour"]), on=["origin", "time_hour"], how="left")
        .merge(planes, on="tailnum", how="left")
        .merge(airports, on="dest", how="left")
        .merge(tables["airlines"].rename(columns={"name": "airline_name"}), on="carrier", how="left")
    )
    columns = [
        *("temp", "dewp", "humid", "wind_dir", "wind_speed", "wind_gust", "precip", "pressure", "visib"),
        *("plane_year", "plane_manufacturer", "plane_engines", "plane_seats", "airline_name"),
        *("dest_name", "dest_lat", "dest_lon"),
    ]
    pd.testing.assert_frame_equal(rows[columns], expected[columns], check_dtype=False, check_exact=True)
    missing = rows[columns].isna().sum()
    assert missing["plane_seats"] > 0
    assert missing["dest_name"] > 0
    assert missing["wind_gust"] > missing["temp"] > 0


def test_each_day_is_one_snappy_file_of_the_contracts_columns_in_a_catalogued_partition(
    lake: Lake, first_days: list[Event]
) -> None:
    lake.deliver(first_days)
    lake.run()
    keys = sorted(lake.curated())
    folders = [f"curated/flights/month=2013-01/day={day}" for day in sorted(FIRST_DAYS)]
    assert [key.rpartition("/")[0] for key in keys] == folders
    table = lake.glue.get_table(DatabaseName="mlref_lake", Name="flights")["Table"]
    columns = [(column["Name"], column["Type"]) for column in table["StorageDescriptor"]["Columns"]]
    for key in keys:
        content = pq.ParquetFile(io.BytesIO(lake.body(key)))
        types = [(field.name, str(field.type)) for field in content.schema_arrow]
        expected = [(name, TYPES.get(kind, kind)) for name, kind in columns]
        assert [pair for pair in types if "timestamp" not in pair[1]] == [p for p in expected if p[1] != "timestamp"]
        assert [name for name, _ in types] == [name for name, _ in columns]
        assert content.metadata.row_group(0).column(0).compression == "SNAPPY"
    partitions = lake.glue.get_partitions(DatabaseName="mlref_lake", TableName="flights")["Partitions"]
    places = {tuple(item["Values"]): item["StorageDescriptor"]["Location"] for item in partitions}
    assert places == {("2013-01", folder[-10:]): f"s3://lake/{folder}/" for folder in folders}


def test_a_second_run_changes_nothing(lake: Lake, first_days: list[Event]) -> None:
    lake.deliver(first_days)
    lake.run()
    before = lake.curated()
    assert "no new events, nothing to do" in lake.run()["Output"]
    assert lake.curated() == before


def test_a_rebuild_writes_every_day_again_with_the_same_rows(lake: Lake, first_days: list[Event]) -> None:
    lake.deliver(first_days)
    lake.run()
    rows, before = lake.rows(), lake.curated()
    with watching(lake) as days_seen:
        lake.run(rebuild="true")
    assert set(map(frozenset, days_seen)) == {frozenset(FIRST_DAYS)}  # no reader ever missed a day
    same_rows(lake.rows(), rows)
    assert not before.keys() & lake.curated().keys()
    after = lake.curated()
    assert "no new events, nothing to do" in lake.run(rebuild="false")["Output"]
    assert lake.curated() == after


def test_a_late_event_updates_its_day_and_no_other(lake: Lake, first_days: list[Event]) -> None:
    late, others = late_arrival(first_days)
    lake.deliver(others)
    lake.run()
    before, was = lake.curated(), lake.rows()
    lake.deliver([late])
    assert "1 events to process, of 1 days" in lake.run()["Output"]

    changed = before.keys() ^ lake.curated().keys()
    assert {key.split("/day=")[1][:10] for key in changed} == {"2013-01-02"}
    assert len(lake.files_of("2013-01-02")) == 1
    rows = lake.rows()
    row = is_flight(rows, late)
    assert was[row]["arr_delay"].isna().all()
    assert rows[row]["arr_delay"].tolist() == [late["arr_delay"]]
    same_rows(rows[~row], was[~row])  # 3 January keeps the rates that were published


def test_a_rebuild_brings_late_events_into_the_rates_of_the_days_after(lake: Lake, first_days: list[Event]) -> None:
    late, others = late_arrival(first_days)
    lake.deliver(others)
    lake.run()
    lake.deliver([late])
    lake.run()
    third = lake.rows()["flight_date"] == date(2013, 1, 3)
    published = lake.rows()[third]["origin_delay_rate_7d"]
    lake.run(rebuild="true")
    assert (lake.rows()[third]["origin_delay_rate_7d"] > published).any()


def test_days_that_come_one_after_the_other_give_the_same_as_all_at_once(
    lake: Lake, january: tuple[Event, ...]
) -> None:
    days = [f"2013-01-{day:02d}" for day in range(1, 13)]
    until = [event for event in january if event["flight_date"] in days]
    for some in (days[:5], days[5:9], days[9:]):
        lake.deliver(event for event in until if event["flight_date"] in some)
        lake.run()
    in_parts = lake.rows()
    assert len(in_parts) == len({tuple(event[name] for name in KEY) for event in until})
    assert in_parts["carrier_delay_rate_7d"].notna().mean() > 0.8
    lake.run(rebuild="true")
    same_rows(lake.rows(), in_parts)


def test_hours_that_come_one_after_the_other_give_the_same_as_all_at_once(
    lake: Lake, january: tuple[Event, ...]
) -> None:
    """As a job on a schedule sees it: each run has the events up to some midnight, flights in the air included."""
    until = [event for event in january if event["event_time"] < "2013-01-06"]
    for first, last in (("2013-01-01", "2013-01-03"), ("2013-01-03", "2013-01-05"), ("2013-01-05", "2013-01-06")):
        lake.deliver(event for event in until if first <= event["event_time"] < last)
        lake.run()
    in_parts = lake.rows()
    lake.run(rebuild="true")
    same_rows(lake.rows(), in_parts)


def test_redelivered_and_corrected_events(lake: Lake, first_days: list[Event], source: pd.DataFrame) -> None:
    departure = next(event for event in first_days if event["event_type"] == "departure")
    correction = {**departure, "event_id": "correction", "event_time": "2013-01-01T23:00:00Z", "dep_delay": 77}
    lake.deliver([*first_days, *first_days[::7], correction])
    lake.deliver(first_days[::5])
    lake.run()
    rows = lake.rows()
    assert len(rows) == 2699
    row = (rows[KEY] == [date(2013, 1, 1), departure["carrier"], departure["flight"], departure["origin"]]).all(
        axis=1
    )
    assert rows[row]["dep_delay"].tolist() == [77]
    others = source[source["flight_date"] <= date(2013, 1, 3)].reset_index(drop=True)
    assert (rows["dep_delay"].fillna(-999) != others["dep_delay"].fillna(-999)).sum() == 1


def test_a_new_nullable_column_in_the_events_breaks_nothing(lake: Lake, first_days: list[Event]) -> None:
    first = of_day(first_days, "2013-01-01")
    second = of_day(first_days, "2013-01-02")
    lake.deliver(first)
    lake.run()
    table = lake.glue.get_table(DatabaseName="mlref_lake", Name="flight_events")["Table"]
    table["StorageDescriptor"]["Columns"].append({"Name": "gate", "Type": "string"})
    kept = ("Name", "TableType", "Parameters", "PartitionKeys", "StorageDescriptor")
    lake.glue.update_table(DatabaseName="mlref_lake", TableInput={name: table[name] for name in kept})
    lake.deliver([{**event, "gate": "B12"} for event in second], {"gate": pa.string()})
    lake.run()
    assert lake.rows()["flight_date"].value_counts().to_dict() == {date(2013, 1, 1): 842, date(2013, 1, 2): 943}
    lake.run(rebuild="true")
    assert len(lake.rows()) == 842 + 943


def test_rows_that_fail_a_rule_are_not_published_and_the_run_says_why(lake: Lake, first_days: list[Event]) -> None:
    lake.deliver(of_day(first_days, "2013-01-01"))
    lake.run()
    published = lake.curated()
    lake.set_rules('Rules = [RowCount > 1000000, IsComplete "carrier", Completeness "wind_gust" > 0.99]')
    lake.deliver(of_day(first_days, "2013-01-02"))
    for _ in range(2):  # a failed run leaves the bookmark where it was
        message = lake.run("FAILED")["ErrorMessage"]
        assert "QualityGateError: 2 of 3 quality rules failed, nothing is published" in message
        assert "RowCount > 1000000" in message
        assert 'Completeness "wind_gust" > 0.99' in message
        assert lake.curated() == published
    lake.set_rules()
    lake.run()
    assert set(lake.rows()["flight_date"]) == {date(2013, 1, 1), date(2013, 1, 2)}
    assert published.items() <= lake.curated().items()


def test_a_run_that_died_between_write_and_delete_is_repaired_by_the_next(
    lake: Lake, first_days: list[Event]
) -> None:
    lake.deliver(of_day(first_days, "2013-01-01"))
    lake.run()
    (key,) = lake.files_of("2013-01-01")
    rows = lake.rows()
    # what such a run leaves: the files of both, its staged rows, and a bookmark that has not moved
    lake.s3.copy_object(Bucket="lake", Key=key.replace(".", "-2.", 1), CopySource={"Bucket": "lake", "Key": key})
    for name in ("known", "candidates"):
        left = f"curated/flights/_staging/{name}/left.parquet"
        lake.s3.copy_object(Bucket="lake", Key=left, CopySource={"Bucket": "lake", "Key": key})
    lake.glue.reset_job_bookmark(JobName=JOB)
    assert len(lake.rows()) == 2 * len(rows)
    lake.run()
    same_rows(lake.rows(), rows)
    assert len(lake.files_of("2013-01-01")) == 1


def test_a_landing_waits_for_its_departure(lake: Lake, first_days: list[Event]) -> None:
    day = of_day(first_days, "2013-01-01")
    missing = next(event for event in day if event["event_type"] == "departure")
    lake.deliver([event for event in day if event["event_id"] != missing["event_id"]])
    assert "of 1 rows the outcome came before the first event; left out until it comes" in lake.run()["Output"]
    assert len(lake.rows()) == 841
    lake.deliver([missing])
    lake.run()
    assert len(lake.rows()) == 842


def test_an_event_far_from_its_flight_date_is_told_and_touches_nothing(lake: Lake, first_days: list[Event]) -> None:
    lake.deliver(first_days)
    lake.run()
    before = lake.curated()
    lake.deliver([{**first_days[0], "event_time": "2013-03-01T12:00:00Z"}])
    assert "1 events do not belong to the time of their flight_date; left out" in lake.run()["Output"]
    assert lake.curated() == before


def test_an_empty_lake_is_no_error(lake: Lake) -> None:
    assert "no new events, nothing to do" in lake.run()["Output"]


def test_a_table_that_no_crawler_made_is_named(lake: Lake, first_days: list[Event]) -> None:
    lake.deliver(of_day(first_days, "2013-01-01"))
    lake.glue.delete_table(DatabaseName="mlref_lake", Name="planes")
    message = lake.run("FAILED")["ErrorMessage"]
    assert "CatalogError: database mlref_lake has no table planes: run the crawlers first" in message


def test_a_missing_argument_is_named(lake: Lake) -> None:
    job = lake.glue.get_job(JobName=JOB)["Job"]
    del job["DefaultArguments"]["--ruleset"]
    kept = ("Role", "Command", "DefaultArguments", "GlueVersion", "WorkerType", "NumberOfWorkers")
    lake.glue.update_job(JobName=JOB, JobUpdate={name: job[name] for name in kept})
    assert "the following arguments are required: --ruleset" in lake.run("FAILED")["ErrorMessage"]


@pytest.mark.spark
@pytest.mark.xdist_group("spark")
def test_spark_gives_the_same_rows_as_sail(
    lake: Lake, first_days: list[Event], monkeypatch: pytest.MonkeyPatch
) -> None:
    """With all that real events are: redelivered, corrected, cancelled late, landed without a departure."""
    departures = [event for event in first_days if event["event_type"] == "departure"]
    corrected = {**departures[0], "event_id": "correction", "event_time": "2013-01-01T23:00:00Z", "dep_delay": 77}
    kept = ("flight_date", "carrier", "flight", "origin", "dest", "sched_dep_time", "sched_arr_time", "time_hour")
    returned = {name: departures[1][name] for name in (*kept, "distance")}
    returned |= {"event_type": "cancellation", "event_id": "returned", "event_time": "2013-01-02T01:00:00Z"}
    orphaned = departures[2]["event_id"]
    lake.deliver([event for event in first_days if event["event_id"] != orphaned])
    lake.deliver([*first_days[::7], corrected, returned])
    lake.run()
    on_sail = lake.rows()
    assert len(on_sail) == 2698
    assert on_sail["cancelled"].sum() == 4 + 8 + 10 + 1

    monkeypatch.setenv("GLUE_ENGINE", "spark")
    sails = lake.curated()
    lake.glue.reset_job_bookmark(JobName=JOB)
    lake.run()
    same_rows(lake.rows(), on_sail)
    assert len(lake.curated()) == len(FIRST_DAYS)
    assert not sails.keys() & lake.curated().keys()
