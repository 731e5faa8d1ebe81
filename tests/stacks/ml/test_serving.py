"""Serving: what the deploy function is told and may do, when it is called, what happens when the stack goes."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from lambdas.deploy_model.configuration import VARIABLE, Serving
from lambdas.deploy_model.plan import CHALLENGER, CHAMPION, plan
from lambdas.deploy_model.registry import Version


def told(assembly: Any, flatten: Any) -> Serving:
    """The settings as the function reads them."""
    variables = assembly.serving.properties("AWS::Lambda::Function", "Deploy")["Environment"]["Variables"]
    return Serving.parse(flatten(variables[VARIABLE]))


def test_function_is_told_the_settings(default: Any, otherwise: Any, flatten: Any) -> None:
    usual = told(default, flatten)
    assert (usual.kind, usual.instance_type, usual.instances, usual.max_instances) == (
        *("instance", "ml.m5.large"),
        *(1, None),
    )
    assert (usual.challenger_share, usual.capture_percent) == (0, 100)
    changed = told(otherwise, flatten)
    assert (changed.instance_type, changed.instances, changed.max_instances) == ("ml.c5.large", 2, 4)
    assert (changed.requests_per_minute, changed.challenger_share, changed.capture_percent) == (500, 0.2, 50)
    assert (changed.canary_percent, changed.canary_minutes, changed.latency_ms) == (25, 6, 250)
    assert changed.tags == {"project": "other2"}


def test_function_is_told_where_things_are(assembly: Any, flatten: Any) -> None:
    serving = told(assembly, flatten)
    template = assembly.serving
    assert serving.endpoint == template.document["Outputs"]["EndpointName"]["Value"]
    assert serving.package_group == assembly.training.document["Outputs"]["ModelPackageGroupName"]["Value"]
    assert (serving.role, serving.key, serving.bucket) == ("<ModelRole.Arn>", "<Key.Arn>", "<Lake>")
    assert serving.topic == "<AlarmTopic>"


@pytest.mark.parametrize(
    ("assembly", "expected"),
    [("serverless", ("serverless", 4096, 9)), ("switched_off", ("off", 2048, 5))],
    indirect=["assembly"],
)
def test_kind_of_endpoint_is_a_setting(assembly: Any, flatten: Any, expected: tuple[str, int, int]) -> None:
    """The stack is there in any case: switched off it takes the endpoint away, which a missing stack would not."""
    serving = Serving.parse(flatten(assembly.serving.properties("Custom::Endpoint")["Serving"]))
    assert (serving.kind, serving.memory_mb, serving.concurrency) == expected


def test_changed_settings_call_the_function(assembly: Any) -> None:
    """CloudFormation asks a custom resource whose properties have changed, and no other."""
    template = assembly.serving
    resource = template.properties("Custom::Endpoint")
    variables = template.properties("AWS::Lambda::Function", "Deploy")["Environment"]["Variables"]
    assert resource["Serving"] == variables[VARIABLE]
    assert resource["ServiceToken"]["Fn::GetAtt"][0] == template.logical_id("AWS::Lambda::Function", "Deploy")


def rules(assembly: Any) -> dict[str, dict[str, Any]]:
    """Properties of the stack's rules, by the events they are for."""
    return {
        item["Properties"]["EventPattern"]["detail-type"][0]: item["Properties"]
        for item in assembly.serving.of("AWS::Events::Rule").values()
    }


def test_function_looks_when_something_is_decided_or_deployed(default: Any) -> None:
    found = rules(default)
    assert found.keys() == {"SageMaker Model Package State Change", "SageMaker Endpoint State Change"}
    assert all(rule["EventPattern"]["source"] == ["aws.sagemaker"] for rule in found.values())
    decided = found["SageMaker Model Package State Change"]["EventPattern"]["detail"]
    assert decided == {
        "ModelPackageGroupName": ["mlref-flights"],
        "ModelApprovalStatus": ["Approved", "Rejected"],  # a registration would bring back a deleted endpoint
    }
    deployed = found["SageMaker Endpoint State Change"]["EventPattern"]["detail"]
    assert deployed["EndpointName"] == ["mlref-flights"]
    assert {"IN_SERVICE", "FAILED"} <= set(deployed["EndpointStatus"])
    assert not [status for status in deployed["EndpointStatus"] if status.upper().startswith("DELET")], (
        "who deletes the endpoint does not want it back"
    )


