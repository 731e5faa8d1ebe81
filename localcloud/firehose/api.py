"""Firehose's operations: moto keeps the descriptions, the pipelines do the work.

https://docs.aws.amazon.com/firehose/latest/APIReference/API_Operations.html
"""

import base64
import copy
import time
from collections.abc import Mapping
from typing import Any, cast

from moto.core.responses import ActionResult
from moto.firehose.exceptions import InvalidArgumentException, ResourceNotFoundException, ValidationException
from moto.firehose.models import DeliveryStream, FirehoseBackend
from moto.firehose.responses import FirehoseResponse

from localcloud.cloud import current
from localcloud.firehose import configuration
from localcloud.firehose.engine import FirehoseEngine
from localcloud.firehose.pipeline import Settings
from localcloud.firehose.validation import check_destination, check_request
from localcloud.kinesis.shards import shards_of
from localcloud.patching import replace

# https://docs.aws.amazon.com/firehose/latest/APIReference/API_PutRecordBatch.html
BATCH_RECORDS = 500
BATCH_BYTES = 4 * 1024 * 1024
RECORD_BYTES = 1000 * 1024


def engine() -> FirehoseEngine:
    """The Firehose engine of the cloud of this process."""
    return cast(FirehoseEngine, current().engines["firehose"])


def with_defaults(destination: Mapping[str, Any]) -> dict[str, Any]:
    """A destination as DescribeDeliveryStream shows it: what was not given has Firehose's default."""
    conversion = configuration.enabled(destination.get("DataFormatConversionConfiguration"), default=True)
    dynamic = configuration.enabled(destination.get("DynamicPartitioningConfiguration"), default=False)
    size, interval = configuration.hints(destination, conversion or dynamic)
    filled = {
        "CompressionFormat": "UNCOMPRESSED",
        "EncryptionConfiguration": {"NoEncryptionConfig": "NoEncryption"},
        "CloudWatchLoggingOptions": {"Enabled": False},
        **copy.deepcopy(dict(destination)),
        "BufferingHints": {"SizeInMBs": size, "IntervalInSeconds": interval},
    }
    for name in ("S3BackupConfiguration", "S3BackupDescription"):
        if filled.get(name):
            filled[name] = with_defaults(filled[name])
    return filled


def settings_of(stream: Any) -> Settings:
    """What the pipeline of moto's delivery stream is to do."""
    destination = stream.destinations[0]
    delivery = configuration.read(destination.get("ExtendedS3") or destination["S3"])
    arn = stream.delivery_stream_arn
    return Settings(arn, stream.version_id, arn.split(":")[3], delivery)


@replace(FirehoseResponse, "create_delivery_stream", "(self)")
def create_delivery_stream(self: Any) -> ActionResult:
    """Check everything, keep the description, start to deliver."""
    check_request(self.params)
    for name in ("S3DestinationConfiguration", "ExtendedS3DestinationConfiguration"):
        if name in self.params:
            self.params[name] = with_defaults(self.params[name])
            if name.startswith("Extended"):
                self.params[name].setdefault("S3BackupMode", "Disabled")
            check_destination(self.params[name])
    source = (self.params.get("KinesisStreamSourceConfiguration") or {}).get("KinesisStreamARN")
    encryption = self.params.get("DeliveryStreamEncryptionConfigurationInput")
    if source:
        _check_source(source)
        self.params["KinesisStreamSourceConfiguration"]["DeliveryStartTimestamp"] = time.time()
        if encryption:
            raise InvalidArgumentException("Server-side encryption is only for delivery streams of type DirectPut")
    elif encryption:
        self.params["DeliveryStreamEncryptionConfigurationInput"] = {**encryption, "Status": "ENABLED"}
    answer = cast(ActionResult, create_delivery_stream.original(self))  # type: ignore[attr-defined]
    stream = self.firehose_backend.delivery_streams[self._get_param("DeliveryStreamName")]
    engine().open(settings_of(stream), self.params.get("KinesisStreamSourceConfiguration"))
    return answer


def _check_source(arn: str) -> None:
    try:
        shards_of(arn)
    except Exception:
        raise ResourceNotFoundException(
            f"Stream {arn.rpartition('/')[2]} under account {arn.split(':')[4]} not found."
        ) from None


@replace(FirehoseBackend, "delete_delivery_stream", "(self, delivery_stream_name)")
def delete_delivery_stream(self: Any, delivery_stream_name: str) -> None:
    """Delete, and stop to deliver."""
    stream = self.delivery_streams.get(delivery_stream_name)
    delete_delivery_stream.original(self, delivery_stream_name)  # type: ignore[attr-defined]
    engine().close(stream.delivery_stream_arn)


@replace(FirehoseResponse, "update_destination", "(self)")
def update_destination(self: Any) -> ActionResult:
    """Merge, check, then go over to the new configuration.

    https://docs.aws.amazon.com/firehose/latest/APIReference/API_UpdateDestination.html
    """
    check_request(self.params)
    stream = self.firehose_backend.delivery_streams.get(self._get_param("DeliveryStreamName"))
    kind = "ExtendedS3" if "ExtendedS3DestinationUpdate" in self.params else "S3"
    update = copy.deepcopy(self.params.get(f"{kind}DestinationUpdate") or {})
    if stream is not None:
        existing = stream.destinations[0].get("ExtendedS3") or stream.destinations[0]["S3"]
        merged = _merge(existing, update)
        check_destination(merged)
        if existing.get("S3BackupMode") == "Enabled" and merged.get("S3BackupMode") == "Disabled":
            raise InvalidArgumentException("S3BackupMode cannot be changed from Enabled to Disabled")
    answer = cast(ActionResult, update_destination.original(self))  # type: ignore[attr-defined]
    destination = stream.destinations[0]
    merged = with_defaults(merged)
    if "ExtendedS3" in destination:
        destination["ExtendedS3"] = merged
    destination["S3"] = _plain(merged)
    engine().update(settings_of(stream))
    return answer


