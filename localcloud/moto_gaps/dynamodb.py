"""DynamoDB: a tag that is set again has the new value only."""

from typing import Any

from moto.dynamodb.models import DynamoDBBackend

from localcloud.patching import replace


@replace(DynamoDBBackend, "tag_resource", "(self, arn, tags)")
def tag_resource(self: Any, arn: str, tags: dict[str, str]) -> None:
    self.untag_resource(arn, list(tags))
    tag_resource.original(self, arn, tags)  # type: ignore[attr-defined]
