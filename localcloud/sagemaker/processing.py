"""Processing jobs: https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateProcessingJob.html."""

from typing import Any

from localcloud.sagemaker.job_run import JobRun
from localcloud.sagemaker.process import Command
from localcloud.sagemaker.s3_data import download, upload
from localcloud.unsupported import NotImplementedLocallyError


def check(request: dict[str, Any]) -> None:
    """Refuse what no local job does."""

    def refuse(what: str) -> NotImplementedLocallyError:
        return NotImplementedLocallyError("sagemaker", f"CreateProcessingJob with {what}")

    if request["ProcessingResources"]["ClusterConfig"]["InstanceCount"] > 1:
        raise refuse("more than one instance")
    if not request["AppSpecification"].get("ContainerEntrypoint"):
        raise refuse(f"the entry point of the image {request['AppSpecification']['ImageUri']}")
    for source in request.get("ProcessingInputs") or ():
        s3 = source.get("S3Input")
        if s3 is None:
            raise refuse(f"the input {source['InputName']}, which is not from S3")
        if s3.get("S3CompressionType") == "Gzip":
            raise refuse(f"the compressed input {source['InputName']}")
        if s3.get("S3InputMode") == "Pipe":
            raise refuse(f"input mode Pipe ({source['InputName']})")
    for target in request.get("ProcessingOutputConfig", {}).get("Outputs", ()):
        if "S3Output" not in target or target.get("AppManaged"):
            raise refuse(f"the output {target['OutputName']}, which does not go from a folder to S3")
        if target["S3Output"].get("S3UploadMode") == "Continuous":
            raise refuse(f"upload mode Continuous ({target['OutputName']})")


class ProcessingRun(JobRun):
    log_group = "/aws/sagemaker/ProcessingJobs"
    own_variables: dict[str, str] = {}  # noqa: RUF012 - never changed

    def prepare(self) -> Command:
        request, container = self.job.request, self.container
        container.folder("/opt/ml/processing")
        for source in request.get("ProcessingInputs") or ():
            s3 = source["S3Input"]
            download(self.s3, s3["S3Uri"], container.path(s3["LocalPath"]), s3["S3DataType"])
        for target in self._outputs():
            container.folder(target["S3Output"]["LocalPath"])
        # https://docs.aws.amazon.com/sagemaker/latest/dg/build-your-own-processing-container.html
        container.write_json("/opt/ml/config/processingjobconfig.json", request)
        container.write_json("/opt/ml/config/resourceconfig.json", {"current_host": "algo-1", "hosts": ["algo-1"]})
        container.folder("/opt/ml/output")
        given = {**(request.get("Environment") or {}), **self.own_variables}
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

    def words(self) -> list[str]:
        """What the container runs."""
        app = self.job.request["AppSpecification"]
        return [*app["ContainerEntrypoint"], *(app.get("ContainerArguments") or ())]

    def _outputs(self) -> list[dict[str, Any]]:
        return list(self.job.request.get("ProcessingOutputConfig", {}).get("Outputs", ()))

    def finish(self) -> None:
        self._tell()
        key = self.job.request.get("ProcessingOutputConfig", {}).get("KmsKeyId")
        for target in self._outputs():
            s3 = target["S3Output"]
            upload(self.s3, self.container.path(s3["LocalPath"]), s3["S3Uri"], key)

    def failure(self, code: int, error: str, command: Command) -> str:
        """SageMaker itself says only "AlgorithmError: See job logs for more information"; the error is more use."""
        self._tell()
        return f"AlgorithmError: {error or 'See job logs for more information'}, exit code: {code}"

    def stopped(self) -> None:
        self._tell()

    def _tell(self) -> None:
        self.job.more["ExitMessage"] = self.container.message("/opt/ml/output/message")
