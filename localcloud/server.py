"""One moto server on ``http://localhost:PORT`` with the engines that do the work moto only records."""

import contextlib
import os
import re
import socket
import threading
from collections.abc import Callable, Mapping
from importlib import import_module
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol
from urllib.parse import urlsplit

from localcloud import environment
from localcloud.clients import Clients
from localcloud.once import Once
from localcloud.patching import MotoChangedError
from localcloud.processes.folders import TemporaryFolder
from localcloud.standalone.engine_calls import ATTEMPTS
from localcloud.wsgi import Front, Route, request_handler

ACCOUNT = "123456789012"  # moto's account
DEFAULT_REGION = "us-east-1"
MAXIMUM_PORT = 65535

# One module a service. Importing it registers its patches; `engine(cloud)` builds what has a life of its own.
ENGINES = (
    "localcloud.unsupported",
    "localcloud.moto_gaps",
    "localcloud.cloudwatch",
    "localcloud.events",
    "localcloud.scheduler",
    "localcloud.cloudformation",
    "localcloud.lambda_",
    "localcloud.kinesis",
    "localcloud.firehose",
    "localcloud.glue",
    "localcloud.athena",
    "localcloud.sagemaker",
    "localcloud.model_monitor",
    "localcloud.endpoints",
    "localcloud.iam",  # last, for its patches are to be passed first
)


class Engine(Protocol):
    """What does a service's work while the cloud is up."""

    def start(self) -> None: ...

    def reset(self) -> None:
        """Forget everything: the cloud is to be as new."""

    def stop(self) -> None:
        """Release threads, processes and files. Called once, also after a failed start."""


