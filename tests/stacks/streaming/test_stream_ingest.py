"""StreamIngest: Firehose's limits, prefixes, conversion, and what each alarm watches."""

import re
from typing import Any

import pytest

import contracts
from contracts.derive import glue_columns

EVENTS = contracts.load("flights").table("flight_events")


def destination(assembly: Any) -> dict[str, Any]:
    delivery = assembly.ingest.properties("AWS::KinesisFirehose::DeliveryStream")
    found: dict[str, Any] = delivery["ExtendedS3DestinationConfiguration"]
    return found


def test_stream_is_the_cheapest_by_default(default: Any, flatten: Any) -> None:
    stream = default.ingest.properties("AWS::Kinesis::Stream")
    assert stream["StreamModeDetails"] == {"StreamMode": "PROVISIONED"}
    assert stream["ShardCount"] == 1
    assert stream["RetentionPeriodHours"] == 24  # more is billed
    assert stream["StreamEncryption"]["EncryptionType"] == "KMS"
    assert flatten(stream["StreamEncryption"]["KeyId"]) == "<Key.Arn>"


def test_stream_on_demand(otherwise: Any) -> None:
    stream = otherwise.ingest.properties("AWS::Kinesis::Stream")
    assert stream["StreamModeDetails"] == {"StreamMode": "ON_DEMAND"}
    assert "ShardCount" not in stream  # CreateStream refuses both
    assert stream["RetentionPeriodHours"] == 48


def test_delivery_reads_the_stream(assembly: Any, flatten: Any) -> None:
    delivery = assembly.ingest.properties("AWS::KinesisFirehose::DeliveryStream")
    assert delivery["DeliveryStreamType"] == "KinesisStreamAsSource"
    assert flatten(delivery["KinesisStreamSourceConfiguration"]["KinesisStreamARN"]) == "<Events.Arn>"
    assert "DeliveryStreamName" not in delivery


def test_prefixes_partition_by_the_contract(assembly: Any) -> None:
    target = destination(assembly)
    keys = [key.name for key in EVENTS.partition_keys]
    assert keys == ["event_type", "event_date"]
    expected = "".join(rf"{key}=!\{{partitionKeyFromLambda:{key}\}}/" for key in keys)
    assert re.fullmatch(rf"raw/flight_events/{expected}", target["Prefix"])
    # Required with dynamic partitioning, and an error prefix must not use partition keys
    # (https://docs.aws.amazon.com/firehose/latest/dev/s3-prefixes.html).
    assert target["DynamicPartitioningConfiguration"]["Enabled"] is True
    assert re.fullmatch(
        r"errors/flight_events/!\{firehose:error-output-type\}/!\{timestamp:yyyy/MM/dd\}/",
        target["ErrorOutputPrefix"],
    )
    assert target["S3BackupMode"] == "Enabled"
    assert target["S3BackupConfiguration"]["Prefix"] == "backup/flight_events/"
    assert target["S3BackupConfiguration"]["CompressionFormat"] == "GZIP"


@pytest.mark.parametrize("where", ["Prefix", "ErrorOutputPrefix"])
def test_prefixes_have_only_expressions_that_firehose_knows(assembly: Any, where: str) -> None:
    known = (
        r"!\{(timestamp:[A-Za-z/:-]+|firehose:(random-string|error-output-type)|partitionKeyFrom(Lambda|Query):\w+)\}"
    )
    rest = re.sub(known, "", destination(assembly)[where])
    assert "!" not in rest
    assert rest.endswith("/")


def test_buffers_are_within_firehoses_limits(assembly: Any) -> None:
    target = destination(assembly)
    for hints in (target["BufferingHints"], target["S3BackupConfiguration"]["BufferingHints"]):
        assert 64 <= hints["SizeInMBs"] <= 128  # with conversion and dynamic partitioning
        assert 60 <= hints["IntervalInSeconds"] <= 900


def test_transform_gets_buffers_that_fit_a_response(default: Any, otherwise: Any, flatten: Any) -> None:
    seen = []
    for assembly in (default, otherwise):
        (processor,) = destination(assembly)["ProcessingConfiguration"]["Processors"]
        parameters = {item["ParameterName"]: item["ParameterValue"] for item in processor["Parameters"]}
        assert processor["Type"] == "Lambda"
        assert flatten(parameters["LambdaArn"]) == "<Transform.Arn>"
        assert float(parameters["BufferSizeInMBs"]) <= 3
        seen.append({key: value for key, value in parameters.items() if isinstance(value, str)})
    assert seen == [
        {"BufferSizeInMBs": "1", "BufferIntervalInSeconds": "60", "NumberOfRetries": "3"},
        {"BufferSizeInMBs": "0.2", "BufferIntervalInSeconds": "900", "NumberOfRetries": "1"},
    ]


def test_conversion_follows_the_table_of_this_stack(assembly: Any, flatten: Any) -> None:
    target = destination(assembly)
    conversion = target["DataFormatConversionConfiguration"]
    assert conversion["Enabled"] is True
    assert target["CompressionFormat"] == "UNCOMPRESSED"  # any other is refused together with conversion
    schema = conversion["SchemaConfiguration"]
    assert flatten(schema["TableName"]) == "<EventsTable>"
    assert schema["VersionId"] == "LATEST"
    assert conversion["OutputFormatConfiguration"]["Serializer"]["ParquetSerDe"]["Compression"] == "SNAPPY"
    assert list(conversion["InputFormatConfiguration"]["Deserializer"]) == ["OpenXJsonSerDe"]


