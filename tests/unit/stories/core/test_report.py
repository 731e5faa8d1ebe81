"""The core's report tells what the story knows, at whatever point it ended, and makes nothing up."""

from pathlib import Path
from typing import Any

import pytest

from cli.lake.lakehouse import RuleOutcome
from cli.model.findings import Finding
from stories.core.report.architecture import numbers
from stories.core.seen import Seen
from stories.report.page import Bars, Chart, Report, Section, Table, render
from tests.unit.stories.core.told import evaluation, told

ALL = [
    "Events",
    "Quality rules",
    "Questions to the table",
    "Training pipeline",
    "Model card",
    "Latency",
    "Drift",
    "Canary",
    "Steps",
]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Report:
    return told(tmp_path_factory.mktemp("story")).report()


def section(report: Report, title: str) -> Section:
    (found,) = [item for item in report.sections if item.title == title]
    return found


def part(report: Report, title: str) -> Any:
    (found,) = [item for section in report.sections for item in section.parts if item.title.startswith(title)]
    return found


def test_it_has_all_sections_and_becomes_a_page(whole: Report) -> None:
    assert [item.title for item in whole.sections] == ALL
    assert "not JSON: &lt;Extra&gt; data" in render(whole)


def test_the_diagram_carries_every_number_of_a_whole_run(whole: Report) -> None:
    assert whole.drawing is not None
    assert not [sentence for sentence in whole.drawing.sentences if "not reached" in sentence]
    assert any(sentence.endswith(": 53,815 events") for sentence in whole.drawing.sentences)
    assert any(sentence.endswith(": 80,789 rows at first") for sentence in whole.drawing.sentences)


def test_the_result_is_said_in_a_sentence(whole: Report) -> None:
    assert whole.result == (
        "53,582 events became a table that answers questions, 80,789 flights at first, a model learned from it (AUC "
        "0.700, without ML 0.639), was served and watched, and was replaced when the world had changed."
    )


def test_events_add_up(whole: Report) -> None:
    fates = part(whole, "Every event")
    streamed = {row[0]: row[1] for row in fates.rows}
    assert streamed.pop("sent, or read") == sum(streamed.values())
    assert [(bar.label, bar.value) for bar in part(whole, "Why records").rows] == [
        ("not JSON: <Extra> data", 120),
        ("carrier: required, missing", 53),
    ]


def test_answers_are_drawn_as_the_dataset_says_and_all_are_there(whole: Report) -> None:
    trend, carriers = part(whole, "Arrival delay by day"), part(whole, "Late flights by airline")
    assert isinstance(trend, Chart)
    assert trend.finding == "Highest: 12.5 minutes at 2013-01-01; lowest: -3.1 minutes at 2013-01-02."
    assert isinstance(carriers, Bars)
    assert [(bar.label, bar.value, bar.text) for bar in carriers.rows] == [
        ("Envoy Air", 22.9, "22.9 % of 6,571"),
        ("<None> & Sons", 0, "not known"),
    ]
    other = part(whole, "Answer of other")
    assert other.title == "Answer of other, the first 20 of 30 rows"
    assert len(other.rows) == 20


def test_what_a_query_does_not_know_is_a_gap_and_no_zero(tmp_path: Path) -> None:
    story = told(tmp_path)
    trend = story.seen.answers["daily_trend"]
    trend.rows.extend([["2013-01-03", None, None], [None, "99.0", "99.0"]])
    assert "lowest: -3.1 minutes at 2013-01-02" in part(story.report(), "Arrival delay by day").finding
    for row in trend.rows[:3]:
        row[1] = None
    titles = [item.title for item in section(story.report(), "Questions to the table").parts]
    assert "Arrival delay by day" not in titles


