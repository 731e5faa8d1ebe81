"""What no client means to send: every protocol answers it with an error of its own, never with HTML or a failure."""

import gzip
import json
import logging
from typing import Any

import pytest
from botocore.parsers import RpcV2CBORParser, create_parser
from hypothesis import given, settings
from hypothesis import strategies as st

from localcloud import LocalCloud
from tests.integration.gate.minimal import ask, environ

FORM = "application/x-www-form-urlencoded"
CBOR_PATH = "/service/GraniteServiceVersion20100801/operation/PutMetricData"
CBOR_HEADERS = {"Smithy-Protocol": "rpc-v2-cbor", "Content-Type": "application/cbor"}
LAMBDA = "/2015-03-31/functions"

SERIALIZATION = "SerializationException"
# Signing name, method, path, headers, protocol, the code for a body that is none
KINDS: dict[str, tuple[str, str, str, dict[str, str], str, str]] = {
    "sagemaker": ("sagemaker", "POST", "/", {"X-Amz-Target": "SageMaker.CreateModel"}, "json", SERIALIZATION),
    "dynamodb": ("dynamodb", "POST", "/", {"X-Amz-Target": "DynamoDB_20120810.PutItem"}, "json", SERIALIZATION),
    "kinesis": ("kinesis", "POST", "/", {"X-Amz-Target": "Kinesis_20131202.PutRecord"}, "json", SERIALIZATION),
    "scheduler": ("scheduler", "POST", "/schedules/s", {}, "rest-json", SERIALIZATION),
    "lambda": ("lambda", "POST", LAMBDA, {}, "rest-json", "InvalidRequestContentException"),
    "s3": ("s3", "PUT", "/b?tagging", {}, "rest-xml", "MalformedXML"),
    "s3 delete": ("s3", "POST", "/b?delete", {}, "rest-xml", "MalformedXML"),
    "cloudwatch": ("monitoring", "POST", CBOR_PATH, CBOR_HEADERS, "cbor", SERIALIZATION),
}  # fmt: skip
BODIES = [
    b"garbage", b"{", b"[]", b"null", b"1", b'"a"', b"\x00", b"\xff\xfe", b"<a", b"<a></a>", b"&&&", b"\x1f\x8b\x08",
    b"{'a': 1}", b"[" * 50_000, b"a=b", "ü".encode("latin-1"), b"--x\r\n\r\n", b"\xbf\x61", b"<!DOCTYPE a><a/>",
]  # fmt: skip


def code_of(protocol: str, status: int, headers: dict[str, str], body: bytes) -> str:
    """The error's code, read by botocore's own parser."""
    if protocol == "cbor":
        parsed: Any = RpcV2CBORParser().parse({"status_code": status, "headers": headers, "body": body}, None)
    else:
        lower = {name.lower(): value for name, value in headers.items()}
        parsed = create_parser(protocol).parse({"status_code": status, "headers": lower, "body": body}, None)
    return str(parsed["Error"]["Code"])


@pytest.mark.parametrize("kind", KINDS)
def test_a_body_that_is_none_of_its_protocol(session_cloud: LocalCloud, kind: str) -> None:
    signing_name, method, target, headers, protocol, code = KINDS[kind]
    path, _, query = target.partition("?")
    for body in BODIES:
        request = environ(method, path, signing_name, query=query, headers=headers, body=body)
        status, told, answer = ask(session_cloud, request)
        assert (status, code_of(protocol, status, told, answer)) == (400, code), body[:20]
        assert b"<html" not in answer.lower()


def test_a_compressed_body_that_is_none(session_cloud: LocalCloud) -> None:
    headers = {"X-Amz-Target": "GraniteServiceVersion20100801.PutMetricData", "Content-Encoding": "gzip"}
    for body in (b"garbage", gzip.compress(b"garbage"), gzip.compress(b"{}")[:-9]):
        status, told, answer = ask(session_cloud, environ("POST", "/", "monitoring", headers=headers, body=body))
        assert (status, code_of("json", status, told, answer)) == (400, "SerializationException")
    data = {"Namespace": "n", "MetricData": [{"MetricName": "m", "Value": 1.0}]}
    sent = environ("POST", "/", "monitoring", headers=headers, body=gzip.compress(json.dumps(data).encode()))
    assert ask(session_cloud, sent)[0] == 200


