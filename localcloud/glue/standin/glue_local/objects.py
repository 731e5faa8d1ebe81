"""What is known of an object of S3 before it is read, and of how it is to be read."""

import re
from dataclasses import dataclass, field
from datetime import datetime

COMPRESSED = (".gz", ".bz2", ".zst", ".snappy", ".lz4")


@dataclass(frozen=True)
class S3Object:
    """One object: ``uri`` s3://bucket/key, ``tag`` its ETag."""

    uri: str
    tag: str
    modified: datetime
    storage_class: str


@dataclass(frozen=True)
class Layout:
    """How the objects of a table or path are to be read."""

    format: str
    options: dict[str, str] = field(default_factory=dict)


def split_uri(uri: str) -> tuple[str, str]:
    """Bucket and key (or prefix) of an s3:// URI."""
    found = re.fullmatch(r"s3[an]?://([^/]+)/?(.*)", uri)
    if not found:
        raise ValueError(f"{uri!r} is not an s3:// path")
    return found[1], found[2]