class LocalCloud:
    """A local cloud in this process; one at a time, because moto keeps its state in module globals.

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
        query_memory: bytes that one Athena query may use; by default an eighth of this machine's, at most 2 GiB.
        query_seconds: that one may take; half an hour, as on AWS, and never scaled.
    """

    current: "LocalCloud | None" = None

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
        query_memory: int | None = None,
        query_seconds: float = 1800,
    ) -> None:
        if not 0 <= port <= MAXIMUM_PORT:  # the socket would take it modulo 65536
            raise ValueError(f"port {port} does not exist: choose one from 0 to {MAXIMUM_PORT}, 0 for a free one")
        if engines_via is not None and not re.fullmatch(r"http://[^/@]+:[0-9]+/?", engines_via):
            raise ValueError(f"engines go via an http://HOST:PORT, not {engines_via!r}")
        self.port = port
        self.speed = speed
        self.strict = strict
        self.enforce_shard_throughput = enforce_shard_throughput
        self.enforce = enforce
        self.query_memory = query_memory
        self.query_seconds = query_seconds
        self.region = os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION") or DEFAULT_REGION
        self.account = ACCOUNT
        self._given_workdir = workdir
        self._folder: TemporaryFolder | None = None
        self.workdir = Path()
        self.engines: dict[str, Any] = {}
        self.routes: list[Route] = []  # what engines answer themselves, past moto
        self.pages: dict[str, Callable[[], Any]] = {}  # what engines tell about the cloud, by path
        self._proxy = engines_via.rstrip("/") if engines_via else None
        self._clients = Clients(self._pause)
        self._ending = threading.Event()  # the cloud, or with a reset all that it does: nothing is tried again
        self.application: Any = None  # what answers requests, for those that come without a network
        self._server: Any = None
        self._process = contextlib.ExitStack()  # what is changed in this process
        self._connections: set[socket.socket] = set()

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

    def start(self) -> "LocalCloud":
        """Bind the port, load the engines, serve. Raises RuntimeError when one is already up in this process."""
        if LocalCloud.current is not None:
            raise RuntimeError(f"a local cloud is already up in this process, at {LocalCloud.current.endpoint}")
        LocalCloud.current = self
        self._ending.clear()
        try:
            if self._given_workdir is None:
                self._folder = TemporaryFolder("cloud")
                self.workdir = self._folder.path
            else:
                self.workdir = self._given_workdir
                self.workdir.mkdir(parents=True, exist_ok=True)
            for name in ENGINES:
                module = import_module(name)
                if hasattr(module, "engine"):
                    self.engines[name.rpartition(".")[2]] = module.engine(self)
            self._serve()
            self._find_proxy()
            for engine in self.engines.values():
                engine.start()
        except BaseException:
            self.stop()
            raise
        return self

    def _serve(self) -> None:
        from moto.moto_server import werkzeug_app  # noqa: PLC0415 - 1 s of imports, not wanted by `--help`
        from werkzeug.serving import make_server  # noqa: PLC0415

        from localcloud import in_process  # noqa: PLC0415
        from localcloud.gate import Gate  # noqa: PLC0415

        in_process.refuse_in_mock()

        if not hasattr(werkzeug_app, "DISABLE_GLOBAL_CORS"):
            raise MotoChangedError("moto's switch of CORS is gone: every web page could call the local cloud")
        werkzeug_app.DISABLE_GLOBAL_CORS = True
        handler = request_handler(werkzeug_app.MotoRequestHandler, self.routes, self._connections)
        moto = werkzeug_app.DomainDispatcherApplication(werkzeug_app.create_backend_app)
        self.application = Once(Front(Gate(moto), self.reset, self.pages))
        try:
            self._server = make_server(
                "localhost", self.port, self.application, threaded=True, request_handler=handler
            )
        except (OSError, SystemExit) as error:  # werkzeug exits when the address is in use
            raise RuntimeError(f"port {self.port} is taken: choose another, or 0 for a free one") from error
        self.port = self._server.server_port
        self._process.enter_context(in_process.variables(self.port))
        threading.Thread(target=self._server.serve_forever, name="moto-server", daemon=True).start()

    def _find_proxy(self) -> None:
        if self._proxy is not None:
            at = urlsplit(self._proxy)
            try:
                socket.create_connection((at.hostname, at.port), timeout=5).close()
            except OSError as error:
                raise RuntimeError(
                    f"nothing listens at {self._proxy}, where engines are to call: start the proxy first, with "
                    f"{self.endpoint} behind it"
                ) from error

    def stop(self) -> None:
        """Stop engines in reverse order, then the server; nothing of ours is left running."""
        self._ending.set()
        with contextlib.ExitStack() as steps:  # each is taken, whatever becomes of those before
            steps.callback(self._release)
            steps.callback(self._stop_serving)
            for engine in self.engines.values():
                steps.callback(engine.stop)

    def _stop_serving(self) -> None:
        self.engines.clear()
        self.routes.clear()
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            for connection in list(self._connections):
                with contextlib.suppress(OSError):  # the client was faster
                    connection.shutdown(socket.SHUT_RDWR)
            self._server = None
            self._process.close()
            self._forget()

    def _release(self) -> None:
        if self._folder is not None:
            self._folder.remove()
            self._folder = None
        LocalCloud.current = None

    def reset(self) -> None:
        """Make the cloud as new: engines forget, moto forgets."""
        self._ending.set()
        for engine in self.engines.values():
            engine.reset()
        self._clients.forget(but=self.environment["AWS_ACCESS_KEY_ID"])  # sessions are forgotten with the roles
        self._forget()
        self._ending.clear()

    def _forget(self) -> None:
        from moto.moto_api._internal import moto_api_backend  # noqa: PLC0415

        moto_api_backend.reset()

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

    def _pause(self, seconds: float) -> bool:
        return not self._ending.wait(self.wait_time(seconds))

    def __enter__(self) -> "LocalCloud":
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def current() -> LocalCloud:
    """The cloud of this process, for code that moto calls."""
    if LocalCloud.current is None:
        raise RuntimeError("no local cloud is up in this process")
    return LocalCloud.current


EngineFactory = Callable[[LocalCloud], Engine]
