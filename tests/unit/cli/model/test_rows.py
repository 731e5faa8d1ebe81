"""Rows as requests: only the model's inputs, typed by the contract, and keys that cannot be anything else."""

import json
from datetime import date
from types import SimpleNamespace
from typing import Any

import pytest

from cli.errors import UserError
from cli.lake.athena import QueryResult
from cli.model import rows as module
from cli.model.rows import asked_for, parse_key, row_of
from datasets.flights.features import DATASET
from processing.records import RecordReader

NAMES: Any = SimpleNamespace(dataset="flights", work_group="group", database="lake")
ROW = {
    "time_hour": "2013-04-01 09:00:00.000", "flight_date": "2013-04-01",
    "carrier": "UA", "flight": "1545", "origin": "EWR", "dest": "IAH",
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
        return QueryResult(self.read, [[row[name] for name in self.read] for row in self.rows], 0.1, 0)

    @property
    def read(self) -> list[str]:
        """Columns of the statement."""
        columns = self.sql.removeprefix("SELECT ").split(" FROM ")[0].split(", ")
        return [column.removeprefix("CAST(").removesuffix(" AS varchar)") for column in columns]


@pytest.fixture
def athena(monkeypatch: pytest.MonkeyPatch) -> Athena:
    fake = Athena(ROW)
    monkeypatch.setattr(module, "run_query", fake)
    return fake


def test_a_request_has_the_models_inputs_and_nothing_else(athena: Athena) -> None:
    (found,) = asked_for(NAMES, date(2013, 4, 1), date(2013, 4, 30))
    assert found.key == "2013-04-01/UA/1545/EWR"
    assert set(found.inputs) == set(DATASET.inputs) - {"plane_year"}, "what is missing is left out"
    assert json.loads(found.body) == found.inputs
    assert (found.inputs["distance"], found.inputs["dewp"]) == (1400, 28.02)
    RecordReader(DATASET, {"dest": frozenset()}).objects([found.inputs])  # the model takes it


def test_nothing_that_is_known_later_is_read(athena: Athena) -> None:
    asked_for(NAMES, date(2013, 4, 1), date(2013, 4, 30), 10, 7)
    assert set(athena.read) == {*DATASET.inputs, *DATASET.table.primary_key, "time_hour"}
    late = {column.name for column in DATASET.table.columns if column.leaks or column.label}
    assert late
    assert not late & set(athena.read)


def test_a_seed_chooses_and_the_window_is_one_of_partitions(athena: Athena) -> None:
    asked_for(NAMES, date(2013, 3, 18), date(2013, 3, 31), 10, 7)
    assert "day BETWEEN '2013-03-18' AND '2013-03-31'" in athena.sql
    assert athena.sql.endswith("LIMIT 10")
    first = athena.sql
    asked_for(NAMES, date(2013, 3, 18), date(2013, 3, 31), 10, 8)
    assert athena.sql != first
    asked_for(NAMES, date(2013, 3, 18), date(2013, 3, 31))
    assert "LIMIT" not in athena.sql


def test_rows_come_in_the_order_of_time(athena: Athena) -> None:
    hours = ["16", "09", "23", "04"]
    athena.rows = tuple(ROW | {"time_hour": f"2013-04-01 {hour}:00", "flight": str(int(hour))} for hour in hours)
    found = asked_for(NAMES, date(2013, 4, 1), date(2013, 4, 1))
    assert [item.key.split("/")[2] for item in found] == ["4", "9", "16", "23"]


def test_no_departures_is_a_sentence(athena: Athena) -> None:
    athena.rows = ()
    with pytest.raises(UserError, match="no departures from 2013-04-01 to 2013-04-30: `mlref load-history`"):
        asked_for(NAMES, date(2013, 4, 1), date(2013, 4, 30))
    with pytest.raises(UserError, match="no row 2013-04-01/UA/1545/EWR"):
        row_of(NAMES, "flights", "2013-04-01/UA/1545/EWR")


def test_a_key_becomes_a_condition_on_one_partition(athena: Athena) -> None:
    assert row_of(NAMES, "flights", "2013-04-01/ua/1545/EWR").key == "2013-04-01/UA/1545/EWR"
    where = athena.sql.split(" WHERE ")[1].split(" ORDER ")[0]
    assert where == (
        "flight_date = DATE '2013-04-01' AND carrier = 'UA' AND flight = 1545 AND origin = 'EWR' AND day = '2013-04-01'"
    )


@pytest.mark.parametrize(
    ("key", "reason"),
    [
        ("UA1545", "a key is flight_date/carrier/flight/origin, such as 2013-04-01/UA/1545/EWR"),
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
        parse_key("flights", key)
