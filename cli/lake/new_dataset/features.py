"""Which columns become features, and of what kind."""

import re
from dataclasses import dataclass, field

import numpy as np

from cli.lake.new_dataset.columns import Column, Floats
from cli.lake.new_dataset.labels import Label

MAX_CATEGORIES = 12  # of a column a category
GROUPS = 6  # categories that predictions are compared for
MOSTLY_DISTINCT = 0.5  # texts of which so many are different name a row, or are prose
MAX_RANKED = 200  # categories, as monitoring can compare; more are prose
LONG_TAIL = 3  # skewness from which a logarithm helps
KNOWS = 0.999  # a column that tells the label so well is the label
PLAIN = re.compile(r'[^\[\]<",\n]+')  # xgboost refuses [ ] < in names of features
ID = re.compile(r"(^|_)(id|uuid|guid|key|number|nr|no|code|ticket)$")


@dataclass(frozen=True)
class Feature:
    """One declared feature.

    Attributes:
        code: as features.py has it.
        input: the column that it is made of.
        score: how well it orders the labels by itself, 0 to 1 (twice the AUC's distance from a coin's).
        width: columns of the model's matrix.
    """

    code: str
    input: str
    score: float
    width: int = 1

    @property
    def told(self) -> str:
        """In words."""
        name = self.code.split('"')[1]
        return f"whether {name} is missing" if self.code.startswith("Missing") else name


@dataclass
class Chosen:
    """Features, and why other columns are none.

    Attributes:
        left_out: reason by column.
        leaks: columns that know the label.
        cut: what there are too few rows for, in words.
    """

    features: list[Feature] = field(default_factory=list)
    left_out: dict[str, str] = field(default_factory=dict)
    leaks: set[str] = field(default_factory=set)
    cut: list[str] = field(default_factory=list)

    @property
    def width(self) -> int:
        return sum(item.width for item in self.features)

    @property
    def categories(self) -> list[Feature]:
        """Those of few categories, the most telling first."""
        found = [item for item in self.features if item.code.startswith("OneHot")]
        return sorted(found, key=lambda item: -item.score)


def choose(columns: list[Column], label: Label, key: tuple[str, ...], clock: dict[str, tuple[str, Floats]]) -> Chosen:
    """All features that the columns give.

    Args:
        clock: features of the time, as its column and the values by row, by name.
    """
    found = Chosen()
    for column in columns:
        if column.name in (label.source.name, *key):
            continue
        features = _of(column, label)
        reason = _unfit(column, features)
        if reason is None:
            found.features += features
        else:
            found.left_out[column.name] = reason
        if reason is None and _score(column, label.known) >= KNOWS:
            found.features = [item for item in found.features if item.input != column.name]
            found.left_out[column.name] = "it tells the label by itself: known only afterwards?"
            found.leaks.add(column.name)
    for name, (source, values) in clock.items():
        found.features.append(Feature(f'Number("{name}")', source, separation(values, label.known)))
    return found


def cut_to(chosen: Chosen, width: int) -> None:
    """Leave the most telling features that make at most ``width`` columns of the matrix."""
    kept: set[str] = set()
    inputs: set[str] = set()
    # whether a value is missing comes last, for columns that are features themselves
    for item in sorted(chosen.features, key=lambda item: (item.code.startswith("Missing"), -item.score)):
        if item.width <= width and (item.input in inputs or not item.code.startswith("Missing")):
            kept.add(item.code)
            inputs.add(item.input)
            width -= item.width
    chosen.cut = [item.told for item in chosen.features if item.code not in kept]
    chosen.features = [item for item in chosen.features if item.code in kept]


def separation(values: Floats, label: Floats) -> float:
    """Twice the distance of the AUC from a coin's, of the rows that have both."""
    there = ~np.isnan(values) & ~np.isnan(label)
    values, label = values[there], label[there]
    positive, negative = int((label == 1).sum()), int((label == 0).sum())
    if not positive or not negative:
        return 0.0
    _, place, counts = np.unique(values, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(counts) - (counts - 1) / 2)[place]  # ties share their mean rank
    auc = (ranks[label == 1].sum() - positive * (positive + 1) / 2) / (positive * negative)
    return float(abs(2 * auc - 1))


def _of(column: Column, label: Label) -> list[Feature]:
    name, score = column.name, _score(column, label.known)
    if column.is_number or column.type == "boolean":
        features = [
            Feature(f'Number("{name}", log=True)' if _long_tail(column) else f'Number("{name}")', name, score)
        ]
    elif len(column.counts) <= MAX_CATEGORIES and all(PLAIN.fullmatch(value) for value in map(str, column.counts)):
        features = [Feature(f'OneHot("{name}")', name, score, len(column.counts))]
    else:
        features = [Feature(f'Ordinal("{name}")', name, score)]
    if column.missing:
        absent = np.array([value is None for value in column.values.to_pylist()], np.float64)
        features.append(Feature(f'Missing("{name}")', name, separation(absent, label.known)))
    return features


def _unfit(column: Column, features: list[Feature]) -> str | None:  # noqa: PLR0911 - one for each reason
    """Why a column is no feature; None for one that may be."""
    distinct, there = len(column.counts), column.rows - column.missing
    if column.personal is not None:
        return f"personal data suspected: {column.personal}"
    if not distinct:
        return "no value"
    if distinct == 1 and not column.missing:
        return "one value only"
    if column.type in ("date", "timestamp"):
        return "a date never comes back: derive what it says, such as days until then"
    if column.type == "string" and (distinct > MAX_RANKED or (distinct > 20 and distinct > MOSTLY_DISTINCT * there)):
        return "nearly every value is another: a name of the row, or prose"
    if column.type in ("int", "bigint") and column.is_unique and ID.search(column.name):
        return "every value is another, as in a number of the row"
    if not features:
        return "of no kind that features are made of"
    return None


def _score(column: Column, label: Floats) -> float:
    """Of a text by the mean label of its values, as few as are common."""
    if column.type != "string":
        return separation(column.numbers, label) if column.type not in ("date", "timestamp") else 0.0
    if len(column.counts) > MAX_CATEGORIES:
        return separation(
            np.array([column.counts.get(value, 0) for value in column.values.to_pylist()], float), label
        )
    values = column.values.to_pylist()
    sums: dict[str | None, list[float]] = {}
    for value, known in zip(values, label, strict=True):
        if not np.isnan(known):
            sums.setdefault(value, []).append(known)
    means = {value: float(np.mean(found)) for value, found in sums.items()}
    return separation(np.array([means.get(value, np.nan) for value in values]), label)


def _long_tail(column: Column) -> bool:
    values = column.numbers[~np.isnan(column.numbers)]
    if column.type == "boolean" or not len(values) or values.min() < 0 or len(column.counts) < 10 or not values.std():
        return False
    return bool(((values - values.mean()) ** 3).mean() / values.std() ** 3 > LONG_TAIL)
