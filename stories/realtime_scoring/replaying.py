"""Two days come through the stream, and are held against the table that is made of them afterwards."""

import json
from datetime import timedelta
from typing import Any

from cli.lake.lakehouse import crawl, run_job
from cli.lake.producer.lanes import Pace, Sender
from cli.lake.replay import kinesis_client, run
from cli.model.rows import asked_for
from cli.model.runtime import Runtime
from cli.scoring.load import load
from cli.waiting import until
from datasets.online import online_of
from datasets.parts import planted
from datasets.record import Record
from stories.realtime_scoring.story import DAYS, Story, batches, quantile

RATE = 25  # events a second: some 300 times as fast as they happened
AT_ONCE = 100  # rows of a request
DELIVERED_SECONDS = 300
SAME = 1e-6  # probabilities are of 32 bits


def features(story: Story) -> None:
    """Keep what the days before have left."""
    with story.steps.step("features", "keeping what past events have left, from the lake") as step:
        last = story.first - timedelta(1)
        first = last - timedelta(online_of(story.dataset).HISTORY_DAYS - 1)
        rows, items = load(story.names, first, last)
        step.result = f"{rows:,} rows and {items:,} counters and entries of {first} to {last}"
        story.facts["features"] = {"rows": rows, "items": items}


def replay(story: Story) -> None:
    """Stream the days, and wait until every event that is asked for has its score."""
    records = story.events(story.begin, story.end)
    asked = story.asked(records)
    with story.steps.step("replay", f"streaming {DAYS} days of events", spinner=False) as step:
        sent = send(story, records, RATE)
        step.result = f"{sent:,} events, {len(asked):,} of them {story.scenario.asked}, {RATE} a second"
        story.facts["events"] |= {"sent": sent, "asked": len(asked)}
    with story.steps.step("scored", "waiting for their scores") as step:
        scores = story.wait_for(len(asked))
        story.live.scores = list(scores.values())
        waits = [score["latency_ms"] for score in scores.values()]
        told = story.facts["latency_ms"] = {f"p{percent}": quantile(waits, percent) for percent in (50, 90, 99)}
        behind = story.facts["behind"] = sum(score["behind"] for score in scores.values())
        step.result = (
            f"{len(scores):,} scores; from arrival to score p50 {told['p50']:,} ms, p99 {told['p99']:,} ms; "
            f"{behind} before their features"
        )
        story.check(f"Every one of the {story.scenario.asked} is scored", scores.keys() == asked.keys(), step.result)


def offline(story: Story) -> None:
    """Curate the days, ask the endpoint about the rows, and compare."""
    names = story.names
    with story.steps.step("offline", "curating the same days, asking about their rows") as step:
        sent = story.facts["events"]["sent"] + story.facts["events"].get("sent_later", 0)
        accountant = story.accountant
        before = story.facts["events"]["history"]["loaded"]

        def delivered() -> bool | None:
            found = accountant.count()
            settled = found.delivered + found.quarantined + found.dropped
            return True if settled >= sent else None

        until(delivered, DELIVERED_SECONDS, lambda: f"of {sent:,} events not all are delivered ({before:,} loaded)")
        crawl(names.crawlers)
        run_job(names.curate_job)
        runtime, scores = Runtime(names.endpoint), story.scores()
        # a day of rows need not be a day of UTC, by which events were replayed
        found = asked_for(names, story.first, story.first + timedelta(DAYS - 1))
        rows = [row for row in found if row.key in scores]
        for batch in batches(rows, AT_ONCE):
            answer = runtime.ask(json.dumps([row.inputs for row in batch]).encode())
            for row, prediction in zip(batch, answer.predictions, strict=True):
                story.live.apart.append(abs(prediction["probability"] - scores[row.key]["probability"]))
        same = sum(apart <= SAME for apart in story.live.apart)
        largest = max(story.live.apart)
        step.result = (
            f"{same:,} of {len(rows):,} scores are those of the curated rows; the largest difference {largest:.4f}"
        )
        story.facts["offline"] = {"rows": len(rows), "same": same, "largest": largest}
        story.check(
            "Scores made as it happened are those of the curated rows, but for what was in the air",
            same >= 0.9 * len(rows) > 0,
            step.result,
        )


def caught(story: Story) -> None:
    """Of what the generator has planted, how much was found, by kind."""
    truth = planted(story.dataset, story.first.month)
    if not truth:
        return
    with story.steps.step("caught", "what was planted, and what was found") as step:
        flagged = {score["pk"] for score in story.live.scores if _positive(score)}
        there = {score["pk"]: truth[score["pk"]] for score in story.live.scores if score["pk"] in truth}
        kinds = sorted(set(there.values()))
        story.live.planted = [
            (kind, len(keys), len(keys & flagged))
            for kind in kinds
            if (keys := {k for k, v in there.items() if v == kind})
        ]
        found = len(there.keys() & flagged)
        precision, recall = found / max(len(flagged), 1), found / max(len(there), 1)
        story.facts["planted"] = {
            "planted": len(there),
            "flagged": len(flagged),
            "found": found,
            "precision": precision,
            "recall": recall,
            "by_kind": {kind: {"planted": number, "found": hit} for kind, number, hit in story.live.planted},
        }
        step.result = (
            f"{found} of {len(there)} found ({recall:.0%}); {precision:.0%} of {len(flagged)} alerts are right"
        )
        story.check("Most of what was planted is found as it happens", recall > 0.5, step.result)


def send(story: Story, records: list[Record], rate: float) -> int:
    """Put records into the stream; how many."""
    sender = Sender(kinesis_client(), story.names.event_stream, Pace(rate, 0))
    sent = run(sender, records, len(records), story.console, transient=True)
    if sent.interrupted:
        raise KeyboardInterrupt
    return sent.accepted


def _positive(score: dict[str, Any]) -> bool:
    (decision,) = score["decision"].values()
    return bool(decision)
