"""The lake of a test."""

import pytest

from localcloud import LocalCloud
from tests.integration.glue.lake import Lake


@pytest.fixture
def lake(cloud: LocalCloud) -> Lake:
    return Lake(cloud)
