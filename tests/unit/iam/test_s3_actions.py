"""Which action a request to S3 is, by its method and sub-resource."""

from types import SimpleNamespace
from typing import Any

import pytest

from localcloud.iam import s3_actions
from localcloud.iam.s3_actions import bucket_action, object_action
from localcloud.iam.shapes import action

# As https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-with-s3-policy-actions.html has them
BUCKETS = """
    GET                 ListBucket
    GET list-type       ListBucket
    HEAD                ListBucket
    PUT                 CreateBucket
    DELETE              DeleteBucket
    GET encryption      GetEncryptionConfiguration
    PUT encryption      PutEncryptionConfiguration
    DELETE encryption   PutEncryptionConfiguration
    GET policy          GetBucketPolicy
    PUT policy          PutBucketPolicy
    DELETE policy       DeleteBucketPolicy
    GET policyStatus    GetBucketPolicyStatus
    GET publicAccessBlock GetBucketPublicAccessBlock
    PUT publicAccessBlock PutBucketPublicAccessBlock
    DELETE publicAccessBlock PutBucketPublicAccessBlock
    GET versions        ListBucketVersions
    GET uploads         ListBucketMultipartUploads
    GET location        GetBucketLocation
    PUT lifecycle       PutLifecycleConfiguration
    DELETE lifecycle    PutLifecycleConfiguration
    GET replication     GetReplicationConfiguration
    DELETE website      DeleteBucketWebsite
    DELETE tagging      PutBucketTagging
    GET object-lock     GetBucketObjectLockConfiguration
    PUT ownershipControls PutBucketOwnershipControls
    GET requestPayment  GetBucketRequestPayment
    PUT intelligent-tiering PutIntelligentTieringConfiguration
    DELETE intelligent-tiering PutIntelligentTieringConfiguration
    GET inventory       GetInventoryConfiguration
    GET cors            GetBucketCORS
    PUT acl             PutBucketAcl
"""
OBJECTS = """
    GET                 GetObject
    GET versionId       GetObjectVersion
    HEAD versionId      GetObjectVersion
    HEAD                GetObject
    PUT                 PutObject
    PUT partNumber,uploadId PutObject
    DELETE              DeleteObject
    DELETE versionId    DeleteObjectVersion
    DELETE uploadId     AbortMultipartUpload
    GET uploadId        ListMultipartUploadParts
    POST uploads        PutObject
    POST uploadId       PutObject
    POST restore        RestoreObject
    POST select         GetObject
    GET acl             GetObjectAcl
    GET acl,versionId   GetObjectVersionAcl
    PUT acl,versionId   PutObjectVersionAcl
    GET tagging         GetObjectTagging
    PUT tagging,versionId PutObjectVersionTagging
    DELETE tagging      DeleteObjectTagging
    DELETE tagging,versionId DeleteObjectVersionTagging
    GET retention       GetObjectRetention
    PUT legal-hold      PutObjectLegalHold
    GET attributes      GetObjectAttributes
    GET attributes,versionId GetObjectVersionAttributes
    GET torrent         GetObjectTorrent
"""


def rows(table: str) -> list[tuple[str, str, str]]:
    return [
        (words[0], words[1] if len(words) == 3 else "", words[-1])
        for words in map(str.split, table.split("\n"))
        if words
    ]


def asked(method: str, subresources: str) -> Any:
    return SimpleNamespace(method=method, args=dict.fromkeys(filter(None, subresources.split(",")), ""))


@pytest.mark.parametrize(("method", "subresources", "wanted"), rows(BUCKETS))
def test_of_buckets(method: str, subresources: str, wanted: str) -> None:
    assert bucket_action(asked(method, subresources)) == f"s3:{wanted}"


@pytest.mark.parametrize(("method", "subresources", "wanted"), rows(OBJECTS))
def test_of_objects(method: str, subresources: str, wanted: str) -> None:
    assert object_action(asked(method, subresources)) == f"s3:{wanted}"


def test_iam_knows_them_all() -> None:
    tables = [*s3_actions._BUCKET.values(), *s3_actions._OBJECT.values()]
    names = {name for subresources, itself in tables for name in [*subresources.values(), itself]}
    assert len(names) > 60
    assert [name for name in names | set(s3_actions._OF_VERSIONS.values()) if action(f"s3:{name}") is None] == []
