# ruff: noqa: N803 - operations take the names of their requests
"""A bucket, a training pipeline, metrics and a topic, as far as the functions of monitoring see them."""

import io
import json
from datetime import UTC, datetime
from typing import Any

from tests.unit.lambdas.checked import Client

BUCKET = "lake"
NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


class Lake:
    """``objects`` are bodies and times by key; ``calls`` are the requests that change something, in order."""

    def __init__(self) -> None:
        self.objects: dict[str, tuple[bytes, datetime]] = {}
        self.executions: list[dict[str, Any]] = []
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self.late: dict[str, bytes] = {}  # arrive when the bucket has been listed

    def client(self, service: str) -> Client:
        return Client(self, service)

    def put(self, key: str, body: Any = b"", at: datetime = NOW) -> None:
        self.objects[key] = (body if isinstance(body, bytes) else json.dumps(body).encode(), at)

    def read(self, key: str) -> Any:
        return json.loads(self.objects[key][0])

    def sent(self, operation: str) -> dict[str, Any]:
        """The one request of the operation."""
        (found,) = [given for name, given in self.calls if name == operation]
        return found

    # --- operations

    def list_objects_v2(self, Bucket: str, Prefix: str, Delimiter: str | None = None) -> dict[str, Any]:
        assert Bucket == BUCKET
        keys = sorted(key for key in self.objects if key.startswith(Prefix))
        found = [{"Key": key, "LastModified": self.objects[key][1]} for key in keys]
        for key, body in self.late.items():
            self.put(key, body)
        self.late = {}
        if Delimiter is None:
            return {"Contents": found} if found else {}
        below = {Prefix + key[len(Prefix) :].partition("/")[0] + "/" for key in keys}
        return {"CommonPrefixes": [{"Prefix": name} for name in sorted(below)]} if below else {}

    def get_object(self, Bucket: str, Key: str) -> dict[str, Any]:
        assert Bucket == BUCKET
        body = self.objects[Key][0]
        return {"Body": io.BytesIO(body), "ContentLength": len(body)}

    def put_object(self, Bucket: str, Key: str, Body: bytes, **_: Any) -> None:
        assert Bucket == BUCKET
        self.put(Key, Body)

    def put_metric_data(self, **_: Any) -> None: ...

    def publish(self, **_: Any) -> None: ...

    def list_pipeline_executions(self, CreatedAfter: datetime, **_: Any) -> dict[str, Any]:
        found = [item for item in self.executions if item["StartTime"] > CreatedAfter]
        return {"PipelineExecutionSummaries": found[::-1]}

    def start_pipeline_execution(self, **given: Any) -> dict[str, Any]:
        arn = f"arn:aws:sagemaker:us-east-1:123456789012:pipeline/p/execution/{len(self.executions)}"
        name = given["PipelineExecutionDisplayName"]
        self.executions.append({"PipelineExecutionArn": arn, "PipelineExecutionDisplayName": name, "StartTime": NOW})
        return {"PipelineExecutionArn": arn}
