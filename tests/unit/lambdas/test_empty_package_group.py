"""The function that empties the model package group: answers always, deletes only when the stack goes."""

import importlib.util
import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

CONTEXT = SimpleNamespace(log_stream_name="stream")


class Registry:
    """A SageMaker client with three versions on two pages."""

    def __init__(self) -> None:
        self.deleted: list[str] = []

    def get_paginator(self, _: str) -> "Registry":
        return self

    def paginate(self, ModelPackageGroupName: str) -> list[dict[str, Any]]:  # noqa: N803
        if ModelPackageGroupName != "mine":
            raise LookupError("no such group")
        return [{"ModelPackageSummaryList": [{"ModelPackageArn": arn} for arn in page]} for page in ("ab", "c")]

    def delete_model_package(self, ModelPackageName: str) -> None:  # noqa: N803
        self.deleted.append(ModelPackageName)


class Mailbox:
    """Where the answers go."""

    def __init__(self) -> None:
        self.answers: list[dict[str, Any]] = []

    def urlopen(self, request: Any, timeout: float) -> "Mailbox":
        assert timeout > 0
        assert (request.get_method(), request.full_url) == ("PUT", "https://answers.example/1")
        self.answers.append(json.loads(request.data))
        return self

    def __enter__(self) -> "Mailbox":
        return self

    def __exit__(self, *_: object) -> None: ...


@pytest.fixture
def parts(repository: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Any, Registry, Mailbox]:
    path = repository / "lambdas" / "empty_package_group" / "handler.py"
    spec = importlib.util.spec_from_file_location("empty_package_group", path)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    registry, mailbox = Registry(), Mailbox()
    monkeypatch.setattr(module.boto3, "client", lambda _: registry)
    monkeypatch.setattr(module.urllib.request, "urlopen", mailbox.urlopen)
    return module.handler, registry, mailbox


def event(kind: str, group: str = "mine") -> dict[str, Any]:
    return {
        "RequestType": kind,
        "ResponseURL": "https://answers.example/1",
        "StackId": "stack",
        "RequestId": "request",
        "LogicalResourceId": "Versions",
        "ResourceProperties": {"ModelPackageGroupName": group},
    }


def test_versions_go_with_the_stack(parts: tuple[Any, Registry, Mailbox]) -> None:
    handler, registry, mailbox = parts
    handler(event("Delete") | {"PhysicalResourceId": "id"}, CONTEXT)
    assert registry.deleted == ["a", "b", "c"]
    (answer,) = mailbox.answers
    assert (answer["Status"], answer["PhysicalResourceId"], answer["RequestId"]) == ("SUCCESS", "id", "request")


@pytest.mark.parametrize("kind", ["Create", "Update"])
def test_nothing_is_deleted_before(parts: tuple[Any, Registry, Mailbox], kind: str) -> None:
    handler, registry, mailbox = parts
    handler(event(kind), CONTEXT)
    assert registry.deleted == []
    assert [answer["Status"] for answer in mailbox.answers] == ["SUCCESS"]


def test_a_failure_is_an_answer(parts: tuple[Any, Registry, Mailbox]) -> None:
    handler, _, mailbox = parts
    handler(event("Delete", "other"), CONTEXT)
    (answer,) = mailbox.answers
    assert (answer["Status"], answer["Reason"]) == ("FAILED", "LookupError: no such group")
