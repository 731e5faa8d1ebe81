"""Operations that are kept but for some requests."""

import pytest
from botocore.exceptions import ClientError

from localcloud import LocalCloud


def test_messages_to_phones_and_machines_of_batch_are_refused(cloud: LocalCloud) -> None:
    with pytest.raises(ClientError, match=r"\(NotImplemented\).*Publish to a phone"):
        cloud.client("sns").publish(PhoneNumber="+4915112345678", Message="late")
    with pytest.raises(ClientError, match=r"\(NotImplemented\).*of the type EC2") as caught:
        cloud.client("batch").create_compute_environment(
            computeEnvironmentName="machines", type="MANAGED",
            computeResources={"type": "EC2", "maxvCpus": 4, "subnets": ["subnet-12345678"],
                              "securityGroupIds": ["sg-12345678"], "instanceRole": "r"},
        )  # fmt: skip
    cloud.client("s3").create_bucket(Bucket="lake")
    with pytest.raises(
        ClientError, match=r"\(NotImplemented\).*PutBucketNotificationConfiguration for s3:Replication:\*"
    ):
        cloud.client("s3").put_bucket_notification_configuration(
            Bucket="lake",
            NotificationConfiguration={"TopicConfigurations": [
                {"TopicArn": cloud.client("sns").create_topic(Name="t")["TopicArn"], "Events": ["s3:Replication:*"]}
            ]},
        )  # fmt: skip
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 501  # which no SDK tries again
    assert cloud.client("batch").describe_compute_environments()["computeEnvironments"] == []
