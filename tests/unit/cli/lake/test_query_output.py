"""How `mlref query` prints rows, without Athena."""

import csv
import io
import json
import sys
from typing import Any

import pytest

from cli.console import Console
from cli.errors import UserError
from cli.lake import query as module
from cli.lake.athena import QueryResult

RESULT = QueryResult(["carrier", "note"], [["UA", 'a "quoted", text'], ["AA", None]], 0.5, 1234)


@pytest.fixture(autouse=True)
def _answers(monkeypatch: pytest.MonkeyPatch) -> None:
    class Names:
        work_group = "group"
        database = "lake"

    monkeypatch.setattr(module, "outputs", Names)
    monkeypatch.setattr(module, "run_query", lambda sql, group, database: RESULT)


def test_json_is_an_object_a_row(capsys: pytest.CaptureFixture[str]) -> None:
    module.query("SELECT 1", as_json=True)
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert rows == [{"carrier": "UA", "note": 'a "quoted", text'}, {"carrier": "AA", "note": None}]


def test_csv_survives_quotes_and_nulls(capsys: pytest.CaptureFixture[str]) -> None:
    module.query("SELECT 1", as_csv=True)
    rows = list(csv.reader(io.StringIO(capsys.readouterr().out)))
    assert rows == [["carrier", "note"], ["UA", 'a "quoted", text'], ["AA", ""]]


def test_both_formats_are_refused() -> None:
    with pytest.raises(UserError, match="choose one of --json and --csv"):
        module.query("SELECT 1", as_json=True, as_csv=True)


def test_statement_from_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def run_query(sql: str, *_: Any) -> QueryResult:
        asked.append(sql)
        return RESULT

    monkeypatch.setattr(module, "run_query", run_query)
    monkeypatch.setattr(sys, "stdin", io.StringIO("SELECT 2"))
    module.query("-")
    assert asked == ["SELECT 2"]


def test_long_table_says_what_it_leaves_out() -> None:
    console = Console(file=io.StringIO(), width=80)
    module.show(RESULT, console, limit=1)
    text = console.file.getvalue()  # type: ignore[attr-defined]
    assert "UA" in text
    assert "AA" not in text
    assert "2 rows (the first 1 shown), 1,234 bytes scanned" in text
