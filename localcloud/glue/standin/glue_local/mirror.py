"""S3 as files for a Spark that has no S3 connector (PySpark's jars do not contain hadoop-aws).

Spark reads and writes a mirror of the buckets. For this process it is S3: before each S3 call that the script makes
through boto3, what Spark has written or deleted goes to S3; after each call that changes S3, the mirror follows.
What other processes deliver meanwhile is seen by the next run.
"""

import os
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import boto3
import botocore.handlers
import engine_calls

from . import calls

_CHANGING = ("PutObject", "DeleteObject", "DeleteObjects", "CopyObject", "CompleteMultipartUpload")
_TEMPORARY = ("_temporary", ".spark-staging", "_spark_metadata")
Stamp = tuple[int, int]  # modification time in ns, size


class Mirror:
    """Files under ``root/BUCKET/KEY``, the same as S3 has."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._s3 = calls.client("s3")
        self._lock = threading.RLock()
        self._tags: dict[Path, str] = {}
        self._stamps: dict[Path, Stamp] = {}
        self.buckets = [bucket["Name"] for bucket in self._s3.list_buckets()["Buckets"]]

    def follow(self) -> None:
        """From now on keep step with every S3 client this process makes."""
        # botocore gives each new session these handlers; ours is made before, so it is not followed
        botocore.handlers.BUILTIN_HANDLERS.append(("before-call.s3", self._before_call))
        for operation in _CHANGING:
            botocore.handlers.BUILTIN_HANDLERS.append((f"after-call.s3.{operation}", self._after_call))
        boto3.DEFAULT_SESSION = None

    def pull(self, bucket: str) -> None:
        """Make the files of ``bucket`` what S3 has."""
        with self._lock:
            (self.root / bucket).mkdir(parents=True, exist_ok=True)
            found: dict[Path, str] = {}
            for page in self._s3.get_paginator("list_objects_v2").paginate(Bucket=bucket):
                for item in page.get("Contents", []):
                    if not item["Key"].endswith("/"):
                        found[self.root / bucket / item["Key"]] = item["ETag"]
            for path in [path for path in self._tags if self._bucket(path) == bucket and path not in found]:
                path.unlink(missing_ok=True)
                del self._tags[path], self._stamps[path]
            changed = [path for path, tag in found.items() if self._tags.get(path) != tag]
            with ThreadPoolExecutor(8) as pool:
                list(pool.map(self._download, changed))
            self._tags.update(found)

    def push(self) -> None:
        """Bring to S3 what Spark has written, changed or deleted."""
        with self._lock:
            now = self._scan()
            for path, stamp in now.items():
                if self._stamps.get(path) != stamp:
                    self._tags[path] = self._upload(path)
                    self._stamps[path] = stamp
            for path in self._stamps.keys() - now.keys():
                self._s3.delete_object(Bucket=self._bucket(path), Key=self._key(path))
                del self._tags[path], self._stamps[path]

    def _scan(self) -> dict[Path, Stamp]:
        found = {}
        for folder, folders, names in os.walk(self.root):
            folders[:] = [name for name in folders if not name.startswith(_TEMPORARY)]
            for name in names:
                path = Path(folder) / name
                stat = path.stat()
                found[path] = (stat.st_mtime_ns, stat.st_size)
        return found

    def _download(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(engine_calls.read(self._s3, self._bucket(path), self._key(path)))
        stat = path.stat()
        self._stamps[path] = (stat.st_mtime_ns, stat.st_size)

    def _upload(self, path: Path) -> str:
        answer = self._s3.put_object(Bucket=self._bucket(path), Key=self._key(path), Body=path.read_bytes())
        return str(answer["ETag"])

    def _bucket(self, path: Path) -> str:
        return path.relative_to(self.root).parts[0]

    def _key(self, path: Path) -> str:
        return "/".join(path.relative_to(self.root).parts[1:])

    def _before_call(self, **_: Any) -> None:
        self.push()

    def _after_call(self, context: dict[str, Any], **_: Any) -> None:
        self.pull(context["s3_redirect"]["bucket"])  # botocore's own note of where the call went
