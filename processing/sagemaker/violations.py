"""What of a dataset breaks the constraints of its baseline.

https://docs.aws.amazon.com/sagemaker/latest/dg/model-monitor-interpreting-violations.html
"""

from typing import Any

import numpy as np

from processing.sagemaker import drift
from processing.sagemaker.profiles import Table, reference_of

METHODS = ("psi", "ks")
# What a column of the left type may hold: JSON writes 5.0 and 5 as it likes
COMPATIBLE = {"Integral": {"Integral"}, "Fractional": {"Fractional", "Integral"}, "String": {"String"}}

Violation = dict[str, str]


def check_columns(names: set[str], known: set[str], constraints: dict[str, Any]) -> list[Violation]:
    """Columns that are not there, and columns that are there but were not in the baseline.

    Args:
        known: columns that may be there without being a feature, such as the key.
    """
    expected = {feature["name"] for feature in constraints["features"]}
    missing = [
        _violation(name, "missing_column_check", "the baseline has this column, and no row of this dataset has")
        for name in sorted(expected - names)
    ]
    return missing + [
        _violation(name, "extra_column_check", "the baseline does not have this column")
        for name in sorted(names - expected - known)
    ]


def check_types(kinds: dict[str, dict[str, int]], constraints: dict[str, Any]) -> list[Violation]:
    """Columns with too many values of another type; ``kinds`` counts the types of each column's present values."""
    threshold = constraints["monitoring_config"]["datatype_check_threshold"]
    found = []
    for feature in constraints["features"]:
        counts = kinds.get(feature["name"], {})
        total = sum(counts.values())
        expected = feature["inferred_type"]
        accepted = COMPATIBLE.get(expected)
        if not total or accepted is None:
            continue
        wrong = sum(count for kind, count in counts.items() if kind not in accepted) / total
        if wrong > threshold:
            found.append(
                _violation(
                    feature["name"],
                    "data_type_check",
                    f"{wrong:.1%} of the values are not {expected}, more than {threshold:.1%}",
                )
            )
    return found


def check_values(table: Table, constraints: dict[str, Any]) -> list[Violation]:
    """Columns with too many missing values or unknown categories."""
    threshold = constraints["monitoring_config"]["domain_content_threshold"]
    found = []
    for feature in constraints["features"]:
        column = table.get(feature["name"])
        if column is None:
            continue
        share = float(column.present.mean())
        if share < feature["completeness"]:
            description = f"{share:.1%} of the values are there, less than {feature['completeness']:.1%}"
            found.append(_violation(feature["name"], "completeness_check", description))
        domain = set(feature.get("string_constraints", {}).get("domains", ()))
        present = column.values[column.present]
        if domain and len(present):
            unknown = [value for value in present if value not in domain]
            if len(unknown) / len(present) > threshold:
                description = (
                    f"{len(unknown) / len(present):.1%} of the values are not of the baseline, more than "
                    f"{threshold:.1%}: {', '.join(sorted(set(map(str, unknown)))[:5])}"
                )
                found.append(_violation(feature["name"], "categorical_values_check", description))
    return found


def measure_drift(
    table: Table, statistics: dict[str, Any], constraints: dict[str, Any], method: str
) -> dict[str, dict[str, Any]]:
    """By compared column: ``psi``, ``ks``, the thresholds for this many rows, and whether it ``drifted``.

    Args:
        method: ``psi`` or ``ks``, the distance that decides; of text always PSI.
    """
    described = {feature["name"]: feature for feature in statistics["features"]}
    found = {}
    for feature in constraints["features"]:
        name = feature["name"]
        rules = feature["monitoringConfigOverrides"]["distribution_constraints"]
        column, reference = table.get(name), reference_of(described.get(name, {}))
        if column is None or reference is None or rules["perform_comparison"] != "Enabled":
            continue
        limits = drift.threshold_for(rules["thresholds"], len(column.values))
        present = column.values[column.present]
        if limits is None or not len(present) or isinstance(reference, drift.Texts) != (present.dtype == object):
            continue
        distance = reference.distance(present)
        deciding = "psi" if isinstance(reference, drift.Texts) else method
        found[name] = {
            "method": deciding,
            "psi": round(distance.psi, 4),
            "ks": round(distance.ks, 4),
            "psi_threshold": round(limits["psi"], 4),
            "ks_threshold": round(limits["ks"], 4),
            "drifted": bool(getattr(distance, deciding) > limits[deciding]),
            "baseline_mean": described[name].get("numerical_statistics", {}).get("mean"),
            "mean": float(np.mean(present)) if present.dtype != object else None,
        }
    return found


def drift_violations(measured: dict[str, dict[str, Any]], share_threshold: float) -> tuple[float, list[Violation]]:
    """Share of columns that drifted, and a violation for each, if they are more than ``share_threshold`` of all."""
    drifted = [name for name, entry in measured.items() if entry["drifted"]]
    share = len(drifted) / len(measured) if measured else 0.0
    if share <= share_threshold:
        return share, []
    found = []
    for name in drifted:
        entry = measured[name]
        method = entry["method"]
        description = (
            f"{method.upper()} distance {entry[method]} exceeds its threshold {entry[f'{method}_threshold']}"
        )
        if entry["mean"] is not None and entry["baseline_mean"] is not None:
            description += f"; mean {entry['mean']:.6g}, in the baseline {entry['baseline_mean']:.6g}"
        found.append(_violation(name, "baseline_drift_check", description))
    return share, found


def _violation(name: str, check: str, description: str) -> Violation:
    return {"feature_name": name, "constraint_check_type": check, "description": description}
