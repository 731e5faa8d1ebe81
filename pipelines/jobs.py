"""Processing jobs as steps of a pipeline: a script of ours in AWS's image, its inputs and outputs by convention."""

from typing import Any

from sagemaker.core.processing import Processor
from sagemaker.core.shapes import ProcessingInput, ProcessingOutput, ProcessingS3Input, ProcessingS3Output
from sagemaker.mlops.workflow.steps import ProcessingStep

from pipelines.definition import Sentinel
from pipelines.offline import OfflineSession

INPUT = "/opt/ml/processing/input"
OUTPUT = "/opt/ml/processing/output"
MAX_RUNTIME_SECONDS = 3600


def processor(session: OfflineSession, script: str, *, image: Sentinel, instance_type: Any, **more: Any) -> Processor:
    """Runs ``processing.sagemaker.<script>`` from the library that is its input ``code``.

    What it leaves, and its volume, are encrypted with our key. Without one SageMaker takes the account's key for S3,
    whatever the bucket's is (https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_OutputDataConfig.html).

    Args:
        more: further arguments of the SDK's Processor.
    """
    return Processor(
        role=Sentinel.ROLE.value,
        image_uri=image.value,
        entrypoint=["python3", "-m", f"processing.sagemaker.{script}"],
        env={"PYTHONPATH": f"{INPUT}/code/{Sentinel.CODE_KEY}"},
        instance_type=instance_type,
        instance_count=1,
        volume_kms_key=Sentinel.KEY.value,
        output_kms_key=Sentinel.KEY.value,
        max_runtime_in_seconds=MAX_RUNTIME_SECONDS,
        base_job_name=script,
        sagemaker_session=session,
        **more,
    )


def code() -> ProcessingInput:
    """The library that every script is part of."""
    return s3_input("code", f"s3://{Sentinel.CODE_BUCKET}/{Sentinel.CODE_KEY}")


def s3_input(name: str, uri: Any, *, manifest: bool = False) -> ProcessingInput:
    """What is at ``uri``, or what the manifest there lists, as the folder ``name``."""
    return ProcessingInput(
        input_name=name,
        s3_input=ProcessingS3Input(
            s3_uri=uri,
            local_path=f"{INPUT}/{name}",
            s3_data_type="ManifestFile" if manifest else "S3Prefix",
            s3_input_mode="File",
        ),
    )


def s3_output(name: str, uri: Any) -> ProcessingOutput:
    """The folder ``name``, which goes to ``uri`` when the job has ended."""
    return ProcessingOutput(
        output_name=name,
        s3_output=ProcessingS3Output(s3_uri=uri, local_path=f"{OUTPUT}/{name}", s3_upload_mode="EndOfJob"),
    )


def uri_of(step: ProcessingStep, output: str) -> Any:
    """Where ``step`` leaves its output."""
    return step.properties.ProcessingOutputConfig.Outputs[output].S3Output.S3Uri
