"""How long a command may take to end."""

import os

SECONDS = 2.0  # from the signal to the end


def allowed() -> float:
    """Twice the seconds, for a virtual machine may stand still, and as often as it has processes for each processor."""
    return 2 * SECONDS * max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1))
