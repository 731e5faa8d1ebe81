"""CloudWatch: alarms and dashboards."""

from localcloud.cloudformation.types.model import Call, ResourceType, Tagging, by_arn

TYPES = {
    "CloudWatch::Alarm": ResourceType(
        service="cloudwatch",
        name="AlarmName",
        key=lambda resource: {"AlarmNames": [resource.physical_id]},
        create=Call(operation="PutMetricAlarm"),
        update=Call(operation="PutMetricAlarm"),
        delete="DeleteAlarms",
        tags=Tagging(add="TagResource", remove="UntagResource", key=by_arn("ResourceARN")),
        read="DescribeAlarms",
        attributes={"Arn": "MetricAlarms.0.AlarmArn"},
    ),
    "CloudWatch::Dashboard": ResourceType(
        service="cloudwatch",
        name="DashboardName",
        key=lambda resource: {"DashboardNames": [resource.physical_id]},
        create=Call(operation="PutDashboard"),
        update=Call(operation="PutDashboard"),
        delete="DeleteDashboards",
    ),
}
