"""Stacks through the API, as any client makes them."""

import json
from typing import Any

import pytest

from localcloud import LocalCloud

CAPABILITIES = ["CAPABILITY_NAMED_IAM"]


class Stacks:
    """Shorthand for the operations that every test needs."""

    def __init__(self, cloud: LocalCloud) -> None:
        self.client = cloud.client("cloudformation")

    @staticmethod
    def _body(template: Any) -> str:
        return template if isinstance(template, str) else json.dumps(template)

    def create(self, template: Any, name: str = "stack", **more: Any) -> dict[str, Any]:
        self.client.create_stack(StackName=name, TemplateBody=self._body(template), Capabilities=CAPABILITIES, **more)
        return self.describe(name)

    def update(self, template: Any, name: str = "stack", **more: Any) -> dict[str, Any]:
        self.client.update_stack(StackName=name, TemplateBody=self._body(template), Capabilities=CAPABILITIES, **more)
        return self.describe(name)

    def delete(self, name: str = "stack") -> dict[str, Any]:
        identifier = self.describe(name)["StackId"]
        self.client.delete_stack(StackName=name)
        return self.describe(identifier)

    def describe(self, name: str = "stack") -> dict[str, Any]:
        (stack,) = self.client.describe_stacks(StackName=name)["Stacks"]
        return {**stack, "Failures": self.failures(name)}

    def outputs(self, name: str = "stack") -> dict[str, str]:
        return {item["OutputKey"]: item["OutputValue"] for item in self.describe(name).get("Outputs", ())}

    def events(self, name: str = "stack") -> list[tuple[str, str]]:
        """(logical id, status), oldest first."""
        events = self.client.describe_stack_events(StackName=name)["StackEvents"]
        return [(event["LogicalResourceId"], event["ResourceStatus"]) for event in reversed(events)]

    def failures(self, name: str = "stack") -> dict[str, str]:
        """Reasons of failed resources by logical id."""
        events = self.client.describe_stack_events(StackName=name)["StackEvents"]
        return {
            event["LogicalResourceId"]: event.get("ResourceStatusReason", "")
            for event in events
            if event["ResourceStatus"].endswith("_FAILED")
        }

    def physical_id(self, logical_id: str, name: str = "stack") -> str:
        detail = self.client.describe_stack_resource(StackName=name, LogicalResourceId=logical_id)
        return str(detail["StackResourceDetail"]["PhysicalResourceId"])


@pytest.fixture
def stacks(cloud: LocalCloud) -> Stacks:
    return Stacks(cloud)
