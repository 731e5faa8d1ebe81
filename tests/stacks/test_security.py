"""What holds for every resource of every stack."""

import json
import re
from typing import Any

import pytest

from stacks.catalogue import CATALOGUE, with_needs

WILDCARDS = {  # role -> the resources with a wildcard that it may use; each has its reason in stacks/
    "CustomS3AutoDeleteObjectsCustomResourceProviderRole": set(),
    "TransformRole": set(),
    "DeliveryRole": {
        "<Lake.Arn>/raw/flight_events/*",
        "<Lake.Arn>/errors/flight_events/*",
        "<Lake.Arn>/backup/flight_events/*",
    },
    "ReferenceCrawlerRole": {
        "*",
        "table/mlref_lake/*",
        "/aws-glue/crawlers-role/mlref-Lakehouse-*",
        "<Lake.Arn>/reference/airlines/*",
        "<Lake.Arn>/reference/airports/*",
        "<Lake.Arn>/reference/planes/*",
        "<Lake.Arn>/reference/weather/*",
    },
    "EventsCrawlerRole": {"*", "<Lake.Arn>/raw/flight_events/*", "/aws-glue/crawlers-role/mlref-Lakehouse-*"},
    "CurateFlightsRole": {
        "*",
        "table/mlref_lake/*",
        "dataQualityRuleset/*",
        *(f"/aws-glue/{prefix}" for prefix in ("mlref-Lakehouse/*", "mlref-Lakehouse-*")),
        *(f"/aws-glue/jobs{separator}mlref-Lakehouse-*" for separator in "/-"),
        "<Lake.Arn>/raw/flight_events/*",
        "<Lake.Arn>/curated/flights/*",
        "<Lake.Arn>/reference/airlines/*",
        "<Lake.Arn>/reference/airports/*",
        "<Lake.Arn>/reference/planes/*",
        "<Lake.Arn>/reference/weather/*",
    },
    "EmptyModelsRole": {"*", "model-package/mlref-flights/*"},
    "StopExecutionsRole": {"pipeline/<Pipeline>/execution/*"},
    "JobsRole": {
        "*",
        "/aws/sagemaker/ProcessingJobs:*",
        "/aws/sagemaker/TrainingJobs:*",
        "<Lake.Arn>/curated/flights/*",
        "<Lake.Arn>/runs/*",
    },
    "PipelineRole": {
        "processing-job/*",
        "training-job/*",
        "hyper-parameter-tuning-job/*",
        "model-package/mlref-flights/*",
        "<Lake.Arn>/runs/*",
    },
    "ModelRole": {
        "*",
        "/aws/sagemaker/Endpoints/mlref-flights:*",
        "<Lake.Arn>/runs/*",
        "<Lake.Arn>/capture/mlref-flights/*",
    },
    "DeployRole": {
        "*",
        "model-package/mlref-flights/*",
        "model/mlref-flights-v*",
        "endpoint-config/mlref-flights-v*",
        "<Lake.Arn>/runs/*",
        "<Lake.Arn>/monitoring/baseline/*",
        "scalable-target/*",
        "alarm:mlref-flights-v*",
        "alarm:TargetTracking-endpoint/mlref-flights/*",
    },
    "PlanRole": {"<Lake.Arn>/monitoring/mlref-flights/plans/*"},
    "MonitorJobsRole": {
        "*",
        "/aws/sagemaker/ProcessingJobs:*",
        "<Lake.Arn>/capture/mlref-flights/*",
        "<Lake.Arn>/monitoring/mlref-flights/plans/*",
        "<Lake.Arn>/curated/flights/*",
        "<Lake.Arn>/monitoring/baseline/*",
        "<Lake.Arn>/monitoring/mlref-flights/data/*",
        "<Lake.Arn>/monitoring/mlref-flights/quality/*",
    },
    "MonitorPipelineRole": {"processing-job/*"},
    "ScheduleRole": set(),
    "PublishRole": {"*", "<Lake.Arn>/monitoring/mlref-flights/*"},
    "RetrainRole": set(),
}
NO_ARN = {
    *("glue:GetClassifier", "glue:GetClassifiers", "glue:GetJobBookmark", "glue:GetSecurityConfiguration"),
    "cloudwatch:PutMetricData",
    *("ecr:GetAuthorizationToken", "sagemaker:ListModelPackages"),
    *("sagemaker:ListModels", "sagemaker:ListEndpointConfigs"),
    *("cloudwatch:DescribeAlarms", "application-autoscaling:DescribeScalableTargets"),
    *(f"ec2:Describe{kind}" for kind in ("Vpcs", "DhcpOptions", "Subnets", "SecurityGroups", "RouteTables")),
    *("ec2:DescribeNetworkInterfaces", "ec2:DescribeVpcEndpoints"),
    *("xray:PutTraceSegments", "xray:PutTelemetryRecords", "dynamodb:ListStreams"),
    *(f"logs:{verb}LogDelivery" for verb in ("Create", "Get", "Update", "Delete")),
    *("logs:ListLogDeliveries", "logs:DescribeLogGroups", "logs:PutResourcePolicy", "logs:DescribeResourcePolicies"),
}


