"""The function that ends the reviews that wait before their state machine is deleted."""

from typing import Any

from lambdas.stop_reviews.handler import stop
from tests.unit.lambdas.checked import Client

MACHINE = "arn:aws:states:us-east-1:123456789012:stateMachine:reviews"


class Account:
    """Two reviews wait."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self.stopped: list[str] = []

    def list_executions(self, **given: Any) -> dict[str, Any]:
        assert given == {"stateMachineArn": MACHINE, "statusFilter": "RUNNING"}
        return {"executions": [{"executionArn": f"{MACHINE}:{name}"} for name in "ab"]}

    def stop_execution(self, **given: Any) -> None:
        self.stopped.append(given["executionArn"])


def test_every_review_that_waits_is_ended() -> None:
    account = Account()
    assert stop(Client(account, "stepfunctions"), MACHINE) == 2
    assert account.stopped == [f"{MACHINE}:a", f"{MACHINE}:b"]
