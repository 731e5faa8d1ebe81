"""Search: https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_Search.html.

A record is what the Describe operation of its kind tells, with its tags.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, NamedTuple

from botocore.exceptions import ClientError
from moto.core.responses import ActionResult
from moto.core.utils import get_service_model
from moto.sagemaker.models import SageMakerModelBackend
from moto.sagemaker.responses import SageMakerResponse

from localcloud.cloud import current
from localcloud.paging import page
from localcloud.patching import replace
from localcloud.sagemaker.search_filters import Record, matches, value_of
from localcloud.unsupported import NotImplementedLocallyError

_LONG_AGO = datetime.min.replace(tzinfo=UTC)


class _Source(NamedTuple):
    """Where the records of a resource come from.

    Attributes:
        collection: attribute of moto's backend, by what the Describe operation wants; executions are in pipelines.
        describe: the operation's method of boto3.
        member: of its request.
        record: member of SearchRecord.
    """

    collection: str
    describe: str
    member: str
    record: str


class _Found(NamedTuple):
    """One resource: as Search tells it, and with tags and metrics by their names, as filters have them."""

    told: Record
    searched: Record


_SOURCES = {
    "TrainingJob": _Source("training_jobs", "describe_training_job", "TrainingJobName", "TrainingJob"),
    "HyperParameterTuningJob": _Source(
        *("hyper_parameter_tuning_jobs", "describe_hyper_parameter_tuning_job", "HyperParameterTuningJobName"),
        "HyperParameterTuningJob",
    ),
    "Experiment": _Source("experiments", "describe_experiment", "ExperimentName", "Experiment"),
    "ExperimentTrial": _Source("trials", "describe_trial", "TrialName", "Trial"),
    "ExperimentTrialComponent": _Source(
        *("trial_components", "describe_trial_component", "TrialComponentName", "TrialComponent")
    ),
    "Endpoint": _Source("endpoints", "describe_endpoint", "EndpointName", "Endpoint"),
    "Model": _Source("_models", "describe_model", "ModelName", "Model"),
    "ModelPackage": _Source("model_packages", "describe_model_package", "ModelPackageName", "ModelPackage"),
    "ModelPackageGroup": _Source(
        *("model_package_groups", "describe_model_package_group", "ModelPackageGroupName", "ModelPackageGroup")
    ),
    "Pipeline": _Source("pipelines", "describe_pipeline", "PipelineName", "Pipeline"),
    "PipelineExecution": _Source(
        *("pipelines", "describe_pipeline_execution", "PipelineExecutionArn", "PipelineExecution")
    ),
    "ModelCard": _Source("model_cards", "describe_model_card", "ModelCardName", "ModelCard"),
}


@replace(SageMakerResponse, "search", "(self)")
def search(self: Any) -> ActionResult:
    given = self.params
    source = _SOURCES.get(given["Resource"])
    if source is None:
        raise NotImplementedLocallyError("sagemaker", f"Search of the resource {given['Resource']}")
    if given.get("VisibilityConditions") or given.get("CrossAccountFilterOption") == "CrossAccount":
        raise NotImplementedLocallyError("sagemaker", "Search of what other accounts share")
    shape = get_service_model("sagemaker").shape_for("SearchRecord").members[source.record]
    expression, by = given.get("SearchExpression") or {}, given.get("SortBy") or "LastModifiedTime"
    if given.get("SortBy"):
        value_of({}, by, shape)  # "Unknown property name", also when there is nothing to sort
    matches({}, expression, shape)
    found = [each for each in _all(self, source) if matches(each.searched, expression, shape)]
    found.sort(key=lambda each: _order(each.searched, by, shape), reverse=given.get("SortOrder") != "Ascending")
    return ActionResult(page(given, "Results", [{source.record: each.told} for each in found]))


def _order(record: Record, by: str, shape: Any) -> tuple[bool, Any]:
    """Records without the property come below all others; not all kinds have a LastModifiedTime."""
    if by == "LastModifiedTime":
        inner = record.get("Model", record)
        return True, inner.get("LastModifiedTime") or inner.get("CreationTime") or _LONG_AGO
    value = value_of(record, by, shape)
    return value is not None, value


def _all(response: Any, source: _Source) -> Iterator[_Found]:
    client = current().engine_client("sagemaker", response.region)
    of = response.sagemaker_backend
    for name in _names(of, source):
        try:
            record = getattr(client, source.describe)(**{source.member: name})
            tags = [] if source.record == "PipelineExecution" else _tags(client, record[f"{source.record}Arn"])
            parents = _parents(client, name) if source.record == "TrialComponent" else {}
        except ClientError:
            if name in _names(of, source):
                raise
            continue  # it was deleted just now
        del record["ResponseMetadata"]
        told = {**record, **parents, **({"Tags": tags} if tags else {})}
        named = {"Tags": {tag["Key"]: tag["Value"] for tag in tags}, "Metrics": _metrics(record)}
        if source.record == "Model":  # a row of the model dashboard
            told = {"Model": told}
        yield _Found(told, {**told, **named})


def _names(of: SageMakerModelBackend, source: _Source) -> list[str]:
    held = dict(getattr(of, source.collection))
    if source.record == "PipelineExecution":
        return [arn for pipeline in held.values() for arn in list(pipeline.executions)]
    return list(held)


def _tags(client: Any, arn: str) -> list[dict[str, str]]:
    pages = client.get_paginator("list_tags").paginate(ResourceArn=arn)
    return [tag for page in pages for tag in page["Tags"]]


def _parents(client: Any, component: str) -> Record:
    trials = client.list_trials(TrialComponentName=component)["TrialSummaries"]
    found = [client.describe_trial(TrialName=trial["TrialName"]) for trial in trials]
    return {"Parents": [{name: trial[name] for name in ("TrialName", "ExperimentName")} for trial in found]}


def _metrics(record: Record) -> Record:
    """``Metrics.NAME`` of training jobs, ``Metrics.NAME.Max`` of trial components."""
    last = {item["MetricName"]: item["Value"] for item in record.get("FinalMetricDataList", ())}
    return last | {item["MetricName"]: item for item in record.get("Metrics", ())}
