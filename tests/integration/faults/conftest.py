"""A cloud in a process of its own, whose engines go through a storm; the tests' clients do not."""

import urllib.request
from collections.abc import Iterator
from typing import Any

import boto3
import pytest

from cli.cloud.local import Endpoint, local_cloud
from localcloud.origin import CLIENT
from tests.integration.faults.storm import Storm, free_port


class FarCloud:
    """As much of a LocalCloud as helpers of tests use."""

    def __init__(self, at: Endpoint) -> None:
        self.endpoint, self.region, self.account = at.endpoint, at.region, at.account
        self.environment = {**at.environment, "AWS_SESSION_TOKEN": "testing"}
        self._clients: dict[str, Any] = {}

    def client(self, service: str) -> Any:
        if service not in self._clients:
            self._clients[service] = boto3.client(service, endpoint_url=self.endpoint, region_name=self.region)
        return self._clients[service]


@pytest.fixture(scope="package")
def far(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[FarCloud, Storm]]:
    port = free_port()
    storm = Storm(f"http://localhost:{port}", tmp_path_factory.mktemp("storm"))
    try:
        with local_cloud(port=port, engines_via=storm.endpoint) as endpoint:
            yield FarCloud(endpoint), storm
    finally:
        storm.close()


@pytest.fixture
def storm(far: tuple[FarCloud, Storm]) -> Storm:
    return far[1]


@pytest.fixture
def cloud(far: tuple[FarCloud, Storm]) -> FarCloud:
    request = urllib.request.Request(f"{far[0].endpoint}/moto-api/reset", method="POST", headers=CLIENT)
    urllib.request.urlopen(request, timeout=60).close()
    return far[0]
