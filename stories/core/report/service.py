"""The model in service: how fast it answers, how far its inputs have drifted, and how another took its place."""

from bisect import bisect_right
from typing import Any

from cli.model.findings import Finding
from stories.core.seen import Canary, Seen
from stories.report import charts
from stories.report.page import Section, Table

DATA, QUALITY = "data", "quality"


def latency(seen: Seen) -> Section | None:
    """Of each period's requests, and of those during the canary."""
    samples = {label: traffic for label, traffic in seen.traffic.items() if traffic.waits}
    if not samples:
        return None
    rows = [
        (
            label,
            traffic.answered,
            *(traffic.milliseconds(percent) for percent in (50, 90, 99, 100)),
            sum(traffic.scores) / len(traffic.scores),
        )
        for label, traffic in samples.items()
    ]
    head = ("Period", "Answers", "p50, ms", "p90, ms", "p99, ms", "longest, ms", "mean prediction")
    axes = charts.Axes("Milliseconds until the answer", "Percent of the answers", y_limits=(0, 101), x_log=True)
    waits = [(label, [1000 * wait for wait in traffic.waits]) for label, traffic in samples.items()]
    typical = ", ".join(f"{label} {traffic.milliseconds(50):.1f} ms" for label, traffic in samples.items())
    chart = charts.distribution("Share of answers that came within a time", axes, waits, f"p50: {typical}.")
    prose = (
        "Requests through the SageMaker runtime, one row each, several under way at once; the time is from the first "
        "attempt to the answer, on this machine."
    )
    return Section("Latency", prose, [chart, Table("Latency by period", head, rows)])


def drift(seen: Seen, outcome: str) -> Section | None:
    """Every feature of every period against the baseline, and what came true; ``outcome`` is a positive row's."""
    drifts = {label: found.report["drift"] for label, found in _of(seen, DATA).items() if found.report.get("drift")}
    if not drifts:
        return None
    last = list(drifts)[-1]
    names = sorted(drifts[last], key=lambda name: -_excess(drifts[last].get(name)))
    series = [
        charts.Series(label, [], [_excess(features.get(name)) for name in names])
        for label, features in drifts.items()
    ]
    beyond = {
        label: [name for name in names if _excess(features.get(name)) > 1] for label, features in drifts.items()
    }
    told = "; ".join(f"{label}: {', '.join(found) or 'none'}" for label, found in beyond.items())
    axes = charts.Axes("Distance, in thresholds", "", x_log=True)
    chart = charts.limits(
        "Drift of each feature", axes, names, series, f"Beyond their threshold: {told}.", limit="threshold"
    )
    tables = (_violations(seen), _outcomes(seen, outcome), *(_details(label, drifts[label]) for label in drifts))
    prose = (
        "Captured requests against what the model learned from. The distance is the population stability index (PSI); "
        "each feature's threshold is what parts of its own baseline reach, since a flat one would fire on every "
        "season. Drifted features are violations only if they are more than a given share of all."
    )
    return Section("Drift", prose, [chart, *tables])


def canary(seen: Seen) -> Section | None:
    """Phases of the deployment over the answers that came meanwhile."""
    if seen.canary is None or not seen.canary.traffic.waits:
        return None
    found, phases = seen.canary, _phases(seen.canary)
    answers = charts.Series("", found.answers, [1000 * wait for wait in found.traffic.waits])
    longest, retried = found.traffic.milliseconds(100), found.traffic.retried
    finding = (
        f"{found.traffic.answered:,} answers, the longest after {longest:.0f} ms; {found.traffic.errors.total()} "
        f"requests without an answer, {retried} attempts repeated. The numbers above are the phases in the table."
    )
    axes = charts.Axes("Seconds since the approval", "Milliseconds until the answer", y_log=True)
    stretches = [charts.Phase(told, start, end) for told, start, end, _ in phases]
    chart = charts.timeline("Answers while the versions changed", axes, answers, stretches, finding)
    rows = [(number, told, start, end, count) for number, (told, start, end, count) in enumerate(phases, 1)]
    head = ("Phase", "What SageMaker says", "from, s", "to, s", "Answers")
    prose = (
        "The new version comes up on instances of its own and gets a share of the traffic first. An alarm in that time "
        "would roll it back; without one it gets all, and the old instances end."
    )
    return Section("Canary", prose, [chart, Table("Phases", head, rows, digits=1)])


def _phases(found: Canary) -> list[tuple[str, float, float, int]]:
    """What it said, from when to when, and how many answers came then."""
    moments = sorted(found.answers)
    return [
        (told, start, end, bisect_right(moments, end) - (bisect_right(moments, start) if start else 0))
        for told, start, end in found.phases
    ]


def _of(seen: Seen, check: str) -> dict[str, Finding]:
    return {label: found for label, findings in seen.findings.items() for found in findings if found.check == check}


def _excess(entry: dict[str, Any] | None) -> float:
    """How many thresholds a feature is away."""
    if entry is None:
        return 0.0
    return float(entry[entry["method"]] / entry[f"{entry['method']}_threshold"])


def _outcomes(seen: Seen, outcome: str) -> Table:
    quality = _of(seen, QUALITY)
    rows = []
    for label, found in _of(seen, DATA).items():
        truth = quality[label].report if label in quality else {}
        rates = truth.get("label_rate", {})
        rows.append(
            (
                label,
                found.rows,
                len(found.violations) + (len(quality[label].violations) if label in quality else 0),
                truth.get("auc"),
                *(100 * rates[name] if name in rates else None for name in ("now", "baseline")),
            )
        )
    head = ("Period", "Requests", "Violations", "AUC", f"% {outcome}, came true", f"% {outcome}, baseline")
    return Table("What was found, and what came true", head, rows)


def _violations(seen: Seen) -> Table:
    rows = [
        (label, item["feature"], item["check"], item["description"])
        for label, findings in seen.findings.items()
        for found in findings
        for item in found.violations
    ]
    return Table("Violations", ("Period", "Feature or metric", "Check", "What is wrong"), rows)


def _details(label: str, features: dict[str, dict[str, Any]]) -> Table:
    rows = [
        (
            name,
            entry["method"].upper(),
            float(entry[entry["method"]]),
            float(entry[f"{entry['method']}_threshold"]),
            entry["baseline_mean"],
            entry["mean"],
            "drifted" if entry["drifted"] else "",
        )
        for name, entry in features.items()
    ]
    head = ("Feature", "Distance", "Value", "Threshold", "Mean, baseline", "Mean now", "")
    return Table(f"Every feature: {label}", head, rows, digits=3, folded=True)
