"""What the deployed policies say decides: identity, boundary, bucket, key, topic, conditions, trust."""

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from localcloud import LocalCloud
from localcloud.iam.sessions import AccessDeniedError, client_as, client_as_service
from tests.integration.iam.conftest import ACCOUNT, allow, document

Role = Callable[..., str]
OBJECTS = "arn:aws:s3:::lake/*"
ALARM = f"arn:aws:cloudwatch:us-east-1:{ACCOUNT}:alarm:a"


@pytest.fixture
def act(cloud: LocalCloud) -> Callable[..., Any]:
    """A client of a role that Glue has assumed."""

    def client(service: str, name: str = "worker") -> Any:
        role = f"arn:aws:iam::{ACCOUNT}:role/{name}"
        return client_as(cloud, role, service, session="test", by="glue.amazonaws.com")

    return client


def refusal(call: Callable[..., Any], **arguments: Any) -> str:
    with pytest.raises(ClientError) as refused:
        call(**arguments)
    assert refused.value.response["Error"]["Code"] in ("AccessDenied", "AccessDeniedException")
    return str(refused.value.response["Error"]["Message"])


def test_what_is_not_allowed_is_denied_in_the_words_of_aws(role: Role, act: Any, bucket: str) -> None:
    role(allow("s3:GetObject", "arn:aws:s3:::lake/in/*"))
    assert act("s3").get_object(Bucket=bucket, Key="in/a")["Body"].read() == b"1"
    assert refusal(act("s3").put_object, Bucket=bucket, Key="in/a", Body=b"2") == (
        f"User: arn:aws:sts::{ACCOUNT}:assumed-role/worker/test is not authorized to perform: s3:PutObject on "
        "resource: arn:aws:s3:::lake/in/a because no identity-based policy allows the s3:PutObject action"
    )
    assert "kinesis:DescribeStreamSummary on resource: arn:aws:kinesis:us-east-1" in refusal(
        act("kinesis").describe_stream_summary, StreamName="events"
    )
    role(allow(["s3:GetObject", "s3:PutObject"], "arn:aws:s3:::lake/in/*"))
    act("s3").put_object(Bucket=bucket, Key="in/a", Body=b"2")


def test_whose_credentials_nobody_gave_out_may_everything(cloud: LocalCloud, bucket: str) -> None:
    assert cloud.client("s3").get_object(Bucket=bucket, Key="in/a")["Body"].read() == b"1"


def test_an_assumed_role_is_the_role(cloud: LocalCloud, role: Role, bucket: str) -> None:
    """Also when a person assumed it: `aws sts assume-role` gives credentials of the same kind."""
    arn = role(allow("s3:GetObject", "arn:aws:s3:::lake/in/*"))
    given = cloud.client("sts").assume_role(RoleArn=arn, RoleSessionName="me")["Credentials"]
    signer = {
        "AWS_ACCESS_KEY_ID": given["AccessKeyId"],
        "AWS_SECRET_ACCESS_KEY": given["SecretAccessKey"],
        "AWS_SESSION_TOKEN": given["SessionToken"],
    }
    s3 = cloud.client("s3", credentials=signer)
    assert s3.get_object(Bucket=bucket, Key="in/a")["Body"].read() == b"1"
    assert "assumed-role/worker/me" in refusal(s3.delete_object, Bucket=bucket, Key="in/a")
    assert cloud.client("sts", credentials=signer).get_caller_identity()["Arn"].endswith("assumed-role/worker/me")


def test_conditions(role: Role, act: Any) -> None:
    role(allow("cloudwatch:PutMetricData", "*", StringEquals={"cloudwatch:namespace": "Ours"}))
    data = [{"MetricName": "m", "Value": 1}]
    act("cloudwatch").put_metric_data(Namespace="Ours", MetricData=data)
    refusal(act("cloudwatch").put_metric_data, Namespace="Theirs", MetricData=data)


