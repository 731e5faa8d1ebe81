"""What CreateDeliveryStream and UpdateDestination refuse, in Firehose's codes and, where known, sentences."""

from collections.abc import Mapping
from typing import Any
from zoneinfo import ZoneInfo

from moto.firehose.exceptions import InvalidArgumentException, ValidationException

from localcloud.firehose import prefix as prefixes
from localcloud.firehose.configuration import enabled, hints, parameters
from localcloud.unsupported import NotImplementedLocallyError

MAX_PROCESSOR_SIZE = 3.0  # MB; https://docs.aws.amazon.com/firehose/latest/dev/data-transformation.html
MIN_PROCESSOR_SIZE = 0.2
LARGE_BUFFER = 64  # MiB
COMPRESSIONS = ("ZIP", "HADOOP_SNAPPY", "Snappy", "GZIP", "UNCOMPRESSED")
SUPPORTED_COMPRESSIONS = ("GZIP", "ZIP", "UNCOMPRESSED")
DESTINATIONS = ("S3DestinationConfiguration", "ExtendedS3DestinationConfiguration")


def check_request(request: Mapping[str, Any]) -> None:
    """Refuse sources and destinations that have no engine here, by name."""
    for name, value in request.items():
        if (
            value
            and "Destination" in name
            and name.endswith(("Configuration", "Update"))
            and "S3Destination" not in name
        ):
            raise NotImplementedLocallyError("firehose", f"a delivery stream with {name}")
        if value and name in ("MSKSourceConfiguration", "DatabaseSourceConfiguration"):
            raise NotImplementedLocallyError("firehose", f"a delivery stream with {name}")
    kind = request.get("DeliveryStreamType") or "DirectPut"
    source = request.get("KinesisStreamSourceConfiguration")
    if kind == "KinesisStreamAsSource" and not source:
        raise InvalidArgumentException(
            "KinesisStreamSourceConfiguration is required for KinesisStreamAsSource stream type"
        )
    if kind not in ("DirectPut", "KinesisStreamAsSource"):
        raise NotImplementedLocallyError("firehose", f"a delivery stream of type {kind}")


def check_destination(destination: Mapping[str, Any]) -> None:
    """Everything about an S3 destination that can be wrong before a record comes."""
    conversion = enabled(destination.get("DataFormatConversionConfiguration"), default=True)
    dynamic = enabled(destination.get("DynamicPartitioningConfiguration"), default=False)
    check_buffer(destination, conversion, dynamic)
    _check_compression(destination, conversion)
    _check_zone(destination)
    if conversion:
        _check_conversion(destination["DataFormatConversionConfiguration"])
    has_lambda = _check_processors(destination)
    _check_prefixes(destination, dynamic, has_lambda)
    backup = destination.get("S3BackupConfiguration") or destination.get("S3BackupDescription")
    if destination.get("S3BackupMode") == "Enabled":
        if not backup:
            raise InvalidArgumentException("S3BackupConfiguration is required when S3BackupMode is Enabled")
        check_buffer(backup, False, False)
        _check_compression(backup, False)
        _check_backup_prefix(backup)


def check_buffer(destination: Mapping[str, Any], conversion: bool, dynamic: bool) -> None:
    """Sizes and intervals; the two 64 MiB rules are AWS's sentences (aws/aws-cdk integration tests quote them)."""
    size, interval = hints(destination, conversion or dynamic)
    for name, value, low, high in (("sizeInMBs", size, 1, 128), ("intervalInSeconds", interval, 0, 900)):
        if not low <= value <= high:
            bound = f"less than or equal to {high}" if value > high else f"greater than or equal to {low}"
            raise ValidationException(
                f"1 validation error detected: Value '{value}' at 'extendedS3DestinationConfiguration.bufferingHints."
                f"{name}' failed to satisfy constraint: Member must have value {bound}"
            )
    if conversion and size < LARGE_BUFFER:
        raise InvalidArgumentException(
            "BufferingHints.SizeInMBs must be at least 64 when data format conversion is enabled."
        )
    if dynamic and size < LARGE_BUFFER:
        raise InvalidArgumentException(
            "BufferingHints.SizeInMBs must be at least 64 when Dynamic Partitioning is enabled."
        )
    if dynamic and interval < 60:
        raise InvalidArgumentException(
            "BufferingHints.IntervalInSeconds must be at least 60 seconds when Dynamic Partitioning is enabled."
        )


def _check_compression(destination: Mapping[str, Any], conversion: bool) -> None:
    compression = destination.get("CompressionFormat") or "UNCOMPRESSED"
    if compression not in COMPRESSIONS:
        raise ValidationException(
            f"1 validation error detected: Value '{compression}' at 'extendedS3DestinationConfiguration."
            f"compressionFormat' failed to satisfy constraint: Member must satisfy enum value set: "
            f"[{', '.join(COMPRESSIONS)}]"
        )
    if conversion and compression != "UNCOMPRESSED":
        raise InvalidArgumentException(
            "CompressionFormat must be UNCOMPRESSED when data format conversion is enabled. "
            "Use the compression of the serializer instead."
        )
    if compression not in SUPPORTED_COMPRESSIONS:
        raise NotImplementedLocallyError("firehose", f"CompressionFormat {compression}")


