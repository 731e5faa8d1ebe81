"""Presigned URLs and forms: whoever has one may do what its signer may, and nothing else."""

import base64
import http.client
import json
import urllib.parse
import uuid
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
import xmltodict

from localcloud import LocalCloud
from localcloud.iam import identity
from tests.integration.iam.conftest import allow
from tests.integration.iam.people import policy, signing, user

VERSIONS = ("s3v4", "s3")
OBJECTS = "arn:aws:s3:::lake/in/*"
EVERYTHING = allow(["s3:GetObject", "s3:PutObject", "s3:DeleteObject"], OBJECTS)
Answer = tuple[int, str, str]  # status, code, message


def fetched(url: str, method: str = "GET", body: bytes = b"", **headers: str) -> Answer:
    """The answer to a request for a URL."""
    split = urllib.parse.urlsplit(url)
    connection = http.client.HTTPConnection("localhost", split.port, timeout=20)
    told = {"Host": split.netloc, **{name.replace("_", "-"): value for name, value in headers.items()}}
    connection.request(method, f"{split.path}?{split.query}", body, told)
    response = connection.getresponse()
    content = response.read()
    connection.close()
    if response.status < 300 or not content:
        return response.status, "", content.decode()
    told = xmltodict.parse(content)
    error = told["Error"] if "Error" in told else told["ErrorResponse"]["Error"]
    return response.status, error["Code"], error["Message"]


def posted(form: dict[str, Any], content: bytes = b"x", **changed: str | None) -> Answer:
    """The answer to an upload by a form; ``changed`` fields have other values, None takes one away."""
    edge, fields = (
        uuid.uuid4().hex,
        {**form["fields"], **{key.replace("__", "-"): value for key, value in changed.items()}},
    )
    parts = [
        f'--{edge}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in fields.items()
        if value is not None
    ]
    head = f'--{edge}\r\nContent-Disposition: form-data; name="file"; filename="f.txt"\r\n\r\n'
    body = "".join(parts).encode() + head.encode() + content + f"\r\n--{edge}--\r\n".encode()
    return fetched(form["url"], "POST", body, Content_Type=f"multipart/form-data; boundary={edge}")


@pytest.fixture(params=VERSIONS)
def s3(request: Any, cloud: LocalCloud, bucket: str) -> Any:
    """The client of a user who may use objects under in/."""
    return signing(cloud, "s3", user(cloud, "ann", EVERYTHING), signature_version=request.param)


def url(s3: Any, operation: str = "get_object", key: str = "in/a", **more: Any) -> str:
    expires = more.pop("expires", 60)
    given: str = s3.generate_presigned_url(
        operation, Params={"Bucket": "lake", "Key": key, **more}, ExpiresIn=expires
    )
    return given


def test_what_the_signer_may(s3: Any) -> None:
    assert fetched(url(s3)) == (200, "", "1")
    assert fetched(url(s3, "head_object"), "HEAD")[0] == 200
    for key in ("in/b", "in/a b+c/d=e", "in/ünï", "in/~(x)!*'", "in/q?x&y#z", "in/a%2Fb"):
        assert fetched(url(s3, "put_object", key), "PUT", b"2") == (200, "", "")
        assert fetched(url(s3, "get_object", key)) == (200, "", "2")
        assert fetched(url(s3, "delete_object", key), "DELETE")[0] == 204


def test_what_the_signer_may_not(s3: Any, cloud: LocalCloud) -> None:
    for operation, key, method in (
        ("get_object", "out/a", "GET"),
        ("head_object", "out/a", "HEAD"),
        ("put_object", "out/a", "PUT"),
        ("delete_object", "out/a", "DELETE"),
        ("get_object_acl", "in/a", "GET"),
        ("get_object_tagging", "in/a", "GET"),
        ("create_multipart_upload", "out/a", "POST"),
    ):
        assert fetched(url(s3, operation, key), method, b"x" if method == "PUT" else b"")[0] == 403, (operation, key)
    buckets = s3.generate_presigned_url("list_buckets")
    assert fetched(buckets)[:2] == (403, "AccessDenied")
    assert fetched(s3.generate_presigned_url("list_objects_v2", Params={"Bucket": "lake"}))[:2] == (
        403,
        "AccessDenied",
    )
    cloud.client("iam").put_user_policy(
        UserName="ann", PolicyName="own", PolicyDocument=policy(allow("s3:ListAllMyBuckets", "*"))
    )
    assert fetched(buckets)[0] == 200
    assert fetched(url(s3))[:2] == (403, "AccessDenied"), "it holds for as long as the permission"


