"""The function that empties the model package group: answers always, deletes only when the stack goes."""

import json
from types import SimpleNamespace
from typing import Any

import pytest

from lambdas.empty_package_group.handler import handler

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
def parts(monkeypatch: pytest.MonkeyPatch) -> tuple[Any, Registry, Mailbox]:
    registry, mailbox = Registry(), Mailbox()
    monkeypatch.setattr("lambdas.empty_package_group.handler.boto3.client", lambda _: registry)
    monkeypatch.setattr("lambdas.custom_resource.urllib.request.urlopen", mailbox.urlopen)
    return handler, registry, mailbox


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
    act, registry, mailbox = parts
    act(event("Delete") | {"PhysicalResourceId": "id"}, CONTEXT)
    assert registry.deleted == ["a", "b", "c"]
    (answer,) = mailbox.answers
    assert (answer["Status"], answer["PhysicalResourceId"], answer["RequestId"]) == ("SUCCESS", "id", "request")


@pytest.mark.parametrize("kind", ["Create", "Update"])
def test_nothing_is_deleted_before(parts: tuple[Any, Registry, Mailbox], kind: str) -> None:
    act, registry, mailbox = parts
    act(event(kind), CONTEXT)
    assert registry.deleted == []
    assert [answer["Status"] for answer in mailbox.answers] == ["SUCCESS"]


def test_a_failure_is_an_answer(parts: tuple[Any, Registry, Mailbox]) -> None:
    act, _, mailbox = parts
    act(event("Delete", "other"), CONTEXT)
    (answer,) = mailbox.answers
    assert (answer["Status"], answer["Reason"]) == ("FAILED", "LookupError: no such group")
