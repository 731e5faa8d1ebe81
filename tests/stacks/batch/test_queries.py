"""The named queries: Athena's SQL, about columns that exist."""

import re
from pathlib import Path
from typing import Any

import pytest
import sqlglot
from sqlglot import exp
from sqlglot.optimizer.qualify import qualify

import contracts

DATASETS = Path(__file__).resolve().parents[3] / "datasets"
FILES = [*DATASETS.glob("queries/*.sql"), *sorted(DATASETS.glob("flights/queries/*.sql"))]
ONE_ROW = {"delay_iqr_bounds"}
WANTED = {
    "delay_by_carrier",
    "delay_by_hour",
    "delay_by_origin",
    "completeness",
    "delay_iqr_bounds",
    "daily_trend",
    "worst_routes",
    "weather_against_delay",
    "duplicate_check",
    "quarantine_summary",
}


def test_every_query_is_deployed_and_described(assembly: Any, flatten: Any) -> None:
    database = assembly.foundation.properties("AWS::Glue::Database")["DatabaseInput"]["Name"]
    deployed = {}
    for item in assembly.lakehouse.of("AWS::Athena::NamedQuery").values():
        properties = item["Properties"]
        assert properties["Database"] == database
        assert flatten(properties["WorkGroup"]) == "<WorkGroup>"
        assert properties["Description"].partition("?")[1] == "?"  # says which question it answers
        deployed[properties["Name"]] = properties["QueryString"]
    assert deployed == {file.stem: file.read_text("utf-8") for file in FILES}
    assert set(deployed) >= WANTED


@pytest.fixture(scope="module")
def schema(default: Any) -> dict[str, dict[str, str]]:
    """Columns by table: those of the contract, and of the quarantine table as it is deployed."""
    tables = {
        table.name: {column.name: column.type for column in (*table.columns, *table.partition_keys)}
        for table in contracts.load("flights").tables.values()
    }
    quarantine = default.lakehouse.properties("AWS::Glue::Table", "QuarantineTable")["TableInput"]
    columns = quarantine["StorageDescriptor"]["Columns"]
    return tables | {"quarantine": {column["Name"]: column["Type"] for column in columns}}


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_query_uses_only_tables_and_columns_there_are(file: Path, schema: dict[str, dict[str, str]]) -> None:
    (statement,) = sqlglot.parse(file.read_text("utf-8"), read="athena")
    assert isinstance(statement, exp.Query)
    ctes = {cte.alias for cte in statement.find_all(exp.CTE)}
    tables = {table.name for table in statement.find_all(exp.Table)} - ctes
    assert tables
    assert tables <= schema.keys()
    # Raises on a column that no source has.
    qualify(statement, schema=schema, dialect="athena", validate_qualify_columns=True)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_every_column_of_the_answer_has_a_name(file: Path) -> None:
    (statement,) = sqlglot.parse(file.read_text("utf-8"), read="athena")
    for select in statement.find_all(exp.Select):
        unnamed = [item.sql() for item in select.expressions if not item.alias_or_name]
        assert unnamed == []
    # An answer of several rows is in an order, so that it can be compared with another.
    assert statement.args.get("order") or file.stem in ONE_ROW


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_no_division_of_whole_numbers(file: Path) -> None:
    """Athena divides integers to integers, and decimals (100.0) with as few places as they have: 1e2 is a double."""
    text = file.read_text("utf-8")
    (statement,) = sqlglot.parse(text, read="athena")
    for division in statement.find_all(exp.Div):
        operands = division.sql(dialect="athena")
        assert re.search(r"\d[eE]\d|1E2|AS DOUBLE|delay_minutes", operands), operands
    assert not re.search(r"\d\.\d+(?![\deE])\s*[*/]", text)
