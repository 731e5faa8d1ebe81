"""What others do to a stack's resources, past CloudFormation, and what becomes of the stack."""

from typing import Any

import pytest
from botocore import xform_name
from botocore.exceptions import ClientError
from moto.cloudformation.models import cloudformation_backends

from localcloud import LocalCloud
from tests.integration.cloudformation.case import Case
from tests.integration.cloudformation.conftest import Stacks
from tests.integration.cloudformation.inventory import inventory
from tests.integration.cloudformation.test_types import CASES

# Their update operations make what is not there; a KMS key waits for its deletion and can still be changed.
MADE_BY_THEIR_UPDATE = {
    "AWS::CloudWatch::Alarm",
    "AWS::CloudWatch::Dashboard",
    "AWS::Events::Rule",
    "AWS::IAM::Policy",
    "AWS::KMS::Key",
    "AWS::Lambda::EventInvokeConfig",
    "AWS::Logs::MetricFilter",
    "AWS::S3::BucketPolicy",
    "AWS::SNS::TopicPolicy",
    "AWS::SQS::QueuePolicy",
    "AWS::SSM::Parameter",
}


def _delete_subject(cloud: LocalCloud) -> None:
    """Delete the resource by its service's API, as somebody in the console would."""
    backend = cloudformation_backends[cloud.account][cloud.region]
    (stack,) = backend.localcloud_stacks
    stack.revision.members["Subject"].resource.delete()


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.type.removeprefix("AWS::"))
def test_what_is_gone_already_is_no_obstacle_to_deletion(case: Case, cloud: LocalCloud, stacks: Stacks) -> None:
    case.prepare(cloud)
    before = inventory(cloud)
    stacks.create(case.template(case.properties))
    _delete_subject(cloud)
    stack = stacks.delete()
    assert stack["StackStatus"] == "DELETE_COMPLETE", stack["Failures"]
    assert inventory(cloud) == before