def test_no_event_is_lost_unseen(assembly: Any) -> None:
    template = assembly.serving
    queue = template.logical_id("AWS::SQS::Queue", "Undelivered")
    for rule in rules(assembly).values():
        (target,) = rule["Targets"]
        assert target["DeadLetterConfig"]["Arn"] == {"Fn::GetAtt": [queue, "Arn"]}
        assert target["Arn"]["Fn::GetAtt"][0] == template.logical_id("AWS::Lambda::Function", "Deploy")
    alarms = {
        (alarm["Properties"]["Namespace"], alarm["Properties"]["MetricName"]): alarm["Properties"]
        for alarm in template.of("AWS::CloudWatch::Alarm").values()
    }
    for metric in (("AWS/SQS", "ApproximateNumberOfMessagesVisible"), ("AWS/Lambda", "Errors")):
        assert alarms[metric]["Threshold"] == 0
        assert alarms[metric]["AlarmActions"]


def test_each_rule_may_call_the_function(assembly: Any) -> None:
    permitted = {item["Properties"]["SourceArn"]["Fn::GetAtt"][0] for item in permissions(assembly)}
    assert permitted == assembly.serving.of("AWS::Events::Rule").keys()


def permissions(assembly: Any) -> list[dict[str, Any]]:
    return list(assembly.serving.of("AWS::Lambda::Permission").values())


def test_endpoint_goes_after_the_rules_and_before_its_roles_and_logs(assembly: Any) -> None:
    """What depends on a resource is deleted before it."""
    template = assembly.serving
    endpoint = template.logical_id("Custom::Endpoint")
    for rule in template.of("AWS::Events::Rule"):
        assert endpoint in template.depends_on(rule), "an event would bring the endpoint back"
    needed = template.depends_on(endpoint)
    assert template.logical_id("AWS::IAM::Role", "ModelRole") in needed
    assert template.logical_id("AWS::IAM::Role", "DeployRole") in needed
    assert template.logical_id("AWS::Logs::LogGroup", "EndpointLogs") in needed


def test_deletion_has_the_time_it_takes(assembly: Any) -> None:
    template = assembly.serving
    timeout = template.properties("AWS::Lambda::Function", "Deploy")["Timeout"]
    assert timeout == 900  # Lambda's longest
    assert int(template.properties("Custom::Endpoint")["ServiceTimeout"]) > timeout


def test_log_group_is_the_one_that_sagemaker_writes(default: Any) -> None:
    """https://docs.aws.amazon.com/sagemaker/latest/dg/logging-cloudwatch.html"""
    group = default.serving.properties("AWS::Logs::LogGroup", "EndpointLogs")
    assert group["LogGroupName"] == "/aws/sagemaker/Endpoints/mlref-flights"


def allowed(assembly: Any, role: str, flatten: Any) -> dict[str, set[str]]:
    """Action → resources, the beginning of ARNs left out."""
    found: dict[str, set[str]] = {}
    for statement in assembly.serving.statements(role):
        actions, resources = statement["Action"], statement["Resource"]
        for action in actions if isinstance(actions, list) else [actions]:
            for resource in resources if isinstance(resources, list) else [resources]:
                short = re.sub(r"^arn:[^/]*:(?=[a-z-]+[/:])", "", flatten(resource))
                found.setdefault(action, set()).add(short)
    return found


def test_model_reads_its_artifact_and_writes_what_is_captured(default: Any, flatten: Any) -> None:
    role = allowed(default, "ModelRole", flatten)
    assert role["s3:GetObject"] == {"<Lake.Arn>/runs/*"}
    assert role["s3:PutObject"] == {"<Lake.Arn>/capture/mlref-flights/*"}
    assert {"kms:Decrypt", "kms:GenerateDataKey", "kms:CreateGrant"} <= role.keys()
    assert role["ecr:BatchGetImage"] == {"repository/sagemaker-xgboost"}
    assert not [action for action in role if action.startswith(("sagemaker:", "iam:", "s3:Delete", "s3:List"))]
    trust = default.serving.properties("AWS::IAM::Role", "ModelRole")["AssumeRolePolicyDocument"]
    assert trust["Statement"][0]["Principal"] == {"Service": "sagemaker.amazonaws.com"}


