"""A choice of architectures on the command line is refused before anything is started, and read back from a cloud."""

from typing import Any

import boto3
import pytest
from botocore.stub import Stubber
from typer.testing import CliRunner

from cli import deployment
from cli.cloud import up
from cli.main import app

WRONG = "there is no architecture 'servng': did you mean 'serving'?"


@pytest.mark.parametrize("command", ["up", "deploy-local", "reset"])
def test_an_unknown_one_is_refused_first(command: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def started(*_: object, **__: object) -> None:
        raise AssertionError("nothing may be started")

    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://localhost:9")
    monkeypatch.setattr("cli.cloud.up.start_synth", started)
    monkeypatch.setattr("cli.cloud.up.urllib.request.urlopen", started)
    monkeypatch.setattr("cli.cloud.up._as_it_was", dict)
    monkeypatch.setattr("cli.cloud.deploy_local.local_cloud", started)
    assert str(CliRunner().invoke(app, [command, "--architectures", "servng"]).exception) == WRONG


def deployed(monkeypatch: pytest.MonkeyPatch, *stacks: str) -> Stubber:
    """A cloud with these stacks."""
    client: Any = boto3.client("cloudformation")
    monkeypatch.setattr(deployment, "_cloudformation", lambda: client)
    stubber = Stubber(client)
    stack = {"CreationTime": "2026-11-21T00:00:00Z", "StackStatus": "CREATE_COMPLETE"}
    outputs = [{"OutputKey": "Dataset", "OutputValue": "payments"}]
    found = [{"StackName": name, "Outputs": outputs, **stack} for name in stacks]
    if "mlref-Foundation" in stacks:
        stubber.add_response("describe_stacks", {"Stacks": found[:1]}, {"StackName": "mlref-Foundation"})
        stubber.add_response("describe_stacks", {"Stacks": found}, {})
    else:
        stubber.add_client_error("describe_stacks", "ValidationError", "Stack mlref-Foundation does not exist")
    return stubber


@pytest.mark.parametrize(
    ("stacks", "settings"),
    [
        ((), {"dataset": "flights", "architectures": "core"}),
        (
            # of events_to_sql one stack is missing; a network is not chosen by its name
            ("mlref-Foundation", "mlref-Network", "mlref-StreamIngest", "mlref-Training", "other-Serving"),
            {"dataset": "payments", "architectures": "foundation,training"},
        ),
    ],
)
def test_reset_deploys_what_was_there(
    stacks: tuple[str, ...], settings: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with deployed(monkeypatch, *stacks):
        assert up._as_it_was() == settings
