"""Firehose from a Kinesis stream through a transform function to partitioned Parquet in the lake."""

import aws_cdk as cdk
from aws_cdk import aws_glue as glue
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kinesis as kinesis
from aws_cdk import aws_kinesisfirehose as firehose
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from aws_cdk import aws_s3 as s3
from constructs import Construct

from contracts import Table
from settings import Settings
from stacks.parts.glue_security import catalog_arns
from stacks.parts.logs import owned_log_group
from stacks.parts.role import Allow, arn_as_seen_from, scoped_role

_Stream = firehose.CfnDeliveryStream


class ParquetDelivery(Construct):
    """The delivery stream, its role, and its error log.

    L1, because the L2's roles are wider than what Firehose needs
    (https://docs.aws.amazon.com/firehose/latest/dev/controlling-access.html), and tell nobody why.

    Attributes:
        name: of the delivery stream.
    """

    name: str

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        settings: Settings,
        stream: kinesis.IStream,
        transform: lambda_.IFunction,
        contract: Table,
        table: glue.CfnTable,
        lake: s3.IBucket,
        key: kms.IKey,
    ) -> None:
        super().__init__(scope, id_)
        raw = f"{contract.location}/"
        errors = f"errors/{contract.name}/"
        backup = f"backup/{contract.name}/"
        log_group = owned_log_group(self, "Logs", key=key, days=settings.log_retention_days)
        role = self._role(
            stream=stream,
            transform=transform,
            events=(str(table.database_name), contract.name),
            bucket=arn_as_seen_from(self, lake),
            prefixes=(raw, errors, backup),
            key=key,
            log_group=log_group,
        )

        encryption = _Stream.EncryptionConfigurationProperty(
            kms_encryption_config=_Stream.KMSEncryptionConfigProperty(awskms_key_arn=key.key_arn)
        )
        buffering = _Stream.BufferingHintsProperty(
            size_in_m_bs=settings.buffer_mib, interval_in_seconds=settings.buffer_seconds
        )
        partitions = "".join(f"{k.name}=!{{partitionKeyFromLambda:{k.name}}}/" for k in contract.partition_keys)
        delivery = _Stream(
            self,
            "Stream",
            delivery_stream_type="KinesisStreamAsSource",
            kinesis_stream_source_configuration=_Stream.KinesisStreamSourceConfigurationProperty(
                kinesis_stream_arn=stream.stream_arn, role_arn=role.role_arn
            ),
            extended_s3_destination_configuration=_Stream.ExtendedS3DestinationConfigurationProperty(
                bucket_arn=lake.bucket_arn,
                role_arn=role.role_arn,
                # Expressions: https://docs.aws.amazon.com/firehose/latest/dev/s3-prefixes.html
                prefix=f"{raw}{partitions}",
                error_output_prefix=f"{errors}!{{firehose:error-output-type}}/!{{timestamp:yyyy/MM/dd}}/",
                buffering_hints=buffering,
                compression_format="UNCOMPRESSED",  # of the object; Parquet compresses inside
                encryption_configuration=encryption,
                dynamic_partitioning_configuration=_Stream.DynamicPartitioningConfigurationProperty(
                    enabled=True, retry_options=_Stream.RetryOptionsProperty(duration_in_seconds=300)
                ),
                processing_configuration=_processing(settings, transform, role),
                data_format_conversion_configuration=_conversion(cdk.Stack.of(self), table, role),
                cloud_watch_logging_options=self._error_log(log_group, "Delivery"),
                s3_backup_mode="Enabled",
                s3_backup_configuration=_Stream.S3DestinationConfigurationProperty(
                    bucket_arn=lake.bucket_arn,
                    role_arn=role.role_arn,
                    prefix=backup,
                    buffering_hints=buffering,
                    compression_format="GZIP",
                    encryption_configuration=encryption,
                    cloud_watch_logging_options=self._error_log(log_group, "Backup"),
                ),
            ),
        )
        cdk.Validations.of(delivery).acknowledge(
            cdk.Acknowledgment(
                id="AwsSolutions-KDF1",
                reason="Firehose stores nothing of its own: the source stream is encrypted, and so are the objects.",
            )
        )
        self.name = delivery.ref

    def _role(
        self,
        *,
        stream: kinesis.IStream,
        transform: lambda_.IFunction,
        events: tuple[str, str],
        bucket: str,
        prefixes: tuple[str, ...],
        key: kms.IKey,
        log_group: logs.ILogGroup,
    ) -> iam.Role:
        database, table = events
        return scoped_role(
            self,
            "Role",
            "firehose.amazonaws.com",
            "Reads the event stream, calls the transform function, writes to the lake",
            Allow(
                ("kinesis:DescribeStream", "kinesis:GetShardIterator", "kinesis:GetRecords", "kinesis:ListShards"),
                (stream.stream_arn,),
            ),
            Allow(
                ("lambda:InvokeFunction", "lambda:GetFunctionConfiguration"),
                (transform.function_arn, f"{transform.function_arn}:$LATEST"),
            ),
            Allow(
                ("glue:GetTable", "glue:GetTableVersion", "glue:GetTableVersions"),
                catalog_arns(cdk.Stack.of(self), database, table),
            ),
            Allow(
                ("s3:GetBucketLocation", "s3:ListBucket", "s3:ListBucketMultipartUploads"),
                (bucket,),
                unused_because="Firehose asks for them on a bucket that it writes to; locally it only puts.",
            ),
            Allow(
                ("s3:AbortMultipartUpload", "s3:GetObject", "s3:PutObject"),
                tuple(f"{bucket}/{prefix}*" for prefix in prefixes),
                because="Firehose names the objects it delivers; only its own three prefixes are open to it.",
            ),
            Allow(("kms:Decrypt", "kms:GenerateDataKey"), (key.key_arn,)),
            Allow(
                ("logs:PutLogEvents",),
                (log_group.log_group_arn,),
                unused_because="For the errors of a delivery, and none fails.",
            ),
        )

    def _error_log(
        self, log_group: logs.ILogGroup, name: str
    ) -> firehose.CfnDeliveryStream.CloudWatchLoggingOptionsProperty:
        # Firehose does not create the log stream that it writes its errors to.
        log_stream = logs.LogStream(self, name, log_group=log_group, removal_policy=cdk.RemovalPolicy.DESTROY)
        return _Stream.CloudWatchLoggingOptionsProperty(
            enabled=True, log_group_name=log_group.log_group_name, log_stream_name=log_stream.log_stream_name
        )


