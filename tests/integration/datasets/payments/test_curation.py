"""The curation of payments on Sail, held against plain loops. The job on Spark is tested where the flights are."""

import csv
import json
import math
from collections import defaultdict
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from contracts.derive import dqdl, spark_ddl
from datasets.payments import curation as module
from datasets.payments import producer
from datasets.payments.curation import EVENTS, HISTORY_DAYS, KEY, PAYMENTS
from localcloud.glue.standin.dqdl.evaluate import evaluate
from processing.glue.curation import conform_events

ALL = (*EVENTS.columns, *EVENTS.partition_keys)
DAY = date(2013, 1, 20)
Event = dict[str, Any]
Rows = dict[str, dict[str, Any]]


@pytest.fixture(scope="module")
def january() -> list[Event]:
    """The events of the payments of January."""
    return [json.loads(record.data) for record in producer.month_events(1)]


@pytest.fixture(scope="module")
def curated(
    spark: Any, reference: dict[str, Any], tmp_path_factory: pytest.TempPathFactory
) -> Callable[[list[Event]], Rows]:
    """The rows of DAY, by payment id, made of events."""

    def make(events: list[Event]) -> Rows:
        path = tmp_path_factory.mktemp("lake") / "events.parquet"
        frame = pd.DataFrame(events)
        frame["event_time"] = pd.to_datetime(frame["event_time"], utc=True).astype("datetime64[us, UTC]")
        frame["event_date"] = frame["event_time"].dt.strftime("%Y-%m-%d")
        frame.to_parquet(path)
        rows = module.rows_of(conform_events(spark.read.parquet(str(path)), EVENTS, KEY))
        found = [row.asDict() for row in module.curate(rows, [DAY], reference).collect()]
        assert len({row["payment_id"] for row in found}) == len(found)
        return {row["payment_id"]: row for row in found}

    return make


@pytest.fixture(scope="module")
def whole(curated: Callable[[list[Event]], Rows], january: list[Event]) -> Rows:
    return curated(january)


def event_day(event: Event) -> date:
    return date.fromisoformat(event["event_time"][:10])


# --- one payment ---------------------------------------------------------------------------------------------------


def event(kind: str, hours: float, **values: Any) -> Event:
    """An event of one payment, ``hours`` after the beginning of DAY."""
    at = datetime.combine(DAY, datetime.min.time(), UTC) + timedelta(hours=hours)
    told: dict[str, Event] = {
        "authorization": {"merchant_country": "DE", "currency": "EUR", "entry_mode": "chip"}
        | {"card_present": True, "response_code": "00", "merchant_category": "5411"},
        "settlement": {},
        "chargeback": {"chargeback_reason": "10.4"},
    }
    identity = {"payment_id": "20130120-000001", "payment_date": str(DAY), "card_id": "C0", "merchant_id": "M0"}
    return {
        "event_type": kind,
        "event_id": f"{kind}-{hours}",
        "event_time": at,
        "event_date": str(at.date()),
        **identity,
        "amount": 1000,
        **told[kind],
        **values,
    }


@pytest.fixture
def outcome(spark: Any) -> Callable[..., dict[str, Any]]:
    """The one row of events."""

    def build(*events: Event) -> dict[str, Any]:
        rows = [tuple(item.get(column.name) for column in ALL) for item in events]
        frame = conform_events(spark.createDataFrame(rows, spark_ddl(ALL)), EVENTS, KEY)
        (row,) = module.rows_of(frame).collect()
        return dict(row.asDict())

    return build


def test_the_label_is_what_became_of_an_approved_payment(outcome: Callable[..., dict[str, Any]]) -> None:
    paid = event("authorization", 10)
    assert outcome(paid)["fraud"] is None  # not known yet
    assert outcome(paid, event("settlement", 74))["fraud"] is False
    assert outcome(paid, event("chargeback", 30))["fraud"] is True
    assert outcome(paid, event("chargeback", 30, chargeback_reason="13.1"))["fraud"] is False
    assert outcome(paid, event("settlement", 74), event("chargeback", 75))["fraud"] is True
    assert outcome(event("authorization", 10, response_code="05"), event("chargeback", 30))["fraud"] is None


