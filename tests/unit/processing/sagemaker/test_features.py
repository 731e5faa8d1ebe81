"""Features of a flight, kinds of features, and what no dataset may do."""

import json
from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from contracts.model import ContractError
from datasets.flights import features
from processing import encoder
from processing.dataset import Dataset, load_dataset
from processing.encoding import Bins, Missing, Number, OneHot, Ordinal, Product
from processing.records import EPOCH

TABLE = features.DATASET.table
LEAKS = sorted(column.name for column in TABLE.columns if column.leaks)


@pytest.mark.parametrize("name", LEAKS)
def test_the_contract_refuses_a_column_known_only_after_departure(name: str) -> None:
    with pytest.raises(ContractError, match=f"{name} leaks"):
        replace(features.DATASET, inputs=(*features.INPUTS, name))


def test_the_columns_that_leak_are_those_of_the_outcome() -> None:
    assert set(LEAKS) == {
        *("cancelled", "dep_time", "dep_delay", "arr_time", "arr_delay", "air_time", "arrived_late"),
    }


def test_a_dataset_must_fit_its_table() -> None:
    with pytest.raises(ContractError, match="no column 'temperature'"):
        replace(features.DATASET, inputs=(*features.INPUTS, "temperature"))
    with pytest.raises(ContractError, match="tailnum must be inputs"):
        replace(features.DATASET, groups=("tailnum",))
    with pytest.raises(ContractError, match="one column as its label"):
        replace(features.DATASET, table=replace(TABLE, columns=tuple(c for c in TABLE.columns if not c.label)))


def test_a_features_module_is_found_by_name() -> None:
    assert load_dataset("datasets.flights.features") is features.DATASET
    with pytest.raises(TypeError, match=r"processing\.encoding has no DATASET"):
        load_dataset("processing.encoding")


def derived(**columns: float) -> dict[str, float]:
    usual = {"sched_dep_time": 600.0, "sched_arr_time": 800.0, "distance": 500.0, "plane_year": 2000.0}
    given_ = {"flight_date": days("2013-03-11"), "temp": 40.0, "dewp": 30.0, **usual, **columns}
    found = features.derive({name: np.array([value]) for name, value in given_.items()})
    return {name: float(values[0]) for name, values in found.items()}


def days(text: str) -> float:
    return float(date.fromisoformat(text).toordinal() - EPOCH)


@pytest.mark.parametrize(
    ("day", "expected"), [("2013-03-11", 0), ("2013-03-15", 4), ("2013-03-16", 5), ("2013-03-17", 6)]
)
def test_monday_is_0_and_the_weekend_is_saturday_and_sunday(day: str, expected: int) -> None:
    found = derived(flight_date=days(day))
    assert found["day_of_week"] == expected == date.fromisoformat(day).weekday()
    assert found["is_weekend"] == (expected >= 5)


def test_times_of_day_are_minutes_and_flights_may_land_after_midnight() -> None:
    found = derived(sched_dep_time=2359.0, sched_arr_time=105.0)
    assert (found["departure_minute"], found["arrival_minute"], found["hour"]) == (1439, 65, 23)
    assert found["scheduled_minutes"] == 66
    assert derived(sched_dep_time=2400.0)["departure_minute"] == 0


def test_a_plane_ages_by_the_year_of_the_flight() -> None:
    assert derived(flight_date=days("2013-12-31"), plane_year=1999.0)["plane_age"] == 14


def texts(*values: str | None) -> NDArray[Any]:
    return np.array(values, object)


def write(feature: Any, fit_on: NDArray[Any], values: NDArray[Any]) -> list[list[float]]:
    state = json.loads(json.dumps(feature.fit({"x": fit_on})))
    out = np.empty((len(values), len(feature.names(state))), np.float32)
    feature.write({"x": values}, {"x": np.zeros(len(values), bool)}, state, out)
    return [[float(value) for value in row] for row in out]


def test_one_hot_has_a_column_a_category_and_none_for_an_unknown_one() -> None:
    assert write(OneHot("x"), texts("b", "a", "b"), texts("a", "b", "c")) == [[1, 0], [0, 1], [0, 0]]
    assert OneHot("x").names({"categories": ["a", "b"]}) == ["x=a", "x=b"]


def test_ordinal_ranks_by_frequency_and_knows_the_unknown() -> None:
    assert write(Ordinal("x"), texts("b", "b", "c", "a", "c", "b"), texts("b", "c", "a", "z")) == [
        [0],
        [1],
        [2],
        [-1],
    ]


