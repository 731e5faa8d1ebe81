"""Drift, statistics and constraints, violations, and captures of any encoding."""

import base64
import json
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import ks_2samp

from datasets.flights.features import DATASET, INPUTS
from processing.sagemaker import drift, monitor, profiles, quality, violations
from processing.sagemaker.captures import Captured, read_captures, read_truth
from processing.sagemaker.profiles import Column
from processing.sagemaker.workspace import JobError


def numbers(values: Any) -> Column:
    return Column("Fractional", np.asarray(values, np.float64))


def texts(values: Any) -> Column:
    return Column("String", np.array(list(values), object))


def test_psi_is_the_published_formula() -> None:
    expected, actual = np.array([0.5, 0.5]), np.array([0.8, 0.2])
    assert drift.psi(expected, actual) == pytest.approx(0.3 * np.log(0.8 / 0.5) - 0.3 * np.log(0.2 / 0.5))
    assert drift.psi(expected, expected) == 0


def test_values_beyond_the_baseline_are_farther_than_its_end() -> None:
    reference = drift.Numbers(np.arange(1000.0), 0, 999)
    assert reference.distance(np.arange(1000.0)).psi == pytest.approx(0, abs=1e-3)
    hottest, beyond = reference.distance(np.full(500, 950.0)), reference.distance(np.full(500, 2000.0))
    assert hottest.psi < beyond.psi
    assert beyond.ks == 1.0


def test_the_kolmogorov_smirnov_statistic_is_scipys() -> None:
    chance = np.random.default_rng(7)
    for size, decimals in product((1, 2, 40, 300), (9, 0)):
        expected = np.sort(np.round(chance.normal(0.0, 2.0, 200), decimals))
        actual = np.sort(np.round(chance.normal(0.3, 1.0, size), decimals))
        assert drift.ks(expected, actual) == pytest.approx(ks_2samp(expected, actual, method="asymp").statistic)
    assert drift.ks(np.zeros(5), np.zeros(3)) == 0
    assert drift.ks(np.arange(5.0), np.array([2.0])) == pytest.approx(0.4)


def test_categories_differ_by_share_and_by_unknown_ones() -> None:
    reference = drift.Texts({"a": 50, "b": 50})
    assert reference.distance(np.array(["a", "b"], object)).psi == pytest.approx(0, abs=1e-3)
    assert reference.distance(np.array(["a", "c"], object)).psi > 3


def test_windows_are_halves_quarters_and_so_on() -> None:
    found = drift.windows(1700)
    assert list(found) == [850, 425, 212]
    assert found[425][3] == slice(1275, 1700)
    assert drift.windows(399) == {}


def test_what_goes_missing_together_in_the_baseline_may_do_so_again() -> None:
    values = np.ones(8000)
    values[1200:1216] = np.nan  # two hours without weather, in one of the 32 smallest windows
    table = {"wind": numbers(values)}
    (found,) = profiles.constraints(table, profiles.statistics(table), 0.25, 200)["features"]
    assert found["completeness"] == pytest.approx(1 - 16 / 250)


def test_thresholds_come_from_the_baselines_own_windows() -> None:
    """A column that wanders gets a high threshold, a steady one the floor; more rows are judged more strictly."""
    generator = np.random.default_rng(0)
    wandering = np.sin(np.linspace(0, 12, 4000)) * 10 + generator.normal(size=4000)
    steady = generator.normal(size=4000)
    found = {}
    for name, values in (("wandering", wandering), ("steady", steady)):
        reference = drift.Numbers(np.sort(values), values.min(), values.max())
        found[name] = drift.fit_thresholds(reference, values, np.ones(4000, bool))
    assert [entry["rows"] for entry in found["steady"]] == [2000, 1000, 500, 250]
    assert all(entry["psi"] == 0.2 for entry in found["steady"])
    assert found["wandering"][-1]["psi"] > 2
    assert found["wandering"][-1]["psi"] > found["wandering"][0]["psi"]
    pick = drift.threshold_for
    assert [pick(found["steady"], rows)["rows"] for rows in (100, 600, 2100, 99999)] == [250, 250, 1000, 2000]  # type: ignore[index]
    assert pick([], 100) is None


