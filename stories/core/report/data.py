"""The first half of the report: what became of the events, and what the table answers."""

from collections.abc import Iterable
from datetime import date
from math import isnan
from typing import Any

from cli.lake.athena import QueryResult
from datasets.parts import QueryChart
from stories.core.seen import Seen
from stories.report import charts
from stories.report.page import Bar, Bars, Chart, Section, Table

SHOWN_ROWS = 20


def events(facts: dict[str, Any], seen: Seen) -> Section | None:
    """Where every event went, and why some were refused."""
    told = facts.get("events", {})
    if "sent" not in told:
        return None
    history = told["history"]
    fates = Table(
        "Every event is accounted for",
        ("What became of it", "Streamed", "Past the stream"),
        (
            ("sent, or read", told["sent"], history["read"]),
            ("in the table of events", told["delivered"], history["loaded"]),
            ("quarantined, with the reason", told["quarantined"], history["refused"]),
            ("dropped by the function: no event of this kind", told["dropped"], None),
            ("lost", told["lost"], history["read"] - history["loaded"] - history["refused"]),
        ),
    )
    rows = [Bar(cause, number, f"{number:,}") for cause, number in seen.refused]
    causes = [Bars("Why records were quarantined", ("Cause", "Records"), rows)] if rows else []
    prose = (
        "The producer replays what happened and adds some dirt. The function that Firehose asks checks every record "
        "against the contract; what it refuses lies in S3 with the reason, and can be sent again after a fix."
    )
    return Section("Events", prose, [fates, *causes])


def quality(facts: dict[str, Any], seen: Seen) -> Section | None:
    """The gate before the curated table."""
    if not seen.rules:
        return None
    rules = [(rule.rule, "holds" if rule.passed else "broken", rule.reason) for rule in seen.rules]
    head = ("Rule (DQDL)", "Outcome", "Reason") if any(reason for *_, reason in rules) else ("Rule (DQDL)", "Outcome")
    parts = [Table("Quality rules of the curated table", head, [rule[: len(head)] for rule in rules])]
    if "tables" in facts:
        parts.append(Table("Rows of the tables", ("Table", "Rows"), list(facts["tables"].items())))
    prose = (
        "The Spark job publishes its rows only when these rules hold on them; Glue Data Quality keeps the outcome."
    )
    return Section("Quality rules", prose, parts)


def answers(seen: Seen, shown: Iterable[QueryChart]) -> Section | None:
    """Some answers as pictures, all of them as tables."""
    if not seen.answers:
        return None
    drawn = [(item, seen.answers[item.query]) for item in shown if item.query in seen.answers]
    found = [_chart(item, answer) for item, answer in drawn if _drawable(item, answer)]
    times = [(name, len(item.rows), item.seconds, item.scanned / 1024) for name, item in seen.answers.items()]
    overview = Table("All named queries", ("Query", "Rows", "Seconds", "KiB scanned"), times)
    tables = [_table(name, answer) for name, answer in seen.answers.items()]
    prose = "Answers of the work group's named queries, in Athena's SQL."
    return Section("Questions to the table", prose, [*found, overview, *tables])


def _drawable(shown: QueryChart, answer: QueryResult) -> bool:
    """Whether there is a number at all, at a known place."""
    rows = [dict(zip(answer.columns, row, strict=True)) for row in answer.rows]
    return any(cells[shown.values[0][0]] is not None and cells[shown.by[0]] is not None for cells in rows)


def _table(name: str, answer: QueryResult) -> Table:
    shown = "" if len(answer.rows) <= SHOWN_ROWS else f", the first {SHOWN_ROWS} of {len(answer.rows)} rows"
    return Table(f"Answer of {name}{shown}", answer.columns, answer.rows[:SHOWN_ROWS], folded=True)


def _chart(shown: QueryChart, answer: QueryResult) -> Chart | Bars:
    """The answer's rows; NULL is a gap in a line, and said of a bar."""
    return _bars(shown, answer) if shown.kind == "bars" else _lines(shown, answer)


def _bars(shown: QueryChart, answer: QueryResult) -> Bars:
    ((name, _),) = shown.values
    found = []
    for row in answer.rows:
        cells = dict(zip(answer.columns, row, strict=True))
        label = " → ".join(cells[column] or "not known" for column in shown.by)
        found.append(_bar(label, cells[name], cells[shown.of] if shown.of else None, shown.unit))
    return Bars(shown.title, (shown.by_title, shown.value_title), found)


def _lines(shown: QueryChart, answer: QueryResult) -> Chart:
    (by,) = shown.by
    rows = [dict(zip(answer.columns, row, strict=True)) for row in answer.rows]
    placed = [(label, cells) for cells in rows if (label := cells[by]) is not None]
    places = [_moment(label) for label, _ in placed]
    series = [
        charts.Series(title, places, [float(cells[name] or "nan") for _, cells in placed])
        for name, title in shown.values
    ]
    known = [(value, label) for value, (label, _) in zip(series[0].y, placed, strict=True) if not isnan(value)]
    (low, at_low), (high, at_high) = min(known), max(known)
    finding = f"Highest: {high:,.1f} {shown.unit} at {at_high}; lowest: {low:,.1f} {shown.unit} at {at_low}."
    axes = charts.Axes(shown.by_title, f"{shown.value_title} ({shown.unit})")
    return charts.lines(shown.title, axes, series, finding)


def _bar(label: str, value: str | None, count: str | None, unit: str) -> Bar:
    if value is None:
        return Bar(label, 0, "not known")
    of = f" of {int(count):,}" if count is not None else ""
    return Bar(label, max(float(value), 0), f"{float(value):,.1f} {unit}{of}")


def _moment(label: str) -> Any:
    """A day as a date, a number as a number."""
    try:
        return float(label)
    except ValueError:
        return date.fromisoformat(label)
