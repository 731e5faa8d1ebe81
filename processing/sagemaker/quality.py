"""How well predictions came true, once the truth is known.

Statistics and constraints as Model Monitor writes them for binary classification:
https://docs.aws.amazon.com/sagemaker/latest/dg/model-monitor-model-quality-metrics.html
"""

from typing import Any

import numpy as np

from processing.sagemaker import drift, metrics
from processing.sagemaker.metrics import Floats

AUC_MARGIN = 0.95  # of the worst window
LABEL_RATE_MARGIN = 1.1  # of the window with the highest rate
BELOW, ABOVE = "LessThanThreshold", "GreaterThanThreshold"


def statistics(label: Floats, probability: Floats, threshold: float) -> dict[str, Any]:
    """The content of statistics.json. The label rate comes with it: when it moves, the world has."""
    found = metrics.classification(label, probability, threshold)
    found["label_rate"] = {"value": float(label.mean()), "standard_deviation": "NaN"}
    found["prediction_rate"] = {"value": float((probability >= threshold).mean()), "standard_deviation": "NaN"}
    return {"version": 0.0, "dataset": {"item_count": len(label)}, "binary_classification_metrics": found}


def constraints(label: Floats, probability: Floats) -> dict[str, Any]:
    """The content of constraints.json, from predictions on test rows in the order of time.

    The worst AUC and the highest label rate of the baseline's own windows, with a margin, by the size of the window
    as in `drift`: a bad day is not yet a bad model. ``threshold`` is that of the largest windows.
    """
    parts = drift.windows(len(label)) or {len(label): [slice(None)]}
    least, most = [], []
    for size, slices in parts.items():
        scores = [score for part in slices if (score := metrics.auc(label[part], probability[part])) is not None]
        # A model that is no better than a coin has nothing to lose
        least.append({"rows": size, "threshold": max(0.5, AUC_MARGIN * min(scores, default=0.5))})
        rate = max(float(label[part].mean()) for part in slices)
        most.append({"rows": size, "threshold": min(1.0, LABEL_RATE_MARGIN * rate)})
    return {
        "version": 0.0,
        "binary_classification_constraints": {
            "auc": {**_first(least), "comparison_operator": BELOW, "thresholds": least},
            "label_rate": {**_first(most), "comparison_operator": ABOVE, "thresholds": most},
        },
    }


def violations(described: dict[str, Any], constraints: dict[str, Any]) -> list[dict[str, str]]:
    """Metrics of ``described`` (statistics) that are beyond their threshold."""
    found = []
    for name, rule in constraints["binary_classification_constraints"].items():
        metric = described["binary_classification_metrics"].get(name)
        if metric is None:
            continue
        fitted = drift.threshold_for(rule.get("thresholds", []), described["dataset"]["item_count"]) or rule
        value, threshold, operator = metric["value"], fitted["threshold"], rule["comparison_operator"]
        broken = value < threshold if operator == BELOW else value > threshold
        if broken:
            found.append(
                {
                    "constraint_check_type": operator,
                    "description": f"Metric {name} with {value:.4f} was {operator} '{threshold:.4f}'",
                    "metric_name": name,
                }
            )
    return found


def _first(fitted: list[dict[str, Any]]) -> dict[str, float]:
    return {"threshold": fitted[0]["threshold"]}


def label_drift(label: Floats, baseline_rate: float) -> float:
    """PSI of the labels against a baseline's share of positive ones."""
    rate = float(np.mean(label))
    return drift.psi(np.array([1 - baseline_rate, baseline_rate]), np.array([1 - rate, rate]))
