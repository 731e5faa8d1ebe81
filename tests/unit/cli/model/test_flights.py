"""Flights as requests: only the model's inputs, typed by the contract, and keys that cannot be anything else."""

import json
from datetime import date
from types import SimpleNamespace
from typing import Any

import pytest

from cli.errors import UserError
from cli.lake.athena import QueryResult
from cli.model import flights as module
from cli.model.flights import departures, flight, parse_key
from datasets.flights.features import DATASET
from processing.records import RecordReader

NAMES: Any = SimpleNamespace(work_group="group", database="lake")
ROW = {
    "flight_date": "2013-04-01", "carrier": "UA", "flight": "1545", "origin": "EWR", "dest": "IAH",
    "sched_dep_time": "515", "sched_arr_time": "819", "distance": "1400", "dest_lat": "29.984433",
    "dest_lon": "-95.341442", "plane_year": None, "plane_manufacturer": "BOEING", "plane_engines": "2",
    "plane_seats": "149", "temp": "39.02", "dewp": "2.802E1", "humid": "64.43", "wind_dir": "260.0",
    "wind_speed": "12.65858", "precip": "0.0", "pressure": "1011.9", "visib": "10.0",
    "carrier_delay_rate_7d": "0.2125", "origin_delay_rate_7d": "0.25",
}  # fmt: skip


class Athena:
    """Answers with a row, and remembers the statement."""

    def __init__(self, *rows: dict[str, str | None]) -> None:
        self.rows = rows
        self.sql = ""

    def __call__(self, sql: str, work_group: str, database: str) -> QueryResult:
        self.sql = sql
        columns = sql.removeprefix("SELECT ").split(" FROM ")[0].split(", ")
        return QueryResult(columns, [[row[name] for name in columns] for row in self.rows], 0.1, 0)


@pytest.fixture
def athena(monkeypatch: pytest.MonkeyPatch) -> Athena:
    fake = Athena(ROW)
    monkeypatch.setattr(module, "run_query", fake)
    return fake


def test_a_request_has_the_models_inputs_and_nothing_else(athena: Athena) -> None:
    (found,) = departures(NAMES, date(2013, 4, 1), date(2013, 4, 30))
    assert found.key == "2013-04-01/UA/1545/EWR"
    assert set(found.inputs) == set(DATASET.inputs) - {"plane_year"}, "what is missing is left out"
    assert json.loads(found.body) == found.inputs
    assert (found.inputs["distance"], found.inputs["dewp"]) == (1400, 28.02)
    RecordReader(DATASET, {"dest": frozenset()}).objects([found.inputs])  # the model takes it


def test_nothing_that_is_known_later_is_read(athena: Athena) -> None:
    departures(NAMES, date(2013, 4, 1), date(2013, 4, 30), 10, 7)
    read = athena.sql.removeprefix("SELECT ").split(" FROM ")[0].split(", ")
    assert set(read) == {*DATASET.inputs, *DATASET.table.primary_key}
    late = {column.name for column in DATASET.table.columns if column.leaks or column.label}
    assert late
    assert not late & set(read)


def test_a_seed_chooses_and_the_window_is_one_of_partitions(athena: Athena) -> None:
    departures(NAMES, date(2013, 3, 18), date(2013, 3, 31), 10, 7)
    assert "day BETWEEN '2013-03-18' AND '2013-03-31'" in athena.sql
    assert athena.sql.endswith("LIMIT 10")
    first = athena.sql
    departures(NAMES, date(2013, 3, 18), date(2013, 3, 31), 10, 8)
    assert athena.sql != first
    departures(NAMES, date(2013, 3, 18), date(2013, 3, 31))
    assert "LIMIT" not in athena.sql


def test_departures_come_in_the_order_of_time(athena: Athena) -> None:
    times = ["1200", "530", "2359", "45"]
    athena.rows = tuple(ROW | {"sched_dep_time": item, "flight": str(n + 1)} for n, item in enumerate(times))
    found = departures(NAMES, date(2013, 4, 1), date(2013, 4, 1))
    assert [item.inputs["sched_dep_time"] for item in found] == [45, 530, 1200, 2359]


def test_no_departures_is_a_sentence(athena: Athena) -> None:
    athena.rows = ()
    with pytest.raises(UserError, match="no departures from 2013-04-01 to 2013-04-30: `mlref load-history`"):
        departures(NAMES, date(2013, 4, 1), date(2013, 4, 30))
    with pytest.raises(UserError, match="no flight 2013-04-01/UA/1545/EWR"):
        flight(NAMES, "2013-04-01/UA/1545/EWR")


def test_a_key_becomes_a_condition_on_one_partition(athena: Athena) -> None:
    assert flight(NAMES, "2013-04-01/ua/1545/EWR").key == "2013-04-01/UA/1545/EWR"
    where = athena.sql.split(" WHERE ")[1].split(" ORDER ")[0]
    assert where == (
        "flight_date = DATE '2013-04-01' AND carrier = 'UA' AND flight = 1545 AND origin = 'EWR' AND day = '2013-04-01'"
    )


@pytest.mark.parametrize(
    ("key", "reason"),
    [
        ("UA1545", "a flight is flight_date/carrier/flight/origin"),
        ("2013-04-31/UA/1545/EWR", "flight_date: expected a date"),
        ("2013-04-01/UAL/1545/EWR", "carrier: expected"),
        ("2013-04-01/U'/1545/EWR", "carrier: expected"),
        ("2013-04-01/UA/15x/EWR", "flight: expected int"),
        ("2013-04-01/UA/1545/BOS", "origin: expected one of EWR, JFK, LGA"),
        ("2013-04-01/UA/1545/EWR' OR 1=1 --", "origin: expected one of"),
    ],
)
def test_what_is_no_key_is_named(key: str, reason: str) -> None:
    with pytest.raises(UserError, match=reason):
        parse_key(key)
