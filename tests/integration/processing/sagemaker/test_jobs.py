"""The chain of jobs on real flights of three months: what it learns, what it leaves, and when it refuses."""

import json
import math
import tarfile
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from datasets.flights.features import DATASET
from processing.sagemaker import inference
from tests.unit.processing.sagemaker.support import Finished, Jobs, captured, curated, event, write_curated

CHANNELS = ("train", "validation", "artifacts")
TESTS = ("test", "temporal_test")
FAST = ("--num_round", "60", "--eta", "0.25", "--max_depth", "5")
LATEST = date(2013, 3, 18)  # first of the 14 latest days


class Chain(NamedTuple):
    preprocess: Finished
    train: Finished
    evaluate: Finished
    suggest: Finished

    def features(self) -> dict[str, Any]:
        return dict(json.loads((self.preprocess.output("artifacts") / "features.json").read_text()))

    def evaluation(self) -> dict[str, Any]:
        return dict(json.loads((self.evaluate.output("evaluation") / "evaluation.json").read_text()))

    def table(self, name: str) -> pd.DataFrame:
        return pq.read_table(self.preprocess.output(name) / f"{name}.parquet").to_pandas()


@pytest.fixture(scope="module")
def chain(winter: Path, tmp_path_factory: pytest.TempPathFactory) -> Chain:
    jobs = Jobs(tmp_path_factory.mktemp("chain"))
    preprocess = jobs.processing("preprocess", "preprocess", inputs={"curated": winter})
    train = jobs.training("train", *FAST, channels={name: preprocess.output(name) for name in CHANNELS})
    parts = {name: preprocess.output(name) for name in TESTS}
    evaluate = jobs.processing("evaluate", "evaluate", inputs={"model": train.root / "output", **parts})
    known = {"baseline": preprocess.output("baseline"), "evaluation": evaluate.output("evaluation")}
    return Chain(preprocess, train, evaluate, jobs.processing("suggest", "monitor", "suggest", inputs=known))


