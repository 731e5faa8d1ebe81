"""An account for the functions of monitoring, and the dataset of those that know one."""

import os

import pytest

from tests.unit.lambdas.lake import BUCKET, Lake

os.environ.setdefault("DATASET", "flights")  # which a function reads when it is loaded


@pytest.fixture
def lake(monkeypatch: pytest.MonkeyPatch) -> Lake:
    found = Lake()
    monkeypatch.setattr("boto3.client", found.client)
    monkeypatch.setenv("LAKE_BUCKET", BUCKET)
    return found
