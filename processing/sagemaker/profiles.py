"""Statistics and constraints of a dataset, in the schemas that Model Monitor publishes.

statistics.json: https://docs.aws.amazon.com/sagemaker/latest/dg/model-monitor-byoc-statistics.html
constraints.json: https://docs.aws.amazon.com/sagemaker/latest/dg/model-monitor-byoc-constraints.html
"Bring your own containers can adopt the same format or enhance it as required": what a column's thresholds are for
how many rows is in its ``monitoringConfigOverrides``.
"""

from collections import Counter
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from processing.sagemaker import drift

BUCKETS = 10  # "By default, the distribution is materialized in 10 buckets. You can't change this."
SKETCH_SIZE = 512
SKETCH_PARAMETERS = {"c": 0.64, "k": float(SKETCH_SIZE)}
MAX_DOMAIN = 200  # categories; a column with more is free text
COMPLETENESS_DEVIATIONS = 4
DATATYPE_THRESHOLD = 0.1
DOMAIN_THRESHOLD = 0.1
COMPARISON_THRESHOLD = 0.1


@dataclass(frozen=True)
class Column:
    """Values of a column of a dataset.

    Attributes:
        kind: ``Integral``, ``Fractional``, ``String`` or ``Unknown`` (nothing present).
        values: float64 with NaN, or text with None for missing.
        compared: whether its distribution means anything; a date never comes back.
    """

    kind: str
    values: NDArray[Any]
    compared: bool = True

    @property
    def present(self) -> NDArray[np.bool_]:
        """Which values are there."""
        if self.values.dtype == object:
            return np.array([value is not None for value in self.values], bool)
        there: NDArray[np.bool_] = ~np.isnan(self.values)
        return there


Table = dict[str, Column]


def statistics(table: Table) -> dict[str, Any]:
    """The content of statistics.json."""
    rows = len(next(iter(table.values())).values) if table else 0
    features = [_feature(name, column) for name, column in table.items()]
    return {"version": 0, "dataset": {"item_count": rows}, "features": features}


def constraints(table: Table, described: dict[str, Any], drift_share: float, min_rows: int) -> dict[str, Any]:
    """The content of constraints.json for a baseline whose rows are in the order of time.

    Args:
        described: its statistics.
        drift_share: share of columns that must have changed before any of them is a violation.
        min_rows: with fewer rows, completeness, categories and distributions are not judged.
    """
    by_name = {feature["name"]: feature for feature in described["features"]}
    return {
        "version": 0,
        "features": [_constraint(name, column, by_name[name]) for name, column in table.items()],
        "monitoring_config": {
            "evaluate_constraints": "Enabled",
            "emit_metrics": "Enabled",
            "datatype_check_threshold": DATATYPE_THRESHOLD,
            "domain_content_threshold": DOMAIN_THRESHOLD,
            "distribution_constraints": {
                "perform_comparison": "Enabled",
                "comparison_threshold": COMPARISON_THRESHOLD,
                "comparison_method": "Robust",
                "categorical_comparison_threshold": COMPARISON_THRESHOLD,
                "categorical_drift_method": "LInfinity",
            },
            "drifted_share_threshold": drift_share,
            "minimum_rows": min_rows,
        },
    }


def reference_of(feature: dict[str, Any]) -> drift.Numbers | drift.Texts | None:
    """The distribution in a column's statistics; None of a column that has none."""
    if "numerical_statistics" in feature:
        found = feature["numerical_statistics"]
        if not found["common"]["num_present"]:
            return None
        sample = expand(found["distribution"]["kll"]["sketch"]["data"])
        return drift.Numbers(sample, found["min"], found["max"])
    buckets = feature.get("string_statistics", {}).get("distribution", {}).get("categorical", {}).get("buckets", [])
    return drift.Texts({bucket["value"]: bucket["count"] for bucket in buckets}) if buckets else None


