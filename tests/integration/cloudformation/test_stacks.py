"""Stacks as a whole: what an operation changes, and what is left when it fails."""

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from localcloud import LocalCloud
from tests.integration.cloudformation.conftest import Stacks
from tests.integration.cloudformation.inventory import inventory

ASSUMED = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "glue.amazonaws.com"}, "Action": "sts:AssumeRole"}],
}
ACCELERATED = {"AccelerationStatus": "Enabled"}
UNRESOLVED = "Template format error: Unresolved resource dependencies [{}] in the Resources block of the template"


def _queue(name: str | None = None, **properties: Any) -> dict[str, Any]:
    return {"Type": "AWS::SQS::Queue", "Properties": {**({"QueueName": name} if name else {}), **properties}}


def _template(**resources: Any) -> dict[str, Any]:
    return {"Resources": resources}


def _refusal(error: pytest.ExceptionInfo[ClientError]) -> tuple[str, str]:
    problem = error.value.response["Error"]
    return problem["Code"], problem["Message"]


def _attributes(cloud: LocalCloud, name: str) -> dict[str, str]:
    sqs = cloud.client("sqs")
    url = sqs.get_queue_url(QueueName=name)["QueueUrl"]
    attributes: dict[str, str] = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    return attributes


class TestCreate:
    def test_an_unsupported_type_fails_by_name_and_everything_is_rolled_back(
        self, cloud: LocalCloud, stacks: Stacks
    ) -> None:
        before = inventory(cloud)
        unsupported = {"Type": "AWS::Backup::BackupVault", "DependsOn": "A", "Properties": {"BackupVaultName": "v"}}
        stack = stacks.create(_template(A=_queue("a"), Unsupported=unsupported))
        assert stack["StackStatus"] == "ROLLBACK_COMPLETE"
        assert stack["Failures"]["Unsupported"] == "AWS::Backup::BackupVault is not supported by the local cloud"
        assert inventory(cloud) == before
        assert stacks.events() == [
            ("stack", "CREATE_IN_PROGRESS"),
            ("A", "CREATE_IN_PROGRESS"),
            ("A", "CREATE_COMPLETE"),
            ("Unsupported", "CREATE_FAILED"),
            ("stack", "ROLLBACK_IN_PROGRESS"),
            ("A", "DELETE_IN_PROGRESS"),
            ("A", "DELETE_COMPLETE"),
            ("stack", "ROLLBACK_COMPLETE"),
        ]

    def test_a_property_that_nothing_applies_fails_by_name(self, cloud: LocalCloud, stacks: Stacks) -> None:
        before = inventory(cloud)
        bucket = {"Type": "AWS::S3::Bucket", "Properties": {"AccelerateConfiguration": ACCELERATED}}
        stack = stacks.create(_template(S=bucket))
        assert stack["StackStatus"] == "ROLLBACK_COMPLETE"
        assert stack["Failures"]["S"] == "AWS::S3::Bucket: the local cloud does not apply AccelerateConfiguration"
        assert inventory(cloud) == before

    def test_unless_the_cloud_is_not_strict(
        self, cloud: LocalCloud, stacks: Stacks, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(cloud, "strict", False)
        bucket = {"Type": "AWS::S3::Bucket", "Properties": {"AccelerateConfiguration": ACCELERATED}}
        assert stacks.create(_template(S=bucket))["StackStatus"] == "CREATE_COMPLETE"
        events = stacks.client.describe_stack_events(StackName="stack")["StackEvents"]
        reasons = [event.get("ResourceStatusReason") for event in events if event["LogicalResourceId"] == "S"]
        assert "Not applied locally: AccelerateConfiguration" in reasons

    def test_a_resource_that_fails_half_way_is_removed(self, cloud: LocalCloud, stacks: Stacks) -> None:
        before = inventory(cloud)
        logging = {"DestinationBucketName": "nobodys-bucket"}
        bucket = {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": "half", "LoggingConfiguration": logging}}
        stack = stacks.create(_template(B=bucket))
        assert "The target bucket for logging does not exist" in stack["Failures"]["B"]
        assert inventory(cloud) == before

    def test_without_rollback_what_was_made_stays(self, cloud: LocalCloud, stacks: Stacks) -> None:
        stack = stacks.create(
            _template(A=_queue("a"), B=_queue("a", VisibilityTimeout="soon")), OnFailure="DO_NOTHING"
        )
        assert stack["StackStatus"] == "CREATE_FAILED"
        assert len(cloud.client("sqs").list_queues()["QueueUrls"]) == 1

    def test_what_is_retained_survives_a_rollback_too(self, cloud: LocalCloud, stacks: Stacks) -> None:
        kept = {**_queue("kept"), "DeletionPolicy": "Retain"}
        not_kept = {**_queue("gone"), "DeletionPolicy": "RetainExceptOnCreate"}
        fails = {**_queue("fails", VisibilityTimeout="soon"), "DependsOn": ["Kept", "NotKept"]}
        stacks.create(_template(Kept=kept, NotKept=not_kept, Fails=fails))
        assert [url.split("/")[-1] for url in cloud.client("sqs").list_queues()["QueueUrls"]] == ["kept"]

    @pytest.mark.parametrize(
        ("template", "code", "message"),
        [
            (
                _template(A={"Type": "AWS::Nobody::Thing"}),
                "ValidationError",
                "Template format error: Unrecognized resource types: [AWS::Nobody::Thing]",
            ),
            (
                _template(A=_queue(DelaySeconds={"Ref": "B"}), B=_queue(DelaySeconds={"Ref": "A"})),
                "ValidationError",
                "Circular dependency between resources: [A, B]",
            ),
            (
                _template(A=_queue(DelaySeconds={"Ref": "Nobody"})),
                "ValidationError",
                UNRESOLVED.format("Nobody"),
            ),
        ],
    )
    def test_refused_before_anything_is_made(
        self, stacks: Stacks, template: dict[str, Any], code: str, message: str
    ) -> None:
        with pytest.raises(ClientError) as error:
            stacks.create(template)
        assert _refusal(error) == (code, message)
        assert stacks.client.list_stacks()["StackSummaries"] == []

    def test_iam_needs_to_be_acknowledged(self, cloud: LocalCloud) -> None:
        role = {"Type": "AWS::IAM::Role", "Properties": {"RoleName": "r", "AssumeRolePolicyDocument": ASSUMED}}
        client = cloud.client("cloudformation")
        with pytest.raises(client.exceptions.InsufficientCapabilitiesException) as error:
            client.create_stack(StackName="stack", TemplateBody=json.dumps(_template(R=role)))
        assert error.value.response["Error"]["Message"] == "Requires capabilities : [CAPABILITY_NAMED_IAM]"

    def test_a_name_that_is_taken(self, stacks: Stacks) -> None:
        stacks.create(_template(A=_queue()))
        with pytest.raises(ClientError) as error:
            stacks.create(_template(A=_queue()))
        assert _refusal(error) == ("AlreadyExistsException", "Stack [stack] already exists")

    def test_a_failed_rule_refuses_the_stack(self, stacks: Stacks) -> None:
        rule = {"Assertions": [{"Assert": {"Fn::Equals": ["a", "b"]}, "AssertDescription": "run cdk bootstrap"}]}
        with pytest.raises(ClientError, match="run cdk bootstrap"):
            stacks.create({**_template(A=_queue()), "Rules": {"Check": rule}})

    def test_names_are_made_of_stack_and_logical_id(self, stacks: Stacks) -> None:
        bucket = {"Type": "AWS::S3::Bucket"}
        stacks.create(_template(Lake=bucket, Events=_queue()))
        assert stacks.physical_id("Lake").startswith("stack-lake-")
        assert stacks.physical_id("Events").rsplit("/", 1)[-1].startswith("stack-Events-")


class TestUpdate:
    def test_only_what_changed_is_touched(self, cloud: LocalCloud, stacks: Stacks) -> None:
        stacks.create(_template(A=_queue("a", DelaySeconds=1), B=_queue("b"), C=_queue("c")))
        seen = len(stacks.events())
        stack = stacks.update(_template(A=_queue("a", DelaySeconds=2), B=_queue("b"), D=_queue("d")))
        assert stack["StackStatus"] == "UPDATE_COMPLETE"
        assert stacks.events()[seen:] == [
            ("stack", "UPDATE_IN_PROGRESS"),
            ("A", "UPDATE_IN_PROGRESS"),
            ("A", "UPDATE_COMPLETE"),
            ("D", "CREATE_IN_PROGRESS"),
            ("D", "CREATE_COMPLETE"),
            ("stack", "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS"),
            ("C", "DELETE_IN_PROGRESS"),
            ("C", "DELETE_COMPLETE"),
            ("stack", "UPDATE_COMPLETE"),
        ]
        assert _attributes(cloud, "a")["DelaySeconds"] == "2"

    def test_replacement_comes_first_and_cleanup_last(self, cloud: LocalCloud, stacks: Stacks) -> None:
        stacks.create({**_template(A=_queue("old")), "Outputs": {"Url": {"Value": {"Ref": "A"}}}})
        seen = len(stacks.events())
        stacks.update({**_template(A=_queue("new")), "Outputs": {"Url": {"Value": {"Ref": "A"}}}})
        assert stacks.outputs()["Url"].endswith("/new")
        assert [status for name, status in stacks.events()[seen:] if name == "A"] == [
            "UPDATE_IN_PROGRESS",
            "CREATE_IN_PROGRESS",
            "CREATE_COMPLETE",
            "DELETE_IN_PROGRESS",
            "DELETE_COMPLETE",
        ]
        assert [url.split("/")[-1] for url in cloud.client("sqs").list_queues()["QueueUrls"]] == ["new"]

    def test_what_depends_on_a_replaced_resource_follows(self, cloud: LocalCloud, stacks: Stacks) -> None:
        def template(name: str) -> dict[str, Any]:
            parameter = {"Type": "String", "Name": "/url", "Value": {"Ref": "A"}}
            return _template(A=_queue(name), P={"Type": "AWS::SSM::Parameter", "Properties": parameter})

        stacks.create(template("old"))
        stacks.update(template("new"))
        assert cloud.client("ssm").get_parameter(Name="/url")["Parameter"]["Value"].endswith("/new")

    def test_update_replace_policy_keeps_the_old(self, cloud: LocalCloud, stacks: Stacks) -> None:
        kept = {"UpdateReplacePolicy": "Retain"}
        stacks.create(_template(A={**_queue("old"), **kept}))
        stacks.update(_template(A={**_queue("new"), **kept}))
        assert len(cloud.client("sqs").list_queues()["QueueUrls"]) == 2

    def test_a_custom_named_resource_is_not_replaced(self, stacks: Stacks) -> None:
        def role(path: str) -> dict[str, Any]:
            properties = {"RoleName": "r", "Path": path, "AssumeRolePolicyDocument": ASSUMED}
            return _template(R={"Type": "AWS::IAM::Role", "Properties": properties})

        stacks.create(role("/a/"))
        stack = stacks.update(role("/b/"))
        assert stack["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
        assert (
            "cannot update a stack when a custom-named resource requires replacing. Rename r"
            in (stack["Failures"]["R"])
        )

    def test_a_failed_update_leaves_everything_as_it_was(self, cloud: LocalCloud, stacks: Stacks) -> None:
        original = {
            **_template(A=_queue("a", DelaySeconds=1), B=_queue("b"), C=_queue("c")),
            "Outputs": {"B": {"Value": {"Ref": "B"}}},
        }
        stacks.create(original)
        before, outputs = inventory(cloud), stacks.outputs()
        changed = _template(
            A=_queue("a", DelaySeconds=2, MessageRetentionPeriod=120),
            B=_queue("b2"),
            D=_queue("d"),
            Fails={**_queue("f", VisibilityTimeout="soon"), "DependsOn": ["A", "B", "D"]},
        )
        stack = stacks.update(changed)
        assert stack["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
        assert set(stack["Failures"]) == {"Fails"}
        assert inventory(cloud) == before
        assert stacks.outputs() == outputs
        attributes = _attributes(cloud, "a")
        assert (attributes["DelaySeconds"], attributes["MessageRetentionPeriod"]) == ("1", "345600")
        assert stacks.client.get_template(StackName="stack")["TemplateBody"] == original
        stack = stacks.update(_template(A=_queue("a", DelaySeconds=3)))
        assert stack["StackStatus"] == "UPDATE_COMPLETE"

    @pytest.mark.parametrize(
        ("kind", "versions", "named"),
        [
            (  # there is no operation for it
                "AWS::Glue::SecurityConfiguration",
                [
                    {"EncryptionConfiguration": {"S3Encryptions": [{"S3EncryptionMode": mode}]}}
                    for mode in ("SSE-S3", "DISABLED")
                ],
                "a change of EncryptionConfiguration",
            ),
            (  # the operation has no member for it
                "AWS::Glue::DataQualityRuleset",
                [
                    {"Ruleset": "Rules = [ RowCount > 0 ]", **target}
                    for target in ({"TargetTable": {"DatabaseName": "d", "TableName": "t"}}, {})
                ],
                "a change of TargetTable",
            ),
            (  # nothing says how to take it away
                "AWS::Glue::Crawler",
                [
                    {"Role": "r", "DatabaseName": "d", "Targets": {"S3Targets": [{"Path": "s3://b/"}]}, **policy}
                    for policy in ({"RecrawlPolicy": {"RecrawlBehavior": "CRAWL_EVERYTHING"}}, {})
                ],
                "a change of RecrawlPolicy",
            ),
        ],
    )
    def test_a_change_that_cannot_be_applied_fails_by_name(
        self, cloud: LocalCloud, stacks: Stacks, kind: str, versions: list[dict[str, Any]], named: str
    ) -> None:
        glue = cloud.client("glue")
        glue.create_database(DatabaseInput={"Name": "d"})
        glue.create_table(DatabaseName="d", TableInput={"Name": "t"})
        before, after = ({"Type": kind, "Properties": {"Name": "subject", **version}} for version in versions)
        stacks.create(_template(S=before))
        stack = stacks.update(_template(S=after))
        assert stack["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
        assert stack["Failures"]["S"] == f"{kind}: the local cloud does not apply {named}"

    def test_nothing_to_update(self, stacks: Stacks) -> None:
        stacks.create(_template(A=_queue()))
        with pytest.raises(ClientError) as error:
            stacks.update(_template(A=_queue()))
        assert _refusal(error) == ("ValidationError", "No updates are to be performed.")

    def test_a_parameter_alone_is_a_change(self, cloud: LocalCloud, stacks: Stacks) -> None:
        template = {
            **_template(A=_queue("a", DelaySeconds={"Ref": "Delay"})),
            "Parameters": {"Delay": {"Type": "Number", "Default": 4}},
        }
        stacks.create(template)
        stacks.update(template, Parameters=[{"ParameterKey": "Delay", "ParameterValue": "6"}])
        assert _attributes(cloud, "a")["DelaySeconds"] == "6"
        with pytest.raises(ClientError, match="No updates are to be performed"):
            stacks.update(template, Parameters=[{"ParameterKey": "Delay", "UsePreviousValue": True}])

    def test_after_a_rolled_back_creation_there_is_nothing_to_update(self, stacks: Stacks) -> None:
        stacks.create(_template(A=_queue(VisibilityTimeout="soon")))
        with pytest.raises(ClientError, match="is in ROLLBACK_COMPLETE state and can not be updated"):
            stacks.update(_template(A=_queue()))

    def test_a_condition_that_turns_false_removes(self, cloud: LocalCloud, stacks: Stacks) -> None:
        template = {
            "Parameters": {"Keep": {"Type": "String", "Default": "yes"}},
            "Conditions": {"Keep": {"Fn::Equals": [{"Ref": "Keep"}, "yes"]}},
            "Resources": {"A": _queue("a"), "B": {**_queue("b"), "Condition": "Keep"}},
        }
        stacks.create(template)
        stacks.update(template, Parameters=[{"ParameterKey": "Keep", "ParameterValue": "no"}])
        assert [url.split("/")[-1] for url in cloud.client("sqs").list_queues()["QueueUrls"]] == ["a"]


class TestDelete:
    def test_retained_resources_stay(self, cloud: LocalCloud, stacks: Stacks) -> None:
        stacks.create(_template(A={**_queue("a"), "DeletionPolicy": "Retain"}, B=_queue("b")))
        assert stacks.delete()["StackStatus"] == "DELETE_COMPLETE"
        assert [url.split("/")[-1] for url in cloud.client("sqs").list_queues()["QueueUrls"]] == ["a"]

    def test_a_bucket_with_objects_stops_it(self, cloud: LocalCloud, stacks: Stacks) -> None:
        stacks.create(_template(B={"Type": "AWS::S3::Bucket", "Properties": {"BucketName": "full"}}))
        cloud.client("s3").put_object(Bucket="full", Key="a", Body=b"")
        stack = stacks.delete()
        assert stack["StackStatus"] == "DELETE_FAILED"
        assert "BucketNotEmpty" in stack["Failures"]["B"]
        cloud.client("s3").delete_object(Bucket="full", Key="a")
        assert stacks.delete()["StackStatus"] == "DELETE_COMPLETE"

    def test_what_is_gone_already_is_no_obstacle(self, cloud: LocalCloud, stacks: Stacks) -> None:
        stacks.create(_template(A=_queue("a")))
        cloud.client("sqs").delete_queue(QueueUrl=stacks.physical_id("A"))
        assert stacks.delete()["StackStatus"] == "DELETE_COMPLETE"

    def test_termination_protection(self, stacks: Stacks) -> None:
        stacks.create(_template(A=_queue()), EnableTerminationProtection=True)
        with pytest.raises(ClientError, match="cannot be deleted while TerminationProtection is enabled"):
            stacks.delete()
        stacks.client.update_termination_protection(StackName="stack", EnableTerminationProtection=False)
        assert stacks.delete()["StackStatus"] == "DELETE_COMPLETE"

    def test_a_deleted_stack_is_known_by_its_id_only(self, stacks: Stacks) -> None:
        stacks.create(_template(A=_queue()))
        stacks.delete()
        with pytest.raises(ClientError) as error:
            stacks.describe()
        assert _refusal(error) == ("ValidationError", "Stack with id stack does not exist")
        stacks.client.delete_stack(StackName="stack")  # no error, as in AWS


class TestExports:
    EXPORTER: dict[str, Any] = {  # noqa: RUF012
        **_template(A=_queue("a")),
        "Outputs": {"Arn": {"Value": {"Fn::GetAtt": ["A", "Arn"]}, "Export": {"Name": "queue-arn"}}},
    }
    IMPORTER = _template(
        P={
            "Type": "AWS::SSM::Parameter",
            "Properties": {"Name": "/p", "Type": "String", "Value": {"Fn::ImportValue": "queue-arn"}},
        }
    )

    def test_values_cross_stacks_and_hold_them_together(self, cloud: LocalCloud, stacks: Stacks) -> None:
        stacks.create(self.EXPORTER, "exporter")
        stacks.create(self.IMPORTER, "importer")
        value = cloud.client("ssm").get_parameter(Name="/p")["Parameter"]["Value"]
        assert value == "arn:aws:sqs:us-east-1:123456789012:a"
        (export,) = stacks.client.list_exports()["Exports"]
        assert (export["Name"], export["Value"]) == ("queue-arn", value)
        assert stacks.client.list_imports(ExportName="queue-arn")["Imports"] == ["importer"]

        refused = "Export queue-arn cannot be deleted as it is in use by importer"
        stack = stacks.delete("exporter")
        assert (stack["StackStatus"], stack["StackStatusReason"]) == ("DELETE_FAILED", refused)
        stacks.delete("importer")
        assert stacks.delete("exporter")["StackStatus"] == "DELETE_COMPLETE"

    def test_an_export_in_use_cannot_be_taken_away_by_an_update(self, cloud: LocalCloud, stacks: Stacks) -> None:
        stacks.create(self.EXPORTER, "exporter")
        stacks.create(self.IMPORTER, "importer")
        before = inventory(cloud)
        stack = stacks.update(_template(A=_queue("b")), "exporter")
        assert stack["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
        assert stack["Failures"] == {}
        assert inventory(cloud) == before
        assert stacks.outputs("exporter") == {"Arn": "arn:aws:sqs:us-east-1:123456789012:a"}

    def test_an_export_that_nobody_has(self, stacks: Stacks) -> None:
        stack = stacks.create(self.IMPORTER, "importer")
        assert stack["StackStatus"] == "ROLLBACK_COMPLETE"
        assert stack["Failures"]["P"] == "No export named queue-arn found."

    def test_an_export_name_that_is_taken(self, stacks: Stacks) -> None:
        stacks.create(self.EXPORTER, "exporter")
        other = {**self.EXPORTER, "Resources": {"A": _queue("other")}}
        stack = stacks.create(other, "other")
        assert stack["StackStatus"] == "ROLLBACK_COMPLETE"


class TestChangeSets:
    def _create(self, stacks: Stacks, template: Any, kind: str) -> dict[str, Any]:
        stacks.client.create_change_set(
            StackName="stack", ChangeSetName="changes", ChangeSetType=kind, TemplateBody=json.dumps(template)
        )
        described: dict[str, Any] = stacks.client.describe_change_set(StackName="stack", ChangeSetName="changes")
        return described

    def test_create_then_update(self, cloud: LocalCloud, stacks: Stacks) -> None:
        changes = self._create(stacks, _template(A=_queue("a", DelaySeconds=1), B=_queue("b")), "CREATE")
        assert stacks.describe()["StackStatus"] == "REVIEW_IN_PROGRESS"
        assert [item["ResourceChange"]["Action"] for item in changes["Changes"]] == ["Add", "Add"]
        assert cloud.client("sqs").list_queues().get("QueueUrls") is None
        stacks.client.execute_change_set(StackName="stack", ChangeSetName="changes")
        assert stacks.describe()["StackStatus"] == "CREATE_COMPLETE"

        changes = self._create(stacks, _template(A=_queue("a", DelaySeconds=2), C=_queue("c")), "UPDATE")
        found = {
            item["ResourceChange"]["LogicalResourceId"]: (
                item["ResourceChange"]["Action"],
                item["ResourceChange"].get("Replacement"),
            )
            for item in changes["Changes"]
        }
        assert found == {"A": ("Modify", "False"), "B": ("Remove", None), "C": ("Add", None)}
        stacks.client.execute_change_set(StackName="stack", ChangeSetName="changes")
        assert stacks.describe()["StackStatus"] == "UPDATE_COMPLETE"
        assert _attributes(cloud, "a")["DelaySeconds"] == "2"

    def test_replacement_is_foretold(self, stacks: Stacks) -> None:
        stacks.create(_template(A=_queue("a"), B=_queue("b", KmsMasterKeyId={"Ref": "A"})))
        changed = _template(A=_queue("x"), B=_queue("b", KmsMasterKeyId={"Ref": "A"}))
        changes = self._create(stacks, changed, "UPDATE")["Changes"]
        replacement = {
            item["ResourceChange"]["LogicalResourceId"]: item["ResourceChange"]["Replacement"] for item in changes
        }
        assert replacement == {"A": "True", "B": "False"}

    def test_one_without_changes_fails_with_the_words_the_cli_looks_for(self, stacks: Stacks) -> None:
        stacks.create(_template(A=_queue()))
        described = self._create(stacks, _template(A=_queue()), "UPDATE")
        assert (described["Status"], described["ExecutionStatus"]) == ("FAILED", "UNAVAILABLE")
        assert described["StatusReason"].startswith("The submitted information didn't contain changes.")
        with pytest.raises(stacks.client.exceptions.InvalidChangeSetStatusException):
            stacks.client.execute_change_set(StackName="stack", ChangeSetName="changes")

    def test_deleted_ones_are_not_found(self, stacks: Stacks) -> None:
        self._create(stacks, _template(A=_queue()), "CREATE")
        stacks.client.delete_change_set(StackName="stack", ChangeSetName="changes")
        stacks.client.delete_change_set(StackName="stack", ChangeSetName="changes")  # no error, as in AWS
        with pytest.raises(stacks.client.exceptions.ChangeSetNotFoundException) as error:
            stacks.client.describe_change_set(StackName="stack", ChangeSetName="changes")
        assert error.value.response["Error"]["Message"] == "ChangeSet [changes] does not exist"


def test_state_vanishes_on_reset(cloud: LocalCloud, stacks: Stacks) -> None:
    stacks.create({**_template(A=_queue()), "Outputs": {"O": {"Value": "v", "Export": {"Name": "e"}}}})
    cloud.reset()
    assert stacks.client.list_stacks()["StackSummaries"] == []
    assert stacks.client.list_exports()["Exports"] == []


def test_an_operation_that_moto_alone_would_pretend_is_refused(stacks: Stacks) -> None:
    with pytest.raises(ClientError) as error:
        stacks.client.create_stack_set(StackSetName="s", TemplateBody=json.dumps(_template(A=_queue())))
    assert _refusal(error)[0] == "NotImplemented"


def test_cdk_bootstrap_template_deploys(cloud: LocalCloud, stacks: Stacks, repository: Any) -> None:
    template = repository / "node_modules/aws-cdk/lib/api/bootstrap/bootstrap-template.yaml"
    stack = stacks.create(template.read_text("utf-8"), "CDKToolkit")
    assert stack["StackStatus"] == "CREATE_COMPLETE", stack["Failures"]
    version = cloud.client("ssm").get_parameter(Name="/cdk-bootstrap/hnb659fds/version")["Parameter"]["Value"]
    assert version == stacks.outputs("CDKToolkit")["BootstrapVersion"]
    bucket = stacks.outputs("CDKToolkit")["BucketName"]
    cloud.client("s3").put_object(Bucket=bucket, Key="asset", Body=b"")  # its policy asks for TLS
