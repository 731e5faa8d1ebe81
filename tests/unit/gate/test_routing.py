"""Which operation a request is, as botocore sends it and as others do."""

from typing import Any

import pytest
from moto.core.request import Request
from werkzeug.test import EnvironBuilder

from localcloud.gate.routing import call_of, signed_for
from localcloud.gate.services import of_signing_name, services

FORM = "application/x-www-form-urlencoded"


def request(method: str, path: str, signed: str | None = None, body: bytes = b"", **headers: str) -> Request:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    if signed is not None:
        scope = f"testing/20240101/us-east-1/{signed}/aws4_request"
        named["Authorization"] = f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=x"
    base = "http://localhost:5000"
    environ = EnvironBuilder(path=path, base_url=base, method=method, headers=named, data=body).get_environ()
    environ["RAW_URI"] = path
    return Request(environ)


ROWS: list[tuple[Request, str, str]] = [
    # JSON: the target
    (request("POST", "/", "sagemaker", X_Amz_Target="SageMaker.CreateModel"), "sagemaker:CreateModel", "json"),
    (request("POST", "/", "dynamodb", X_Amz_Target="DynamoDB_20120810.PutItem"), "dynamodb:PutItem", "json"),
    (request("POST", "/", "dynamodb", X_Amz_Target="DynamoDBStreams_20120810.GetRecords"),
     "dynamodbstreams:GetRecords", "json"),
    (request("POST", "/", "states", X_Amz_Target="AWSStepFunctions.StartExecution"),
     "stepfunctions:StartExecution", "json"),
    (request("POST", "/", "monitoring", X_Amz_Target="GraniteServiceVersion20100801.PutMetricData"),
     "cloudwatch:PutMetricData", "json"),
    (request("POST", "/", X_Amz_Target="AWSCognitoIdentityProviderService.SignUp"), "cognito-idp:SignUp", "json"),
    # query: Action, in the body or in the address
    (request("POST", "/", "iam", b"Action=ListRoles&Version=2010-05-08", Content_Type=FORM), "iam:ListRoles", "query"),
    (request("GET", "/?Action=GetCallerIdentity&Version=2011-06-15", "sts"), "sts:GetCallerIdentity", "query"),
    (request("POST", "/", "ec2", b"Action=DescribeVpcs", Content_Type=FORM), "ec2:DescribeVpcs", "ec2"),
    (request("POST", "/", "monitoring", b"Action=ListMetrics", Content_Type=FORM), "cloudwatch:ListMetrics", "query"),
    (request("GET", "/?Action=DescribeLoadBalancers&Version=2012-06-01", "elasticloadbalancing"),
     "elb:DescribeLoadBalancers", "query"),
    (request("GET", "/?Action=DescribeLoadBalancers&Version=2015-12-01", "elasticloadbalancing"),
     "elbv2:DescribeLoadBalancers", "query"),
    (request("POST", "/123456789012/q", "sqs", b"Action=SendMessage", Content_Type=FORM), "sqs:SendMessage", "query"),
    # REST by its method and path
    (request("GET", "/2015-03-31/functions/", "lambda"), "lambda:ListFunctions", "rest-json"),
    (request("POST", "/2015-03-31/functions/f/invocations", "lambda"), "lambda:Invoke", "rest-json"),
    (request("POST", "/endpoints/e/invocations", "sagemaker"), "sagemaker-runtime:InvokeEndpoint", "rest-json"),
    (request("PUT", "/FeatureGroup/f", "sagemaker"), "sagemaker-featurestore-runtime:PutRecord", "rest-json"),
    (request("PUT", "/bots/", "lex"), "lexv2-models:CreateBot", "rest-json"),
    (request("POST", "/model/m/invoke", "bedrock"), "bedrock-runtime:InvokeModel", "rest-json"),
    (request("GET", "/v2/email/account", "ses"), "sesv2:GetAccount", "rest-json"),
    (request("GET", "/environments", "airflow"), "mwaa:ListEnvironments", "rest-json"),
    (request("GET", "/v20180820/configuration/publicAccessBlock", "s3", x_amz_account_id="123456789012"),
     "s3control:GetPublicAccessBlock", "rest-xml"),
    # S3, also unsigned
    (request("GET", "/"), "s3:ListBuckets", "rest-xml"),
    (request("GET", "/b?list-type=2", "s3"), "s3:ListObjectsV2", "rest-xml"),
    (request("GET", "/b", "s3"), "s3:ListObjects", "rest-xml"),
    (request("GET", "/b?analytics&id=x", "s3"), "s3:GetBucketAnalyticsConfiguration", "rest-xml"),
    (request("GET", "/b/a/../k?retention"), "s3:GetObjectRetention", "rest-xml"),
    (request("PUT", "/b/k", "s3", X_Amz_Copy_Source="/b/j"), "s3:CopyObject", "rest-xml"),
    (request("POST", "/b", Content_Type="multipart/form-data"), "s3:PostObject", "rest-xml"),
    (request("GET", "/b/k?X-Amz-Credential=testing%2F20240101%2Fus-east-1%2Fs3%2Faws4_request"),
     "s3:GetObject", "rest-xml"),
    # CBOR
    (request("POST", "/service/GraniteServiceVersion20100801/operation/ListMetrics", "monitoring",
             Smithy_Protocol="rpc-v2-cbor"), "cloudwatch:ListMetrics", "smithy-rpc-v2-cbor"),
    # nothing that there is
    (request("POST", "/", "sagemaker", X_Amz_Target="SageMaker.CreateNothing"),
     "sagemaker:SageMaker.CreateNothing", "json"),
    (request("POST", "/", "iam", b"Action=Nothing", Content_Type=FORM), "iam:Nothing", "query"),
    (request("POST", "/", "iam", b"", Content_Type=FORM), "iam:a request without Action", "query"),
    (request("GET", "/nothing/here", "lambda"), "lambda:GET /nothing/here", "rest-json"),
    (request("POST", "/", "nosuch"), "nosuch:POST /", "json"),
    (request("POST", "/", X_Amz_Target="foo"), "aws:foo", "json"),
    (request("POST", "/", "dynamodb"), "dynamodb:POST /", "json"),
]  # fmt: skip


