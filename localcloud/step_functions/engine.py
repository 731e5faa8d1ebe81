"""What runs behind the API of Step Functions: executions, each in a thread of its own."""

import threading
import time
from collections.abc import Callable
from typing import Any

from moto.stepfunctions.models import stepfunctions_backends
from moto.stepfunctions.parser.utils import TMP_THREADS

from localcloud.cloud import Cloud, current
from localcloud.step_functions.store import Store

_END_WAIT = 10.0


class StepFunctionsEngine:
    """The stores and the threads of one cloud."""

    def __init__(self, cloud: Cloud) -> None:
        self.cloud = cloud
        self._stores: dict[tuple[str, str], Store] = {}
        self._lock = threading.Lock()
        self._open = True

    def store(self, account: str, region: str) -> Store:
        """Of an account's region; moto's own backend of it is there by then, through which the Tagging API looks."""
        with self._lock:
            found = self._stores.get((account, region))
            if found is None:
                found = self._stores[account, region] = Store(account, region)
                _ = stepfunctions_backends[account][region]
            return found

    def stores(self) -> list[Store]:
        with self._lock:
            return list(self._stores.values())

    def start(self) -> None:
        """Nothing runs before the first execution."""

    def reset(self) -> None:
        """End executions and forget all."""
        with self._lock:
            self._open = False
            stores = list(self._stores.values())
            self._stores.clear()
        for store in stores:
            for execution in list(store.executions.values()):
                execution.end()
        deadline = time.monotonic() + _END_WAIT
        while (threads := _alive()) and time.monotonic() < deadline:
            for thread in threads:
                thread.join(0.1)
        with self._lock:
            self._open = True

    def stop(self) -> None:
        self.reset()

    def is_open(self) -> bool:
        """Whether new executions may begin: not while the cloud forgets the old ones."""
        return self._open

    def is_current(self, store: Store) -> bool:
        """Whether a store is that of the cloud as it is, not of one before a reset."""
        with self._lock:
            return self._open and self._stores.get((store.account, store.region)) is store

    def background(self, name: str, work: Callable[[], None]) -> None:
        """Run ``work`` in a thread that ``reset`` waits for."""
        _alive()
        thread = threading.Thread(target=work, name=name, daemon=True)
        TMP_THREADS.append(thread)
        thread.start()


def _alive() -> list[Any]:
    """moto's list of all threads of its interpreter, which only grows; without those that have ended."""
    TMP_THREADS[:] = [thread for thread in TMP_THREADS if thread.is_alive() or thread.ident is None]
    return [thread for thread in TMP_THREADS if thread is not threading.current_thread() and thread.ident is not None]


def step_functions_engine() -> StepFunctionsEngine:
    """The engine of the cloud of this process."""
    found: Any = current().engines["step_functions"]
    assert isinstance(found, StepFunctionsEngine)  # noqa: S101 - for the type checker
    return found
