"""What S3 tells of its objects: to EventBridge, and to the queues, topics and functions of a bucket's notifications.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/ev-events.html
https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html
moto's events have other members and reasons, escape the slash of keys, tell of tags that nobody set, and nothing of
delete markers; its functions run inside PutObject.
"""

import json
import time
import uuid
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote_plus

import moto.s3.models
from moto.s3 import notifications
from moto.s3.models import FakeBucket, S3Backend

from localcloud.events.delivery import Delivery
from localcloud.events.emit import emit
from localcloud.events.engine import events_engine, log
from localcloud.events.targets import DeliveryError, Sending, sender
from localcloud.patching import replace
from localcloud.unsupported import NotImplementedLocallyError

_REASONS = {  # event of a notification -> reason of an event
    "s3:ObjectCreated:Put": "PutObject",
    "s3:ObjectCreated:Post": "POST Object",
    "s3:ObjectCreated:Copy": "CopyObject",
    "s3:ObjectCreated:CompleteMultipartUpload": "CompleteMultipartUpload",
    "s3:ObjectRemoved:Delete": "DeleteObject",
    "s3:ObjectRemoved:DeleteMarkerCreated": "DeleteObject",
}
_SENT = (*_REASONS, "s3:ObjectCreated:*", "s3:ObjectRemoved:*")
_CALLER = "127.0.0.1"


@replace(moto.s3.models, "events_send_notification", "(source, event_name, region, resources, detail)")
def bucket_created(source: str, event_name: str, region: str, resources: Any, detail: Any) -> None:
    """Nothing: S3 sends no event of a new bucket, CloudTrail does."""


@replace(notifications, "send_event", "(account_id, event_name, bucket, key)")
def send_event(account_id: str, event_name: Any, bucket: Any, key: Any) -> None:
    """What moto calls; removals are told by ``delete_object``, other events are not sent."""
    name = str(getattr(event_name, "value", event_name))
    part = name == "s3:ObjectCreated:Put" and key.multipart is not None  # moto's own step of a completed upload
    if name.startswith("s3:ObjectCreated:") and not part:
        version = key.version_id if bucket.is_versioned else None
        tell(name, bucket, {"key": key.name, "size": key.size, "etag": key.etag.strip('"'), "version-id": version})


@replace(S3Backend, "delete_object", "(self, bucket_name, key_name, version_id, bypass)")
def delete_object(
    self: Any, bucket_name: str, key_name: str, version_id: str | None = None, bypass: bool = False
) -> tuple[bool, dict[str, Any]]:
    """Delete, and tell of it: also of a marker, and of one version of several."""
    before = self.get_bucket(bucket_name).keys.get(key_name)
    done: bool
    done, meta = delete_object.original(self, bucket_name, key_name, version_id, bypass)  # type: ignore[attr-defined]
    if done and before is not None:
        marker = version_id is None and meta.get("delete-marker") == "true"
        name = "s3:ObjectRemoved:DeleteMarkerCreated" if marker else "s3:ObjectRemoved:Delete"
        etag = None if marker or not hasattr(before, "etag") else before.etag.strip('"')
        told = {"key": key_name, "etag": etag, "version-id": meta.get("version-id")}
        tell(name, self.get_bucket(bucket_name), told)
    return done, meta


def tell(name: str, bucket: Any, of: dict[str, Any]) -> None:
    """Send an event of the object ``of`` to everything that the bucket's configuration names."""
    configuration = bucket.notification_configuration
    if configuration is None:
        return
    sequencer = f"{time.time_ns():016X}"
    known = {member: value for member, value in {**of, "sequencer": sequencer}.items() if value is not None}
    for notification in (*configuration.cloud_function, *configuration.queue, *configuration.topic):
        if notification.matches(name, of["key"]):
            _notify(bucket.arn, notification, json.dumps(_record(name, bucket, known, notification.id)), sequencer)
    if configuration.event_bridge is not None:
        created = name.startswith("s3:ObjectCreated:")
        kind = "Delete Marker Created" if name.endswith("DeleteMarkerCreated") else "Permanently Deleted"
        detail = {
            "version": "0",
            "bucket": {"name": bucket.name},
            "object": known,
            "request-id": uuid.uuid4().hex[:16].upper(),
            "requester": bucket.account_id,
            "source-ip-address": _CALLER,
            "reason": _REASONS[name],
            **({} if created else {"deletion-type": kind}),
        }
        emit("aws.s3", "Object Created" if created else "Object Deleted", [bucket.arn], detail, bucket.region_name)


def _record(name: str, bucket: Any, of: dict[str, Any], configuration: str) -> dict[str, Any]:
    names = {"size": "size", "etag": "eTag", "version-id": "versionId", "sequencer": "sequencer"}
    owner = {"principalId": bucket.account_id}
    record = {
        "eventVersion": "2.1",
        "eventSource": "aws:s3",
        "awsRegion": bucket.region_name,
        "eventTime": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z",
        "eventName": name.removeprefix("s3:"),
        "userIdentity": owner,
        "requestParameters": {"sourceIPAddress": _CALLER},
        "responseElements": {"x-amz-request-id": uuid.uuid4().hex[:16].upper(), "x-amz-id-2": uuid.uuid4().hex},
        "s3": {
            "s3SchemaVersion": "1.0",
            "configurationId": configuration,
            "bucket": {"name": bucket.name, "ownerIdentity": owner, "arn": bucket.arn},
            "object": {
                "key": quote_plus(of["key"], safe="/"),
                **{theirs: of[ours] for ours, theirs in names.items() if ours in of},
            },
        },
    }
    return {"Records": [record]}


def _notify(bucket: str, notification: Any, body: str, sequencer: str) -> None:
    engine = events_engine()
    through = sender(notification.arn)
    assert through is not None  # noqa: S101 - queues, topics and functions
    target, token = {"Arn": notification.arn}, f"{notification.arn}/{sequencer}"
    sending = Sending(engine.cloud, target, body, {}, token, by="s3.amazonaws.com", source=bucket)
    engine.deliverer.put(Delivery(f"s3/{notification.arn}", sending, through, _undelivered))


def _undelivered(delivery: Delivery, error: DeliveryError, exhausted: str | None) -> None:
    log.error("S3 could not notify %s: %s", delivery.sending.arn, error)


@replace(FakeBucket, "set_notification_configuration", "(self, notification_config)")
def set_notification_configuration(self: Any, notification_config: dict[str, Any] | None) -> None:
    """Events that would never be sent are refused by name."""
    for kind in ("Topic", "Queue", "CloudFunction"):
        for item in (notification_config or {}).get(f"{kind}Configuration", []):
            for name in item["Event"] if isinstance(item["Event"], list) else [item["Event"]]:
                if name not in _SENT and name in notifications.S3NotificationEvent.events():
                    raise NotImplementedLocallyError("s3", f"PutBucketNotificationConfiguration for {name}")
    set_notification_configuration.original(self, notification_config)  # type: ignore[attr-defined]