def test_captured_data_goes_where_the_role_may_write(default: Any, flatten: Any) -> None:
    """The function names the prefix, SageMaker adds the endpoint."""
    capture = plan(told(default, flatten), Version(1, "arn", approved=True), None).config["DataCaptureConfig"]
    assert capture["DestinationS3Uri"] == "s3://<Lake>/capture"


def test_function_touches_nothing_but_its_endpoint(default: Any, flatten: Any) -> None:
    role = allowed(default, "DeployRole", flatten)
    assert role["sagemaker:DeleteEndpoint"] == {"endpoint/mlref-flights"}
    assert role["sagemaker:UpdateEndpoint"] == {"endpoint/mlref-flights", "endpoint-config/mlref-flights-v*"}
    assert role["sagemaker:DeleteModel"] == {"model/mlref-flights-v*"}
    assert role["sagemaker:UpdateModelPackage"] == {"model-package/mlref-flights/*"}
    assert role["iam:PassRole"] == {"<ModelRole.Arn>"}
    assert role["s3:PutObject"] == role["s3:DeleteObject"] == {"<Lake.Arn>/monitoring/baseline/*"}
    assert role["cloudwatch:DeleteAlarms"] == {
        "alarm:mlref-flights-v*",
        "alarm:TargetTracking-endpoint/mlref-flights/*",
    }
    conditions = {
        key: value
        for statement in default.serving.statements("DeployRole")
        for condition in statement.get("Condition", {}).values()
        for key, value in condition.items()
    }
    assert conditions == {
        "iam:PassedToService": "sagemaker.amazonaws.com",
        "application-autoscaling:service-namespace": "sagemaker",
        "iam:AWSServiceName": "sagemaker.application-autoscaling.amazonaws.com",
    }


def test_function_may_do_what_its_code_calls(default: Any, repository: Path, flatten: Any) -> None:
    """Each call of a client in the code has its action in the role; `CreateModel` with tags needs AddTags too."""
    source = "\n".join(path.read_text("utf-8") for path in (repository / "lambdas/deploy_model").glob("*.py"))
    names = set(re.findall(r"(?:_client|client)\.([a-z]+_[a-z_]+)\b", source)) - {"get_paginator"}
    names |= set(re.findall(r'get_paginator\("(\w+)"\)', source))
    names |= {"list_endpoint_configs", "list_models", "delete_endpoint_config", "delete_model"}  # made by f-strings
    role = {action.lower().replace(":", "."): action for action in allowed(default, "DeployRole", flatten)}
    services = ("sagemaker", "cloudwatch", "application-autoscaling", "s3")
    for name in sorted(names):
        wanted = {f"{service}.{name.replace('_', '')}" for service in services}
        assert wanted & role.keys(), f"the code calls {name}, the role has no such action"
    assert len(names) > 20


def test_alarms_tell_what_clients_see(default: Any, otherwise: Any) -> None:
    for assembly, variants, milliseconds in (
        (default, {CHAMPION}, 1000),
        (otherwise, {CHAMPION, CHALLENGER}, 250),
    ):
        found: dict[tuple[str, str], dict[str, Any]] = {}
        for item in assembly.serving.of("AWS::CloudWatch::Alarm").values():
            alarm = item["Properties"]
            if alarm["Namespace"] == "AWS/SageMaker":
                dimensions = {dimension["Name"]: dimension["Value"] for dimension in alarm["Dimensions"]}
                assert dimensions.keys() == {"EndpointName", "VariantName"}
                found[dimensions["VariantName"], alarm["MetricName"]] = alarm
        assert found.keys() == {
            (variant, metric) for variant in variants for metric in ("Invocation5XXErrors", "ModelLatency")
        }
        for (_, metric), alarm in found.items():
            assert alarm["Threshold"] == {"Invocation5XXErrors": 0.05, "ModelLatency": milliseconds * 1000}[metric]
            assert (alarm["Statistic"], alarm["TreatMissingData"]) == ("Average", "notBreaching")
            assert alarm["AlarmActions"]


def test_nothing_of_the_stack_costs_while_nothing_is_approved(default: Any) -> None:
    kinds = {item["Type"] for item in default.serving.resources.values()}
    assert not [kind for kind in kinds if kind.startswith("AWS::SageMaker::")]
    assert json.dumps(default.serving.document).count("AWS::ApplicationAutoScaling") == 0
