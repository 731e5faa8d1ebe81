"""One local cloud a test process, as new for every test."""

from collections.abc import Iterator

import pytest

from localcloud import LocalCloud


@pytest.fixture(scope="session")
def session_cloud() -> Iterator[LocalCloud]:
    with LocalCloud(speed=60) as cloud:
        yield cloud


@pytest.fixture
def cloud(session_cloud: LocalCloud) -> LocalCloud:
    session_cloud.reset()
    return session_cloud
