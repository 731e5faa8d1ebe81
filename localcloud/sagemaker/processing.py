"""Processing jobs: https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateProcessingJob.html."""

from typing import Any

from moto.sagemaker.exceptions import ValidationError

from localcloud.sagemaker.container import HOST, ROOT
from localcloud.sagemaker.folder_sync import FolderSync
from localcloud.sagemaker.job_run import JobRun
from localcloud.sagemaker.members import PROCESSING
from localcloud.sagemaker.process import Command
from localcloud.sagemaker.s3_data import download, upload
from localcloud.unsupported import NotImplementedLocallyError


def check(request: dict[str, Any]) -> None:
    """Refuse what SageMaker refuses and what no local job does."""
    PROCESSING.check(request)
    if not request["AppSpecification"].get("ContainerEntrypoint"):
        image = request["AppSpecification"]["ImageUri"]
        raise NotImplementedLocallyError(
            "sagemaker", f"CreateProcessingJob with the entry point of the image {image}"
        )
    for source in request.get("ProcessingInputs") or ():
        place = source.get("S3Input", {}).get("LocalPath", "")
        # botocore's documentation of ProcessingS3Input: "must begin with /opt/ml/processing/"
        if not place.startswith(f"{ROOT}/processing/"):
            raise ValidationError(
                f"The LocalPath of the input {source['InputName']} must begin with {ROOT}/processing/: {place!r}"
            )


class ProcessingRun(JobRun):
    log_group = "/aws/sagemaker/ProcessingJobs"

    def prepare(self) -> Command:
        request, container = self.job.request, self.container
        container.folder("/opt/ml/processing")
        for source in request.get("ProcessingInputs") or ():
            s3 = source["S3Input"]
            download(self.s3, s3["S3Uri"], container.path(s3["LocalPath"]), s3["S3DataType"])
        for target in self._outputs():
            container.folder(target["S3Output"]["LocalPath"])
        # https://docs.aws.amazon.com/sagemaker/latest/dg/build-your-own-processing-container.html
        told = {"ProcessingJobArn": self.job.arn, **request}
        container.write_json("/opt/ml/config/processingjobconfig.json", told)
        container.write_json("/opt/ml/config/resourceconfig.json", {"current_host": HOST, "hosts": [HOST]})
        container.folder("/opt/ml/output")
        given = {**(request.get("Environment") or {}), **self.own_variables()}
        return Command(
            tuple(container.translate(word) for word in self.words()),
            container.inside("/opt/ml/processing"),
            container,
            {
                "PROCESSING_ROOT": container.inside("/opt/ml/processing"),
                "PROCESSING_JOB_ARN": self.job.arn,
                **{name: container.translate(value) for name, value in given.items()},
            },
        )

    def live(self) -> list[FolderSync]:
        return [
            self.sync(target["S3Output"]["LocalPath"], target["S3Output"]["S3Uri"], self._key)
            for target in self._outputs()
            if target["S3Output"].get("S3UploadMode") == "Continuous"
        ]

    def words(self) -> list[str]:
        """What the container runs."""
        app = self.job.request["AppSpecification"]
        return [*app["ContainerEntrypoint"], *(app.get("ContainerArguments") or ())]

    def own_variables(self) -> dict[str, str]:
        """What the container has beside the variables of the request."""
        return {}

    def _outputs(self) -> list[dict[str, Any]]:
        return list(self.job.request.get("ProcessingOutputConfig", {}).get("Outputs", ()))

    @property
    def _key(self) -> str | None:
        return self.job.request.get("ProcessingOutputConfig", {}).get("KmsKeyId") or None

    def finish(self) -> None:
        self._tell()
        key = self._key
        for target in self._outputs():
            s3 = target["S3Output"]
            if s3.get("S3UploadMode") == "Continuous":
                continue  # it is there
            upload(self.s3, self.container.files(self.container.path(s3["LocalPath"])), s3["S3Uri"], key)

    def failure(self, code: int, error: str, command: Command) -> str:
        """SageMaker itself says only "AlgorithmError: See job logs for more information"; the error is more use."""
        self._tell()
        return f"AlgorithmError: {error or 'See job logs for more information'}, exit code: {code}"

    def stopped(self) -> None:
        self._tell()

    def _tell(self) -> None:
        self.job.more["ExitMessage"] = self.container.message("/opt/ml/output/message")
