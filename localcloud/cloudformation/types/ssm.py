"""Systems Manager parameters."""

from localcloud.cloudformation.types.model import Call, ResourceType, Tagging, by

TYPES = {
    "SSM::Parameter": ResourceType(
        service="ssm",
        name="Name",
        key=by("Name"),
        # a description that is not sent would stay when it is removed
        prepare=lambda _, properties: {"Description": "", **properties},
        create=Call(operation="PutParameter"),
        update=Call(operation="PutParameter", constant={"Overwrite": True}),
        delete="DeleteParameter",
        tags=Tagging(
            add="AddTagsToResource",
            remove="RemoveTagsFromResource",
            key=lambda resource: {"ResourceType": "Parameter", "ResourceId": resource.physical_id},
        ),
        read="GetParameter",
        attributes={"Arn": "Parameter.ARN", "Type": "Parameter.Type", "Value": "Parameter.Value"},
    ),
}