def as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def roles(assembly: Any) -> list[tuple[str, list[dict[str, Any]]]]:
    return [
        (re.sub(r"[0-9A-F]{8}$", "", key), template.statements(key))
        for template, key, _ in assembly.each("AWS::IAM::Role")
    ]


def test_wildcard_resources_are_those_with_a_reason(default: Any, flatten: Any) -> None:
    arn = re.compile(
        r"arn:<AWS::Partition>:(glue|logs|sagemaker|cloudwatch|application-autoscaling):<AWS::Region>:<AWS::AccountId>:(log-group:)?"
    )
    found = {
        role: {
            arn.sub("", flatten(resource))
            for statement in statements
            for resource in as_list(statement["Resource"])
            if "*" in flatten(resource)
        }
        for role, statements in roles(default)
    }
    assert found == WILDCARDS


def test_only_actions_without_arns_are_allowed_on_everything(assembly: Any) -> None:
    for role, statements in roles(assembly):
        for statement in statements:
            assert statement["Effect"] == "Allow"
            if "*" in as_list(statement["Resource"]):
                assert set(as_list(statement["Action"])) <= NO_ARN, role


def test_no_action_has_a_wildcard_and_no_policy_is_managed_by_aws(assembly: Any) -> None:
    for role, statements in roles(assembly):
        actions = [action for statement in statements for action in as_list(statement["Action"])]
        assert actions, role
        assert not [action for action in actions if "*" in action], role
    for template in assembly.templates:
        assert "FullAccess" not in json.dumps(template.document)
    for _, key, item in assembly.each("AWS::IAM::Role"):
        assert "ManagedPolicyArns" not in item["Properties"], key


def test_every_role_is_assumed_by_one_service(assembly: Any) -> None:
    for _, key, item in assembly.each("AWS::IAM::Role"):
        (statement,) = item["Properties"]["AssumeRolePolicyDocument"]["Statement"]
        assert list(statement["Principal"]) == ["Service"], key
        assert statement["Action"] == "sts:AssumeRole"
        assert isinstance(statement["Principal"]["Service"], str), key


def test_log_groups_are_owned_encrypted_and_end(default: Any, otherwise: Any, flatten: Any) -> None:
    for assembly, days in ((default, 30), (otherwise, 365)):
        for _, key, item in assembly.each("AWS::Logs::LogGroup"):
            assert item["Properties"]["RetentionInDays"] == days, key
            assert flatten(item["Properties"]["KmsKeyId"]) == "<Key.Arn>", key
            assert item["DeletionPolicy"] == "Delete", key


def test_every_function_writes_to_a_log_group_of_its_stack(assembly: Any) -> None:
    functions = [
        (template, item)
        for template in assembly.templates
        for item in template.resources.values()
        if item["Type"] == "AWS::Lambda::Function"
    ]
    assert len(functions) >= 2
    for template, item in functions:
        assert item["Properties"]["LoggingConfig"]["LogGroup"]["Ref"] in template.of("AWS::Logs::LogGroup")


def test_what_outlives_a_stack_says_so(assembly: Any) -> None:
    """Types whose default in CDK or CloudFormation surprises: each states what happens to it."""
    stateful = {"S3::Bucket", "KMS::Key", "Kinesis::Stream", "Logs::LogGroup", "DynamoDB::Table", "SQS::Queue"}
    for template in assembly.templates:
        for key, item in template.resources.items():
            if item["Type"].removeprefix("AWS::") in stateful:
                assert item["DeletionPolicy"] in ("Delete", "Retain"), key
                assert item["UpdateReplacePolicy"] == item["DeletionPolicy"], key


def test_nothing_is_tied_to_an_account_or_a_region(default: Any) -> None:
    for template in default.templates:
        # AWS's own registries: the mapping has them all, and the template looks up that of its region
        text = json.dumps({name: part for name, part in template.document.items() if name != "Mappings"})
        assert not re.findall(r"(?<![\w-])\d{12}(?!\w)", text)
        assert not re.findall(r"\b(?:us|eu|ap|sa|ca|me|af)-(?:[a-z]+-)+\d\b", text)
        assert "arn:aws:" not in text  # partitions are references too


def test_account_and_region_of_the_settings_are_used(otherwise: Any) -> None:
    manifest = json.loads((otherwise.folder / "manifest.json").read_text("utf-8"))["artifacts"]
    stacks = [item for item in manifest.values() if item["type"] == "aws:cloudformation:stack"]
    assert {item["environment"] for item in stacks} == {"aws://111122223333/eu-west-1"}
    assert {item["properties"]["stackName"] for item in stacks} == {
        f"other2-{stack}" for architecture in CATALOGUE for stack in architecture.stacks
    }