@given(count=st.integers(1, 3000))
def test_a_sketch_counts_every_value_and_keeps_quantiles(count: int) -> None:
    values = np.arange(count, dtype=np.float64)
    levels = profiles.sketch(values)
    expanded = profiles.expand(levels)
    assert len(expanded) == count
    assert np.abs(expanded - values).max() <= 2 ** len(levels)
    assert sum(len(level) for level in levels) <= profiles.SKETCH_SIZE + len(levels)


def test_statistics_follow_the_published_schema() -> None:
    table = {"n": numbers([1, 2, 3, np.nan]), "s": texts(["a", "b", "a", None])}
    found = json.loads(json.dumps(profiles.statistics(table), allow_nan=False))
    number, text = found["features"]
    assert found["version"] == 0
    assert found["dataset"] == {"item_count": 4}
    assert number["inferred_type"] == "Fractional"
    statistics = number["numerical_statistics"]
    assert statistics["common"] == {"num_present": 3, "num_missing": 1}
    assert (statistics["mean"], statistics["sum"], statistics["min"], statistics["max"]) == (2, 6, 1, 3)
    assert statistics["std_dev"] == pytest.approx(np.std([1, 2, 3]))
    kll = statistics["distribution"]["kll"]
    assert len(kll["buckets"]) == 10
    assert set(kll["buckets"][0]) == {"lower_bound", "upper_bound", "count"}
    assert set(kll["sketch"]["parameters"]) == {"c", "k"}
    assert kll["sketch"]["data"] == [[1, 2, 3]]
    assert text["string_statistics"] == {
        "common": {"num_present": 3, "num_missing": 1},
        "distinct_count": 2,
        "distribution": {"categorical": {"buckets": [{"value": "a", "count": 2}, {"value": "b", "count": 1}]}},
    }


def baseline(rows: int = 2000) -> tuple[dict[str, Any], dict[str, Any]]:
    generator = np.random.default_rng(0)
    half = generator.normal(size=rows)
    half[::2] = np.nan
    table = {
        "a": numbers(generator.normal(size=rows)),
        "b": numbers(generator.normal(size=rows)),
        "c": texts(generator.choice(["x", "y"], rows)),
        "half": numbers(half),
        "day": Column("String", np.array([f"day {n}" for n in range(rows)], object), compared=False),
    }
    statistics = profiles.statistics(table)
    return statistics, profiles.constraints(table, statistics, 0.25, 200)


def current(rows: int = 500, **changed: Column) -> dict[str, Column]:
    generator = np.random.default_rng(1)
    half = generator.normal(size=rows)
    half[::2] = np.nan
    table = {
        "a": numbers(generator.normal(size=rows)),
        "b": numbers(generator.normal(size=rows)),
        "c": texts(generator.choice(["x", "y"], rows)),
        "half": numbers(half),
    }
    return {**table, **changed}


def test_constraints_follow_the_published_schema() -> None:
    _, found = baseline()
    by_name = {feature["name"]: feature for feature in found["features"]}
    assert found["version"] == 0
    assert by_name["a"]["completeness"] == 1.0
    assert by_name["a"]["num_constraints"] == {"is_non_negative": False}
    assert by_name["c"]["string_constraints"] == {"domains": ["x", "y"]}
    assert by_name["half"]["completeness"] == pytest.approx(0.5, abs=0.01)
    assert by_name["day"]["monitoringConfigOverrides"] == {
        "distribution_constraints": {"perform_comparison": "Disabled"}
    }
    config = found["monitoring_config"]
    assert config["evaluate_constraints"] == config["emit_metrics"] == "Enabled"
    assert config["datatype_check_threshold"] == config["domain_content_threshold"] == 0.1
    assert set(config["distribution_constraints"]) == {
        *("perform_comparison", "comparison_threshold", "comparison_method"),
        *("categorical_comparison_threshold", "categorical_drift_method"),
    }


def drifted(table: dict[str, Column], method: str = "psi") -> list[str]:
    statistics, constraints = baseline()
    measured = violations.measure_drift(table, statistics, constraints, method)
    return [entry["feature_name"] for entry in violations.drift_violations(measured, 0.25)[1]]


