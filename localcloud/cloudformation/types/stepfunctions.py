"""Step Functions state machines."""

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
        tags=Tagging(
            add="TagResource", remove="UntagResource", key=lambda resource: {"resourceArn": resource.physical_id}
        ),
        attributes={"Arn": "{id}", "Name": lambda resource: resource.name},
    ),
}