def test_a_redelivered_event_counts_once_and_the_latest_wins(outcome: Callable[..., dict[str, Any]]) -> None:
    paid, corrected = event("authorization", 10), event("authorization", 11, amount=1200)
    assert outcome(paid, corrected, paid, paid)["amount"] == 1200
    row = outcome(corrected, event("settlement", 74, amount=1300), event("settlement", 74, amount=1300))
    assert (row["amount"], row["settled_amount"], row["opened"]) == (1200, 1300, True)


def test_an_end_without_authorization_opens_no_row(outcome: Callable[..., dict[str, Any]]) -> None:
    row = outcome(event("chargeback", 30))
    assert row["opened"] is False
    assert row["fraud"] is None


def test_an_event_after_its_time_is_left_out(outcome: Callable[..., dict[str, Any]]) -> None:
    paid, settled = event("authorization", 10), event("settlement", 74)
    assert outcome(paid, settled, event("chargeback", 95.9))["fraud"] is True
    assert outcome(paid, settled, event("chargeback", 96))["fraud"] is False


# --- a month -------------------------------------------------------------------------------------------------------


def test_columns_and_rules_are_the_contracts(
    spark: Any, reference: dict[str, Any], whole: Rows, january: list[Event]
) -> None:
    row = next(iter(whole.values()))
    assert list(row) == [column.name for column in (*PAYMENTS.columns, *PAYMENTS.partition_keys)]
    assert (row["month"], row["day"]) == ("2013-01", "2013-01-20")
    paid = [e["payment_id"] for e in january if e["event_type"] == "authorization" and e["payment_date"] == str(DAY)]
    assert sorted(whole) == paid
    ddl = spark_ddl((*PAYMENTS.columns, *PAYMENTS.partition_keys))
    frame = spark.createDataFrame([tuple(row.values()) for row in whole.values()], ddl)
    failed = [outcome for outcome in evaluate(dqdl(PAYMENTS), frame, spark) if outcome.outcome != "Passed"]
    assert failed == []


def test_a_day_is_the_same_with_and_without_what_comes_later(
    curated: Callable[[list[Event]], Rows], whole: Rows, january: list[Event]
) -> None:
    until = DAY + timedelta(module.EVENT_DAYS_AFTER)
    assert curated([item for item in january if event_day(item) <= until]) == whole


def test_a_day_is_the_same_with_its_history_only(
    curated: Callable[[list[Event]], Rows], whole: Rows, january: list[Event]
) -> None:
    begin = DAY - timedelta(HISTORY_DAYS)
    assert curated([item for item in january if event_day(item) >= begin]) == whole
    assert curated([item for item in january if event_day(item) >= begin + timedelta(1)]) != whole


def test_what_is_known_at_the_authorization_needs_nothing_that_happens_after_the_day_began(
    curated: Callable[[list[Event]], Rows], whole: Rows, january: list[Event]
) -> None:
    before = [e for e in january if event_day(e) < DAY]
    known = curated([*before, *[e for e in january if e["event_type"] == "authorization" and event_day(e) == DAY]])
    leaks = {column.name for column in PAYMENTS.columns if column.leaks}
    for payment, row in whole.items():
        assert {name: known[payment][name] for name in row if name not in leaks} == {
            name: value for name, value in row.items() if name not in leaks
        }


def test_aggregates_equal_plain_loops_over_the_past(whole: Rows, january: list[Event]) -> None:
    expected = Past(january)
    for row in whole.values():
        for name, value in expected.of(row).items():
            if isinstance(value, float):
                assert row[name] == pytest.approx(value, rel=1e-9, abs=0.051 if name.endswith("_km") else 1e-9), name
            else:
                assert row[name] == value, name
    assert sum(row["merchant_fraud_rate_14d"] not in (None, 0) for row in whole.values()) > 20
    assert sum(row["travel_km"] is not None for row in whole.values()) > 300
    assert sum(row["card_payments_1h"] > 0 for row in whole.values()) > 20


