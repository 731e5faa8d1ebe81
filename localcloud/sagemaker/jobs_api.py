"""Create, describe, list and stop jobs of every kind."""

import threading
from collections.abc import Callable
from typing import Any

from moto.core.responses import ActionResult, EmptyResult
from moto.sagemaker.exceptions import ResourceInUseException, ValidationError
from moto.sagemaker.models import SageMakerModelBackend
from moto.sagemaker.responses import SageMakerResponse

from localcloud.glue.state import page
from localcloud.patching import add, replace
from localcloud.sagemaker import experiment, processing, sources, training, transform, tuning
from localcloud.sagemaker.engine import sagemaker_engine
from localcloud.sagemaker.job import FINAL, PROCESSING, TRAINING, TRANSFORM, TUNING, Job, Kind, jobs
from localcloud.sagemaker.job_run import announce, conclude
from localcloud.sagemaker.listing import select
from localcloud.sagemaker.tuning import TuningRun

Run = Callable[[Job, threading.Event], None]
_SUMMARY = {
    PROCESSING: ("FailureReason", "ExitMessage"),
    TRAINING: ("SecondaryStatus",),
    TRANSFORM: ("FailureReason",),
    TUNING: ("TrainingJobStatusCounters", "ObjectiveStatusCounters"),
}
_AT_FIRST = {TUNING: tuning.counters([])}


def begin(of: SageMakerModelBackend, kind: Kind, request: dict[str, Any]) -> Job:
    """A job that is there from now on, by its name."""
    job = Job(kind, request, of, more=dict(_AT_FIRST.get(kind, {})))
    with sagemaker_engine().lock:
        if job.name in jobs(of, kind):
            raise ResourceInUseException(
                "Job name must be unique within an AWS account and region, and a job with this name already exists "
                f"({job.arn})"
            )
        jobs(of, kind)[job.name] = job
    return job


def create(response: Any, kind: Kind, run: Run) -> ActionResult:
    """Begin a job; the answer comes at once, the work is in a thread."""
    job = begin(response.sagemaker_backend, kind, dict(response.params))
    sagemaker_engine().background(f"{kind.noun}-{job.name}", lambda ended: _run(job, run, ended))
    return ActionResult({f"{kind.member}Arn": job.arn})


def _run(job: Job, run: Run, ended: threading.Event) -> None:
    """A job has an end, also when its work could not begin."""
    try:
        announce(job)
        run(job, ended)
    except BaseException as error:
        if job.status not in FINAL and not ended.is_set():
            job.close(f"InternalServerError: {type(error).__name__}: {error}")
            conclude(job, "Failed")
        raise


def find(response: Any, kind: Kind) -> Job:
    """The job that a request names."""
    name = response.params[f"{kind.member}Name"]
    try:
        return jobs(response.sagemaker_backend, kind)[name]
    except KeyError:
        raise ValidationError(f"Requested resource not found: {kind.noun} {name}.") from None


def list_jobs(response: Any, kind: Kind) -> ActionResult:
    """Summaries, newest first, by the filters of the List operations."""
    found = [_summary(job) for job in jobs(response.sagemaker_backend, kind).values()]
    equal = ("WarmPoolStatusEquals", "TrainingPlanArnEquals")  # no job has either here
    return ActionResult(select(response.params, found, f"{kind.member}Summaries", kind.member, equal=equal))


def _summary(job: Job) -> dict[str, Any]:
    stem = job.kind.member
    members = ("CreationTime", "LastModifiedTime", job.kind.ended, *_SUMMARY[job.kind])
    names = (f"{stem}Name", f"{stem}Arn", f"{stem}Status", *members)
    told = job.describe()
    if job.kind is TUNING:
        config = told["HyperParameterTuningJobConfig"]
        told = {**told, "Strategy": config["Strategy"], "ResourceLimits": config["ResourceLimits"]}
        names = (*names, "Strategy", "ResourceLimits")
    return {name: told[name] for name in names if name in told}


def stop(response: Any, kind: Kind) -> EmptyResult:
    """Ask a job to end; a job that is over is no error for the caller who came late."""
    job = find(response, kind)
    if job.status in FINAL:
        raise ValidationError(f"The request was rejected because the {kind.noun} is in status {job.status}.")
    job.stop()
    announce(job)
    return EmptyResult()


@replace(SageMakerResponse, "create_processing_job", "(self)")
def create_processing_job(self: Any) -> ActionResult:
    processing.check(self.params)
    experiment.check(self.params, self.sagemaker_backend)
    return create(self, PROCESSING, lambda job, ended: processing.ProcessingRun(sagemaker_engine(), job, ended).run())


@replace(SageMakerResponse, "describe_processing_job", "(self)")
def describe_processing_job(self: Any) -> ActionResult:
    return ActionResult(find(self, PROCESSING).describe())


