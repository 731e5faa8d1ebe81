"""Files of events, and the arguments of `mlref predict` and `mlref traffic`."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from cli.errors import UserError
from cli.model.predict import predict, read_file, table
from cli.model.traffic import days_of, parse_days, traffic
from datasets.flights.features import DATASET

EVENT = {"carrier": "UA", "distance": 1400, "temp": None}


def written(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text, "utf-8")
    return path


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.json", '{"carrier": "UA", "distance": 1400, "temp": null}'),
        ("a.json", '[{"carrier": "UA", "distance": 1400, "temp": null}]\n'),
        ("a.json", '{"instances": [{"carrier": "UA", "distance": 1400, "temp": null}]}'),
        ("a.jsonl", '\n{"carrier": "UA", "distance": 1400, "temp": null}\n\n'),
    ],
)
def test_json_and_lines_of_it_are_read(tmp_path: Path, name: str, text: str) -> None:
    assert read_file(written(tmp_path, name, text), lambda: DATASET.table) == [EVENT]


def test_csv_has_the_contracts_types_and_empty_is_missing(tmp_path: Path) -> None:
    path = written(tmp_path, "a.csv", "carrier,distance,temp,arr_delay,note\nUA,1400,,3,x\nB6,x,3.5,,\n")
    assert read_file(path, lambda: DATASET.table) == [
        {"carrier": "UA", "distance": 1400, "arr_delay": 3, "note": "x"},
        {"carrier": "B6", "distance": "x", "temp": 3.5},
    ], "what does not fit is left for the model to refuse"


@pytest.mark.parametrize(
    ("name", "text", "reason"),
    [
        ("a.json", "{", "a.json: not JSON"),
        ("a.jsonl", '{"a": 1}\nx\n', "a.jsonl:2: not JSON"),
        ("a.csv", "carrier,temp\nUA\n", "a.csv:2: expected 2 fields"),
        ("a.csv", "carrier,temp\nUA,1,2\n", "a.csv:2: expected 2 fields"),
        ("a.csv", 'carrier,temp\nUA,"1"x\n', "a.csv:2: not CSV"),
        ("a.parquet", "PAR1", "is .json, .jsonl or .csv"),
    ],
)
def test_a_file_that_cannot_be_read_is_a_sentence(tmp_path: Path, name: str, text: str, reason: str) -> None:
    with pytest.raises(UserError, match=reason):
        read_file(written(tmp_path, name, text), lambda: DATASET.table)


def test_a_file_that_is_not_there_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="cannot read"):
        read_file(tmp_path / "none.json", lambda: DATASET.table)


def test_one_of_event_file_and_key(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="give one of"):
        predict()
    with pytest.raises(UserError, match="give one of"):
        predict("{}", file=tmp_path)


def test_one_of_months_and_days() -> None:
    both: dict[str, Any] = {"months": "4", "days": "2013-04-01"}
    for given in ({}, both):
        with pytest.raises(UserError, match="give one of --months and --days"):
            traffic(**given)


def test_answers_are_a_table() -> None:
    shown = table([{"row": 0, "probability": 0.3123, "late": False}, {"row": 1, "value": 12.5}])
    assert [str(column.header) for column in shown.columns] == ["row", "probability", "late", "value"]
    cells = [[str(cell) for cell in column.cells] for column in shown.columns]
    assert cells == [
        ["0", "1"],
        ["0.312", ""],
        ["no", ""],
        ["", "12.500"],
    ]


def test_days_are_a_range_or_one_day() -> None:
    assert parse_days("2013-03-18..2013-03-31") == (date(2013, 3, 18), date(2013, 3, 31))
    assert parse_days("2013-03-18") == (date(2013, 3, 18), date(2013, 3, 18))
    assert days_of(2013, 2) == (date(2013, 2, 1), date(2013, 2, 28))


@pytest.mark.parametrize(
    "text", ["", "march", "2013-03-18..", "2013-03-32", "2013-03-31..2013-03-18", "..2013-03-18"]
)
def test_other_days_are_named(text: str) -> None:
    if text == "2013-03-18..":
        assert parse_days(text) == (date(2013, 3, 18),) * 2
        return
    with pytest.raises(UserError, match="--days takes"):
        parse_days(text)
