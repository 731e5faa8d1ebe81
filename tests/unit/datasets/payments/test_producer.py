"""The events of payments: in order, within the contract, and without the truth."""

import json
from itertools import pairwise

import pytest

from contracts import load
from contracts.validation import Validator, decode
from datasets.parts import DatasetError
from datasets.payments import producer
from datasets.payments.generator.fraud import KINDS
from datasets.payments.generator.months import generate, kinds
from datasets.record import Record


@pytest.fixture(scope="module")
def january() -> list[Record]:
    return producer.month_events(1)


def test_events_are_in_order_and_of_each_month_no_other_is_needed(january: list[Record]) -> None:
    assert all(left.time <= right.time for left, right in pairwise(january))
    both = list(producer.replay([2, 1]))
    assert all(left.time <= right.time for left, right in pairwise(both))
    assert len(both) == producer.count([1, 2]) == len(january) + producer.count([2])
    assert [record for record in both if b'"payment_date":"2013-01' in record.data] == january


def test_every_event_keeps_the_contract_and_loses_nothing_by_it(january: list[Record]) -> None:
    validator = Validator(load("payments").events)
    for record in january[::50]:
        event = json.loads(record.data)
        checked = validator.validate(decode(record.data))
        assert {name: checked[name] for name in event if name != "event_time"} == {
            name: value for name, value in event.items() if name != "event_time"
        }


def test_an_approved_payment_ends_once_and_a_declined_one_never(january: list[Record]) -> None:
    made = generate(1)
    events = [json.loads(record.data) for record in january]
    ended = [event["payment_id"] for event in events if event["event_type"] != "authorization"]
    assert sorted(ended) == [made.id[row] for row in range(len(made.id)) if made.approved[row]]
    assert [e["payment_id"] for e in events if e["event_type"] == "authorization"] == made.id
    assert len({event["event_id"] for event in events}) == len(events) == producer.count([1])


def test_disputes_tell_of_fraud_and_nothing_else_does(january: list[Record]) -> None:
    truth = kinds(1)
    disputed = {
        event["payment_id"]
        for event in (json.loads(record.data) for record in january if b"chargeback" in record.data)
        if event["chargeback_reason"].startswith("10.")
    }
    assert disputed <= set(truth)
    assert len(disputed) > 0.8 * len(truth)  # the others were declined
    text = b"".join(record.data for record in january)
    assert not [kind for kind in (*KINDS, "fraud", "kind") if kind.encode() in text]


def test_a_cards_events_have_its_key(january: list[Record]) -> None:
    assert all(record.key == json.loads(record.data)["card_id"] for record in january[::50])
    assert producer.PARTITION == ("card_id",)


def test_a_month_that_is_none_is_named() -> None:
    with pytest.raises(DatasetError, match="there is no month 0: months are 1 to 12"):
        producer.month_events(0)


def test_reference_files_are_those_of_the_contract() -> None:
    tables = load("payments").reference
    assert sorted(producer.REFERENCE) == sorted(table.name for table in tables)
    for table in tables:
        header = (producer.data_folder() / f"{table.name}.csv").read_text("utf-8").splitlines()[0]
        assert header.split(",") == [column.name for column in table.columns]
