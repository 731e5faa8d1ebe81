"""The story of single events: its days, what it has seen, and what it waits for."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

from cli.console import Console
from cli.scoring.items import scan
from cli.waiting import until
from contracts import load
from datasets.online import online_of, row_key
from datasets.parts import producer
from datasets.record import Record
from stories.core import story as core
from stories.report.page import Report

DAYS = 2  # that are replayed
OUTAGE_HOURS = 2  # of events that come while the endpoint is away
SCORED_SECONDS = 300
POLL_SECONDS = 2.0
SETTINGS = {"architectures": "realtime_scoring", "review_margin": "0.1"}


@dataclass
class Seen:
    """What the report shows beside the facts.

    Attributes:
        scores: of the replayed days, as the table has them.
        late: seconds from each event's arrival to its score in the outage.
        apart: how far each score is from the one that the curated row gets.
        planted: kinds, with how many there were, and how many were found.
        verdicts: key, probability, doubts and verdict of reviewed scores.
        dead: consumer, reason and record of dead letters.
    """

    scores: list[dict[str, Any]] = field(default_factory=list)
    late: list[tuple[float, float]] = field(default_factory=list)
    apart: list[float] = field(default_factory=list)
    planted: list[tuple[str, int, int]] = field(default_factory=list)
    verdicts: list[tuple[str, float, str, str]] = field(default_factory=list)
    dead: list[tuple[str, str, str]] = field(default_factory=list)


class Story(core.Story):
    """A story of the days after those that the first model has learned from.

    Attributes:
        first: first of the days that are replayed.
        live: what the report shows.
    """

    def __init__(self, console: Console, out: Path, dataset: str) -> None:
        super().__init__(console, out, dataset)
        self.title = f"{self.scenario.asked.capitalize()} scored as they happen, on this machine"
        self.settings = {**SETTINGS, "dataset": dataset}
        self.first: date = self.scenario.window[1] + timedelta(1)
        self.live = Seen()
        self.scored_type = online_of(dataset).SCORED

    def events(self, begin: datetime, end: datetime) -> list[Record]:
        """What happened from ``begin`` until ``end``, by its time."""
        months = sorted({(begin - timedelta(4)).month, end.month})
        bounds = begin.timestamp(), end.timestamp()
        return [item for item in producer(self.dataset).replay(months) if bounds[0] <= item.time < bounds[1]]

    @property
    def begin(self) -> datetime:
        return datetime.combine(self.first, time(), UTC)

    @property
    def end(self) -> datetime:
        return self.begin + timedelta(DAYS)

    def asked(self, records: list[Record]) -> dict[str, dict[str, Any]]:
        """Those of the records that are scored, as events by the key of their row."""
        curated = load(self.dataset).curated
        events = (json.loads(item.data) for item in records)
        return {row_key(event, curated): event for event in events if event["event_type"] == self.scored_type}

    def scores(self) -> dict[str, dict[str, Any]]:
        """All that are there, by key."""
        return {item["pk"]: item for item in scan(self.names.scores_table)}

    def wait_for(self, number: int) -> dict[str, dict[str, Any]]:
        """The scores, as soon as there are so many."""
        seen: dict[str, dict[str, Any]] = {}

        def look() -> dict[str, dict[str, Any]] | None:
            nonlocal seen
            seen = self.scores()
            return seen if len(seen) >= number else None

        return until(
            look, SCORED_SECONDS, lambda: f"{number:,} events are to be scored, {len(seen):,} are", POLL_SECONDS
        )

    def report(self) -> Report:
        from stories.realtime_scoring.report import report  # noqa: PLC0415 - matplotlib takes half a second

        return report(self, super(core.Story, self).report())


def quantile(values: list[float], percent: float) -> float:
    """The value that so many percent are not above."""
    ordered = sorted(values)
    return ordered[max(0, -(-len(ordered) * int(percent * 100) // 10_000) - 1)]


def batches(items: list[Any], size: int) -> Iterator[list[Any]]:
    """In order, of at most ``size``."""
    return (items[start : start + size] for start in range(0, len(items), size))