@replace(SageMakerResponse, "list_processing_jobs", "(self)")
def list_processing_jobs(self: Any) -> ActionResult:
    return list_jobs(self, PROCESSING)


@replace(SageMakerResponse, "stop_processing_job", "(self)")
def stop_processing_job(self: Any) -> EmptyResult:
    return stop(self, PROCESSING)


@replace(SageMakerResponse, "create_training_job", "(self)")
def create_training_job(self: Any) -> ActionResult:
    training.check(self.params, self.params.get("HyperParameters") or {})
    experiment.check(self.params, self.sagemaker_backend)
    for channel in self.params.get("InputDataConfig") or ():
        sources.check(channel["DataSource"]["S3DataSource"], self.region, self.params["RoleArn"])
    return create(self, TRAINING, lambda job, ended: training.TrainingRun(sagemaker_engine(), job, ended).run())


@replace(SageMakerResponse, "describe_training_job", "(self)")
def describe_training_job(self: Any) -> ActionResult:
    return ActionResult(find(self, TRAINING).describe())


@replace(SageMakerResponse, "list_training_jobs", "(self)")
def list_training_jobs(self: Any) -> ActionResult:
    return list_jobs(self, TRAINING)


@add(SageMakerResponse, "stop_training_job")
def stop_training_job(self: Any) -> EmptyResult:
    return stop(self, TRAINING)


@replace(SageMakerResponse, "create_transform_job", "(self)")
def create_transform_job(self: Any) -> ActionResult:
    transform.check(self.params, self.sagemaker_backend)
    experiment.check(self.params, self.sagemaker_backend)
    role = self.sagemaker_backend.describe_model(self.params["ModelName"]).execution_role_arn
    sources.check(self.params["TransformInput"]["DataSource"]["S3DataSource"], self.region, role)
    return create(self, TRANSFORM, lambda job, ended: transform.TransformRun(sagemaker_engine(), job, ended).run())


@replace(SageMakerResponse, "describe_transform_job", "(self)")
def describe_transform_job(self: Any) -> ActionResult:
    return ActionResult(find(self, TRANSFORM).describe())


@replace(SageMakerResponse, "list_transform_jobs", "(self)")
def list_transform_jobs(self: Any) -> ActionResult:
    return list_jobs(self, TRANSFORM)


@add(SageMakerResponse, "stop_transform_job")
def stop_transform_job(self: Any) -> EmptyResult:
    return stop(self, TRANSFORM)


@replace(SageMakerResponse, "create_hyper_parameter_tuning_job", "(self)")
def create_hyper_parameter_tuning_job(self: Any) -> ActionResult:
    tuning.check(self.params)
    return create(self, TUNING, lambda job, ended: TuningRun(sagemaker_engine(), job, ended).run())


@replace(SageMakerResponse, "describe_hyper_parameter_tuning_job", "(self)")
def describe_hyper_parameter_tuning_job(self: Any) -> ActionResult:
    return ActionResult(find(self, TUNING).describe())


@replace(SageMakerResponse, "list_hyper_parameter_tuning_jobs", "(self)")
def list_hyper_parameter_tuning_jobs(self: Any) -> ActionResult:
    return list_jobs(self, TUNING)


@add(SageMakerResponse, "stop_hyper_parameter_tuning_job")
def stop_hyper_parameter_tuning_job(self: Any) -> EmptyResult:
    return stop(self, TUNING)


@replace(SageMakerResponse, "delete_hyper_parameter_tuning_job", "(self)")
def delete_hyper_parameter_tuning_job(self: Any) -> EmptyResult:
    job = find(self, TUNING)
    if job.status not in FINAL:
        raise ValidationError(f"The tuning job {job.name} is in status {job.status}: stop it first.")
    del jobs(self.sagemaker_backend, TUNING)[job.name]
    return EmptyResult()


@add(SageMakerResponse, "list_training_jobs_for_hyper_parameter_tuning_job")
def list_training_jobs_for_hyper_parameter_tuning_job(self: Any) -> ActionResult:
    """Best or newest first: SortBy FinalObjectiveMetricValue, or CreationTime."""
    job = find(self, TUNING)
    given = self.params
    found = [item for item in tuning.summaries(job) if given.get("StatusEquals") in (None, item["TrainingJobStatus"])]
    if given.get("SortBy") == "FinalObjectiveMetricValue":
        member = "FinalHyperParameterTuningJobObjectiveMetric"
        found = sorted((item for item in found if member in item), key=lambda item: item[member]["Value"])
    if given.get("SortOrder") != "Ascending":
        found = found[::-1]
    return ActionResult(page(given, "TrainingJobSummaries", found))
