"""Which records a function gets: the tables of the pages on filtering."""

import json
from typing import Any

import pytest

from localcloud.event_sources.filters import FilterError, Filters


def _filters(*patterns: Any, member: str = "") -> Filters:
    return Filters({"Filters": [{"Pattern": json.dumps(pattern)} for pattern in patterns]}, member)


@pytest.mark.parametrize(
    ("pattern", "body", "kept"),
    [
        ({"body": {"k": ["v"]}}, '{"k": "v"}', True),
        ({"body": {"k": ["v"]}}, '{"k": "w"}', False),
        ({"body": {"k": ["v"]}}, "v", False),  # valid JSON is wanted, plain text came: dropped
        ({"body": {"k": [{"exists": False}]}}, "v", False),
        ({"body": ["v"]}, "v", True),
        ({"body": [{"prefix": "v"}]}, "very", True),
        ({"body": ["v"]}, '{"k": "v"}', False),  # plain text is wanted, valid JSON came: dropped
        ({"messageId": ["1"]}, "anything", True),  # nothing is said of the body
        ({"messageId": ["2"]}, '{"k": "v"}', False),
        ({"messageId": ["1"], "body": {"k": [{"exists": True}]}}, ' {"k": null}', True),
    ],
)
def test_a_message_by_the_form_of_its_body(pattern: Any, body: str, kept: bool) -> None:
    assert _filters(pattern, member="body")({"messageId": "1", "body": body}, body) is kept


def test_one_of_several_patterns_is_enough() -> None:
    filters = _filters({"body": {"k": ["a"]}}, {"body": {"k": ["b"]}}, member="body")
    assert [filters({}, json.dumps({"k": value})) for value in "abc"] == [True, True, False]


def test_without_patterns_all_are_kept() -> None:
    assert Filters(None)({"eventName": "INSERT"})
    assert Filters({"Filters": []}, "body")({}, "x")


def test_images_of_a_table_are_matched_as_they_are() -> None:
    """Snapshots of localstack's test_dynamodb_event_filter."""
    image = {"dynamodb": {"NewImage": {"n": {"N": "42"}}}}
    wanted = [{"numeric": [">", 100]}, {"anything-but": "101"}]
    assert _filters({"dynamodb": {"NewImage": {"n": {"N": wanted}}}})(image)
    assert not _filters({"dynamodb": {"NewImage": {"n": {"N": [{"numeric": [">", 1]}]}}}})(image)
    assert _filters({"dynamodb": {"NewImage": {"n": [{"exists": False}]}}})(image)


@pytest.mark.parametrize("text", ["null", "simple string", '{"a": "b"}', '{"a": []}', '[{"a": ["b"=1}]', "", None])
def test_what_is_no_pattern_is_refused(text: str | None) -> None:
    with pytest.raises(FilterError):
        Filters({"Filters": [{"Pattern": text}]})


def test_the_data_of_a_stream_is_json() -> None:
    with pytest.raises(FilterError):
        _filters({"data": ["text"]}, member="data")
