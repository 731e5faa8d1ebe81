"""One moto server on ``http://localhost:PORT`` with the engines that do the work moto only records."""

import contextlib
import socket
import threading
from importlib import import_module
from types import TracebackType
from typing import Any
from urllib.parse import urlsplit

from localcloud.cloud import Cloud
from localcloud.once import Once
from localcloud.patching import MotoChangedError
from localcloud.processes.folders import TemporaryFolder
from localcloud.wsgi import Front, request_handler

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
    "localcloud.event_sources",
    "localcloud.firehose",
    "localcloud.glue",
    "localcloud.athena",
    "localcloud.sagemaker",
    "localcloud.model_monitor",
    "localcloud.endpoints",
    "localcloud.step_functions",
    "localcloud.iam",  # last, for its patches are to be passed first
)


class LocalCloud(Cloud):
    """A local cloud in this process; one at a time, because moto keeps its state in module globals.

    It takes what `Cloud` takes.
    """

    application: Any = None  # what answers requests, for those that come without a network
    _folder: TemporaryFolder | None = None
    _serving: contextlib.ExitStack | None = None  # takes back what `_serve` has done

    def start(self) -> "LocalCloud":
        """Bind the port, load the engines, serve. Raises RuntimeError when one is already up in this process."""
        if Cloud.current is not None:
            raise RuntimeError(f"a local cloud is already up in this process, at {Cloud.current.endpoint}")
        Cloud.current = self
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
        connections: set[socket.socket] = set()
        handler = request_handler(werkzeug_app.MotoRequestHandler, self.routes, connections)
        moto = werkzeug_app.DomainDispatcherApplication(werkzeug_app.create_backend_app)
        self.application = Once(Front(Gate(moto), self.reset, self.pages))
        try:
            server = make_server("localhost", self.port, self.application, threaded=True, request_handler=handler)
        except (OSError, SystemExit) as error:  # werkzeug exits when the address is in use
            raise RuntimeError(f"port {self.port} is taken: choose another, or 0 for a free one") from error
        self.port = server.server_port
        self._serving = contextlib.ExitStack()
        self._serving.callback(self._forget)
        self._serving.enter_context(in_process.variables(self.port))
        self._serving.callback(_end, connections)
        self._serving.callback(server.server_close)
        self._serving.callback(server.shutdown)
        threading.Thread(target=server.serve_forever, name="moto-server", daemon=True).start()

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
        if self._serving is not None:
            self._serving.close()
            self._serving = None

    def _release(self) -> None:
        if self._folder is not None:
            self._folder.remove()
            self._folder = None
        Cloud.current = None

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

    def __enter__(self) -> "LocalCloud":
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def _end(connections: set[socket.socket]) -> None:
    for connection in list(connections):
        with contextlib.suppress(OSError):  # the client was faster
            connection.shutdown(socket.SHUT_RDWR)
