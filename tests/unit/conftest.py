"""January's events, made once."""

import pytest

from datasets.flights.producer import month_events
from datasets.record import Record


@pytest.fixture(scope="session")
def january() -> list[Record]:
    return month_events(1)
