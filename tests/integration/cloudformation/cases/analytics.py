"""Glue, Athena, Kinesis, Firehose."""

import json
from typing import Any

from localcloud import LocalCloud
from tests.integration.cloudformation.case import Case, Properties
from tests.integration.cloudformation.cases.storage import KEY, ROLE

DATABASE = {
    "Type": "AWS::Glue::Database",
    "Properties": {"CatalogId": "123456789012", "DatabaseInput": {"Name": "needed"}},
}
WAREHOUSE = {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": "needed-lake"}}
JOB = {
    "Type": "AWS::Glue::Job",
    "Properties": {
        "Name": "needed-job",
        "Role": {"Ref": "Role"},
        "Command": {"Name": "glueetl", "ScriptLocation": "s3://needed-lake/job.py"},
        "GlueVersion": "5.0",
    },
}
STREAM = {"Type": "AWS::Kinesis::Stream", "Properties": {"Name": "needed-stream", "ShardCount": 1}}
ROLE_ARN = {"Fn::GetAtt": ["Role", "Arn"]}


def _tagged(cloud: LocalCloud, kind: str, ref: str) -> Any:
    return cloud.client("glue").get_tags(ResourceArn=f"arn:aws:glue:us-east-1:123456789012:{kind}/{ref}")


def _table(columns: list[tuple[str, str]], **more: Any) -> Properties:
    return {
        "CatalogId": "123456789012",
        "DatabaseName": {"Ref": "Database"},
        "TableInput": {
            "Name": "subject",
            "TableType": "EXTERNAL_TABLE",
            "PartitionKeys": [{"Name": "event_date", "Type": "date"}],
            "StorageDescriptor": {
                "Columns": [{"Name": name, "Type": kind, "Comment": f"the {name}"} for name, kind in columns],
                "Location": "s3://needed-lake/raw/",
                "InputFormat": "org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat",
                "SerdeInfo": {
                    "SerializationLibrary": "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe",
                    "Parameters": {"serialization.format": "1"},
                },
            },
            **more,
        },
    }


def _job(**more: Any) -> Properties:
    return {
        "Name": "subject",
        "Role": ROLE_ARN,
        "Command": {"Name": "glueetl", "PythonVersion": "3", "ScriptLocation": "s3://needed-lake/job.py"},
        "GlueVersion": "5.0",
        "WorkerType": "G.1X",
        "NumberOfWorkers": 2,
        **more,
    }


def _delivery(**more: Any) -> Properties:
    return {
        "DeliveryStreamName": "subject",
        "DeliveryStreamType": "KinesisStreamAsSource",
        "KinesisStreamSourceConfiguration": {
            "KinesisStreamARN": {"Fn::GetAtt": ["Stream", "Arn"]},
            "RoleARN": ROLE_ARN,
        },
        "ExtendedS3DestinationConfiguration": {
            "BucketARN": "arn:aws:s3:::needed-lake",
            "RoleARN": ROLE_ARN,
            "CustomTimeZone": "UTC",
            "EncryptionConfiguration": {
                "KMSEncryptionConfig": {"AWSKMSKeyARN": "arn:aws:kms:us-east-1:123456789012:key/any"}
            },
            "Prefix": "raw/event_type=!{partitionKeyFromLambda:event_type}/",
            "ErrorOutputPrefix": "errors/!{firehose:error-output-type}/",
            "DynamicPartitioningConfiguration": {"Enabled": True, "RetryOptions": {"DurationInSeconds": 61}},
            "ProcessingConfiguration": {
                "Enabled": True,
                "Processors": [
                    {
                        "Type": "Lambda",
                        "Parameters": [
                            {
                                "ParameterName": "LambdaArn",
                                "ParameterValue": "arn:aws:lambda:us-east-1:123456789012:function:transform",
                            },
                            {"ParameterName": "BufferSizeInMBs", "ParameterValue": "1"},
                        ],
                    }
                ],
            },
            "DataFormatConversionConfiguration": {
                "Enabled": True,
                "InputFormatConfiguration": {"Deserializer": {"OpenXJsonSerDe": {}}},
                "OutputFormatConfiguration": {"Serializer": {"ParquetSerDe": {"Compression": "SNAPPY"}}},
                "SchemaConfiguration": {
                    "CatalogId": "123456789012",
                    "DatabaseName": "needed",
                    "Region": "us-east-1",
                    "RoleARN": ROLE_ARN,
                    "TableName": "events",
                    "VersionId": "LATEST",
                },
            },
            **more,
        },
        "Tags": [{"Key": "team", "Value": "data"}],
    }


def _backup(compression: str, seconds: int) -> Properties:
    return {
        "S3BackupMode": "Enabled",
        "S3BackupConfiguration": {
            "BucketARN": "arn:aws:s3:::needed-lake",
            "RoleARN": ROLE_ARN,
            "Prefix": "backup/",
            "CompressionFormat": compression,
            "BufferingHints": {"IntervalInSeconds": seconds, "SizeInMBs": 6},
        },
    }


CASES = [
    Case(
        type="AWS::Glue::Database",
        properties={
            "CatalogId": "123456789012",
            "DatabaseInput": {
                "Name": "subject",
                "Description": "first",
                "LocationUri": "s3://needed-lake/",
                "Parameters": {"owner": "data"},
            },
        },
        changed={
            "CatalogId": "123456789012",
            "DatabaseInput": {"Name": "subject", "Description": "second"},
        },
        read=lambda cloud, ref: [cloud.client("glue").get_database(Name=ref)],
        ref="subject",
    ),
    Case(
        type="AWS::Glue::Table",
        needs={"Database": DATABASE},
        properties=_table([("id", "bigint"), ("kind", "string")], Parameters={"classification": "parquet"}),
        changed=_table([("id", "bigint"), ("delay", "double")], Description="changed"),
        read=lambda cloud, ref: [
            {"CatalogId": "123456789012"},
            cloud.client("glue").get_table(DatabaseName="needed", Name=ref),
        ],
        ref="subject",
    ),
    Case(
        type="AWS::Glue::Classifier",
        properties={
            "CsvClassifier": {"Name": "subject", "Delimiter": ";", "QuoteSymbol": "'", "ContainsHeader": "PRESENT"}
        },
        changed={
            "CsvClassifier": {"Name": "subject", "Delimiter": "|", "QuoteSymbol": "'", "ContainsHeader": "ABSENT"}
        },
        read=lambda cloud, ref: [cloud.client("glue").get_classifier(Name=ref)],
        ref="subject",
    ),
    Case(
        type="AWS::Glue::Crawler",
        needs={"Role": ROLE, "Database": DATABASE},
        properties={
            "Name": "subject",
            "Role": "needed-role",
            "DatabaseName": {"Ref": "Database"},
            "Description": "first",
            "Configuration": json.dumps(
                {"Version": 1.0, "CrawlerOutput": {"Partitions": {"AddOrUpdateBehavior": "InheritFromTable"}}}
            ),
            "RecrawlPolicy": {"RecrawlBehavior": "CRAWL_EVERYTHING"},
            "Schedule": {"ScheduleExpression": "cron(0 3 * * ? *)"},
            "SchemaChangePolicy": {"DeleteBehavior": "LOG", "UpdateBehavior": "UPDATE_IN_DATABASE"},
            "TablePrefix": "ref_",
            "Targets": {"S3Targets": [{"Path": "s3://needed-lake/reference/", "Exclusions": ["**.tmp"]}]},
            "Tags": {"team": "data"},
        },
        changed={
            "Name": "subject",
            "Role": "needed-role",
            "DatabaseName": {"Ref": "Database"},
            "RecrawlPolicy": {"RecrawlBehavior": "CRAWL_EVERYTHING"},
            "SchemaChangePolicy": {"DeleteBehavior": "LOG", "UpdateBehavior": "LOG"},
            "Targets": {"S3Targets": [{"Path": "s3://needed-lake/other/"}]},
            "Tags": {"team": "ml"},
        },
        read=lambda cloud, ref: [cloud.client("glue").get_crawler(Name=ref), _tagged(cloud, "crawler", ref)],
        ref="subject",
    ),
    Case(
        type="AWS::Glue::Job",
        needs={"Role": ROLE},
        properties=_job(
            DefaultArguments={"--job-bookmark-option": "job-bookmark-enable", "--LAKE": "needed-lake"},
            Description="first",
            ExecutionClass="FLEX",
            ExecutionProperty={"MaxConcurrentRuns": 3},
            MaxRetries=1,
            Timeout=45,
            Tags={"team": "data"},
        ),
        changed=_job(DefaultArguments={"--LAKE": "other-lake"}, Timeout=46, Tags={"team": "ml"}),
        read=lambda cloud, ref: [cloud.client("glue").get_job(JobName=ref), _tagged(cloud, "job", ref)],
        ref="subject",
    ),
    Case(
        type="AWS::Glue::Trigger",
        needs={"Role": ROLE, "Job": JOB},
        properties={
            "Name": "subject",
            "Type": "SCHEDULED",
            "Schedule": "cron(0 4 * * ? *)",
            "Description": "first",
            "Actions": [{"JobName": {"Ref": "Job"}, "Arguments": {"--day": "today"}}],
            "Tags": {"team": "data"},
        },
        changed={
            "Name": "subject",
            "Type": "SCHEDULED",
            "Schedule": "cron(0 5 * * ? *)",
            "Actions": [{"JobName": {"Ref": "Job"}, "Arguments": {"--day": "yesterday"}}],
            "Tags": {"team": "ml"},
        },
        read=lambda cloud, ref: [cloud.client("glue").get_trigger(Name=ref), _tagged(cloud, "trigger", ref)],
        ref="subject",
    ),
    Case(
        type="AWS::Glue::Workflow",
        properties={
            "Name": "subject",
            "Description": "first",
            "DefaultRunProperties": {"month": "2013-01"},
            "MaxConcurrentRuns": 2,
            "Tags": {"team": "data"},
        },
        changed={
            "Name": "subject",
            "Description": "second",
            "DefaultRunProperties": {"month": "2013-02"},
            "MaxConcurrentRuns": 3,
            "Tags": {"team": "ml"},
        },
        read=lambda cloud, ref: [cloud.client("glue").get_workflow(Name=ref), _tagged(cloud, "workflow", ref)],
        ref="subject",
    ),
    Case(
        type="AWS::Glue::DataQualityRuleset",
        needs={"Database": DATABASE, "Table": {"Type": "AWS::Glue::Table", "Properties": _table([("id", "bigint")])}},
        properties={
            "Name": "ruleset",
            "Description": "first",
            "Ruleset": "Rules = [ RowCount > 0 ]",
            "TargetTable": {"DatabaseName": {"Ref": "Database"}, "TableName": {"Ref": "Table"}},
            "Tags": {"team": "data"},
        },
        changed={
            "Name": "ruleset",
            "Ruleset": "Rules = [ RowCount > 1 ]",
            "TargetTable": {"DatabaseName": {"Ref": "Database"}, "TableName": {"Ref": "Table"}},
            "Tags": {"team": "ml"},
        },
        read=lambda cloud, ref: [
            cloud.client("glue").get_data_quality_ruleset(Name=ref),
            _tagged(cloud, "dataQualityRuleset", ref),
        ],
        ref="ruleset",
    ),
    Case(
        type="AWS::Glue::SecurityConfiguration",
        properties={
            "Name": "subject",
            "EncryptionConfiguration": {
                "S3Encryptions": [{"S3EncryptionMode": "SSE-KMS", "KmsKeyArn": "arn:aws:kms:us-east-1:1:key/a"}],
                "CloudWatchEncryption": {
                    "CloudWatchEncryptionMode": "SSE-KMS",
                    "KmsKeyArn": "arn:aws:kms:us-east-1:1:key/b",
                },
                "JobBookmarksEncryption": {
                    "JobBookmarksEncryptionMode": "CSE-KMS",
                    "KmsKeyArn": "arn:aws:kms:us-east-1:1:key/c",
                },
            },
        },
        read=lambda cloud, ref: [cloud.client("glue").get_security_configuration(Name=ref)],
        ref="subject",
    ),
    Case(
        type="AWS::Athena::WorkGroup",
        properties={
            "Name": "subject",
            "Description": "first",
            "State": "ENABLED",
            "RecursiveDeleteOption": True,
            "WorkGroupConfiguration": {
                "BytesScannedCutoffPerQuery": 10485761,
                "EnforceWorkGroupConfiguration": True,
                "EngineVersion": {"SelectedEngineVersion": "Athena engine version 3"},
                "PublishCloudWatchMetricsEnabled": True,
                "ResultConfiguration": {
                    "OutputLocation": "s3://needed-lake/results/",
                    "EncryptionConfiguration": {"EncryptionOption": "SSE_KMS", "KmsKey": "arn:aws:kms:any"},
                },
            },
            "Tags": [{"Key": "team", "Value": "data"}],
        },
        changed={
            "Name": "subject",
            "Description": "second",
            "State": "DISABLED",
            "RecursiveDeleteOption": True,
            "WorkGroupConfiguration": {
                "EnforceWorkGroupConfiguration": True,
                "EngineVersion": {"SelectedEngineVersion": "Athena engine version 3"},
                "PublishCloudWatchMetricsEnabled": False,
                "ResultConfiguration": {"OutputLocation": "s3://needed-lake/other/"},
            },
            "Tags": [{"Key": "team", "Value": "ml"}],
        },
        read=lambda cloud, ref: [
            cloud.client("athena").get_work_group(WorkGroup=ref),
            cloud.client("athena").list_tags_for_resource(
                ResourceARN="arn:aws:athena:us-east-1:123456789012:workgroup/subject"
            ),
        ],
        unreadable=("RecursiveDeleteOption",),
        ref="subject",
    ),
    Case(
        type="AWS::Athena::NamedQuery",
        properties={
            "Name": "subject",
            "Database": "needed",
            "Description": "counts",
            "QueryString": "SELECT count(*) FROM events",
            "WorkGroup": "primary",
        },
        read=lambda cloud, ref: [cloud.client("athena").get_named_query(NamedQueryId=ref)],
        ref="????????-*",
        attributes={"NamedQueryId": "????????-*"},
    ),
    Case(
        type="AWS::Kinesis::Stream",
        needs={"Key": KEY},
        properties={
            "Name": "subject",
            "RetentionPeriodHours": 49,
            "ShardCount": 2,
            "StreamEncryption": {"EncryptionType": "KMS", "KeyId": "alias/aws/kinesis"},
            "StreamModeDetails": {"StreamMode": "PROVISIONED"},
            "Tags": [{"Key": "team", "Value": "data"}],
        },
        changed={
            "Name": "subject",
            "RetentionPeriodHours": 25,
            "ShardCount": 4,
            "StreamModeDetails": {"StreamMode": "PROVISIONED"},
            "Tags": [{"Key": "team", "Value": "ml"}],
        },
        read=lambda cloud, ref: [
            {"Name": ref},
            (summary := cloud.client("kinesis").describe_stream_summary(StreamName=ref)["StreamDescriptionSummary"]),
            {"ShardCount": summary["OpenShardCount"]},
            cloud.client("kinesis").list_tags_for_stream(StreamName=ref),
        ],
        ref="subject",
        attributes={"Arn": "arn:aws:kinesis:us-east-1:123456789012:stream/subject"},
    ),
    Case(
        type="AWS::Kinesis::Stream",
        properties={"StreamModeDetails": {"StreamMode": "ON_DEMAND"}},
        changed={"StreamModeDetails": {"StreamMode": "PROVISIONED"}},
        read=lambda cloud, ref: [cloud.client("kinesis").describe_stream_summary(StreamName=ref)],
        ref="stack-Subject-*",
    ),
    Case(
        type="AWS::KinesisFirehose::DeliveryStream",
        needs={"Role": ROLE, "Stream": STREAM},
        properties=_delivery(
            BufferingHints={"IntervalInSeconds": 61, "SizeInMBs": 65},
            CloudWatchLoggingOptions={"Enabled": True, "LogGroupName": "firehose", "LogStreamName": "subject"},
            **_backup("GZIP", 301),
        ),
        changed=_delivery(BufferingHints={"IntervalInSeconds": 91, "SizeInMBs": 128}, **_backup("UNCOMPRESSED", 401)),
        read=lambda cloud, ref: [
            cloud.client("firehose").describe_delivery_stream(DeliveryStreamName=ref),
            cloud.client("firehose").list_tags_for_delivery_stream(DeliveryStreamName=ref),
        ],
        ref="subject",
        attributes={"Arn": "arn:aws:firehose:us-east-1:123456789012:deliverystream/subject"},
    ),
]
