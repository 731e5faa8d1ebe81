"""A SageMaker session that needs no account: definitions are built where there is neither network nor credentials."""

import boto3
from sagemaker.core.workflow.pipeline_context import PipelineSession

from pipelines.definition import Sentinel


class OfflineSession(PipelineSession):  # type: ignore[misc]
    """A session that asks no service: the bucket is only a name, and nothing may be uploaded."""

    def __init__(self) -> None:
        super().__init__(
            boto_session=boto3.Session(
                region_name=Sentinel.REGION.value,
                aws_access_key_id="none",
                aws_secret_access_key="none",  # noqa: S106 - nothing is called
            ),
            default_bucket=Sentinel.BUCKET.value,
            sagemaker_config={
                "SchemaVersion": "1.0",
                "SageMaker": {"PythonSDK": {"Modules": {"TelemetryOptOut": True}}},  # telemetry is an HTTP call
            },
        )

    def default_bucket(self) -> str:
        return Sentinel.BUCKET.value

    def upload_data(self, *_: object, **__: object) -> None:
        raise RuntimeError("a definition uploads nothing: code is given by its S3 URI")

    upload_string_as_file_body = upload_data
