"""The model card: how it was made, what it is worth, for whom, and by what."""

from typing import Any

from stories.core.seen import Seen
from stories.report import charts
from stories.report.page import Bar, Bars, Chart, Section, Table, duration

SHOWN_FEATURES = 15
METRICS = ("accuracy", "precision", "recall", "f1", "false_positive_rate")
RUNS = (("pipeline", "First training"), ("retraining", "Training that the alarm started"))
CLASSIFICATION = "binary_classification_metrics"


def pipelines(facts: dict[str, Any]) -> Section | None:
    """Steps of the trainings."""
    found = [
        Bars(
            f"{title}: {facts[name]['status'].lower()}",
            ("Step", "Time"),
            [
                Bar(f"{step}: {told['status'].lower()}", told["seconds"], duration(told["seconds"]))
                for step, told in facts[name]["steps"].items()
            ],
        )
        for name, title in RUNS
        if facts.get(name, {}).get("steps")
    ]
    prose = (
        "The SageMaker pipeline takes the curated days of its window, trains, and registers the model only if it beats "
        "both a fixed limit and the guess without ML."
    )
    return Section("Training pipeline", prose, found) if found else None


def card(seen: Seen, outcome: str) -> Section | None:
    """The model card of all versions, in detail of the newest; ``outcome`` is what a positive row is."""
    versions = {number: told for number, told in seen.evaluations.items() if CLASSIFICATION in told}
    if not versions:
        return None
    newest = max(versions)
    told = versions[newest]
    parts: list[Chart | Table | Bars] = [
        _metrics(versions),
        _roc(versions),
        _precision(versions),
        _calibration(versions),
    ]
    parts += [_confusion(number, evaluation, outcome) for number, evaluation in versions.items()]
    if told.get("importance"):
        parts.append(_importance(newest, told))
    parts += [_groups(newest, column, gaps, outcome) for column, gaps in told["group_gaps"].items()]
    prose = (
        f"The model gives each row a probability to be {outcome}. Everything here is of rows that it has not learned "
        "from: the last 14 days of its window (later than all it learned from), and where said, random rows of the "
        "earlier days, which flatter it. Each version has its own last 14 days. A row is decided with 0.5."
    )
    return Section("Model card", prose, parts)


def _metrics(versions: dict[int, dict[str, Any]]) -> Table:
    rows: list[list[str | float | None]] = [
        ["AUC, last 14 days", *(told["auc_temporal"] for told in versions.values())],
        ["AUC of the guess without ML, last 14 days", *(told["baseline_auc"] for told in versions.values())],
        ["AUC, random rows of earlier days", *(told["auc_random"] for told in versions.values())],
    ]
    rows += [
        # precision has no value when nothing is said to be positive
        [name.replace("_", " "), *(told[CLASSIFICATION].get(name, {}).get("value") for told in versions.values())]
        for name in METRICS
    ]
    rows.append(["Brier score (0 is best)", *(told["calibration"]["brier_score"] for told in versions.values())])
    return Table("What it is worth", ("Measure", *(f"Version {number}" for number in versions)), rows, digits=3)


def _roc(versions: dict[int, dict[str, Any]]) -> Chart:
    series = [
        _curve(f"version {number}", told[CLASSIFICATION]["receiver_operating_characteristic_curve"])
        for number, told in versions.items()
    ]
    newest = versions[max(versions)]
    if guess := newest.get("baseline_receiver_operating_characteristic_curve"):
        series.append(_curve(f"without ML, as {max(versions)}", guess))
    areas = ", ".join(
        f"version {number} {told['auc_temporal']:.3f} (without ML {told['baseline_auc']:.3f})"
        for number, told in versions.items()
    )
    finding = f"Area under the curve: {areas}; by chance 0.5."
    axes = charts.Axes("False positive rate", "True positive rate", (0, 1), (0, 1.01))
    return charts.lines("ROC on the last 14 days", axes, series, finding, diagonal="chance")


