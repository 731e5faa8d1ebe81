"""Lambda, CloudWatch Logs, Step Functions."""

import io
import zipfile
from typing import Any

from localcloud import LocalCloud
from tests.integration.cloudformation.case import Case, Properties
from tests.integration.cloudformation.cases.analytics import ROLE_ARN
from tests.integration.cloudformation.cases.storage import ROLE

FUNCTION = {
    "Type": "AWS::Lambda::Function",
    "Properties": {
        "FunctionName": "needed",
        "Role": ROLE_ARN,
        "Runtime": "python3.13",
        "Handler": "index.handler",
        "Code": {"ZipFile": "def handler(event, context): return 1"},
    },
}
VERSION = {"Type": "AWS::Lambda::Version", "Properties": {"FunctionName": {"Ref": "Function"}}}
STREAM = {"Type": "AWS::Kinesis::Stream", "Properties": {"Name": "needed", "ShardCount": 1}}
LOST = {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "needed"}}
GROUP = {"Type": "AWS::Logs::LogGroup", "Properties": {"LogGroupName": "/needed"}}


def _read_mapping(cloud: LocalCloud, ref: str) -> list[Any]:
    client = cloud.client("lambda")
    told = client.get_event_source_mapping(UUID=ref)
    return [told, {"Enabled": told["State"] == "Enabled"}, client.list_tags(Resource=told["EventSourceMappingArn"])]


def _archive(cloud: LocalCloud) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("index.py", "def handler(event, context): return 2")
    cloud.client("s3").create_bucket(Bucket="assets")
    cloud.client("s3").put_object(Bucket="assets", Key="code.zip", Body=buffer.getvalue())


def _function(code: str, **more: Any) -> Properties:
    return {
        "FunctionName": "subject",
        "Role": ROLE_ARN,
        "Runtime": "python3.13",
        "Handler": "index.handler",
        "Code": {"ZipFile": f"def handler(event, context): return '{code}'"},
        "Architectures": ["arm64"],
        **more,
    }


def _read_function(cloud: LocalCloud, ref: str) -> list[Any]:
    client = cloud.client("lambda")
    returned = client.invoke(FunctionName=ref)["Payload"].read().decode().strip('"')
    logs = cloud.client("logs")
    for group in logs.describe_log_groups()["logGroups"]:  # made by the invocation, not by the stack
        logs.delete_log_group(logGroupName=group["logGroupName"])
    return [client.get_function(FunctionName=ref), {"ZipFile": f"def handler(event, context): return '{returned}'"}]


def _read_machine(cloud: LocalCloud, ref: str) -> list[Any]:
    client = cloud.client("stepfunctions")
    machine = client.describe_state_machine(stateMachineArn=ref)
    renamed = {"StateMachineName": machine["name"], "StateMachineType": machine["type"]}
    return [machine, renamed, client.list_tags_for_resource(resourceArn=ref)]


def _described(cloud: LocalCloud, ref: str) -> Any:
    return cloud.client("stepfunctions").describe_state_machine(stateMachineArn=ref)


def _read_activity(cloud: LocalCloud, ref: str) -> list[Any]:
    client = cloud.client("stepfunctions")
    return [client.describe_activity(activityArn=ref), client.list_tags_for_resource(resourceArn=ref)]


MACHINE = {
    "Type": "AWS::StepFunctions::StateMachine",
    "Properties": {
        "StateMachineName": "needed",
        "RoleArn": ROLE_ARN,
        "Definition": {"StartAt": "A", "States": {"A": {"Type": "Pass", "End": True}}},
    },
}
MACHINE_VERSION = {
    "Type": "AWS::StepFunctions::StateMachineVersion",
    "Properties": {"StateMachineArn": {"Ref": "Machine"}},
}

