"""What a container finds below /opt/ml, in a folder of its own.

https://docs.aws.amazon.com/sagemaker/latest/dg/your-algorithms-training-algo-running-container.html and
https://docs.aws.amazon.com/sagemaker/latest/dg/build-your-own-processing-container.html. There is no container, so
that ``/opt/ml`` is another folder for each job: paths in arguments and variables are translated, code finds the
others by the variables that SageMaker or its toolkits set.
"""

import json
import re
from pathlib import Path
from typing import Any

ROOT = "/opt/ml"
_FAILURE_CHARACTERS = 1024  # of FailureReason and ExitMessage
_TRACEBACK = "Traceback (most recent call last):"


class JobError(Exception):
    """Why a job fails: its FailureReason, with SageMaker's own prefix (AlgorithmError, ClientError)."""


class Container:
    """The folder of one job."""

    def __init__(self, root: Path) -> None:
        self.root = root
        root.mkdir(parents=True)

    def path(self, inside: str) -> Path:
        """Where ``/opt/ml/...`` is; JobError for a path elsewhere, which one machine cannot give to each job."""
        path = Path(inside)
        if not path.is_absolute() or ".." in path.parts or not path.is_relative_to(ROOT):
            raise JobError(f"ClientError: the local cloud has no {inside}, only what is below {ROOT}")
        return self.root / path.relative_to(ROOT)

    def folder(self, inside: str) -> Path:
        """The same, made."""
        path = self.path(inside)
        path.mkdir(parents=True, exist_ok=True)
        return path

    def translate(self, text: str) -> str:
        """``text`` with this job's folder in place of /opt/ml."""
        return re.sub(rf"(?<![\w/.-]){ROOT}(?=/|$|:)", lambda _: str(self.root), text)

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


def last_error(lines: list[str]) -> str:
    """The exception at the end of a log: the line after the last traceback and what follows; else the last line."""
    start = max((at for at, line in enumerate(lines) if line.strip() == _TRACEBACK), default=None)
    if start is None:
        return next((line.strip() for line in reversed(lines) if line.strip()), "")
    after = [at for at in range(start + 1, len(lines)) if lines[at][:1] not in ("", " ", "\t")]
    return "\n".join(lines[after[0] :]).strip() if after else lines[-1].strip()