@pytest.mark.parametrize("method", ["psi", "ks"])
def test_one_drifted_column_of_four_is_no_violation_and_two_are(method: str) -> None:
    moved = numbers(np.random.default_rng(2).normal(3, 1, 500))
    assert drifted(current(), method) == []
    assert drifted(current(a=moved), method) == []
    assert drifted(current(a=moved, b=moved), method) == ["a", "b"]


def test_categories_drift_too() -> None:
    moved = numbers(np.random.default_rng(2).normal(3, 1, 500))
    assert drifted(current(a=moved, c=texts(["x"] * 500))) == ["a", "c"]


def checks(found: list[dict[str, str]]) -> list[tuple[str, str]]:
    return [(entry["feature_name"], entry["constraint_check_type"]) for entry in found]


def test_missing_values_and_unknown_categories_are_violations() -> None:
    _, constraints = baseline()
    assert violations.check_values(current(), constraints) == []
    gaps = numbers([np.nan, *[0.0] * 499])
    strange = texts(["x"] * 440 + ["z"] * 60)
    found = violations.check_values(current(a=gaps, c=strange), constraints)
    assert checks(found) == [("a", "completeness_check"), ("c", "categorical_values_check")]
    assert found[1]["description"].endswith("more than 10.0%: z")
    assert violations.check_values(current(c=texts(["x"] * 460 + ["z"] * 40)), constraints) == []


def test_missing_and_extra_columns_are_violations() -> None:
    _, constraints = baseline()
    found = violations.check_columns({"a", "b", "c", "half", "more", "key"}, {"key"}, constraints)
    assert checks(found) == [("day", "missing_column_check"), ("more", "extra_column_check")]


def test_values_of_another_type_are_violations() -> None:
    _, constraints = baseline()
    kinds = {"a": {"Integral": 90, "String": 10}, "b": {"Fractional": 89, "String": 11}, "c": {"Integral": 100}}
    assert checks(violations.check_types(kinds, constraints)) == [("b", "data_type_check"), ("c", "data_type_check")]


def test_traffic_like_the_baseline_breaks_nothing_whatever_its_types(tmp_path: Path) -> None:
    (tmp_path / "baseline.csv").write_text("vip,zone,size\n" + "true,007,1\nfalse,008,2.5\n" * 200)
    table = monitor.read_baseline(tmp_path, ["zone"])
    assert {name: column.kind for name, column in table.items()} == {
        "vip": "Integral",
        "zone": "String",
        "size": "Fractional",
    }
    constraints = profiles.constraints(table, profiles.statistics(table), 0.05, 200)
    asked = [{"vip": True, "zone": "007", "size": 1}, {"vip": False, "zone": "008", "size": 2.5}] * 200
    current, kinds, _ = monitor.tabulate([Captured(values, None, None) for values in asked], constraints)
    assert violations.check_types(kinds, constraints) + violations.check_values(current, constraints) == []


def test_captured_rows_become_columns_of_the_baseline() -> None:
    _, constraints = baseline()
    rows = [
        Captured({"a": 1, "b": "text", "c": "x", "half": None}, 0.5, None),
        Captured({"a": 1.5, "b": 2.0, "c": 7}, None, None),
    ]
    table, kinds, names = monitor.tabulate(rows, constraints)
    assert names == {"a", "b", "c", "half"}
    assert kinds["a"] == {"Integral": 1, "Fractional": 1}
    assert kinds["b"] == {"String": 1, "Integral": 1}
    assert kinds["c"] == {"String": 1, "Integral": 1}
    assert table["a"].values.tolist() == [1, 1.5]
    assert np.isnan(table["b"].values[0])
    assert "day" not in table


def record(data: str, encoding: str, output: str, kind: str = "application/json", **metadata: str) -> str:
    return json.dumps(
        {
            "captureData": {
                "endpointInput": {"observedContentType": kind, "mode": "INPUT", "data": data, "encoding": encoding},
                "endpointOutput": {
                    "observedContentType": kind,
                    "mode": "OUTPUT",
                    "data": output,
                    "encoding": encoding,
                },
            },
            "eventMetadata": {"eventId": "e1", "inferenceTime": "2013-01-01T00:00:00Z", **metadata},
            "eventVersion": "0",
        }
    )


def encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


