"""The contract of the payments, and what is derived from it: rules, queries and features."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import sqlglot
from open_data_contract_standard.model import OpenDataContractStandard
from sqlglot import exp

from contracts import load
from contracts.derive import dqdl
from contracts.model import ContractError
from datasets.payments.features import DATASET, derive
from localcloud.glue.standin.dqdl.model import simple_rules
from localcloud.glue.standin.dqdl.parse import parse

FOLDER = Path(__file__).parents[4] / "datasets" / "payments"
QUERIES = sorted((FOLDER / "queries").glob("*.sql"))
AFTERWARDS = (
    *("response_code", "approved", "settlement_time", "settled_amount"),
    *("chargeback_time", "chargeback_reason", "fraud"),
)


def test_document_is_valid_odcs() -> None:
    standard = OpenDataContractStandard.from_file(str(FOLDER / "contract.odcs.yaml"))
    assert [table.name for table in standard.schema_ or ()] == list(load("payments").tables)


def test_quality_rules_are_dqdl_of_columns_that_there_are() -> None:
    curated = load("payments").curated
    rules = parse(dqdl(curated))
    assert len(rules) == len(curated.rules)
    columns = {column.name for column in curated.columns}
    assert {name for rule in simple_rules(rules) if rule.type != "CustomSql" for name in rule.parameters} <= columns


@pytest.mark.parametrize("name", AFTERWARDS)
def test_what_is_known_after_the_payment_was_scored_is_no_feature(name: str) -> None:
    with pytest.raises(ContractError, match=f"payments.{name} leaks"):
        replace(DATASET, inputs=(*DATASET.inputs, name))


def test_nothing_else_is_marked() -> None:
    assert {column.name for column in DATASET.table.columns if column.leaks} == set(AFTERWARDS)


@pytest.mark.parametrize("path", QUERIES, ids=lambda path: path.stem)
def test_a_query_asks_a_question_of_columns_that_there_are(path: Path) -> None:
    text = path.read_text("utf-8")
    assert text.startswith("-- ")
    assert "?" in text.splitlines()[0]
    parsed = sqlglot.parse_one(text, read="trino")
    own = {item.alias for item in parsed.find_all(exp.CTE)}
    tables = {table.name for table in parsed.find_all(exp.Table)} - own
    if tables == {"quarantine"}:
        return
    contract = load("payments")
    known = {c.name for name in tables for c in (*contract.table(name).columns, *contract.table(name).partition_keys)}
    made = {item.alias for item in parsed.find_all(exp.Alias)}
    assert {column.name for column in parsed.find_all(exp.Column)} <= known | made


def test_derived_columns() -> None:
    columns = {
        "payment_date": np.array([15706.0, 15707.0]),  # Tuesday 1 and Wednesday 2 January 2013
        "hour": np.array([5.0, 6.0]),
        "merchant_country": np.array(["DE", "US"], object),
        "card_country": np.array(["DE", "DE"], object),
        "card_at_merchant_14d": np.array([0.0, 3.0]),
        "amount_eur": np.array([90.0, 8.0]),
        "card_mean_amount_14d_eur": np.array([30.0, 0.5]),
        "travel_km": np.array([400.0, 100.0]),
        "travel_hours": np.array([0.5, 0.01]),
    }
    found = {name: values.tolist() for name, values in derive(columns).items()}
    assert found == {
        "day_of_week": [1, 2],
        "is_weekend": [0, 0],
        "is_night": [1, 0],
        "is_domestic": [1, 0],
        "is_first_at_merchant": [1, 0],
        "amount_ratio": [3, 8],
        "travel_kmh": [800, 1000],
    }
