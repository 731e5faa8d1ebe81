"""The contract is valid ODCS v3, says what the project relies on, and survives being bundled."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from open_data_contract_standard.model import OpenDataContractStandard

from contracts import compiled, load
from contracts.derive import dqdl, glue_columns, spark_ddl
from contracts.model import ContractError, parse


@pytest.fixture(scope="module")
def document(repository: Path) -> dict[str, Any]:
    read: dict[str, Any] = yaml.safe_load((repository / "datasets/flights/contract.odcs.yaml").read_text("utf-8"))
    return read


def test_document_is_valid_odcs(repository: Path) -> None:
    standard = OpenDataContractStandard.from_file(str(repository / "datasets/flights/contract.odcs.yaml"))
    assert standard.apiVersion == "v3.0.2"
    assert standard.schema_ is not None
    assert [table.name for table in standard.schema_] == list(load("flights").tables)


def test_logical_types_agree_with_physical_types(document: dict[str, Any]) -> None:
    agree = {
        "string": "string",
        "int": "integer",
        "bigint": "integer",
        "double": "number",
        "boolean": "boolean",
        "timestamp": "date",
        "date": "date",
    }
    wrong = [
        f"{table['name']}.{item['name']}"
        for table in document["schema"]
        for item in table["properties"]
        if item["logicalType"]
        != ("date" if "format" in item.get("logicalTypeOptions", {}) else agree[item["physicalType"]])
    ]
    assert wrong == []


def test_bundled_json_is_the_same_contract(document: dict[str, Any]) -> None:
    assert parse(json.loads(compiled("flights"))) == load("flights") == parse(document)


def test_compiled_is_reproducible() -> None:
    assert compiled("flights") == compiled("flights")
    assert "\n" not in compiled("flights")


def test_partition_keys_are_not_columns() -> None:
    for table in load("flights").tables.values():
        assert not {column.name for column in table.columns} & {key.name for key in table.partition_keys}


def test_primary_keys_are_required_columns() -> None:
    for table in load("flights").tables.values():
        assert table.primary_key
        assert all(table.column(name).required for name in table.primary_key)


def test_leaking_columns_are_everything_known_after_push_back() -> None:
    flights = load("flights").table("flights")
    assert {column.name for column in flights.columns if column.leaks} == {
        "cancelled",
        "dep_time",
        "dep_delay",
        "arr_time",
        "arr_delay",
        "air_time",
        "arrived_late",
    }
    assert [column.name for column in flights.columns if column.label] == ["arrived_late"]


def test_unknown_names_are_said() -> None:
    with pytest.raises(KeyError, match="no table 'plane', only flight_events, flights"):
        load("flights").table("plane")
    with pytest.raises(KeyError, match="flights has no column 'delay'"):
        load("flights").table("flights").column("delay")
    with pytest.raises(ContractError, match="no dataset 'trains', only diagnoses, flights"):
        load("trains")


def test_unknown_type_names_its_column(document: dict[str, Any]) -> None:
    broken = json.loads(json.dumps(document))
    broken["schema"][0]["properties"][0]["physicalType"] = "varchar"
    with pytest.raises(ContractError, match=r"flight_events\.event_id: type 'varchar'"):
        parse(broken)


def test_glue_columns_carry_unit_and_fit_glue() -> None:
    columns = {item["Name"]: item for item in glue_columns(load("flights").table("flights").columns)}
    assert columns["distance"] == {
        "Name": "distance",
        "Type": "int",
        "Comment": "Distance between the airports [miles]",
    }
    assert all(len(item["Comment"]) <= 255 for item in columns.values())


def test_spark_ddl_keeps_order() -> None:
    assert spark_ddl(load("flights").table("airlines").columns) == "carrier string, name string"


def test_dqdl_has_every_rule() -> None:
    rules = load("flights").table("flights").rules
    text = dqdl(load("flights").table("flights"))
    assert text.startswith("Rules = [\n")
    assert len(rules) >= 10
    assert all(rule in text for rule in rules)
