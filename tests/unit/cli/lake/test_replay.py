"""The replay command's arguments and what it says at the end."""

from collections import Counter

import pytest

from cli.errors import UserError
from cli.lake.producer.lanes import Sent
from cli.lake.replay import parse_months, summary, unsent


@pytest.mark.parametrize(
    ("text", "months"),
    [("1", [1]), ("1,2", [1, 2]), ("3-5, 1", [1, 3, 4, 5]), ("1-12", list(range(1, 13))), ("2,2", [2])],
)
def test_months_are_numbers_and_ranges(text: str, months: list[int]) -> None:
    assert parse_months(text) == months


@pytest.mark.parametrize("text", ["", "0", "13", "1-13", "january", "1,,2", "-1", "5-3", "1.5", "²"])
def test_anything_else_is_named(text: str) -> None:
    with pytest.raises(UserError, match="--months takes"):
        parse_months(text)


def test_the_summary_says_what_was_accepted_and_what_of_it_is_dirt() -> None:
    kinds = Counter(event=90, malformed=4, late=6)
    sent = Sent(accepted=100, retried=3, bytes=20_000, seconds=2, by_kind=kinds, interrupted=True)
    assert summary(sent) == (
        "Stopped: 100 records (20,000 bytes) accepted in 2.0 s, 50 a second; 3 retried\n"
        "of them dirt: 6 late, 4 malformed; 4 of these are extra records"
    )
    assert "dirt" not in summary(Sent(accepted=1, by_kind=Counter(event=1)))


def test_the_end_before_the_end_says_what_was_not_sent() -> None:
    sent = Sent(accepted=100, by_kind=Counter(event=90, malformed=4, late=6))
    assert unsent(sent, 1_000) == (
        "904 of 1,000 events were not sent; they may all be sent again, curation keeps one of each"
    )
