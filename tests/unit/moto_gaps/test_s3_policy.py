"""Conditions of bucket policies."""

import json
from typing import Any

import pytest

from localcloud.moto_gaps.s3_policy import PolicyError, Request, decide, parse

SSE = "s3:x-amz-server-side-encryption"


def _policy(condition: Any, effect: str = "Deny", principal: Any = "*", **more: Any) -> str:
    statement = {
        "Effect": effect,
        "Principal": principal,
        "Action": "s3:PutObject",
        "Resource": "arn:aws:s3:::lake/*",
        "Condition": condition,
        **more,
    }
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def _request(principal: str | None = "arn:aws:iam::123456789012:root", **context: str) -> Request:
    named = {key.replace("__", ":").replace("_", "-"): value for key, value in context.items()}
    return Request("s3:PutObject", "arn:aws:s3:::lake/a/b", principal, named)


@pytest.mark.parametrize(
    ("condition", "context", "holds"),
    [
        ({"Bool": {"aws:SecureTransport": "false"}}, {"aws:securetransport": "true"}, False),
        ({"Bool": {"aws:SecureTransport": False}}, {"aws:securetransport": "false"}, True),
        ({"StringEquals": {SSE: "aws:kms"}}, {SSE: "aws:kms"}, True),
        ({"StringEquals": {SSE: ["AES256", "aws:kms"]}}, {SSE: "aws:kms"}, True),
        ({"StringEquals": {SSE: "aws:kms"}}, {}, False),
        ({"StringEqualsIfExists": {SSE: "aws:kms"}}, {}, True),
        ({"StringNotEquals": {SSE: "aws:kms"}}, {SSE: "AES256"}, True),
        ({"StringNotEquals": {SSE: ["aws:kms", "AES256"]}}, {SSE: "AES256"}, False),
        ({"StringNotEquals": {SSE: "aws:kms"}}, {}, True),  # negated: an absent key is not equal
        ({"StringNotEqualsIfExists": {SSE: "aws:kms"}}, {}, True),
        ({"StringNotEquals": {SSE: "aws:kms"}, "Null": {SSE: "false"}}, {}, False),
        ({"StringNotEquals": {SSE: "aws:kms"}, "Null": {SSE: False}}, {SSE: "AES256"}, True),
        ({"Null": {SSE: "true"}}, {}, True),
        ({"Null": {SSE: "true"}}, {SSE: "x"}, False),
        ({"StringEqualsIgnoreCase": {SSE: "AWS:KMS"}}, {SSE: "aws:kms"}, True),
        ({"StringLike": {"s3:prefix": "raw/*"}}, {"s3:prefix": "raw/x/y"}, True),
        ({"StringLike": {"s3:prefix": "[r]a?/*"}}, {"s3:prefix": "[r]aw/x\ny"}, True),
        ({"StringLike": {"s3:prefix": "*a" * 12 + "b"}}, {"s3:prefix": "a" * 60}, False),
        ({"StringNotLike": {"s3:prefix": "raw/?"}}, {"s3:prefix": "raw/xy"}, True),
        ({"ArnLike": {"aws:SourceArn": "arn:aws:s3:::lake*"}}, {"aws:sourcearn": "arn:aws:s3:::lake-1"}, True),
        ({"ArnEquals": {"aws:SourceArn": "arn:aws:*:lake"}}, {"aws:sourcearn": "arn:aws:s3:::lake"}, False),
        ({"ArnNotEquals": {"aws:SourceArn": "arn:aws:s3:::b"}}, {"aws:sourcearn": "arn:aws:s3:::lake"}, True),
        ({"StringEquals": {"aws:SourceAccount": "1"}}, {}, False),
        ({"NumericLessThan": {"s3:TlsVersion": 1.2}}, {"s3:tlsversion": "1.3"}, False),
        ({"NumericLessThan": {"s3:TlsVersion": "1.2"}}, {"s3:tlsversion": "1.1"}, True),
        ({"DateGreaterThan": {"aws:CurrentTime": "2026-01-01T00:00:00Z"}}, {"aws:currenttime": "2026-02-01"}, True),
        ({"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}, {"aws:sourceip": "10.1.2.3"}, True),
        ({"NotIpAddress": {"aws:SourceIp": ["10.0.0.0/8"]}}, {"aws:sourceip": "10.1.2.3"}, False),
        ({"ForAllValues:StringEquals": {SSE: "aws:kms"}}, {}, True),
        ({"ForAnyValue:StringEquals": {SSE: "aws:kms"}}, {}, False),
    ],
)
def test_condition(condition: Any, context: dict[str, str], holds: bool) -> None:
    request = Request("s3:PutObject", "arn:aws:s3:::lake/a/b", None, context)
    assert decide(_policy(condition), request) == ("Deny" if holds else None)


@pytest.mark.parametrize(
    ("more", "decision"),
    [
        ({}, "Deny"),
        ({"Action": "s3:Get*"}, None),
        ({"Action": ["S3:putobject"]}, "Deny"),
        ({"NotAction": "s3:PutObject", "Action": None}, None),
        ({"Resource": "arn:aws:s3:::lake"}, None),
        ({"Resource": "*"}, "Deny"),
        ({"principal": {"AWS": "*"}}, "Deny"),
        ({"principal": {"AWS": "123456789012"}}, "Deny"),
        ({"principal": {"AWS": "arn:aws:iam::123456789012:role/other"}}, None),
        ({"principal": {"Service": "logging.s3.amazonaws.com"}}, None),
        ({"effect": "Allow"}, "Allow"),
    ],
)
def test_statement(more: dict[str, Any], decision: str | None) -> None:
    policy = json.loads(_policy({}, **more))
    policy["Statement"] = [{k: v for k, v in item.items() if v is not None} for item in policy["Statement"]]
    assert decide(json.dumps(policy), _request()) == decision


def test_deny_wins() -> None:
    allow, deny = json.loads(_policy({}, "Allow")), json.loads(_policy({}))
    both = {"Statement": [*allow["Statement"], *deny["Statement"]]}
    assert decide(json.dumps(both), _request()) == "Deny"


def test_services_are_principals() -> None:
    policy = _policy({}, "Allow", {"Service": "logging.s3.amazonaws.com"})
    assert decide(policy, _request("logging.s3.amazonaws.com")) == "Allow"
    assert decide(policy, _request(None)) is None


@pytest.mark.parametrize(
    ("policy", "message", "supported"),
    [
        ("{", "This policy contains invalid Json", True),
        (_policy({}, "Maybe"), "Invalid effect: Maybe", True),
        (_policy({"Sometimes:Bool": {"aws:SecureTransport": "x"}}), "Invalid Condition type : Sometimes:Bool", True),
        (_policy({"BinaryEquals": {"aws:SourceArn": "x"}}), "the condition operator BinaryEquals cannot be", False),
        (
            _policy({"StringEquals": {"aws:RequestTag/a": "x"}}),
            "the condition key aws:RequestTag/a cannot",
            False,
        ),
        (_policy({"StringEquals": {"s3:prefix": "${aws:username}"}}), "policy variables", False),
    ],
)
def test_refused(policy: str, message: str, supported: bool) -> None:
    with pytest.raises(PolicyError) as refusal:
        parse(policy)
    assert str(refusal.value).startswith(message)
    assert refusal.value.supported is supported
