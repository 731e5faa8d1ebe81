"""What is known of a payment as it happens, held against the curated table that Spark makes of the same events."""

from datetime import date
from typing import Any

import pandas as pd
import pytest

from datasets.payments import curation as module
from datasets.payments.curation import EVENTS, KEY, PAYMENTS
from datasets.payments.features import INPUTS
from processing.glue.curation import conform_events
from tests.unit.datasets.january import days, january, kept

DAYS = days(date(2013, 1, 15), date(2013, 1, 28))


@pytest.fixture(scope="module")
def rows(
    spark: Any, reference: dict[str, Any], tmp_path_factory: pytest.TempPathFactory
) -> dict[str, dict[str, Any]]:
    """Curated payments by id."""
    path = tmp_path_factory.mktemp("lake") / "events.parquet"
    frame = pd.DataFrame(january("payments"))
    frame["event_time"] = pd.to_datetime(frame["event_time"], utc=True).astype("datetime64[us, UTC]")
    frame.to_parquet(path)
    made = module.rows_of(conform_events(spark.read.parquet(str(path)), EVENTS, KEY))
    return {row["payment_id"]: row.asDict() for row in module.curate(made, DAYS, reference).collect()}


def test_every_input_of_a_payment_is_the_curated_one(rows: dict[str, dict[str, Any]]) -> None:
    """Asked when the authorization came, with nothing kept that came later."""
    memory, asked = kept("payments"), 0
    for event in january("payments"):
        memory.keep(event)
        if event["event_type"] != "authorization" or event["payment_id"] not in rows:
            continue
        row, known = rows[event["payment_id"]], memory.known(event)
        assert known.inputs.keys() <= set(INPUTS)
        expected = {name: _plain(row[name]) for name in INPUTS if row[name] is not None}
        assert known.inputs == pytest.approx(expected, rel=1e-9, abs=1e-9), event["payment_id"]
        asked += 1
    assert asked == len(rows) > 12_000


def test_the_curated_columns_have_all_inputs() -> None:
    assert set(INPUTS) <= {column.name for column in PAYMENTS.columns}


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value
