"""A hall of small models in a cloud that is as new."""

import pytest

from localcloud import LocalCloud
from tests.integration.endpoints.hall import Hall


@pytest.fixture
def hall(cloud: LocalCloud) -> Hall:
    return Hall(cloud)
