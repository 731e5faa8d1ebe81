"""The container of a variant as its endpoint sees it: one process that serves HTTP at sockets of its own.

https://docs.aws.amazon.com/sagemaker/latest/dg/your-algorithms-inference-code.html
"""

import contextlib
import json
import queue
import signal
import threading
import time
import uuid
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Any

from localcloud.endpoints.engine import endpoints_engine
from localcloud.endpoints.wire import Reply, Wire
from localcloud.glue.job_logs import LogShipper
from localcloud.sagemaker.container import Container, last_error
from localcloud.sagemaker.engine import sagemaker_engine
from localcloud.sagemaker.job_run import Output
from localcloud.sagemaker.process import Command

SERVE = Path(__file__).parent / "runtime" / "serve.py"
MODEL_TIMEOUT = 60.0  # seconds a container has for an answer, never scaled: they are the user's code's
PING_TIMEOUT = 2.0
STOP_GRACE = 30.0  # between SIGTERM and SIGKILL
_LOOK = 0.01  # seconds between two looks at a container that is starting


class StartError(Exception):
    """A container did not come up; the text is its own error."""


class NotStartedError(StartError):
    """There was nothing to start: no model data, no role."""


class ModelTimeoutError(Exception):
    """No answer in `MODEL_TIMEOUT`."""


class WorkerDiedError(Exception):
    """The process ended while it had the request, or is not back yet."""


@dataclass(frozen=True)
class Image:
    """What a container is made of.

    Attributes:
        container: the folder with the unpacked model.
        model: what `localcloud_hosting.host` needs to know of it.
        environment: the model's variables.
        logs: client of CloudWatch Logs.
        group, stream: where the process's output goes.
    """

    container: Container
    model: dict[str, Any]
    environment: dict[str, str]
    logs: Any
    group: str
    stream: str


class Worker:
    """One process, from its start to its end; ``ended`` is set when the cloud that it works for is gone."""

    def __init__(self, image: Image, ended: threading.Event) -> None:
        container = image.container
        self.over = threading.Event()
        self._ended = ended
        name = uuid.uuid4().hex[:8]
        self._invocations, self._pings = (endpoints_engine().sockets / f"{name}.{end}" for end in ("i", "p"))
        self._idle: queue.LifoQueue[Wire] = queue.LifoQueue()
        self._output = Output([], None)
        sockets = {"invocations": str(self._invocations), "pings": str(self._pings)}
        spec = container.root / f"serve-{name}.json"
        spec.write_text(json.dumps({"model": image.model, **sockets}), "utf-8")
        self._process = sagemaker_engine().python.start(
            Command(
                ("python3", str(SERVE), str(spec)),
                container.inside("/opt/ml/model"),
                container,
                {name: container.translate(value) for name, value in image.environment.items()},
            )
        )
        sagemaker_engine().register(self._process, ended)
        self._shipper = LogShipper(
            image.logs, image.group, image.stream, self._output.through(self._process.output, container.clean), ended
        )
        threading.Thread(target=self._watch, name=f"endpoint-{image.stream}", daemon=True).start()

    def wait_healthy(self, seconds: float) -> None:
        """Return when /ping is answered with 200. Raises StartError when that does not come within ``seconds``."""
        deadline = time.monotonic() + seconds
        while True:
            if self.over.is_set():
                raise StartError(last_error(list(self._output.tail)) or "the container ended without a word")
            if self.healthy():
                return
            if time.monotonic() > deadline:
                self.kill()
                raise StartError(f"no answer to /ping within {seconds:g} seconds")
            self.over.wait(_LOOK)

    def healthy(self) -> bool:
        """Whether /ping is answered with 200 in time."""
        try:
            with contextlib.closing(Wire(self._pings)) as wire:
                return wire.ask("GET", "/ping", b"", {}, PING_TIMEOUT).status == HTTPStatus.OK
        except OSError:
            return False

    def invoke(self, body: bytes, headers: dict[str, str]) -> Reply:
        """The answer of the container, whatever its status.

        Raises:
            ModelTimeoutError, WorkerDiedError
        """
        try:
            return self._ask(body, headers)
        except TimeoutError as error:
            raise ModelTimeoutError from error
        except OSError as error:
            raise WorkerDiedError from error

    def stop(self) -> None:
        """SIGTERM, and SIGKILL when that was not enough."""
        self._process.signal(signal.SIGTERM)
        if not self.over.wait(STOP_GRACE):
            self.kill()

    def kill(self) -> None:
        self._process.signal(signal.SIGKILL)

    def _ask(self, body: bytes, headers: dict[str, str]) -> Reply:
        try:
            wire = self._idle.get_nowait()
        except queue.Empty:
            wire = Wire(self._invocations)
        try:
            answer = wire.ask("POST", "/invocations", body, headers, MODEL_TIMEOUT)
        except BaseException:
            wire.close()
            raise
        self._idle.put(wire)
        return answer

    def _watch(self) -> None:
        with self._process.output:
            self._process.wait()
            sagemaker_engine().unregister(self._process)
            if not self._ended.is_set():  # the log of a cloud that is gone has no reader
                self._shipper.finish()
        self.over.set()
        while not self._idle.empty():
            self._idle.get().close()
        for path in (self._invocations, self._pings):
            path.unlink(missing_ok=True)
