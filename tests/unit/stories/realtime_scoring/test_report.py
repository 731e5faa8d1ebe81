"""The report of single events tells what the story knows, at whatever point it ended."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from cli.console import Console
from stories.realtime_scoring.story import DAYS, Story, quantile
from stories.report.page import Report, render

ALL = [
    "Latency",
    "Agreement with the table",
    "Planted, and found as it happened",
    "An outage",
    "What is no event",
    "Reviews",
    "Steps",
]


def score(number: int) -> dict[str, Any]:
    return {"features_ms": 40 + number, "endpoint_ms": 20, "latency_ms": 300 + 10 * number, "behind": False}


@pytest.fixture
def story(tmp_path: Path) -> Story:
    return Story(Console(quiet=True), tmp_path, "payments")


@pytest.fixture
def whole(story: Story) -> Report:
    story.facts = {
        "events": {"sent": 3400, "asked": 1700},
        "features": {"rows": 16000, "items": 36000},
        "latency_ms": {"p50": 700, "p90": 900, "p99": 1290},
        "offline": {"rows": 100, "same": 99, "largest": 0.01},
        "planted": {"planted": 10, "flagged": 12, "found": 8, "precision": 0.67, "recall": 0.8},
        "outage": {"asked": 50, "scored": 50, "longest_s": 31.0, "dead_letters": 0},
        "reviews": {"doubtful": 4, "waiting": 4, "decided": 4, "overruled": 1},
        "dead_letters": 3,
    }
    live = story.live
    live.scores = [score(number) for number in range(100)]
    live.late = [(0.0, 30.0), (1.0, 31.0)]
    live.apart = [0.0] * 99 + [0.01]
    live.planted = [("card_testing", 6, 5), ("collusion", 4, 3)]
    live.verdicts = [("2013-04-01/20130401-000001", 0.502, "the model is not sure: 0.502", "confirmed")]
    live.dead = [("keep_features", "not JSON: <b>", '{"event_type": "x')]
    return story.report()


def test_everything_that_is_known_has_its_section(whole: Report) -> None:
    assert [section.title for section in whole.sections] == ALL
    assert whole.result.startswith("1,700 authorizations were scored as they came, half of them within 700 ms")
    assert {tile.value for tile in whole.tiles} >= {"1,700", "700/1,290 ms", "99.0%", "80%", "67%", "4"}
    assert whole.drawing is not None
    assert not [sentence for sentence in whole.drawing.sentences if "not reached" in sentence]
    page = render(whole)
    assert "not JSON: &lt;b&gt;" in page


def test_latency_is_told_by_its_parts(whole: Report) -> None:
    (section,) = [item for item in whole.sections if item.title == "Latency"]
    rows: Any = section.parts[1]
    told = {row[0]: row[1:] for row in rows.rows}
    assert told["arrival to score"] == (790.0, 1190.0, 1280.0, 1290.0)
    assert told["the endpoint"][0] == 20.0


def test_a_story_that_has_not_begun_makes_nothing_up(story: Story) -> None:
    found = story.report()
    assert [section.title for section in found.sections] == ["Steps"]
    assert found.tiles == []
    assert found.drawing is not None
    assert all("not reached" in sentence for sentence in found.drawing.sentences)
    render(found)


def test_the_days_are_those_after_what_was_learned(story: Story) -> None:
    assert story.first == story.scenario.window[1] + timedelta(1)
    records = story.events(story.begin, story.end)
    asked = story.asked(records)
    assert len(asked) > 1500
    days = {key.partition("/")[0] for key in asked}
    assert days == {str(story.first + timedelta(number)) for number in range(DAYS)}
    assert len(records) > len(asked), "payments of the days before end meanwhile"


@pytest.mark.parametrize(("percent", "value"), [(50, 5), (90, 9), (99, 10), (100, 10)])
def test_quantiles(percent: float, value: float) -> None:
    assert quantile([float(number) for number in range(10, 0, -1)], percent) == value
