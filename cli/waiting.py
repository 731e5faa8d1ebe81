"""Wait for what takes its time, and no longer than that."""

import time
from collections.abc import Callable
from typing import TypeVar

from cli.errors import UserError

Found = TypeVar("Found")


def until(look: Callable[[], Found | None], seconds: float, complaint: str, pause: float = 1.0) -> Found:
    """The first thing that ``look`` finds. Raises UserError with ``complaint`` when it finds nothing in time."""
    deadline = time.monotonic() + seconds
    while (found := look()) is None:
        if time.monotonic() > deadline:
            raise UserError(f"{complaint} within {seconds:g} s")
        time.sleep(pause)
    return found
