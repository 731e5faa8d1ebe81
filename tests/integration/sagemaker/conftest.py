"""A bucket with small scripts in a cloud that is as new."""

import pytest

from localcloud import LocalCloud
from tests.integration.sagemaker.workshop import Workshop


@pytest.fixture
def workshop(cloud: LocalCloud) -> Workshop:
    return Workshop(cloud)
