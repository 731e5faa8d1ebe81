"""Wait for what takes its time, and no longer than that."""

import time
from collections.abc import Callable
from typing import TypeVar

from cli.errors import UserError

POLL_SECONDS = 0.2

Found = TypeVar("Found")


def until(
    look: Callable[[], Found | None], seconds: float, complaint: Callable[[], str], pause: float | None = None
) -> Found:
    """The first thing that ``look`` finds. Raises UserError with what ``complaint`` says when that takes too long."""
    deadline = time.monotonic() + seconds
    while (found := look()) is None:
        if time.monotonic() > deadline:
            raise UserError(f"{complaint()} (after {seconds:g} s)")
        time.sleep(POLL_SECONDS if pause is None else pause)
    return found
