"""From S3 into a container and back."""

import json
import shutil
import tarfile
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from localcloud.sagemaker.container import JobError

_PARALLEL = 4


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
        text = _get(s3, *parse(uri)).read()
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
    return bucket, [(prefix + name, name.lstrip("/")) for name in content[1:]]


def download(s3: Any, uri: str, folder: Path, data_type: str = "S3Prefix") -> None:
    """Every object below a prefix, or the one object, or what a manifest lists. Raises JobError when there is none."""
    folder.mkdir(parents=True, exist_ok=True)
    if data_type == "ManifestFile":
        bucket, found = manifest(s3, uri)
    else:
        with _fetching(s3, uri):
            bucket, found = parse(uri)[0], list(objects(s3, uri))
    if not found:
        raise JobError(
            f'ClientError: Data download failed: No S3 objects found under S3 URL "{uri}" given in input data source.'
        )
    for name in {str(Path(below).parent) for _, below in found}:
        (folder / name).mkdir(parents=True, exist_ok=True)

    def fetch(item: tuple[str, str]) -> None:
        with _fetching(s3, f"s3://{bucket}/{item[0]}"), (folder / item[1]).open("wb") as file:
            shutil.copyfileobj(_get(s3, bucket, item[0]), file)

    with ThreadPoolExecutor(_PARALLEL) as pool:
        list(pool.map(fetch, found))


def _get(s3: Any, bucket: str, key: str) -> Any:
    return s3.get_object(Bucket=bucket, Key=key)["Body"]


@contextmanager
def _fetching(s3: Any, uri: str) -> Iterator[None]:
    """What S3 refuses is why the job fails."""
    try:
        yield
    except s3.exceptions.ClientError as error:
        raise JobError(f"ClientError: Data download failed: {uri}: {error.response['Error']['Message']}") from error


def upload(s3: Any, folder: Path, uri: str, kms_key: str | None = None) -> None:
    """Every file below ``folder``, under the same names below ``uri``."""
    bucket, prefix = parse(uri)
    prefix = prefix.rstrip("/")
    files = sorted(path for path in folder.rglob("*") if path.is_file())

    def store(path: Path) -> None:
        name = path.relative_to(folder).as_posix()
        put(s3, path, bucket, f"{prefix}/{name}" if prefix else name, kms_key)

    try:
        with ThreadPoolExecutor(_PARALLEL) as pool:
            list(pool.map(store, files))
    except s3.exceptions.ClientError as error:
        raise JobError(f"ClientError: Failed to upload to {uri}: {error.response['Error']['Message']}") from error


def put(s3: Any, path: Path, bucket: str, key: str, kms_key: str | None) -> None:
    """One file, encrypted as the job says."""
    encryption = {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": kms_key} if kms_key else {}
    with path.open("rb") as file:
        s3.put_object(Bucket=bucket, Key=key, Body=file, **encryption)


def upload_archive(s3: Any, folder: Path, uri: str, kms_key: str | None = None) -> None:
    """What is in ``folder`` as one tar.gz at ``uri``, its root the folder's."""
    bucket, key = parse(uri)
    archive = folder.parent / f"{folder.name}.tar.gz"
    # level 1: a model of trees packs nearly as small as at level 9, five times as fast
    with tarfile.open(archive, "w:gz", compresslevel=1) as tar:
        for path in sorted(folder.iterdir()):
            tar.add(path, path.name)
    try:
        put(s3, archive, bucket, key, kms_key)
    except s3.exceptions.ClientError as error:
        raise JobError(f"ClientError: Failed to upload to {uri}: {error.response['Error']['Message']}") from error


def unpack(s3: Any, uri: str, folder: Path) -> None:
    """Fetch a tar.gz and unpack it. Raises JobError when it is not there or no archive."""
    bucket, key = parse(uri)
    archive = folder.parent / "source.tar.gz"
    folder.mkdir(parents=True, exist_ok=True)
    try:
        with _fetching(s3, uri):
            archive.write_bytes(_get(s3, bucket, key).read())
        with tarfile.open(archive) as tar:
            tar.extractall(folder, filter="data")
    except tarfile.TarError as error:
        raise JobError(f"ClientError: {uri} is not a tar.gz archive: {error}") from error
