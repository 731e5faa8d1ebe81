"""STS: who gets a session of what, what it may, and when it ends."""

import base64
import json
import time
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from localcloud import LocalCloud
from tests.integration.iam.conftest import ACCOUNT, allow
from tests.integration.iam.people import arn, policy, signing, told, trusting, user

READ = allow("s3:GetObject", "*")
ASSUME = allow("sts:AssumeRole", "*")
DENIED = ("AccessDenied", 403)
OK = ("OK", 200)
TAGS = [{"Key": "a", "Value": "b"}]
GLUE = {"Service": "glue.amazonaws.com"}


def make(cloud: LocalCloud, name: str, trust: str, *statements: dict[str, Any], **more: Any) -> str:
    """A role; its ARN."""
    iam = cloud.client("iam")
    iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust, **more)
    if statements:
        iam.put_role_policy(RoleName=name, PolicyName="own", PolicyDocument=policy(*statements))
    return arn(f"role{more.get('Path', '/')}{name}")


def session(sts: Any, role: str, **more: Any) -> dict[str, str]:
    found: dict[str, str] = sts.assume_role(RoleArn=role, RoleSessionName="me", **more)["Credentials"]
    return found


# Trust; what the call adds; whether ann, who may assume every role, may assume this one, and the administrator
TRUST: dict[str, tuple[str, dict[str, Any], bool, bool]] = {
    "the account": (trusting({"AWS": ACCOUNT}), {}, True, True),
    "the account by ARN": (trusting({"AWS": arn("root")}), {}, True, True),
    "the user": (trusting({"AWS": arn("user/ann")}), {}, True, False),
    "another user": (trusting({"AWS": arn("user/bob")}), {}, False, False),
    "another account": (trusting({"AWS": "999999999999"}), {}, False, False),
    "everybody": (trusting({"AWS": "*"}), {}, True, True),
    "a service": (trusting(GLUE), {}, False, False),
    "a service and the account": (trusting({**GLUE, "AWS": ACCOUNT}), {}, True, True),
    "a provider": (trusting({"Federated": "accounts.google.com"}, "sts:AssumeRoleWithWebIdentity"), {}, False, False),
    "for another action": (trusting({"AWS": ACCOUNT}, "sts:TagSession"), {}, False, False),
    "with an external id": (
        trusting({"AWS": ACCOUNT}, StringEquals={"sts:ExternalId": "xy"}), {"ExternalId": "xy"}, True, True
    ),
    "with another external id": (
        trusting({"AWS": ACCOUNT}, StringEquals={"sts:ExternalId": "xy"}), {"ExternalId": "yz"}, False, False
    ),
    "without the external id": (trusting({"AWS": ACCOUNT}, StringEquals={"sts:ExternalId": "xy"}), {}, False, False),
    "by the name of the session": (
        trusting({"AWS": ACCOUNT}, StringEquals={"sts:RoleSessionName": "me"}), {}, True, True
    ),
    "by another name": (trusting({"AWS": ACCOUNT}, StringEquals={"sts:RoleSessionName": "you"}), {}, False, False),
    "with tags": (
        trusting({"AWS": ACCOUNT}, ["sts:AssumeRole", "sts:TagSession"]), {"Tags": TAGS}, True, True
    ),
    "without the right to tag": (trusting({"AWS": ACCOUNT}), {"Tags": TAGS}, False, False),
    "with multi-factor authentication": (
        trusting({"AWS": ACCOUNT}, Bool={"aws:MultiFactorAuthPresent": "true"}), {}, False, False
    ),
    "but for the user": (
        policy(
            json.loads(trusting({"AWS": ACCOUNT}))["Statement"][0],
            {"Effect": "Deny", "Principal": {"AWS": arn("user/ann")}, "Action": "sts:AssumeRole"},
        ),
        {}, False, True,
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", TRUST)
def test_a_role_trusts_who_assumes_it(cloud: LocalCloud, name: str) -> None:
    trust, given, ann_may, administrator_may = TRUST[name]
    given = {"RoleArn": make(cloud, "target", trust), "RoleSessionName": "me", **given}
    both = allow(["sts:AssumeRole", "sts:TagSession"], "*")
    ann = signing(cloud, "sts", user(cloud, "ann", both))
    assert told(ann.assume_role, **given) == (OK if ann_may else DENIED)
    assert told(cloud.client("sts").assume_role, **given) == (OK if administrator_may else DENIED)


def test_the_caller_needs_the_permission_where_the_account_is_trusted(cloud: LocalCloud) -> None:
    by_account, by_name = (
        make(cloud, name, trusting({"AWS": principal}))
        for name, principal in (("by-account", ACCOUNT), ("by-name", arn("user/ann")))
    )
    ann = signing(cloud, "sts", user(cloud, "ann"))
    assert told(ann.assume_role, RoleArn=by_account, RoleSessionName="me") == DENIED
    assert told(ann.assume_role, RoleArn=by_name, RoleSessionName="me") == OK


def test_what_is_not_there_is_not_assumed(cloud: LocalCloud) -> None:
    ann = signing(cloud, "sts", user(cloud, "ann", allow("*", "*")))
    for missing in (arn("role/none"), "arn:aws:iam::999999999999:role/none", arn("role/path/none")):
        for sts, who in ((ann, arn("user/ann")), (cloud.client("sts"), f"arn:aws:sts::{ACCOUNT}:user/moto")):
            with pytest.raises(ClientError) as refused:
                sts.assume_role(RoleArn=missing, RoleSessionName="me")
            error = refused.value.response["Error"]
            assert error["Code"] == "AccessDenied"
            text = f"User: {who} is not authorized to perform: sts:AssumeRole on resource: {missing}"
            assert error["Message"].startswith(text)


@pytest.mark.parametrize("given", ["a" * 20, "arn:aws:iam::1:role/abcdef", arn("user/somebody"), arn("role/")])
def test_a_role_has_an_arn(cloud: LocalCloud, given: str) -> None:
    sts = cloud.client("sts")
    assert told(sts.assume_role, RoleArn=given, RoleSessionName="me") == ("ValidationError", 400)
    web = {"RoleArn": given, "RoleSessionName": "me", "WebIdentityToken": "abcd"}
    assert told(sts.assume_role_with_web_identity, **web) == ("ValidationError", 400)


def test_roles_have_paths_and_lengths(cloud: LocalCloud) -> None:
    sts = cloud.client("sts")
    role = make(cloud, "far", trusting({"AWS": ACCOUNT}), READ, ASSUME, Path="/a/b/", MaxSessionDuration=7200)
    near = make(cloud, "near", trusting({"AWS": ACCOUNT}))
    assert session(sts, role, DurationSeconds=7200)
    assert told(sts.assume_role, RoleArn=role, RoleSessionName="me", DurationSeconds=7201)[0] == "ValidationError"
    assert told(sts.assume_role, RoleArn=near, RoleSessionName="me", DurationSeconds=3601)[0] == "ValidationError"
    chained = signing(cloud, "sts", session(sts, role))
    assert chained.get_caller_identity()["Arn"] == f"arn:aws:sts::{ACCOUNT}:assumed-role/far/me"
    again = {"RoleArn": role, "RoleSessionName": "me"}
    assert told(chained.assume_role, **again) == OK
    assert told(chained.assume_role, **again, DurationSeconds=3601)[0] == "ValidationError"


def test_roles_that_are_gone_or_others_end_their_sessions(cloud: LocalCloud, bucket: str) -> None:
    iam, sts = cloud.client("iam"), cloud.client("sts")
    given = session(sts, make(cloud, "worker", trusting({"AWS": ACCOUNT}), READ))
    s3 = signing(cloud, "s3", given)
    assert told(s3.get_object, Bucket=bucket, Key="in/a") == OK
    iam.delete_role_policy(RoleName="worker", PolicyName="own")
    iam.delete_role(RoleName="worker")
    assert told(s3.get_object, Bucket=bucket, Key="in/a") == ("InvalidAccessKeyId", 403)
    make(cloud, "worker", trusting({"AWS": ACCOUNT}), READ)
    assert told(s3.get_object, Bucket=bucket, Key="in/a") == ("InvalidAccessKeyId", 403)
    assert told(signing(cloud, "sts", given).get_caller_identity) == ("InvalidClientTokenId", 403)


# Session policy and managed ones; whether in/a may be read, and in/b written, by who may everything
LIMITS: dict[str, tuple[dict[str, Any], bool, bool]] = {
    "none": ({}, True, True),
    "reads": ({"Policy": policy(READ)}, True, False),
    "writes": ({"Policy": policy(allow("s3:PutObject", "arn:aws:s3:::lake/in/*"))}, False, True),
    "elsewhere": ({"Policy": policy(allow("s3:*", "arn:aws:s3:::pond/*"))}, False, False),
    "denies": (
        {"Policy": policy(allow("*", "*"), {"Effect": "Deny", "Action": "s3:GetObject", "Resource": "*"})}, False, True
    ),
    "managed": ({"PolicyArns": [{"arn": "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"}]}, True, False),
    "either": (
        {
            "Policy": policy(allow("s3:PutObject", "*")),
            "PolicyArns": [{"arn": "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"}],
        },
        True, True,
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", LIMITS)
def test_a_session_is_limited_by_its_policies(cloud: LocalCloud, bucket: str, name: str) -> None:
    given, reads, writes = LIMITS[name]
    role = make(cloud, "worker", trusting({"AWS": ACCOUNT}), allow("*", "*"))
    s3 = signing(cloud, "s3", session(cloud.client("sts"), role, **given))
    assert told(s3.get_object, Bucket=bucket, Key="in/a") == (OK if reads else DENIED)
    assert told(s3.put_object, Bucket=bucket, Key="in/b", Body=b"") == (OK if writes else DENIED)


def test_a_session_policy_gives_nothing(cloud: LocalCloud, bucket: str) -> None:
    role = make(cloud, "worker", trusting({"AWS": ACCOUNT}))
    s3 = signing(cloud, "s3", session(cloud.client("sts"), role, Policy=policy(allow("*", "*"))))
    assert told(s3.get_object, Bucket=bucket, Key="in/a") == DENIED


def test_tags_of_a_session_are_condition_keys(cloud: LocalCloud, bucket: str) -> None:
    statement = {**READ, "Condition": {"StringEquals": {"aws:PrincipalTag/team": "data"}}}
    trust = trusting({"AWS": ACCOUNT}, ["sts:AssumeRole", "sts:TagSession"])
    role, sts = make(cloud, "worker", trust, statement), cloud.client("sts")
    for tags, allowed in (
        ([], False),
        ([{"Key": "team", "Value": "data"}], True),
        ([{"Key": "team", "Value": "x"}], False),
    ):
        s3 = signing(cloud, "s3", session(sts, role, Tags=tags))
        assert told(s3.get_object, Bucket=bucket, Key="in/a") == (OK if allowed else DENIED)


def test_sessions_of_users(cloud: LocalCloud, bucket: str) -> None:
    """GetSessionToken: the same permissions, but for IAM and STS."""
    sts = signing(cloud, "sts", user(cloud, "ann", READ, allow(["iam:*", "sts:*"], "*")))
    given = sts.get_session_token()["Credentials"]
    assert sts.get_session_token()["Credentials"]["AccessKeyId"] != given["AccessKeyId"]
    s3, iam, own = (signing(cloud, service, given) for service in ("s3", "iam", "sts"))
    assert told(s3.get_object, Bucket=bucket, Key="in/a") == OK
    assert told(s3.put_object, Bucket=bucket, Key="in/b", Body=b"") == DENIED
    assert own.get_caller_identity()["Arn"] == arn("user/ann")
    assert told(iam.list_users) == ("InvalidClientTokenId", 403)
    assert told(own.get_session_token) == DENIED
    assert told(own.get_federation_token, Name="bob") == DENIED
    role = make(cloud, "target", trusting({"AWS": ACCOUNT}))
    assert told(own.assume_role, RoleArn=role, RoleSessionName="me") == OK
    of_role = signing(cloud, "sts", session(sts, make(cloud, "r", trusting({"AWS": ACCOUNT}), allow("sts:*", "*"))))
    assert told(of_role.get_session_token) == DENIED
    cloud.client("iam").delete_user_policy(UserName="ann", PolicyName="own")
    assert told(s3.get_object, Bucket=bucket, Key="in/a") == DENIED
    administrator = cloud.client("sts").get_session_token()["Credentials"]
    assert told(signing(cloud, "s3", administrator).get_object, Bucket=bucket, Key="in/a") == OK


def test_federated_users(cloud: LocalCloud, bucket: str) -> None:
    """GetFederationToken: what both the user and the policy that is passed allow."""
    sts = signing(cloud, "sts", user(cloud, "ann", READ, allow("sts:GetFederationToken", "*")))
    bob = sts.get_federation_token(Name="bob", Policy=policy(allow("s3:*", "*")))
    assert bob["FederatedUser"]["Arn"] == f"arn:aws:sts::{ACCOUNT}:federated-user/bob"
    s3 = signing(cloud, "s3", bob["Credentials"])
    assert told(s3.get_object, Bucket=bucket, Key="in/a") == OK
    assert told(s3.put_object, Bucket=bucket, Key="in/b", Body=b"") == DENIED
    assert signing(cloud, "sts", bob["Credentials"]).get_caller_identity()["Arn"] == bob["FederatedUser"]["Arn"]
    nothing = signing(cloud, "s3", sts.get_federation_token(Name="eve")["Credentials"])
    assert told(nothing.get_object, Bucket=bucket, Key="in/a") == DENIED
    cloud.client("s3").put_bucket_policy(
        Bucket=bucket,
        Policy=policy({**READ, "Resource": "arn:aws:s3:::lake/*", "Principal": {"AWS": bob["FederatedUser"]["Arn"]}}),
    )
    assert told(nothing.get_object, Bucket=bucket, Key="in/a") == DENIED, "it names another"
    whole = cloud.client("sts").get_federation_token(Name="all", Policy=policy(allow("s3:*", "*")))["Credentials"]
    assert told(signing(cloud, "s3", whole).put_object, Bucket=bucket, Key="in/b", Body=b"") == OK
    assert told(signing(cloud, "sqs", whole).list_queues)[0] == "AccessDeniedException"


def token(**claims: Any) -> str:
    """A JSON web token, whose signature nobody checks."""
    parts = [json.dumps(part).encode() for part in ({"alg": "RS256"}, claims)]
    return ".".join([*(base64.urlsafe_b64encode(part).decode().rstrip("=") for part in parts), "c2ln"])


ISSUER = "token.actions.example.com"
PROVIDER = {"Federated": arn(f"oidc-provider/{ISSUER}")}
WEB = "sts:AssumeRoleWithWebIdentity"
SUBJECT = {f"{ISSUER}:sub": "repo:ours/it:ref:refs/heads/main"}
CLAIMS = {"iss": f"https://{ISSUER}", "aud": "sts.amazonaws.com", "sub": "repo:ours/it:ref:refs/heads/main"}
TRUSTS = trusting(PROVIDER, WEB, StringEquals=SUBJECT)
GOOGLE = trusting({"Federated": "accounts.google.com"}, WEB, StringEquals={"accounts.google.com:aud": "app"})
OF_GOOGLE = {"iss": "https://accounts.google.com", "aud": "app"}
MINUTE = 60
# Trust, claims and in how many seconds the token ends; the answer's code
WEB_IDENTITIES: dict[str, tuple[str, dict[str, Any], float | None, str]] = {
    "right": (TRUSTS, CLAIMS, MINUTE, "OK"),
    "another subject": (TRUSTS, {**CLAIMS, "sub": "repo:fork/it"}, MINUTE, "AccessDenied"),
    "no subject": (TRUSTS, {"iss": CLAIMS["iss"], "aud": CLAIMS["aud"]}, MINUTE, "AccessDenied"),
    "another audience": (TRUSTS, {**CLAIMS, "aud": "x"}, MINUTE, "InvalidIdentityToken"),
    "two audiences": (TRUSTS, {**CLAIMS, "aud": ["x", CLAIMS["aud"]]}, MINUTE, "OK"),
    "another issuer": (TRUSTS, {**CLAIMS, "iss": "https://x"}, MINUTE, "InvalidIdentityToken"),
    "over": (TRUSTS, CLAIMS, -1, "ExpiredTokenException"),
    "without an end": (TRUSTS, CLAIMS, None, "ExpiredTokenException"),
    "a role for a service": (trusting(GLUE), CLAIMS, MINUTE, "AccessDenied"),
    "a role for the account": (trusting({"AWS": ACCOUNT}, WEB), CLAIMS, MINUTE, "AccessDenied"),
    "a role for another provider": (
        trusting({"Federated": arn("oidc-provider/other")}, WEB), CLAIMS, MINUTE, "AccessDenied"
    ),
    "another action": (trusting(PROVIDER), CLAIMS, MINUTE, "AccessDenied"),
    "a well-known provider": (GOOGLE, OF_GOOGLE, MINUTE, "OK"),
    "a well-known provider, another app": (GOOGLE, {**OF_GOOGLE, "aud": "theirs"}, MINUTE, "AccessDenied"),
}  # fmt: skip


@pytest.fixture
def deploy(cloud: LocalCloud) -> Callable[[str], str]:
    """A role with this trust, in an account that knows an issuer."""
    cloud.client("iam").create_open_id_connect_provider(
        Url=f"https://{ISSUER}", ClientIDList=["sts.amazonaws.com"], ThumbprintList=["a" * 40]
    )
    return lambda trust: make(cloud, "deploy", trust, READ)


@pytest.mark.parametrize("name", WEB_IDENTITIES)
def test_web_identities(cloud: LocalCloud, bucket: str, deploy: Any, name: str) -> None:
    trust, claims, seconds, code = WEB_IDENTITIES[name]
    given = token(**claims, **({} if seconds is None else {"exp": time.time() + seconds}))
    asked = {"RoleArn": deploy(trust), "RoleSessionName": "me", "WebIdentityToken": given}
    sts = signing(cloud, "sts", user(cloud, "ann"))
    assert told(sts.assume_role_with_web_identity, **asked)[0] == code
    if code == "OK":
        s3 = signing(cloud, "s3", sts.assume_role_with_web_identity(**asked)["Credentials"])
        assert told(s3.get_object, Bucket=bucket, Key="in/a") == OK
        assert told(s3.put_object, Bucket=bucket, Key="in/b", Body=b"") == DENIED


@pytest.mark.parametrize("given", ["x" * 10, "a.W10.b", "a.b!.c", "a.b.c.d", "....", "a.e30.", "a.//8=.c"])
def test_tokens_that_are_none(cloud: LocalCloud, deploy: Any, given: str) -> None:
    asked = {"RoleArn": deploy(TRUSTS), "RoleSessionName": "me", "WebIdentityToken": given}
    assert told(cloud.client("sts").assume_role_with_web_identity, **asked) == ("InvalidIdentityToken", 400)


def test_an_assertion_that_nobody_checks_is_refused(cloud: LocalCloud) -> None:
    """It is signed by a provider of SAML, whose signature nothing here reads."""
    role = make(cloud, "deploy", trusting({"Federated": arn("saml-provider/p")}, "sts:AssumeRoleWithSAML"))
    asked = {"RoleArn": role, "PrincipalArn": arn("saml-provider/p"), "SAMLAssertion": "x" * 10}
    assert told(cloud.client("sts").assume_role_with_saml, **asked)[0] == "NotImplemented"
