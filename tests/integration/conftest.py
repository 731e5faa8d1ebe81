"""One local cloud a test process, as new for every test; templates that are synthesized once for all processes."""

import fcntl
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from cli.cloud.local import ANALYZER
from localcloud import LocalCloud
from tests.synthesis import synthesize


@pytest.fixture(scope="session")
def session_cloud() -> Iterator[LocalCloud]:
    with LocalCloud(speed=60, analyzer=ANALYZER) as cloud:
        yield cloud


@pytest.fixture
def cloud(session_cloud: LocalCloud) -> LocalCloud:
    session_cloud.reset()
    return session_cloud


@pytest.fixture(scope="session")
def synthesized(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """The cloud assembly for settings; it is not to be written to. That `python app.py` makes it: tests/e2e."""
    folder = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        folder = folder.parent  # which the workers share

    def assembly(**settings: str) -> Path:
        name = "-".join(("assembly", *(f"{name}={value}" for name, value in sorted(settings.items()))))
        with (folder / f"{name}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not (folder / name / "manifest.json").exists():
                synthesize(folder / name, settings)
        return folder / name

    return assembly
