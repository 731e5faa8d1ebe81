"""From S3 into a container and back."""

import json
import tarfile
import tempfile
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from localcloud import archives
from localcloud.sagemaker.container import JobError
from localcloud.standalone.engine_calls import fetch, read

# What a training or transform job without KmsKeyId stores with, whatever key the bucket has
# (https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_OutputDataConfig.html, API_TransformOutput.html)
ACCOUNT_KEY = "aws/s3"
_PARALLEL = 4
_NAME_BYTES = 255  # of one part of a path, on Linux and macOS


class ArchiveError(JobError):
    """An object is no tar.gz archive, or one that cannot be unpacked into a folder."""


def parse(uri: str) -> tuple[str, str]:
    """Bucket and key of an s3:// URI. Raises JobError."""
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    if not uri.startswith("s3://") or not bucket:
        raise JobError(f"ClientError: Data download failed: {uri!r} is not an s3:// URI")
    return bucket, key


def join(uri: str, *names: str) -> str:
    """``uri`` and path elements below it, one slash between each."""
    return "/".join((uri.rstrip("/"), *names))


def objects(s3: Any, uri: str) -> Iterable[tuple[str, str]]:
    """(key, path below the prefix) of what a S3Prefix means: SageMaker takes every key that begins with it."""
    bucket, prefix = parse(uri)
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
        for item in page.get("Contents", ()):
            key = item["Key"]
            if key.endswith("/"):
                continue  # a folder marker of the console
            # below "a/b" are both "a/b/c" (as c) and "a/bc" (as bc)
            folder = prefix if key.startswith(f"{prefix}/") else prefix.rpartition("/")[0]
            yield key, key[len(folder) :].lstrip("/")


def manifest(s3: Any, uri: str) -> tuple[str, list[tuple[str, str]]]:
    """The bucket and the (key, path below the prefix) of what a ManifestFile lists. Raises JobError.

    ``[{"prefix": "s3://bucket/some/prefix/"}, "relative/path/to/data-1", …]``, keys being prefix + path:
    https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_S3DataSource.html
    """

    def wrong(what: str) -> JobError:
        return JobError(f"ClientError: Data download failed: the manifest {uri} {what}")

    with _fetching(s3, uri):
        text = read(s3, *parse(uri))
    try:
        content = json.loads(text)
    except ValueError as error:
        raise wrong(f"is not JSON: {error}") from error
    head = content[0] if isinstance(content, list) and content else None
    if not isinstance(head, dict) or set(head) != {"prefix"} or not isinstance(head["prefix"], str):
        raise wrong('is not a list that begins with {"prefix": "s3://…"}')
    bucket, prefix = parse(head["prefix"])
    for name in content[1:]:
        if not isinstance(name, str) or name.endswith("/") or not name or ".." in name.split("/"):
            raise wrong(f"lists {json.dumps(name)}, which is no object's path below its prefix")
    return bucket, [(prefix + name, name) for name in content[1:]]


def places(found: Iterable[tuple[str, str]], bucket: str) -> list[tuple[str, str]]:
    """(key, path below a folder) of objects that can all be files in one folder, and in no other.

    A key is any text, a path is not: SageMaker documents no way to place the others, so that they end the job.

    Raises:
        JobError: a key leads out of the folder, has a part that no file system takes, or names what is a folder by
            another key.
    """
    kept: dict[str, str] = {}
    for key, below in found:
        parts = [part for part in below.split("/") if part]
        if {".", ".."} & set(parts) or any("\0" in part or len(part.encode()) > _NAME_BYTES for part in parts):
            raise JobError(f"ClientError: Data download failed: s3://{bucket}/{key} has no name that a file can have")
        path = "/".join(parts)
        if path in kept:
            raise JobError(f"ClientError: Data download failed: s3://{bucket}/{key} and {kept[path]} are one file")
        kept[path] = key
    for path, key in kept.items():
        for at, character in enumerate(path):
            if character == "/" and path[:at] in kept:
                raise JobError(
                    f"ClientError: Data download failed: s3://{bucket}/{key} lies in a folder that is the object "
                    f"{kept[path[:at]]}"
                )
    return [(key, path) for path, key in kept.items()]


