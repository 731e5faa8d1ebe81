"""Statistics over the data of one period.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Statistics-definitions.html
"""

import re
from collections.abc import Callable

from localcloud.cloudwatch.series import Datum

_PERCENTILE = re.compile(r"p(100|\d{1,2}(\.\d{1,10})?)")


def samples(data: list[Datum]) -> float:
    """SampleCount."""
    return sum(datum.count for datum in data)


def _sum(data: list[Datum]) -> float:
    return sum(datum.total for datum in data)


_STANDARD: dict[str, Callable[[list[Datum]], float]] = {
    "SampleCount": samples,
    "Sum": _sum,
    "Average": lambda data: _sum(data) / samples(data),
    "Minimum": lambda data: min(datum.minimum for datum in data),
    "Maximum": lambda data: max(datum.maximum for datum in data),
}


def percentile(statistic: str) -> float | None:
    """The share of ``p99.9``: 0.999; None when it is another statistic."""
    found = _PERCENTILE.fullmatch(statistic)
    return float(found[1]) / 100 if found else None


def is_known(statistic: str) -> bool:
    return statistic in _STANDARD or percentile(statistic) is not None


def compute(statistic: str, data: list[Datum]) -> float | None:
    """The value of ``statistic``; None without data, or for a percentile of what is only a set of statistics."""
    if not data:
        return None
    if statistic in _STANDARD:
        return _STANDARD[statistic](data)
    share = percentile(statistic)
    if share is None:
        raise ValueError(f"no statistic {statistic}")
    if any(datum.is_set and datum.minimum != datum.maximum for datum in data):
        return None  # "Percentile statistics are not available for sets", same page
    wanted, passed = share * samples(data), 0.0
    ordered = sorted(data, key=lambda datum: datum.minimum)
    for datum in ordered:
        passed += datum.count
        if passed >= wanted:
            return datum.minimum
    return ordered[-1].minimum
