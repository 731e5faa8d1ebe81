"""Payments scored while their authorizations wait, through an outage, poison and doubt."""

from pathlib import Path

from cli.console import Console
from stories.core import data, learning
from stories.realtime_scoring import replaying, reviewing, trouble
from stories.realtime_scoring.story import Story

DATASET = "payments"


def tell(console: Console, out: Path, *, enforce: bool, dataset: str) -> None:
    """All of it. Raises UserError when a step fails, or comes out otherwise than it should."""
    story = Story(console, out, dataset)
    console.print(f"{story.title}\n", style="bold")
    with story.told(), story.cloud(enforce=enforce) as endpoint:
        story.deploy(endpoint)
        # a model, as the core's story has it
        data.reference(story)
        data.history(story, "history", list(story.scenario.history))
        data.catalogue(story, "crawl")
        data.curate(story, "curate")
        learning.train(story)
        learning.serve(story)
        # and what this one is about
        replaying.features(story)
        replaying.replay(story)
        trouble.twice_and_poison(story)
        trouble.outage(story)
        replaying.offline(story)
        replaying.caught(story)
        reviewing.decide(story)
        story.record()
