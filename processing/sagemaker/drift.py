"""Has a column changed? Distance of two distributions, and how large a distance is normal for this column.

A flat threshold on PSI always fires on data with seasons: two halves of one winter already differ by 0.5 in
temperature, and single days by 8. So the baseline is cut into windows of many sizes, in the order of time, and each
column's threshold for a number of rows is what windows of such a size reach against the whole baseline.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

BINS = 10
KS_SAMPLE = 2000  # evenly spaced values of the sorted baseline: its distribution function to 0.05 %
EMPTY = 1e-4  # share that stands for none, for a logarithm needs one
MIN_WINDOW = 200  # rows; of fewer, chance is all one sees
MARGIN = 1.1  # over what the baseline itself reaches
FLOOR = {"psi": 0.2, "ks": 0.1}  # below, a change is small by any book (PSI 0.2 is the usual "significant")


@dataclass(frozen=True)
class Distance:
    """How far a column is from its baseline: population stability index, and Kolmogorov-Smirnov (0 of text)."""

    psi: float
    ks: float


class Numbers:
    """The distribution of a baseline's numbers.

    Bins are tenths of the baseline, and one beyond either end: of days hotter than any in the baseline, more can be
    said than that they are in its hottest tenth.
    """

    def __init__(self, sample: Floats, least: float, most: float) -> None:
        """``sample`` is sorted; ``least`` and ``most`` are of all the baseline's values."""
        self._sample = sample[:: max(1, len(sample) // KS_SAMPLE)]
        inner = np.quantile(sample, np.linspace(0, 1, BINS + 1)[1:-1])
        self._edges = np.unique(np.concatenate([[least], inner, [most]]))
        self._shares = self._binned(sample)

    def distance(self, values: Floats) -> Distance:
        """Distance of ``values`` (none missing)."""
        if not len(values):
            return Distance(0.0, 0.0)
        return Distance(psi(self._shares, self._binned(values)), ks(self._sample, np.sort(values)))

    def _binned(self, values: Floats) -> Floats:
        edges = self._edges
        places = np.clip(np.searchsorted(edges, values, side="right"), 1, max(len(edges) - 1, 1))
        places = np.where(values < edges[0], 0, np.where(values > edges[-1], len(edges), places))
        return np.bincount(places, minlength=len(edges) + 1) / len(values)


class Texts:
    """The distribution of a baseline's categories; unknown ones count as one."""

    def __init__(self, counts: Mapping[str, int]) -> None:
        self._places = {value: place for place, value in enumerate(counts)}
        numbers = np.array([*counts.values(), 0], np.float64)
        self._shares = numbers / max(numbers.sum(), 1)

    def distance(self, values: NDArray[Any]) -> Distance:
        """Distance of ``values`` (none missing)."""
        if not len(values):
            return Distance(0.0, 0.0)
        unknown = len(self._places)
        places = [self._places.get(value, unknown) for value in values]
        return Distance(psi(self._shares, np.bincount(places, minlength=unknown + 1) / len(values)), 0.0)


def ks(expected: Floats, actual: Floats) -> float:
    """Kolmogorov-Smirnov statistic of two sorted samples, as `scipy.stats.ks_2samp`'s, which works out p-values too.

    Fitting thresholds needs it ten thousand times. The largest difference is where ``actual`` jumps, before or after.
    """
    sides: tuple[Literal["left", "right"], ...] = ("left", "right")
    return max(float(np.abs(_below(expected, actual, side) - _below(actual, actual, side)).max()) for side in sides)


def _below(sample: Floats, values: Floats, side: Literal["left", "right"]) -> Floats:
    """Share of a sorted sample below (left) or up to (right) each value."""
    return np.searchsorted(sample, values, side=side) / len(sample)


def psi(expected: Floats, actual: Floats) -> float:
    """Population stability index of two distributions over the same bins (shares that add up to 1)."""
    expected, actual = np.maximum(expected, EMPTY), np.maximum(actual, EMPTY)
    return float(((actual - expected) * np.log(actual / expected)).sum())


def windows(rows: int) -> dict[int, list[slice]]:
    """Consecutive windows of a baseline by their size: its halves, quarters and so on, down to `MIN_WINDOW` rows."""
    sizes: dict[int, list[slice]] = {}
    parts = 2
    while (size := rows // parts) >= MIN_WINDOW:
        sizes[size] = [slice(number * size, (number + 1) * size) for number in range(parts)]
        parts *= 2
    return sizes


def fit_thresholds(
    reference: Numbers | Texts, values: NDArray[Any], present: NDArray[np.bool_]
) -> list[dict[str, Any]]:
    """What a column reaches in windows of its own baseline: ``[{"rows", "psi", "ks"}]``, largest windows first."""
    fitted = []
    for size, parts in windows(len(values)).items():
        found = [reference.distance(values[part][present[part]]) for part in parts]
        fitted.append(
            {
                "rows": size,
                "psi": max(FLOOR["psi"], MARGIN * max(distance.psi for distance in found)),
                "ks": min(0.99, max(FLOOR["ks"], MARGIN * max(distance.ks for distance in found))),
            }
        )
    return fitted


def threshold_for(fitted: list[dict[str, Any]], rows: int) -> dict[str, Any] | None:
    """The entry of ``fitted`` (``rows`` is the size of its windows) for ``rows`` rows; None when there is none.

    Windows of at most half the rows, because a baseline is a sample of its days (70 % train) and so its windows last
    longer than as many rows of full traffic. Smaller windows vary more: the choice is the careful one.
    """
    fitting = [entry for entry in fitted if entry["rows"] <= rows / 2] or fitted[-1:]
    return max(fitting, key=lambda entry: entry["rows"]) if fitting else None
