"""January's events, made once."""

import pytest

from cli.producer.events import month_events
from cli.producer.records import Record


@pytest.fixture(scope="session")
def january() -> list[Record]:
    return month_events(1)
