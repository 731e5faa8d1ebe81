"""What runs behind the SageMaker API: threads for jobs and pipeline executions, processes for their scripts."""

import logging
import shutil
import threading
import time
import uuid
from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from typing import Any

from localcloud.cloud import Cloud, current
from localcloud.processes.isolation import Isolation, look
from localcloud.sagemaker.container import Container
from localcloud.sagemaker.process import Process, PythonHost

_END_WAIT = 10.0

log = logging.getLogger(__name__)


class SageMakerEngine:
    """Owns every thread and process that works for SageMaker."""

    def __init__(self, cloud: Cloud) -> None:
        self.cloud = cloud
        self.lock = threading.RLock()
        self.python = PythonHost(cloud)
        self.ended = threading.Event()  # replaced by each reset: who holds an old, set one belongs to the past
        self._threads: set[threading.Thread] = set()
        self._running: set[Process] = set()

    @property
    def directory(self) -> Path:
        """Where jobs have their folders."""
        return self.cloud.workdir / "sagemaker"

    @cached_property
    def isolation(self) -> Isolation:
        """How jobs get their /opt/ml; tried once."""
        return look()

    def container(self, name: str) -> Container:
        """A new one."""
        return Container(self.directory / f"{name}-{uuid.uuid4().hex[:8]}", real=self.isolation.real)

    def start(self) -> None:
        """Nothing runs until something is asked for."""

    def reset(self) -> None:
        """End what runs and forget it; moto drops jobs and definitions."""
        with self.lock:
            self.ended.set()
            threads, running = list(self._threads), list(self._running)
        for process in running:
            process.signal(9)
        deadline = time.monotonic() + _END_WAIT
        for thread in threads:
            if thread is not threading.current_thread():
                thread.join(max(deadline - time.monotonic(), 0.1))
        shutil.rmtree(self.directory, ignore_errors=True)
        with self.lock:
            self.ended = threading.Event()

    def stop(self) -> None:
        """End everything, the waiting interpreter included."""
        self.reset()
        self.python.close()

    def background(self, name: str, work: Callable[[threading.Event], None]) -> None:
        """Run ``work`` in a thread; it is given the event that says that the cloud it works for is gone."""
        with self.lock:
            ended = self.ended

        def run() -> None:
            try:
                work(ended)
            except BaseException:  # a thread has nobody above it who would tell
                if not ended.is_set():  # a cloud that is gone answers nobody
                    log.exception("%s failed", name)
            finally:
                with self.lock:
                    self._threads.discard(threading.current_thread())

        thread = threading.Thread(target=run, name=name, daemon=True)
        with self.lock:
            self._threads.add(thread)
        thread.start()

    def register(self, process: Process, ended: threading.Event) -> None:
        """``process`` is to be ended by the next reset, at once if that has already happened."""
        with self.lock:
            self._running.add(process)
        if ended.is_set():
            process.signal(9)

    def unregister(self, process: Process) -> None:
        with self.lock:
            self._running.discard(process)


def sagemaker_engine() -> SageMakerEngine:
    """The engine of the cloud of this process."""
    found: Any = current().engines["sagemaker"]
    assert isinstance(found, SageMakerEngine)  # noqa: S101 - for the type checker
    return found
