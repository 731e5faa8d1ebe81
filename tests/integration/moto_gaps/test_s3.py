"""S3: policies that are enforced, logs in batches, and nothing pretended."""

import json
import sys
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace
from typing import Any

import boto3
import pytest
import requests
from botocore import UNSIGNED
from botocore.config import Config
from botocore.exceptions import ClientError
from moto.s3.models import s3_backends

from localcloud import LocalCloud
from localcloud.cloud import ACCOUNT
from localcloud.moto_gaps import s3_logs

SSE = "s3:x-amz-server-side-encryption"


def _deny(condition: dict[str, Any], action: str = "s3:PutObject", **more: Any) -> dict[str, Any]:
    return {
        "Effect": "Deny",
        "Principal": {"AWS": "*"},
        "Action": action,
        "Resource": ["arn:aws:s3:::lake", "arn:aws:s3:::lake/*"],
        "Condition": condition,
        **more,
    }


def _put(s3: Any, *statements: dict[str, Any]) -> None:
    policy = json.dumps({"Version": "2012-10-17", "Statement": list(statements)})
    s3.put_bucket_policy(Bucket="lake", Policy=policy)


@pytest.fixture
def s3(cloud: LocalCloud) -> Any:
    client = cloud.client("s3")
    client.create_bucket(Bucket="lake")
    return client


@pytest.mark.parametrize("sent", [{"files": {"file": b"x"}}, {"data": {"a": "b"}}, {"data": b"x"}])
def test_a_form_without_a_key_is_refused(cloud: LocalCloud, s3: Any, sent: dict[str, Any]) -> None:
    answer = requests.post(f"{cloud.endpoint}/lake", timeout=10, **sent)
    assert (answer.status_code, "field named 'key'" in answer.text) == (400, True), answer.text
    assert "Contents" not in s3.list_objects_v2(Bucket="lake")


