"""Kinds of features. Each is fitted on training rows and applied to any rows, one or a million, by the same code.

What fitting finds (categories, edges) is plain data that goes into JSON: an endpoint never unpickles anything.
Nothing is scaled: trees do not care, and xgboost is what these features feed.
"""

from collections import Counter
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

State = dict[str, Any]
Values = dict[str, NDArray[Any]]
Floats = NDArray[np.float64]

UNKNOWN = -1.0  # code of a category that training did not see


class Feature(Protocol):
    """One declared feature: one or more columns of the model's matrix."""

    def fit(self, values: Values) -> State:
        """What the training rows say; ``values`` has no missing ones left."""

    def names(self, state: State) -> list[str]:
        """Names of the matrix columns."""

    def write(self, values: Values, missing: Values, state: State, out: NDArray[np.float32]) -> None:
        """Fill ``out`` (rows, columns of this feature). ``missing`` says which inputs were imputed."""


class _Stateless:
    def fit(self, values: Values) -> State:
        return {}


@dataclass(frozen=True)
class Number(_Stateless):
    """A number as it is, or its log1p (for long tails that are never negative)."""

    name: str
    log: bool = False

    def names(self, state: State) -> list[str]:
        return [f"log_{self.name}" if self.log else self.name]

    def write(self, values: Values, missing: Values, state: State, out: NDArray[np.float32]) -> None:
        column = values[self.name]
        out[:, 0] = np.log1p(np.maximum(column, 0)) if self.log else column


@dataclass(frozen=True)
class Missing(_Stateless):
    """1 where an input was missing, because that it is missing says something too."""

    name: str

    def names(self, state: State) -> list[str]:
        return [f"{self.name}_missing"]

    def write(self, values: Values, missing: Values, state: State, out: NDArray[np.float32]) -> None:
        out[:, 0] = missing[self.name]


@dataclass(frozen=True)
class Product(_Stateless):
    """Interaction of two numbers."""

    left: str
    right: str

    def names(self, state: State) -> list[str]:
        return [f"{self.left}_x_{self.right}"]

    def write(self, values: Values, missing: Values, state: State, out: NDArray[np.float32]) -> None:
        out[:, 0] = values[self.left] * values[self.right]


@dataclass(frozen=True)
class OneHot:
    """A column a category, for few categories without order; all 0 for one that training did not see."""

    name: str

    def fit(self, values: Values) -> State:
        return {"categories": sorted(set(values[self.name]))}

    def names(self, state: State) -> list[str]:
        return [f"{self.name}={category}" for category in state["categories"]]

    def write(self, values: Values, missing: Values, state: State, out: NDArray[np.float32]) -> None:
        codes = _codes(values[self.name], state["categories"])
        out[:] = codes[:, None] == np.arange(out.shape[1])


@dataclass(frozen=True)
class Ordinal:
    """Rank by how often a category is seen, for many categories; -1 for one that training did not see.

    Frequency gives the order a meaning that a tree can split on, which the alphabet does not.
    """

    name: str

    def fit(self, values: Values) -> State:
        counts = Counter(values[self.name])
        return {"categories": sorted(counts, key=lambda category: (-counts[category], category))}

    def names(self, state: State) -> list[str]:
        return [f"{self.name}_rank"]

    def write(self, values: Values, missing: Values, state: State, out: NDArray[np.float32]) -> None:
        out[:, 0] = _codes(values[self.name], state["categories"])


@dataclass(frozen=True)
class Bins:
    """Number of the bin that a number lies in.

    Attributes:
        method: ``width`` (equal widths), ``quantile`` (equal counts) or ``kmeans`` (between the centres of clusters).
    """

    name: str
    count: int
    method: str = "width"

    def fit(self, values: Values) -> State:
        return {"edges": _edges(values[self.name], self.count, self.method)}

    def names(self, state: State) -> list[str]:
        return [f"{self.name}_bin"]

    def write(self, values: Values, missing: Values, state: State, out: NDArray[np.float32]) -> None:
        out[:, 0] = np.searchsorted(state["edges"], values[self.name], side="right")


def _codes(column: NDArray[Any], categories: list[str]) -> Floats:
    ranks = {category: float(rank) for rank, category in enumerate(categories)}
    return np.array([ranks.get(value, UNKNOWN) for value in column], np.float64)


def _edges(column: Floats, count: int, method: str) -> list[float]:
    """The inner edges of ``count`` bins, ascending and each once."""
    if method == "width":
        edges = np.linspace(column.min(), column.max(), count + 1)[1:-1]
    elif method == "quantile":
        edges = np.quantile(column, np.linspace(0, 1, count + 1)[1:-1])
    elif method == "kmeans":
        from sklearn.cluster import KMeans  # noqa: PLC0415 - a second to import, and serving fits nothing

        distinct = len(np.unique(column))
        centres = KMeans(min(count, distinct), n_init=1, random_state=0).fit(column[:, None]).cluster_centers_[:, 0]
        centres.sort()
        edges = (centres[1:] + centres[:-1]) / 2
    else:
        raise ValueError(f"bins by {method!r}: expected width, quantile or kmeans")
    return [float(edge) for edge in np.unique(edges)]