def test_each_level_of_the_catalog_is_checked(cloud: LocalCloud, role: Role, act: Any) -> None:
    glue = cloud.client("glue")
    glue.create_database(DatabaseInput={"Name": "db"})
    glue.create_table(DatabaseName="db", TableInput={"Name": "t", "StorageDescriptor": {"Columns": []}})
    levels = ["catalog", "database/db", "table/db/t"]
    arns = [f"arn:aws:glue:us-east-1:{ACCOUNT}:{level}" for level in levels]
    role(allow("glue:GetTable", arns))
    act("glue").get_table(DatabaseName="db", Name="t")
    for missing in arns:
        role(allow("glue:GetTable", [arn for arn in arns if arn != missing]))
        assert f"on resource: {missing} " in refusal(act("glue").get_table, DatabaseName="db", Name="t")


def test_a_list_needs_every_name(role: Role, act: Any, cloud: LocalCloud) -> None:
    cloud.client("glue").create_database(DatabaseInput={"Name": "db"})
    levels = [f"arn:aws:glue:us-east-1:{ACCOUNT}:{level}" for level in ("catalog", "database/db")]
    role(allow("glue:GetTables", [*levels, f"arn:aws:glue:us-east-1:{ACCOUNT}:table/db/t"]))
    refusal(act("glue").get_tables, DatabaseName="db")
    role(allow("glue:GetTables", [*levels, f"arn:aws:glue:us-east-1:{ACCOUNT}:table/db/*"]))
    act("glue").get_tables(DatabaseName="db")


def test_each_of_several_names_is_checked(role: Role, act: Any) -> None:
    alarm = f"arn:aws:cloudwatch:us-east-1:{ACCOUNT}:alarm:"
    role(allow("cloudwatch:DeleteAlarms", f"{alarm}ours-*"))
    act("cloudwatch").delete_alarms(AlarmNames=["ours-a", "ours-b"])
    names = ["ours-a", "theirs"]
    assert f"on resource: {alarm}theirs " in refusal(act("cloudwatch").delete_alarms, AlarmNames=names)


def test_the_boundary_limits(cloud: LocalCloud, role: Role, act: Any, bucket: str) -> None:
    boundary = cloud.client("iam").create_policy(
        PolicyName="limit", PolicyDocument=document(allow("s3:GetObject", OBJECTS))
    )["Policy"]["Arn"]
    role(allow(["s3:GetObject", "s3:PutObject"], OBJECTS), PermissionsBoundary=boundary)
    act("s3").get_object(Bucket=bucket, Key="in/a")
    assert refusal(act("s3").put_object, Bucket=bucket, Key="x", Body=b"").endswith(
        "because no permissions boundary allows the s3:PutObject action"
    )


def test_a_deny_of_the_bucket_wins(cloud: LocalCloud, role: Role, act: Any, bucket: str) -> None:
    role(allow("s3:*", "*"))
    deny = {"Effect": "Deny", "Principal": "*", "Action": "s3:DeleteObject", "Resource": OBJECTS}
    spared = {"ArnNotEquals": {"aws:PrincipalArn": f"arn:aws:iam::{ACCOUNT}:role/keeper"}}
    cloud.client("s3").put_bucket_policy(Bucket=bucket, Policy=document({**deny, "Condition": spared}))
    assert refusal(act("s3").delete_object, Bucket=bucket, Key="in/a").endswith(
        "with an explicit deny in a resource-based policy"
    )
    role(allow("s3:*", "*"), name="keeper")
    act("s3", "keeper").delete_object(Bucket=bucket, Key="in/a")


@pytest.fixture
def key(cloud: LocalCloud, bucket: str) -> str:
    """The key that the bucket encrypts with by default."""
    arn = str(cloud.client("kms").create_key()["KeyMetadata"]["Arn"])
    rule = {
        "ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": arn},
        "BucketKeyEnabled": True,
    }
    configuration = {"Rules": [rule]}
    cloud.client("s3").put_bucket_encryption(Bucket=bucket, ServerSideEncryptionConfiguration=configuration)
    return arn


def test_encrypted_objects_need_the_key(role: Role, act: Any, bucket: str, key: str) -> None:
    role(allow(["s3:GetObject", "s3:PutObject"], OBJECTS))
    assert f"kms:GenerateDataKey on resource: {key} " in refusal(
        act("s3").put_object, Bucket=bucket, Key="x", Body=b""
    )
    role(allow(["s3:GetObject", "s3:PutObject"], OBJECTS), allow("kms:GenerateDataKey", key))
    act("s3").put_object(Bucket=bucket, Key="x", Body=b"")
    assert "kms:Decrypt" in refusal(act("s3").get_object, Bucket=bucket, Key="x")


