"""The folder that is written: valid, formatted, and true of the sample."""

import importlib
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import sqlglot
import yaml
from sqlglot.optimizer.qualify import qualify

import datasets as package
from cli.lake.athena import QueryResult
from cli.lake.producer.dirt import Dirt
from cli.model import rows
from cli.model.rows import parse_key
from contracts import load, store
from contracts.derive import dqdl
from contracts.validation import EventError, Validator, decode
from datasets.parts import producer, scenario
from localcloud.glue.standin.dqdl.parse import parse as parse_dqdl
from processing.dataset import load_dataset
from processing.records import RecordReader
from tests.unit.cli.lake.new_dataset.conftest import Command

REPOSITORY = Path(__file__).parents[5]
QUERIES = (
    "duplicate_check",
    "label_by_category",
    "missing_values",
    "numeric_summary",
    "quarantine_summary",
    "rows_a_day",
)


@pytest.fixture
def importable(datasets: Path) -> Iterator[Path]:
    """Modules of the written folders can be imported, and their contracts loaded."""
    package.__path__.insert(0, str(datasets))
    store._document.cache_clear()
    load.cache_clear()
    yield datasets
    package.__path__.remove(str(datasets))
    for name in [name for name in sys.modules if name.startswith(("datasets.passengers", "datasets.visits"))]:
        del sys.modules[name]
    store._document.cache_clear()
    load.cache_clear()
    importlib.invalidate_caches()


@pytest.fixture
def written(importable: Path, command: Command, passengers: Path) -> Path:
    assert command(passengers, "--yes") == 0
    return importable / "passengers"


def column(table: Any, name: str) -> dict[str, Any]:
    (found,) = [item for item in table["properties"] if item["name"] == name]
    custom: dict[str, Any] = {item["property"]: item["value"] for item in found.get("customProperties", ())}
    return {**custom, **found}


def test_the_contract_says_what_the_sample_shows(written: Path) -> None:
    document = yaml.safe_load((written / store.CONTRACT).read_text("utf-8"))
    events, curated = document["schema"]
    assert column(events, "name")["personal"] == column(curated, "name")["personal"] == "name"
    assert column(curated, "alive")["leaks"] is True
    assert column(events, "sex")["enum"] == ["female", "male"]
    assert column(events, "fare")["logicalTypeOptions"]["minimum"] == 0
    assert "required" not in column(events, "age")
    contract = load("passengers")
    assert contract.curated.primary_key == ("passenger_id",)
    assert contract.curated.column("survived").label
    assert contract.curated.column("survived").type == "boolean"
    assert contract.events.column("survived").type == "int"
    assert contract.reference == ()
    assert parse_dqdl(dqdl(contract.curated))
    assert parse_key("passengers", scenario("passengers").key)


def test_features_leave_out_what_is_personal_known_later_or_prose(written: Path) -> None:
    dataset = load_dataset("datasets.passengers.features")
    assert dataset.inputs == ("record_date", "sex", "age", "fare")
    assert (dataset.groups, dataset.baseline, dataset.label) == (("sex",), ("sex",), "survived")
    source = (written / "features.py").read_text("utf-8")
    for line in ('Number("fare", log=True),', 'Missing("age"),', "# - alive: it tells the label by itself"):
        assert line in source


@pytest.mark.usefixtures("written")
def test_every_row_is_an_event_and_dirt_is_none() -> None:
    source, validator = producer("passengers"), Validator(load("passengers").events)
    records = list(source.replay(range(1, 13)))
    assert source.count(range(1, 13)) == len(records) == 600
    assert [record.time for record in records] == sorted(record.time for record in records)
    events = [validator.validate(decode(record.data)) for record in records]
    assert {event["passenger_id"] for event in events} == set(range(1, 601))
    refused = 0
    for record in Dirt(load("passengers").events, 1, 7).spread(records):
        if record.kind in ("malformed", "wrong_typed"):
            with pytest.raises(EventError):
                validator.validate(decode(record.data))
            refused += 1
    assert refused > 100


@pytest.mark.usefixtures("written")
def test_the_days_held_back_have_both_classes_though_the_file_has_no_times() -> None:
    told, source = scenario("passengers"), producer("passengers")
    held_back: list[int] = []
    later = 0
    for record in source.replay(range(1, 13)):
        event: Any = decode(record.data)
        if told.control.first.isoformat() <= event["record_date"] <= told.control.last.isoformat():
            held_back.append(event["survived"])
        later += told.quiet.first.isoformat() <= event["record_date"] <= told.quiet.last.isoformat()
    assert set(held_back) == {0, 1}
    assert later > 50
    assert told.window[1] == told.control.last < told.quiet.first
    assert told.loud is None


