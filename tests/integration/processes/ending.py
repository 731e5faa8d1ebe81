"""How long a command may take to end."""

import os

SECONDS = 2.0  # from the signal to the end


def allowed() -> float:
    """The seconds, as many times as this machine has processes for each processor."""
    return SECONDS * max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1))
