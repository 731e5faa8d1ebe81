"""Batch transform: https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateTransformJob.html."""

from pathlib import Path
from typing import Any

from moto.sagemaker.exceptions import ValidationError
from moto.sagemaker.models import SageMakerModelBackend

from localcloud.sagemaker.job_run import JobRun
from localcloud.sagemaker.members import TRANSFORM
from localcloud.sagemaker.model import hosted, unpack_model
from localcloud.sagemaker.process import Command
from localcloud.sagemaker.s3_data import ACCOUNT_KEY, download, upload

SCRIPT = Path(__file__).parent / "runtime" / "transform.py"
_MEGABYTE = 1024 * 1024
_PAYLOAD = 6  # MB, the default of MaxPayloadInMB
_PAYLOADS_AT_ONCE = 100  # MB


def check(request: dict[str, Any], of: SageMakerModelBackend) -> None:
    """The model exists and payloads are in bounds; refuse what no local job does.

    MaxPayloadInMB: "if you specify the MaxConcurrentTransforms parameter, the value of (MaxConcurrentTransforms *
    MaxPayloadInMB) also cannot exceed 100 MB".
    """
    of.describe_model(request["ModelName"])
    payload, at_once = request.get("MaxPayloadInMB", _PAYLOAD), request.get("MaxConcurrentTransforms") or 1
    if payload * at_once > _PAYLOADS_AT_ONCE:
        raise ValidationError(
            f"MaxPayloadInMB ({payload}) times MaxConcurrentTransforms ({at_once}) must not exceed "
            f"{_PAYLOADS_AT_ONCE} MB."
        )
    TRANSFORM.check(request)


class TransformRun(JobRun):
    log_group = "/aws/sagemaker/TransformJobs"

    @property
    def role(self) -> str:
        """A transform job has no role of its own: its model's."""
        sagemaker = self.engine.cloud.engine_client("sagemaker", self.region)
        return str(sagemaker.describe_model(ModelName=self.job.request["ModelName"])["ExecutionRoleArn"])

    def prepare(self) -> Command:
        request, container = self.job.request, self.container
        model = hosted(self.engine.cloud.engine_client("sagemaker", self.region), request["ModelName"])
        source = request["TransformInput"]
        data = source["DataSource"]["S3DataSource"]
        download(self.s3, data["S3Uri"], container.folder("/opt/ml/input"), data["S3DataType"])
        spec = {
            "model": unpack_model(self.s3, model, container),
            "input": container.inside("/opt/ml/input"),
            "output": container.inside("/opt/ml/output"),
            "headers": {
                name: value
                for name, value in (
                    ("Content-Type", source.get("ContentType")),
                    ("Accept", request["TransformOutput"].get("Accept")),
                )
                if value
            },
            "split": source.get("SplitType") == "Line",
            "many": request.get("BatchStrategy", "MultiRecord") == "MultiRecord",
            # 0: payloads of any size, in chunks
            "limit": request.get("MaxPayloadInMB", _PAYLOAD) * _MEGABYTE or None,
            "assemble": request["TransformOutput"].get("AssembleWith") == "Line",
        }
        container.folder("/opt/ml/output")
        container.write_json("/opt/ml/transform.json", spec)
        given = {**model.variables(container), "SAGEMAKER_BATCH": "true", **(request.get("Environment") or {})}
        return Command(
            ("python3", str(SCRIPT), container.inside("/opt/ml/transform.json")),
            container.inside("/opt/ml/model"),
            container,
            {name: container.translate(value) for name, value in given.items()},
        )

    def finish(self) -> None:
        target = self.job.request["TransformOutput"]
        files = self.container.files(self.container.path("/opt/ml/output"))
        upload(self.s3, files, target["S3OutputPath"], target.get("KmsKeyId") or ACCOUNT_KEY)

    def failure(self, code: int, error: str, command: Command) -> str:
        """SageMaker itself says only "ClientError: See job logs for more information"; the error is more use."""
        return f"ClientError: {error or 'See job logs for more information'}"
