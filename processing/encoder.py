"""Inputs to the model's matrix: imputation, outlier bounds and features, fitted once, applied everywhere."""

from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from processing.dataset import Columns, Dataset
from processing.encoding import State

Z_LIMIT = 3.0  # standard deviations
IQR_FACTOR = 1.5  # Tukey's fences
MISSING_TEXT = "missing"  # fills a text column that has no value at all


@dataclass(frozen=True)
class Encoder:
    """A fitted `Dataset`.

    Attributes:
        fill: value for a missing one, by input: the median of numbers, the mode of text.
        bounds: lowest and highest value by input; values beyond are brought back to it (winsorised).
        states: what each feature was fitted to, in the order of ``dataset.features``.
    """

    dataset: Dataset
    fill: dict[str, float | str]
    bounds: dict[str, tuple[float, float]]
    states: tuple[State, ...]

    @cached_property
    def names(self) -> list[str]:
        """Names of the matrix columns."""
        return [name for names in self._names for name in names]

    @cached_property
    def _names(self) -> list[list[str]]:
        return [feature.names(state) for feature, state in zip(self.dataset.features, self.states, strict=True)]

    def transform(self, columns: Columns) -> NDArray[np.float32]:
        """The matrix (rows, ``names``) of ``columns``; the same bits for a row alone as among others."""
        missing = {name: _missing(columns[name]) for name in self.dataset.inputs}
        values = _filled(columns, missing, self.fill, self.bounds)
        values.update(self.dataset.derive(values))
        matrix = np.empty((len(values[self.dataset.inputs[0]]), len(self.names)), np.float32)
        start = 0
        for feature, state, names in zip(self.dataset.features, self.states, self._names, strict=True):
            end = start + len(names)
            feature.write(values, missing, state, matrix[:, start:end])
            start = end
        return matrix

    def values(self, columns: Columns) -> Columns:
        """The inputs without missing ones, and the derived columns."""
        missing = {name: _missing(columns[name]) for name in self.dataset.inputs}
        values = _filled(columns, missing, self.fill, self.bounds)
        return {**values, **self.dataset.derive(values)}

    def document(self) -> dict[str, Any]:
        """Everything fitted, as JSON."""
        return {"fill": self.fill, "bounds": self.bounds, "states": list(self.states)}


def restore(dataset: Dataset, document: dict[str, Any]) -> Encoder:
    """The encoder of ``Encoder.document``."""
    bounds = {name: (low, high) for name, (low, high) in document["bounds"].items()}
    return Encoder(dataset, document["fill"], bounds, tuple(document["states"]))


def fit(dataset: Dataset, columns: Columns, outliers: str = "none") -> Encoder:
    """Fit on ``columns``, which must be training rows only.

    Args:
        outliers: ``none``, or what bounds numbers: ``zscore`` (mean ± 3 standard deviations) or ``iqr`` (quartiles
            ± 1.5 interquartile ranges).
    """
    missing = {name: _missing(columns[name]) for name in dataset.inputs}
    fill = {name: _typical(columns[name][~missing[name]]) for name in dataset.inputs}
    bounds = outlier_bounds(columns, dataset.inputs, outliers)
    values = _filled(columns, missing, fill, bounds)
    values.update(dataset.derive(values))
    return Encoder(dataset, fill, bounds, tuple(feature.fit(values) for feature in dataset.features))


def outlier_bounds(columns: Columns, names: tuple[str, ...], method: str) -> dict[str, tuple[float, float]]:
    """Lowest and highest plausible value by column; none for text, and for columns that are nearly constant.

    Of a column whose quartiles are equal (precipitation is mostly 0), every other value would be an outlier.
    """
    if method not in ("none", "zscore", "iqr"):
        raise ValueError(f"outliers by {method!r}: expected none, zscore or iqr")
    bounds = {}
    for name in names if method != "none" else ():
        column = columns[name]
        if column.dtype == object or not np.isfinite(column).any():
            continue
        if method == "zscore":
            centre, spread = float(np.nanmean(column)), Z_LIMIT * float(np.nanstd(column))
            low, high = centre - spread, centre + spread
        else:
            first, third = (float(value) for value in np.nanquantile(column, (0.25, 0.75)))
            spread = IQR_FACTOR * (third - first)
            low, high = first - spread, third + spread
        if spread > 0:
            bounds[name] = (low, high)
    return bounds


def _missing(column: NDArray[Any]) -> NDArray[np.bool_]:
    if column.dtype == object:
        return np.array([value is None for value in column], bool)
    absent: NDArray[np.bool_] = np.isnan(column)
    return absent


def _typical(present: NDArray[Any]) -> float | str:
    if present.dtype == object:
        counts = Counter(present)
        return min(counts, key=lambda value: (-counts[value], value)) if counts else MISSING_TEXT
    return float(np.median(present)) if len(present) else 0.0


def _filled(
    columns: Columns,
    missing: dict[str, NDArray[np.bool_]],
    fill: dict[str, float | str],
    bounds: dict[str, tuple[float, float]],
) -> Columns:
    values: Columns = {}
    for name, absent in missing.items():
        column = columns[name]
        if np.count_nonzero(absent):  # many times as fast as any() on a row alone
            column = np.where(absent, np.array(fill[name], column.dtype), column)
        if name in bounds:
            column = np.clip(column, *bounds[name])
        values[name] = column
    return values
