"""SageMaker Model Monitor: data quality job definitions and monitoring schedules."""

from localcloud.cloudformation.mapping import Properties
from localcloud.cloudformation.resource import Resource
from localcloud.cloudformation.types.model import Call, ResourceType, Tagging


def _name(resource: Resource) -> str:
    return str(resource.physical_id).rpartition("/")[2]  # Ref is the ARN


def _schedule_key(resource: Resource) -> Properties:
    return {"MonitoringScheduleName": _name(resource)}


def _arn(resource: Resource) -> Properties:
    return {"ResourceArn": resource.physical_id}


TYPES = {
    "SageMaker::DataQualityJobDefinition": ResourceType(
        service="sagemaker",
        name="JobDefinitionName",
        key=lambda resource: {"JobDefinitionName": _name(resource)},
        create=Call(operation="CreateDataQualityJobDefinition"),
        identifier="JobDefinitionArn",
        delete="DeleteDataQualityJobDefinition",
        tags=Tagging(add="AddTags", remove="DeleteTags", key=_arn),
        read="DescribeDataQualityJobDefinition",
        attributes={"JobDefinitionArn": "JobDefinitionArn", "CreationTime": "CreationTime"},
    ),
    "SageMaker::MonitoringSchedule": ResourceType(
        service="sagemaker",
        name="MonitoringScheduleName",
        key=_schedule_key,
        create=Call(operation="CreateMonitoringSchedule"),
        update=Call(operation="UpdateMonitoringSchedule"),
        identifier="MonitoringScheduleArn",
        delete="DeleteMonitoringSchedule",
        tags=Tagging(add="AddTags", remove="DeleteTags", key=_arn),
        read="DescribeMonitoringSchedule",
        attributes={
            "MonitoringScheduleArn": "MonitoringScheduleArn",
            "CreationTime": "CreationTime",
            "LastModifiedTime": "LastModifiedTime",
        },
    ),
}
