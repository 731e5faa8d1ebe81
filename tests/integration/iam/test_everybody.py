"""Requests that nobody signed, requests that nothing checks, and keys that are not there."""

import http.client
import json
from collections.abc import Callable
from importlib import import_module
from typing import Any

import pytest
import xmltodict
from moto import backends
from moto.core.responses import BaseResponse

from localcloud import LocalCloud, gate
from localcloud.iam import dispatch
from localcloud.origin import CLIENT
from tests.integration.iam.conftest import ACCOUNT, allow
from tests.integration.iam.people import policy, signing, told, user

EVERYBODY = {"Principal": "*"}
OBJECTS = "arn:aws:s3:::lake/*"


def asked(cloud: LocalCloud, method: str, path: str, body: bytes = b"", **headers: str) -> tuple[int, bytes]:
    """The answer to a request that is not signed."""
    connection = http.client.HTTPConnection("localhost", cloud.port, timeout=20)
    connection.request(method, path, body, {name.replace("_", "-"): value for name, value in headers.items()})
    answer = connection.getresponse()
    found = answer.status, answer.read()
    connection.close()
    return found


def opened(*statements: dict[str, Any]) -> Callable[[Any], Any]:
    return lambda s3: s3.put_bucket_policy(Bucket="lake", Policy=policy(*statements))


def by_acl(s3: Any) -> None:
    s3.put_object(Bucket="lake", Key="in/a", Body=b"1", ACL="public-read")


def blocked(**what: bool) -> Callable[[Any], Any]:
    settings = dict.fromkeys(
        ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"), False
    )
    return lambda s3: s3.put_public_access_block(Bucket="lake", PublicAccessBlockConfiguration={**settings, **what})


