"""IAM's actions for requests to S3, by method and sub-resource.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-with-s3-policy-actions.html. moto's own table lacks half of
the sub-resources, and takes those for the bucket or the object itself.
"""

from typing import Any

_GET_BUCKET = {
    "accelerate": "GetAccelerateConfiguration",
    "acl": "GetBucketAcl",
    "analytics": "GetAnalyticsConfiguration",
    "cors": "GetBucketCORS",
    "encryption": "GetEncryptionConfiguration",
    "intelligent-tiering": "GetIntelligentTieringConfiguration",
    "inventory": "GetInventoryConfiguration",
    "lifecycle": "GetLifecycleConfiguration",
    "location": "GetBucketLocation",
    "logging": "GetBucketLogging",
    "metrics": "GetMetricsConfiguration",
    "notification": "GetBucketNotification",
    "object-lock": "GetBucketObjectLockConfiguration",
    "ownershipControls": "GetBucketOwnershipControls",
    "policy": "GetBucketPolicy",
    "policyStatus": "GetBucketPolicyStatus",
    "publicAccessBlock": "GetBucketPublicAccessBlock",
    "replication": "GetReplicationConfiguration",
    "requestPayment": "GetBucketRequestPayment",
    "tagging": "GetBucketTagging",
    "uploads": "ListBucketMultipartUploads",
    "versioning": "GetBucketVersioning",
    "versions": "ListBucketVersions",
    "website": "GetBucketWebsite",
}
# Besides these, what reads has an action that writes, by the same name
_READ_ONLY = {"location", "policyStatus", "uploads", "versions"}
_PUT_BUCKET = {name: f"Put{action[3:]}" for name, action in _GET_BUCKET.items() if name not in _READ_ONLY}
_BUCKET = {
    "HEAD": ({}, "ListBucket"),
    "GET": (_GET_BUCKET, "ListBucket"),
    "PUT": (_PUT_BUCKET, "CreateBucket"),
    # removing a configuration is writing it
    "DELETE": ({**_PUT_BUCKET, "policy": "DeleteBucketPolicy", "website": "DeleteBucketWebsite"}, "DeleteBucket"),
}
_OBJECT = {
    "HEAD": ({}, "GetObject"),
    "GET": (
        {
            "acl": "GetObjectAcl",
            "attributes": "GetObjectAttributes",
            "legal-hold": "GetObjectLegalHold",
            "retention": "GetObjectRetention",
            "tagging": "GetObjectTagging",
            "torrent": "GetObjectTorrent",
            "uploadId": "ListMultipartUploadParts",
        },
        "GetObject",
    ),
    "PUT": (
        {
            "acl": "PutObjectAcl",
            "legal-hold": "PutObjectLegalHold",
            "retention": "PutObjectRetention",
            "tagging": "PutObjectTagging",
        },
        "PutObject",
    ),
    "POST": ({"restore": "RestoreObject", "select": "GetObject"}, "PutObject"),
    "DELETE": ({"uploadId": "AbortMultipartUpload", "tagging": "DeleteObjectTagging"}, "DeleteObject"),
}
_OF_VERSIONS = {
    f"{verb}Object{what}": f"{verb}ObjectVersion{what}"
    for what, verbs in {
        "": ("Get", "Delete"),
        "Acl": ("Get", "Put"),
        "Attributes": ("Get",),
        "Tagging": ("Get", "Put", "Delete"),
        "Torrent": ("Get",),
    }.items()
    for verb in verbs
}


def bucket_action(request: Any) -> str:
    """IAM's action for a request for a bucket, other than POST."""
    subresources, itself = _BUCKET.get(request.method, ({}, "ListBucket"))
    return f"s3:{_first(subresources, itself, request.args)}"


def object_action(request: Any) -> str:
    """IAM's action for a request for an object."""
    subresources, itself = _OBJECT.get(request.method, ({}, "GetObject"))
    action = _first(subresources, itself, request.args)
    return f"s3:{_OF_VERSIONS.get(action, action) if 'versionId' in request.args else action}"


def _first(subresources: dict[str, str], itself: str, args: Any) -> str:
    return next((action for name, action in subresources.items() if name in args), itself)
