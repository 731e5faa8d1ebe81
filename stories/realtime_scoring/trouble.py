"""What goes wrong: a record that comes twice, records that are none, an endpoint that is gone."""

import json
import time
from datetime import timedelta

from cli.model import hosting
from cli.model.models import decide
from cli.scoring.dead_letters import DeadLetter, read
from cli.waiting import until
from datasets.record import Record
from stories.core import learning
from stories.realtime_scoring.replaying import send
from stories.realtime_scoring.story import OUTAGE_HOURS, Story

TWICE = 50
SETTLED_SECONDS = 60
OUTAGE_SECONDS = 15  # that the endpoint is away, at least
SHOWN = 120


def twice_and_poison(story: Story) -> None:
    """Send some records again, and then what is no event.

    The first must change no score; the second must be dead letters with their reasons, and hold nothing up. Records of
    a shard are taken in their order: when the last ones are dead letters of both consumers, those before are done, too.
    """
    before = story.scores()
    asked = [item for item in story.events(story.begin, story.end) if _is_asked(story, item)]
    again = asked[-TWICE:]
    with story.steps.step("poison", f"sending {TWICE} records again, and records that are no events") as step:
        records = [*again, *_poisonous(again[-1])]
        story.facts["events"]["sent_later"] = send(story, records, 0)
        wanted = 3  # what is of wrong types reaches both consumers; what is no JSON passes no filter, and reaches one

        def dead() -> list[DeadLetter] | None:
            found = read()
            return found if len(found) >= wanted else None

        found = until(dead, SETTLED_SECONDS, lambda: f"of {wanted} dead letters there are {len(read())}")
        story.live.dead = [(item.consumer, item.reason, item.record.decode()[:SHOWN].strip()) for item in found]
        story.facts["dead_letters"] = len(found)
        reasons = sorted({item.reason for item in found})
        step.result = f"{len(found)} dead letters: {'; '.join(reasons)}"
        story.check(
            "A record that is no event is a dead letter, with its data and the reason",
            len(found) == wanted and all(item.reason and item.record for item in found),
            step.result,
        )
        read(remove=True)
    with story.steps.step("twice", "looking whether scores have changed") as step:
        after = story.scores()
        changed = [key for key, score in before.items() if after[key]["scored_at"] != score["scored_at"]]
        step.result = f"{TWICE} records came twice, {len(after) - len(before)} scores more, {len(changed)} changed"
        story.facts["twice"] = {"sent": TWICE, "changed": len(changed)}
        same = after.keys() == before.keys() and not changed
        story.check("A record that is delivered twice is scored once", same, step.result)


def outage(story: Story) -> None:
    """Delete the endpoint, let events come, bring it back: every event must be scored."""
    names = story.names
    records = story.events(story.end, story.end + timedelta(hours=OUTAGE_HOURS))
    asked = story.asked(records)
    with story.steps.step("outage", "deleting the endpoint, and events go on coming") as step:
        hosting.remove(names.endpoint)
        before = len(story.scores())
        story.facts["events"]["sent_later"] += send(story, records, 0)
        time.sleep(OUTAGE_SECONDS)
        meanwhile = len(story.scores()) - before
        step.result = f"{len(asked)} {story.scenario.asked} came, {meanwhile} were scored"
        story.check("Without an endpoint nothing is scored", meanwhile == 0, step.result)
    with story.steps.step("back", "bringing the endpoint back") as step:
        version = story.facts["model"]["version"]
        for status in ("Rejected", "Approved"):  # a deleted endpoint stays away until somebody decides
            decide(names.model_package_group, version, status, "the endpoint was deleted")
        until(
            lambda: _serves(names.endpoint),
            learning.IN_SERVICE_SECONDS,
            lambda: f"endpoint {names.endpoint} does not come back: {learning.status(names.endpoint)}",
        )
        scores = story.wait_for(before + len(asked))
        late = [score for key, score in scores.items() if key in asked]
        first = min(score["arrived_at"] for score in late)
        story.live.late = [(score["arrived_at"] - first, score["latency_ms"] / 1000) for score in late]
        dead = len(read())
        longest = max(wait for _, wait in story.live.late)
        step.result = f"{len(late)} of {len(asked)} are scored, the last after {longest:.0f} s; {dead} dead letters"
        story.facts["outage"] = {"asked": len(asked), "scored": len(late), "longest_s": longest, "dead_letters": dead}
        story.check(
            "After an outage of the endpoint every event is scored, or a dead letter",
            len(late) + dead >= len(asked),
            step.result,
        )


def _serves(endpoint: str) -> bool | None:
    told = learning.status(endpoint)
    return True if told is not None and told["status"] == "InService" else None


def _poisonous(good: Record) -> list[Record]:
    """Beside a good record: what is no JSON, and what has text for numbers."""
    event = json.loads(good.data)
    broken = {**event, "event_id": "broken-event", **{name: "much" for name in event if type(event[name]) is int}}
    return [
        Record(good.time, good.key, "malformed", good.data[: len(good.data) // 2] + b"\n"),
        Record(good.time, good.key, "wrong_typed", f"{json.dumps(broken)}\n".encode()),
    ]


def _is_asked(story: Story, record: Record) -> bool:
    return bool(json.loads(record.data)["event_type"] == story.scored_type)
