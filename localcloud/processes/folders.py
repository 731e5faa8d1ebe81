"""Temporary folders that go with their process; one that was killed leaves its own to the next that starts.

All lie in one folder that is this user's alone. Each is locked (flock(2)) by the process it belongs to: the system
takes the lock away when that process, and every fork of it, has ended, however it ended.
"""

import contextlib
import fcntl
import os
import shutil
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path


class TemporaryFolder:
    """A new folder at ``path``; making one removes those of processes that are no more.

    Raises RuntimeError when somebody else has the place where they lie.
    """

    def __init__(self, name: str) -> None:
        with _corner() as corner:
            dead = [(folder, lock) for folder in corner.iterdir() if (lock := lock_folder(folder)) is not None]
            self.path = Path(tempfile.mkdtemp(prefix=f"{name}-", dir=corner))
            self._lock = lock_folder(self.path)
        for folder, lock in dead:
            _remove(folder)
            os.close(lock)

    def __enter__(self) -> Path:
        return self.path

    def __exit__(self, *_: object) -> None:
        self.remove()

    def remove(self) -> None:
        """Remove it with all that is in it."""
        _remove(self.path)
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None


@contextlib.contextmanager
def _corner() -> Iterator[Path]:
    """The folder of folders, for this process alone: a new one must not be taken for dead before it is locked."""
    corner = Path(tempfile.gettempdir(), f"mlref-{os.geteuid()}")
    with contextlib.suppress(FileExistsError):
        corner.mkdir(mode=0o700)
    found = corner.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid():
        raise RuntimeError(f"{corner} is somebody else's: remove it, or set TMPDIR to a folder of your own")
    corner.chmod(0o700)
    lock = os.open(corner, os.O_RDONLY)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield corner
    finally:
        os.close(lock)


def lock_folder(folder: Path) -> int | None:
    """Lock a folder until the descriptor that this returns is closed; None when another process has it."""
    try:
        lock = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    except OSError:  # removed meanwhile, or no folder of ours
        return None
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(lock)
        return None
    return lock


def _remove(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    if folder.exists():  # user code may have taken its own permissions away
        for parent, names, _ in os.walk(folder):
            for name in names:
                with contextlib.suppress(OSError):
                    Path(parent, name).chmod(0o700, follow_symlinks=False)
        shutil.rmtree(folder, ignore_errors=True)
