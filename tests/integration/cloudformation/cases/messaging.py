"""SNS, SQS, EventBridge, Scheduler, CloudWatch."""

from typing import Any

from localcloud import LocalCloud
from tests.integration.cloudformation.case import Case, Properties
from tests.integration.cloudformation.cases.analytics import ROLE_ARN
from tests.integration.cloudformation.cases.storage import ROLE

TOPIC_ARN = "arn:aws:sns:us-east-1:123456789012:{}"
TOPIC = {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": "needed"}}
QUEUE = {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "needed"}}
QUEUE_ARN = {"Fn::GetAtt": ["Queue", "Arn"]}


def _policy(action: str) -> Properties:
    statement = {
        "Sid": action,
        "Effect": "Allow",
        "Principal": {"Service": "events.amazonaws.com"},
        "Action": action,
        "Resource": "*",
    }
    return {"Version": "2012-10-17", "Statement": [statement]}


def _topic(cloud: LocalCloud, ref: str) -> list[Any]:
    sns = cloud.client("sns")
    subscriptions = sns.list_subscriptions_by_topic(TopicArn=ref)
    tags = sns.list_tags_for_resource(ResourceArn=ref)
    name = ref.rsplit(":", maxsplit=1)[-1]
    return [{"TopicName": name}, sns.get_topic_attributes(TopicArn=ref), subscriptions, tags]


def _queue(cloud: LocalCloud, url: str) -> list[Any]:
    sqs = cloud.client("sqs")
    attributes = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])
    name = url.rsplit("/", maxsplit=1)[-1]
    return [{"QueueName": name}, attributes, sqs.list_queue_tags(QueueUrl=url).get("Tags", {})]


def _alarm(**more: Any) -> Properties:
    return {
        "AlarmName": "subject",
        "ComparisonOperator": "GreaterThanOrEqualToThreshold",
        "EvaluationPeriods": 3,
        "MetricName": "IteratorAge",
        "Namespace": "AWS/Kinesis",
        "Period": 60,
        "Statistic": "Maximum",
        "Threshold": 1000,
        **more,
    }


def _rule(cloud: LocalCloud, ref: str) -> list[Any]:
    events = cloud.client("events")
    rule = events.describe_rule(Name=ref)
    return [rule, events.list_targets_by_rule(Rule=ref), events.list_tags_for_resource(ResourceARN=rule["Arn"])]


def _schedule(expression: str, **more: Any) -> Properties:
    return {
        "Name": "subject",
        "FlexibleTimeWindow": {"Mode": "OFF"},
        "ScheduleExpression": expression,
        "Target": {"Arn": QUEUE_ARN, "RoleArn": ROLE_ARN, "Input": '{"kind": "tick"}'},
        **more,
    }


