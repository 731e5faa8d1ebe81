"""Whether everything is tried, as `make soak` does, or what tells most for its time, as `make test`."""

import os

SOAK = bool(os.environ.get("MLREF_SOAK"))
