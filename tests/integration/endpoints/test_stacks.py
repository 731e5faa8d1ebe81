"""Endpoints in CloudFormation stacks, where the deployment goes wrong."""

import json
import threading
from pathlib import Path
from typing import Any

from tests.integration.cloudformation.conftest import Stacks, stacks  # noqa: F401 - a fixture
from tests.integration.endpoints.hall import Hall, until, variant


def _template(config: str) -> str:
    endpoint = {
        "Type": "AWS::SageMaker::Endpoint",
        "Properties": {"EndpointName": "flights", "EndpointConfigName": config},
    }
    return json.dumps({"Resources": {"Endpoint": endpoint}})


def _reasons(stack: dict[str, Any]) -> str:
    return " ".join(str(failure) for failure in stack["Failures"].values())


def test_a_model_that_does_not_load_fails_the_stack_with_its_error(hall: Hall, stacks: Stacks) -> None:  # noqa: F811
    hall.model("broken", times=3, broken=True)
    stack = stacks.create(_template(hall.config("bad", variant("broken"))))
    assert stack["StackStatus"] == "ROLLBACK_COMPLETE"
    assert "ValueError: the booster is of another version" in _reasons(stack)
    assert hall.client.list_endpoints()["Endpoints"] == []


def test_an_update_that_was_rolled_back_fails_the_stack(hall: Hall, stacks: Stacks) -> None:  # noqa: F811
    hall.model("tenfold", times=10)
    hall.model("broken", times=3, broken=True)
    assert stacks.create(_template(hall.config("good", variant("tenfold"))))["StackStatus"] == "CREATE_COMPLETE"
    stack = stacks.update(_template(hall.config("bad", variant("broken"))))
    assert stack["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
    assert "ValueError: the booster is of another version" in _reasons(stack)
    assert hall.describe()["EndpointConfigName"] == "good"
    assert hall.predict([1])["sum"] == 10


def test_deleting_waits_for_the_requests_under_way(hall: Hall, stacks: Stacks, tmp_path: Path) -> None:  # noqa: F811
    hall.model("tenfold", times=10)
    stacks.create(_template(hall.config("good", variant("tenfold"))))
    asked = threading.Thread(target=hall.predict, args=({"touch": str(tmp_path / "asked"), "sleep": 2},))
    asked.start()
    until((tmp_path / "asked").exists)
    assert stacks.delete()["StackStatus"] == "DELETE_COMPLETE"
    assert hall.client.list_endpoints()["Endpoints"] == []
    asked.join()