def altered(given: str, **changed: str | None) -> str:
    """A URL with other parameters; None takes one away."""
    split = urllib.parse.urlsplit(given)
    query = dict(urllib.parse.parse_qsl(split.query, keep_blank_values=True))
    query |= {name.replace("_", "-"): value for name, value in changed.items() if value is not None}
    for name, value in changed.items():
        if value is None:
            del query[name.replace("_", "-")]
    return split._replace(query=urllib.parse.urlencode(query)).geturl()


MISMATCH = (403, "SignatureDoesNotMatch")
# As AWS answered to localstack/localstack, tests/aws/services/s3/test_s3.py (TestS3PresignedUrl)
TAMPERED: dict[str, dict[str, tuple[Callable[[str], Any], tuple[int, str]]]] = {
    "s3v4": {
        "another key": (lambda given: fetched(given.replace("in/a", "in/b")), MISMATCH),
        "another bucket": (lambda given: fetched(given.replace("/lake/", "/pond/")), MISMATCH),
        "another method": (lambda given: fetched(given, "DELETE"), MISMATCH),
        "longer": (lambda given: fetched(altered(given, X_Amz_Expires="600000")), MISMATCH),
        "later": (lambda given: fetched(altered(given, X_Amz_Date="20300101T000000Z")), MISMATCH),
        "another region": (lambda given: fetched(given.replace("us-east-1", "us-west-2")), MISMATCH),
        "another service": (lambda given: fetched(given.replace("%2Fs3%2F", "%2Fsts%2F")), MISMATCH),
        "another user": (
            lambda given: fetched(altered(given, X_Amz_Credential="testing/20260101/us-east-1/s3/aws4_request")),
            MISMATCH,
        ),
        "nobody": (
            lambda given: fetched(altered(given, X_Amz_Credential="AKIAX/20260101/us-east-1/s3/aws4_request")),
            (403, "InvalidAccessKeyId"),
        ),
        "one more parameter": (lambda given: fetched(f"{given}&response-content-type=text/html"), MISMATCH),
        "a sub-resource": (lambda given: fetched(f"{given}&acl="), MISMATCH),
        "one more header": (lambda given: fetched(given, "GET", x_amz_meta_a="b"), (403, "AccessDenied")),
        "no signature": (lambda given: fetched(altered(given, X_Amz_Signature=None)), (400, "InvalidArgument")),
        "no date": (lambda given: fetched(altered(given, X_Amz_Date=None)), (400, "InvalidArgument")),
        "no headers": (lambda given: fetched(altered(given, X_Amz_SignedHeaders=None)), (400, "InvalidArgument")),
        "no credential": (lambda given: fetched(altered(given, X_Amz_Credential=None)), (400, "InvalidArgument")),
        "two ways": (lambda given: fetched(given, "GET", Authorization="AWS a:b"), (400, "InvalidArgument")),
    },
    "s3": {
        "another key": (lambda given: fetched(given.replace("in/a", "in/b")), MISMATCH),
        "another method": (lambda given: fetched(given, "DELETE"), MISMATCH),
        "longer": (lambda given: fetched(altered(given, Expires="1999999999")), MISMATCH),
        "another user": (lambda given: fetched(altered(given, AWSAccessKeyId="testing")), MISMATCH),
        "nobody": (lambda given: fetched(altered(given, AWSAccessKeyId="AKIAX")), (403, "InvalidAccessKeyId")),
        "a sub-resource": (lambda given: fetched(f"{given}&acl"), MISMATCH),
        "one more header": (lambda given: fetched(given, "GET", x_amz_meta_a="b"), MISMATCH),
        "a content type": (lambda given: fetched(given, "GET", Content_Type="text/html"), MISMATCH),
        "no signature": (lambda given: fetched(altered(given, Signature=None)), (403, "AccessDenied")),
        "no expiration": (lambda given: fetched(altered(given, Expires=None)), (403, "AccessDenied")),
        "no key": (lambda given: fetched(altered(given, AWSAccessKeyId=None)), (403, "AccessDenied")),
    },
}  # fmt: skip


