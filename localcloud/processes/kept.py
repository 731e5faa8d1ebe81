"""Children that end with all they have started, when told to or when this process is gone, however it went."""

import errno
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, AnyStr

KEEPER = Path(__file__).with_name("keeper.py")


class KeptProcess(subprocess.Popen[AnyStr]):
    """A command under a keeper (`keeper.py`), in a session of its own. Signals reach the command's process group.

    As `subprocess.Popen`, but for ``kill``. Raises FileNotFoundError when there is no such program.
    """

    def __init__(self, command: Sequence[str], *, pass_fds: Sequence[int] = (), **options: Any) -> None:
        _check(command[0], options.get("env") or os.environ, options.get("cwd") or Path())
        reading, writing = os.pipe()
        self._lifeline = os.fdopen(writing, "wb", buffering=0)
        try:
            super().__init__(
                [sys.executable, "-I", "-S", str(KEEPER), str(reading), *command],
                pass_fds=(*pass_fds, reading),
                start_new_session=True,
                **options,
            )
        except BaseException:
            self._lifeline.close()
            raise
        finally:
            os.close(reading)

    def kill(self) -> None:
        """End it with all it has started, also what has left its process group or session. ``wait`` for the end."""
        self._lifeline.close()

    def poll(self) -> int | None:
        code = super().poll()
        if code is not None:
            self._lifeline.close()
        return code

    def wait(self, timeout: float | None = None) -> int:
        code = super().wait(timeout)
        self._lifeline.close()
        return code


def _check(program: str, environment: Any, folder: Path | str) -> None:
    """The keeper is there in any case, so what `subprocess.Popen` says of a missing program has to be said here."""
    where = str(Path(folder) / program) if os.sep in program else program
    if shutil.which(where, path=environment.get("PATH", os.defpath)) is None:
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), program)