def test_the_accounts_key_of_s3_is_open_to_who_may_use_s3(role: Role, act: Any, bucket: str, key: str) -> None:
    """aws:kms without a key is not the bucket's key, so a grant on that is not what it takes."""
    role(allow(["s3:GetObject", "s3:PutObject"], OBJECTS))
    stored = act("s3").put_object(Bucket=bucket, Key="x", Body=b"", ServerSideEncryption="aws:kms")
    assert stored["SSEKMSKeyId"] != key
    act("s3").get_object(Bucket=bucket, Key="x")
    assert f"kms:GenerateDataKey on resource: {key} " in refusal(
        act("s3").put_object, Bucket=bucket, Key="x", Body=b"", ServerSideEncryption="aws:kms", SSEKMSKeyId=key
    )


def test_what_is_gone_needs_no_key(cloud: LocalCloud, role: Role, act: Any, bucket: str, key: str) -> None:
    """In a versioned bucket a delete marker is left."""
    cloud.client("s3").put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    role(allow(["s3:GetObject", "s3:DeleteObject"], OBJECTS))
    act("s3").delete_object(Bucket=bucket, Key="in/a")
    for gone in ("in/a", "never"):
        with pytest.raises(ClientError, match="NoSuchKey"):
            act("s3").get_object(Bucket=bucket, Key=gone)


def test_a_use_of_a_key_is_told_from_what_and_through_which_service(
    role: Role, act: Any, bucket: str, key: str
) -> None:
    through = {"kms:ViaService": "s3.us-east-1.amazonaws.com"}
    context = {"kms:EncryptionContext:aws:s3:arn": "arn:aws:s3:::lake"}
    objects = allow("s3:PutObject", OBJECTS)
    role(objects, allow("kms:GenerateDataKey", key, StringEquals={**through, **context}))
    act("s3").put_object(Bucket=bucket, Key="x", Body=b"")
    for wrong in ({**through, "kms:EncryptionContext:aws:s3:arn": "arn:aws:s3:::other"},
                  {**context, "kms:ViaService": "sns.us-east-1.amazonaws.com"}):  # fmt: skip
        role(objects, allow("kms:GenerateDataKey", key, StringEquals=wrong))
        refusal(act("s3").put_object, Bucket=bucket, Key="x", Body=b"")


def test_a_key_that_does_not_trust_the_account_decides_alone(
    cloud: LocalCloud, role: Role, act: Any, bucket: str, key: str
) -> None:
    mine = role(allow("s3:PutObject", OBJECTS), allow("kms:*", "*"))
    other = {"AWS": f"arn:aws:iam::{ACCOUNT}:role/other"}
    grant = {"Effect": "Allow", "Action": "kms:*", "Resource": "*"}
    cloud.client("kms").put_key_policy(
        KeyId=key, PolicyName="default", Policy=document({**grant, "Principal": other})
    )
    assert refusal(act("s3").put_object, Bucket=bucket, Key="x", Body=b"").endswith(
        "because no resource-based policy allows the kms:GenerateDataKey action"
    )
    by_name = document({**grant, "Principal": {"AWS": mine}})
    cloud.client("kms").put_key_policy(KeyId=key, PolicyName="default", Policy=by_name)
    act("s3").put_object(Bucket=bucket, Key="x", Body=b"")


def test_a_service_needs_the_policy_of_the_resource(cloud: LocalCloud) -> None:
    sns = cloud.client("sns")
    topic = sns.create_topic(Name="alarms")["TopicArn"]
    as_alarm = client_as_service(cloud, "cloudwatch.amazonaws.com", ALARM, "sns")

    def permit(account: str) -> None:
        statement = {
            **allow("sns:Publish", topic, StringEquals={"aws:SourceAccount": account}),
            "Principal": {"Service": "cloudwatch.amazonaws.com"},
        }
        sns.set_topic_attributes(TopicArn=topic, AttributeName="Policy", AttributeValue=document(statement))

    permit("999999999999")
    assert refusal(as_alarm.publish, TopicArn=topic, Message="m") == (
        f"User: cloudwatch.amazonaws.com is not authorized to perform: sns:Publish on resource: {topic} "
        "because no resource-based policy allows the sns:Publish action"
    )
    permit(ACCOUNT)
    as_alarm.publish(TopicArn=topic, Message="m")


