"""The engine behind Athena: DuckDB in processes of its own, warm, one for each query under way."""

import contextlib
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from localcloud.athena.loaded import Loaded
from localcloud.athena.sessions import Limits, Session
from localcloud.athena.worker import filesystem

KEPT_WARM = 2  # idle workers; more are started when more queries run, and end with them
MEMORY = 2 * 2**30


def default_memory() -> int:
    """Bytes a query may use: an eighth of this machine's memory, for four run at once, and at most 2 GiB."""
    return min(MEMORY, os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 8)


class Engine:
    """Sessions, and what they share: objects that are loaded, S3."""

    def __init__(self, endpoint: str, region: str, folder: Path, limits: Limits) -> None:
        self._endpoint = endpoint
        self._region = region
        self._folder = folder / "objects"
        self._limits = limits
        self._lock = threading.Lock()
        self._idle: list[Session] = []
        self._closed = False
        self._filesystem: Any = None
        self.loaded = Loaded(self._folder)

    @property
    def filesystem(self) -> Any:
        """pyarrow's S3 client of the cloud."""
        with self._lock:
            if self._filesystem is None:
                self._filesystem = filesystem(self._endpoint, self._region)
            return self._filesystem

    def warm(self) -> None:
        """Have a worker ready before the next query, unless the engine is closed, or none starts: the query says so."""
        with contextlib.suppress(RuntimeError):
            if not self._closed:
                self._give_back(self._take())

    @contextmanager
    def session(self) -> Iterator[Session]:
        """A worker for one query. Raises RuntimeError when none starts."""
        session = self._take()
        session.begin()
        try:
            yield session
        finally:
            self._give_back(session)

    def close(self) -> None:
        """End all idle workers; those under way end with their query."""
        with self._lock:
            self._closed = True
            idle, self._idle = self._idle, []
        for session in idle:
            session.close()

    def _take(self) -> Session:
        with self._lock:
            while self._idle:
                session = self._idle.pop()
                if session.alive:
                    return session
                session.close()
        session = Session(self._endpoint, self._region, self._folder, self._limits)
        session.wait_until_ready()
        return session

    def _give_back(self, session: Session) -> None:
        with self._lock:
            if session.alive and not self._closed and len(self._idle) < KEPT_WARM:
                self._idle.append(session)
                return
            replace = not session.alive and not self._closed
        session.close()
        if replace:  # while nobody waits for it
            threading.Thread(target=self.warm, name="athena-warm-up", daemon=True).start()
