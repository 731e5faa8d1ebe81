"""The trial component that SageMaker makes of a job with an ExperimentConfig.

https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_ExperimentConfig.html and
https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_DescribeTrialComponent.html.
"""

from typing import Any

from moto.sagemaker.exceptions import ResourceNotFound
from moto.sagemaker.models import SageMakerModelBackend

from localcloud.sagemaker.job import Job

_TEXT = 2500  # characters of a parameter's StringValue


def check(request: dict[str, Any], of: SageMakerModelBackend) -> None:
    """Raises ResourceNotFound: experiment and trial have to be there."""
    config = request.get("ExperimentConfig") or {}
    for kind, name, known in (
        ("Experiment", config.get("ExperimentName"), of.experiments),
        ("Trial", config.get("TrialName"), of.trials),
    ):
        if name and name not in known:
            raise ResourceNotFound(message=f"{kind} '{name}' does not exist.")


def track(job: Job) -> None:
    """Make the trial component of ``job``, or bring it up to date; nothing for a job without an ExperimentConfig."""
    config = job.request.get("ExperimentConfig")
    if not config:
        return
    of, name = job.backend, f"{job.name}-aws-{job.kind.noun}"
    if name not in of.trial_components:
        trial = config.get("TrialName") or _new_trial(of, job, config.get("ExperimentName"))
        of.create_trial_component(
            trial_component_name=name,
            trial_name=None,
            status={},
            start_time=None,
            end_time=None,
            display_name=config.get("TrialComponentDisplayName"),
            parameters=_parameters(job.request),
            input_artifacts=_inputs(job.request),
            output_artifacts=None,
            metadata_properties=None,
        )
        of.trial_components[name].source = {"SourceArn": job.arn, "SourceType": f"SageMaker{job.kind.member}"}
        if trial:
            of.associate_trial_component(trial, name)
    component = of.trial_components[name]
    secondary = job.more.get("SecondaryStatus", job.status)
    reason = job.failure or ""
    component.status = {
        "PrimaryStatus": job.status,
        "Message": f"Status: {job.status}, secondary status: {secondary}, failure reason: {reason}."[:1024],
    }
    component.start_time, component.end_time = job.started, job.ended
    component.last_modified_time = job.modified
    component.output_artifacts = _outputs(job)


def _new_trial(of: SageMakerModelBackend, job: Job, experiment: str | None) -> str | None:
    """ "If not specified, a new trial is created"; its name is ours."""
    if experiment is None:
        return None
    of.create_trial(job.name, experiment)
    return job.name


def _parameters(request: dict[str, Any]) -> dict[str, dict[str, Any]]:
    resources = request.get("ResourceConfig") or request.get("ProcessingResources", {}).get("ClusterConfig") or {}
    given = {**(request.get("HyperParameters") or {}), **(request.get("Environment") or {})}
    found: dict[str, dict[str, Any]] = {name: {"StringValue": value[:_TEXT]} for name, value in given.items()}
    if "InstanceType" in resources:
        found["SageMaker.InstanceType"] = {"StringValue": resources["InstanceType"]}
    for name in ("InstanceCount", "VolumeSizeInGB"):
        if name in resources:
            found[f"SageMaker.{name}"] = {"NumberValue": float(resources[name])}
    return found


def _inputs(request: dict[str, Any]) -> dict[str, dict[str, str]]:
    image = (request.get("AlgorithmSpecification") or {}).get("TrainingImage") or (
        request.get("AppSpecification") or {}
    ).get("ImageUri")
    found = {"SageMaker.ImageUri": {"Value": image}} if image else {}
    for channel in request.get("InputDataConfig") or ():
        found[channel["ChannelName"]] = {"Value": channel["DataSource"]["S3DataSource"]["S3Uri"]}
    for source in request.get("ProcessingInputs") or ():
        found[source["InputName"]] = {"Value": source["S3Input"]["S3Uri"]}
    return found


def _outputs(job: Job) -> dict[str, dict[str, str]]:
    model = job.more.get("ModelArtifacts", {}).get("S3ModelArtifacts")
    found = {"SageMaker.ModelArtifact": {"Value": model}} if model else {}
    for target in job.request.get("ProcessingOutputConfig", {}).get("Outputs", ()):
        found[target["OutputName"]] = {"Value": target["S3Output"]["S3Uri"]}
    return found
