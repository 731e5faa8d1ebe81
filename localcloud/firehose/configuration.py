"""What a delivery stream does, read from its description."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

from localcloud.firehose import prefix as prefixes

MIB = 1024 * 1024
DEFAULT_SIZE = 5  # MiB; 128 with conversion or dynamic partitioning
DEFAULT_INTERVAL = 300  # seconds
EXTENSIONS = {"GZIP": ".gz", "ZIP": ".zip", "Snappy": ".snappy", "HADOOP_SNAPPY": ".hsnappy"}


@dataclass(frozen=True)
class Target:
    """A place in S3: where objects go, how large they get, what they are called, and the role that writes them."""

    role: str
    bucket: str
    prefix: str
    error_prefix: str
    size: int  # bytes of records that fill an object
    interval: float  # seconds a record waits at most, before the cloud's speed
    compression: str
    extension: str
    encryption: dict[str, str]  # extra arguments of PutObject
    zone: tzinfo
    log: tuple[str, str] | None  # log group and stream

    def time(self, milliseconds: int) -> datetime:
        """An instant in the stream's time zone."""
        return datetime.fromtimestamp(milliseconds / 1000, UTC).astimezone(self.zone)


@dataclass(frozen=True)
class Processor:
    """The Lambda function that transforms records."""

    function: str  # ARN
    role: str
    retries: int
    size: int  # bytes of records in one invocation
    interval: float  # seconds


@dataclass(frozen=True)
class Conversion:
    """JSON to Parquet by a Glue table."""

    catalog_id: str | None
    database: str
    table: str
    region: str | None
    version: str
    role: str
    mappings: dict[str, str]  # column -> JSON key
    case_insensitive: bool
    dots_to_underscores: bool
    codec: str
    dictionary: bool


@dataclass(frozen=True)
class Delivery:
    """Everything between the source and S3."""

    target: Target
    backup: Target | None
    processor: Processor | None
    conversion: Conversion | None
    keys: frozenset[str]  # partition keys that the prefix needs from the function
    dynamic: bool


def read(destination: Mapping[str, Any]) -> Delivery:
    """A delivery from an ExtendedS3 (or S3) destination's configuration or description."""
    conversion = _conversion(destination)
    dynamic = enabled(destination.get("DynamicPartitioningConfiguration"), default=False)
    large = conversion is not None or dynamic
    target = _target(destination, large, ".parquet" if conversion else None)
    backup = destination.get("S3BackupDescription") or destination.get("S3BackupConfiguration")
    return Delivery(
        target=target,
        backup=_target(backup, False, None) if backup and destination.get("S3BackupMode") == "Enabled" else None,
        processor=_processor(destination),
        conversion=conversion,
        keys=frozenset(prefixes.partition_keys(target.prefix)),
        dynamic=dynamic,
    )


def enabled(configuration: Mapping[str, Any] | None, *, default: bool) -> bool:
    """Whether an optional part is there and on."""
    return configuration is not None and str(configuration.get("Enabled", default)).lower() == "true"


def hints(destination: Mapping[str, Any], large: bool) -> tuple[int, int]:
    """BufferingHints with Firehose's defaults: MiB and seconds."""
    given = destination.get("BufferingHints") or {}
    size = given.get("SizeInMBs", 128 if large else DEFAULT_SIZE)
    return int(size), int(given.get("IntervalInSeconds", DEFAULT_INTERVAL))


def _target(destination: Mapping[str, Any], large: bool, natural: str | None) -> Target:
    size, interval = hints(destination, large)
    compression = destination.get("CompressionFormat") or "UNCOMPRESSED"
    logging = destination.get("CloudWatchLoggingOptions") or {}
    group, stream = logging.get("LogGroupName"), logging.get("LogStreamName")
    zone = destination.get("CustomTimeZone") or "UTC"
    return Target(
        role=destination["RoleARN"],
        bucket=destination["BucketARN"].rpartition(":")[2],
        prefix=destination.get("Prefix") or "",
        error_prefix=destination.get("ErrorOutputPrefix") or "",
        size=size * MIB,
        interval=interval,
        compression=compression,
        extension=destination.get("FileExtension") or natural or EXTENSIONS.get(compression, ""),
        encryption=_encryption(destination.get("EncryptionConfiguration") or {}),
        zone=UTC if zone == "UTC" else ZoneInfo(zone),
        log=(group, stream) if enabled(logging, default=False) and group and stream else None,
    )


def _encryption(configuration: Mapping[str, Any]) -> dict[str, str]:
    if key := (configuration.get("KMSEncryptionConfig") or {}).get("AWSKMSKeyARN"):
        return {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": key}
    return {}


def parameters(processor: Mapping[str, Any]) -> dict[str, str]:
    """A processor's parameters by name."""
    return {p["ParameterName"]: p["ParameterValue"] for p in processor.get("Parameters") or []}


def _processor(destination: Mapping[str, Any]) -> Processor | None:
    configuration = destination.get("ProcessingConfiguration")
    if configuration is None or not enabled(configuration, default=False):
        return None
    for processor in configuration.get("Processors") or []:
        if processor["Type"] == "Lambda":
            # Defaults: https://docs.aws.amazon.com/firehose/latest/dev/data-transformation.html
            given = parameters(processor)
            return Processor(
                function=given["LambdaArn"],
                role=given.get("RoleArn") or destination["RoleARN"],
                retries=int(given.get("NumberOfRetries", 3)),
                size=int(float(given.get("BufferSizeInMBs", 1)) * MIB),
                interval=float(given.get("BufferIntervalInSeconds", 60)),
            )
    return None


def _conversion(destination: Mapping[str, Any]) -> Conversion | None:
    configuration = destination.get("DataFormatConversionConfiguration")
    if configuration is None or not enabled(configuration, default=True):
        return None
    schema = configuration["SchemaConfiguration"]
    openx = configuration["InputFormatConfiguration"]["Deserializer"].get("OpenXJsonSerDe") or {}
    parquet = configuration["OutputFormatConfiguration"]["Serializer"].get("ParquetSerDe") or {}
    return Conversion(
        catalog_id=schema.get("CatalogId"),
        database=schema["DatabaseName"],
        table=schema["TableName"],
        region=schema.get("Region"),
        version=schema.get("VersionId") or "LATEST",
        role=schema["RoleARN"],
        mappings=dict(openx.get("ColumnToJsonKeyMappings") or {}),
        case_insensitive=str(openx.get("CaseInsensitive", True)).lower() == "true",
        dots_to_underscores=str(openx.get("ConvertDotsInJsonKeysToUnderscores", False)).lower() == "true",
        codec=(parquet.get("Compression") or "SNAPPY").lower(),
        dictionary=str(parquet.get("EnableDictionaryCompression", False)).lower() == "true",
    )
