"""What runs behind the Glue API: threads for job runs and crawls, processes for scripts."""

import shutil
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from localcloud.cloud import Cloud, current
from localcloud.glue.job_process import JobProcess, ProcessPool

_END_WAIT = 10.0


class GlueEngine:
    """Owns every thread and process that works for Glue."""

    def __init__(self, cloud: Cloud) -> None:
        self.cloud = cloud
        self.lock = threading.RLock()
        self._threads: set[threading.Thread] = set()
        self._running: set[JobProcess] = set()
        self._generation = 0
        self.pool = ProcessPool(cloud)

    @property
    def directory(self) -> Path:
        """Where runs keep their files."""
        return self.cloud.workdir / "glue"

    def start(self) -> None:
        """Nothing runs until something is asked for."""

    def reset(self) -> None:
        """End what runs and forget it; moto drops the definitions and the history."""
        with self.lock:
            self._generation += 1
        deadline = time.monotonic() + _END_WAIT
        while time.monotonic() < deadline:  # again, because what ends may have started something meanwhile
            with self.lock:
                running, threads = list(self._running), self._threads - {threading.current_thread()}
            if not threads:
                break
            for process in running:
                process.kill()
            for thread in threads:
                thread.join(0.2)
        shutil.rmtree(self.directory, ignore_errors=True)

    def stop(self) -> None:
        """End everything, idle processes included."""
        self.reset()
        self.pool.close()

    def background(self, name: str, work: Callable[[], None]) -> None:
        """Run ``work`` in a thread that ``reset`` waits for."""

        def run() -> None:
            try:
                work()
            finally:
                with self.lock:
                    self._threads.discard(threading.current_thread())

        thread = threading.Thread(target=run, name=name, daemon=True)
        with self.lock:
            self._threads.add(thread)
        thread.start()

    def generation(self) -> int:
        """Changes with each reset: work that began before must not write into the new cloud."""
        return self._generation

    def register(self, process: JobProcess, generation: int) -> None:
        """``process`` is to be ended by the next reset, at once if that has already happened."""
        with self.lock:
            self._running.add(process)
            late = generation != self._generation
        if late:
            process.kill()

    def unregister(self, process: JobProcess) -> None:
        with self.lock:
            self._running.discard(process)


def glue_engine() -> GlueEngine:
    """The engine of the cloud of this process."""
    found: Any = current().engines["glue"]
    assert isinstance(found, GlueEngine)  # noqa: S101 - for the type checker
    return found