class TestPolicy:
    @pytest.fixture
    def key(self, cloud: LocalCloud) -> str:
        return str(cloud.client("kms").create_key()["KeyMetadata"]["Arn"])

    @pytest.fixture
    def lake(self, s3: Any, key: str) -> Any:
        """The policies of the project's lake bucket: TLS only, and no other encryption than the bucket's."""
        header = f"{SSE}-aws-kms-key-id"
        _put(
            s3,
            _deny({"Bool": {"aws:SecureTransport": "false"}}, "s3:*"),
            _deny({"StringNotEquals": {SSE: "aws:kms"}, "Null": {SSE: "false"}}),
            _deny({"ArnNotEquals": {header: key}, "Null": {header: "false"}}),
            _deny({"StringEquals": {SSE: "aws:kms"}, "Null": {header: "true"}}),
        )
        return s3

    @pytest.mark.parametrize("named", [None, "ARN", "id"])
    def test_right_or_no_encryption_passes(self, lake: Any, key: str, named: str | None) -> None:
        name = key if named == "ARN" else key.rpartition("/")[2]
        encryption = {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": name} if named else {}
        lake.put_object(Bucket="lake", Key="a b/c", Body=b"x", **encryption)
        assert lake.get_object(Bucket="lake", Key="a b/c")["Body"].read() == b"x"

    @pytest.mark.parametrize(
        "encryption",
        [
            {"ServerSideEncryption": "AES256"},
            {"ServerSideEncryption": "aws:kms"},
            {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": "arn:aws:kms:us-east-1:123456789012:key/other"},
            {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": "other"},
        ],
    )
    def test_wrong_encryption_is_denied(self, lake: Any, encryption: dict[str, str]) -> None:
        lake.put_object(Bucket="lake", Key="source", Body=b"x")
        fields = {
            f"x-amz-server-side-encryption{'-aws-kms-key-id' if name == 'SSEKMSKeyId' else ''}": value
            for name, value in encryption.items()
        }
        form = lake.generate_presigned_post("lake", "a", Fields=fields, Conditions=[fields])
        answer = requests.post(form["url"], data=form["fields"], files={"file": b"x"}, timeout=10)
        assert answer.status_code == 403, answer.text
        for call, more in (
            (lake.put_object, {}),
            (lake.create_multipart_upload, {}),
            (lake.copy_object, {"CopySource": "lake/source"}),
        ):
            with pytest.raises(ClientError) as error:
                call(Bucket="lake", Key="a", **encryption, **more)
            assert error.value.response["Error"]["Code"] == "AccessDenied"
            assert error.value.response["ResponseMetadata"]["HTTPStatusCode"] == 403
        assert [item["Key"] for item in lake.list_objects_v2(Bucket="lake")["Contents"]] == ["source"]

    @pytest.mark.parametrize(
        ("action", "call"),
        [
            ("s3:GetObject", lambda s3: s3.head_object(Bucket="lake", Key="a")),
            ("s3:GetObject", lambda s3: s3.get_object(Bucket="lake", Key="a")),
            ("s3:DeleteObject", lambda s3: s3.delete_object(Bucket="lake", Key="a")),
            ("s3:ListBucket", lambda s3: s3.list_objects_v2(Bucket="lake")),
            ("s3:DeleteBucket", lambda s3: s3.delete_bucket(Bucket="lake")),
            ("s3:PutBucketTagging", lambda s3: s3.put_bucket_tagging(Bucket="lake", Tagging={"TagSet": []})),
        ],
    )
    def test_other_actions(self, s3: Any, action: str, call: Any) -> None:
        s3.put_object(Bucket="lake", Key="a", Body=b"x")
        _put(s3, _deny({}, action))
        with pytest.raises(ClientError) as error:
            call(s3)
        assert error.value.response["ResponseMetadata"]["HTTPStatusCode"] == 403
        s3.put_object(Bucket="lake", Key="b", Body=b"x")

    def test_batch_deletion_is_decided_key_by_key(self, s3: Any) -> None:
        for key in ("kept/a", "b"):
            s3.put_object(Bucket="lake", Key=key, Body=b"x")
        _put(s3, _deny({}, "s3:DeleteObject", Resource="arn:aws:s3:::lake/kept/*"))
        answer = s3.delete_objects(Bucket="lake", Delete={"Objects": [{"Key": "kept/a"}, {"Key": "b"}]})
        assert [error["Key"] for error in answer["Errors"]] == ["kept/a"]
        assert [item["Key"] for item in s3.list_objects_v2(Bucket="lake")["Contents"]] == ["kept/a"]

    def test_roles_are_told_apart(self, cloud: LocalCloud, s3: Any) -> None:
        trust = {
            "Version": "2012-10-17",
            "Statement": [{"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}],
        }
        role = cloud.client("iam").create_role(RoleName="reader", AssumeRolePolicyDocument=json.dumps(trust))["Role"]
        _put(s3, _deny({}, Principal={"AWS": role["Arn"]}))
        s3.put_object(Bucket="lake", Key="a", Body=b"x")
        given = cloud.client("sts").assume_role(RoleArn=role["Arn"], RoleSessionName="session")["Credentials"]

        as_role = boto3.client(
            "s3",
            endpoint_url=cloud.endpoint,
            aws_access_key_id=given["AccessKeyId"],
            aws_secret_access_key=given["SecretAccessKey"],
            aws_session_token=given["SessionToken"],
        )
        with pytest.raises(ClientError, match="AccessDenied"):
            as_role.put_object(Bucket="lake", Key="a", Body=b"x")

    def test_anonymous_readers_need_to_be_allowed(self, cloud: LocalCloud, s3: Any) -> None:

        anyone = boto3.client("s3", endpoint_url=cloud.endpoint, config=Config(signature_version=UNSIGNED))
        s3.put_object(Bucket="lake", Key="a", Body=b"x")
        with pytest.raises(ClientError):
            anyone.get_object(Bucket="lake", Key="a")
        _put(s3, {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::lake/*"})
        assert anyone.get_object(Bucket="lake", Key="a")["Body"].read() == b"x"

    @pytest.mark.parametrize(
        ("condition", "code", "named"),
        [
            ({"StringEquals": {"aws:RequestTag/team": "x"}}, "NotImplemented", "aws:RequestTag/team"),
            ({"BinaryEquals": {"aws:SourceArn": "x"}}, "NotImplemented", "BinaryEquals"),
        ],
    )
    def test_what_cannot_be_evaluated_is_refused_by_name(
        self, s3: Any, condition: dict[str, Any], code: str, named: str
    ) -> None:
        with pytest.raises(ClientError) as error:
            _put(s3, _deny(condition))
        assert error.value.response["Error"]["Code"] == code
        assert named in error.value.response["Error"]["Message"]
        with pytest.raises(ClientError, match="NoSuchBucketPolicy"):
            s3.get_bucket_policy(Bucket="lake")

    def test_a_malformed_policy(self, s3: Any) -> None:
        with pytest.raises(ClientError, match="MalformedPolicy"):
            s3.put_bucket_policy(Bucket="lake", Policy='{"Statement": [{"Effect": "Perhaps"}]}')


@pytest.mark.parametrize(
    ("call", "arguments"),
    [
        ("delete_bucket_metrics_configuration", {"Id": "m"}),
        ("delete_bucket_analytics_configuration", {"Id": "a"}),
    ],
)
def test_an_unknown_subresource_does_not_touch_the_bucket(s3: Any, call: str, arguments: dict[str, str]) -> None:
    with pytest.raises(ClientError) as error:
        getattr(s3, call)(Bucket="lake", **arguments)
    assert error.value.response["Error"]["Code"] == "NotImplemented"
    s3.head_bucket(Bucket="lake")


def test_intelligent_tiering_configurations(s3: Any) -> None:
    configuration = {
        "Id": "old",
        "Status": "Enabled",
        "Filter": {"Prefix": "raw/"},
        "Tierings": [
            {"Days": 90, "AccessTier": "ARCHIVE_ACCESS"},
            {"Days": 200, "AccessTier": "DEEP_ARCHIVE_ACCESS"},
        ],
    }
    arguments = {"Bucket": "lake", "Id": "old"}
    s3.put_bucket_intelligent_tiering_configuration(**arguments, IntelligentTieringConfiguration=configuration)
    answer = s3.get_bucket_intelligent_tiering_configuration(**arguments)
    assert answer["IntelligentTieringConfiguration"] == configuration
    listed = s3.list_bucket_intelligent_tiering_configurations(Bucket="lake")
    assert listed["IntelligentTieringConfigurationList"] == [configuration]
    s3.delete_bucket_intelligent_tiering_configuration(**arguments)
    for call in (s3.get_bucket_intelligent_tiering_configuration, s3.delete_bucket_intelligent_tiering_configuration):
        with pytest.raises(ClientError, match="NoSuchConfiguration"):
            call(**arguments)


class TestAccessLogs:
    @pytest.fixture(autouse=True)
    def logged(self, s3: Any) -> None:
        s3.create_bucket(Bucket="logs")
        target = {"LoggingEnabled": {"TargetBucket": "logs", "TargetPrefix": "lake/"}}
        s3.put_bucket_logging(Bucket="lake", BucketLoggingStatus=target)

    def _allow(self, s3: Any, source: str) -> None:
        statement = {
            "Effect": "Allow",
            "Principal": {"Service": "logging.s3.amazonaws.com"},
            "Action": "s3:PutObject",
            "Resource": "arn:aws:s3:::logs/lake/*",
            "Condition": {"ArnLike": {"aws:SourceArn": source}},
        }
        s3.put_bucket_policy(Bucket="logs", Policy=json.dumps({"Version": "2012-10-17", "Statement": [statement]}))

    def _delivered(self, s3: Any, monkeypatch: pytest.MonkeyPatch) -> list[str]:
        s3.put_object(Bucket="lake", Key="first", Body=b"")
        s3.put_object(Bucket="lake", Key="second", Body=b"")
        assert "Contents" not in s3.list_objects_v2(Bucket="logs"), "delivered at once"
        monkeypatch.setattr(s3_logs, "DELIVERY_SECONDS", 0)
        s3.head_bucket(Bucket="lake")
        keys = [item["Key"] for item in s3.list_objects_v2(Bucket="logs").get("Contents", [])]
        return [s3.get_object(Bucket="logs", Key=key)["Body"].read().decode() for key in keys]

    def test_one_object_for_many_requests(self, s3: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        self._allow(s3, "arn:aws:s3:::lake")
        (log,) = self._delivered(s3, monkeypatch)
        records = log.splitlines()
        assert ["REST.PUT.OBJECT first" in records[-3], "REST.PUT.OBJECT second" in records[-2]] == [True, True]
        assert "REST.HEAD.BUCKET" in records[-1]

    def test_none_where_the_policy_does_not_let_the_service_write(
        self, s3: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        self._allow(s3, "arn:aws:s3:::another")
        assert self._delivered(s3, monkeypatch) == []

    def test_requests_at_the_same_time_are_logged_once_each_and_all_answered(
        self, s3: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        self._allow(s3, "arn:aws:s3:::lake")
        monkeypatch.setattr(s3_logs, "DELIVERY_SECONDS", 0)  # every request finds that it is time to deliver
        backend, request = s3_backends[ACCOUNT]["aws"], SimpleNamespace(path="/lake/a", method="GET", headers={})
        interval = sys.getswitchinterval()
        sys.setswitchinterval(1e-6)
        try:
            with ThreadPoolExecutor(8) as pool:
                list(pool.map(lambda _: backend.log_incoming_request(request, "lake"), range(100)))
        finally:
            sys.setswitchinterval(interval)
        pages = s3.get_paginator("list_objects_v2").paginate(Bucket="logs", Prefix="lake/")
        keys = [item["Key"] for page in pages for item in page["Contents"]]
        text = "".join(s3.get_object(Bucket="logs", Key=key)["Body"].read().decode() for key in keys)
        assert text.count("REST.GET.OBJECT a ") == 100