@pytest.mark.parametrize(
    "case", [case for case in CASES if case.changed is not None], ids=lambda case: case.type.removeprefix("AWS::")
)
def test_what_is_gone_fails_an_update_and_its_rollback(case: Case, cloud: LocalCloud, stacks: Stacks) -> None:
    assert case.changed is not None
    case.prepare(cloud)
    before = inventory(cloud)
    stacks.create(case.template(case.properties))
    _delete_subject(cloud)
    stack = stacks.update(case.template(case.changed))
    if case.type in MADE_BY_THEIR_UPDATE:
        assert stack["StackStatus"] == "UPDATE_COMPLETE", stack["Failures"]
    else:
        for _ in range(2):
            assert stacks.describe()["StackStatus"] == "UPDATE_ROLLBACK_FAILED", stack["Failures"]
            assert stacks.failures().keys() == {"stack", "Subject"}
            stacks.client.continue_update_rollback(StackName="stack")
        stacks.client.continue_update_rollback(StackName="stack", ResourcesToSkip=["Subject"])
        assert stacks.describe()["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
    assert stacks.delete()["StackStatus"] == "DELETE_COMPLETE"
    assert inventory(cloud) == before


def _queue(name: str, **properties: Any) -> dict[str, Any]:
    return {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": name, **properties}}


def _template(**resources: Any) -> dict[str, Any]:
    return {"Resources": resources}


def _delay(cloud: LocalCloud, name: str) -> str:
    sqs = cloud.client("sqs")
    url = sqs.get_queue_url(QueueName=name)["QueueUrl"]
    return str(sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]["DelaySeconds"])


class TestGone:
    """A queue that others deleted, beside one that is there."""

    @pytest.fixture
    def stuck(self, cloud: LocalCloud, stacks: Stacks) -> Stacks:
        """A stack that could not go back, because a queue of it is gone."""
        stacks.create(_template(A=_queue("a", DelaySeconds=1), B=_queue("b", DelaySeconds=1)))
        cloud.client("sqs").delete_queue(QueueUrl=stacks.physical_id("A"))
        gone = {**_queue("a", DelaySeconds=2), "DependsOn": "B"}
        stack = stacks.update(_template(A=gone, B=_queue("b", DelaySeconds=2), C=_queue("c")))
        assert stack["StackStatus"] == "UPDATE_ROLLBACK_FAILED"
        assert "The specified queue does not exist" in stack["Failures"]["A"]
        assert stack["StackStatusReason"] == "The following resource(s) failed to update: [A]. "
        return stacks

    def test_what_was_not_changed_is_not_missed(self, cloud: LocalCloud, stacks: Stacks) -> None:
        stacks.create(_template(A=_queue("a"), B=_queue("b", DelaySeconds=1)))
        cloud.client("sqs").delete_queue(QueueUrl=stacks.physical_id("A"))
        stack = stacks.update(_template(A=_queue("a"), B=_queue("b", DelaySeconds=2)))
        assert stack["StackStatus"] == "UPDATE_COMPLETE"

    def test_everything_else_went_back(self, cloud: LocalCloud, stuck: Stacks) -> None:
        assert _delay(cloud, "b") == "1"
        assert [url.split("/")[-1] for url in cloud.client("sqs").list_queues()["QueueUrls"]] == ["b"]

    def test_it_can_only_be_continued_or_deleted(self, cloud: LocalCloud, stuck: Stacks) -> None:
        with pytest.raises(ClientError, match="is in UPDATE_ROLLBACK_FAILED state and can not be updated"):
            stuck.update(_template(B=_queue("b")))
        with pytest.raises(ClientError, match=r"Resources \[B\] did not fail to roll back"):
            stuck.client.continue_update_rollback(StackName="stack", ResourcesToSkip=["B"])
        assert stuck.delete()["StackStatus"] == "DELETE_COMPLETE"
        assert "QueueUrls" not in cloud.client("sqs").list_queues()

    def test_put_right_by_hand_it_continues(self, cloud: LocalCloud, stuck: Stacks) -> None:
        cloud.client("sqs").create_queue(QueueName="a")
        seen = len(stuck.events())
        stuck.client.continue_update_rollback(StackName="stack")
        assert stuck.events()[seen:] == [
            ("stack", "UPDATE_ROLLBACK_IN_PROGRESS"),
            ("A", "UPDATE_IN_PROGRESS"),
            ("A", "UPDATE_COMPLETE"),
            ("stack", "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS"),
            ("stack", "UPDATE_ROLLBACK_COMPLETE"),
        ]
        assert _delay(cloud, "a") == "1"
        assert stuck.update(_template(A=_queue("a", DelaySeconds=3)))["StackStatus"] == "UPDATE_COMPLETE"
        assert _delay(cloud, "a") == "3"

    def test_skipped_it_can_be_taken_out_of_the_stack(self, stuck: Stacks) -> None:
        stuck.client.continue_update_rollback(StackName="stack", ResourcesToSkip=["A"])
        assert stuck.describe()["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
        assert stuck.update(_template(B=_queue("b", DelaySeconds=1)))["StackStatus"] == "UPDATE_COMPLETE"

    def test_a_whole_stack_has_nothing_to_continue(self, stacks: Stacks) -> None:
        stacks.create(_template(A=_queue("a")))
        with pytest.raises(ClientError, match="is in CREATE_COMPLETE state and can not continue rollback"):
            stacks.client.continue_update_rollback(StackName="stack")

    def test_what_an_update_needs_and_lacks_is_no_reason_to_get_stuck(
        self, cloud: LocalCloud, stacks: Stacks
    ) -> None:
        key = cloud.client("kms").create_key()["KeyMetadata"]["KeyId"]

        def alias(target: str) -> dict[str, Any]:
            return {"Type": "AWS::KMS::Alias", "Properties": {"AliasName": "alias/a", "TargetKeyId": target}}

        stacks.create(_template(A=alias(key)))
        stack = stacks.update(_template(A=alias("00000000-0000-4000-8000-000000000000")))
        assert "NotFoundException" in stack["Failures"]["A"]
        assert stack["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
        (found,) = [item for item in cloud.client("kms").list_aliases()["Aliases"] if item["AliasName"] == "alias/a"]
        assert found["TargetKeyId"] == key


class TestChanged:
    """A queue whose delay others changed."""

    @pytest.fixture
    def drifted(self, cloud: LocalCloud, stacks: Stacks) -> Stacks:
        stacks.create(_template(A=_queue("a", DelaySeconds=1)))
        cloud.client("sqs").set_queue_attributes(QueueUrl=stacks.physical_id("A"), Attributes={"DelaySeconds": "9"})
        return stacks

    def test_cloudformation_does_not_see_it(self, drifted: Stacks) -> None:
        with pytest.raises(ClientError, match="No updates are to be performed"):
            drifted.update(_template(A=_queue("a", DelaySeconds=1)))
        assert drifted.describe()["DriftInformation"] == {"StackDriftStatus": "NOT_CHECKED"}

    def test_a_change_of_the_template_overwrites_it(self, cloud: LocalCloud, drifted: Stacks) -> None:
        drifted.update(_template(A=_queue("a", DelaySeconds=2)))
        assert _delay(cloud, "a") == "2"

    def test_deletion_does_not_mind(self, drifted: Stacks) -> None:
        assert drifted.delete()["StackStatus"] == "DELETE_COMPLETE"

    @pytest.mark.parametrize(
        ("operation", "arguments"),
        [
            ("DetectStackDrift", {"StackName": "stack"}),
            ("DetectStackResourceDrift", {"StackName": "stack", "LogicalResourceId": "A"}),
            ("DescribeStackResourceDrifts", {"StackName": "stack"}),
        ],
    )
    def test_to_look_for_it_is_refused_by_name(
        self, drifted: Stacks, operation: str, arguments: dict[str, str]
    ) -> None:
        with pytest.raises(ClientError) as error:
            getattr(drifted.client, xform_name(operation))(**arguments)
        problem = error.value.response["Error"]
        assert problem["Code"] == "NotImplemented"
        assert problem["Message"].startswith(f"cloudformation:{operation} is not implemented by the local cloud")
