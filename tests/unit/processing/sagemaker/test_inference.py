"""Requests to the endpoint: whatever comes, it is a prediction or an error with a status and a reason."""

import json
import math
from http import HTTPStatus
from typing import Any

import pytest
import xgboost as xgb
from hypothesis import given
from hypothesis import strategies as st

from datasets.flights.features import DATASET
from processing import encoder
from processing.records import arrow_columns
from processing.sagemaker import inference
from processing.sagemaker.curated import read_table
from tests.unit.processing.sagemaker.support import curated, event, write_curated


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> inference.Model:
    """A model of one day: what it predicts does not matter here."""
    folder = tmp_path_factory.mktemp("model")
    frame = curated("2013-01-10", "2013-01-10").dropna(subset=["arrived_late"])
    table = read_table(write_curated(frame, folder / "curated"), [*DATASET.inputs, DATASET.label])
    columns = arrow_columns(table, DATASET.inputs)
    fitted = encoder.fit(DATASET, columns)
    label = arrow_columns(table, [DATASET.label])[DATASET.label]
    matrix = xgb.DMatrix(fitted.transform(columns), label=label)
    booster = xgb.train({"objective": "binary:logistic", "max_depth": 2, "nthread": 1}, matrix, 3)
    booster.save_model(folder / "xgboost-model.json")
    features = {
        "module": "datasets.flights.features",
        "encoder": fitted.document(),
        "known": {"dest": sorted(set(columns["dest"]))},
        "task": "classification",
        "decision": "late",
    }
    (folder / "features.json").write_text(json.dumps(features))
    return inference.model_fn(str(folder))


@pytest.fixture(scope="module")
def flight() -> dict[str, Any]:
    return event(curated("2013-01-11", "2013-01-11").iloc[0])


def predict(model: inference.Model, body: bytes | str, kind: str | None = "application/json") -> list[dict[str, Any]]:
    return inference.predict(inference.read(body, kind), model)


def refused(model: inference.Model, body: bytes | str, kind: str | None = "application/json") -> tuple[int, str]:
    with pytest.raises(inference.RequestError) as caught:
        predict(model, body, kind)
    return caught.value.status_code, str(caught.value)


def test_one_event_a_list_and_instances_are_the_same(model: inference.Model, flight: dict[str, Any]) -> None:
    (alone,) = predict(model, json.dumps(flight))
    assert predict(model, json.dumps([flight, flight])) == [alone, alone]
    assert predict(model, json.dumps({"instances": [flight]}).encode()) == [alone]
    assert 0 < alone["probability"] < 1


def test_a_column_that_may_be_missing_is_imputed_whether_null_or_left_out(
    model: inference.Model, flight: dict[str, Any]
) -> None:
    without = {name: value for name, value in flight.items() if name not in ("temp", "plane_manufacturer")}
    null = {**flight, "temp": None, "plane_manufacturer": None}
    filled = {
        **flight,
        "temp": model.encoder.fill["temp"],
        "plane_manufacturer": model.encoder.fill["plane_manufacturer"],
    }
    assert (
        predict(model, json.dumps(without)) == predict(model, json.dumps(null)) == predict(model, json.dumps(filled))
    )


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"temp": "warm"}, "temp: expected double, got string 'warm'"),
        ({"distance": 1.5}, "distance: expected int, got number 1.5"),
        ({"distance": True}, "distance: expected int, got boolean true"),
        ({"carrier": 7}, "carrier: expected string, got integer 7"),
        ({"flight_date": "yesterday"}, "flight_date: expected a date as yyyy-MM-dd"),
        ({"origin": "SFO"}, "origin: expected one of EWR, JFK, LGA; got string 'SFO'"),
        ({"dest": "XXX", "dest_lat": None}, "dest: 'XXX' is unknown to training"),
        ({"carrier": None}, "carrier: required, missing"),
        ({"carrier_delay_rate_7d": 1.5}, "carrier_delay_rate_7d: expected 0 to 1"),
        ({"dep_delay": 12}, "dep_delay: known only after the prediction is made"),
        ({"arrived_late": True}, "arrived_late: known only after the prediction is made"),
    ],
)
def test_a_bad_value_is_refused_with_the_reason(
    model: inference.Model, flight: dict[str, Any], change: dict[str, Any], reason: str
) -> None:
    status, message = refused(model, json.dumps({**flight, **change}))
    assert status == 400
    assert reason in message


def test_a_missing_column_is_refused(model: inference.Model, flight: dict[str, Any]) -> None:
    without = {name: value for name, value in flight.items() if name != "dest"}
    assert refused(model, json.dumps(without)) == (400, "dest: required, missing")


