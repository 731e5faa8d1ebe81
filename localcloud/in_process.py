"""What a local cloud needs of the process that it is started in: two variables, and moto for itself."""

import contextlib
import os
from collections.abc import Iterator
from typing import Any

from moto.core.models import MockAWS

from localcloud.cloud import Cloud
from localcloud.environment import PREFIXES_OFF
from localcloud.patching import replace


@contextlib.contextmanager
def variables(port: int) -> Iterator[None]:
    """Of clients in this process; taken back at the end, for the next ones may be AWS's."""
    needed = {
        "MOTO_PORT": str(port),  # moto's Step Functions and custom resources call back here
        PREFIXES_OFF: os.environ.get(PREFIXES_OFF, "true"),
    }
    before = {name: os.environ.get(name) for name in needed}
    os.environ.update(needed)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def refuse_in_mock() -> None:
    """A cloud below ``mock_aws`` would be emptied with it. Raises RuntimeError."""
    if MockAWS._mocks_active:
        raise RuntimeError("moto's mock_aws is active in this process: end it before a local cloud is started")


@replace(MockAWS, "start", "(self, reset)")
def start(self: Any, reset: bool = True) -> None:
    """moto's, which begins and ends with forgetting everything, and answers without the gate."""
    if Cloud.current is not None:
        raise RuntimeError(
            f"mock_aws would empty the local cloud at {Cloud.current.endpoint}, for the two share moto's state: "
            "use the cloud's clients, or stop it first"
        )
    start.original(self, reset)  # type: ignore[attr-defined]
