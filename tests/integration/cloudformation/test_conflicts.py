"""Triggers of one Glue workflow: made one after the other, and one of them starts it."""

from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_glue as glue

from localcloud import LocalCloud
from stacks.batch.workflow import crawl_then_run
from tests.integration.cloudformation.conftest import Stacks

FLOW = {"Type": "AWS::Glue::Workflow", "Properties": {"Name": "flow"}}
OTHER = {"Type": "AWS::Glue::Workflow", "Properties": {"Name": "other"}}


def trigger(workflow: str | None, *after: str, job: str = "job", condition: str = "first") -> dict[str, Any]:
    """A conditional one; ``workflow`` is a logical id."""
    watched = {"JobName": condition, "State": "SUCCEEDED", "LogicalOperator": "EQUALS"}
    properties: dict[str, Any] = {
        "Type": "CONDITIONAL",
        "Predicate": {"Conditions": [watched]},
        "Actions": [{"JobName": job}],
    }
    if workflow:
        properties["WorkflowName"] = {"Ref": workflow}
    return {"Type": "AWS::Glue::Trigger", "DependsOn": list(after), "Properties": properties}


@pytest.mark.parametrize(
    "resources",
    [
        {"A": trigger("Flow"), "B": trigger("Flow", "A")},
        {"A": trigger("Flow", "B"), "B": trigger("Flow", "C"), "C": trigger("Flow")},
        {"A": trigger("Flow"), "Q": {"Type": "AWS::SQS::Queue", "DependsOn": "A"}, "B": trigger("Flow", "Q")},
        {"A": trigger("Flow"), "Other": OTHER, "B": trigger("Other")},
        {"A": trigger(None), "B": trigger(None)},
        {"A": trigger("Flow"), "B": trigger(None)},
        {"A": trigger("Flow"), "B": {**trigger("Flow"), "Condition": "Never"}},
    ],
    ids=["ordered", "chain", "through another", "of two workflows", "of none", "of one and none", "not made"],
)
def test_triggers_in_order_are_made(stacks: Stacks, resources: dict[str, Any]) -> None:
    never = {"Never": {"Fn::Equals": ["a", "b"]}}
    stack = stacks.create({"Conditions": never, "Resources": {"Flow": FLOW, **resources}})
    assert stack["StackStatus"] == "CREATE_COMPLETE", stack["Failures"]


@pytest.mark.parametrize(
    "resources",
    [
        {"A": trigger("Flow"), "B": trigger("Flow")},
        {"A": trigger("Flow"), "B": trigger("Flow", "A"), "C": trigger("Flow", "A")},
    ],
    ids=["two", "two after one"],
)
def test_triggers_that_aws_makes_at_the_same_time_are_refused(
    cloud: LocalCloud, stacks: Stacks, resources: dict[str, Any]
) -> None:
    stack = stacks.create({"Resources": {"Flow": FLOW, **resources}})
    assert stack["StackStatus"] == "ROLLBACK_COMPLETE"
    ((failed, reason),) = stack["Failures"].items()
    assert f"Workflow flow was modified while adding trigger {failed} to it" in reason
    assert "for neither depends on the other: add a DependsOn" in reason
    assert cloud.client("glue").get_triggers()["Triggers"] == []


def test_triggers_are_changed_one_at_a_time_too(stacks: Stacks) -> None:
    ordered = {"Flow": FLOW, "A": trigger("Flow"), "B": trigger("Flow", "A")}
    stacks.create({"Resources": ordered})
    both = {"Flow": FLOW, "A": trigger("Flow", job="a"), "B": trigger("Flow", job="b")}
    stack = stacks.update({"Resources": both})
    assert stack["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
    assert "Workflow flow was modified while adding trigger B to it" in stack["Failures"]["B"]
    one = {**ordered, "B": trigger("Flow", job="b")}  # no other with it
    assert stacks.update({"Resources": one})["StackStatus"] == "UPDATE_COMPLETE"


def curation(nightly_hour_utc: int | None) -> dict[str, Any]:
    """The template of a stack with the project's workflow."""
    stack = cdk.Stack(cdk.App(analytics_reporting=False), "Lakehouse")
    targets = glue.CfnCrawler.TargetsProperty(s3_targets=[glue.CfnCrawler.S3TargetProperty(path="s3://lake/raw/")])
    crawler = glue.CfnCrawler(stack, "Crawler", role="role", database_name="lake", targets=targets)
    command = glue.CfnJob.JobCommandProperty(name="glueetl", script_location="s3://lake/job.py")
    job = glue.CfnJob(stack, "Job", role="role", command=command)
    workflow = crawl_then_run(stack, "Curation", crawler=crawler, job=job, nightly_hour_utc=nightly_hour_utc)
    cdk.CfnOutput(stack, "Workflow", value=workflow.ref)
    template = cdk.assertions.Template.from_stack(stack).to_json()
    return {name: template[name] for name in ("Resources", "Outputs")}


def test_a_night_is_set_and_taken_back(cloud: LocalCloud, stacks: Stacks) -> None:
    """The starting trigger changes its type, and is made before the old one goes: not in the same workflow."""
    client = cloud.client("glue")
    deploy = stacks.create
    for hour in (None, 3, 4, None, 3):
        stack = deploy(curation(hour))
        assert stack["StackStatus"] in ("CREATE_COMPLETE", "UPDATE_COMPLETE"), stack["Failures"]
        deploy = stacks.update
        (workflow,) = client.list_workflows()["Workflows"]
        assert stacks.outputs()["Workflow"] == workflow
        triggers = {item["Type"]: item for item in client.get_triggers()["Triggers"]}
        assert triggers.keys() == {"CONDITIONAL", "ON_DEMAND" if hour is None else "SCHEDULED"}
        assert {item["WorkflowName"] for item in triggers.values()} == {workflow}
        if hour is not None:
            assert triggers["SCHEDULED"]["Schedule"] == f"cron(0 {hour} * * ? *)"
            assert triggers["SCHEDULED"]["State"] == "ACTIVATED"
    assert stacks.delete()["StackStatus"] == "DELETE_COMPLETE"
    assert client.list_workflows()["Workflows"] == []
