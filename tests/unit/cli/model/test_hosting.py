"""What there is to know of the endpoint, also while a new version is brought in."""

import contextlib
from typing import Any

import pytest

from cli.model import hosting

# https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_DescribeEndpoint.html
BAKING = "Baking for 300 seconds (WaitIntervalInSeconds) with traffic enabled on canary capacity of 1 instance(s)."
VARIANT = {"VariantName": "Champion", "CurrentWeight": 1.0, "CurrentInstanceCount": 2, "DesiredInstanceCount": 2}


class SageMaker:
    """Answers with one endpoint."""

    def __init__(self, **told: Any) -> None:
        self.told = {
            "EndpointStatus": "Updating",
            "EndpointConfigName": "v1",
            "ProductionVariants": [VARIANT],
            **told,
        }

    def describe_endpoint(self, **_: str) -> dict[str, Any]:
        return self.told

    def describe_endpoint_config(self, **_: str) -> dict[str, Any]:
        return {"ProductionVariants": [{"VariantName": "Champion", "ModelName": "model"}]}

    def describe_model(self, **_: str) -> dict[str, Any]:
        return {"PrimaryContainer": {"ModelPackageName": "arn:aws:sagemaker:us-east-1:1:model-package/flights/3"}}


@pytest.mark.parametrize(
    ("pending", "said"),
    [
        ([{**VARIANT, "VariantStatus": [{"Status": "Baking", "StatusMessage": BAKING}]}], BAKING),
        ([{**VARIANT, "VariantStatus": [{"Status": "Creating"}]}], ""),
        ([VARIANT], ""),
        ([], ""),
    ],
)
def test_what_a_deployment_says_of_itself_is_told(
    pending: list[dict[str, Any]], said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = SageMaker(PendingDeploymentSummary={"EndpointConfigName": "v2", "ProductionVariants": pending})
    monkeypatch.setattr(hosting, "refusals", lambda: contextlib.nullcontext(client))
    assert hosting.describe("flights")["deploying"] == said


def test_without_a_deployment_there_is_nothing_to_tell(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hosting, "refusals", lambda: contextlib.nullcontext(SageMaker(EndpointStatus="InService")))
    told = hosting.describe("flights")
    assert told["deploying"] == ""
    assert told["variants"] == [
        {"name": "Champion", "model": "model", "version": "3", "share": 1.0, "capacity": "2 instances"}
    ]
