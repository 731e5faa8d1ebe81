"""Small objects that are read again and again, as files that every worker sees."""

import shutil
import threading
from collections import OrderedDict
from pathlib import Path

from localcloud.athena.worker import body_file

MAX_LOADED = 256 * 2**20  # bytes of objects kept


class Loaded:
    """Bodies of objects by URI, the least recently loaded forgotten first."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._known: OrderedDict[str, tuple[str, int]] = OrderedDict()  # URI → (ETag, bytes)
        self._size = 0
        self._lock = threading.Lock()
        folder.mkdir(parents=True, exist_ok=True)

    def get(self, uri: str) -> Path | None:
        """The file with the body."""
        return body_file(self.folder, uri) if uri.removeprefix("s3://") in self._known else None

    def has(self, uri: str, etag: str) -> bool:
        """Whether this very version is loaded."""
        key = uri.removeprefix("s3://")
        with self._lock:
            if key not in self._known or self._known[key][0] != etag:
                return False
            self._known.move_to_end(key)
            return True

    def put(self, uri: str, etag: str, body: bytes) -> None:
        """Keep a body, forget the oldest above the limit. Who reads the one before goes on reading it."""
        file = body_file(self.folder, uri)
        part = file.with_name(f"{file.name}.{threading.get_ident()}")
        part.write_bytes(body)
        with self._lock:
            part.replace(file)
            self._forget(uri, keep=True)
            self._known[uri.removeprefix("s3://")] = (etag, len(body))
            self._size += len(body)
            while self._size > MAX_LOADED:
                self._forget(next(iter(self._known)))

    def drop(self, uri: str) -> None:
        """Forget one object."""
        with self._lock:
            self._forget(uri)

    def clear(self) -> None:
        """Forget all."""
        with self._lock:
            self._known.clear()
            self._size = 0
            shutil.rmtree(self.folder, ignore_errors=True)
            self.folder.mkdir(parents=True, exist_ok=True)

    def _forget(self, uri: str, *, keep: bool = False) -> None:
        old = self._known.pop(uri.removeprefix("s3://"), None)
        if old is not None:
            self._size -= old[1]
            if not keep:
                body_file(self.folder, uri).unlink(missing_ok=True)
