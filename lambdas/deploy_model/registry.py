"""Versions in the model registry, and how the deployment of each ended: a note among the package's customer metadata.

SageMaker does not keep that a deployment was rolled back: the endpoint is InService with its old configuration, and the
reason is gone with the next update. Who wants a state and not an update must remember what was tried, or would try it
for ever (https://github.com/aws-controllers-k8s/sagemaker-controller/pull/7 learnt it the same way). In the package,
people see it too.
"""

from dataclasses import dataclass
from typing import Any

NOTE = "deployment"  # key of the note; its value is "<outcome>: <endpoint configuration>"
SERVED, FAILED = "served", "failed"


@dataclass(frozen=True)
class Version:
    """A model package of the group."""

    number: int
    arn: str
    approved: bool


class Registry:
    """The versions of ``group``.

    Args:
        client: of SageMaker.
    """

    def __init__(self, client: Any, group: str) -> None:
        self._client = client
        self._group = group

    def versions(self) -> list[Version]:
        """Newest first: by number, not by when they were approved."""
        pages = self._client.get_paginator("list_model_packages").paginate(ModelPackageGroupName=self._group)
        found = [
            Version(
                number=int(item["ModelPackageVersion"]),
                arn=item["ModelPackageArn"],
                approved=item["ModelApprovalStatus"] == "Approved" and item["ModelPackageStatus"] == "Completed",
            )
            for page in pages
            for item in page["ModelPackageSummaryList"]
        ]
        return sorted(found, key=lambda version: version.number, reverse=True)

    def describe(self, arn: str) -> dict[str, Any]:
        described: dict[str, Any] = self._client.describe_model_package(ModelPackageName=arn)
        return described

    def note(self, arn: str) -> tuple[str, str]:
        """Outcome of the last deployment and its endpoint configuration; empty before the first."""
        properties = self.describe(arn).get("CustomerMetadataProperties") or {}
        outcome, _, config = properties.get(NOTE, "").partition(": ")
        return outcome, config

    def write_note(self, arn: str, outcome: str, config: str) -> None:
        self._client.update_model_package(
            ModelPackageArn=arn, CustomerMetadataProperties={NOTE: f"{outcome}: {config}"}
        )

    def forget(self, arn: str) -> None:
        """Remove the note: a version that is decided upon anew has a new chance."""
        if NOTE in (self.describe(arn).get("CustomerMetadataProperties") or {}):
            self._client.update_model_package(ModelPackageArn=arn, CustomerMetadataPropertiesToRemove=[NOTE])