UNKNOWN: list[tuple[str, str, str, dict[str, str], bytes, str, int, str]] = [
    ("sagemaker", "POST", "/", {"X-Amz-Target": "SageMaker.Nothing"}, b"{}", "json", 404, "UnknownOperationException"),
    ("sagemaker", "POST", "/", {"X-Amz-Target": "Other.CreateModel"}, b"{}", "json", 404, "UnknownOperationException"),
    ("dynamodb", "POST", "/", {}, b"{}", "json", 404, "UnknownOperationException"),
    ("iam", "POST", "/", {"Content-Type": FORM}, b"Action=Nothing", "query", 400, "InvalidAction"),
    ("iam", "POST", "/", {"Content-Type": FORM}, b"", "query", 400, "InvalidAction"),
    ("iam", "POST", "/", {"Content-Type": FORM}, b"\xff=\xfe", "query", 400, "InvalidAction"),
    ("ec2", "POST", "/", {"Content-Type": FORM}, b"Action=Nothing", "ec2", 400, "InvalidAction"),
    ("ec2", "POST", "/", {"Content-Type": FORM}, b"Action=DescribeVpcs&Vpc.1=a", "ec2", 400, "UnknownParameter"),
    ("ec2", "GET", "/?Action=DescribeVpcs&MaxResults=a", {}, b"", "ec2", 400, "InvalidParameterValue"),
    ("lambda", "GET", "/nothing", {}, b"", "rest-json", 404, "UnknownOperationException"),
    ("lambda", "PATCH", LAMBDA, {}, b"", "rest-json", 404, "UnknownOperationException"),
    ("s3", "PATCH", "/b", {}, b"", "rest-xml", 405, "MethodNotAllowed"),
    ("s3", "PUT", "/", {}, b"", "rest-xml", 405, "MethodNotAllowed"),
    ("s3", "GET", "/b?list-type=2&max-keys=x", {}, b"", "rest-xml", 400, "InvalidArgument"),
    ("s3", "PUT", "/b?lifecycle", {}, b"", "rest-xml", 400, "MissingRequestBodyError"),
    ("s3", "PUT", "/b?acl", {}, b"", "rest-xml", 400, "MissingRequestBodyError"),
    ("nosuch", "POST", "/", {}, b"", "json", 501, "NotImplemented"),
    ("monitoring", "POST", "/service/X/operation/Y", CBOR_HEADERS, b"", "cbor", 404, "UnknownOperationException"),
]  # fmt: skip


@pytest.mark.parametrize(
    "row", UNKNOWN, ids=[f"{row[0]} {row[1]} {row[2]} {row[4].decode('latin-1')}" for row in UNKNOWN]
)
def test_a_call_of_nothing(
    session_cloud: LocalCloud, row: tuple[str, str, str, dict[str, str], bytes, str, int, str]
) -> None:
    signing_name, method, target, headers, body, protocol, status, code = row
    path, _, query = target.partition("?")
    answer = ask(session_cloud, environ(method, path, signing_name, query=query, headers=headers, body=body))
    assert (answer[0], code_of(protocol, *answer)) == (status, code)


def test_an_answer_without_a_body_has_none(session_cloud: LocalCloud) -> None:
    status, _, body = ask(session_cloud, environ("HEAD", "/no-such-bucket", "s3"))
    assert (status, body) == (404, b"")


def test_what_moto_fails_on_is_a_failure_of_the_service(
    session_cloud: LocalCloud, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """One sentence for the client; the traceback is for the log."""
    from moto.sns.models import SNSBackend  # noqa: PLC0415

    def fail(*_: object, **__: object) -> None:
        raise ZeroDivisionError("by a test")

    monkeypatch.setattr(SNSBackend, "list_topics", fail)
    sent = environ("POST", "/", "sns", headers={"Content-Type": FORM}, body=b"Action=ListTopics&Version=2010-03-31")
    with caplog.at_level(logging.ERROR, logger="localcloud"):
        status, headers, body = ask(session_cloud, sent)
    assert (status, code_of("query", status, headers, body)) == (500, "InternalFailure")
    assert b"The local cloud failed to answer sns:ListTopics: ZeroDivisionError: by a test" in body
    assert b"Traceback" not in body
    assert caplog.records[-1].exc_info is not None


SIGNED = st.sampled_from(["sagemaker", "dynamodb", "kinesis", "iam", "ec2", "sqs", "lambda", "s3", "monitoring", "x"])
HEADERS = st.dictionaries(
    st.sampled_from(["X-Amz-Target", "Content-Type", "Smithy-Protocol", "Content-Encoding"]),
    st.sampled_from(
        ["SageMaker.ListModels", FORM, "application/json", "rpc-v2-cbor", "gzip", "DynamoDB_20120810.Query"]
    ),
)


@settings(max_examples=150)
@given(
    SIGNED,
    st.sampled_from(["GET", "POST", "PUT", "DELETE", "HEAD"]),
    st.sampled_from(["/", "/b", "/b/k", f"{LAMBDA}/f", "/2015-03-31/tags/x", CBOR_PATH, "/%00", "/../x"]),
    st.sampled_from(["", "Action=ListRoles", "list-type=2", "tagging", "a=%zz"]),
    HEADERS,
    st.binary(max_size=40),
)
def test_whatever_is_sent_nothing_fails(  # noqa: PLR0917 - hypothesis hands them over in this order
    session_cloud: LocalCloud, signed: str, method: str, path: str, query: str, headers: dict[str, str], body: bytes
) -> None:
    status, _, answer = ask(session_cloud, environ(method, path, signed, query=query, headers=headers, body=body))
    assert status < 500 or status == 501, answer
    assert b"<html" not in answer.lower()
