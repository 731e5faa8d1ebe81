"""Tags of a stack reach its resources, and a change of them alone is an update."""

import json
from typing import Any

import pytest

from localcloud import LocalCloud
from localcloud.cloudformation.stack_tags import tag_property
from tests.integration.cloudformation.case import Case, leaves
from tests.integration.cloudformation.conftest import Stacks
from tests.integration.cloudformation.inventory import inventory
from tests.integration.cloudformation.test_types import CASES

TAGGED = [case for case in CASES if "Tags" in case.properties and tag_property(case.type)]


def test_every_type_that_gets_them_has_a_case() -> None:
    assert {case.type for case in TAGGED} == {case.type for case in CASES if tag_property(case.type)}
    never = {case.type for case in CASES if "Tags" in case.properties} - {case.type for case in TAGGED}
    assert never == {"AWS::SageMaker::DataQualityJobDefinition"}, "its tags cannot change"


def _tags(**tags: str) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in tags.items()]


def _shown(case: Case, cloud: LocalCloud, stacks: Stacks) -> set[tuple[str, str]]:
    found = set(leaves(case.read(cloud, stacks.outputs()["Ref"])))
    return {(key, value) for key, value in found if key.startswith("stack_")}


@pytest.mark.parametrize("case", TAGGED, ids=lambda case: case.type.removeprefix("AWS::"))
def test_resources_get_them_change_them_and_lose_them(case: Case, cloud: LocalCloud, stacks: Stacks) -> None:
    case.prepare(cloud)
    before = inventory(cloud)
    template = case.template(case.properties)
    stack = stacks.create(template, Tags=_tags(stack_team="a"))
    assert stack["StackStatus"] == "CREATE_COMPLETE", stack["Failures"]
    physical_id = stacks.physical_id("Subject")
    assert _shown(case, cloud, stacks) == {("stack_team", "a")}

    for tags in ({"stack_team": "b", "stack_stage": "dev"}, {"stack_stage": "dev"}):
        stack = stacks.update(template, Tags=_tags(**tags))
        assert stack["StackStatus"] == "UPDATE_COMPLETE", stack["Failures"]
        assert stack["Tags"] == _tags(**tags)
        assert _shown(case, cloud, stacks) == set(tags.items())
        assert stacks.physical_id("Subject") == physical_id, "it was replaced"

    assert stacks.delete()["StackStatus"] == "DELETE_COMPLETE"
    assert inventory(cloud) == before


def _queue(**properties: Any) -> dict[str, Any]:
    return {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "q", **properties}}


def _queue_tags(cloud: LocalCloud) -> dict[str, str]:
    sqs = cloud.client("sqs")
    return dict(sqs.list_queue_tags(QueueUrl=sqs.get_queue_url(QueueName="q")["QueueUrl"]).get("Tags", {}))


def test_a_resources_own_tag_wins(cloud: LocalCloud, stacks: Stacks) -> None:
    template = {"Resources": {"Q": _queue(Tags=_tags(team="own"))}}
    stacks.create(template, Tags=_tags(team="stack", stage="dev"))
    assert _queue_tags(cloud) == {"team": "own", "stage": "dev"}
    changed = {"Resources": {"Q": _queue(Tags=_tags(stage="own"))}}
    stacks.update(changed)
    assert _queue_tags(cloud) == {"team": "stack", "stage": "own"}


def test_an_update_without_tags_keeps_them(cloud: LocalCloud, stacks: Stacks) -> None:
    stacks.create({"Resources": {"Q": _queue()}}, Tags=_tags(team="a"))
    stack = stacks.update({"Resources": {"Q": _queue(DelaySeconds=1)}})
    assert stack["Tags"] == _tags(team="a")
    assert _queue_tags(cloud) == {"team": "a"}


def test_an_update_with_no_tags_removes_them(cloud: LocalCloud, stacks: Stacks) -> None:
    template = {"Resources": {"Q": _queue()}}
    stacks.create(template, Tags=_tags(team="a"))
    stack = stacks.update(template, Tags=[])
    assert stack["Tags"] == []
    assert _queue_tags(cloud) == {}


def test_they_change_where_no_resource_takes_them(stacks: Stacks) -> None:
    properties = {"CatalogId": "123456789012", "DatabaseInput": {"Name": "d"}}
    template = {"Resources": {"D": {"Type": "AWS::Glue::Database", "Properties": properties}}}
    stacks.create(template, Tags=_tags(team="a"))
    assert stacks.update(template, Tags=_tags(team="b"))["Tags"] == _tags(team="b")
    with pytest.raises(stacks.client.exceptions.ClientError, match="No updates are to be performed"):
        stacks.update(template, Tags=_tags(team="b"))


def test_a_failed_update_brings_them_back(cloud: LocalCloud, stacks: Stacks) -> None:
    stacks.create({"Resources": {"Q": _queue()}}, Tags=_tags(team="a"))
    fails = {"Type": "AWS::SQS::Queue", "DependsOn": "Q", "Properties": {"VisibilityTimeout": "soon"}}
    stack = stacks.update({"Resources": {"Q": _queue(), "Fails": fails}}, Tags=_tags(team="b"))
    assert stack["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
    assert stack["Tags"] == _tags(team="a")
    assert _queue_tags(cloud) == {"team": "a"}


def test_a_refused_update_does_not_touch_them(cloud: LocalCloud, stacks: Stacks) -> None:
    stacks.create({"Resources": {"Q": _queue()}}, Tags=_tags(team="a"))
    with pytest.raises(stacks.client.exceptions.ClientError, match="Unresolved resource dependencies"):
        stacks.update({"Resources": {"Q": _queue(DelaySeconds={"Ref": "Nobody"})}}, Tags=_tags(team="b"))
    assert stacks.describe()["Tags"] == _tags(team="a")


def test_a_change_set_tells_who_gets_other_tags(cloud: LocalCloud, stacks: Stacks) -> None:
    parameter: dict[str, Any] = {
        "Type": "AWS::SSM::Parameter",
        "Properties": {"Type": "String", "Value": "v", "Name": "/p"},
    }
    rotating = {"Type": "AWS::SQS::QueuePolicy", "Properties": {"Queues": [{"Ref": "Q"}], "PolicyDocument": {}}}
    own = {**parameter, "Properties": {**parameter["Properties"], "Name": "/own", "Tags": {"team": "own"}}}
    resources = {"Q": _queue(), "P": parameter, "Own": own, "Policy": rotating}
    template = {"Resources": resources}
    stacks.create(template, Tags=_tags(team="a"))
    stacks.client.create_change_set(
        StackName="stack", ChangeSetName="changes", TemplateBody=json.dumps(template), Tags=_tags(team="b")
    )
    described = stacks.client.describe_change_set(StackName="stack", ChangeSetName="changes")
    assert described["Tags"] == _tags(team="b")
    changes = [item["ResourceChange"] for item in described["Changes"]]
    assert {(change["LogicalResourceId"], change["Replacement"], *change["Scope"]) for change in changes} == {
        ("Q", "False", "Tags"),
        ("P", "False", "Tags"),
    }
    assert {detail["Target"]["Attribute"] for change in changes for detail in change["Details"]} == {"Tags"}
    stacks.client.execute_change_set(StackName="stack", ChangeSetName="changes")
    assert stacks.describe()["Tags"] == _tags(team="b")
    assert _queue_tags(cloud) == {"team": "b"}
