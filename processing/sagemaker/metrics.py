"""How good predictions are: the numbers, in the format that Model Registry and Model Monitor show.

https://docs.aws.amazon.com/sagemaker/latest/dg/model-monitor-model-quality-metrics.html
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import (
    accuracy_score,
    brier_score_loss,
    confusion_matrix,
    fbeta_score,
    mean_absolute_error,
    mean_squared_error,
    precision_recall_curve,
    precision_score,
    r2_score,
    recall_score,
    roc_auc_score,
    roc_curve,
)

Floats = NDArray[np.float64]
CURVE_POINTS = 101
CALIBRATION_BINS = 10


def auc(label: Floats, score: Floats) -> float | None:
    """Area under the ROC curve; None where only one class is there."""
    return float(roc_auc_score(label, score)) if len(np.unique(label)) == 2 else None


def roc(label: Floats, score: Floats) -> dict[str, list[float]]:
    """Points of the ROC curve, from (0, 0) to (1, 1)."""
    false_rates, true_rates, _ = roc_curve(label, score)
    return {"false_positive_rates": _thinned(false_rates), "true_positive_rates": _thinned(true_rates)}


def classification(label: Floats, probability: Floats, threshold: float) -> dict[str, Any]:
    """The group ``binary_classification_metrics``; a row is positive from ``threshold`` on."""
    decided = probability >= threshold
    (true_negative, false_positive), (false_negative, true_positive) = confusion_matrix(
        label, decided, labels=[0, 1]
    ).tolist()
    negatives, positives = true_negative + false_positive, false_negative + true_positive
    values = {
        "accuracy": accuracy_score(label, decided),
        "precision": precision_score(label, decided, zero_division=0),
        "recall": recall_score(label, decided, zero_division=0),
        "auc": auc(label, probability),
        **{f"f{name}": fbeta_score(label, decided, beta=beta, zero_division=0) for name, beta in _BETAS},
        "true_positive_rate": _ratio(true_positive, positives),
        "true_negative_rate": _ratio(true_negative, negatives),
        "false_positive_rate": _ratio(false_positive, negatives),
        "false_negative_rate": _ratio(false_negative, positives),
    }
    precisions, recalls, _ = precision_recall_curve(label, probability)
    return {
        "confusion_matrix": {
            "0": {"0": true_negative, "1": false_positive},
            "1": {"0": false_negative, "1": true_positive},
        },
        **_as_metrics(values),
        "receiver_operating_characteristic_curve": roc(label, probability),
        "precision_recall_curve": {"precisions": _thinned(precisions), "recalls": _thinned(recalls)},
    }


def regression(label: Floats, predicted: Floats) -> dict[str, Any]:
    """The group ``regression_metrics``."""
    squared = mean_squared_error(label, predicted)
    return _as_metrics(
        {
            "mae": mean_absolute_error(label, predicted),
            "mse": squared,
            "rmse": squared**0.5,
            "r2": r2_score(label, predicted),
        }
    )


def calibration(label: Floats, probability: Floats) -> dict[str, Any]:
    """How often what was said to be likely happened, in ten bins of equal counts; and the Brier score."""
    parts = np.array_split(np.argsort(probability, kind="stable"), CALIBRATION_BINS)
    bins = [
        {
            "predicted": float(probability[part].mean()),
            "observed": float(label[part].mean()),
            "count": len(part),
        }
        for part in parts
        if len(part)
    ]
    return {"bins": bins, "brier_score": float(brier_score_loss(label, probability))}


def group_gaps(
    groups: NDArray[Any], label: Floats, probability: Floats, threshold: float, min_rows: int
) -> dict[str, Any]:
    """Selection rate and true positive rate by group, and the widest gap of each (demographic parity, equal
    opportunity). Groups of fewer than ``min_rows`` rows are only counted: chance would make their gap.
    """
    decided = probability >= threshold
    result: dict[str, Any] = {"groups": {}, "too_small": {}}
    for group in sorted(set(groups.tolist()), key=str):
        rows = groups == group
        count, late = int(rows.sum()), int(label[rows].sum())
        if count < min_rows or not late:
            result["too_small"][str(group)] = count
            continue
        result["groups"][str(group)] = {
            "rows": count,
            "label_rate": late / count,
            "selection_rate": float(decided[rows].mean()),
            "true_positive_rate": float(decided[rows & (label == 1)].mean()),
            "auc": auc(label[rows], probability[rows]),
        }
    for name in ("selection_rate", "true_positive_rate"):
        rates = [entry[name] for entry in result["groups"].values()]
        result[f"{name}_gap"] = max(rates) - min(rates) if rates else None
    return result


_BETAS = (("0_5", 0.5), ("1", 1.0), ("2", 2.0))


def _as_metrics(values: dict[str, Any]) -> dict[str, Any]:
    # One evaluation has no deviation; "NaN" is what AWS's own reports have there, since JSON knows no NaN
    return {
        name: {"value": float(value), "standard_deviation": "NaN"}
        for name, value in values.items()
        if value is not None
    }


def _ratio(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def _thinned(curve: Floats) -> list[float]:
    """At most 101 points of a curve that has one a row."""
    picked = np.unique(np.linspace(0, len(curve) - 1, min(len(curve), CURVE_POINTS)).astype(int))
    return [round(float(curve[index]), 6) for index in picked]
