"""What a container finds below /opt/ml, in a folder of its own.

https://docs.aws.amazon.com/sagemaker/latest/dg/your-algorithms-training-algo-running-container.html and
https://docs.aws.amazon.com/sagemaker/latest/dg/build-your-own-processing-container.html. Each job has a folder that is
its /opt/ml, really where the system allows it (`localcloud.processes.isolation`), by translation of paths elsewhere.
"""

import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from localcloud.sagemaker.overlay import make

ROOT = "/opt/ml"
HOST = "algo-1"  # the name of the one instance of a job, which its code may look up
_HOSTS = Path("/etc/hosts")
_LINKS = 40  # that follow one another, as the kernel takes them
_PATHS = re.compile(rf"(?<![\w/.-]){ROOT}(?=/|$|[^\w.-])")
_FAILURE_CHARACTERS = 1024  # of FailureReason and ExitMessage
_TRACEBACK = "Traceback (most recent call last):"


class JobError(Exception):
    """Why a job fails: its FailureReason, with SageMaker's own prefix (AlgorithmError, ClientError)."""


class Container:
    """The folder of one job.

    Attributes:
        root: what the job has at /opt/ml.
        home: its home directory.
        overlay: its Python environment.
        real: whether the job sees ``root`` at /opt/ml; else its paths are translated.
        network: whether it may use a network; without a namespace it can.
    """

    def __init__(self, folder: Path, *, real: bool) -> None:
        self._folder = folder
        self.real, self.network = real, True
        self.root, self.home, self._stage = folder / "opt/ml", folder / "home", folder / "stage"
        for path in (self.root, self.home, self._stage):
            path.mkdir(parents=True)
        self.overlay = make(folder / "python", None if real else (ROOT, self.root))
        self._hosts = folder / "hosts"
        if real and _HOSTS.is_file():
            self._hosts.write_bytes(_HOSTS.read_bytes() + f"\n127.0.0.1 {HOST}\n".encode())

    @property
    def view(self) -> dict[str, Any]:
        """How the job sees the machine, see `localcloud.processes.namespace`."""
        places = {ROOT: str(self.root), **({str(_HOSTS): str(self._hosts)} if self._hosts.exists() else {})}
        return {"places": places if self.real else {}, "stage": str(self._stage), "network": self.network}

    def path(self, inside: str) -> Path:
        """Where ``/opt/ml/...`` is for us; JobError for a path elsewhere, which one machine cannot give to each job."""
        path = Path(inside)
        if not path.is_absolute() or ".." in path.parts or not path.is_relative_to(ROOT):
            raise JobError(f"ClientError: the local cloud has no {inside}, only what is below {ROOT}")
        return self.root / path.relative_to(ROOT)

    def inside(self, path: str) -> str:
        """Where ``/opt/ml/...`` is for the job's code. Raises JobError like `path`."""
        outside = self.path(path)
        return path if self.real else str(outside)

    def named(self, path: Path) -> str:
        """What the job's code has to call a path of ours."""
        return self.inside(self.clean(str(path)))

    def folder(self, inside: str) -> Path:
        """The same as `path`, made."""
        path = self.path(inside)
        path.mkdir(parents=True, exist_ok=True)
        return path

    def translate(self, text: str) -> str:
        """``text`` with the paths as the job's code has to name them."""
        return text if self.real else _PATHS.sub(lambda _: str(self.root), text)

    def translate_scripts(self) -> None:
        """Shell scripts have no interpreter of ours: their paths are translated where they are written."""
        for script in () if self.real else self.root.rglob("*.sh"):
            script.write_text(
                self.translate(script.read_text("utf-8", "surrogateescape")), "utf-8", "surrogateescape"
            )

    def files(self, folder: Path) -> Iterator[tuple[str, Path]]:
        """Every file below ``folder`` with its name there; links are followed as the job sees them.

        Raises:
            JobError: a link to what is not below /opt/ml.
        """
        yield from self._files(folder, "", (folder.resolve(),))

    def _files(self, folder: Path, below: str, above: tuple[Path, ...]) -> Iterator[tuple[str, Path]]:
        for path in sorted(folder.iterdir()):
            name, real = below + path.name, self._followed(path)
            if real.is_file():
                yield name, real
            elif real.is_dir():
                folders = (*above, real.resolve())
                if folders[-1] in above:
                    raise JobError(f"ClientError: {self.clean(str(path))} is a link to a folder that it lies in")
                yield from self._files(real, f"{name}/", folders)

    def _followed(self, path: Path) -> Path:
        real = path
        for _ in range(_LINKS):
            if not real.is_symlink():
                break
            target = real.readlink()
            real = self.path(str(target)) if target.is_relative_to(ROOT) else real.parent / target
        else:
            raise JobError(f"ClientError: {self.clean(str(path))} is a link in a circle")
        if path.is_symlink() and not real.resolve().is_relative_to(self.root.resolve()):
            raise JobError(f"ClientError: {self.clean(str(path))} is a link to {path.readlink()}, not below {ROOT}")
        return real

    def write_json(self, inside: str, content: Any) -> None:
        """A configuration file."""
        path = self.path(inside)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(content, default=str), "utf-8")

    def message(self, inside: str) -> str | None:
        """What the code left in a message file, cut as SageMaker cuts it."""
        path = self.path(inside)
        if not path.is_file():
            return None
        return path.read_text("utf-8", errors="replace")[:_FAILURE_CHARACTERS].strip() or None

    def clean(self, text: str) -> str:
        """``text`` as it would read in a container."""
        return text.replace(str(self.root), ROOT)

    def remove(self) -> None:
        """Nothing of the job is left on disk."""
        shutil.rmtree(self._folder, ignore_errors=True)


def last_error(lines: list[str]) -> str:
    """The exception at the end of a log: the line after the last traceback and what follows; else the last line."""
    start = max((at for at, line in enumerate(lines) if line.strip() == _TRACEBACK), default=None)
    if start is None:
        return next((line.strip() for line in reversed(lines) if line.strip()), "")
    after = [at for at in range(start + 1, len(lines)) if lines[at][:1] not in ("", " ", "\t")]
    return "\n".join(lines[after[0] :]).strip() if after else lines[-1].strip()