def _processing(
    settings: Settings, transform: lambda_.IFunction, role: iam.IRole
) -> firehose.CfnDeliveryStream.ProcessingConfigurationProperty:
    parameters = {
        "LambdaArn": transform.function_arn,
        "RoleArn": role.role_arn,
        "NumberOfRetries": str(settings.transform_retries),
        "BufferSizeInMBs": f"{settings.transform_buffer_mib:g}",
        "BufferIntervalInSeconds": str(settings.buffer_seconds),
    }
    return _Stream.ProcessingConfigurationProperty(
        enabled=True,
        processors=[
            _Stream.ProcessorProperty(
                type="Lambda",
                parameters=[
                    _Stream.ProcessorParameterProperty(parameter_name=name, parameter_value=value)
                    for name, value in parameters.items()
                ],
            )
        ],
    )


def _conversion(
    stack: cdk.Stack, table: glue.CfnTable, role: iam.IRole
) -> firehose.CfnDeliveryStream.DataFormatConversionConfigurationProperty:
    """JSON to Parquet by the columns of the catalog table, as they are at the time of delivery.

    https://docs.aws.amazon.com/firehose/latest/dev/record-format-conversion.html
    """
    return _Stream.DataFormatConversionConfigurationProperty(
        enabled=True,
        schema_configuration=_Stream.SchemaConfigurationProperty(
            catalog_id=table.catalog_id,
            database_name=table.database_name,
            table_name=table.ref,
            region=stack.region,
            role_arn=role.role_arn,
            version_id="LATEST",
        ),
        input_format_configuration=_Stream.InputFormatConfigurationProperty(
            deserializer=_Stream.DeserializerProperty(open_x_json_ser_de=_Stream.OpenXJsonSerDeProperty())
        ),
        output_format_configuration=_Stream.OutputFormatConfigurationProperty(
            serializer=_Stream.SerializerProperty(parquet_ser_de=_Stream.ParquetSerDeProperty(compression="SNAPPY"))
        ),
    )
