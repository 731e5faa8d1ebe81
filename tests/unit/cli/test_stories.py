"""Which stories `mlref demo NAME…` tells."""

from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from cli.errors import UserError
from cli.main import app
from cli.stories import stories_of
from stories import realtime_scoring


@pytest.mark.parametrize("names", [["core"], ["serving"], ["foundation", "monitoring", "core"]])
def test_the_cores_architectures_have_one_story(names: list[str]) -> None:
    assert stories_of(names) == ("core",)


def test_all_are_told_once_the_cores_first() -> None:
    assert stories_of(["all", "serving"])[:2] == ("core", "realtime_scoring")


@pytest.mark.parametrize(
    ("names", "told"),
    [
        (["sevring"], "there is no architecture 'sevring': did you mean 'serving'?"),
        (["core", ""], "there is no architecture ''"),
        (["network"], "network has no story, for the VPC is deployed"),
    ],
)
def test_what_cannot_be_told_is_one_sentence(names: list[str], told: str) -> None:
    with pytest.raises(UserError) as refused:
        stories_of(names)
    assert str(refused.value).startswith(told)


@pytest.mark.parametrize(
    ("options", "dataset", "folder"),
    [([], "payments", "realtime_scoring"), (["--dataset", "flights"], "flights", "realtime_scoring-flights")],
)
def test_a_story_is_told_of_its_own_dataset_or_of_another(
    options: list[str], dataset: str, folder: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[Any] = []
    monkeypatch.setattr(realtime_scoring, "tell", lambda _, out, **given: told.append((out, given)))
    done = CliRunner().invoke(app, ["demo", "realtime_scoring", *options], catch_exceptions=False)
    assert done.exit_code == 0
    ((out, given),) = told
    assert Path(out).name == folder
    assert given == {"enforce": False, "dataset": dataset}
