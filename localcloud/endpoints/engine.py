"""What runs behind SageMaker's endpoints. Threads and processes are SageMaker's, whose resets end them."""

import threading
from pathlib import Path
from typing import Any, Protocol

from localcloud.cloud import Cloud, current
from localcloud.processes.folders import TemporaryFolder
from localcloud.sagemaker.engine import sagemaker_engine

PERIOD = 60.0  # seconds of the cloud between two deliveries of metrics and captured data


class Serving(Protocol):
    """What the engine has to know of a fleet."""

    def deliver(self) -> None:
        """Metrics to CloudWatch, captured data to S3."""

    def end(self) -> None:
        """Deliver what is left, end the processes, and `EndpointsEngine.discard` it."""


class EndpointsEngine:
    """Knows every fleet that serves, and delivers what it counted and captured."""

    def __init__(self, cloud: Cloud) -> None:
        self.cloud = cloud
        self.lock = threading.RLock()
        self._fleets: set[Serving] = set()
        self._folder: TemporaryFolder | None = None

    @property
    def sockets(self) -> Path:
        """Where containers listen: a path of a socket has at most 103 characters (macOS), a workdir's may have more."""
        with self.lock:
            self._folder = self._folder or TemporaryFolder("endpoints")
            return self._folder.path

    def start(self) -> None:
        sagemaker_engine().background("endpoints-delivery", self._deliver)

    def reset(self) -> None:
        """Forget the fleets, whose processes SageMaker's engine has ended; moto drops endpoints."""
        with self.lock:
            self._fleets.clear()
        self.start()

    def stop(self) -> None:
        """Deliver what was captured, then end every process."""
        for fleet in self.fleets():
            fleet.end()
        with self.lock:
            if self._folder is not None:
                self._folder.remove()
                self._folder = None

    def fleets(self) -> list[Serving]:
        """Those that serve or are about to."""
        with self.lock:
            return list(self._fleets)

    def add(self, fleet: Serving) -> None:
        with self.lock:
            self._fleets.add(fleet)

    def discard(self, fleet: Serving) -> None:
        with self.lock:
            self._fleets.discard(fleet)

    def _deliver(self, ended: threading.Event) -> None:
        while not ended.wait(self.cloud.wait_time(PERIOD)):
            for fleet in self.fleets():
                fleet.deliver()


def endpoints_engine() -> EndpointsEngine:
    """The engine of the cloud of this process."""
    found: Any = current().engines["endpoints"]
    assert isinstance(found, EndpointsEngine)  # noqa: S101 - for the type checker
    return found
