"""What the core's story has seen, and its report shows, beside the facts in summary.json."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from cli.lake.athena import QueryResult
from cli.lake.lakehouse import RuleOutcome
from cli.model.findings import Finding
from cli.model.requests import Traffic


@dataclass
class Canary:
    """A new version coming in beside the old one.

    Attributes:
        looks: what the deployment said of itself, and when, by the clock.
        traffic: what was asked meanwhile.
    """

    clock: Callable[[], float] = time.monotonic
    looks: list[tuple[float, str]] = field(default_factory=list)
    traffic: Traffic = field(default_factory=Traffic)

    def look(self, endpoint: dict[str, Any] | None) -> None:
        """Keep how the endpoint stands, as `cli.model.hosting.describe` tells it."""
        told = endpoint["deploying"] or endpoint["status"] if endpoint is not None else "no endpoint"
        if not self.looks or self.looks[-1][1] != told:
            self.looks.append((self.clock(), told))

    @property
    def phases(self) -> list[tuple[str, float, float]]:
        """What it said, and from when to when, in seconds since the first look; the last until the last answer."""
        first = self.looks[0][0] if self.looks else 0.0
        ends = [*self.looks, (max([*self.traffic.moments, *(at for at, _ in self.looks)], default=first), "")]
        return [(told, start - first, end - first) for (start, told), (end, _) in pairwise(ends)]

    @property
    def answers(self) -> list[float]:
        """Seconds from the first look to each answer."""
        first = self.looks[0][0] if self.looks else 0.0
        return [moment - first for moment in self.traffic.moments]


@dataclass
class Seen:
    """Empty, or None, is what the story has not come to.

    Attributes:
        refused: quarantined records by cause.
        rules: outcomes of the quality rules.
        answers: of the named queries, by name.
        evaluations: evaluation.json of each version of the model.
        traffic: by the label of its period.
        findings: of the monitoring, by the label of the period.
    """

    refused: list[tuple[str, int]] = field(default_factory=list)
    rules: list[RuleOutcome] = field(default_factory=list)
    answers: dict[str, QueryResult] = field(default_factory=dict)
    evaluations: dict[int, dict[str, Any]] = field(default_factory=dict)
    traffic: dict[str, Traffic] = field(default_factory=dict)
    findings: dict[str, list[Finding]] = field(default_factory=dict)
    canary: Canary | None = None
