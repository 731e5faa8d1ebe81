"""Steps are remembered with their time, what came of them, and the one that failed."""

import io

import pytest

from cli.console import Console
from cli.errors import UserError
from cli.steps import Steps


@pytest.fixture
def steps() -> Steps:
    return Steps(Console(file=io.StringIO(), width=200))


def test_a_step_leaves_its_time_and_its_result(steps: Steps) -> None:
    with steps.step("crawl", "crawling") as step:
        step.result = "3 tables"
    assert list(steps.seconds) == ["crawl"]
    assert steps.results == {"crawl": "3 tables"}
    assert steps.failed == ""


def test_the_step_that_failed_is_known_with_what_it_was_doing(steps: Steps) -> None:
    with pytest.raises(UserError), steps.step("crawl", "crawling"):
        raise UserError("no such bucket")
    assert steps.failed == "crawl"
    assert steps.results == {"crawl": "crawling: failed"}
    assert list(steps.seconds) == ["crawl"]