KEY = {"flight_date": "2013-01-01", "carrier": "UA", "flight": 5, "origin": "EWR"}


def test_captures_of_every_encoding(tmp_path: Path) -> None:
    answer = json.dumps({"predictions": [{"probability": 0.25, "late": False}]})
    two = json.dumps({"predictions": [{"probability": 0.1}, {"probability": 0.2}]})
    line = ",".join(["2013-01-01", "UA", "EWR", "ORD", "600", "700", "719", *[""] * (len(INPUTS) - 7)])
    lines = [
        record(json.dumps({"temp": 1.5}), "JSON", answer, inferenceId="mine"),
        record(encoded(json.dumps(KEY)), "BASE64", encoded(answer)),
        record(json.dumps({"instances": [KEY, {"temp": 2}]}), "JSON", two, inferenceId="both"),
        record(line, "CSV", "0.75\n", "text/csv"),
        record(encoded(line), "BASE64", encoded("0.5"), "text/csv"),
        record(json.dumps({"temp": 3}), "JSON", "not JSON"),
    ]
    place = tmp_path / "endpoint" / "AllTraffic" / "2013" / "01" / "01" / "00"
    place.mkdir(parents=True)
    (place / "a.jsonl").write_text("\n".join(lines) + "\n\n")
    rows = read_captures(tmp_path, DATASET)
    assert [row.prediction for row in rows] == [0.25, 0.25, 0.1, 0.2, 0.75, 0.5, None]
    own = "2013-01-01/UA/5/EWR"
    assert [row.key for row in rows] == ["mine", own, own, None, "e1", "e1", "e1"]
    assert rows[4].values["sched_dep_time"] == 600
    assert rows[4].values == rows[5].values
    assert rows[4].values["temp"] is None


def test_a_file_that_is_no_capture_is_named(tmp_path: Path) -> None:
    (tmp_path / "bad.jsonl").write_text("{}\n")
    with pytest.raises(JobError, match=r"bad\.jsonl line 1: not a capture record"):
        read_captures(tmp_path, DATASET)


def test_truth_is_read_from_the_curated_table_and_from_ground_truth_files(tmp_path: Path) -> None:
    columns = {
        "flight_date": pa.array(["2013-01-01", "2013-01-02"]).cast(pa.date32()),
        "carrier": ["UA", "UA"],
        "flight": pa.array([5, 6], pa.int32()),
        "origin": ["EWR", "EWR"],
        "arrived_late": [True, None],
    }
    (tmp_path / "curated").mkdir()
    pq.write_table(pa.table(columns), tmp_path / "curated" / "a.parquet")
    assert read_truth(tmp_path / "curated", DATASET) == {"2013-01-01/UA/5/EWR": 1.0}
    (tmp_path / "ground").mkdir()
    line = {
        "groundTruthData": {"data": "1", "encoding": "CSV"},
        "eventMetadata": {"eventId": "e"},
        "eventVersion": "0",
    }
    (tmp_path / "ground" / "a.jsonl").write_text(json.dumps(line) + "\n")
    assert read_truth(tmp_path / "ground", DATASET) == {"e": 1.0}


def test_a_worse_model_and_a_later_world_are_violations() -> None:
    generator = np.random.default_rng(0)
    label = (generator.random(4000) < 0.25).astype(float)
    good = np.clip(0.4 * label + generator.random(4000) * 0.6, 0, 1)
    constraints = quality.constraints(label, good)
    rules = constraints["binary_classification_constraints"]
    assert rules["auc"]["comparison_operator"] == "LessThanThreshold"
    assert rules["label_rate"]["threshold"] == pytest.approx(0.25 * 1.1, abs=0.03)

    def broken(truth: Any, score: Any) -> list[str]:
        described = quality.statistics(truth, score, 0.5)
        return [entry["metric_name"] for entry in quality.violations(described, constraints)]

    assert broken(label, good) == []
    assert broken(label, generator.random(4000)) == ["auc"]
    late = np.concatenate([label[:2000], np.ones(2000)])
    assert broken(late, np.clip(0.4 * late + generator.random(4000) * 0.6, 0, 1)) == ["label_rate"]
    assert quality.label_drift(label, 0.25) < 0.01
    assert quality.label_drift(late, 0.25) > 0.2
