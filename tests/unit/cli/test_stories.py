"""Which stories `mlref demo NAME…` tells."""

import pytest

from cli.errors import UserError
from cli.stories import stories_of


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
