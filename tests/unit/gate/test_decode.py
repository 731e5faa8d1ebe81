"""Requests of every protocol as JSON has them, and what is none of theirs."""

import contextlib
from typing import Any
from urllib.parse import parse_qsl, urlencode

import pytest
from botocore.serialize import create_serializer
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.datastructures import Headers, MultiDict

from localcloud.gate import decode
from localcloud.gate.constraints import WrongTypeError
from localcloud.gate.services import model


def shape(service: str, operation: str) -> Any:
    return model(service).operation_model(operation).input_shape


# Service, operation, parameters: encoded by botocore, they come back
FORMS: list[tuple[str, str, dict[str, Any]]] = [
    ("iam", "CreateRole", {"RoleName": "r", "MaxSessionDuration": 3600, "Tags": [{"Key": "a", "Value": "1"}]}),
    ("iam", "ListRoles", {}),
    ("sns", "Publish", {"Message": "m", "MessageAttributes": {"a.b": {"DataType": "String", "StringValue": "x"}}}),
    ("sns", "CreateTopic", {"Name": "t", "Attributes": {"FifoTopic": "true"}, "Tags": [{"Key": "k", "Value": ""}]}),
    ("cloudformation", "CreateStack", {"StackName": "s", "Capabilities": ["CAPABILITY_IAM"], "DisableRollback": True,
                                       "RollbackConfiguration": {"MonitoringTimeInMinutes": 0}}),
    ("sts", "AssumeRole", {"RoleArn": "r", "RoleSessionName": "s", "PolicyArns": [{"arn": "p"}, {"arn": "q"}]}),
    ("ec2", "DescribeVpcs", {"VpcIds": ["a", "b"], "Filters": [{"Name": "n", "Values": ["v", "w"]}], "MaxResults": 5}),
    ("ec2", "AuthorizeSecurityGroupIngress",
     {"GroupId": "g", "IpPermissions": [{"FromPort": 1, "IpRanges": [{"CidrIp": "10.0.0.0/8"}], "IpProtocol": "tcp"}]}),
]  # fmt: skip


@pytest.mark.parametrize(("service", "operation", "parameters"), FORMS)
def test_a_form_is_read_as_botocore_writes_it(service: str, operation: str, parameters: dict[str, Any]) -> None:
    protocol = model(service).protocol
    serializer = create_serializer(protocol, include_validation=False)
    body = serializer.serialize_to_request(parameters, model(service).operation_model(operation))["body"]
    sent = parse_qsl(urlencode(body), keep_blank_values=True)
    found, unknown = decode.from_query(shape(service, operation), sent, ec2=protocol == "ec2")
    assert (found, unknown) == (parameters, [])


def test_a_field_that_an_operation_does_not_have() -> None:
    fields = {"Action": "DescribeVpcs", "Version": "2016-11-15", "VpcId.1": "a", "Vpc.1": "b", "X-Amz-Date": "d"}
    found, unknown = decode.from_query(shape("ec2", "DescribeVpcs"), fields.items(), ec2=True)
    assert (found, unknown) == ({"VpcIds": ["a"]}, ["Vpc"])


XML: list[tuple[str, str, dict[str, Any]]] = [
    ("PutBucketTagging", "Tagging", {"TagSet": [{"Key": "a", "Value": "1"}, {"Key": "b", "Value": ""}]}),
    ("PutBucketVersioning", "VersioningConfiguration", {"Status": "Enabled"}),
    ("CompleteMultipartUpload", "MultipartUpload", {"Parts": [{"ETag": "e", "PartNumber": 1}]}),
    ("DeleteObjects", "Delete", {"Objects": [{"Key": "a&b"}, {"Key": "<c>", "VersionId": "v"}], "Quiet": True}),
    ("PutBucketLifecycleConfiguration", "LifecycleConfiguration",
     {"Rules": [{"ID": "r", "Status": "Enabled", "Expiration": {"Days": 3},
                 "Transitions": [{"Days": 1, "StorageClass": "GLACIER"}]},
                {"ID": "s", "Status": "Disabled",
                 "Filter": {"And": {"Prefix": "p", "Tags": [{"Key": "k", "Value": "v"}]}}}]}),
    ("PutBucketAcl", "AccessControlPolicy",
     {"Grants": [{"Grantee": {"Type": "CanonicalUser", "ID": "i"}, "Permission": "READ"}], "Owner": {"ID": "o"}}),
    ("PutBucketNotificationConfiguration", "NotificationConfiguration",
     {"QueueConfigurations": [{"QueueArn": "q", "Events": ["s3:ObjectCreated:*"],
                               "Filter": {"Key": {"FilterRules": [{"Name": "prefix", "Value": "x"}]}}}]}),
]  # fmt: skip