def test_events_table_has_the_columns_of_the_contract(assembly: Any, flatten: Any) -> None:
    table = assembly.ingest.properties("AWS::Glue::Table", "EventsTable")["TableInput"]
    assert table["Name"] == "flight_events"
    assert table["StorageDescriptor"]["Columns"] == glue_columns(EVENTS.columns)
    assert table["PartitionKeys"] == glue_columns(EVENTS.partition_keys)
    assert flatten(table["StorageDescriptor"]["Location"]) == "s3://<Lake>/raw/flight_events/"


def test_everything_firehose_writes_is_encrypted_and_its_errors_are_logged(assembly: Any, flatten: Any) -> None:
    target = destination(assembly)
    log_streams = set()
    for written in (target, target["S3BackupConfiguration"]):
        assert flatten(written["EncryptionConfiguration"]["KMSEncryptionConfig"]["AWSKMSKeyARN"]) == "<Key.Arn>"
        logging = written["CloudWatchLoggingOptions"]
        assert logging["Enabled"] is True
        assert flatten(logging["LogGroupName"]) == "<DeliveryLogs>"
        log_streams.add(logging["LogStreamName"]["Ref"])
    assert log_streams == set(assembly.ingest.of("AWS::Logs::LogStream"))
    assert len(log_streams) == 2


def test_delivery_is_created_after_all_it_needs(assembly: Any) -> None:
    template = assembly.ingest
    before = template.depends_on(template.logical_id("AWS::KinesisFirehose::DeliveryStream"))
    for kind in (
        "AWS::IAM::Role",
        "AWS::Glue::Table",
        "AWS::Lambda::Function",
        "AWS::Logs::LogStream",
        "AWS::Kinesis::Stream",
    ):
        assert set(template.of(kind)) <= before
    # A policy apart from its role could come after the delivery stream: the permissions are inside.
    assert not [item for item in template.resources.values() if item["Type"] == "AWS::IAM::Policy"]
    assert template.statements("DeliveryRole")


def test_delivery_role_reaches_its_three_prefixes_only(assembly: Any, flatten: Any) -> None:
    on_objects = [
        flatten(resource)
        for statement in assembly.ingest.statements("DeliveryRole")
        for resource in (
            statement["Resource"] if isinstance(statement["Resource"], list) else [statement["Resource"]]
        )
        if "s3:PutObject" in statement["Action"]
    ]
    target = destination(assembly)
    prefixes = (target["Prefix"], target["ErrorOutputPrefix"], target["S3BackupConfiguration"]["Prefix"])
    folders = [re.sub(r"[^/]*$", "", prefix.partition("!")[0]) for prefix in prefixes]
    assert on_objects == [f"<Lake.Arn>/{folder}*" for folder in folders]


def test_function_runs_on_arm_within_the_limits(assembly: Any) -> None:
    function = assembly.ingest.properties("AWS::Lambda::Function")
    assert (function["Runtime"], function["Architectures"]) == ("python3.13", ["arm64"])
    assert function["Handler"] == "lambdas.transform_events.handler.handler"
    assert function["Timeout"] <= 300  # Firehose waits no longer


def test_function_bundle_has_the_handler_and_the_compiled_contract(default: Any) -> None:
    key = default.ingest.properties("AWS::Lambda::Function")["Code"]["S3Key"].removesuffix(".zip")
    bundle = default.folder / f"asset.{key}"
    files = {path.relative_to(bundle).as_posix() for path in bundle.rglob("*") if path.is_file()}
    assert {
        "lambdas/transform_events/handler.py",
        "contracts/__init__.py",
        "contracts/model.py",
        "contracts/flights.json",
    } <= files
    assert (bundle / "contracts/flights.json").read_text("utf-8") == contracts.compiled("flights")
    assert not [file for file in files if file.endswith((".yaml", ".pyc"))]


def test_alarms_watch_what_can_go_wrong_and_tell_the_topic(default: Any, flatten: Any) -> None:
    alarms = default.ingest.of("AWS::CloudWatch::Alarm").values()
    watched = {}
    for alarm in alarms:
        properties = alarm["Properties"]
        assert [flatten(action) for action in properties["AlarmActions"]] == ["<AlarmTopic>"]
        assert properties["TreatMissingData"] == "notBreaching"
        assert properties["ComparisonOperator"] == "GreaterThanThreshold"
        (dimension,) = properties["Dimensions"]
        metric = f"{properties['Namespace']} {properties['MetricName']} {properties['Statistic']}"
        watched[metric] = (dimension["Name"], flatten(dimension["Value"]), properties["Threshold"])
    assert watched == {
        "AWS/Kinesis GetRecords.IteratorAgeMilliseconds Maximum": ("StreamName", "<Events>", 600_000),
        "AWS/Kinesis WriteProvisionedThroughputExceeded Sum": ("StreamName", "<Events>", 0),
        "AWS/Firehose DeliveryToS3.DataFreshness Maximum": ("DeliveryStreamName", "<DeliveryStream>", 690),
        "AWS/Lambda Errors Sum": ("FunctionName", "<Transform>", 0),
        "AWS/Lambda Throttles Sum": ("FunctionName", "<Transform>", 0),
    }
