"""What is below a prefix of a bucket."""

from collections.abc import Iterator
from typing import Any


def folders(s3: Any, bucket: str, prefix: str) -> Iterator[str]:
    """Prefixes one level below ``prefix``, which ends with a slash, as they do."""
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix, Delimiter="/"):
        for item in page.get("CommonPrefixes", ()):
            yield item["Prefix"]


def objects(s3: Any, bucket: str, prefix: str) -> Iterator[dict[str, Any]]:
    """Objects whose keys begin with ``prefix``: Key, LastModified, Size."""
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
        yield from page.get("Contents", ())