@pytest.mark.parametrize(
    ("method", "expected"), [("width", [[0], [0], [0], [1]]), ("quantile", [[0], [0], [1], [1]])]
)
def test_bins_of_equal_width_or_count(method: str, expected: list[list[float]]) -> None:
    values = np.array([0.0, 1, 2, 100])
    assert write(Bins("x", 2, method), values, values) == expected


def test_bins_by_kmeans_lie_between_clusters() -> None:
    values = np.array([1.0, 1.1, 0.9, 50, 51, 49, 1000, 1001])
    assert write(Bins("x", 3, "kmeans"), values, values) == [[0]] * 3 + [[1]] * 3 + [[2]] * 2


def test_bins_by_another_method_are_refused() -> None:
    with pytest.raises(ValueError, match="expected width, quantile or kmeans"):
        Bins("x", 3, "guess").fit({"x": np.array([1.0, 2])})


def test_logarithms_take_0_and_refuse_nothing() -> None:
    assert write(Number("x", log=True), np.array([1.0]), np.array([0.0, np.e - 1, -5])) == [[0], [1], [0]]


def dataset(*kinds: Any, inputs: tuple[str, ...] = ("temp", "dewp", "carrier")) -> Dataset:
    return Dataset(contract="flights", table=TABLE, inputs=inputs, features=kinds)


def columns(temp: list[float], dewp: list[float] | None = None, carrier: list[str | None] | None = None) -> Any:
    return {
        "temp": np.array(temp, np.float64),
        "dewp": np.array(dewp or temp, np.float64),
        "carrier": texts(*(carrier or ["UA"] * len(temp))),
    }


def test_missing_numbers_become_the_median_of_training_and_text_its_mode() -> None:
    data = dataset(Number("temp"), Missing("temp"), OneHot("carrier"))
    fitted = encoder.fit(data, columns([1, 2, 9, np.nan], carrier=["B6", "B6", "UA", None]))
    assert fitted.fill["temp"] == 2
    row = fitted.transform(columns([np.nan], carrier=[None]))
    assert row.tolist() == [[2, 1, 1, 0]]
    assert fitted.names == ["temp", "temp_missing", "carrier=B6", "carrier=UA"]


def test_outliers_are_brought_back_to_bounds_of_training() -> None:
    data = dataset(Number("temp"), inputs=("temp",))
    train = {"temp": np.arange(100.0)}
    iqr = encoder.fit(data, train, "iqr")
    low, high = np.quantile(train["temp"], (0.25, 0.75))
    assert iqr.transform({"temp": np.array([1e6])})[0, 0] == np.float32(high + 1.5 * (high - low))
    zscore = encoder.fit(data, train, "zscore")
    assert zscore.transform({"temp": np.array([-1e6])})[0, 0] == np.float32(49.5 - 3 * np.std(train["temp"]))
    assert encoder.fit(data, train).transform({"temp": np.array([1e6])})[0, 0] == 1e6
    with pytest.raises(ValueError, match="expected none, zscore or iqr"):
        encoder.fit(data, train, "sigma")


def test_a_column_that_is_mostly_one_value_has_no_outliers() -> None:
    assert encoder.outlier_bounds({"precip": np.array([0.0] * 99 + [1])}, ("precip",), "iqr") == {}


NUMBERS = st.floats(-1e6, 1e6) | st.just(np.nan)


@given(
    rows=st.lists(st.tuples(NUMBERS, NUMBERS, st.sampled_from(["UA", "B6", "ZZ", None])), min_size=1, max_size=8),
)
def test_a_row_alone_is_the_same_as_among_others_also_after_json(rows: list[tuple[float, float, str | None]]) -> None:
    kinds = (
        *(Number("temp"), Number("dewp", log=True), Product("temp", "dewp"), Missing("temp"), Bins("temp", 4)),
        *(OneHot("carrier"), Ordinal("carrier"), Bins("dewp", 3, "quantile")),
    )
    data = dataset(*kinds)
    train = columns([1.5, 2, 3, np.nan], [0.1, -2, np.nan, 8], ["UA", "UA", "B6", None])
    fitted = encoder.fit(data, train, "zscore")
    restored = encoder.restore(data, json.loads(json.dumps(fitted.document())))
    together = fitted.transform(columns([row[0] for row in rows], [row[1] for row in rows], [row[2] for row in rows]))
    for number, (temp, dewp, carrier) in enumerate(rows):
        alone = restored.transform(columns([temp], [dewp], [carrier]))
        assert alone.tobytes() == together[number].tobytes()