def test_the_model_card_compares_the_versions_and_details_the_newest(whole: Report) -> None:
    worth = part(whole, "What it is worth")
    assert worth.head == ("Measure", "Version 1", "Version 2")
    assert list(worth.rows[0]) == ["AUC, last 14 days", 0.7, 0.732]
    confusion = part(whole, "Confusion matrix of version 2")
    assert confusion.head[1:3] == ("predicted late", "predicted not late")
    assert [tuple(row) for row in confusion.rows] == [("was late", 46, 54, 46.0), ("was not late", 188, 812, 18.8)]
    assert "version 2 9.1%" in part(whole, "Precision against recall").finding
    assert "version 2 says 40% on average, and 30% came true" in part(whole, "Calibration").finding
    assert [bar.text for bar in part(whole, "Feature importance of version 2").rows] == ["75.0%", "25.0%"]
    groups = part(whole, "Groups by origin")
    assert "1 groups are too small" in groups.title
    assert groups.rows[-1] == ["widest gap", None, None, 0.0, None, None]


def test_drift_names_what_is_beyond_its_threshold_in_which_period(whole: Report) -> None:
    assert part(whole, "Drift of each feature").finding == (
        "Beyond their threshold: 18 to 31 March: none; July: temp."
    )
    assert [row[:2] for row in part(whole, "Violations").rows] == [("July", "temp")]
    outcomes = part(whole, "What was found")
    assert list(outcomes.rows[1]) == ["July", 1000, 1, 0.69, 31.0, 23.0]


def test_every_answer_of_the_canary_is_in_one_phase(whole: Report) -> None:
    phases = part(whole, "Phases")
    assert [list(row) for row in phases.rows] == [
        [1, "InService", 0.0, 1.0, 1],
        [2, "Launching 2 instance(s).", 1.0, 2.0, 1],
        [3, "InService", 2.0, 3.0, 1],
    ]


@pytest.mark.parametrize("known", range(9))
def test_a_story_that_ended_early_tells_what_it_knows(known: int, tmp_path: Path) -> None:
    story = told(tmp_path)
    story.facts = dict(list(story.facts.items())[:known])
    story.seen = Seen(refused=story.seen.refused if known else [])
    page = render(story.report())
    assert "not reached in this run" in page
    assert ("Why records were quarantined" in page) == (known > 0)


def test_a_regression_has_no_model_card(tmp_path: Path) -> None:
    story = told(tmp_path)
    story.seen.evaluations = {1: {"rmse_temporal": 3.0}}
    story.facts["model"] = {"version": 1}
    assert "Model card" not in [item.title for item in story.report().sections]


def test_a_broken_rule_has_its_reason(tmp_path: Path) -> None:
    story = told(tmp_path)
    story.seen.rules.append(RuleOutcome("IsComplete", False, "3 rows are not"))
    rules = part(story.report(), "Quality rules of")
    assert isinstance(rules, Table)
    assert rules.rows[-1] == ("IsComplete", "broken", "3 rows are not")


def test_numbers_of_an_endpoint_that_has_not_been_replaced_are_the_first_version_s() -> None:
    facts = {"model": {"version": 1, "auc_temporal": 0.7}, "endpoint": {"status": "InService"}}
    assert numbers(facts, "flights", "events") == {"auc": 0.7, "version": 1, "serving": 1}
    assert "serving" not in numbers({**facts, "endpoint": {"status": "Failed"}}, "flights", "events")


def test_a_small_table_whose_checks_are_not_judged_has_a_page_too(tmp_path: Path) -> None:
    story = told(tmp_path)
    story.seen.canary = None
    del story.facts["endpoint"]["version"], story.facts["retraining"]
    (small,) = story.seen.evaluations = {1: evaluation(0.7)}
    found: Any = story.seen.evaluations[small]
    del found["binary_classification_metrics"]["precision"]
    gaps = {"selection_rate_gap": None, "true_positive_rate_gap": None}
    found["group_gaps"] = {"zone": {"groups": {}, "too_small": {"a": 9, "b": 7}, **gaps}}
    unjudged = {"judged": False, "minimum_rows": 200, "merged": 16, "drift": {}}
    story.seen.findings = {"later": [Finding(check, "", "", 16, [], unjudged) for check in ("data", "quality")]}
    page = render(story.report())
    assert "2 groups are too small to compare" in page
    assert "was replaced" not in page
