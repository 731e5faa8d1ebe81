"""What lies under a crawler's target: objects, folders, tables, partitions."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Found:
    """One object under a target; ``path`` relative to the target's folder."""

    key: str
    path: str
    size: int


@dataclass(frozen=True)
class Folder:
    """The objects that make one table; partition folders are relative to ``prefix`` and have no slash at the end."""

    bucket: str
    prefix: str  # with a slash at its end
    objects: tuple[Found, ...]

    @property
    def location(self) -> str:
        return f"s3://{self.bucket}/{self.prefix}"

    @property
    def name(self) -> str:
        """The table's name without the crawler's prefix: the last folder's, in letters Hive takes."""
        last = self.prefix.rstrip("/").rpartition("/")[2] or self.bucket
        return re.sub(r"[^a-z0-9_]", "_", last.lower())

    def partition_folders(self) -> list[tuple[str, ...]]:
        """Folders with objects, as path parts; () is the table's own folder."""
        return sorted({tuple(item.key[len(self.prefix) :].split("/")[:-1]) for item in self.objects})


def split_target(path: str) -> tuple[str, str]:
    """Bucket and prefix of ``s3://bucket/prefix``."""
    bucket, _, prefix = path.removeprefix("s3://").partition("/")
    return bucket, prefix


def list_target(s3: Any, path: str, exclusions: Iterable[str] = ()) -> list[Found]:
    """Objects with data under ``path``, listed once; hidden names (_ or .) and ``exclusions`` are left out."""
    bucket, prefix = split_target(path)
    folder = prefix if not prefix or prefix.endswith("/") else prefix + "/"
    patterns = [glob_pattern(exclusion) for exclusion in exclusions]
    found = []
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
        for item in page.get("Contents", []):
            key = item["Key"]
            if not item["Size"] or not (key.startswith(folder) or key == prefix):
                continue
            relative = key[len(folder) :] if key.startswith(folder) else key.rpartition("/")[2]
            hidden = any(part.startswith(("_", ".")) for part in relative.split("/"))
            if not hidden and not any(pattern.fullmatch(relative) for pattern in patterns):
                found.append(Found(key, relative, item["Size"]))
    return found


def tables_of(path: str, objects: list[Found]) -> list[Folder]:
    """One folder a table: the target itself, or each folder in it unless they are its partitions.

    https://docs.aws.amazon.com/glue/latest/dg/crawler-s3-folder-table-partition.html
    """
    bucket, prefix = split_target(path)
    folder = prefix if not prefix or prefix.endswith("/") else prefix + "/"
    first = {item.path.partition("/")[0] if "/" in item.path else "" for item in objects}
    if not objects:
        return []
    if "" in first or all("=" in name or re.fullmatch(r"\d+", name) for name in first):
        return [Folder(bucket, folder, tuple(objects))]
    return [
        Folder(bucket, f"{folder}{name}/", tuple(item for item in objects if item.path.partition("/")[0] == name))
        for name in sorted(first)
    ]


def partition_keys(folders: list[tuple[str, ...]]) -> list[str]:
    """Key names of ``folders``: of k=v folders k, of others partition_0, partition_1, …"""
    deepest = max(folders, key=len, default=())
    return [part.partition("=")[0].lower() if "=" in part else f"partition_{at}" for at, part in enumerate(deepest)]


def partition_values(folder: tuple[str, ...]) -> list[str]:
    """The partition values that a folder stands for."""
    return [part.partition("=")[2] if "=" in part else part for part in folder]


def glob_pattern(glob: str) -> re.Pattern[str]:
    """Glue's exclude pattern: * stays in a folder, ** does not
    (https://docs.aws.amazon.com/glue/latest/dg/define-crawler-choose-data-sources.html)."""
    rules = {"**": ".*", "*": "[^/]*", "?": "[^/]", "{": "(?:", "}": ")"}
    pieces, depth = [], 0
    for part in re.findall(r"\*\*|\[[^\]]*\]|\\.|.", glob):
        depth += (part == "{") - (part == "}")
        if part in rules:
            pieces.append(rules[part])
        elif part == "," and depth:
            pieces.append("|")
        elif part.startswith("[") and part.endswith("]"):
            pieces.append(part.replace("[!", "[^"))
        else:
            pieces.append(re.escape(part.removeprefix("\\")))
    return re.compile("".join(pieces))