def test_a_role_is_passed_only_by_who_may(role: Role, act: Any) -> None:
    passed = role(allow("s3:GetObject", OBJECTS), name="job")
    create = allow("glue:CreateJob", f"arn:aws:glue:us-east-1:{ACCOUNT}:job/*")
    command = {"Name": "glueetl", "ScriptLocation": "s3://lake/a.py"}
    role(create)
    assert f"iam:PassRole on resource: {passed}" in refusal(
        act("glue").create_job, Name="j", Role=passed, Command=command
    )
    for service, allowed in (("sagemaker", False), ("glue", True)):
        to = {"iam:PassedToService": f"{service}.amazonaws.com"}
        role(create, allow("iam:PassRole", passed, StringEquals=to))
        if allowed:
            act("glue").create_job(Name="j", Role=passed, Command=command)
        else:
            refusal(act("glue").create_job, Name="j", Role=passed, Command=command)


def test_a_role_trusts_who_assumes_it(cloud: LocalCloud, role: Role) -> None:
    arn = role(allow("s3:GetObject", OBJECTS), trusted=["lambda"])
    with pytest.raises(AccessDeniedError, match=r"glue\.amazonaws\.com is not authorized to perform: sts:AssumeRole"):
        client_as(cloud, arn, "s3", session="test", by="glue.amazonaws.com")
    client_as(cloud, arn, "s3", session="test", by="lambda.amazonaws.com")


def test_many_items_are_checked_table_by_table_and_what_is_done_with_each(
    cloud: LocalCloud, role: Role, act: Any
) -> None:
    """https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis-iam.html"""
    for name in ("mine", "other"):
        cloud.client("dynamodb").create_table(
            TableName=name,
            KeySchema=[{"AttributeName": "k", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "k", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )
    mine, key = f"arn:aws:dynamodb:us-east-1:{ACCOUNT}:table/mine", {"k": {"S": "a"}}
    role(allow(["dynamodb:BatchGetItem", "dynamodb:PutItem"], mine))
    client = act("dynamodb")

    def read(*names: str) -> dict[str, Any]:
        return {"RequestItems": {name: {"Keys": [key]} for name in names}}

    client.batch_get_item(**read("mine"))
    told = refusal(client.batch_get_item, **read("mine", "other"))
    assert f"dynamodb:BatchGetItem on resource: {mine.replace('mine', 'other')}" in told
    put = {"Put": {"TableName": "mine", "Item": key}}
    client.transact_write_items(TransactItems=[put])
    told = refusal(client.transact_write_items, TransactItems=[{"Delete": {"TableName": mine, "Key": key}}])
    assert f"dynamodb:DeleteItem on resource: {mine}" in told
    other = {"Put": {"TableName": "other", "Item": key}}
    assert "table/other" in refusal(client.transact_write_items, TransactItems=[put, other])


def test_a_batch_of_messages_needs_what_one_of_them_needs(cloud: LocalCloud, role: Role, act: Any) -> None:
    """https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-api-permissions-reference.html"""
    mine, other = (cloud.client("sqs").create_queue(QueueName=name)["QueueUrl"] for name in ("mine", "other"))
    role(allow("sqs:SendMessage", f"arn:aws:sqs:us-east-1:{ACCOUNT}:mine"))
    entries = [{"Id": "1", "MessageBody": "x"}]
    assert act("sqs").send_message_batch(QueueUrl=mine, Entries=entries)["Successful"]
    assert "sqs:SendMessage on resource" in refusal(act("sqs").send_message_batch, QueueUrl=other, Entries=entries)
    told = refusal(act("sqs").delete_message_batch, QueueUrl=mine, Entries=[{"Id": "1", "ReceiptHandle": "x"}])
    assert "sqs:DeleteMessage on resource" in told
