"""When the rows happened, and which days are learned from."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cli.errors import UserError
from cli.lake.new_dataset.columns import Column, Floats

# Of the training pipeline: TemporalTestDays, and processing/sagemaker/splits.py
HELD_BACK, TRAIN, MIN_ROWS, ROWS_PER_FEATURE = 14, 0.70, 100, 10
MIN_DAYS = 3 * HELD_BACK
EACH_CLASS = 3  # rows of the days held back
SPREAD_YEAR = 2024
SEED = 7
# Shares of the rows that the first model learns from, the best first: it leaves most for what comes after
SHARES = (0.66, 0.75, 0.83, 0.92)
EVERY = (4, 3, 2, 1)  # days between two that have rows: fewer days, so that the 14 latest have more rows

Seconds = NDArray[np.int64]


@dataclass(frozen=True)
class Days:
    """Times of the rows, and the window of the first model.

    Attributes:
        seconds: since 1970, by row.
        kept: rows that are of ``year``, by row.
        training: rows that the model is fitted to.
        control: the first of the days that are held back; they go on to ``end``.
    """

    year: int
    seconds: Seconds
    kept: NDArray[np.bool_]
    first: date
    end: date
    control: date
    last: date
    training: int

    @property
    def months(self) -> tuple[int, ...]:
        """That have days to learn from."""
        return tuple(range(self.first.month, self.end.month + 1))

    @property
    def later(self) -> tuple[int, ...]:
        """That come after those."""
        return tuple(range(self.end.month + 1, self.last.month + 1))


def times_of(column: Column) -> Seconds:
    """Seconds since 1970 of a complete column of dates or timestamps. Raises UserError."""
    if column.type not in ("date", "timestamp"):
        raise UserError(f"--time {column.source}: a {column.type} is no date or time")
    if column.missing:
        raise UserError(f"--time {column.source}: {column.missing} rows have none; leave --time out or fill them in")
    values = column.values.to_pylist()
    moments = [
        value if isinstance(value, datetime) else datetime.combine(value, datetime.min.time()) for value in values
    ]
    return np.array([round(moment.replace(tzinfo=UTC).timestamp()) for moment in moments], np.int64)


def few_days(seconds: Seconds) -> str | None:
    """Why the times cannot carry the story; None if they can."""
    year, kept = _busiest_year(seconds)
    days = len(np.unique(seconds[kept] // 86_400))
    return (
        None if days >= MIN_DAYS else f"its best year, {year}, has {days} days with rows, and {MIN_DAYS} are needed"
    )


def by_time(seconds: Seconds, label: Floats) -> Days:
    """Rows at their own times, of the year that has most."""
    year, kept = _busiest_year(seconds)
    found = [_window(seconds, kept, year, label, share) for share in SHARES]
    return _best([item for item in found if item is not None], len(label), 0)


def spread(label: Floats, wanted: int) -> Days:
    """Rows over a year, in an order by chance: a file without times is often sorted by its label.

    Args:
        wanted: columns of the matrix that there are rows to learn from for.
    """
    order = np.random.default_rng(SEED).permutation(len(label))
    found = []
    for share in SHARES:
        for every in EVERY:
            days = 366 // every
            place = order * days // len(label)
            within = (order * days % len(label)) * 86_400 // len(label)  # of the day, in the order of its rows
            start = round(datetime(SPREAD_YEAR, 1, 1, tzinfo=UTC).timestamp())
            seconds = (start + place * every * 86_400 + within).astype(np.int64)
            found.append(_window(seconds, np.ones(len(label), bool), SPREAD_YEAR, label, share))
    return _best([item for item in found if item is not None], len(label), wanted)


def _best(found: list[Days], rows: int, wanted: int) -> Days:
    """The first with rows enough for all features, or else the one with most."""
    most = max(found, key=lambda item: item.training, default=None)
    if most is None or most.training < MIN_ROWS:
        needed = "more" if most is None else f"about {-(-rows * MIN_ROWS // most.training):,}"
        raise UserError(
            f"{rows:,} rows are too few: a model is fitted to at least {MIN_ROWS}, and days are held back to test it; "
            f"{needed} are needed, some of both classes in every month"
        )
    enough = max(MIN_ROWS, ROWS_PER_FEATURE * wanted)
    return next((item for item in found if item.training >= enough), most)


def _window(seconds: Seconds, kept: NDArray[np.bool_], year: int, label: Floats, share: float) -> Days | None:
    """The days up to that on which ``share`` of the rows is reached; None when they cannot be split."""
    day = seconds // 86_400
    ordered = np.sort(day[kept])
    end = int(ordered[int(share * (len(ordered) - 1))])
    inside = kept & (day <= end) & ~np.isnan(label)
    distinct = np.unique(day[inside])
    if len(distinct) <= HELD_BACK or end == ordered[-1]:
        return None
    control = int(distinct[-HELD_BACK])
    held = label[inside & (day >= control)]
    training = int(TRAIN * (inside & (day < control)).sum())
    if min((held == 1).sum(), (held == 0).sum()) < EACH_CLASS:
        return None
    first, last = (_date(int(number)) for number in (ordered[0], ordered[-1]))
    return Days(year, seconds, kept, first, _date(end), _date(control), last, training)


def _busiest_year(seconds: Seconds) -> tuple[int, NDArray[np.bool_]]:
    years: Any = seconds.astype("datetime64[s]").astype("datetime64[Y]").astype(int) + 1970
    found, counts = np.unique(years, return_counts=True)
    year = int(found[np.argmax(counts)])
    return year, years == year


def _date(number: int) -> date:
    return date(1970, 1, 1) + timedelta(days=number)
