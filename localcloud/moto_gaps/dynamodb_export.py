"""DynamoDB exports as AWS writes them: data files, manifests and their checksums.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/S3DataExport.Output.html
"""

import base64
import gzip
import hashlib
import json
import threading
import time
import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import ClientError
from moto.core.exceptions import ServiceException
from moto.core.responses import ActionResult
from moto.dynamodb.exceptions import PointInTimeRecoveryUnavailable, TableNotFoundException
from moto.dynamodb.models import DynamoDBBackend
from moto.dynamodb.models.utilities import dynamo_json_dump
from moto.dynamodb.responses import DynamoHandler

from localcloud.cloud import current
from localcloud.patching import replace
from localcloud.unsupported import NotImplementedLocallyError

VERSION = "2020-06-30"  # of the format
NOW = 60  # seconds that an ExportTime may be behind the clock and still mean now: the past is not kept


class ExportNotFoundError(ServiceException):  # type: ignore[misc]
    code = "ExportNotFoundException"


@dataclass
class Export:
    """One export; its items are those that the table had when it was asked for."""

    table: Any
    request: dict[str, Any]
    region: str
    account: str
    lines: list[str]
    size: int  # bytes of the items
    status: str = "IN_PROGRESS"
    failure: tuple[str, str] | None = None
    started: float = field(default_factory=time.time)
    ended: float | None = None
    id: str = field(default_factory=lambda: f"0{int(time.time() * 1000)}-{uuid.uuid4().hex[:8]}")

    @property
    def arn(self) -> str:
        return f"{self.table.table_arn}/export/{self.id}"

    def key(self, name: str) -> str:
        """Of an object of the export."""
        prefix = self.request.get("S3Prefix", "").rstrip("/")
        return "/".join(part for part in (prefix, "AWSDynamoDB", self.id, name) if part)

    def run(self) -> None:
        """Write everything; a bucket that refuses ends the export with its reason."""
        try:
            self._write()
            self.status = "COMPLETED"
        except ClientError as error:
            told = error.response["Error"]
            self.failure = (f"S3{told['Code']}", told["Message"])
            self.status = "FAILED"
        except Exception as fault:  # an export never stays in progress
            self.failure = ("UNKNOWN", f"{type(fault).__name__}: {fault}")
            self.status = "FAILED"
        finally:
            self.ended = time.time()

    def _write(self) -> None:
        self._put("_started", b"")
        packed = gzip.compress("".join(f"{line}\n" for line in self.lines).encode(), mtime=0)
        name = f"data/{uuid.uuid4().hex[:26]}.json.gz"
        etag = self._put(name, packed)
        entry = {
            "itemCount": len(self.lines),
            "md5Checksum": _md5(packed),
            "etag": etag,
            "dataFileS3Key": self.key(name),
        }
        self._put_with_checksum("manifest-files", entry)
        self.ended = time.time()
        self._put_with_checksum("manifest-summary", self._summary())

    def _summary(self) -> dict[str, Any]:
        return {
            "version": VERSION,
            "exportArn": self.arn,
            "startTime": _iso(self.started),
            "endTime": _iso(self.ended or self.started),
            "tableArn": self.table.table_arn,
            "tableId": self._table_id(),
            "exportTime": _iso(self.started),
            "s3Bucket": self.request["S3Bucket"],
            "s3Prefix": self.request.get("S3Prefix"),
            "s3SseAlgorithm": self.request.get("S3SseAlgorithm", "AES256"),
            "s3SseKmsKeyId": self.request.get("S3SseKmsKeyId"),
            "manifestFilesS3Key": self.key("manifest-files.json"),
            "billedSizeBytes": self.size,
            "itemCount": len(self.lines),
            "outputFormat": "DYNAMODB_JSON",
            "exportType": "FULL_EXPORT",
        }

    def _put_with_checksum(self, name: str, content: dict[str, Any]) -> None:
        body = json.dumps(content).encode() + b"\n"
        self._put(f"{name}.json", body)
        self._put(f"{name}.checksum", _md5(body).encode())

    def _put(self, name: str, body: bytes) -> str:
        """The object's ETag, without its quotes."""
        encryption = {}
        if "S3SseAlgorithm" in self.request:
            encryption["ServerSideEncryption"] = "aws:kms" if self.request["S3SseAlgorithm"] == "KMS" else "AES256"
        if "S3SseKmsKeyId" in self.request:
            encryption["SSEKMSKeyId"] = self.request["S3SseKmsKeyId"]
        client = current().engine_client("s3", self.region)
        put = client.put_object(Bucket=self.request["S3Bucket"], Key=self.key(name), Body=body, **encryption)
        return str(put["ETag"]).strip('"')

    def _table_id(self) -> str:
        return str(self.table.describe()["TableDescription"]["TableId"])

    def description(self) -> dict[str, Any]:
        """ExportDescription."""
        told: dict[str, Any] = {
            "ExportArn": self.arn,
            "ExportStatus": self.status,
            "StartTime": self.started,
            "TableArn": self.table.table_arn,
            "TableId": self._table_id(),
            "ExportTime": self.started,
            "S3Bucket": self.request["S3Bucket"],
            "S3BucketOwner": self.request.get("S3BucketOwner", self.account),
            "S3SseAlgorithm": self.request.get("S3SseAlgorithm", "AES256"),
            "ExportFormat": "DYNAMODB_JSON",
            "ExportType": "FULL_EXPORT",
        }
        told |= {
            name: self.request[name] for name in ("ClientToken", "S3Prefix", "S3SseKmsKeyId") if name in self.request
        }
        if self.ended is not None and self.status != "IN_PROGRESS":
            told["EndTime"] = self.ended
        if self.status == "COMPLETED":
            manifest = self.key("manifest-summary.json")
            told |= {"ExportManifest": manifest, "ItemCount": len(self.lines), "BilledSizeBytes": self.size}
        if self.failure is not None:
            told["FailureCode"], told["FailureMessage"] = self.failure
        return told


