"""CloudFormation: stacks that are really made, changed, rolled back and removed, through the APIs of the services.

Driven by the registry schemas (`schema`), botocore's shapes (`mapping`) and a small table of facts per type
(`types`). What the local cloud cannot make or apply fails the stack by name.
"""

from localcloud.cloudformation import api  # noqa: F401 - registers the operations
from localcloud.cloudformation.custom import MAILBOX
from localcloud.server import LocalCloud


class CloudFormation:
    """The part of the engine with a life of its own: whoever waits for a custom resource's response."""

    def start(self) -> None: ...

    def reset(self) -> None:
        MAILBOX.forget()

    def stop(self) -> None:
        MAILBOX.forget()


def engine(_: LocalCloud) -> CloudFormation:
    """The engine of a cloud; stacks themselves live in moto's backend and vanish with it."""
    return CloudFormation()
