"""Step Functions: state machines, their versions and aliases, and activities."""

import json
from typing import Any

from localcloud.cloudformation.mapping import Properties
from localcloud.cloudformation.resource import Resource
from localcloud.cloudformation.types.model import Call, ResourceType, Tagging, by


def _definition(resource: Resource, properties: Properties) -> Properties:
    """The definition as one text, substitutions made.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-stepfunctions-statemachine.html
    """
    definition: Any = properties.pop("Definition", None) or properties.pop("DefinitionString", None)
    location = properties.pop("DefinitionS3Location", None)
    if location:
        version = {"VersionId": location["Version"]} if "Version" in location else {}
        answer = resource.call("GetObject", "s3", Bucket=location["Bucket"], Key=location["Key"], **version)
        definition = answer["Body"].read().decode()
    text = definition if isinstance(definition, str) else json.dumps(definition)
    for name, value in properties.pop("DefinitionSubstitutions", {}).items():
        text = text.replace(f"${{{name}}}", str(value).lower() if isinstance(value, bool) else str(value))
    return {**properties, "definition": text}


def _revision(resource: Resource) -> str:
    """The first is INITIAL: https://docs.aws.amazon.com/step-functions/latest/dg/concepts-state-machine-version.html"""
    answer = resource.call("DescribeStateMachine", stateMachineArn=resource.physical_id)
    return str(answer.get("revisionId") or "INITIAL")


def _routing(_: Resource, properties: Properties) -> Properties:
    """A deployment preference names the version that all executions go to in the end."""
    preference = properties.pop("DeploymentPreference", None)
    if preference is None:
        return properties
    route = {"StateMachineVersionArn": preference["StateMachineVersionArn"], "Weight": 100}
    return {**properties, "RoutingConfiguration": [route]}


_BY_ARN = Tagging(
    add="TagResource", remove="UntagResource", key=lambda resource: {"resourceArn": resource.physical_id}
)

TYPES = {
    "StepFunctions::StateMachine": ResourceType(
        service="stepfunctions",
        name="StateMachineName",
        key=by("stateMachineArn"),
        prepare=_definition,
        create=Call(operation="CreateStateMachine", rename={"StateMachineName": "name", "StateMachineType": "type"}),
        identifier="stateMachineArn",
        update=Call(operation="UpdateStateMachine"),
        delete="DeleteStateMachine",
        tags=_BY_ARN,
        attributes={
            "Arn": "{id}",
            "Name": lambda resource: resource.name,
            "StateMachineRevisionId": _revision,
        },
    ),
    "StepFunctions::StateMachineVersion": ResourceType(
        service="stepfunctions",
        key=by("stateMachineVersionArn"),
        create=Call(operation="PublishStateMachineVersion", rename={"StateMachineRevisionId": "revisionId"}),
        identifier="stateMachineVersionArn",
        delete="DeleteStateMachineVersion",
        attributes={"Arn": "{id}"},
    ),
    "StepFunctions::StateMachineAlias": ResourceType(
        service="stepfunctions",
        name="Name",
        key=by("stateMachineAliasArn"),
        prepare=_routing,
        create=Call(operation="CreateStateMachineAlias"),
        identifier="stateMachineAliasArn",
        update=Call(operation="UpdateStateMachineAlias", without=("Name",)),
        delete="DeleteStateMachineAlias",
        attributes={"Arn": "{id}"},
    ),
    "StepFunctions::Activity": ResourceType(
        service="stepfunctions",
        name="Name",
        key=by("activityArn"),
        create=Call(operation="CreateActivity"),
        identifier="activityArn",
        delete="DeleteActivity",
        tags=_BY_ARN,
        attributes={"Arn": "{id}", "Name": lambda resource: resource.name},
    ),
}
