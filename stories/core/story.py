"""The core's story: of a dataset, from its events to a model that is replaced."""

from functools import cached_property
from pathlib import Path

from cli.console import Console
from cli.lake.producer.accounting import Accountant
from contracts import load
from datasets.parts import scenario
from stories import base
from stories.core.seen import Seen
from stories.report.page import Report

# Of one instance, the default, there is no canary. It waits twice so long, by default 10 minutes.
SETTINGS = {"endpoint_instances": "2", "canary_minutes": "5"}


class Story(base.Story):
    """A story of one dataset.

    Attributes:
        dataset: whose events, rows and models it tells of.
        seen: what the report shows beside the facts.
    """

    def __init__(self, console: Console, out: Path, dataset: str) -> None:
        self.dataset, self.scenario = dataset, scenario(dataset)
        super().__init__(console, out, self.scenario.title, {**SETTINGS, "dataset": dataset})
        self.seen = Seen()

    @cached_property
    def accountant(self) -> Accountant:
        """Of the lake; what it has read once it knows."""
        return Accountant(self.names.lake_bucket, load(self.dataset).events)

    def report(self) -> Report:
        from stories.core.report import report  # noqa: PLC0415 - matplotlib takes half a second, which the start need not

        return report(self, super().report())
