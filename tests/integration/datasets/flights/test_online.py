"""What is known of a flight at push-back, held against the curated table that Spark makes of the same events."""

import csv
from collections.abc import Iterable
from datetime import date
from typing import Any

import pandas as pd
import pytest

from datasets.flights import curation as module
from datasets.flights.curation import CONTRACT, EVENTS, KEY
from datasets.flights.features import INPUTS
from datasets.flights.producer import data_folder
from datasets.kept import Kept
from datasets.online import Event
from processing.glue.curation import conform_events, conform_reference
from tests.unit.datasets.january import days, january, kept

DAYS = days(date(2013, 1, 2), date(2013, 1, 28))
RATES = ("carrier_delay_rate_7d", "origin_delay_rate_7d")
Rows = dict[tuple[Any, ...], dict[str, Any]]


@pytest.fixture(scope="module")
def rows(spark: Any, tmp_path_factory: pytest.TempPathFactory) -> Rows:
    """Curated flights by key."""
    path = tmp_path_factory.mktemp("lake") / "events.parquet"
    frame = pd.DataFrame(january("flights"))
    for name in ("event_time", "time_hour"):
        frame[name] = pd.to_datetime(frame[name], utc=True).astype("datetime64[us, UTC]")
    frame.to_parquet(path)
    reference = {
        table.name: conform_reference(
            spark.read.option("header", True).csv(str(data_folder() / f"{table.name}.csv")), table
        )
        for table in CONTRACT.reference
    }
    made = module.rows_of(conform_events(spark.read.parquet(str(path)), EVENTS, KEY))
    found = [row.asDict() for row in module.curate(made, DAYS, reference).collect()]
    return {_key({**row, "flight_date": str(row["flight_date"])}): row for row in found}


def _key(row: dict[str, Any]) -> tuple[Any, ...]:
    return tuple(row[name] for name in KEY)


def departures(rows: Rows) -> Iterable[tuple[Event, dict[str, Any]]]:
    for event in january("flights"):
        if event["event_type"] == "departure" and _key(event) in rows:
            yield event, {name: _plain(rows[_key(event)][name]) for name in INPUTS}


def known(memory: Kept, event: Event) -> dict[str, Any]:
    found = memory.known(event).inputs
    assert found.keys() <= set(INPUTS)
    return found


def test_when_all_have_landed_every_input_is_the_curated_one(rows: Rows) -> None:
    memory, asked = kept("flights"), 0
    for event in january("flights"):
        memory.keep(event)
    for event, row in departures(rows):
        expected = {name: value for name, value in row.items() if value is not None}
        assert known(memory, event) == pytest.approx(expected, rel=1e-9, abs=1e-9), _key(event)
        asked += 1
    assert asked > 20_000


def test_at_push_back_only_the_rates_differ_by_what_was_in_the_air(rows: Rows) -> None:
    """Landings of the day before that came later are known to the batch table only."""
    memory, batch = kept("flights"), {_key(event): row for event, row in departures(rows)}
    apart: list[float] = []
    for event in january("flights"):
        memory.keep(event)
        if event["event_type"] != "departure" or _key(event) not in batch:
            continue
        row, found = batch[_key(event)], known(memory, event)
        others = {name: value for name, value in row.items() if value is not None and name not in RATES}
        assert {name: value for name, value in found.items() if name not in RATES} == pytest.approx(others, rel=1e-9)
        if event["flight_date"] >= "2013-01-09":  # when there are seven days to look back on
            apart.append(max(abs(found[name] - row[name]) for name in RATES))
    differing = [size for size in apart if size > 1e-9]
    # On the first flights of a day, mostly, and by the lateness of the last ones of the day before
    assert 0 < len(differing) < 0.1 * len(apart)
    assert sum(differing) / len(differing) < 0.002
    assert max(apart) < 0.1  # of a carrier with two flights a day


def test_the_reference_is_that_of_curation() -> None:
    with (data_folder() / "weather.csv").open(encoding="utf-8", newline="") as file:
        keys = {(row["origin"], row["time_hour"]) for row in csv.DictReader(file)}
    assert len([key for key in kept("flights").items if key.pk.startswith("weather#")]) == len(keys)


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value