class Past:
    """What was known before a payment, by loops over all payments in their order."""

    def __init__(self, events: list[Event]) -> None:
        self.rates = {row["currency"]: float(row["euros"]) for row in _read("exchange_rates")}
        self.shops = {row["merchant_id"]: row for row in _read("merchants")}
        self.homes = {row["card_id"]: row for row in _read("cards")}
        self.paid: dict[str, Event] = {}
        for item in events:
            if item["event_type"] == "authorization":
                at = datetime.fromisoformat(item["event_time"]).timestamp()
                cents = math.floor(item["amount"] * self.rates[item["currency"]] + 0.5)
                self.paid[item["payment_id"]] = {**item, "at": at, "cents": cents, "fraud": None}
        for item in events:
            if item["event_type"] == "settlement":
                self.paid[item["payment_id"]]["fraud"] = False
        for item in events:
            if item["event_type"] == "chargeback":
                self.paid[item["payment_id"]]["fraud"] = item["chargeback_reason"].startswith("10.")
        self.by_card: dict[str, list[Event]] = defaultdict(list)
        self.by_merchant: dict[str, list[Event]] = defaultdict(list)
        for item in self.paid.values():
            self.by_card[item["card_id"]].append(item)
            self.by_merchant[item["merchant_id"]].append(item)

    def of(self, row: dict[str, Any]) -> dict[str, Any]:
        this = self.paid[row["payment_id"]]
        now, card, merchant = this["at"], self.by_card[this["card_id"]], self.by_merchant[this["merchant_id"]]
        earlier = [item for item in card if item["payment_id"] < this["payment_id"]]
        hour = [item for item in earlier if now - 3600 <= item["at"] < now]
        day = [item for item in earlier if now - 86400 <= item["at"] < now]
        fortnight = [item for item in earlier if now - 14 * 86400 <= item["at"] < now]
        days = [item for item in card if 1 <= (DAY - date.fromisoformat(item["payment_date"])).days <= 14]
        labelled = [
            item
            for item in merchant
            if 4 <= (DAY - date.fromisoformat(item["payment_date"])).days <= 14 and item["fraud"] is not None
        ]
        recent = [item for item in earlier if now - item["at"] <= 14 * 86400]
        shops = [item for item in recent if item["card_present"]] if this["card_present"] else []
        here, home = self._place(self.shops.get(this["merchant_id"])), self.homes[this["card_id"]]
        return {
            "amount_eur": this["cents"] / 100,
            "card_payments_1h": len(hour),
            "card_amount_1h_eur": sum(item["cents"] for item in hour) / 100,
            "card_payments_24h": len(day),
            "card_amount_24h_eur": sum(item["cents"] for item in day) / 100,
            "card_declines_24h": sum(item["response_code"] != "00" for item in day),
            "seconds_since_last": int(now - recent[-1]["at"]) if recent else None,
            "card_payments_14d": len(days),
            "card_mean_amount_14d_eur": sum(item["cents"] for item in days) / len(days) / 100 if days else None,
            "card_at_merchant_14d": sum(item["merchant_id"] == this["merchant_id"] for item in fortnight),
            "card_in_country_14d": sum(item["merchant_country"] == this["merchant_country"] for item in fortnight),
            "merchant_payments_1h": sum(now - 3600 <= item["at"] < now for item in merchant),
            "merchant_labelled_14d": len(labelled),
            "merchant_fraud_rate_14d": sum(item["fraud"] for item in labelled) / len(labelled) if labelled else None,
            "travel_hours": (now - shops[-1]["at"]) / 3600 if shops else None,
            "travel_km": _kilometres(here, self._place(self.shops.get(shops[-1]["merchant_id"]))) if shops else None,
            "home_distance_km": _kilometres(here, self._place({"lat": home["home_lat"], "lon": home["home_lon"]}))
            if this["card_present"]
            else None,
            "fraud": this["fraud"],
        }

    @staticmethod
    def _place(row: dict[str, str] | None) -> tuple[float, float] | None:
        return (float(row["lat"]), float(row["lon"])) if row and row["lat"] != "NA" else None


def _kilometres(a: tuple[float, float] | None, b: tuple[float, float] | None) -> float | None:
    """By the dot product of unit vectors, another formula than the job's."""
    if a is None or b is None:
        return None
    u, v = (
        (math.cos(lat) * math.cos(lon), math.cos(lat) * math.sin(lon), math.sin(lat))
        for lat, lon in ((math.radians(x), math.radians(y)) for x, y in (a, b))
    )
    return 6371.0 * 2 * math.asin(min(1.0, math.dist(u, v) / 2))


def _read(name: str) -> list[dict[str, str]]:
    with Path(producer.data_folder() / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
