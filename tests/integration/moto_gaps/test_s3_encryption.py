"""With which key an object is encrypted, whichever way it comes, held against what AWS answered.

The expected values are those of localstack/localstack, tests/aws/services/s3/test_s3.snapshot.json: ``test_s3_sse_*``,
``test_s3_multipart_upload_sse``, ``test_copy_object_kms``, ``test_s3_copy_object_in_place_with_encryption``.
"""

from collections.abc import Callable
from typing import Any

import pytest
import requests
from botocore.exceptions import ClientError

from localcloud import LocalCloud

BUCKET = "lake"
ABSENT = "134f2428-cec1-4b25-a1ae-9048164dba47"
Encryption = dict[str, str]
Way = Callable[[Any, str, Encryption], None]


def put(s3: Any, name: str, asked: Encryption) -> None:
    s3.put_object(Bucket=BUCKET, Key=name, Body=b"x", **asked)


def copy(s3: Any, name: str, asked: Encryption) -> None:
    s3.put_object(Bucket=BUCKET, Key="source", Body=b"x")
    s3.copy_object(Bucket=BUCKET, Key=name, CopySource=f"{BUCKET}/source", **asked)


def copy_onto_itself(s3: Any, name: str, asked: Encryption) -> None:
    s3.put_object(Bucket=BUCKET, Key=name, Body=b"x", ServerSideEncryption="aws:kms")
    more = {"MetadataDirective": "REPLACE", "Metadata": {"a": "b"}}
    s3.copy_object(Bucket=BUCKET, Key=name, CopySource=f"{BUCKET}/{name}", **more, **asked)


