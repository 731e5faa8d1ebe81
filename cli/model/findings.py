"""What monitoring has found: the newest files of each check, read from the lake.

Both modes of monitoring write ``statistics.json`` and ``constraint_violations.json`` below
``monitoring/<endpoint>/<check>/``; only our own checks write ``report.json`` beside them.
"""

import json
from dataclasses import dataclass
from typing import Any

CHECKS = ("data", "quality")
VIOLATIONS = "constraint_violations.json"


@dataclass(frozen=True)
class Finding:
    """One execution of one check.

    Attributes:
        check: ``data`` or ``quality``.
        folder: S3 URI of its files, with a slash at its end.
        written: when, in ISO 8601.
        rows: that were looked at.
        violations: ``feature`` (or metric), ``check`` and ``description`` of each.
        report: the content of report.json; empty when Model Monitor was it.
    """

    check: str
    folder: str
    written: str
    rows: int
    violations: list[dict[str, str]]
    report: dict[str, Any]

    @property
    def execution(self) -> str:
        """The last part of the folder: the id of the pipeline's execution, or the hour of a schedule's."""
        return self.folder.rstrip("/").rpartition("/")[2]

    @property
    def unjudged(self) -> str | None:
        """Why nothing was judged; None if it was."""
        if self.report.get("judged", True):
            return None
        needed = self.report["minimum_rows"]
        if self.check == "data":
            return f"{self.rows} captured rows, and {needed} are needed"
        return f"of {self.rows} predictions {self.report['merged']} have come true or not, and {needed} are needed"


def newest(s3: Any, bucket: str, endpoint: str) -> dict[str, Finding]:
    """The newest finding of each check that has any."""
    found = {}
    for check in CHECKS:
        pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=f"monitoring/{endpoint}/{check}/")
        files = [
            item for page in pages for item in page.get("Contents", ()) if item["Key"].endswith(f"/{VIOLATIONS}")
        ]
        if files:
            last = max(files, key=lambda item: item["LastModified"])
            found[check] = _read(s3, bucket, check, last["Key"], f"{last['LastModified']:%Y-%m-%dT%H:%M:%SZ}")
    return found


def _read(s3: Any, bucket: str, check: str, key: str, written: str) -> Finding:
    folder = key.removesuffix(VIOLATIONS)

    def content(name: str) -> Any:
        return json.loads(s3.get_object(Bucket=bucket, Key=f"{folder}{name}")["Body"].read())

    violations = [
        {
            "feature": item.get("feature_name") or item.get("metric_name") or "",
            "check": item["constraint_check_type"],
            "description": item["description"],
        }
        for item in content(VIOLATIONS)["violations"]
    ]
    try:
        report = content("report.json")
    except s3.exceptions.NoSuchKey:
        report = {}
    rows = report["rows"] if report else content("statistics.json")["dataset"]["item_count"]
    return Finding(check, f"s3://{bucket}/{folder}", written, int(rows), violations, report)
