"""Where a job finds its input and leaves its output, and how it says why it failed."""

import json
import os
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

MAX_MESSAGE = 1000  # of ExitMessage, the first 1 KB is kept


class JobError(Exception):
    """The job cannot go on, for a reason that its owner can act on; shown without a stack trace."""


def root() -> Path:
    """``/opt/ml/processing``, or what the environment variable PROCESSING_ROOT says."""
    return Path(os.environ.get("PROCESSING_ROOT", "/opt/ml/processing"))


def input_folder(name: str) -> Path:
    """The folder of the job's input ``name``; JobError if the job has no such input."""
    folder = root() / "input" / name
    if not folder.is_dir():
        raise JobError(f"the job has no input {name!r}: expected the folder {folder}")
    return folder


def has_input(name: str) -> bool:
    """Whether the job was given the optional input ``name``."""
    return (root() / "input" / name).is_dir()


def output_folder(name: str) -> Path:
    """The folder of the job's output ``name``, made if need be."""
    folder = root() / "output" / name
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def read_json(path: Path) -> Any:
    """The JSON in ``path``; JobError if it is not there or not JSON."""
    try:
        return json.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        raise JobError(f"{path} is missing") from None
    except ValueError as error:
        raise JobError(f"{path} is not JSON: {error}") from None


def write_json(path: Path, content: Any) -> None:
    """Write ``content`` as strict JSON (NaN, which JSON has not, is an error)."""
    path.write_text(json.dumps(content, indent=1, allow_nan=False) + "\n", "utf-8")


def run(main: Callable[[], None], message_file: Path | None = None) -> None:
    """Call ``main`` and, if it fails, end the process with status 1 and the reason where SageMaker looks for it.

    A processing job's reason is in ``/opt/ml/output/message``
    (https://docs.aws.amazon.com/sagemaker/latest/dg/byoc-metadata.html), a training job's in
    ``/opt/ml/output/failure``
    (https://docs.aws.amazon.com/sagemaker/latest/dg/your-algorithms-training-algo-output.html).
    """
    message_file = message_file or root().parent / "output" / "message"
    try:
        main()
    except JobError as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
        _fail(message_file, str(error))
    except Exception as error:
        traceback.print_exc()
        _fail(message_file, f"{type(error).__name__}: {error}")


def exit_message(text: str) -> None:
    """Leave ``text`` as the ExitMessage of a processing job that ends well."""
    file = root().parent / "output" / "message"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text[:MAX_MESSAGE], "utf-8")


def _fail(message_file: Path, reason: str) -> NoReturn:
    try:
        message_file.parent.mkdir(parents=True, exist_ok=True)
        message_file.write_text(reason[:MAX_MESSAGE], "utf-8")
    except OSError as error:  # the reason is on stderr too, which must not be lost to a full disk
        print(f"{message_file}: {error}", file=sys.stderr)
    sys.exit(1)
