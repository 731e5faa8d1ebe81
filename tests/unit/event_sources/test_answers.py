"""What counts as a success, and what fails a batch."""

import json

import pytest

from localcloud.event_sources.answers import failed_items


@pytest.mark.parametrize(
    "answer", ["", [], None, {}, {"batchItemFailures": []}, {"batchItemFailures": None}, {"statusCode": 200}]
)
def test_an_answer_without_failures_is_a_success(answer: object) -> None:
    assert failed_items(json.dumps(answer).encode(), {"1"}) == set()


@pytest.mark.parametrize("item", [{"itemIdentifier": value} for value in (123, "", None, "9")] + [{"foo": "1"}, "1"])
def test_an_item_that_is_none_fails_the_batch(item: object) -> None:
    answer = {"batchItemFailures": [{"itemIdentifier": "1"}, item]}
    assert failed_items(json.dumps(answer).encode(), {"1"}) is None


@pytest.mark.parametrize("payload", [b"not JSON", b'"text"', b"[1]", b'{"batchItemFailures": "1"}'])
def test_an_answer_of_another_form_fails_the_batch(payload: bytes) -> None:
    assert failed_items(payload, {"1"}) is None


def test_the_failed_items_are_told() -> None:
    answer = {"batchItemFailures": [{"itemIdentifier": "2"}, {"itemIdentifier": "3"}]}
    assert failed_items(json.dumps(answer).encode(), {"1", "2", "3"}) == {"2", "3"}
    assert failed_items(b"", {"1"}) == set()