def multipart(s3: Any, name: str, asked: Encryption) -> None:
    begun = s3.create_multipart_upload(Bucket=BUCKET, Key=name, **asked)
    upload = {"Bucket": BUCKET, "Key": name, "UploadId": begun["UploadId"]}
    part = s3.upload_part(**upload, PartNumber=1, Body=b"x")
    done = s3.complete_multipart_upload(
        **upload, MultipartUpload={"Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]}
    )
    assert told(begun) == told(done)


def form(s3: Any, name: str, asked: Encryption) -> None:
    headers = {"ServerSideEncryption": "", "SSEKMSKeyId": "-aws-kms-key-id"}
    fields = {f"x-amz-server-side-encryption{headers[key]}": value for key, value in asked.items()}
    given = s3.generate_presigned_post(BUCKET, name, Fields=fields, Conditions=[{key: fields[key]} for key in fields])
    answer = requests.post(given["url"], data=given["fields"], files={"file": b"x"}, timeout=10)
    assert answer.status_code == 204, answer.text


WAYS: list[Way] = [put, copy, copy_onto_itself, multipart, form]


def told(answer: dict[str, Any]) -> tuple[Any, Any]:
    return answer.get("ServerSideEncryption"), answer.get("SSEKMSKeyId")


@pytest.fixture
def keys(cloud: LocalCloud) -> dict[str, str]:
    """ARNs: of the bucket, another, one with an alias, one that is disabled, one that is about to go, of elsewhere."""
    kms = cloud.client("kms")
    names = ("bucket", "other", "named", "disabled", "going")
    made = {name: str(kms.create_key()["KeyMetadata"]["Arn"]) for name in names}
    kms.create_alias(AliasName="alias/mine", TargetKeyId=made["named"])
    kms.disable_key(KeyId=made["disabled"].rpartition("/")[2])  # moto knows them by their ids only
    kms.schedule_key_deletion(KeyId=made["going"].rpartition("/")[2], PendingWindowInDays=7)
    made["elsewhere"] = str(cloud.client("kms", "eu-west-1").create_key()["KeyMetadata"]["Arn"])
    return made


@pytest.fixture
def s3(cloud: LocalCloud) -> Any:
    client = cloud.client("s3")
    client.create_bucket(Bucket=BUCKET)
    return client


def default(s3: Any, algorithm: str, key: str | None = None) -> None:
    rule = {"SSEAlgorithm": algorithm} | ({"KMSMasterKeyID": key} if key else {})
    s3.put_bucket_encryption(
        Bucket=BUCKET,
        ServerSideEncryptionConfiguration={
            "Rules": [{"ApplyServerSideEncryptionByDefault": rule, "BucketKeyEnabled": True}]
        },
    )


def kms_key(name: str | None = None) -> Encryption:
    return {"ServerSideEncryption": "aws:kms"} | ({"SSEKMSKeyId": name} if name else {})


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
def test_every_way_in_gets_the_right_key(cloud: LocalCloud, s3: Any, keys: dict[str, str], way: Way) -> None:
    managed = cloud.client("kms").describe_key(KeyId="alias/aws/s3")["KeyMetadata"]["Arn"]
    short = keys["other"].rpartition("/")[2]
    for configured, asked, expected in (
        (None, {}, ("AES256", None)),
        (None, kms_key(), ("aws:kms", managed)),
        (("aws:kms", keys["bucket"]), {}, ("aws:kms", keys["bucket"])),
        (("aws:kms", keys["bucket"].rpartition("/")[2]), {}, ("aws:kms", keys["bucket"])),
        (("aws:kms", keys["bucket"]), kms_key(), ("aws:kms", managed)),  # and not the bucket's
        (("aws:kms", keys["bucket"]), kms_key(keys["other"]), ("aws:kms", keys["other"])),
        (("aws:kms", keys["bucket"]), kms_key(short), ("aws:kms", keys["other"])),
        (("aws:kms", keys["bucket"]), kms_key("alias/mine"), ("aws:kms", keys["named"])),
        (("aws:kms", keys["bucket"]), {"ServerSideEncryption": "AES256"}, ("AES256", None)),
        (("aws:kms", None), {}, ("aws:kms", managed)),
        (("AES256", None), {}, ("AES256", None)),
    ):
        s3.delete_bucket_encryption(Bucket=BUCKET)
        if configured:
            default(s3, *configured)
        way(s3, "object", asked)
        head = s3.head_object(Bucket=BUCKET, Key="object")
        assert told(head) == expected, (configured, asked)


def test_the_accounts_key_is_one_and_aws_manages_it(cloud: LocalCloud, s3: Any) -> None:
    s3.create_bucket(Bucket="second")
    found = {
        s3.put_object(Bucket=bucket, Key="a", Body=b"x", ServerSideEncryption="aws:kms")["SSEKMSKeyId"]
        for bucket in (BUCKET, "second")
    }
    assert len(found) == 1
    assert cloud.client("kms").describe_key(KeyId=found.pop())["KeyMetadata"]["KeyManager"] == "AWS"


@pytest.mark.parametrize("way", [put, copy, multipart], ids=lambda way: way.__name__)
def test_what_s3_refuses(s3: Any, keys: dict[str, str], way: Way) -> None:
    here = "arn:aws:kms:us-east-1:123456789012"
    needs = "requires HTTP header x-amz-server-side-encryption : aws:kms"
    for asked, code, message in (
        (kms_key("fake-key-id"), "KMS.NotFoundException", "Invalid keyId 'fake-key-id'"),
        (kms_key(ABSENT), "KMS.NotFoundException", f"Key '{here}:key/{ABSENT}' does not exist"),
        (kms_key(f"{here}:key/{ABSENT}"), "KMS.NotFoundException", f"Key '{here}:key/{ABSENT}' does not exist"),
        (kms_key(keys["elsewhere"]), "KMS.NotFoundException", "Invalid arn eu-west-1"),
        (kms_key("alias/none"), "KMS.NotFoundException", f"Alias {here}:alias/none is not found."),
        (kms_key(keys["disabled"]), "KMS.DisabledException", f"{keys['disabled']} is disabled."),
        (kms_key(keys["going"]), "KMS.KMSInvalidStateException", f"{keys['going']} is pending deletion."),
        ({"ServerSideEncryption": "AES256", "SSEKMSKeyId": keys["other"]}, "InvalidArgument", needs),
        ({"SSEKMSKeyId": keys["other"]}, "InvalidArgument", needs),
        ({"ServerSideEncryption": "rot13"}, "InvalidArgument", "The encryption method specified is not supported"),
    ):
        with pytest.raises(ClientError) as refused:
            way(s3, "object", asked)
        error = refused.value.response["Error"]
        assert error["Code"] == code
        assert message in error["Message"]
    assert [item["Key"] for item in s3.list_objects_v2(Bucket=BUCKET).get("Contents", [])] in ([], ["source"])
