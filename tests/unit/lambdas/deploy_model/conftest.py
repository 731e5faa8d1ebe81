"""The function in an account of its own."""

import dataclasses
import json
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from lambdas.deploy_model.configuration import VARIABLE, Serving
from lambdas.deploy_model.handler import handler
from tests.unit.lambdas.deploy_model.account import BUCKET, Account

SERVING = Serving(
    endpoint="mlref-flights",
    package_group="mlref-flights",
    role="arn:aws:iam::123456789012:role/model",
    key="arn:aws:kms:us-east-1:123456789012:key/1",
    bucket=BUCKET,
    topic="arn:aws:sns:us-east-1:123456789012:alarms",
    kind="instance",
    instance_type="ml.m5.large",
    instances=1,
    max_instances=None,
    requests_per_minute=1000,
    memory_mb=2048,
    concurrency=5,
    challenger_share=0.0,
    capture_percent=100,
    canary_percent=10,
    canary_minutes=10,
    latency_ms=1000,
    tags={"project": "mlref"},
)


class Function:
    """The deploy function; its settings can be changed as a new deployment of the stack does."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, account: Account) -> None:
        self.account = account
        self.answers: list[dict[str, Any]] = []
        self._monkeypatch = monkeypatch
        self.serving = SERVING
        self.settings()
        monkeypatch.setattr("boto3.client", account.client)
        monkeypatch.setattr("lambdas.deploy_model.hosting.time.sleep", account.sleep)
        monkeypatch.setattr("lambdas.custom_resource.urllib.request.urlopen", self._receive)

    def settings(self, **changes: Any) -> None:
        self.serving = dataclasses.replace(self.serving, **changes)
        self._monkeypatch.setenv(VARIABLE, json.dumps(dataclasses.asdict(self.serving)))

    def __call__(self, event: dict[str, Any] | None = None, *, seconds: float = 900) -> None:
        """An event; by default one that the endpoint's status has changed."""
        self.account.calls.clear()
        context = SimpleNamespace(log_stream_name="stream", get_remaining_time_in_millis=lambda: 1000 * seconds)
        handler(event or {"detail-type": "SageMaker Endpoint State Change", "detail": {}}, context)

    def stack(self, request: str, *, seconds: float = 900) -> dict[str, Any]:
        """A request of CloudFormation to the custom resource; the answer."""
        event = {
            "RequestType": request,
            "ResponseURL": "https://answers.example/1",
            "StackId": "stack",
            "RequestId": "request",
            "LogicalResourceId": "Endpoint",
            "ResourceProperties": {},
        }
        self(event, seconds=seconds)
        return self.answers.pop()

    def deploy(self, number: int, *, good: bool = True) -> None:
        """Approve a version, let its deployment end, and handle the events of both."""
        self.account.register(number)
        self()
        self.account.finish(good=good)
        self()

    def _receive(self, request: Any, timeout: float) -> Any:
        assert timeout > 0
        self.answers.append(json.loads(request.data))
        return _Closing()


class _Closing:
    def __enter__(self) -> None: ...

    def __exit__(self, *_: object) -> None: ...


@pytest.fixture
def account() -> Account:
    return Account()


@pytest.fixture
def function(monkeypatch: pytest.MonkeyPatch, account: Account) -> Function:
    return Function(monkeypatch, account)


@pytest.fixture
def served(function: Function) -> Callable[[], list[int]]:
    """Versions that the endpoint serves."""

    def versions() -> list[int]:
        endpoint = function.account.endpoint
        if endpoint is None or endpoint["EndpointStatus"] != "InService":
            return []
        variants = function.account.configs[endpoint["EndpointConfigName"]]["ProductionVariants"]
        models = [function.account.models[variant["ModelName"]] for variant in variants]
        return [int(model["Containers"][0]["ModelPackageName"].rpartition("/")[2]) for model in models]

    return versions