def then(*steps: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return lambda s3: [step(s3) for step in steps]


READ = {**allow("s3:GetObject", OBJECTS), **EVERYBODY}
WRITE = {**allow(["s3:PutObject", "s3:DeleteObject"], OBJECTS), **EVERYBODY}
DENY = {"Effect": "Deny", "Action": "s3:GetObject", "Resource": OBJECTS, **EVERYBODY}
# How the bucket is opened; whether everybody may then read, write and remove in/a, and list
BUCKETS: dict[str, tuple[Callable[[Any], Any], tuple[bool, bool, bool, bool]]] = {
    "closed": (lambda s3: None, (False, False, False, False)),
    "a policy to read": (opened(READ), (True, False, False, False)),
    "a policy to write": (opened(WRITE), (False, True, True, False)),
    "a policy to list": (opened({**allow("s3:ListBucket", OBJECTS[:-2]), **EVERYBODY}), (False, False, False, True)),
    "a policy for an account": (opened({**READ, "Principal": {"AWS": ACCOUNT}}), (False, False, False, False)),
    "a policy for all of AWS": (opened({**READ, "Principal": {"AWS": "*"}}), (True, False, False, False)),
    "a list of access": (by_acl, (True, False, False, False)),
    "a list and a deny": (then(by_acl, opened(DENY)), (False, False, False, False)),
    "a list of the bucket": (
        lambda s3: s3.put_bucket_acl(Bucket="lake", ACL="public-read-write"), (False, True, True, True)
    ),
    "lists are ignored": (then(by_acl, blocked(IgnorePublicAcls=True)), (False, False, False, False)),
    "policies are restricted": (then(opened(READ), blocked(RestrictPublicBuckets=True)), (False, False, False, False)),
    "other blocks": (
        then(opened(READ), blocked(BlockPublicAcls=True, BlockPublicPolicy=True)), (True, False, False, False)
    ),
    "a condition": (
        opened({**READ, "Condition": {"StringEquals": {"aws:Referer": "https://ours/"}}}), (False, False, False, False)
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", BUCKETS)
def test_what_everybody_may(cloud: LocalCloud, bucket: str, name: str) -> None:
    open_, (reads, writes, removes, lists) = BUCKETS[name]
    open_(cloud.client("s3"))
    for method, path, allowed in (
        ("GET", "/lake/in/a", reads),
        ("HEAD", "/lake/in/a", reads),
        ("PUT", "/lake/in/b", writes),
        ("DELETE", "/lake/in/b", removes),
        ("GET", "/lake?list-type=2", lists),
        ("GET", "/lake?policy", False),
        ("PUT", "/other", False),
        ("DELETE", "/lake", False),
        ("GET", "/", False),
    ):
        status, body = asked(cloud, method, path)
        assert (status < 300) == allowed, (method, path, status, body)
        if not allowed and method != "HEAD":
            assert (
                xmltodict.parse(body)["Error"] == {"Code": "AccessDenied", "Message": "Access Denied"}
                or status == 403
            )


def test_a_condition_that_holds(cloud: LocalCloud, bucket: str) -> None:
    opened({**READ, "Condition": {"StringEquals": {"aws:Referer": "https://ours/"}}})(cloud.client("s3"))
    assert asked(cloud, "GET", "/lake/in/a", Referer="https://ours/") == (200, b"1")


def test_services_want_signatures(cloud: LocalCloud) -> None:
    form = {"Content_Type": "application/x-www-form-urlencoded"}
    target = {"Content_Type": "application/x-amz-json-1.0", "X_Amz_Target": "DynamoDB_20120810.ListTables"}
    for method, path, body, headers in (
        ("POST", "/", b"Action=ListUsers&Version=2010-05-08", form),
        ("POST", "/", b"{}", target),
        ("GET", "/2015-03-31/functions", b"", {}),
        ("POST", "/endpoints/e/invocations", b"1", {}),
        ("POST", "/", b"Action=AssumeRole&Version=2011-06-15&RoleArn=arn:aws:iam::123456789012:role/r", form),
    ):
        assert asked(cloud, method, path, body, **headers)[0] in (400, 403), (path, body)


def test_what_needs_no_signature(cloud: LocalCloud) -> None:
    """By the models of AWS, and the pages about the cloud."""
    body = b"Action=AssumeRoleWithWebIdentity&Version=2011-06-15&RoleSessionName=me&WebIdentityToken=abcd&RoleArn="
    form = {"Content_Type": "application/x-www-form-urlencoded"}
    status, answer = asked(cloud, "POST", "/", body + b"arn:aws:iam::123456789012:role/r12345", **form)
    assert status == 400
    assert b"InvalidIdentityToken" in answer
    own: Any = {name.replace("-", "_"): value for name, value in CLIENT.items()}
    assert json.loads(asked(cloud, "GET", "/moto-api/iam", **own)[1])["enforced"]


def test_a_queue_for_everybody(cloud: LocalCloud) -> None:
    sqs = cloud.client("sqs")
    url = sqs.create_queue(QueueName="q")["QueueUrl"]
    body = json.dumps({"QueueUrl": url, "MessageBody": "m"}).encode()
    target = {"Content_Type": "application/x-amz-json-1.0", "X_Amz_Target": "AmazonSQS.SendMessage"}
    signed = {"Authorization": "AWS4-HMAC-SHA256 Credential=nobody/20260101/us-east-1/sqs/aws4_request, Signature=a"}
    assert asked(cloud, "POST", "/", body, **target, **signed)[0] == 400
    assert "Messages" not in sqs.receive_message(QueueUrl=url)


def test_handlers_that_nothing_checks_are_the_administrators() -> None:
    """Every handler of every service is checked, is open on purpose, or is one of those, which are refused."""
    unchecked = set()
    for name in backends.list_of_moto_modules():
        try:
            module = import_module(f"moto.{name}.urls")
        except ImportError:
            continue
        for handler in getattr(module, "url_paths", {}).values():
            if not dispatch._is_checked(handler):
                unchecked.add(getattr(handler, "__qualname__", str(handler)).partition(".")[0])
    assert unchecked == {
        "APIGatewayResponse", "ApiGatewayV2Response", "ApiGatewayManagementApiResponse", "AppSyncResponse",
        "CodeDeployResponse", "OpenSearchServiceResponse", "WorkSpacesWebResponse",
    }  # fmt: skip


def test_dispatch_is_not_overridden() -> None:
    """What `BaseResponse.dispatch` leads to is `call_action`, which is checked."""
    subclasses = list(BaseResponse.__subclasses__())
    for kind in subclasses:
        subclasses += kind.__subclasses__()
        assert kind._dispatch is BaseResponse._dispatch, kind
    assert len(subclasses) > 100


def test_an_unchecked_handler_is_refused(cloud: LocalCloud, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also if the gate lets its service in, which none of those is today."""
    monkeypatch.setattr(gate, "is_kept", lambda *_: True)
    ann = signing(cloud, "es", user(cloud, "ann", allow("*", "*")))
    assert told(ann.list_domain_names) == ("AccessDeniedException", 403)
    assert told(cloud.client("es").list_domain_names) == ("OK", 200)


@pytest.mark.parametrize("key", ["alias/none", "arn:aws:kms:us-east-1:123456789012:alias/none",
                                 "1234abcd-12ab-34cd-56ef-1234567890ab", "none"])  # fmt: skip
def test_keys_that_are_not_there(cloud: LocalCloud, key: str) -> None:
    """NotFoundException to everybody: there is no policy to ask."""
    nobody, everything = user(cloud, "ann"), user(cloud, "bob", allow("*", "*"))
    for kms in (cloud.client("kms"), signing(cloud, "kms", nobody), signing(cloud, "kms", everything)):
        for call, more in (
            (kms.encrypt, {"Plaintext": b"x"}),
            (kms.decrypt, {"CiphertextBlob": b"x" * 100}),
            (kms.generate_data_key, {"KeySpec": "AES_256"}),
            (kms.describe_key, {}),
            (kms.get_key_policy, {}),
        ):
            assert told(call, KeyId=key, **more) == ("NotFoundException", 400), call


def test_keys_of_kms_are_those_of_the_ciphertext(cloud: LocalCloud) -> None:
    administrator = cloud.client("kms")
    mine, theirs = (administrator.create_key()["KeyMetadata"]["Arn"] for _ in range(2))
    administrator.create_alias(AliasName="alias/mine", TargetKeyId=mine)
    uses = ["kms:Encrypt", "kms:Decrypt", "kms:ReEncryptFrom", "kms:ReEncryptTo"]
    kms = signing(
        cloud, "kms", user(cloud, "ann", allow(uses, mine), allow("kms:CreateAlias", f"{mine[:32]}*:alias/a*"))
    )
    sealed = {key: administrator.encrypt(KeyId=key, Plaintext=b"x")["CiphertextBlob"] for key in (mine, theirs)}
    denied = ("AccessDeniedException", 400)
    assert told(kms.encrypt, KeyId="alias/mine", Plaintext=b"x") == ("OK", 200)
    assert told(kms.encrypt, KeyId=theirs, Plaintext=b"x") == denied
    assert told(kms.decrypt, CiphertextBlob=sealed[mine]) == ("OK", 200)
    assert told(kms.decrypt, CiphertextBlob=sealed[theirs]) == denied
    assert told(kms.re_encrypt, CiphertextBlob=sealed[mine], DestinationKeyId=theirs) == denied
    assert told(kms.re_encrypt, CiphertextBlob=sealed[theirs], DestinationKeyId=mine) == denied
    assert told(kms.re_encrypt, CiphertextBlob=sealed[mine], DestinationKeyId=mine) == ("OK", 200)
    assert told(kms.encrypt, KeyId="alias/aws/s3", Plaintext=b"x") == denied
    assert told(kms.create_alias, AliasName="alias/a", TargetKeyId=theirs) == denied


def test_endpoints_are_invoked_by_who_may(cloud: LocalCloud) -> None:
    """They are answered past moto."""
    where = f"arn:aws:sagemaker:us-east-1:{ACCOUNT}:endpoint"
    runtime = signing(
        cloud, "sagemaker-runtime", user(cloud, "ann", allow("sagemaker:InvokeEndpoint", f"{where}/mine"))
    )
    not_there = ("ValidationError", 400)
    for body in (b"", b"1,2", b"\xff" * 100_000):
        assert told(runtime.invoke_endpoint, EndpointName="mine", Body=body) == not_there
        assert told(runtime.invoke_endpoint, EndpointName="theirs", Body=body) == ("AccessDeniedException", 403)
    administrator = cloud.client("sagemaker-runtime")
    assert told(administrator.invoke_endpoint, EndpointName="theirs", Body=b"1") == not_there


def test_an_account_is_not_chosen_by_a_header(cloud: LocalCloud, bucket: str) -> None:
    """It is for moto's administrator: x-moto-account-id."""
    ann = signing(cloud, "sqs", user(cloud, "ann", allow("sqs:*", "*")))
    ann.meta.events.register(
        "before-send", lambda request, **_: request.headers.update({"x-moto-account-id": "9" * 12})
    )
    assert f"/{ACCOUNT}/" in ann.create_queue(QueueName="q")["QueueUrl"]
