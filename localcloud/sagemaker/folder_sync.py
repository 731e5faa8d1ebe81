"""A folder of a job that is in S3 while the job runs: checkpoints, TensorBoard files, continuous outputs.

https://docs.aws.amazon.com/sagemaker/latest/dg/model-checkpoints.html: "SageMaker AI copies checkpoint data from the
local path to S3 continuously"; what is deleted from the folder stays in S3.
"""

import contextlib
import threading
from collections.abc import Callable
from pathlib import Path

from localcloud.sagemaker.container import Container, JobError

Store = Callable[[list[tuple[str, Path]]], None]  # uploads files by their names; raises JobError


class FolderSync:
    """Uploads what is new or changed in ``folder`` of ``container``, every ``seconds`` and once more at the end."""

    def __init__(self, container: Container, folder: Path, store: Store, seconds: float) -> None:
        self._container, self._folder, self._store, self._seconds = container, folder, store, seconds
        self._stored: dict[str, tuple[int, int]] = {}  # name: size and time of change when it was uploaded
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"sync-{folder}", daemon=True)

    def know(self) -> None:
        """What is in the folder came from S3: there is nothing to upload yet."""
        self._stored = {name: _version(path) for name, path in self._container.files(self._folder)}

    def start(self) -> None:
        self._thread.start()

    def finish(self) -> JobError | None:
        """Upload the rest; the error that kept it from being stored."""
        self._over.set()
        self._thread.join()
        try:
            self._copy()
        except JobError as error:
            return error
        return None

    def _run(self) -> None:
        while not self._over.wait(self._seconds):
            with contextlib.suppress(JobError, OSError):  # files come and go; what fails now is tried again
                self._copy()

    def _copy(self) -> None:
        if not self._folder.is_dir():
            return
        found = [(name, path, _version(path)) for name, path in self._container.files(self._folder)]
        changed = [(name, path, version) for name, path, version in found if self._stored.get(name) != version]
        self._store([(name, path) for name, path, _ in changed])
        self._stored.update({name: version for name, _, version in changed})


def _version(path: Path) -> tuple[int, int]:
    status = path.stat()
    return status.st_size, status.st_mtime_ns
