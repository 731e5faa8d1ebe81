"""Tables, queue and stream of the architecture, for its functions called in this process."""

import os

import pytest

from localcloud import LocalCloud
from tests.integration.scoring.site import Site

os.environ.setdefault("DATASET", "flights")  # which a function reads when it is loaded


@pytest.fixture
def site(cloud: LocalCloud, monkeypatch: pytest.MonkeyPatch) -> Site:
    for name, value in cloud.environment.items():
        monkeypatch.setenv(name, value)
    found = Site(cloud)
    for name, value in found.variables.items():
        monkeypatch.setenv(name, value)
    return found
