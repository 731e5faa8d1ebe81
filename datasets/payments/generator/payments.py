"""Payments as columns, and what the modules that make them share."""

from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

YEAR = 2013
DRIFT_MONTH = 7
DAY_SECONDS, HOUR_SECONDS = 86_400, 3_600
PRICE_RISE = 2.0  # of what is paid by card, from DRIFT_MONTH on
CONTACTLESS_LIMIT = (25.0, 100.0)  # euros; before DRIFT_MONTH and from it on
CONTACTLESS_SHARE = (0.35, 0.9)  # of payments up to it


@dataclass(frozen=True)
class Payments:
    """Payments, a row each.

    Attributes:
        time: seconds since 1970.
        card, merchant: rows in `world.World`; entry: number in ``world.ENTRY_MODES``.
        euros: amount; kind: 0 for honest payments, otherwise the place in ``fraud.KINDS`` plus 1.
    """

    time: NDArray[np.int64]
    card: NDArray[np.int64]
    merchant: NDArray[np.int64]
    euros: NDArray[np.float64]
    entry: NDArray[np.int64]
    kind: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.time)

    def take(self, rows: NDArray[Any]) -> "Payments":
        return Payments(*(getattr(self, item.name)[rows] for item in fields(self)))


def joined(parts: "list[Payments]") -> Payments:
    """One after the other."""
    return Payments(*(np.concatenate([getattr(part, item.name) for part in parts]) for item in fields(Payments)))


def month_seconds(month: int) -> tuple[int, int]:
    """Begin and end of a month of 2013 in seconds since 1970 (UTC)."""
    begin = np.datetime64(f"{YEAR}-{month:02d}", "M")
    return int(begin.astype("datetime64[s]").astype(np.int64)), int(
        (begin + 1).astype("datetime64[s]").astype(np.int64)
    )


def in_episodes(
    month: int, start: NDArray[np.int64], size: NDArray[np.int64], gaps: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Times of episodes of ``size`` payments that begin at ``start``, ``gaps`` (one a payment) seconds apart.

    They end within the month, so that a month needs no other.
    """
    first = np.cumsum(size) - size
    passed = np.cumsum(gaps)
    passed = passed - passed[first].repeat(size)
    start = np.minimum(start, month_seconds(month)[1] - 1 - passed[first + size - 1])
    return np.asarray(start.repeat(size) + passed)