def download(s3: Any, uri: str, folder: Path, data_type: str = "S3Prefix", *, optional: bool = False) -> None:
    """Every object below a prefix, or the one object, or what a manifest lists.

    Raises:
        JobError: there is none and it is not ``optional``; a key that is no file's name; what S3 refuses.
    """
    folder.mkdir(parents=True, exist_ok=True)
    if data_type == "ManifestFile":
        bucket, found = manifest(s3, uri)
    else:
        with _fetching(s3, uri):
            bucket, found = parse(uri)[0], list(objects(s3, uri))
    if not found and not optional:
        raise JobError(
            f'ClientError: Data download failed: No S3 objects found under S3 URL "{uri}" given in input data source.'
        )
    found = places(found, bucket)
    for name in {str(Path(below).parent) for _, below in found}:
        (folder / name).mkdir(parents=True, exist_ok=True)

    def bring(item: tuple[str, str]) -> None:
        with _fetching(s3, f"s3://{bucket}/{item[0]}"), (folder / item[1]).open("wb") as file:
            fetch(s3, bucket, item[0], file)

    with ThreadPoolExecutor(_PARALLEL) as pool:
        list(pool.map(bring, found))


@contextmanager
def _fetching(s3: Any, uri: str) -> Iterator[None]:
    """What S3 or the disk refuses is why the job fails."""
    try:
        yield
    except s3.exceptions.ClientError as error:
        raise JobError(f"ClientError: Data download failed: {uri}: {error.response['Error']['Message']}") from error
    except OSError as error:  # the disk is full
        raise JobError(f"ClientError: Data download failed: {uri}: {error.strerror or error}") from error


@contextmanager
def _storing(s3: Any, uri: str) -> Iterator[None]:
    """What S3 refuses is why the job fails."""
    try:
        yield
    except s3.exceptions.ClientError as error:
        raise JobError(f"ClientError: Failed to upload to {uri}: {error.response['Error']['Message']}") from error


def upload(s3: Any, files: Iterable[tuple[str, Path]], uri: str, kms_key: str | None = None) -> None:
    """Store files by their names below ``uri``. Raises JobError."""
    bucket, prefix = parse(uri)
    prefix = prefix.rstrip("/")

    def store(file: tuple[str, Path]) -> None:
        name, path = file
        with path.open("rb") as body:
            put(s3, body, bucket, f"{prefix}/{name}" if prefix else name, kms_key)

    with _storing(s3, uri), ThreadPoolExecutor(_PARALLEL) as pool:
        list(pool.map(store, files))


def put(s3: Any, body: IO[bytes], bucket: str, key: str, kms_key: str | None) -> None:
    """One object, encrypted as the job says; None: as the bucket does."""
    encryption = {"ServerSideEncryption": "aws:kms"} if kms_key else {}
    if kms_key and kms_key != ACCOUNT_KEY:
        encryption["SSEKMSKeyId"] = kms_key
    s3.put_object(Bucket=bucket, Key=key, Body=body, **encryption)


def upload_archive(s3: Any, folder: Path, uri: str, kms_key: str | None = None) -> None:
    """What is in ``folder`` as one tar.gz at ``uri``, its root the folder's; links stay links. Raises JobError."""
    bucket, key = parse(uri)
    # level 1: a model of trees packs nearly as small as at level 9, five times as fast
    with tempfile.TemporaryFile() as archive:
        with tarfile.open(fileobj=archive, mode="w:gz", compresslevel=1) as tar:
            for path in sorted(folder.iterdir()) if folder.is_dir() else ():
                tar.add(path, path.name)
        archive.seek(0)
        with _storing(s3, uri):
            put(s3, archive, bucket, key, kms_key)


def unpack(s3: Any, uri: str, folder: Path) -> None:
    """Fetch a tar.gz and unpack it. Raises JobError when it is not there, ArchiveError when it is none or leads out."""
    bucket, key = parse(uri)
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryFile() as archive:
        with _fetching(s3, uri):
            fetch(s3, bucket, key, archive)
        archive.seek(0)
        try:
            archives.untar(archive, folder)
        except archives.TooLargeError as error:
            raise ArchiveError(f"ClientError: {uri} cannot be unpacked: {error}") from error
        except archives.ArchiveError as error:
            raise ArchiveError(f"ClientError: {uri} is not a tar.gz archive: {error}") from error
        except OSError as error:
            raise JobError(f"ClientError: {uri} cannot be unpacked: {error}") from error
