"""Services tell EventBridge, SNS and S3 tell their subscribers."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from localcloud import LocalCloud
from tests.integration.inbox import Inbox, until

Make = Callable[..., Any]


def bucket(cloud: LocalCloud, **notifications: Any) -> Any:
    s3 = cloud.client("s3")
    s3.create_bucket(Bucket="lake")
    s3.put_bucket_notification_configuration(Bucket="lake", NotificationConfiguration=notifications)
    return s3


def test_objects_created_and_deleted(cloud: LocalCloud, rule: Make, inbox: Inbox) -> None:
    s3 = bucket(cloud, EventBridgeConfiguration={})
    rule(inbox.arn, {"source": ["aws.s3"], "detail": {"bucket": {"name": ["lake"]}}})
    s3.put_object(Bucket="lake", Key="raw/a b.txt", Body=b"hello", Tagging="a=b")
    s3.copy_object(Bucket="lake", Key="copy", CopySource="lake/raw/a b.txt")
    upload = s3.create_multipart_upload(Bucket="lake", Key="parts")["UploadId"]
    tag = s3.upload_part(Bucket="lake", Key="parts", UploadId=upload, PartNumber=1, Body=b"x")["ETag"]
    parts = {"Parts": [{"ETag": tag, "PartNumber": 1}]}
    s3.complete_multipart_upload(Bucket="lake", Key="parts", UploadId=upload, MultipartUpload=parts)
    s3.delete_object(Bucket="lake", Key="copy")
    s3.delete_object(Bucket="lake", Key="never-there")
    events = inbox.wait(4)
    assert [(e["detail-type"], e["detail"]["object"]["key"], e["detail"]["reason"]) for e in events] == [
        ("Object Created", "raw/a b.txt", "PutObject"),
        ("Object Created", "copy", "CopyObject"),
        ("Object Created", "parts", "CompleteMultipartUpload"),
        ("Object Deleted", "copy", "DeleteObject"),
    ]
    first, last = events[0], events[3]
    assert first["resources"] == ["arn:aws:s3:::lake"]
    assert {**first["detail"], "request-id": "", "source-ip-address": ""} == {
        "version": "0",
        "bucket": {"name": "lake"},
        "object": {
            "key": "raw/a b.txt",
            "size": 5,
            "etag": "5d41402abc4b2a76b9719d911017c592",
            "sequencer": first["detail"]["object"]["sequencer"],
        },
        "request-id": "",
        "requester": "123456789012",
        "source-ip-address": "",
        "reason": "PutObject",
    }
    assert last["detail"]["deletion-type"] == "Permanently Deleted"
    assert first["detail"]["object"]["sequencer"] < last["detail"]["object"]["sequencer"]


def test_versions_and_delete_markers(cloud: LocalCloud, rule: Make, inbox: Inbox) -> None:
    s3 = bucket(cloud, EventBridgeConfiguration={})
    s3.put_bucket_versioning(Bucket="lake", VersioningConfiguration={"Status": "Enabled"})
    rule(inbox.arn, {"source": ["aws.s3"]})
    version = s3.put_object(Bucket="lake", Key="a", Body=b"1")["VersionId"]
    marker = s3.delete_object(Bucket="lake", Key="a")["VersionId"]
    s3.delete_objects(Bucket="lake", Delete={"Objects": [{"Key": "a", "VersionId": version}]})
    events = inbox.wait(3)
    assert [(e["detail"]["object"]["version-id"], e["detail"].get("deletion-type")) for e in events] == [
        (version, None),
        (marker, "Delete Marker Created"),
        (version, "Permanently Deleted"),
    ]


def test_a_bucket_without_eventbridge_tells_nothing(cloud: LocalCloud, rule: Make, put: Make, inbox: Inbox) -> None:
    s3 = bucket(cloud)
    rule(inbox.arn, {"source": ["aws.s3", "own"]})
    s3.put_object(Bucket="lake", Key="a", Body=b"1")
    put({"n": 1})
    assert [event["source"] for event in inbox.wait()] == ["own"]


def test_bucket_notifications(cloud: LocalCloud, recorder: str, inbox: Inbox) -> None:
    queue = Inbox(cloud, "queue")
    only = {"Key": {"FilterRules": [{"Name": "prefix", "Value": "raw/"}, {"Name": "suffix", "Value": ".txt"}]}}
    s3 = bucket(
        cloud,
        QueueConfigurations=[{"Id": "q", "QueueArn": queue.arn, "Events": ["s3:ObjectCreated:*"], "Filter": only}],
        LambdaFunctionConfigurations=[{"LambdaFunctionArn": recorder, "Events": ["s3:ObjectRemoved:Delete"]}],
    )
    s3.put_object(Bucket="lake", Key="raw/a b.txt", Body=b"hello")
    s3.put_object(Bucket="lake", Key="other/a.txt", Body=b"hello")
    s3.delete_object(Bucket="lake", Key="raw/a b.txt")
    test, told = queue.wait(2)
    assert test["Event"] == "s3:TestEvent"
    (record,) = told["Records"]
    assert (record["eventName"], record["s3"]["configurationId"]) == ("ObjectCreated:Put", "q")
    assert (record["s3"]["object"]["key"], record["s3"]["object"]["size"]) == ("raw/a+b.txt", 5)
    assert inbox.wait()[0]["Records"][0]["eventName"] == "ObjectRemoved:Delete"
    with pytest.raises(ClientError, match="PutBucketNotificationConfiguration for s3:ObjectTagging"):
        s3.put_bucket_notification_configuration(
            Bucket="lake",
            NotificationConfiguration={
                "QueueConfigurations": [{"QueueArn": queue.arn, "Events": ["s3:ObjectTagging:*"]}]
            },
        )


def test_alarms_tell_eventbridge_and_functions(cloud: LocalCloud, rule: Make, recorder: str, inbox: Inbox) -> None:
    queue = Inbox(cloud, "queue")
    rule(queue.arn, {"source": ["aws.cloudwatch"], "detail": {"state": {"value": ["ALARM"]}}})
    cloud.client("cloudwatch").put_metric_alarm(
        AlarmName="drift",
        AlarmDescription="Drifted",
        Namespace="Own",
        MetricName="Violations",
        Dimensions=[{"Name": "Endpoint", "Value": "e"}],
        Statistic="Sum",
        Period=60,
        EvaluationPeriods=1,
        Threshold=0,
        ComparisonOperator="GreaterThanThreshold",
        TreatMissingData="notBreaching",
        AlarmActions=[recorder],
    )
    datum = {"MetricName": "Violations", "Dimensions": [{"Name": "Endpoint", "Value": "e"}], "Value": 2}
    cloud.client("cloudwatch").put_metric_data(Namespace="Own", MetricData=[datum])
    (event,) = queue.wait()
    assert event["detail-type"] == "CloudWatch Alarm State Change"
    assert event["resources"] == ["arn:aws:cloudwatch:us-east-1:123456789012:alarm:drift"]
    detail = event["detail"]
    assert detail["alarmName"] == "drift"
    assert detail["configuration"] == {
        "description": "Drifted",
        "metrics": [
            {
                "id": "m1",
                "metricStat": {
                    "metric": {"namespace": "Own", "name": "Violations", "dimensions": {"Endpoint": "e"}},
                    "period": 60,
                    "stat": "Sum",
                },
                "returnData": True,
            }
        ],
    }
    assert detail["previousState"]["value"] in ("OK", "INSUFFICIENT_DATA")
    assert detail["state"]["value"] == "ALARM"
    assert json.loads(detail["state"]["reasonData"])["recentDatapoints"] == [2.0]
    (called,) = inbox.wait()
    assert (called["alarmArn"], called["alarmData"]) == (event["resources"][0], detail)


def test_sns_calls_a_function_with_the_message(cloud: LocalCloud, recorder: str, inbox: Inbox) -> None:
    sns = cloud.client("sns")
    topic = sns.create_topic(Name="topic")["TopicArn"]
    subscription = sns.subscribe(TopicArn=topic, Protocol="lambda", Endpoint=recorder)["SubscriptionArn"]
    attributes = {"kind": {"DataType": "String", "StringValue": "drift"}}
    sent = sns.publish(TopicArn=topic, Subject="Hello", Message="world", MessageAttributes=attributes)
    (record,) = inbox.wait()[0]["Records"]
    assert (record["EventSource"], record["EventSubscriptionArn"]) == ("aws:sns", subscription)
    told = {
        name: record["Sns"][name] for name in ("MessageId", "TopicArn", "Subject", "Message", "MessageAttributes")
    }
    assert told == {
        "MessageId": sent["MessageId"],
        "TopicArn": topic,
        "Subject": "Hello",
        "Message": "world",
        "MessageAttributes": {"kind": {"Type": "String", "Value": "drift"}},
    }


@pytest.mark.parametrize(
    ("policy", "scope", "taken"),
    [
        ({"kind": ["drift"]}, "MessageAttributes", True),
        ({"kind": [{"anything-but": "drift"}]}, "MessageAttributes", False),
        ({"n": [{"numeric": [">", 4]}]}, "MessageAttributes", True),
        ({"n": [5]}, "MessageAttributes", True),
        ({"tags": ["b"]}, "MessageAttributes", True),
        ({"none": [{"exists": False}]}, "MessageAttributes", True),
        ({"detail": {"late": [True], "n": [5.0]}}, "MessageBody", True),
        ({"detail": {"late": [False]}}, "MessageBody", False),
        ({"$or": [{"kind": ["x"]}, {"n": [{"numeric": ["=", 5]}]}]}, "MessageAttributes", True),
    ],
)
def test_filter_policies(cloud: LocalCloud, inbox: Inbox, policy: Any, scope: str, taken: bool) -> None:
    sns = cloud.client("sns")
    topic = sns.create_topic(Name="topic")["TopicArn"]
    sns.subscribe(
        TopicArn=topic,
        Protocol="sqs",
        Endpoint=inbox.arn,
        Attributes={"FilterPolicy": json.dumps(policy), "FilterPolicyScope": scope, "RawMessageDelivery": "true"},
    )
    attributes = {
        "kind": {"DataType": "String", "StringValue": "drift"},
        "n": {"DataType": "Number", "StringValue": "5"},
        "tags": {"DataType": "String.Array", "StringValue": '["a", "b"]'},
    }
    sns.publish(TopicArn=topic, Message='{"detail": {"late": true, "n": 5}}', MessageAttributes=attributes)
    sns.set_subscription_attributes(
        SubscriptionArn=sns.list_subscriptions()["Subscriptions"][0]["SubscriptionArn"],
        AttributeName="FilterPolicy",
        AttributeValue="{}",
    )
    sns.publish(TopicArn=topic, Message='{"last": true}')
    until(inbox.look, lambda found: any("last" in message["Body"] for message in found))
    assert ("late" in inbox.messages[0]["Body"]) is taken


def test_what_sns_cannot_deliver(cloud: LocalCloud, inbox: Inbox) -> None:
    sns = cloud.client("sns")
    topic = sns.create_topic(Name="topic")["TopicArn"]
    policy = json.dumps({"deadLetterTargetArn": inbox.arn})
    gone = "arn:aws:lambda:us-east-1:123456789012:function:gone"
    sns.subscribe(TopicArn=topic, Protocol="lambda", Endpoint=gone, Attributes={"RedrivePolicy": policy})
    sns.publish(TopicArn=topic, Message="lost")
    assert inbox.wait()[0]["Records"][0]["Sns"]["Message"] == "lost"
    with pytest.raises(ClientError, match="Subscribe with the protocol firehose"):
        sns.subscribe(TopicArn=topic, Protocol="firehose", Endpoint="arn:aws:firehose:us-east-1:1:deliverystream/x")
