"""The cloud as its engines know it: how it was started, where it answers, how its time passes."""

import os
import re
import threading
from collections.abc import Callable, Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any, ClassVar, Protocol

from localcloud import environment
from localcloud.clients import Clients
from localcloud.standalone.engine_calls import ATTEMPTS
from localcloud.wsgi import Route

ACCOUNT = "123456789012"  # moto's account
DEFAULT_REGION = "us-east-1"
MAXIMUM_PORT = 65535


class Engine(Protocol):
    """What does a service's work while the cloud is up."""

    def start(self) -> None: ...

    def reset(self) -> None:
        """Forget everything: the cloud is to be as new."""

    def stop(self) -> None:
        """Release threads, processes and files. Called once, also after a failed start."""


class Cloud:
    """What engines may use of the cloud that they work for. `localcloud.server.LocalCloud` is it with them, and serves.

    Args:
        port: TCP port on localhost, 0 to 65535; 0 picks a free one.
        speed: how many times faster than the wall clock the waits of the services pass (Firehose buffering,
            schedules). 60 turns Firehose's 60 s buffer into 1 s. Timeouts of user code are never scaled.
        strict: fail a CloudFormation resource that has a property the engine did not apply.
        enforce_shard_throughput: refuse what a Kinesis shard refuses (over 1 MiB or 1,000 records a second); off by
            default because a laptop replay is faster than one shard.
        enforce: refuse what the deployed IAM policies do not allow a role or service; they are recorded either way.
        workdir: where engines keep files; a temporary directory by default, removed by ``stop``.
        engines_via: URL of a proxy in front of this cloud, which may delay, refuse or cut what passes. Engines, and the
            processes of jobs, functions and endpoints, call the cloud there; users' clients need not.
        analyzer: what stands in for AWS's closed analyzer image of Model Monitor: a Python module and its arguments,
            which is called as that image's entry point is. Without one, what needs the image is refused.
        query_memory: bytes that one Athena query may use; by default an eighth of this machine's, at most 2 GiB.
        query_seconds: that one may take; half an hour, as on AWS, and never scaled.
    """

    current: "ClassVar[Cloud | None]" = None  # the one that is up in this process

    def __init__(
        self,
        port: int = 0,
        *,
        speed: float = 1.0,
        strict: bool = True,
        enforce_shard_throughput: bool = False,
        enforce: bool = False,
        workdir: Path | None = None,
        engines_via: str | None = None,
        analyzer: Sequence[str] = (),
        query_memory: int | None = None,
        query_seconds: float = 1800,
    ) -> None:
        if not 0 <= port <= MAXIMUM_PORT:  # the socket would take it modulo 65536
            raise ValueError(f"port {port} does not exist: choose one from 0 to {MAXIMUM_PORT}, 0 for a free one")
        if engines_via is not None and not re.fullmatch(r"http://[^/@]+:[0-9]+/?", engines_via):
            raise ValueError(f"engines go via an http://HOST:PORT, not {engines_via!r}")
        if analyzer and find_spec(analyzer[0].partition(".")[0]) is None:
            raise ValueError(
                f"there is no module {analyzer[0]}: install what the analyzer is part of, or name another"
            )
        self.port = port
        self.speed = speed
        self.strict = strict
        self.enforce_shard_throughput = enforce_shard_throughput
        self.enforce = enforce
        self.analyzer = tuple(analyzer)
        self.query_memory = query_memory
        self.query_seconds = query_seconds
        self.region = os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION") or DEFAULT_REGION
        self.account = ACCOUNT
        self._given_workdir = workdir
        self.workdir = Path()  # once it is up
        self.engines: dict[str, Any] = {}
        self.routes: list[Route] = []  # what engines answer themselves, past moto
        self.pages: dict[str, Callable[[], Any]] = {}  # what engines tell about the cloud, by path
        self._proxy = engines_via.rstrip("/") if engines_via else None
        self._clients = Clients(self._pause)
        self._ending = threading.Event()  # the cloud, or with a reset all that it does: nothing is tried again

    @property
    def endpoint(self) -> str:
        """``http://localhost:PORT``; never 127.0.0.1, which moto does not accept in template URLs."""
        return f"http://localhost:{self.port}"

    @property
    def environment(self) -> dict[str, str]:
        """Variables that make any AWS client in a child process talk to this cloud."""
        return environment.of_clients(self.endpoint, self.region)

    @property
    def engines_endpoint(self) -> str:
        """Where engines and their processes call this cloud."""
        return self._proxy or self.endpoint

    @property
    def engine_environment(self) -> dict[str, str]:
        """`environment` of the processes that engines start."""
        return {**self.environment, "AWS_ENDPOINT_URL": self.engines_endpoint}

    def client(self, service: str, region: str | None = None, credentials: Mapping[str, str] | None = None) -> Any:
        """A boto3 client of this cloud, cached. Threads may share it. It tries once: who uses it sees every answer.

        ``credentials`` are environment variables, as `localcloud.iam.sessions` gives them; none: the administrator's.
        """
        return self._clients.get(service, region or self.region, self.endpoint, credentials or self.environment)

    def engine_client(
        self,
        service: str,
        region: str | None = None,
        credentials: Mapping[str, str] | None = None,
        attempts: int = ATTEMPTS,
    ) -> Any:
        """`client` for an engine, which goes its way and tries again what may pass, as AWS's services do."""
        return self._clients.get(
            service, region or self.region, self.engines_endpoint, credentials or self.environment, attempts
        )

    def wait_time(self, seconds: float) -> float:
        """Wall-clock seconds for a wait of ``seconds`` in the cloud."""
        return seconds / self.speed

    @property
    def is_ending(self) -> bool:
        """Whether it stops or is reset: nothing new is to be begun."""
        return self._ending.is_set()

    def _pause(self, seconds: float) -> bool:
        return not self._ending.wait(self.wait_time(seconds))


def current() -> Cloud:
    """The cloud of this process, for code that moto calls."""
    if Cloud.current is None:
        raise RuntimeError("no local cloud is up in this process")
    return Cloud.current