CASES = [
    Case(
        type="AWS::SNS::Topic",
        properties={
            "TopicName": "subject",
            "DisplayName": "first",
            "KmsMasterKeyId": "alias/aws/sns",
            "Subscription": [{"Protocol": "email", "Endpoint": "a@example.com"}],
            "Tags": [{"Key": "team", "Value": "data"}],
        },
        changed={
            "TopicName": "subject",
            "DisplayName": "second",
            "Subscription": [{"Protocol": "email", "Endpoint": "b@example.com"}],
            "Tags": [{"Key": "team", "Value": "ml"}],
        },
        read=_topic,
        ref=TOPIC_ARN.format("subject"),
        attributes={"TopicArn": TOPIC_ARN.format("subject"), "TopicName": "subject"},
    ),
    Case(
        type="AWS::SNS::TopicPolicy",
        needs={"Topic": TOPIC},
        properties={"Topics": [{"Ref": "Topic"}], "PolicyDocument": _policy("sns:Publish")},
        changed={"Topics": [{"Ref": "Topic"}], "PolicyDocument": _policy("sns:Subscribe")},
        read=lambda cloud, _: [cloud.client("sns").get_topic_attributes(TopicArn=TOPIC_ARN.format("needed"))],
        ref="stack-Subject-*",
    ),
    Case(
        type="AWS::SNS::Subscription",
        needs={"Topic": TOPIC, "Queue": QUEUE},
        properties={
            "TopicArn": {"Ref": "Topic"},
            "Protocol": "sqs",
            "Endpoint": QUEUE_ARN,
            "FilterPolicy": {"kind": ["departure"]},
            "RawMessageDelivery": True,
        },
        changed={
            "TopicArn": {"Ref": "Topic"},
            "Protocol": "sqs",
            "Endpoint": QUEUE_ARN,
            "FilterPolicy": {"kind": ["arrival"]},
            "RawMessageDelivery": False,
        },
        read=lambda cloud, ref: [
            cloud.client("sns").get_subscription_attributes(SubscriptionArn=ref),
            *cloud.client("sns").list_subscriptions()["Subscriptions"],
        ],
        ref=TOPIC_ARN.format("needed:*"),
        attributes={"Arn": TOPIC_ARN.format("needed:*")},
    ),
    Case(
        type="AWS::SQS::Queue",
        properties={
            "QueueName": "subject",
            "DelaySeconds": 7,
            "KmsMasterKeyId": "alias/aws/sqs",
            "MessageRetentionPeriod": 1209600,
            "VisibilityTimeout": 91,
            "Tags": [{"Key": "team", "Value": "data"}],
        },
        changed={
            "QueueName": "subject",
            "MessageRetentionPeriod": 86400,
            "ReceiveMessageWaitTimeSeconds": 11,
            "Tags": [{"Key": "team", "Value": "ml"}],
        },
        read=_queue,
        ref="http*/123456789012/subject",
        attributes={"Arn": "arn:aws:sqs:us-east-1:123456789012:subject", "QueueName": "subject"},
    ),
    Case(
        type="AWS::SQS::QueuePolicy",
        needs={"Queue": QUEUE},
        properties={"Queues": [{"Ref": "Queue"}], "PolicyDocument": _policy("sqs:SendMessage")},
        changed={"Queues": [{"Ref": "Queue"}], "PolicyDocument": _policy("sqs:ReceiveMessage")},
        read=lambda cloud, _: _queue(cloud, cloud.client("sqs").get_queue_url(QueueName="needed")["QueueUrl"]),
        ref="stack-Subject-*",
    ),
    Case(
        type="AWS::Events::Rule",
        needs={"Queue": QUEUE},
        properties={
            "Name": "subject",
            "Description": "first",
            "EventPattern": {"source": ["aws.glue"], "detail": {"state": ["FAILED"]}},
            "State": "ENABLED",
            "Targets": [{"Arn": QUEUE_ARN, "Id": "queue", "Input": '{"a": "b"}'}],
            "Tags": [{"Key": "team", "Value": "data"}],
        },
        changed={
            "Name": "subject",
            "Description": "second",
            "EventPattern": {"source": ["aws.s3"]},
            "State": "DISABLED",
            "Targets": [{"Arn": QUEUE_ARN, "Id": "other", "InputPath": "$.detail"}],
            "Tags": [{"Key": "team", "Value": "ml"}],
        },
        read=_rule,
        ref="subject",
        attributes={"Arn": "arn:aws:events:us-east-1:123456789012:rule/subject"},
    ),
    Case(
        type="AWS::Scheduler::Schedule",
        needs={"Queue": QUEUE, "Role": ROLE},
        properties=_schedule("rate(5 minutes)", Description="first", State="ENABLED"),
        changed=_schedule("rate(7 minutes)", ScheduleExpressionTimezone="Europe/Paris", State="DISABLED"),
        read=lambda cloud, ref: [cloud.client("scheduler").get_schedule(Name=ref)],
        ref="subject",
        attributes={"Arn": "arn:aws:scheduler:us-east-1:123456789012:schedule/default/subject"},
    ),
    Case(
        type="AWS::Scheduler::ScheduleGroup",
        properties={"Name": "subject", "Tags": [{"Key": "team", "Value": "data"}]},
        changed={"Name": "subject", "Tags": [{"Key": "team", "Value": "ml"}]},
        read=lambda cloud, ref: [
            (group := cloud.client("scheduler").get_schedule_group(Name=ref)),
            cloud.client("scheduler").list_tags_for_resource(ResourceArn=group["Arn"]),
        ],
        ref="subject",
        attributes={"Arn": "arn:aws:scheduler:*/subject"},
    ),
    Case(
        type="AWS::CloudWatch::Alarm",
        properties=_alarm(
            AlarmDescription="first",
            AlarmActions=[TOPIC_ARN.format("alarms")],
            Dimensions=[{"Name": "StreamName", "Value": "events"}],
            TreatMissingData="notBreaching",
            Tags=[{"Key": "team", "Value": "data"}],
        ),
        changed=_alarm(Threshold=2000, Statistic="Average", Tags=[{"Key": "team", "Value": "ml"}]),
        read=lambda cloud, ref: [
            (alarm := cloud.client("cloudwatch").describe_alarms(AlarmNames=[ref])["MetricAlarms"][0]),
            cloud.client("cloudwatch").list_tags_for_resource(ResourceARN=alarm["AlarmArn"]),
        ],
        ref="subject",
        attributes={"Arn": "arn:aws:cloudwatch:us-east-1:123456789012:alarm:subject"},
    ),
    Case(
        type="AWS::CloudWatch::Dashboard",
        properties={"DashboardName": "subject", "DashboardBody": '{"widgets": [{"type": "text"}]}'},
        changed={"DashboardName": "subject", "DashboardBody": '{"widgets": [{"type": "metric"}]}'},
        read=lambda cloud, ref: [cloud.client("cloudwatch").get_dashboard(DashboardName=ref)],
        ref="subject",
    ),
]
