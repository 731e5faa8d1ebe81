"""An account for the functions of monitoring."""

import pytest

from tests.unit.lambdas.lake import BUCKET, Lake


@pytest.fixture
def lake(monkeypatch: pytest.MonkeyPatch) -> Lake:
    found = Lake()
    monkeypatch.setattr("boto3.client", found.client)
    monkeypatch.setenv("LAKE_BUCKET", BUCKET)
    return found
