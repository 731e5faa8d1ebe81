"""Splits, oversampling, and reading of the curated table."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from datasets.flights.features import DATASET
from processing.sagemaker import balance, report, splits, tables
from processing.sagemaker.curated import read_curated
from processing.sagemaker.workspace import JobError
from tests.unit.processing.sagemaker.support import curated, write_curated


def test_every_row_is_in_one_part_and_the_same_seed_gives_the_same_parts() -> None:
    label = (np.arange(1000) % 4 == 0).astype(float)
    parts = splits.stratified(label, 7)
    assert sorted(np.concatenate(parts).tolist()) == list(range(1000))
    assert [len(part) for part in parts] == [700, 150, 150]
    assert all(abs(label[part].mean() - 0.25) < 0.005 for part in parts)
    assert all(np.array_equal(a, b) for a, b in zip(parts, splits.stratified(label, 7), strict=True))
    assert not np.array_equal(parts[0], splits.stratified(label, 8)[0])


def test_a_class_of_one_row_cannot_be_split() -> None:
    with pytest.raises(JobError, match="cannot be split"):
        splits.stratified(np.array([1.0, *[0.0] * 50]), 0)


def test_the_latest_days_are_whole_days() -> None:
    order = np.array([3.0, 1, 2, 3, 2, 5])
    earlier, latest = splits.latest(order, 2)
    assert (earlier.tolist(), latest.tolist()) == ([1, 2, 4], [0, 3, 5])
    for days in (0, 4):
        with pytest.raises(JobError, match="cannot hold back"):
            splits.latest(order, days)


@pytest.mark.parametrize(("rows", "features", "enough"), [(99, 2, False), (100, 10, True), (499, 50, False)])
def test_ten_rows_a_feature_and_a_hundred_in_all(rows: int, features: int, *, enough: bool) -> None:
    if enough:
        splits.require_enough(rows, features)
    else:
        with pytest.raises(JobError, match=f"{rows} training rows are too few for {features} features"):
            splits.require_enough(rows, features)


def test_numbers_are_stratified_by_tenths() -> None:
    assert np.bincount(splits.strata_of(np.arange(100.0)).astype(int)).tolist() == [10] * 10


def test_smote_lies_between_rare_rows_and_keeps_codes_whole() -> None:
    generator = np.random.default_rng(1)
    code = generator.integers(0, 3, 120)
    matrix = np.column_stack([generator.normal(size=120), code]).astype(np.float32)
    label = np.array([1.0] * 20 + [0.0] * 100)
    matrix[:20, 0] += 50
    grown, labels = balance.smote(matrix, label, 0)
    assert labels.mean() == 0.5
    assert np.array_equal(grown[:120], matrix)
    made = grown[120:]
    assert made[:, 0].min() >= matrix[:20, 0].min()
    assert made[:, 0].max() <= matrix[:20, 0].max()
    assert set(made[:, 1].tolist()) <= {0, 1, 2}
    assert len(np.unique(made[:, 0])) > 60
    assert np.array_equal(grown, balance.smote(matrix, label, 0)[0])


def test_smote_leaves_balanced_data_alone() -> None:
    matrix, label = np.zeros((4, 1), np.float32), np.array([0.0, 1, 0, 1])
    assert balance.smote(matrix, label, 0)[0] is matrix


def test_unlabelled_and_repeated_rows_and_other_days_are_left_out(tmp_path: Path) -> None:
    frame = curated("2013-01-09", "2013-01-11")
    write_curated(frame, tmp_path)
    again = frame[frame["day"] == "2013-01-10"]
    again_file = tmp_path / "month=2013-01" / "day=2013-01-10" / "part-00000.snappy.parquet"
    again_file.rename(again_file.with_name("old.snappy.parquet"))
    write_curated(again, tmp_path)
    found = read_curated(tmp_path, DATASET, "arrived_late", "2013-01-10", "2013-01-10")
    labelled = again["arrived_late"].notna()
    assert found.dropped == {
        "outside_window": len(frame) - len(again),
        "unlabelled": 2 * int((~labelled).sum()),
        "duplicates": int(labelled.sum()),
    }
    expected = again[labelled].sort_values(["flight_date", "carrier", "flight", "origin"])
    assert found.table.column("flight").to_pylist() == expected["flight"].tolist()
    assert found.target.tolist() == expected["arrived_late"].astype(float).tolist()
    np.testing.assert_array_equal(found.columns["temp"], expected["temp"])


def test_a_column_that_is_not_there_is_named(tmp_path: Path) -> None:
    pd.DataFrame({"flight_date": [1]}).to_parquet(tmp_path / "a.parquet")
    with pytest.raises(JobError, match="lacks carrier"):
        read_curated(tmp_path, DATASET, "arrived_late", None, None)


def test_rows_are_read_as_written_and_only_with_the_features_of_the_model(tmp_path: Path) -> None:
    matrix = np.array([[0.1, 2], [3, np.nan]], np.float32)
    meta = {"carrier": np.array(["UA", "B6"], object), "baseline": np.array([0.2, 0.3])}
    tables.write_rows(tmp_path, ["a", "b"], tables.Rows(matrix, np.array([0.0, 1]), meta))
    found = tables.read_rows(tmp_path, ["a", "b"])
    assert found.matrix.tobytes() == matrix.tobytes()
    assert found.label.tolist() == [0, 1]
    assert found.meta["carrier"].tolist() == ["UA", "B6"]
    assert found.meta["baseline"].tolist() == [0.2, 0.3]
    for names, reason in ((["a", "c"], "differ in b, c"), (["b", "a"], "differ in their order")):
        with pytest.raises(JobError, match=reason):
            tables.read_rows(tmp_path, names)


def test_the_score_of_a_column_that_hardly_varies_is_a_number() -> None:
    random = np.random.default_rng(0)
    label = np.where(np.arange(10_000) // 2 % 4 == 0, 1.0, 0.0)
    columns = np.where(random.random((10_000, 60)) < 0.003, 4, 2).astype(np.float32)
    columns[:, :10] = np.where(np.arange(10_000) % 2, 0.1, 0.3)[:, None]  # the same in both classes
    names = [f"column_{number}" for number in range(60)]
    scores = report.feature_scores(names, columns, label)["scores"]
    assert len(scores) == 60
    assert all(entry["f"] >= 0 and 0 <= entry["p"] <= 1 for entry in scores)