@pytest.mark.parametrize("version", VERSIONS)
def test_a_url_that_was_changed(cloud: LocalCloud, bucket: str, version: str) -> None:
    s3 = signing(cloud, "s3", user(cloud, "ann", allow("s3:*", "*")), signature_version=version)
    given = url(s3)
    assert fetched(given)[0] == 200
    for name, (change, wanted) in TAMPERED[version].items():
        assert change(given)[:2] == wanted, name
    assert cloud.client("s3").get_object(Bucket=bucket, Key="in/a")["Body"].read() == b"1"


def test_headers_that_were_signed_are_to_be_sent(s3: Any) -> None:
    """Version 2 has those of S3 in the URL, and covers the type of the content in any case."""
    given = url(s3, "put_object", ContentType="text/csv", Metadata={"a": "b"})
    assert fetched(given, "PUT", b"x")[:2] == MISMATCH
    assert fetched(given, "PUT", b"x", Content_Type="text/html", x_amz_meta_a="b")[:2] == MISMATCH
    meta = {"x_amz_meta_a": "b"} if "X-Amz-SignedHeaders" in given else {}
    assert fetched(given, "PUT", b"x", Content_Type="text/csv", **meta)[0] == 200


def test_a_url_is_over(s3: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    given = url(s3, expires=30)
    assert fetched(given)[0] == 200

    class Later(datetime):
        @classmethod
        def now(cls, tz: Any = None) -> Any:
            return datetime.now(tz) + timedelta(seconds=31)

    monkeypatch.setattr(identity, "datetime", Later)
    assert fetched(given) == (403, "AccessDenied", "Request has expired")


def test_virtual_hosts_and_sessions(cloud: LocalCloud, bucket: str) -> None:
    """The signature covers the host; the token of a session is a part of the URL."""
    session = signing(cloud, "sts", user(cloud, "ann", EVERYTHING)).get_session_token()["Credentials"]
    for version in VERSIONS:
        s3 = signing(cloud, "s3", session, signature_version=version, s3={"addressing_style": "virtual"})
        given = url(s3)
        assert given.startswith(f"http://lake.localhost:{cloud.port}/in/a?")
        assert fetched(given) == (200, "", "1")
        assert fetched(given.replace("lake.localhost", "pond.localhost"))[:2] == MISMATCH
        token = "X_Amz_Security_Token" if version == "s3v4" else "x_amz_security_token"
        assert fetched(altered(given, **{token: "x"}))[1] == "InvalidToken"
        assert fetched(altered(given, **{token: None}))[1] == "InvalidToken"


def form(s3: Any, key: str = "in/form", **more: Any) -> dict[str, Any]:
    expires = more.pop("expires", 60)
    given: dict[str, Any] = s3.generate_presigned_post("lake", key, ExpiresIn=expires, **more)
    return given


def test_forms_of_who_may(s3: Any, cloud: LocalCloud) -> None:
    assert posted(form(s3), b"content")[0] == 204
    assert cloud.client("s3").get_object(Bucket="lake", Key="in/form")["Body"].read() == b"content"
    assert posted(form(s3, "in/${filename}"))[0] == 204
    assert cloud.client("s3").head_object(Bucket="lake", Key="in/f.txt")["ContentLength"] == 1
    assert posted(form(s3, "out/form"))[:2] == (403, "AccessDenied")
    assert posted(form(s3, "out/${filename}"))[:2] == (403, "AccessDenied")


REDIRECT = "http://localhost.test/random"
# Conditions and fields of the form; what is sent otherwise; the answer, as AWS gave it (TestS3PresignedPost)
CONDITIONS: dict[str, tuple[dict[str, Any], dict[str, str], bytes, tuple[int, str, str]]] = {
    "as it says": ({"Fields": {"x-amz-meta-a": "b"}, "Conditions": [{"x-amz-meta-a": "b"}]}, {}, b"x", (204, "", "")),
    "eq": (
        {"Fields": {"success_action_redirect": REDIRECT}, "Conditions": [["eq", "$success_action_redirect", REDIRECT]]},
        {"success_action_redirect": "http://wrong/"},
        b"x",
        (403, "AccessDenied",
         f'Invalid according to Policy: Policy Condition failed: ["eq", "$success_action_redirect", "{REDIRECT}"]'),
    ),
    "eq without $": (
        {"Fields": {"success_action_redirect": REDIRECT}, "Conditions": [["eq", "success_action_redirect", REDIRECT]]},
        {},
        b"x",
        (403, "AccessDenied",
         f'Invalid according to Policy: Policy Condition failed: ["eq", "success_action_redirect", "{REDIRECT}"]'),
    ),
    "eq, in upper case": (
        {"Fields": {"success_action_redirect": REDIRECT}, "Conditions": [{"success_action_redirect": REDIRECT}]},
        {"success_action_redirect": REDIRECT.replace("http", "HTTP")},
        b"x",
        (403, "AccessDenied",
         f'Invalid according to Policy: Policy Condition failed: ["eq", "$success_action_redirect", "{REDIRECT}"]'),
    ),
    "starts-with": (
        {"Fields": {"success_action_redirect": REDIRECT},
         "Conditions": [["starts-with", "$success_action_redirect", "http://localhost"]]},
        {"success_action_redirect": "http://wrong/"},
        b"x",
        (403, "AccessDenied", 'Invalid according to Policy: Policy Condition failed: '
         '["starts-with", "$success_action_redirect", "http://localhost"]'),
    ),
    "starts-with nothing": (
        {"Fields": {"success_action_status": "200"}, "Conditions": [["starts-with", "$success_action_status", ""]]},
        {"success_action_status": "204"},
        b"x",
        (204, "", ""),
    ),
    "two properties": (
        {"Fields": {"a": "b"}, "Conditions": [{"a": "b", "c": "d"}]}, {}, b"x",
        (400, "InvalidPolicyDocument",
         "Invalid Policy: Invalid Simple-Condition: Simple-Conditions must have exactly one property specified."),
    ),
    "another key": ({}, {"key": "in/other"}, b"x", (403, "AccessDenied",
        'Invalid according to Policy: Policy Condition failed: ["eq", "$key", "in/form"]')),
    "one more field": ({}, {"acl": "public-read"}, b"x",
        (403, "AccessDenied", "Invalid according to Policy: Extra input fields: acl")),
    "a field to ignore": ({}, {"x-ignore-this": "1"}, b"x", (204, "", "")),
    "small enough": ({"Conditions": [["content-length-range", 2, 4]]}, {}, b"xxx", (204, "", "")),
    "too big": ({"Conditions": [["content-length-range", 2, 4]]}, {}, b"xxxxx",
        (400, "EntityTooLarge", "Your proposed upload exceeds the maximum allowed size")),
    "too small": ({"Conditions": [["content-length-range", 2, 4]]}, {}, b"x",
        (400, "EntityTooSmall", "Your proposed upload is smaller than the minimum allowed size")),
    "a size that is none": (
        {"Conditions": [["content-length-range", "test", "10"]]}, {}, b"x",
        (403, "AccessDenied",
         'Invalid according to Policy: Policy Condition failed: ["content-length-range", "test", "10"]'),
    ),
    "over": ({"expires": -1}, {}, b"x", (403, "AccessDenied", "Invalid according to Policy: Policy expired.")),
}  # fmt: skip


def test_conditions_of_forms(s3: Any) -> None:
    for name, (given, changed, content, wanted) in CONDITIONS.items():
        answer = posted(
            form(s3, **given), content, **{key.replace("-", "__"): value for key, value in changed.items()}
        )
        assert answer == wanted, name


def test_forms_that_were_changed(s3: Any, cloud: LocalCloud) -> None:
    given = form(s3)
    fields = {name.lower(): name for name in given["fields"]}
    document = json.loads(base64.b64decode(given["fields"]["policy"]))
    document["conditions"] = [["starts-with", "$key", ""]]
    assert posted(given, policy=base64.b64encode(json.dumps(document).encode()).decode())[:2] == MISMATCH
    assert posted(given, policy="invalid")[:2] == MISMATCH
    signature, key = (
        ("x-amz-signature", "x-amz-credential") if "x-amz-signature" in fields else ("signature", "awsaccesskeyid")
    )

    def changed(name: str, value: str | None) -> dict[str, Any]:
        return {fields[name].replace("-", "__"): value}

    assert posted(given, **changed(signature, "00"))[:2] == MISMATCH
    without = posted(given, **changed(signature, None))
    assert without[:2] == (400, "InvalidArgument")
    assert f"must contain a field named '{'X-Amz-S' if '-' in signature else 'S'}ignature'" in without[2]
    assert posted(given, **changed(key, None))[:2] == (400, "InvalidArgument")
    nothing = posted({"url": given["url"], "fields": {"key": "in/form"}})
    assert nothing == (403, "AccessDenied", "Access Denied"), "nobody signed it"
    assert "Contents" not in cloud.client("s3").list_objects_v2(Bucket="lake", Prefix="in/form")