def _precision(versions: dict[int, dict[str, Any]]) -> Chart:
    """Of a rare outcome it says more than ROC, which takes credit for all the rows that are easily none."""
    series, shares = [], []
    for number, told in versions.items():
        curve = told[CLASSIFICATION]["precision_recall_curve"]
        series.append(charts.Series(f"version {number}", curve["recalls"], curve["precisions"]))
        matrix = told[CLASSIFICATION]["confusion_matrix"]
        positives, negatives = (sum(matrix[actual].values()) for actual in ("1", "0"))
        shares.append(f"version {number} {positives / (positives + negatives):.1%}")
    finding = f"Precision by chance is the share of positive rows: {', '.join(shares)}."
    axes = charts.Axes("Recall: share of the positive rows found", "Precision", (0, 1), (0, 1.01))
    return charts.lines("Precision against recall on the last 14 days", axes, series, finding)


def _curve(label: str, curve: dict[str, list[float]]) -> charts.Series:
    return charts.Series(label, curve["false_positive_rates"], curve["true_positive_rates"])


def _calibration(versions: dict[int, dict[str, Any]]) -> Chart:
    series, findings = [], []
    for number, told in versions.items():
        bins = told["calibration"]["bins"]
        said, seen = [entry["predicted"] for entry in bins], [entry["observed"] for entry in bins]
        series.append(charts.Series(f"version {number}", said, seen))
        rows = sum(entry["count"] for entry in bins)
        means = (sum(entry[name] * entry["count"] for entry in bins) / rows for name in ("predicted", "observed"))
        findings.append("version {} predicts {:.1%} on average, and {:.1%} came true".format(number, *means))
    finding = f"On the dotted line probabilities come true as often as predicted; {'; '.join(findings)}."
    axes = charts.Axes("Mean predicted probability of a tenth of the rows", "Share that came true", (0, 1), (0, 1))
    return charts.lines("Calibration on the last 14 days", axes, series, finding, diagonal="ideal", marker="o")


def _confusion(number: int, told: dict[str, Any], outcome: str) -> Table:
    matrix = told[CLASSIFICATION]["confusion_matrix"]
    rows = [
        (
            name,
            matrix[actual]["1"],
            matrix[actual]["0"],
            matrix[actual]["1"] / max(sum(matrix[actual].values()), 1) * 100,
        )
        for actual, name in (("1", f"actually {outcome}"), ("0", f"actually not {outcome}"))
    ]
    head = ("Rows of the last 14 days", f"predicted {outcome}", f"predicted not {outcome}", f"% predicted {outcome}")
    return Table(f"Confusion matrix of version {number}", head, rows, digits=1)


def _importance(number: int, told: dict[str, Any]) -> Bars:
    rows = [
        Bar(entry["feature"], entry["share"], f"{entry['share']:.1%}")
        for entry in told["importance"][:SHOWN_FEATURES]
    ]
    title = f"Feature importance of version {number}: share of what all splits gained"
    return Bars(title, ("Feature", "Share of the gain"), rows)


def _groups(number: int, column: str, gaps: dict[str, Any], outcome: str) -> Table:
    rows: list[list[Any]] = [
        [
            name,
            group["rows"],
            *(group[rate] * 100 for rate in ("label_rate", "selection_rate", "true_positive_rate")),
            group["auc"],
        ]
        for name, group in gaps["groups"].items()
    ]
    rates = (gaps["selection_rate_gap"], gaps["true_positive_rate_gap"])
    rows.append(["widest gap", None, None, *(None if rate is None else rate * 100 for rate in rates), None])
    head = (column, "Rows", f"% {outcome}", f"% predicted {outcome}", f"recall, % of the {outcome}", "AUC")
    small = f"; {len(gaps['too_small'])} groups are too small to compare" if gaps["too_small"] else ""
    return Table(f"Groups by {column}, version {number}{small}", head, rows)
