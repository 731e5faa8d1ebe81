"""What everybody may do with a bucket: access control lists, and the block of public access.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/acl-overview.html#permissions,
https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html
"""

from typing import Any

from moto.s3.models import ALL_USERS_GRANTEE

from localcloud.iam.call import Call
from localcloud.iam.policies import bucket_of

# Action -> permission of the list, and whether it is the object's
_BY_LIST = {
    "s3:GetObject": ("READ", True),
    "s3:GetObjectVersion": ("READ", True),
    "s3:GetObjectAcl": ("READ_ACP", True),
    "s3:PutObjectAcl": ("WRITE_ACP", True),
    "s3:ListBucket": ("READ", False),
    "s3:ListBucketVersions": ("READ", False),
    "s3:PutObject": ("WRITE", False),
    "s3:DeleteObject": ("WRITE", False),
    "s3:GetBucketAcl": ("READ_ACP", False),
    "s3:PutBucketAcl": ("WRITE_ACP", False),
}


def allowed_by_acl(call: Call) -> bool:
    """Whether a list lets everybody do this."""
    name, _, key = call.resource.partition(":::")[2].partition("/")
    bucket = bucket_of(name)
    if bucket is None or call.action not in _BY_LIST or _blocked(bucket, "ignore_public_acls"):
        return False
    permission, of_object = _BY_LIST[call.action]
    holder = bucket.keys.get(key) if of_object else bucket
    grants = getattr(getattr(holder, "acl", None), "grants", None) or ()
    return any(
        ALL_USERS_GRANTEE in grant.grantees and {permission, "FULL_CONTROL"} & set(_listed(grant.permissions))
        for grant in grants
    )


def restricts_policies(arn: str) -> bool:
    """Whether the policy of a bucket counts for its account only."""
    bucket = bucket_of(arn.partition(":::")[2])
    return bucket is not None and _blocked(bucket, "restrict_public_buckets")


def _blocked(bucket: Any, what: str) -> bool:
    return str(getattr(bucket.public_access_block, what, "")).lower() == "true"


def _listed(value: Any) -> list[str]:
    return value if isinstance(value, list) else [value]