def _check_zone(destination: Mapping[str, Any]) -> None:
    zone = destination.get("CustomTimeZone") or "UTC"
    try:
        ZoneInfo(zone)
    except (KeyError, ValueError, OSError):
        raise InvalidArgumentException(f"CustomTimeZone {zone} is not a supported time zone") from None


def _check_conversion(configuration: Mapping[str, Any]) -> None:
    for part in ("InputFormatConfiguration", "OutputFormatConfiguration", "SchemaConfiguration"):
        if not configuration.get(part):
            raise InvalidArgumentException(
                f"DataFormatConversionConfiguration.{part} must not be null when data format conversion is enabled"
            )
    schema = configuration["SchemaConfiguration"]
    for name in ("RoleARN", "DatabaseName", "TableName"):
        if not schema.get(name):
            raise InvalidArgumentException(f"SchemaConfiguration.{name} must not be null")
    reader = configuration["InputFormatConfiguration"].get("Deserializer") or {}
    writer = configuration["OutputFormatConfiguration"].get("Serializer") or {}
    if len(reader) != 1 or len(writer) != 1:
        raise InvalidArgumentException("Exactly one Deserializer and exactly one Serializer must be specified")
    if "OrcSerDe" in writer:
        raise NotImplementedLocallyError("firehose", "record format conversion with OrcSerDe")
    if (reader.get("HiveJsonSerDe") or {}).get("TimestampFormats"):
        raise NotImplementedLocallyError("firehose", "HiveJsonSerDe with TimestampFormats")


def _check_processors(destination: Mapping[str, Any]) -> bool:
    """Whether there is a Lambda processor; refuses the processors that have no engine here."""
    configuration = destination.get("ProcessingConfiguration")
    if configuration is None or not enabled(configuration, default=False):
        return False
    processors = configuration.get("Processors") or []
    for processor in processors:
        if processor["Type"] != "Lambda":
            raise NotImplementedLocallyError("firehose", f"a processor of type {processor['Type']}")
        given = parameters(processor)
        if not given.get("LambdaArn"):
            raise InvalidArgumentException("LambdaArn must be specified for the Lambda processor")
        size, interval = float(given.get("BufferSizeInMBs", 1)), float(given.get("BufferIntervalInSeconds", 60))
        if not MIN_PROCESSOR_SIZE <= size <= MAX_PROCESSOR_SIZE:
            raise InvalidArgumentException(
                f"The Lambda processor's BufferSizeInMBs must be from {MIN_PROCESSOR_SIZE} to {MAX_PROCESSOR_SIZE}"
            )
        if not 0 <= interval <= 900:
            raise InvalidArgumentException(
                "BufferIntervalInSeconds of the Lambda processor must be between 0 and 900"
            )
    if len(processors) > 1:
        raise InvalidArgumentException("Only one Lambda processor can be specified")
    return bool(processors)


def _check_prefixes(destination: Mapping[str, Any], dynamic: bool, has_lambda: bool) -> None:
    prefix, error_prefix = destination.get("Prefix") or "", destination.get("ErrorOutputPrefix") or ""
    if any(e.namespace == prefixes.FROM_QUERY for e in _parsed(prefix)):
        raise NotImplementedLocallyError("firehose", "partitionKeyFromQuery (JQ) in a prefix")
    if dynamic and not error_prefix:
        raise InvalidArgumentException("ErrorOutputPrefix must be specified when Dynamic Partitioning is enabled.")
    try:
        prefixes.check(prefix, error_prefix, dynamic)
    except prefixes.PrefixError as error:
        raise _constraint(error) from None
    if dynamic and not has_lambda:
        raise InvalidArgumentException(
            "Dynamic Partitioning with partitionKeyFromLambda needs a Lambda processor in ProcessingConfiguration."
        )


def _check_backup_prefix(backup: Mapping[str, Any]) -> None:
    # "the Prefix is used for backing up the raw data, whereas the ErrorOutputPrefix is ignored" (s3-prefixes page)
    for expression in _parsed(backup.get("Prefix") or ""):
        if expression.namespace not in ("timestamp", "firehose") or expression.value == prefixes.ERROR_TYPE:
            raise InvalidArgumentException(
                f"The backup prefix cannot contain {expression.namespace}:{expression.value}"
            )


def _parsed(prefix: str) -> list[prefixes.Expression]:
    try:
        return prefixes.expressions(prefix)
    except prefixes.PrefixError as error:
        raise _constraint(error) from None


def _constraint(error: Exception) -> InvalidArgumentException:
    # AWS's own words, with its slip of the pen (hashicorp/terraform-provider-aws#13416 quotes them).
    return InvalidArgumentException(f"Ths supplied prefix(es) do not satisfy the following constraint: {error}")