@pytest.fixture(scope="module")
def model(chain: Chain) -> inference.Model:
    return inference.model_fn(str(chain.train.root / "model"))


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Eight days of flights, for what needs no more."""
    return write_curated(curated("2013-01-10", "2013-01-17"), tmp_path_factory.mktemp("small"))


def test_the_model_is_as_good_as_this_data_allows_and_better_than_no_ml(chain: Chain) -> None:
    found = chain.evaluation()
    assert found["auc_random"] >= 0.70
    assert found["auc_temporal"] >= 0.62
    assert found["baseline_auc"] > 0.55
    assert found["baseline_gain"] == pytest.approx(found["auc_temporal"] - found["baseline_auc"])
    assert found["baseline_gain"] > 0.03


def test_the_registry_metrics_are_those_of_the_latest_days(chain: Chain) -> None:
    found = chain.evaluation()
    metrics = found["binary_classification_metrics"]
    predictions = pd.read_csv(chain.evaluate.output("evaluation") / "predictions.csv")
    latest = predictions.tail(found["rows"]["temporal_test"])
    decided, late = latest["probability"] >= 0.5, latest["label"] == 1
    assert metrics["auc"]["value"] == found["auc_temporal"]
    assert metrics["accuracy"]["value"] == pytest.approx((decided == late).mean())
    assert metrics["precision"]["value"] == pytest.approx(late[decided].mean())
    assert metrics["recall"]["value"] == pytest.approx(decided[late].mean())
    assert metrics["confusion_matrix"]["1"] == {"0": int((late & ~decided).sum()), "1": int((late & decided).sum())}
    curve = metrics["receiver_operating_characteristic_curve"]
    area = np.trapezoid(curve["true_positive_rates"], curve["false_positive_rates"])
    assert area == pytest.approx(found["auc_temporal"], abs=0.005)
    bins = found["calibration"]["bins"]
    assert sum(entry["count"] for entry in bins) == len(latest)
    assert bins[-1]["observed"] > 2 * bins[0]["observed"]


def test_importance_is_the_share_of_each_feature_in_what_the_trees_gained(chain: Chain) -> None:
    found = chain.evaluation()["importance"]
    shares = [entry["share"] for entry in found]
    assert sum(shares) == pytest.approx(1)
    assert shares == sorted(shares, reverse=True)
    assert {entry["feature"] for entry in found} <= set(chain.features()["features"])
    assert len(found) > 10


def test_the_curve_of_the_rate_without_ml_has_the_area_that_the_model_has_to_beat(chain: Chain) -> None:
    curve = chain.evaluation()["baseline_receiver_operating_characteristic_curve"]
    area = np.trapezoid(curve["true_positive_rates"], curve["false_positive_rates"])
    assert area == pytest.approx(chain.evaluation()["baseline_auc"], abs=0.002)


def test_group_gaps_compare_carriers_and_origins(chain: Chain) -> None:
    found = chain.evaluation()["group_gaps"]
    assert set(found["origin"]["groups"]) == {"EWR", "JFK", "LGA"}
    rates = [entry["selection_rate"] for entry in found["origin"]["groups"].values()]
    assert found["origin"]["selection_rate_gap"] == pytest.approx(max(rates) - min(rates))
    assert "OO" not in found["carrier"]["groups"]  # a handful of flights
    assert found["carrier"]["true_positive_rate_gap"] > 0


def test_the_split_is_70_15_15_of_the_earlier_days_with_the_same_share_of_late_flights(chain: Chain) -> None:
    parts = {name: chain.table(name) for name in ("train", "validation", *TESTS)}
    earlier = sum(len(parts[name]) for name in ("train", "validation", "test"))
    for name, share in (("train", 0.7), ("validation", 0.15), ("test", 0.15)):
        assert len(parts[name]) / earlier == pytest.approx(share, abs=0.001)
        assert parts[name]["label"].mean() == pytest.approx(parts["train"]["label"].mean(), abs=0.001)
    truth = curated("2013-03-18", "2013-03-31")["arrived_late"].dropna()
    assert len(parts["temporal_test"]) == len(truth)
    assert parts["temporal_test"]["label"].mean() == pytest.approx(truth.mean())


def test_no_training_row_is_of_the_latest_days_nor_carries_what_only_describes(chain: Chain) -> None:
    baseline = pd.read_csv(chain.preprocess.output("baseline") / "baseline.csv")
    assert len(baseline) == len(chain.table("train"))
    assert baseline["flight_date"].max() < str(LATEST)
    assert baseline["flight_date"].is_monotonic_increasing
    assert list(baseline.columns) == list(DATASET.inputs)
    assert list(chain.table("train").columns) == ["label", *chain.features()["features"]]


def test_imputation_is_fitted_on_training_rows_only(chain: Chain) -> None:
    baseline = pd.read_csv(chain.preprocess.output("baseline") / "baseline.csv")
    fill = chain.features()["encoder"]["fill"]
    everything = curated("2013-01-01", "2013-03-31")
    assert fill["temp"] == baseline["temp"].median()
    assert fill["humid"] == baseline["humid"].median() != everything["humid"].median()
    assert fill["plane_manufacturer"] == baseline["plane_manufacturer"].mode()[0]


def test_the_baseline_is_the_rate_of_the_carrier_and_hour_among_training_rows(chain: Chain) -> None:
    raw = pd.read_csv(chain.preprocess.output("baseline") / "baseline.csv")
    train = chain.table("train")
    raw["label"], raw["hour"] = train["label"], raw["sched_dep_time"] // 100
    rates = raw.groupby(["carrier", "hour"])["label"].mean()
    test = curated("2013-03-18", "2013-03-31").dropna(subset=["arrived_late"])
    test = test.sort_values(["flight_date", "carrier", "flight", "origin"])
    keys = zip(test["carrier"], test["sched_dep_time"] // 100, strict=True)
    expected = [rates.get(key, train["label"].mean()) for key in keys]
    np.testing.assert_allclose(chain.table("temporal_test")["meta_baseline"], expected)


def test_class_weight_is_the_default(chain: Chain) -> None:
    mean = chain.table("train")["label"].mean()
    assert chain.features()["scale_pos_weight"] == pytest.approx((1 - mean) / mean)


def test_the_report_knows_this_data(chain: Chain) -> None:
    report = json.loads((chain.preprocess.output("report") / "report.json").read_text())
    everything = curated("2013-01-01", "2013-03-31")
    assert report["dropped"] == {
        "outside_window": 0,
        "unlabelled": int(everything["arr_delay"].isna().sum()),
        "duplicates": 0,
    }
    assert report["missing"]["plane_year"] == pytest.approx(everything["plane_year"].isna().mean(), abs=0.01)
    assert report["selection"]["scores"][0]["f"] > report["selection"]["scores"][-1]["f"]
    assert 0 < report["outliers"]["zscore"]["pressure"] < 0.02


def test_the_model_archive_serves_and_holds_no_pickle(chain: Chain) -> None:
    with tarfile.open(chain.train.root / "output" / "model.tar.gz") as archive:
        names = {name.removeprefix("./") for name in archive.getnames()}
    assert {
        "xgboost-model.json",
        "features.json",
        "code/inference.py",
        "code/datasets/flights/features.py",
        "code/contracts/flights.json",
    } <= names
    assert {Path(name).suffix for name in names if "." in Path(name).name} <= {".json", ".py"}
    assert not any("glue" in name for name in names)


def test_training_prints_what_tuning_looks_for(chain: Chain) -> None:
    last = [line for line in chain.train.log.splitlines() if line.startswith("validation-auc:")]
    assert len(last) == 1
    assert 0.7 < float(last[0].split(":")[1]) < 0.85


def test_a_training_row_is_the_serving_row_of_the_same_event_bit_by_bit(chain: Chain, model: inference.Model) -> None:
    rows = curated("2013-03-18", "2013-03-31").dropna(subset=["arrived_late"])
    rows = rows.sort_values(["flight_date", "carrier", "flight", "origin"])
    picked = range(0, len(rows), 61)  # all carriers, with and without plane and weather
    stored = chain.table("temporal_test")[chain.features()["features"]].to_numpy()
    scores = (
        pd.read_csv(chain.evaluate.output("evaluation") / "predictions.csv")["probability"].tail(len(rows)).to_numpy()
    )
    missing = 0
    for number in picked:
        request = event(rows.iloc[number])
        missing += None in request.values()
        columns = model.reader.objects([json.loads(json.dumps(request))])
        assert model.encoder.transform(columns).tobytes() == stored[number].tobytes(), request
        body = json.dumps(request).encode()
        (answer,) = inference.predict(inference.read(body, "application/json"), model)
        assert answer["probability"] == pytest.approx(scores[number], abs=1e-6)
        assert answer["late"] == (answer["probability"] >= 0.5)
    assert missing > 10


def test_a_csv_request_gives_what_json_gives(model: inference.Model) -> None:
    rows = [event(row) for _, row in curated("2013-03-20", "2013-03-20").head(40).iterrows()]
    lines = "\n".join(",".join("" if row[n] is None else str(row[n]) for n in DATASET.inputs) for row in rows)
    by_json = inference.predict(inference.read(json.dumps({"instances": rows}), "application/json"), model)
    by_csv = inference.predict(inference.read(lines, "text/csv; charset=utf-8"), model)
    assert by_json == by_csv
    text, kind = inference.write(by_json, "text/csv")
    assert kind == "text/csv"
    assert [float(line) for line in text.splitlines()] == [row["probability"] for row in by_json]


def test_control_days_break_no_constraint_and_july_does(chain: Chain, model: inference.Model, jobs: Jobs) -> None:
    found = {}
    for name, day in (("control", "2013-03-25"), ("july", "2013-07-10")):
        capture = captured(model, curated(day, day), jobs.folder / name / "capture")
        inputs = {"capture": capture, "constraints": chain.suggest.output("constraints")}
        output = jobs.processing(f"check-{name}", "monitor", "check", inputs=inputs).output("monitoring")
        found[name] = {file.stem: json.loads(file.read_text()) for file in output.iterdir()}
        assert set(found[name]) == {"statistics", "constraints", "constraint_violations", "report"}
    assert found["control"]["constraint_violations"] == {"violations": []}
    assert found["control"]["report"]["judged"] is True
    violations = found["july"]["constraint_violations"]["violations"]
    assert {"temp", "dewp"} <= {entry["feature_name"] for entry in violations}
    assert {entry["constraint_check_type"] for entry in violations} == {"baseline_drift_check"}
    july = curated("2013-07-10", "2013-07-10")
    temp = next(entry for entry in violations if entry["feature_name"] == "temp")
    assert f"mean {july['temp'].mean():.6g}" in temp["description"]
    message = (jobs.folder / "check-july" / "output" / "message").read_text()
    assert message.startswith("CompletedWithViolations")


def test_quality_joins_predictions_with_later_arrivals(chain: Chain, model: inference.Model, jobs: Jobs) -> None:
    day = curated("2013-03-25", "2013-03-26")
    inputs = {
        "capture": captured(model, day, jobs.folder / "capture"),
        "truth": write_curated(day, jobs.folder / "truth"),
        "constraints": chain.suggest.output("constraints"),
    }
    output = jobs.processing("quality", "monitor", "quality", inputs=inputs).output("monitoring")
    report = json.loads((output / "report.json").read_text())
    arrived = day.dropna(subset=["arrived_late"])
    assert report["merged"] == len(arrived) < report["rows"] == len(day)
    assert report["label_rate"]["now"] == pytest.approx(arrived["arrived_late"].mean())
    assert 0.5 < report["auc"] < 0.85
    statistics = json.loads((output / "statistics.json").read_text())
    assert statistics["binary_classification_metrics"]["auc"]["value"] == report["auc"]
    assert json.loads((output / "constraint_violations.json").read_text()) == {"violations": []}


def test_a_leak_is_too_good_to_be_true(chain: Chain, jobs: Jobs) -> None:
    """dep_delay put where an honest feature was: the evaluation notices, whatever the contract says."""
    leaked: dict[str, Path] = {}
    delays = curated("2013-01-01", "2013-03-31").dropna(subset=["arrived_late"])
    latest = delays[delays["day"] >= str(LATEST)].sort_values(["flight_date", "carrier", "flight", "origin"])
    for name in ("train", "validation", *TESTS):
        frame = chain.table(name)
        noise = np.random.default_rng(0).normal(0, 30, len(frame))
        told = latest["dep_delay"].to_numpy() if name == "temporal_test" else frame["label"] * 90 + noise
        frame["wind_dir"] = np.asarray(told, np.float32)
        leaked[name] = jobs.folder / name
        leaked[name].mkdir()
        frame.to_parquet(leaked[name] / f"{name}.parquet", index=False)
    channels = {"train": leaked["train"], "validation": leaked["validation"]}
    channels["artifacts"] = chain.preprocess.output("artifacts")
    trained = jobs.training("leaked", "--num_round", "5", "--max_depth", "2", "--eta", "1", channels=channels)
    inputs = {"model": trained.root / "output", **{name: leaked[name] for name in TESTS}}
    failed = jobs.processing("suspicious", "evaluate", inputs=inputs, fails=True)
    message = (jobs.folder / "suspicious" / "output" / "message").read_text()
    assert "which no honest feature reaches" in message
    assert "Traceback" not in failed.log
    assert not math.isnan(float(message.split("AUC of ")[1].split()[0]))


def test_a_regression_predicts_minutes(small: Path, jobs: Jobs) -> None:
    preprocess = jobs.processing(
        "minutes", "preprocess", "--target", "arr_delay", "--temporal-days", "2", inputs={"curated": small}
    )
    arguments = ("--objective", "reg:squarederror", "--num_round", "20", "--eta", "0.2")
    channels = {name: preprocess.output(name) for name in CHANNELS}
    train = jobs.training("train", *arguments, channels=channels)
    assert "validation-rmse:" in train.log
    inputs = {"model": train.root / "output", **{name: preprocess.output(name) for name in TESTS}}
    output = jobs.processing("evaluate", "evaluate", inputs=inputs).output("evaluation")
    found = json.loads((output / "evaluation.json").read_text())
    predictions = pd.read_csv(output / "predictions.csv").tail(found["rows"]["temporal_test"])
    error = predictions["value"] - predictions["label"]
    metrics = {name: entry["value"] for name, entry in found["regression_metrics"].items()}
    assert metrics["mae"] == pytest.approx(error.abs().mean())
    assert metrics["rmse"] == pytest.approx((error**2).mean() ** 0.5)
    assert metrics["r2"] == pytest.approx(1 - (error**2).mean() / predictions["label"].var(ddof=0))
    served = inference.model_fn(str(train.root / "model"))
    request = event(curated("2013-01-17", "2013-01-17").iloc[0])
    (answer,) = inference.predict(inference.read(json.dumps(request), "application/json"), served)
    assert set(answer) == {"value"}


def test_options_for_outliers_balance_and_folds(small: Path, jobs: Jobs) -> None:
    arguments = ("--temporal-days", "2", "--outliers", "isolation_forest", "--balance", "smote")
    preprocess = jobs.processing("options", "preprocess", *arguments, inputs={"curated": small})
    label = pq.read_table(preprocess.output("train")).column("label").to_numpy()
    assert label.mean() == 0.5
    validation = pq.read_table(preprocess.output("validation")).column("label").to_numpy()
    assert validation.mean() < 0.4
    features = json.loads((preprocess.output("artifacts") / "features.json").read_text())
    assert features["scale_pos_weight"] == 1.0
    channels = {name: preprocess.output(name) for name in CHANNELS}
    stops = ("--num_round", "500", "--early_stopping_rounds", "2", "--eta", "0.5", "--alpha", "1", "--lambda", "2")
    train = jobs.training("train", *stops, "--cv", "3", channels=channels)
    assert "over 3 folds" in train.log
    history = json.loads((train.root / "output" / "data" / "history.json").read_text())
    assert history["rounds"] < 500
    assert history["parameters"]["alpha"] == 1
    assert history["parameters"]["lambda"] == 2


def test_jobs_refuse_with_the_reason_where_sagemaker_looks_for_it(small: Path, jobs: Jobs) -> None:
    def refused(name: str, *arguments: str, source: Path = small) -> str:
        failed = jobs.processing(name, "preprocess", *arguments, inputs={"curated": source}, fails=True)
        assert "Traceback" not in failed.log
        return (jobs.folder / name / "output" / "message").read_text()

    few = write_curated(curated("2013-01-10", "2013-01-12").sample(300, random_state=0), jobs.folder / "few")
    assert "too few for" in refused("few-rows", "--temporal-days", "1", source=few)
    assert "no labelled rows" in refused("no-rows", "--start", "2014-01-01")


def test_an_objective_that_does_not_fit_the_target_fails_the_job(chain: Chain, jobs: Jobs) -> None:
    channels = {name: chain.preprocess.output(name) for name in CHANNELS}
    jobs.training("objective", "--objective", "reg:squarederror", channels=channels, fails=True)
    reason = (jobs.folder / "objective" / "output" / "failure").read_text()
    assert reason == "objective reg:squarederror does not fit the target arrived_late"


def test_a_misspelt_hyperparameter_fails_the_job(chain: Chain, jobs: Jobs) -> None:
    channels = {name: chain.preprocess.output(name) for name in CHANNELS}
    failed = jobs.training("typo", "--max-depth", "3", channels=channels, fails=True)
    assert "--max-depth" in failed.log
