"""Documents that are no contracts: a ContractError of one sentence that says where, whatever is wrong."""

import copy
from collections.abc import Callable
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from contracts import names
from contracts.derive import arrow_schema, dqdl, glue_columns, spark_ddl
from contracts.model import ContractError, parse
from contracts.store import CONTRACT, DATASETS
from contracts.validation import Validator
from tests.mutations import mutants

DOCUMENTS: dict[str, dict[str, Any]] = {
    name: yaml.safe_load((DATASETS / name / CONTRACT).read_text("utf-8")) for name in names()
}
FLIGHTS = DOCUMENTS["flights"]


def _schema(document: Any) -> Any:
    return document["schema"][0]


def _column(document: Any) -> Any:
    return _schema(document)["properties"][0]


def _set(where: Callable[[Any], Any], **members: Any) -> Callable[[Any], None]:
    return lambda document: where(document).update(members)


def _drop(where: Callable[[Any], Any], name: str) -> Callable[[Any], None]:
    return lambda document: where(document).pop(name)


def _whole(document: Any) -> Any:
    return document


CASES: list[tuple[Callable[[Any], object], str]] = [
    (_drop(_whole, "schema"), "the contract: schema is missing"),
    (_set(_whole, schema=None), "the contract: schema is missing"),
    (_set(_whole, schema={}), "the contract: schema must be a list, not {}"),
    (_set(_whole, schema=[]), "the contract: schema has no tables"),
    (_set(_whole, schema=["x"]), "the contract: entry 1 of schema must be a mapping, not 'x'"),
    (_drop(_whole, "id"), "the contract: id is missing"),
    (_set(_whole, id=7), "the contract: id must be a text, not 7"),
    (_set(_whole, version=1.0), "the contract: version must be a text, not 1.0"),
    (_set(_whole, id="  "), "the contract: id is empty"),
    (lambda document: document["schema"].append(_schema(document)), "the contract: flight_events is there twice"),
    (_drop(_schema, "name"), "the contract: entry 1 of schema: name is missing"),
    (_drop(_schema, "description"), "flight_events: description is missing"),
    (_drop(_schema, "properties"), "flight_events: properties is missing"),
    (_set(_schema, properties="x"), "flight_events: properties must be a list, not 'x'"),
    (_set(_schema, properties=[]), "flight_events: properties has no column but partition keys"),
    (_set(_schema, customProperties=[]), "flight_events: format is missing"),
    (_set(_schema, customProperties=[{}]), "flight_events: entry 1 of customProperties: property is missing"),
    (_set(_schema, customProperties={"a": 1}), "flight_events: customProperties must be a list, not {'a': 1}"),
    (
        lambda it: _schema(it)["customProperties"].append({"property": "format"}),
        "the custom property format is there",
    ),
    (lambda it: _schema(it)["customProperties"][1].update(value="orc"), "format 'orc' is not one of parquet, csv"),
    (
        lambda it: _schema(it)["customProperties"][2].update(value="then"),
        "eventTime names 'then', which is no column",
    ),
    (
        lambda it: _schema(it)["customProperties"][0].update(value=["a"]),
        "flight_events: location must be a text, not",
    ),
    (_set(_schema, quality=[{}]), "flight_events: entry 1 of quality: implementation is missing"),
    (_set(_schema, quality=[{"implementation": 3}]), "entry 1 of quality: implementation must be a text, not 3"),
    (_drop(_column, "name"), "flight_events: entry 1 of properties: name is missing"),
    (_set(_column, name=["a"]), "flight_events: entry 1 of properties: name must be a text, not ['a']"),
    (_drop(_column, "physicalType"), "flight_events.event_id: physicalType is missing"),
    (_set(_column, physicalType="varchar"), "flight_events.event_id: type 'varchar' is not one of"),
    (_set(_column, physicalType=["string"]), "flight_events.event_id: physicalType must be a text, not ['string']"),
    (_set(_column, required="yes"), "flight_events.event_id: required must be true or false, not 'yes'"),
    (_drop(_column, "primaryKeyPosition"), "flight_events.event_id: primaryKeyPosition is missing"),
    (_set(_column, primaryKeyPosition="1"), "flight_events.event_id: primaryKeyPosition must be a whole number, not"),
    (_set(_column, primaryKeyPosition=True), "flight_events.event_id: primaryKeyPosition must be a whole number"),
    (_set(_column, logicalTypeOptions=[]), "flight_events.event_id: logicalTypeOptions must be a mapping, not []"),
    (_set(_column, logicalTypeOptions={"minimum": "0"}), "logicalTypeOptions: minimum must be a number, not '0'"),
    (_set(_column, logicalTypeOptions={"pattern": "("}), "flight_events.event_id: pattern '(' is no regular"),
    (_set(_column, logicalTypeOptions={"pattern": 5}), "logicalTypeOptions: pattern must be a text, not 5"),
    (
        _set(_column, customProperties=[{"property": "enum", "value": "ab"}]),
        "event_id: enum must be a list, not 'ab'",
    ),
    (
        _set(_column, customProperties=[{"property": "enum", "value": [1]}]),
        "event_id: an entry of enum must be a text",
    ),
    (
        _set(_column, customProperties=[{"property": "leaks", "value": 1}]),
        "event_id: leaks must be true or false, not",
    ),
    (lambda it: _schema(it)["properties"].append(_column(it)), "flight_events: event_id is there twice"),
]


@pytest.mark.parametrize("number", range(len(CASES)))
def test_what_is_wrong_and_where(number: int) -> None:
    change, message = CASES[number]
    document = copy.deepcopy(FLIGHTS)
    change(document)
    with pytest.raises(ContractError) as refusal:
        parse(document)
    assert message in str(refusal.value)
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize("document", [None, 1, "x", [], [FLIGHTS], True, 1.5, ()])
def test_no_document(document: Any) -> None:
    with pytest.raises(ContractError, match="the contract must be a mapping"):
        parse(document)


@pytest.mark.parametrize("name", DOCUMENTS)
@given(data=st.data())
def test_mutants_of_the_contracts_are_read_or_refused(name: str, data: st.DataObject) -> None:
    try:
        contract = parse(data.draw(mutants(DOCUMENTS[name])))
    except ContractError as error:
        assert "\n" not in str(error)  # noqa: PT017 - others are read
        return
    for table in contract.tables.values():  # what is read is of use
        assert len(glue_columns(table.columns)) == len(arrow_schema(table.columns)) == len(table.columns)
        assert spark_ddl(table.columns).startswith(table.columns[0].name)
        assert all(rule in dqdl(table) for rule in table.rules)
        try:
            Validator(table)
        except ContractError as error:
            assert "a table of events needs" in str(error)  # noqa: PT017