def _merge(existing: Mapping[str, Any], update: Mapping[str, Any]) -> dict[str, Any]:
    """A parameter that the call does not give keeps its value."""
    merged = {**copy.deepcopy(dict(existing)), **{k: v for k, v in update.items() if k != "S3BackupUpdate"}}
    if "S3BackupUpdate" in update:
        merged["S3BackupDescription"] = {**(merged.get("S3BackupDescription") or {}), **update["S3BackupUpdate"]}
    return merged


def _plain(extended: Mapping[str, Any]) -> dict[str, Any]:
    """The S3DestinationDescription that goes with an ExtendedS3DestinationDescription."""
    names = (
        "RoleARN", "BucketARN", "Prefix", "ErrorOutputPrefix", "BufferingHints", "CompressionFormat",
        "EncryptionConfiguration", "CloudWatchLoggingOptions",
    )  # fmt: skip
    return {name: extended[name] for name in names if name in extended}


@replace(FirehoseResponse, "put_record", "(self)")
def put_record(self: Any) -> ActionResult:
    """One record into a DirectPut stream."""
    _check_records(self, [self._get_param("Record")])
    return cast(ActionResult, put_record.original(self))  # type: ignore[attr-defined]


@replace(FirehoseResponse, "put_record_batch", "(self)")
def put_record_batch(self: Any) -> ActionResult:
    """Up to 500 records and 4 MiB into a DirectPut stream."""
    _check_records(self, self._get_param("Records"))
    return cast(ActionResult, put_record_batch.original(self))  # type: ignore[attr-defined]


def _check_records(response: Any, records: list[dict[str, bytes]]) -> None:
    if not 1 <= len(records) <= BATCH_RECORDS:
        bound = "less than or equal to 500" if records else "greater than or equal to 1"
        raise ValidationException(
            "1 validation error detected: Value at 'records' failed to satisfy constraint: "
            f"Member must have length {bound}"
        )
    sizes = [len(record["Data"]) for record in records]
    if max(sizes) > RECORD_BYTES:
        where = "record.data" if len(records) == 1 else f"records.{sizes.index(max(sizes)) + 1}.member.data"
        raise ValidationException(
            f"1 validation error detected: Value at '{where}' failed to satisfy constraint: "
            f"Member must have length less than or equal to {RECORD_BYTES}"
        )
    if sum(sizes) > BATCH_BYTES:
        raise InvalidArgumentException("Records size exceeds 4 MB limit")
    stream = response.firehose_backend.delivery_streams.get(response._get_param("DeliveryStreamName"))
    if stream is not None and stream.delivery_stream_type != "DirectPut":
        raise InvalidArgumentException(
            f"This operation is not permitted on {stream.delivery_stream_type} delivery stream type."
        )


@replace(FirehoseBackend, "put_s3_records", "(self, delivery_stream_name, version_id, s3_destination, records)")
def put_s3_records(
    self: Any, delivery_stream_name: str, version_id: str, s3_destination: Any, records: list[dict[str, bytes]]
) -> list[dict[str, str]]:
    """Into the pipeline, where moto writes an object per call. Log subscriptions come here too."""
    stream = self.delivery_streams[delivery_stream_name]
    data = [base64.b64encode(record["Data"]).decode() for record in records]
    return [{"RecordId": record_id} for record_id in engine().put(stream.delivery_stream_arn, data)]


@replace(FirehoseBackend, "start_delivery_stream_encryption", "(self, stream_name, encryption_config)")
def start_delivery_stream_encryption(self: Any, stream_name: str, encryption_config: dict[str, Any] | None) -> None:
    """moto's, which needs a configuration although it is optional."""
    _check_direct(self, stream_name)
    given = encryption_config or {"KeyType": "AWS_OWNED_CMK"}
    start_delivery_stream_encryption.original(self, stream_name, dict(given))  # type: ignore[attr-defined]


@replace(FirehoseBackend, "stop_delivery_stream_encryption", "(self, stream_name)")
def stop_delivery_stream_encryption(self: Any, stream_name: str) -> None:
    """moto's, for a stream that was never encrypted too."""
    stream = _check_direct(self, stream_name)
    if stream is not None:
        stream.delivery_stream_encryption_configuration = dict(stream.delivery_stream_encryption_configuration or {})
    stop_delivery_stream_encryption.original(self, stream_name)  # type: ignore[attr-defined]


def _check_direct(backend: Any, stream_name: str) -> DeliveryStream | None:
    stream = backend.delivery_streams.get(stream_name)
    if stream is not None and stream.delivery_stream_type != "DirectPut":
        raise InvalidArgumentException("Server-side encryption is only for delivery streams of type DirectPut")
    return cast("DeliveryStream | None", stream)
