"""The first half of the report: what became of the events, and what the table answers."""

from collections.abc import Iterable
from datetime import date
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
    found = [_chart(item, answer) for item, answer in drawn if answer.rows]
    times = [(name, len(item.rows), item.seconds, item.scanned / 1024) for name, item in seen.answers.items()]
    overview = Table("All named queries", ("Query", "Rows", "Seconds", "KiB scanned"), times)
    tables = [_table(name, answer) for name, answer in seen.answers.items()]
    prose = "Answers of the work group's named queries, in Athena's SQL."
    return Section("Questions to the table", prose, [*found, overview, *tables])


def _table(name: str, answer: QueryResult) -> Table:
    shown = "" if len(answer.rows) <= SHOWN_ROWS else f", the first {SHOWN_ROWS} of {len(answer.rows)} rows"
    return Table(f"Answer of {name}{shown}", answer.columns, answer.rows[:SHOWN_ROWS], folded=True)


def _chart(shown: QueryChart, answer: QueryResult) -> Chart | Bars:
    columns = {name: [row[place] for row in answer.rows] for place, name in enumerate(answer.columns)}
    labels = [
        " → ".join(text or "?" for text in texts) for texts in zip(*(columns[name] for name in shown.by), strict=True)
    ]
    numbers = {name: [float(text or 0) for text in columns[name]] for name, _ in shown.values}
    if shown.kind == "bars":
        ((name, _),) = shown.values
        of = [f" of {int(text or 0):,}" for text in columns[shown.of]] if shown.of else [""] * len(labels)
        rows = [
            Bar(label, max(value, 0), f"{value:,.1f} {shown.unit}{rest}")
            for label, value, rest in zip(labels, numbers[name], of, strict=True)
        ]
        return Bars(shown.title, (shown.by_title, shown.value_title), rows)
    places = [_moment(label) for label in labels]
    series = [charts.Series(title, places, numbers[name]) for name, title in shown.values]
    first = shown.values[0][0]
    low, high = (choose(range(len(labels)), key=numbers[first].__getitem__) for choose in (min, max))
    finding = (
        f"Highest: {numbers[first][high]:,.1f} {shown.unit} at {labels[high]}; "
        f"lowest: {numbers[first][low]:,.1f} {shown.unit} at {labels[low]}."
    )
    return charts.lines(
        shown.title, charts.Axes(shown.by_title, f"{shown.value_title} ({shown.unit})"), series, finding
    )


def _moment(label: str) -> Any:
    """A day as a date, a number as a number."""
    try:
        return float(label)
    except ValueError:
        return date.fromisoformat(label)
