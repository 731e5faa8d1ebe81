"""The function that stops the executions of a pipeline before the pipeline is deleted."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from lambdas.stop_executions.handler import stop


class Executions:
    """A SageMaker client: each look at the list finds the executions one step further."""

    def __init__(self, *looks: dict[str, str], refusal: str = "") -> None:
        self.looks = list(looks)
        self.refusal = refusal
        self.stopped: list[str] = []

    def get_paginator(self, operation: str) -> "Executions":
        assert operation == "list_pipeline_executions"
        return self

    def paginate(self, PipelineName: str) -> list[dict[str, Any]]:  # noqa: N803
        assert PipelineName == "mine"
        now = self.looks.pop(0) if len(self.looks) > 1 else self.looks[0]
        return [
            {"PipelineExecutionSummaries": [{"PipelineExecutionArn": arn, "PipelineExecutionStatus": status}]}
            for arn, status in now.items()
        ]

    def stop_pipeline_execution(self, PipelineExecutionArn: str) -> None:  # noqa: N803
        self.stopped.append(PipelineExecutionArn)
        if self.refusal:
            raise ClientError({"Error": {"Code": self.refusal}}, "StopPipelineExecution")


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lambdas.stop_executions.handler.time.sleep", lambda _: None)


def test_what_executes_is_stopped_and_waited_for() -> None:
    executions = Executions(
        {"a": "Executing", "b": "Stopping", "c": "Succeeded"},
        {"a": "Stopping", "b": "Stopped", "c": "Succeeded"},
        {"a": "Stopped", "b": "Stopped", "c": "Succeeded"},
    )
    stop(executions, "mine", lambda: 600)
    assert executions.stopped == ["a"]
    assert executions.looks == [{"a": "Stopped", "b": "Stopped", "c": "Succeeded"}]


def test_an_execution_that_ends_by_itself_meanwhile_is_no_failure_and_a_denial_is() -> None:
    stop(Executions({"a": "Executing"}, {"a": "Succeeded"}, refusal="ValidationException"), "mine", lambda: 600)
    with pytest.raises(ClientError, match="AccessDenied"):
        stop(Executions({"a": "Executing"}, {"a": "Succeeded"}, refusal="AccessDeniedException"), "mine", lambda: 600)


def test_one_that_does_not_stop_is_named() -> None:
    with pytest.raises(TimeoutError, match="a did not stop in time"):
        stop(Executions({"a": "Stopping"}), "mine", lambda: 19)
