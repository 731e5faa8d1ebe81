"""The stacks for another dataset: its tables, its queries, its names, and nothing of the flights."""

import json
import zipfile
from typing import Any

import pytest

from contracts import load
from settings import SettingsError, from_context
from stacks.parts.bundle import job_library

PAYMENTS = load("payments")


@pytest.fixture(scope="module")
def payments(synthesize: Any, tmp_path_factory: pytest.TempPathFactory) -> Any:
    return synthesize(tmp_path_factory.mktemp("payments"), {"dataset": "payments"})


def test_nothing_is_left_of_the_flights(payments: Any) -> None:
    for template in payments.templates:
        assert "flight" not in json.dumps(template.document).lower(), template.name


def test_every_template_has_the_resources_it_has_for_flights(payments: Any, default: Any) -> None:
    for ours, theirs in zip(payments.templates, default.templates, strict=True):
        kinds = [
            sorted(item["Type"] for item in template.resources.values() if "NamedQuery" not in item["Type"])
            for template in (ours, theirs)
        ]
        assert kinds[0] == kinds[1], ours.name


def test_the_catalog_has_the_tables_of_the_contract(payments: Any) -> None:
    tables = [
        item["Properties"]["TableInput"]
        for template in payments.templates
        for item in template.resources.values()
        if item["Type"] == "AWS::Glue::Table"
    ]
    columns = {
        table["Name"]: [column["Name"] for column in table["StorageDescriptor"]["Columns"]] for table in tables
    }
    for table in (PAYMENTS.events, PAYMENTS.curated):
        assert columns[table.name] == [column.name for column in table.columns]


def test_jobs_ship_with_one_dataset_and_without_what_makes_it() -> None:
    with job_library("payments") as archive, zipfile.ZipFile(archive) as library:
        names = {name for name in library.namelist() if name.startswith(("datasets/", "contracts/"))}
    assert "contracts/payments.json" in names
    assert {name for name in names if name.startswith("datasets/")} == {
        "datasets/__init__.py",
        *(f"datasets/payments/{name}.py" for name in ("__init__", "curation", "features")),
    }


@pytest.mark.parametrize("name", ["none", "Flights", "../flights", "parts"])
def test_a_dataset_that_is_none_is_one_sentence(name: str) -> None:
    with pytest.raises(SettingsError, match=r"^Setting dataset="):
        from_context({"dataset": name})