def test_queries_are_about_columns_that_there_are(written: Path) -> None:
    schema = {
        table.name: {item.name: item.type for item in (*table.columns, *table.partition_keys)}
        for table in load("passengers").tables.values()
    }
    refused = ("errorcode", "lasterrorcode", "errormessage", "lasterrormessage", "arrivaltimestamp")
    schema["quarantine"] = dict.fromkeys(refused, "string")
    found = {path.name: path.read_text("utf-8") for path in (written / "queries").iterdir()}
    assert sorted(found) == sorted(f"{name}.sql" for name in QUERIES)
    for name, sql in found.items():
        (statement,) = sqlglot.parse(sql, read="athena")
        assert statement is not None
        assert statement.args["order"]
        assert sql.splitlines()[0].partition("?")[1] == "?", "the description says which question it answers"
        drawn = [chart for chart in scenario("passengers").charts if f"{chart.query}.sql" == name]
        answered = set(sqlglot.parse_one(sql, read="athena").named_selects)
        assert all({*chart.by, *(value for value, _ in chart.values)} <= answered for chart in drawn)
        qualify(statement, schema=schema, dialect="athena", validate_qualify_columns=True)


def test_the_modules_are_formatted_and_clean(written: Path) -> None:
    config = REPOSITORY / "pyproject.toml"
    for arguments in (["check"], ["format", "--check"]):
        done = subprocess.run(
            [sys.executable, "-m", "ruff", *arguments, "--no-cache", "--config", config, written],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout


@pytest.fixture
def visits(importable: Path, command: Command, tmp_path: Path) -> Path:
    lines = ["clinic;visit;seen at;days"]
    for number in range(660):
        seen = f"2023-{1 + number // 60:02d}-{1 + number % 28:02d} {number % 24:02d}:30"
        lines.append(f"{('A', 'O_B')[number % 2]};{number // 2};{seen};{number % 11}".replace("_", "'"))
    path = tmp_path / "visits.csv"
    path.write_text("\n".join(lines), "utf-8")
    arguments = (path, "--key", "clinic,visit", "--time", "seen at", "--label", "days", "--above", 7, "--yes")
    assert command(*arguments) == 0
    return importable / "visits"


def test_times_of_the_file_are_event_times(visits: Path) -> None:
    curation = (visits / "curation.py").read_text("utf-8")
    dataset, made = load_dataset("datasets.visits.features"), producer("visits")
    assert dataset.label == "days_above_7"
    assert {"day_of_week", "hour"} <= {getattr(item, "name", "") for item in dataset.features}
    assert (made.YEAR, made.PARTITION) == (2023, ("clinic", "visit"))
    (first, *_) = made.month_events(2)
    event: Any = decode(first.data)
    assert event["event_time"].startswith("2023-02-")
    assert "seen_at" not in event
    assert 'F.col("days") > 7' in curation
    assert parse_key("visits", "O'B/3") == {"clinic": "'O''B'", "visit": "3"}


def test_a_request_with_a_time_is_one_that_the_endpoint_takes(visits: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def run_query(sql: str, *_: str) -> QueryResult:
        names = [*sql.removeprefix("SELECT ").split(" FROM ")[0].split(", ")]
        known = {"clinic": "A", "visit": "1", "record_date": "2023-02-01", "event_time": "2023-02-01 10:30:00.000"}
        return QueryResult(names, [[known.get(name, known["event_time"]) for name in names]], 0.1, 0)

    monkeypatch.setattr(rows, "run_query", run_query)
    names: Any = SimpleNamespace(dataset="visits", work_group="group", database="lake")
    (row,) = rows.asked_for(names, date(2023, 2, 1), date(2023, 2, 1))
    dataset = load_dataset("datasets.visits.features")
    columns = RecordReader(dataset, {}).objects([row.inputs])
    assert columns["event_time"][0] == datetime(2023, 2, 1, 10, 30, tzinfo=UTC).timestamp()


class TestQuestions:
    def test_without_a_terminal_what_is_missing_is_named(
        self, command: Command, passengers: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert command(passengers) == 1
        assert "Give --name, or --yes to take the guess 'passengers'" in capsys.readouterr().err

    def test_everything_that_is_given_is_not_asked(self, command: Command, passengers: Path, datasets: Path) -> None:
        given = ("--name", "crew", "--key", "-", "--time", "-", "--label", "Survived", "--positive", "0")
        assert command(passengers, *given) == 0
        assert 'PARTITION = ("row_id",)' in (datasets / "crew" / "producer.py").read_text("utf-8")
        assert 'F.col("survived") == 0' in (datasets / "crew" / "curation.py").read_text("utf-8")

    def test_on_a_terminal_the_guess_is_confirmed(
        self, command: Command, passengers: Path, datasets: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        asked: list[tuple[str, str]] = []

        def answer(question: str, *, default: str, **_: Any) -> str:
            asked.append((question.partition(" (")[0], default))
            return default

        monkeypatch.setattr("cli.lake.new_dataset.command.typer.prompt", answer)
        monkeypatch.setattr(sys.stdin, "isatty", lambda: True)
        assert command(passengers) == 0
        assert asked == [
            ("Name of the dataset", "passengers"),
            ("Column to predict", "Survived"),
            ("Which value of Survived is true", "1"),
            ("Columns that identify a row, such as A,B", "Passenger Id"),
            ("Column that says when it happened", "-"),
        ]
        assert (datasets / "passengers").is_dir()
