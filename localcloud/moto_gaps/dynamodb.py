"""DynamoDB: tags that are set again, and what would have to know the past."""

import uuid
from typing import Any

from moto.dynamodb.models import DynamoDBBackend
from moto.dynamodb.models.table import Table
from moto.dynamodb.responses import DynamoHandler

from localcloud.patching import replace
from localcloud.unsupported import NotImplementedLocallyError


@replace(DynamoDBBackend, "tag_resource", "(self, arn, tags)")
def tag_resource(self: Any, arn: str, tags: dict[str, str]) -> None:
    """A tag that is set again has the new value only."""
    self.untag_resource(arn, list(tags))
    tag_resource.original(self, arn, tags)  # type: ignore[attr-defined]


@replace(Table, "describe", "(self, base_key)")
def describe(self: Any, base_key: str = "TableDescription") -> dict[str, Any]:
    """moto's, with the id that tells a table from a later one of its name, and without indexes that there are not."""
    told: dict[str, Any] = describe.original(self, base_key)  # type: ignore[attr-defined]
    for name in ("GlobalSecondaryIndexes", "LocalSecondaryIndexes"):
        if not told[base_key][name]:
            del told[base_key][name]
    told[base_key]["TableId"] = str(uuid.uuid5(uuid.NAMESPACE_URL, f"{self.table_arn} {self.created_at}"))
    return told


@replace(DynamoHandler, "create_table", "(self)")
def create_table(self: Any) -> Any:
    """What a new table is warmed up for is told later (snapshots of localstack's TestDynamoDBEventSourceMapping)."""
    answer = create_table.original(self)  # type: ignore[attr-defined]
    if "WarmThroughput" not in self.body:
        answer.result["TableDescription"].pop("WarmThroughput", None)
    return answer


@replace(DynamoHandler, "restore_table_to_point_in_time", "(self)")
def restore_table_to_point_in_time(self: Any) -> Any:
    """The latest point is the table as it is; others are not kept."""
    if not self.body.get("UseLatestRestorableTime"):
        raise NotImplementedLocallyError("dynamodb", "RestoreTableToPointInTime with a RestoreDateTime")
    return restore_table_to_point_in_time.original(self)  # type: ignore[attr-defined]


@replace(DynamoHandler, "import_table", "(self)")
def import_table(self: Any) -> Any:
    """moto reads every format as JSON, and every compression but gzip as none."""
    if self.body["InputFormat"] != "DYNAMODB_JSON":
        raise NotImplementedLocallyError("dynamodb", f"ImportTable of the format {self.body['InputFormat']}")
    if self.body.get("InputCompressionType") == "ZSTD":
        raise NotImplementedLocallyError("dynamodb", "ImportTable of the compression ZSTD")
    return import_table.original(self)  # type: ignore[attr-defined]
