"""Against botocore's stubs: which calls are made, what their answers lead to."""

from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import pytest

from contracts import load
from processing.glue.lake import CatalogError, delete_keys, keys_under, require_tables

FLIGHTS = load("flights")


class Pages:
    """A client with one paginated operation."""

    def __init__(self, *pages: dict[str, Any]) -> None:
        self.pages = pages
        self.calls: list[tuple[str, dict[str, Any]]] = []

    def get_paginator(self, operation: str) -> SimpleNamespace:
        def paginate(**arguments: Any) -> tuple[dict[str, Any], ...]:
            self.calls.append((operation, arguments))
            return self.pages

        return SimpleNamespace(paginate=paginate)


def catalogued(name: str, columns: list[str], keys: Sequence[str] = ()) -> dict[str, Any]:
    return {
        "Name": name,
        "StorageDescriptor": {"Columns": [{"Name": column} for column in columns]},
        "PartitionKeys": [{"Name": key} for key in keys],
    }


AIRLINES = {"airlines": FLIGHTS.table("airlines")}


def test_tables_with_more_columns_than_the_contract_are_fine() -> None:
    events = FLIGHTS.table("flight_events")
    keys = [key.name for key in events.partition_keys]
    columns = [column.name for column in events.columns]
    glue = Pages(
        {"TableList": [catalogued("airlines", ["carrier", "name", "alliance"])]},
        {"TableList": [catalogued("events", columns, keys)]},
    )
    require_tables(glue, "lake", {**AIRLINES, "events": events})
    assert glue.calls == [("get_tables", {"DatabaseName": "lake"})]


def test_a_missing_table_is_named_with_the_remedy() -> None:
    with pytest.raises(CatalogError, match="database lake has no table airlines: run the crawlers first"):
        require_tables(Pages({"TableList": []}), "lake", AIRLINES)


def test_columns_that_a_crawler_took_from_no_header_are_named() -> None:
    glue = Pages({"TableList": [catalogued("airlines", ["col0", "col1"])]})
    with pytest.raises(CatalogError, match=r"lake\.airlines lacks carrier, name of its contract; it has col0, col1"):
        require_tables(glue, "lake", AIRLINES)


def test_a_partition_key_counts_as_a_column() -> None:
    events = FLIGHTS.table("flight_events")
    glue = Pages({"TableList": [catalogued("events", [column.name for column in events.columns], ["event_type"])]})
    with pytest.raises(CatalogError, match="lacks event_date of its contract"):
        require_tables(glue, "lake", {"events": events})


def test_keys_of_all_prefixes_and_pages() -> None:
    s3 = Pages({"Contents": [{"Key": "a"}]}, {}, {"Contents": [{"Key": "b"}]})
    assert keys_under(s3, "lake", ["p/", "q/"]) == ["a", "b", "a", "b"]
    assert [call[1]["Prefix"] for call in s3.calls] == ["p/", "q/"]


def test_delete_takes_a_thousand_keys_a_call_and_none_for_none() -> None:
    calls: list[dict[str, Any]] = []

    def delete_objects(**request: Any) -> dict[str, Any]:
        calls.append(request)
        return {}

    s3 = SimpleNamespace(delete_objects=delete_objects)
    delete_keys(s3, "lake", [])
    assert calls == []
    delete_keys(s3, "lake", [str(n) for n in range(1001)])
    assert [len(call["Delete"]["Objects"]) for call in calls] == [1000, 1]


def test_a_refused_delete_is_an_error() -> None:
    refusal = {"Errors": [{"Key": "k", "Code": "AccessDenied", "Message": "no"}]}
    s3 = SimpleNamespace(delete_objects=lambda **_: refusal)
    with pytest.raises(RuntimeError, match="s3://lake/k was not deleted: AccessDenied no"):
        delete_keys(s3, "lake", ["k"])
