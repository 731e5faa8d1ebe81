"""What preprocessing tells of the data: balance, missing values, outliers, and which features look useful."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.feature_selection import f_classif, f_regression

from processing.dataset import Columns, Dataset
from processing.encoder import outlier_bounds

CORRELATED = 0.98


def describe(
    dataset: Dataset, columns: Columns, names: list[str], matrix: NDArray[np.float32], label: NDArray[np.float64]
) -> dict[str, Any]:
    """A JSON document on training rows; nothing in it changes what is trained."""
    return {
        "label": {"mean": float(label.mean()), "rows": len(label)},
        "missing": {name: _missing_share(columns[name]) for name in dataset.inputs},
        "outliers": {method: _outlier_shares(dataset, columns, method) for method in ("zscore", "iqr")},
        "selection": feature_scores(names, matrix, label),
    }


def feature_scores(names: list[str], matrix: NDArray[Any], label: NDArray[np.float64]) -> dict[str, Any]:
    """F scores against the label, best first (SelectKBest's), constant features, and pairs that say the same."""
    matrix = matrix.astype(np.float64)
    varies = matrix.std(axis=0) > 0
    kept = [name for name, varying in zip(names, varies, strict=True) if varying]
    score = f_classif if len(np.unique(label)) <= 2 else f_regression
    scores, p_values = score(matrix[:, varies], label)
    # rounding takes the score of a column whose means hardly differ below 0, where there is no p
    scores, p_values = np.maximum(scores, 0), np.nan_to_num(p_values, nan=1.0)
    correlation = np.atleast_2d(np.corrcoef(matrix[:, varies], rowvar=False))
    left, right = np.nonzero(np.triu(np.abs(correlation) > CORRELATED, k=1))
    ranked = sorted(zip(kept, scores, p_values, strict=True), key=lambda entry: -entry[1])
    return {
        "scores": [{"feature": name, "f": float(f), "p": float(p)} for name, f, p in ranked],
        "constant": [name for name, varying in zip(names, varies, strict=True) if not varying],
        "correlated": [
            [kept[a], kept[b], round(float(correlation[a, b]), 4)] for a, b in zip(left, right, strict=True)
        ],
    }


def _missing_share(column: NDArray[Any]) -> float:
    missing = [value is None for value in column] if column.dtype == object else np.isnan(column)
    return round(float(np.mean(missing)), 6)


def _outlier_shares(dataset: Dataset, columns: Columns, method: str) -> dict[str, float]:
    shares = {}
    for name, (low, high) in outlier_bounds(columns, dataset.inputs, method).items():
        present = columns[name][~np.isnan(columns[name])]
        shares[name] = round(float(((present < low) | (present > high)).mean()), 6)
    return shares