@pytest.mark.parametrize(("operation", "member", "content"), XML)
def test_an_xml_body_is_read_as_botocore_writes_it(operation: str, member: str, content: dict[str, Any]) -> None:
    serializer = create_serializer("rest-xml", include_validation=False)
    given_ = {"Bucket": "b", "Key": "k", "UploadId": "u", member: content}
    known = {name: value for name, value in given_.items() if name in shape("s3", operation).members}
    body = serializer.serialize_to_request(known, model("s3").operation_model(operation))["body"]
    assert decode.from_xml(shape("s3", operation).members[member], body) == content


TAGGING = shape("s3", "PutBucketTagging").members["Tagging"]
CREATE_MODEL = shape("sagemaker", "CreateModel")
NO_XML = [b"garbage", b"<a", b"<Tagging>", b"\xff\xfe", b"<Other/>", b"<?xml version='1.0'?>", b"{}", b"<a></b>",
          b'<!DOCTYPE a [<!ENTITY x "y">]><Tagging>&x;</Tagging>', b"<Tagging>&x;</Tagging>"]  # fmt: skip
NO_JSON = [b"garbage", b"{", b"[]", b'"a"', b"1", b"null", b"\xff", b"{'a': 1}", b"[" * 100_000, b'{"a": }', b"<a/>"]


@pytest.mark.parametrize("body", NO_XML)
def test_a_body_that_is_no_xml(body: bytes) -> None:
    with pytest.raises(decode.MalformedError):
        decode.from_xml(TAGGING, body)


@pytest.mark.parametrize("body", NO_JSON)
def test_a_body_that_is_no_json_object(body: bytes) -> None:
    with pytest.raises(decode.MalformedError):
        decode.from_json(CREATE_MODEL, body)


@given(st.binary(max_size=60))
def test_whatever_the_bytes_are(body: bytes) -> None:
    for read, of in ((decode.from_xml, TAGGING), (decode.from_json, CREATE_MODEL)):
        with contextlib.suppress(decode.MalformedError):
            assert isinstance(read(of, body), dict)


def test_members_that_json_calls_differently() -> None:
    body = b'{"jobQueueName": "q", "tags": {"k": "v"}, "computeEnvironmentOrder": [{"order": 1}]}'
    assert decode.from_json(shape("batch", "CreateJobQueue"), body)["jobQueueName"] == "q"
    renamed = model("apigateway").operation_model("PutMethod").input_shape
    assert decode.from_json(renamed, b'{"authorizationType": "NONE"}') == {"authorizationType": "NONE"}
    greengrass = model("iot-data").operation_model("Publish").input_shape
    found = decode.from_http(greengrass, {"topic": "t"}, MultiDict({"qos": "1", "retain": "true"}), Headers())
    assert found == {"topic": "t", "qos": 1, "retain": True}


Sent = tuple[dict[str, str], str, dict[str, str]]  # labels of the path, query string, headers
HTTP: list[tuple[str, str, Sent, dict[str, Any]]] = [
    ("lambda", "ListFunctions", ({}, "MaxItems=5&Marker=m", {}), {"MaxItems": 5, "Marker": "m"}),
    ("lambda", "Invoke", ({"FunctionName": "f"}, "Qualifier=1", {"X-Amz-Invocation-Type": "Event"}),
     {"FunctionName": "f", "Qualifier": "1", "InvocationType": "Event"}),
    ("lambda", "UntagResource", ({"Resource": "r"}, urlencode([("tagKeys", "a"), ("tagKeys", "b")]), {}),
     {"Resource": "r", "TagKeys": ["a", "b"]}),
    ("s3", "ListObjectsV2", ({"Bucket": "b"}, "list-type=2&max-keys=3&fetch-owner=true", {}),
     {"Bucket": "b", "MaxKeys": 3, "FetchOwner": True}),
    ("s3", "GetObjectAttributes", ({"Bucket": "b", "Key": "k"}, "", {"x-amz-object-attributes": "ETag, ObjectSize"}),
     {"Bucket": "b", "Key": "k", "ObjectAttributes": ["ETag", "ObjectSize"]}),
]  # fmt: skip


@pytest.mark.parametrize(("service", "operation", "sent", "expected"), HTTP)
def test_members_in_path_query_and_headers(
    service: str, operation: str, sent: Sent, expected: dict[str, Any]
) -> None:
    uri, query, headers = sent
    pairs = MultiDict([tuple(part.split("=")) for part in query.split("&") if part])
    assert decode.from_http(shape(service, operation), uri, pairs, Headers(headers)) == expected


@pytest.mark.parametrize(
    ("service", "operation", "text", "member"),
    [("s3", "ListObjectsV2", "abc", "max-keys"), ("s3", "ListObjectsV2", "1.5", "max-keys"),
     ("s3", "ListObjectsV2", "", "max-keys"), ("lambda", "ListFunctions", "9" * 30, "MaxItems"),
     ("s3", "ListObjectsV2", "yes", "fetch-owner")],
)  # fmt: skip
def test_a_text_that_is_not_of_its_type(service: str, operation: str, text: str, member: str) -> None:
    with pytest.raises(WrongTypeError):
        decode.from_http(shape(service, operation), {}, MultiDict({member: text}), Headers())