CASES = [
    Case(
        type="AWS::Lambda::Function",
        needs={"Role": ROLE},
        properties=_function(
            "first",
            Description="first",
            Environment={"Variables": {"TABLE": "events"}},
            EphemeralStorage={"Size": 1024},
            MemorySize=256,
            ReservedConcurrentExecutions=3,
            Timeout=61,
            TracingConfig={"Mode": "Active"},
            Tags=[{"Key": "team", "Value": "data"}],
        ),
        changed=_function(
            "second",
            LoggingConfig={"LogGroup": "/needed", "LogFormat": "JSON"},
            MemorySize=512,
            Timeout=62,
            Tags=[{"Key": "team", "Value": "ml"}],
        ),
        read=_read_function,
        ref="subject",
        attributes={"Arn": "arn:aws:lambda:us-east-1:123456789012:function:subject"},
    ),
    Case(
        type="AWS::Lambda::Version",
        needs={"Role": ROLE, "Function": FUNCTION},
        properties={"FunctionName": {"Ref": "Function"}, "Description": "first"},
        read=lambda cloud, ref: [cloud.client("lambda").get_function(FunctionName=ref)],
        ref="arn:aws:lambda:us-east-1:123456789012:function:needed:1",
        attributes={"Version": "1"},
    ),
    Case(
        type="AWS::Lambda::Alias",
        needs={"Role": ROLE, "Function": FUNCTION, "Version": VERSION},
        properties={
            "Name": "live",
            "FunctionName": {"Ref": "Function"},
            "FunctionVersion": {"Fn::GetAtt": ["Version", "Version"]},
            "Description": "first",
        },
        changed={
            "Name": "live",
            "FunctionName": {"Ref": "Function"},
            "FunctionVersion": "$LATEST",
            "Description": "second",
        },
        read=lambda cloud, _: [cloud.client("lambda").get_alias(FunctionName="needed", Name="live")],
        ref="arn:aws:lambda:us-east-1:123456789012:function:needed:live",
        attributes={"AliasArn": "arn:*:live"},
    ),
    Case(
        type="AWS::Lambda::EventSourceMapping",
        needs={"Role": ROLE, "Function": FUNCTION, "Stream": STREAM, "Lost": LOST},
        properties={
            "FunctionName": {"Ref": "Function"},
            "EventSourceArn": {"Fn::GetAtt": ["Stream", "Arn"]},
            "StartingPosition": "TRIM_HORIZON",
            "BatchSize": 7,
            "BisectBatchOnFunctionError": True,
            "DestinationConfig": {"OnFailure": {"Destination": {"Fn::GetAtt": ["Lost", "Arn"]}}},
            "Enabled": False,
            "FilterCriteria": {"Filters": [{"Pattern": '{"data":{"kind":["first"]}}'}]},
            "FunctionResponseTypes": ["ReportBatchItemFailures"],
            "MaximumBatchingWindowInSeconds": 3,
            "MaximumRecordAgeInSeconds": 61,
            "MaximumRetryAttempts": 4,
            "MetricsConfig": {"Metrics": ["EventCount"]},
            "ParallelizationFactor": 2,
            "TumblingWindowInSeconds": 31,
            "Tags": [{"Key": "team", "Value": "data"}],
        },
        changed={
            "FunctionName": {"Ref": "Function"},
            "EventSourceArn": {"Fn::GetAtt": ["Stream", "Arn"]},
            "StartingPosition": "TRIM_HORIZON",
            "BatchSize": 8,
            "FilterCriteria": {"Filters": [{"Pattern": '{"data":{"kind":["second"]}}'}]},
            "MaximumRetryAttempts": 5,
            "Tags": [{"Key": "team", "Value": "ml"}],
        },
        read=_read_mapping,
        ref="????????-????-????-????-????????????",
        attributes={"Id": "????????-*", "EventSourceMappingArn": "arn:aws:lambda:*:event-source-mapping:*"},
    ),
    Case(
        type="AWS::Lambda::Permission",
        needs={"Role": ROLE, "Function": FUNCTION},
        properties={
            "FunctionName": {"Fn::GetAtt": ["Function", "Arn"]},
            "Action": "lambda:InvokeFunction",
            "Principal": "events.amazonaws.com",
            "SourceAccount": "123456789012",
            "SourceArn": "arn:aws:events:us-east-1:123456789012:rule/any",
        },
        read=lambda cloud, _: [cloud.client("lambda").get_policy(FunctionName="needed")],
        ref="stack-Subject-*",
        unreadable=("Principal",),  # a service is {"Service": …} there: checked below by its value
    ),
    Case(
        type="AWS::Lambda::LayerVersion",
        prepare=_archive,
        properties={
            "LayerName": "subject",
            "Description": "first",
            "CompatibleRuntimes": ["python3.13"],
            "CompatibleArchitectures": ["arm64"],
            "Content": {"S3Bucket": "assets", "S3Key": "code.zip"},
            "LicenseInfo": "Apache-2.0",
        },
        read=lambda cloud, ref: [
            cloud.client("lambda").get_layer_version(LayerName="subject", VersionNumber=1),
            {"LayerName": ref.split(":")[-2]},
        ],
        unreadable=("S3Bucket", "S3Key"),  # only a download link is returned
        ref="arn:aws:lambda:us-east-1:123456789012:layer:subject:1",
    ),
    Case(
        type="AWS::Lambda::EventInvokeConfig",
        needs={"Role": ROLE, "Function": FUNCTION},
        properties={
            "FunctionName": {"Ref": "Function"},
            "Qualifier": "$LATEST",
            "MaximumRetryAttempts": 1,
            "MaximumEventAgeInSeconds": 301,
        },
        changed={"FunctionName": {"Ref": "Function"}, "Qualifier": "$LATEST", "MaximumRetryAttempts": 0},
        read=lambda cloud, _: [cloud.client("lambda").get_function_event_invoke_config(FunctionName="needed")],
        unreadable=("Qualifier", "FunctionName"),  # part of the ARN
        ref="stack-Subject-*",
    ),
    Case(
        type="AWS::Logs::LogGroup",
        properties={
            "LogGroupName": "/subject",
            "RetentionInDays": 14,
            "KmsKeyId": "arn:aws:kms:us-east-1:123456789012:key/any",
            "Tags": [{"Key": "team", "Value": "data"}],
        },
        changed={"LogGroupName": "/subject", "Tags": [{"Key": "team", "Value": "ml"}]},
        read=lambda cloud, ref: [
            cloud.client("logs").describe_log_groups(logGroupNamePrefix=ref),
            cloud.client("logs").list_tags_for_resource(
                resourceArn="arn:aws:logs:us-east-1:123456789012:log-group:/subject"
            ),
        ],
        ref="/subject",
        attributes={"Arn": "arn:aws:logs:us-east-1:123456789012:log-group:/subject:*"},
    ),
    Case(
        type="AWS::Logs::LogStream",
        needs={"Group": GROUP},
        properties={"LogGroupName": {"Ref": "Group"}, "LogStreamName": "subject"},
        read=lambda cloud, _: [cloud.client("logs").describe_log_streams(logGroupName="/needed")],
        ref="subject",
    ),
    Case(
        type="AWS::Logs::MetricFilter",
        needs={"Group": GROUP},
        properties={
            "FilterName": "subject",
            "LogGroupName": {"Ref": "Group"},
            "FilterPattern": "ERROR",
            "MetricTransformations": [
                {"MetricName": "errors", "MetricNamespace": "project", "MetricValue": "1", "DefaultValue": 0}
            ],
        },
        changed={
            "FilterName": "subject",
            "LogGroupName": {"Ref": "Group"},
            "FilterPattern": "WARNING",
            "MetricTransformations": [{"MetricName": "warnings", "MetricNamespace": "project", "MetricValue": "1"}],
        },
        read=lambda cloud, _: [cloud.client("logs").describe_metric_filters(logGroupName="/needed")],
        ref="subject",
    ),
    Case(
        type="AWS::StepFunctions::StateMachine",
        needs={"Role": ROLE},
        properties={
            "StateMachineName": "subject",
            "StateMachineType": "STANDARD",
            "RoleArn": ROLE_ARN,
            "DefinitionString": '{"StartAt": "A", "States": {"A": {"Type": "${kind}", "End": true}}}',
            "DefinitionSubstitutions": {"kind": "Pass"},
            "Tags": [{"Key": "team", "Value": "data"}],
        },
        changed={
            "StateMachineName": "subject",
            "StateMachineType": "STANDARD",
            "RoleArn": ROLE_ARN,
            "Definition": {"StartAt": "B", "States": {"B": {"Type": "Succeed"}}},
            "Tags": [{"Key": "team", "Value": "ml"}],
        },
        read=_read_machine,
        unreadable=("Type",),  # a substitution in one of them
        ref="arn:aws:states:us-east-1:123456789012:stateMachine:subject",
        attributes={"Arn": "arn:*", "Name": "subject", "StateMachineRevisionId": "*"},
    ),
    Case(
        type="AWS::StepFunctions::Activity",
        properties={"Name": "subject", "Tags": [{"Key": "team", "Value": "data"}]},
        changed={"Name": "subject", "Tags": [{"Key": "team", "Value": "ml"}]},
        read=_read_activity,
        ref="arn:aws:states:us-east-1:123456789012:activity:subject",
        attributes={"Arn": "arn:*", "Name": "subject"},
    ),
    Case(
        type="AWS::StepFunctions::StateMachineVersion",
        needs={"Role": ROLE, "Machine": MACHINE},
        properties={"StateMachineArn": {"Ref": "Machine"}, "Description": "first"},
        read=lambda cloud, ref: [_described(cloud, ref), {"StateMachineArn": ref.rpartition(":")[0]}],
        ref="arn:aws:states:us-east-1:123456789012:stateMachine:needed:*",
        attributes={"Arn": "arn:*"},
    ),
    Case(
        type="AWS::StepFunctions::StateMachineAlias",
        needs={"Role": ROLE, "Machine": MACHINE, "Version": MACHINE_VERSION},
        properties={
            "Name": "subject",
            "Description": "first",
            "RoutingConfiguration": [{"StateMachineVersionArn": {"Ref": "Version"}, "Weight": 100}],
        },
        changed={
            "Name": "subject",
            "Description": "second",
            "RoutingConfiguration": [{"StateMachineVersionArn": {"Ref": "Version"}, "Weight": 100}],
        },
        read=lambda cloud, ref: [
            cloud.client("stepfunctions").describe_state_machine_alias(stateMachineAliasArn=ref)
        ],
        ref="arn:aws:states:us-east-1:123456789012:stateMachine:needed:subject",
        attributes={"Arn": "arn:*"},
    ),
]
