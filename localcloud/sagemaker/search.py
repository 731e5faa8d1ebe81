"""Which hyperparameters to try next.

Ranges and scales as in https://docs.aws.amazon.com/sagemaker/latest/dg/automatic-model-tuning-define-ranges.html. The
Bayesian strategy models the objective by a Gaussian process and takes the candidate with the greatest expected
improvement; the service's own algorithm is not published.
"""

import math
import random
from collections import Counter
from dataclasses import dataclass
from typing import Any

_WARM_UP = 3  # random trials before there is something to learn from
_CANDIDATES = 500


@dataclass(frozen=True)
class Range:
    """One hyperparameter; a point is a number from 0 to 1."""

    name: str
    kind: str  # Continuous | Integer | Categorical
    low: float = 0.0
    high: float = 0.0
    scale: str = "Linear"
    values: tuple[str, ...] = ()

    def at(self, point: float) -> str:
        """The value at ``point``, as the text that a training job gets."""
        if self.values:
            return self.values[min(int(point * len(self.values)), len(self.values) - 1)]
        value = self._between(point)
        return str(round(value)) if self.kind == "Integer" else repr(value)

    def _between(self, point: float) -> float:
        low, high = self.low, self.high
        if self.scale == "Logarithmic":
            value = math.exp(math.log(low) + point * (math.log(high) - math.log(low)))
        elif self.scale == "ReverseLogarithmic":  # for ranges inside 0 ≤ x < 1
            value = 1 - math.exp(math.log(1 - low) + point * (math.log(1 - high) - math.log(1 - low)))
        else:
            value = low + point * (high - low)
        return min(max(value, low), high)


def ranges(given: dict[str, Any]) -> list[Range]:
    """The ParameterRanges of a tuning job, in a fixed order.

    ScalingType Auto is taken as logarithmic where a positive range spans at least two powers of ten.
    """
    found = [
        Range(item["Name"], "Categorical", values=tuple(item["Values"]))
        for item in given.get("CategoricalParameterRanges") or ()
    ]
    for kind in ("Integer", "Continuous"):
        for item in given.get(f"{kind}ParameterRanges") or ():
            low, high = float(item["MinValue"]), float(item["MaxValue"])
            scale = item.get("ScalingType") or "Auto"
            if scale == "Auto":
                scale = "Logarithmic" if low > 0 and high / low >= 100 else "Linear"
            found.append(Range(item["Name"], kind, low, high, scale))
    return found


def invalid(given: dict[str, Any]) -> str | None:
    """What is wrong with the ParameterRanges of a request, or None.

    https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_ContinuousParameterRange.html and
    API_IntegerParameterRange.html: Logarithmic takes values greater than 0, ReverseLogarithmic those of 0 ≤ x < 1.
    """
    named = Counter(item["Name"] for items in given.values() for item in items or ())
    for name, count in named.items():
        if count > 1:
            return f"{name} has more than one range"
    for kind, number in (("Integer", int), ("Continuous", float)):
        for item in given.get(f"{kind}ParameterRanges") or ():
            name, scale = item["Name"], item.get("ScalingType") or "Auto"
            try:
                low, high = number(item["MinValue"]), number(item["MaxValue"])
            except ValueError:
                return f"MinValue and MaxValue of {name} must be numbers of the kind {kind}"
            if not (math.isfinite(low) and math.isfinite(high) and low <= high):
                return f"MinValue of {name} must not be greater than its MaxValue, and both must be finite"
            if scale == "Logarithmic" and low <= 0:
                return f"Logarithmic scaling of {name} works only for values greater than 0"
            if scale == "ReverseLogarithmic" and (kind == "Integer" or low < 0 or high >= 1):
                return f"ReverseLogarithmic scaling of {name} works only for continuous values of 0 <= x < 1.0"
    return None


class Search:
    """Proposes points and learns from their objective (greater is better)."""

    def __init__(self, space: list[Range], strategy: str, seed: int) -> None:
        self._space = space
        self._strategy = strategy
        self._random = random.Random(seed)  # noqa: S311 - a search, not a secret
        self._tried: list[tuple[float, ...]] = []
        self._seen: list[float] = []

    def propose(self) -> tuple[tuple[float, ...], dict[str, str]]:
        """The next point and its values by name."""
        if self._strategy == "Bayesian" and len(self._seen) >= _WARM_UP:
            point = self._most_promising()
        else:
            point = self._anywhere()
        return point, {item.name: item.at(at) for item, at in zip(self._space, point, strict=True)}

    def learn(self, point: tuple[float, ...], objective: float) -> None:
        """How good ``point`` was."""
        self._tried.append(point)
        self._seen.append(objective)

    def _anywhere(self) -> tuple[float, ...]:
        return tuple(self._random.random() for _ in self._space)

    def _most_promising(self) -> tuple[float, ...]:
        import warnings  # noqa: PLC0415

        import numpy as np  # noqa: PLC0415 - a second of imports, for tuning only
        from scipy.stats import norm  # noqa: PLC0415
        from sklearn.gaussian_process import GaussianProcessRegressor  # noqa: PLC0415
        from sklearn.gaussian_process.kernels import Matern, WhiteKernel  # noqa: PLC0415

        model = GaussianProcessRegressor(Matern(nu=2.5) + WhiteKernel(1e-4), normalize_y=True, random_state=0)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a length scale at its bound, which few trials make likely
            model.fit(np.array(self._tried), np.array(self._seen))
        candidates = [self._anywhere() for _ in range(_CANDIDATES)]
        mean, deviation = model.predict(np.array(candidates), return_std=True)
        gain = mean - max(self._seen)
        ratio = gain / np.maximum(deviation, 1e-12)
        expected = gain * norm.cdf(ratio) + deviation * norm.pdf(ratio)
        return candidates[int(np.argmax(expected))]
