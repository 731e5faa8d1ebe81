"""What is not there and what is not said is an error of the service, not a failure of moto."""

from collections.abc import Callable
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from localcloud import LocalCloud

ARN = "arn:aws:{}:us-east-1:123456789012:{}"
STREAM = ARN.format("kinesis", "stream/none")
CALLS: dict[str, tuple[str, Callable[[Any], Any]]] = {
    "budgets": ("NotFoundException", lambda c: c.describe_notifications_for_budget(
        AccountId="123456789012", BudgetName="none")),
    "cloudtrail": ("InvalidParameterCombinationException", lambda c: c.get_insight_selectors()),
    "dynamodb": ("ValidationException", lambda c: c.execute_statement(Statement="selec oops")),
    "dynamodbstreams": ("ResourceNotFoundException", lambda c: c.describe_stream(
        StreamArn=ARN.format("dynamodb", "table/none/stream/2024-01-01T00:00:00.000"))),
    "ec2": ("NatGatewayNotFound", lambda c: c.delete_nat_gateway(NatGatewayId="nat-12345678")),
    "ecr": ("RepositoryNotFoundException", lambda c: c.put_image(
        repositoryName="none", imageManifest='{"schemaVersion": 2}')),
    "glue": ("EntityNotFoundException", lambda c: c.get_registry(RegistryId={})),
    "iam": ("InvalidInput", lambda c: c.create_service_linked_role(AWSServiceName="none")),
    "kinesis": ("ResourceNotFoundException", lambda c: c.list_stream_consumers(StreamARN=STREAM)),
    "kms": ("NotFoundException", lambda c: c.list_grants(KeyId="12345678-1234-1234-1234-123456789012")),
    "lakeformation": ("EntityNotFoundException", lambda c: c.update_lf_tag(TagKey="none", TagValuesToAdd=["v"])),
    "lambda": ("InvalidParameterValueException", lambda c: c.create_function(
        FunctionName="f", Role=ARN.format("iam", "role/r").replace(":us-east-1", ":"), Code={}, Handler="m.h",
        Runtime="python3.13")),
    "logs": ("InvalidParameterException", lambda c: c.associate_kms_key(
        kmsKeyId=ARN.format("kms", "key/12345678-1234-1234-1234-123456789012"))),
    "s3": ("NoSuchUpload", lambda c: c.upload_part(Bucket="lake", Key="k", UploadId="none", PartNumber=1, Body=b"x")),
    "sagemaker": ("ResourceNotFound", lambda c: c.describe_experiment(ExperimentName="none")),
    "sns": ("InvalidParameter", lambda c: c.publish(TopicArn="none", Message="m")),
    "stepfunctions": ("InvalidArn", lambda c: c.describe_state_machine_alias(stateMachineAliasArn="none")),
    "sts": ("InvalidIdentityToken", lambda c: c.assume_role_with_saml(
        RoleArn="arn:aws:iam::123456789012:role/r", PrincipalArn="arn:aws:iam::123456789012:saml-provider/p",
        SAMLAssertion="/////w==")),
}  # fmt: skip


@pytest.mark.parametrize("service", CALLS)
def test_the_error_is_the_services(cloud: LocalCloud, service: str) -> None:
    if service == "s3":
        cloud.client("s3").create_bucket(Bucket="lake")
    code, call = CALLS[service]
    config = Config(retries={"total_max_attempts": 1}, parameter_validation=False)
    with pytest.raises(ClientError) as caught:
        call(boto3.client(service, endpoint_url=cloud.endpoint, config=config))
    error = caught.value.response
    assert (error["Error"]["Code"], error["ResponseMetadata"]["HTTPStatusCode"] < 500) == (code, True)
    assert error["Error"]["Message"]


def test_what_a_part_is_copied_from_and_to(cloud: LocalCloud) -> None:
    client = cloud.client("s3")
    client.create_bucket(Bucket="lake")
    client.put_object(Bucket="lake", Key="k", Body=b"x")
    upload = client.create_multipart_upload(Bucket="lake", Key="whole")["UploadId"]
    for code, source, identifier in (
        ("NoSuchUpload", "lake/k", "none"),
        ("NoSuchKey", "lake/none", upload),
        ("NoSuchBucket", "none/k", upload),
        ("InvalidArgument", "lake", upload),
    ):
        with pytest.raises(ClientError, match=code):
            client.upload_part_copy(Bucket="lake", Key="whole", UploadId=identifier, PartNumber=1, CopySource=source)
    assert client.upload_part_copy(Bucket="lake", Key="whole", UploadId=upload, PartNumber=1, CopySource="lake/k")


def test_an_iterator_of_a_stream_that_was_named_by_its_arn(cloud: LocalCloud) -> None:
    client = cloud.client("kinesis")
    client.create_stream(StreamName="flights", ShardCount=1)
    arn = client.describe_stream(StreamName="flights")["StreamDescription"]["StreamARN"]
    for data in (b"1", b"2"):
        client.put_record(StreamARN=arn, Data=data, PartitionKey="a")
    for named in ({"StreamARN": arn}, {"StreamName": "flights"}):
        start = {"ShardId": "shardId-000000000000", "ShardIteratorType": "TRIM_HORIZON"}
        iterator = client.get_shard_iterator(**named, **start)["ShardIterator"]
        first = client.get_records(ShardIterator=iterator, Limit=1)
        rest = client.get_records(ShardIterator=first["NextShardIterator"])
        assert [record["Data"] for record in (*first["Records"], *rest["Records"])] == [b"1", b"2"]
    with pytest.raises(client.exceptions.InvalidArgumentException, match="needs a StartingSequenceNumber"):
        client.get_shard_iterator(
            StreamName="flights", ShardId="shardId-000000000000", ShardIteratorType="AT_SEQUENCE_NUMBER"
        )


def test_a_model_card_has_json_in_it_and_tags(cloud: LocalCloud) -> None:
    client = cloud.client("sagemaker")
    arn = client.create_model_card(ModelCardName="card", Content='{"model_overview": {}}', ModelCardStatus="Draft")
    assert client.list_tags(ResourceArn=arn["ModelCardArn"])["Tags"] == []
    client.add_tags(ResourceArn=arn["ModelCardArn"], Tags=[{"Key": "team", "Value": "x"}])
    assert client.list_tags(ResourceArn=arn["ModelCardArn"])["Tags"] == [{"Key": "team", "Value": "x"}]
    for content in ("not json", "[]", '"{}"', "1"):
        with pytest.raises(ClientError, match="is not in the model card JSON schema"):
            client.create_model_card(ModelCardName="other", Content=content, ModelCardStatus="Draft")
        with pytest.raises(ClientError, match="is not in the model card JSON schema"):
            client.update_model_card(ModelCardName="card", Content=content)