@pytest.mark.parametrize(("sent", "name", "protocol"), ROWS, ids=[name for _, name, _ in ROWS])
def test_the_operation_of_a_request(sent: Request, name: str, protocol: str) -> None:
    call = call_of(sent)
    assert (call.name, call.protocol) == (name, protocol)
    assert bool(call.operation) is ("nothing" not in name.lower() and " " not in name and not name.endswith(":foo"))


def test_a_body_that_was_looked_at_can_be_read_again() -> None:
    sent = request("POST", "/", "iam", b"Action=ListRoles", Content_Type=FORM)
    call_of(sent)
    assert sent.environ["wsgi.input"].read() == b"Action=ListRoles"


@pytest.mark.parametrize(
    ("authorization", "name"),
    [
        ("AWS4-HMAC-SHA256 Credential=k/20240101/eu-west-1/S3/aws4_request, SignedHeaders=host", "s3"),
        ("AWS4-HMAC-SHA256 SignedHeaders=host,Credential=k/20240101/eu-west-1/sqs/aws4_request,Signature=x", "sqs"),
        ("AWS4-HMAC-SHA256 Credential=a/key/with/slashes/20240101/eu-west-1/sns/aws4_request", "sns"),
        ("AWS4-HMAC-SHA256 Credential=k/20240101", None),
        ("AWS AKIA:signature", None),
        ("", None),
    ],
)
def test_what_a_request_is_signed_for(authorization: str, name: str | None) -> None:
    assert signed_for(request("GET", "/", Authorization=authorization)) == name


def test_services_are_found_by_what_they_are_signed_for() -> None:
    assert len(services()) > 400
    names: dict[str, Any] = {name: [service.name for service in of_signing_name(name)] for name in ("s3", "lex", "x")}
    assert names == {
        "s3": ["s3", "s3control"],
        "lex": ["lexv2-models", "lexv2-runtime", "lex-models", "lex-runtime"],
        "x": [],
    }
