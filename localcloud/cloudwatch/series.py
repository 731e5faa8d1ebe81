"""Metric data by metric, in order of time: what alarms and the read operations compute on."""

import threading
from bisect import bisect_left, insort
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

Metric = tuple[str, str, tuple[tuple[str, str], ...]]  # namespace, name, sorted dimensions


@dataclass(frozen=True, slots=True, order=True)
class Datum:
    """A value that was seen ``count`` times, or (``value`` is None) a set of statistics."""

    time: float  # seconds since the epoch, by the wall clock
    total: float
    count: float
    minimum: float
    maximum: float
    unit: str
    is_set: bool = False


def metric(namespace: str, name: str, dimensions: Iterable[Mapping[str, str]]) -> Metric:
    """The identity of a metric: another set of dimensions is another metric."""
    return namespace, name, tuple(sorted((item["Name"], item["Value"]) for item in dimensions))


def data_of(member: dict[str, Any], now: float) -> list[Datum]:
    """The data of one MetricDatum of PutMetricData."""
    stamp = member.get("Timestamp")
    if isinstance(stamp, datetime):
        now = (stamp if stamp.tzinfo else stamp.replace(tzinfo=UTC)).timestamp()
    unit = member.get("Unit") or "None"
    if given := member.get("StatisticValues"):
        total, count, low, high = (float(given[name]) for name in ("Sum", "SampleCount", "Minimum", "Maximum"))
        return [Datum(now, total, count, low, high, unit, is_set=True)]
    values = [float(value) for value in member.get("Values") or [member.get("Value", 0.0)]]
    counts = [float(count) for count in member.get("Counts") or [1.0] * len(values)]
    return [Datum(now, value * count, count, value, value, unit) for value, count in zip(values, counts, strict=True)]


class Series:
    """All metric data of one region."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._data: dict[Metric, list[Datum]] = {}

    def add(self, of: Metric, data: list[Datum]) -> bool:
        """Keep ``data``; whether the metric is new."""
        with self._lock:
            known = self._data.get(of)
            if known is None:
                self._data[of] = sorted(data)
                return True
            for datum in data:
                if not known or known[-1].time <= datum.time:
                    known.append(datum)
                else:
                    insort(known, datum, key=lambda item: item.time)
            return False

    def between(self, of: Metric, start: float, end: float, unit: str | None = None) -> list[Datum]:
        """Data with start <= time < end, and of the unit, if one is asked for."""
        with self._lock:
            known = self._data.get(of, [])
            first, last = (bisect_left(known, bound, key=lambda item: item.time) for bound in (start, end))
            found = known[first:last]
        return [datum for datum in found if datum.unit == unit] if unit else found