# Types with a physical name: one that the API demands, or that someone needs who cannot refer to the resource.
NAMES = {
    "AWS::Glue::Table",
    "AWS::Glue::Database",
    "AWS::Glue::Classifier",
    "AWS::Glue::Job",
    "AWS::Glue::DataQualityRuleset",
    "AWS::Glue::SecurityConfiguration",
    "AWS::Athena::WorkGroup",
    "AWS::Athena::NamedQuery",
    "AWS::Logs::LogGroup",
    "AWS::SageMaker::ModelPackageGroup",
    "AWS::SageMaker::Pipeline",
    "AWS::SageMaker::MonitoringSchedule",
}


def test_names_are_left_to_cloudformation_where_they_can_be(assembly: Any) -> None:
    """A named resource can be deployed once an account, and CloudFormation cannot replace it."""
    for template in assembly.templates:
        for key, item in template.resources.items():
            kind = item["Type"]
            if kind.startswith("Custom::") or kind in NAMES:
                continue
            name = f"{kind.rpartition('::')[2]}Name"  # BucketName, RoleName, AlarmName, …
            assert not {"Name", name} & item["Properties"].keys(), f"{key} ({kind})"


@pytest.mark.parametrize("kind", ["Glue::Job", "Glue::DataQualityRuleset", "Glue::SecurityConfiguration"])
def test_names_that_are_given_start_with_the_prefix(default: Any, otherwise: Any, kind: str) -> None:
    for assembly, prefix in ((default, "mlref-"), (otherwise, "other2-")):
        assert assembly.lakehouse.properties(f"AWS::{kind}")["Name"].startswith(prefix)
        assert assembly.lakehouse.properties("AWS::Athena::WorkGroup")["Name"].startswith(prefix)


def test_everything_is_tagged(assembly: Any) -> None:
    prefix = assembly.lakehouse.properties("AWS::Athena::WorkGroup")["Name"].split("-")[0]
    tag = {"Key": "project", "Value": prefix}
    for kind, template in (
        ("AWS::S3::Bucket", assembly.foundation),
        ("AWS::KMS::Key", assembly.foundation),
        ("AWS::Kinesis::Stream", assembly.ingest),
        ("AWS::KinesisFirehose::DeliveryStream", assembly.ingest),
        ("AWS::Lambda::Function", assembly.ingest),
        ("AWS::Athena::WorkGroup", assembly.lakehouse),
        ("AWS::SageMaker::Pipeline", assembly.training),
        ("AWS::SageMaker::ModelPackageGroup", assembly.training),
    ):
        for item in template.of(kind).values():
            assert tag in item["Properties"]["Tags"], kind
    assert assembly.lakehouse.properties("AWS::Glue::Job")["Tags"]["project"] == prefix


def test_stacks_hand_over_only_what_others_use(assembly: Any) -> None:
    """Dependencies between stacks go one way, to those that the catalogue says, and no setting changes them.

    An export that a setting adds cannot be removed again while the other stack is deployed with it. The stack Network
    has nothing else, and stays when the setting that makes it is taken back, until it is destroyed by its name.
    """
    imports = {
        template.name: set(re.findall(r'"Fn::ImportValue": "\w+-(\w+):', json.dumps(template.document)))
        for template in assembly.templates
    }
    if assembly.network is not None:
        assert imports.pop("Network") == set()
        users = {name for name, found in imports.items() if "Network" in found}
        assert users >= {"Foundation", "Lakehouse", "Training", "Serving", "Monitoring"}
        imports = {name: found - {"Network"} for name, found in imports.items()}
    for item in CATALOGUE:
        usable = {stack for other in with_needs([item.name]) for stack in other.stacks}
        assert {user for stack in item.stacks for user in imports.get(stack, ())} <= usable, item.name
    core = ("Foundation", "StreamIngest", "Lakehouse", "Training", "Serving", "Monitoring")
    assert {name: imports[name] for name in core} == {
        "Foundation": set(),
        "StreamIngest": {"Foundation"},
        "Lakehouse": {"Foundation", "StreamIngest"},
        "Training": {"Foundation"},
        "Serving": {"Foundation"},
        "Monitoring": {"Foundation"},
    }


def test_owners_tags_are_on_everything_too(otherwise: Any) -> None:
    for item in (
        *otherwise.foundation.of("AWS::S3::Bucket").values(),
        *otherwise.ingest.of("AWS::IAM::Role").values(),
    ):
        tags = {
            tag["Key"]: tag["Value"] for tag in item["Properties"]["Tags"] if not tag["Key"].startswith("aws-cdk:")
        }
        assert tags == {"project": "other2", "owner": "me", "cost-center": "42"}


def test_every_role_is_bounded_when_asked_to(default: Any, otherwise: Any) -> None:
    """Those of CDK's own functions too."""
    for assembly, bounded in ((default, False), (otherwise, True)):
        for _, key, item in assembly.each("AWS::IAM::Role"):
            boundary = json.dumps(item["Properties"].get("PermissionsBoundary", ""))
            assert (":policy/sandbox-boundary" in boundary) is bounded, key
