"""Which rows train, which validate, which test: at random by strata, and by time."""

import numpy as np
from numpy.typing import NDArray
from sklearn.model_selection import train_test_split

from processing.sagemaker.workspace import JobError

Indices = NDArray[np.int64]

TRAIN, VALIDATION, TEST = 0.70, 0.15, 0.15
MIN_ROWS = 100
MIN_ROWS_PER_FEATURE = 10


def stratified(strata: NDArray[np.float64], seed: int) -> tuple[Indices, Indices, Indices]:
    """Row numbers for training, validation and test, 70/15/15, each with the same share of every stratum.

    JobError when a stratum is too small to be in all three.
    """
    try:
        train, rest = train_test_split(
            np.arange(len(strata)), test_size=VALIDATION + TEST, stratify=strata, random_state=seed
        )
        validation, test = train_test_split(
            rest, test_size=TEST / (VALIDATION + TEST), stratify=strata[rest], random_state=seed
        )
    except ValueError as error:
        raise JobError(f"{len(strata)} rows cannot be split 70/15/15 by label: {error}") from None
    return np.sort(train), np.sort(validation), np.sort(test)


def latest(order: NDArray[np.float64], days: int) -> tuple[Indices, Indices]:
    """Row numbers of the earlier days and of the ``days`` latest ones.

    Args:
        order: day of each row.
    """
    distinct = np.unique(order)
    if days < 1 or days >= len(distinct):
        raise JobError(f"cannot hold back the latest {days} days of {len(distinct)}")
    late = order >= distinct[-days]
    return np.flatnonzero(~late), np.flatnonzero(late)


def strata_of(target: NDArray[np.float64]) -> NDArray[np.float64]:
    """What to stratify by: the class itself, or the tenth of the distribution that a number lies in."""
    if len(np.unique(target)) <= 2:
        return target
    edges = np.unique(np.quantile(target, np.linspace(0.1, 0.9, 9)))
    return np.searchsorted(edges, target, side="right").astype(np.float64)


def require_enough(rows: int, features: int) -> None:
    """Refuse to train on fewer than 100 rows, or than ten rows a feature: the model would learn them by heart."""
    needed = max(MIN_ROWS, MIN_ROWS_PER_FEATURE * features)
    if rows < needed:
        raise JobError(f"{rows} training rows are too few for {features} features: at least {needed} are needed")
