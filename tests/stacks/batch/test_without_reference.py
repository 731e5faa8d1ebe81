"""A dataset without reference tables has no crawler of such, and nothing that names one."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import contracts
from stacks import outputs


def test_there_is_one_crawler_and_it_is_of_the_events(
    synthesize: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    flights = contracts.load("flights")
    own = {name: table for name, table in flights.tables.items() if table.role != "reference"}
    monkeypatch.setattr(contracts, "load", lambda _: replace(flights, tables=own))
    lakehouse = synthesize(tmp_path, {}).lakehouse
    (crawler,) = lakehouse.of("AWS::Glue::Crawler")
    assert crawler.startswith("EventsCrawler")
    kinds = {item["Type"] for item in lakehouse.resources.values()}
    assert "AWS::Glue::Classifier" not in kinds
    assert not [name for name in lakehouse.resources if name.startswith("Reference")]
    assert outputs.REFERENCE_CRAWLER not in lakehouse.document["Outputs"]
    assert outputs.EVENTS_CRAWLER in lakehouse.document["Outputs"]
