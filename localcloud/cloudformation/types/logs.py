"""CloudWatch Logs: groups, streams, metric filters."""

from localcloud.cloudformation.mapping import Properties
from localcloud.cloudformation.resource import Resource
from localcloud.cloudformation.types.model import Call, ResourceType, Setting, Tagging, by


def _arn(resource: Resource) -> Properties:
    """Tagging takes the ARN without the ``:*`` that Fn::GetAtt ends with."""
    return {"resourceArn": resource.attribute("Arn").removesuffix(":*")}


TYPES = {
    "Logs::LogGroup": ResourceType(
        service="logs",
        name="LogGroupName",
        key=by("logGroupName"),
        create=Call(operation="CreateLogGroup"),
        settings=(
            Setting(properties=("RetentionInDays",), put="PutRetentionPolicy", remove="DeleteRetentionPolicy"),
            Setting(properties=("KmsKeyId",), put="AssociateKmsKey", remove="DisassociateKmsKey", on_create=False),
        ),
        delete="DeleteLogGroup",
        tags=Tagging(add="TagResource", remove="UntagResource", key=_arn),
        attributes={"Arn": "arn:aws:logs:{region}:{account}:log-group:{id}:*"},
    ),
    "Logs::LogStream": ResourceType(
        service="logs",
        name="LogStreamName",
        key=lambda resource: {
            "logGroupName": resource.properties["LogGroupName"],
            "logStreamName": resource.physical_id,
        },
        create=Call(operation="CreateLogStream"),
        delete="DeleteLogStream",
    ),
    "Logs::MetricFilter": ResourceType(
        service="logs",
        name="FilterName",
        key=lambda resource: {
            "logGroupName": resource.properties["LogGroupName"],
            "filterName": resource.physical_id,
        },
        create=Call(operation="PutMetricFilter"),
        update=Call(operation="PutMetricFilter"),
        delete="DeleteMetricFilter",
    ),
}