def test_the_reason_names_the_row(model: inference.Model, flight: dict[str, Any]) -> None:
    status, message = refused(model, json.dumps([flight, {**flight, "temp": "x"}]))
    assert (status, message) == (400, "row 1: temp: expected double, got string 'x'")


def test_an_airport_new_to_training_is_accepted_if_reference_data_knows_it(
    model: inference.Model, flight: dict[str, Any]
) -> None:
    assert predict(model, json.dumps({**flight, "dest": "ZZZ", "dest_lat": 61.2, "dest_lon": -150.0}))


def test_columns_that_are_no_features_are_ignored(model: inference.Model, flight: dict[str, Any]) -> None:
    more = {**flight, "flight": 15, "tailnum": "N1", "gate": "B12"}
    assert predict(model, json.dumps(more)) == predict(model, json.dumps(flight))


@pytest.mark.parametrize(
    ("body", "kind", "status", "reason"),
    [
        (b"", "application/json", 400, "empty"),
        (b" \n", "application/json", 400, "empty"),
        (b"[]", "application/json", 400, "no rows"),
        (b'{"instances": []}', "application/json", 400, "no rows"),
        (b'{"instances": {}}', "application/json", 400, "instances: expected a list"),
        (b"{", "application/json", 400, "not JSON"),
        (b"NaN", "application/json", 400, "not JSON"),
        (b"\xff", "application/json", 400, "not UTF-8"),
        (b"[" * 100_000, "application/json", 400, "nested too deeply"),
        (b"[1]", "application/json", 400, "expected an object, got int"),
        (b"", "text/csv", 400, "empty"),
        (b"1,2,3", "text/csv", 400, f"expected {len(DATASET.inputs)} fields"),
        (b'"a', "text/csv", 400, "not CSV"),
        (b"{}", "application/xml", 415, "content type 'application/xml'"),
        (b"{}", None, 415, "expected application/json or text/csv"),
    ],
)
def test_a_bad_body_is_refused_with_the_reason(
    model: inference.Model, body: bytes, kind: str | None, status: int, reason: str
) -> None:
    found, message = refused(model, body, kind)
    assert found == status
    assert reason in message


def test_a_bad_field_of_csv_is_refused(model: inference.Model, flight: dict[str, Any]) -> None:
    fields = ["" if flight[name] is None else str(flight[name]) for name in DATASET.inputs]
    place = DATASET.inputs.index("temp")
    status, message = refused(model, ",".join([*fields[:place], "nan", *fields[place + 1 :]]), "text/csv")
    assert (status, "temp: expected a finite double" in message) == (400, True)
    assert len(predict(model, ",".join(fields), "text/csv")) == 1


def test_the_answer_takes_the_form_asked_for(model: inference.Model, flight: dict[str, Any]) -> None:
    rows = predict(model, json.dumps(flight))
    for accept in (None, "", "*/*", "application/json", "text/html, application/json;q=0.9"):
        body, kind = inference.write(rows, accept)
        assert kind == "application/json"
        assert json.loads(body) == {"predictions": rows}
    with pytest.raises(inference.RequestError) as caught:
        inference.write(rows, "image/png")
    assert caught.value.status_code == 406


def test_an_error_is_one_that_aws_inference_toolkit_answers_with_its_status() -> None:
    error = inference.RequestError(HTTPStatus.BAD_REQUEST, "why")
    assert (error.status_code, error.message, error.phrase) == (400, "why", "Bad Request")


JSON_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=8,
)


@given(changes=st.dictionaries(st.sampled_from(DATASET.inputs), JSON_VALUES, max_size=4))
def test_any_values_are_predicted_on_or_refused(
    model: inference.Model, flight: dict[str, Any], changes: dict[str, Any]
) -> None:
    check_answer(model, json.dumps({**flight, **changes}), "application/json")


@given(body=st.binary(max_size=200) | JSON_VALUES.map(lambda value: json.dumps(value).encode()))
def test_any_body_is_predicted_on_or_refused(model: inference.Model, body: bytes) -> None:
    for kind in ("application/json", "text/csv"):
        check_answer(model, body, kind)


@given(fields=st.lists(st.text(max_size=8) | st.floats().map(str), min_size=23, max_size=23))
def test_any_csv_is_predicted_on_or_refused(model: inference.Model, fields: list[str]) -> None:
    check_answer(model, ",".join(fields), "text/csv")


def check_answer(model: inference.Model, body: bytes | str, kind: str) -> None:
    rows, status, reason = [{"probability": 0.5}], 400, "predicted on"
    try:
        rows = predict(model, body, kind)
    except inference.RequestError as error:
        status, reason = error.status_code, error.message
    assert status == 400
    assert reason
    assert rows
    assert all(math.isfinite(row["probability"]) for row in rows)
