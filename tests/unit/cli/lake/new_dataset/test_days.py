"""Days to learn from, to hold back and to ask about."""

from datetime import UTC, datetime

import numpy as np
import pytest

from cli.errors import UserError
from cli.lake.new_dataset.days import HELD_BACK, MIN_ROWS, Days, by_time, few_days, spread

DAY = 86_400


def held_back(days: Days, label: np.ndarray) -> np.ndarray:
    """Labels of the days that are held back."""
    dates = days.seconds.astype("datetime64[s]").astype("datetime64[D]")
    there = (dates >= np.datetime64(days.control)) & (dates <= np.datetime64(days.end))
    assert len(np.unique(dates[there])) == HELD_BACK
    return np.asarray(label[there])


@pytest.mark.parametrize("rows", [178, 442, 5000])
def test_a_file_that_is_sorted_by_its_label_has_both_classes_in_every_part(rows: int) -> None:
    label = np.sort(np.arange(rows) % 3 == 0).astype(float)
    days = spread(label, wanted=10)
    assert days.training >= MIN_ROWS
    assert set(held_back(days, label)) == {0, 1}
    assert days.kept.all()
    assert days.months[0] == 1
    assert days.later[-1] == 12
    assert days.first < days.control < days.end < days.last


def test_more_features_need_more_rows_to_learn_from() -> None:
    label = (np.arange(600) % 2).astype(float)
    assert spread(label, wanted=30).training > spread(label, wanted=10).training


def test_too_few_rows_say_how_many_are_needed() -> None:
    with pytest.raises(UserError, match=r"120 rows are too few: .* about 1[5-9][0-9] are needed"):
        spread((np.arange(120) % 2).astype(float), wanted=5)


def test_the_year_with_most_rows_is_the_one() -> None:
    start = int(datetime(2022, 11, 1, tzinfo=UTC).timestamp())
    seconds = start + np.arange(400) * DAY
    label = (np.arange(400) % 2).astype(float)
    days = by_time(seconds, label)
    assert days.year == 2023
    assert days.kept.sum() == 339, "from 1 January to 5 December"
    assert days.first.isoformat() == "2023-01-01"


def test_a_month_is_too_short_for_a_story() -> None:
    start = int(datetime(2023, 5, 1, tzinfo=UTC).timestamp())
    assert few_days(start + np.arange(100) * DAY) is None
    assert "30 days with rows, and 42 are needed" in str(few_days(start + np.arange(900) % 30 * DAY))
