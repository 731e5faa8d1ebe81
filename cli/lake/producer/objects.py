"""Read many S3 objects at once."""

import gzip
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, TypeVar

from cli.errors import UserError

THREADS = 16
GZIP_MAGIC = b"\x1f\x8b"

Result = TypeVar("Result")


@dataclass(frozen=True)
class Stored:
    """An object as a listing shows it; ``etag`` changes with its content."""

    key: str
    etag: str
    size: int


def s3_client() -> Any:
    """A client with as many connections as `each` uses."""
    import boto3  # noqa: PLC0415 - keeps `--help` fast
    from botocore.config import Config  # noqa: PLC0415

    return boto3.client("s3", config=Config(max_pool_connections=THREADS))


def listed(s3: Any, bucket: str, prefix: str) -> list[Stored]:
    """The objects under a prefix, by key. UserError when the bucket cannot be listed."""
    from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415

    try:
        pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
        return [
            Stored(item["Key"], item["ETag"], item["Size"]) for page in pages for item in page.get("Contents", ())
        ]
    except (BotoCoreError, ClientError) as error:
        raise UserError(f"cannot list s3://{bucket}/{prefix}: {error}") from error


def content(s3: Any, bucket: str, key: str) -> bytes:
    """The bytes of an object, unpacked when it is gzip, whatever its name."""
    body: bytes = s3.get_object(Bucket=bucket, Key=key)["Body"].read()
    return gzip.decompress(body) if body.startswith(GZIP_MAGIC) else body


def each(function: Callable[[Stored], Result], objects: list[Stored]) -> Iterator[tuple[Stored, Result]]:
    """Apply a function to objects, several at a time, in their order."""
    with ThreadPoolExecutor(THREADS) as pool:
        yield from zip(objects, pool.map(function, objects), strict=True)
