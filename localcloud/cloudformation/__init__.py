"""CloudFormation: stacks that are really made, changed, rolled back and removed, through the APIs of the services.

Driven by the registry schemas (`schema`), botocore's shapes (`mapping`) and a small table of facts per type
(`types`). What the local cloud cannot make or apply fails the stack by name.
"""

from localcloud.cloudformation import api  # noqa: F401 - registers the operations
from localcloud.cloudformation.custom import CustomResource, Receiver
from localcloud.server import LocalCloud


class CloudFormation:
    """The part of the engine with a life of its own: where custom resources answer to."""

    def __init__(self) -> None:
        self._receiver: Receiver | None = None

    def start(self) -> None:
        self._receiver = CustomResource.receiver = Receiver()

    def reset(self) -> None:
        if self._receiver:
            self._receiver.forget()

    def stop(self) -> None:
        if self._receiver:
            self._receiver.close()


def engine(_: LocalCloud) -> CloudFormation:
    """The engine of ``cloud``; stacks themselves live in moto's backend and vanish with it."""
    return CloudFormation()