def _md5(body: bytes) -> str:
    return base64.b64encode(hashlib.md5(body, usedforsecurity=False).digest()).decode()


def _iso(moment: float) -> str:
    return datetime.fromtimestamp(moment, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _exports(response: Any) -> dict[str, Export]:
    found: dict[str, Export] = response.dynamodb_backend.table_exports
    return found


@replace(DynamoHandler, "export_table_to_point_in_time", "(self)")
def export_table_to_point_in_time(self: Any) -> Any:
    """Of the table as it is now."""
    request: dict[str, Any] = self.body
    _refuse_what_is_not_done(request)
    backend: DynamoDBBackend = self.dynamodb_backend
    table = next((table for table in backend.tables.values() if table.table_arn == request["TableArn"]), None)
    if table is None:
        raise TableNotFoundException(name=request["TableArn"])
    recovery = table.continuous_backups["PointInTimeRecoveryDescription"]["PointInTimeRecoveryStatus"]
    if recovery != "ENABLED":
        raise PointInTimeRecoveryUnavailable(name=table.name)
    token = request.get("ClientToken")
    known = next((old for old in _exports(self).values() if token and old.request.get("ClientToken") == token), None)
    if known is not None:  # "a successful completion … without any side effects"
        return ActionResult({"ExportDescription": known.description()})
    items = table.all_items()
    lines = [dynamo_json_dump(item.to_json(root_attr_name="Item")) for item in items]
    export = Export(table, request, self.region, self.current_account, lines, sum(item.size() for item in items))
    _exports(self)[export.arn] = export
    told = export.description()
    threading.Thread(target=export.run, name=f"export-{export.id}", daemon=True).start()
    return ActionResult({"ExportDescription": told})


def _refuse_what_is_not_done(request: dict[str, Any]) -> None:
    operation = "ExportTableToPointInTime"
    if request.get("ExportFormat", "DYNAMODB_JSON") != "DYNAMODB_JSON":
        raise NotImplementedLocallyError("dynamodb", f"{operation} in the format {request['ExportFormat']}")
    if request.get("ExportType", "FULL_EXPORT") != "FULL_EXPORT":
        raise NotImplementedLocallyError("dynamodb", f"{operation} of the type {request['ExportType']}")
    wanted = request.get("ExportTime")  # which moto has read as a time of UTC without its zone
    if wanted is not None and time.time() - wanted.replace(tzinfo=UTC).timestamp() > NOW:
        raise NotImplementedLocallyError("dynamodb", f"{operation} with an ExportTime in the past")


@replace(DynamoHandler, "describe_export", "(self)")
def describe_export(self: Any) -> Any:
    arn = self.body["ExportArn"]
    if arn not in _exports(self):
        raise ExportNotFoundError(f"Export not found: {arn}")
    return ActionResult({"ExportDescription": _exports(self)[arn].description()})


@replace(DynamoHandler, "list_exports", "(self)")
def list_exports(self: Any) -> Any:
    """Of all tables or of one, the newest first; every one fits on a page."""
    wanted = self.body.get("TableArn")
    found = [export for export in _exports(self).values() if wanted in (None, export.table.table_arn)]
    summaries = [
        {"ExportArn": export.arn, "ExportStatus": export.status, "ExportType": "FULL_EXPORT"}
        for export in reversed(found)
    ]
    return ActionResult({"ExportSummaries": summaries})
