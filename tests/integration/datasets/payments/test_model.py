"""What a model of the payments finds of each planted kind of fraud, next to rules that need no machine learning."""

import json
import math
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import pandas as pd
import pytest

from contracts.model import ContractError
from datasets.payments import curation, producer
from datasets.payments.curation import EVENTS, KEY
from datasets.payments.features import DATASET
from datasets.payments.generator.fraud import KINDS
from datasets.payments.generator.months import kinds
from processing.dataset import Dataset
from processing.glue.curation import conform_events
from processing.sagemaker import inference
from tests.unit.processing.sagemaker.support import Jobs

FIRST, LAST = date(2013, 1, 1), date(2013, 3, 31)
HELD_BACK_DAYS = 14
MODULE = ("--features", "datasets.payments.features")


@dataclass
class Scored:
    """The payments of the days that the model has not learned from, with its answers; and the model."""

    rows: pd.DataFrame
    model: inference.Model


@pytest.fixture(scope="module")
def scored(spark: Any, reference: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> Scored:
    folder = tmp_path_factory.mktemp("payments")
    frame = pd.DataFrame([json.loads(record.data) for record in producer.replay((1, 2, 3))])
    frame["event_time"] = pd.to_datetime(frame["event_time"], utc=True).astype("datetime64[us, UTC]")
    frame["event_date"] = frame["event_time"].dt.strftime("%Y-%m-%d")
    frame.to_parquet(folder / "events.parquet")
    known = curation.rows_of(conform_events(spark.read.parquet(str(folder / "events.parquet")), EVENTS, KEY))
    days = [FIRST + timedelta(days=number) for number in range((LAST - FIRST).days + 1)]
    curated = curation.curate(known, days, reference).toArrow().to_pandas()
    (folder / "curated").mkdir()
    curated.to_parquet(folder / "curated" / "part-0.parquet")

    jobs = Jobs(folder)
    preprocess = jobs.processing("preprocess", "preprocess", *MODULE, inputs={"curated": folder / "curated"})
    parts = {name: preprocess.output(name) for name in ("train", "validation", "artifacts")}
    model = inference.model_fn(str(jobs.training("train", channels=parts).root / "model"))
    later = curated[curated["payment_date"] > LAST - timedelta(days=HELD_BACK_DAYS)].dropna(subset=["fraud"])
    rows = [_request(row) for row in later[list(DATASET.inputs)].to_dict("records")]
    answers = inference.predict(inference.Request(rows, fields=False), model)
    truth = {key: kind for month in (1, 2, 3) for key, kind in kinds(month).items()}
    return Scored(
        later.assign(alert=[answer["fraud"] for answer in answers], kind=later["payment_id"].map(truth)), model
    )


def _request(row: dict[str, Any]) -> dict[str, Any]:
    row["payment_date"] = row["payment_date"].isoformat()
    return {name: value for name, value in row.items() if not pd.isna(value)}


def precision_and_recall(alert: "pd.Series[bool]", fraud: "pd.Series[bool]") -> tuple[float, float]:
    hits = int((alert & fraud).sum())
    return hits / int(alert.sum()), hits / int(fraud.sum())


def test_the_model_is_better_than_rules(scored: Scored) -> None:
    """In both: fewer false alarms, and more of the fraud. The rules are those of the query rule_baseline."""
    rows = scored.rows
    fraud = rows["fraud"].astype(bool)
    rules = {
        "large amount": rows["amount_eur"] > 500,
        "many in an hour": rows["card_payments_1h"] >= 3,
        "stripe abroad": (rows["entry_mode"] == "swipe") & (rows["merchant_country"] != rows["card_country"]),
    }
    rules["any of them"] = rules["large amount"] | rules["many in an hour"] | rules["stripe abroad"]
    precision, recall = precision_and_recall(rows["alert"].astype(bool), fraud)
    assert (precision, recall) > (0.3, 0.6)
    for name, alert in rules.items():
        rule = precision_and_recall(alert, fraud)
        assert precision > rule[0], name
        assert recall > rule[1], name


@pytest.mark.parametrize("kind", KINDS)
def test_every_planted_kind_is_found(scored: Scored, kind: str) -> None:
    found = scored.rows.loc[scored.rows["kind"] == kind, "alert"]
    assert len(found) > 5
    assert math.fsum(found) / len(found) > 0.5


@pytest.mark.parametrize("column", ["settled_amount", "chargeback_reason", "approved", "response_code"])
def test_what_is_known_after_the_authorization_is_refused(scored: Scored, column: str) -> None:
    assert DATASET.table.column(column).leaks
    with pytest.raises(ContractError, match=f"{column} leaks"):
        Dataset("payments", DATASET.table, (*DATASET.inputs, column), DATASET.features)
    row = _request(scored.rows[list(DATASET.inputs)].iloc[0].to_dict())
    with pytest.raises(inference.RequestError, match=f"{column}: known only after the prediction is made"):
        inference.predict(inference.Request([{**row, column: "00"}], fields=False), scored.model)