def sketch(ordered: NDArray[np.float64]) -> list[list[float]]:
    """Levels of a KLL sketch of sorted values: an item of level n stands for 2^n values.

    Made of sorted data, it has no need of the random choices of a stream's
    (https://datasketches.apache.org/docs/KLL/KLLSketch.html): each item is the middle of the values it stands for.
    """
    top = max(0, int(np.ceil(np.log2(max(len(ordered), 1) / SKETCH_SIZE))))
    levels: list[list[float]] = [[] for _ in range(top + 1)]
    start = 0
    for level in range(top, -1, -1):
        weight = 2**level
        count = (len(ordered) - start) // weight
        middles = start + weight // 2 + weight * np.arange(count)
        levels[level] = [float(value) for value in ordered[middles]]
        start += weight * count
    return levels


def expand(levels: list[list[float]]) -> NDArray[np.float64]:
    """Sorted values of a sketch, each as often as it counts."""
    parts = [np.repeat(np.asarray(items, np.float64), 2**level) for level, items in enumerate(levels)]
    return np.sort(np.concatenate(parts))


def _feature(name: str, column: Column) -> dict[str, Any]:
    there = column.values[column.present]
    common = {"num_present": len(there), "num_missing": len(column.values) - len(there)}
    if column.values.dtype == object:
        counts = Counter(str(value) for value in there)
        found: dict[str, Any] = {"common": common, "distinct_count": float(len(counts))}
        if column.compared and len(counts) <= MAX_DOMAIN:
            buckets = [{"value": value, "count": count} for value, count in counts.most_common()]
            found["distribution"] = {"categorical": {"buckets": buckets}}
        return {"name": name, "inferred_type": column.kind, "string_statistics": found}
    found = {"common": common}
    if len(there):
        found.update(_numbers(np.sort(there)))
    return {"name": name, "inferred_type": column.kind, "numerical_statistics": found}


def _numbers(ordered: NDArray[np.float64]) -> dict[str, Any]:
    counts, edges = np.histogram(ordered, bins=BUCKETS)
    buckets = [
        {"lower_bound": float(edges[place]), "upper_bound": float(edges[place + 1]), "count": float(count)}
        for place, count in enumerate(counts)
    ]
    return {
        "mean": float(ordered.mean()),
        "sum": float(ordered.sum()),
        "std_dev": float(ordered.std()),
        "min": float(ordered[0]),
        "max": float(ordered[-1]),
        "distribution": {
            "kll": {"buckets": buckets, "sketch": {"parameters": SKETCH_PARAMETERS, "data": sketch(ordered)}}
        },
    }


def _constraint(name: str, column: Column, feature: dict[str, Any]) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "name": name,
        "inferred_type": column.kind,
        "completeness": _completeness(column.present),
    }
    reference = reference_of(feature)
    if "numerical_statistics" in feature:
        entry["num_constraints"] = {"is_non_negative": feature["numerical_statistics"].get("min", -1.0) >= 0}
    elif isinstance(reference, drift.Texts):
        values = feature["string_statistics"]["distribution"]["categorical"]["buckets"]
        entry["string_constraints"] = {"domains": sorted(bucket["value"] for bucket in values)}
    compared = column.compared and reference is not None
    overrides: dict[str, Any] = {"perform_comparison": "Enabled" if compared else "Disabled"}
    if compared and reference is not None:
        overrides["thresholds"] = drift.fit_thresholds(reference, column.values, column.present)
    entry["monitoringConfigOverrides"] = {"distribution_constraints": overrides}
    return entry


def _completeness(present: NDArray[np.bool_]) -> float:
    """The least share of present values that is normal, judged by the smallest windows of the baseline.

    Deviations alone are too strict where values go missing together, as weather does by the hour: then the baseline's
    own worst window is the measure.
    """
    smallest = list(drift.windows(len(present)).values())[-1:]
    shares = [float(present[part].mean()) for parts in smallest for part in parts] or [float(present.mean())]
    usual = float(np.mean(shares) - COMPLETENESS_DEVIATIONS * np.std(shares))
    return max(0.0, round(min(usual, *shares), 6))
