"""The filters, the order and the pages of List operations for which moto has none of them, or not all.

https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_ListModels.html, API_ListExperiments.html,
API_ListTrials.html, API_ListTrialComponents.html, API_ListPipelines.html and API_ListModelPackages.html: newest first,
versions oldest first.
"""

from typing import Any

from moto.core.responses import ActionResult
from moto.sagemaker.responses import SageMakerResponse

from localcloud.patching import replace
from localcloud.sagemaker.listing import select
from localcloud.unsupported import NotImplementedLocallyError

_PAGING = ("MaxResults", "NextToken", "SortBy", "SortOrder")


def _all(response: Any, patched: Any, member: str) -> list[dict[str, Any]]:
    """Every summary that moto tells, by what it filters itself, in the order of creation."""
    given, found, token = response.params, [], None
    asked = {name: value for name, value in given.items() if name not in _PAGING}
    try:
        while True:
            response.params = {**asked, **({"NextToken": token} if token else {})}
            told = patched.original(response).result
            found += told[member]
            token = told.get("NextToken")
            if not token:
                return found
    finally:
        response.params = given


def _selected(response: Any, found: list[dict[str, Any]], member: str, stem: str) -> ActionResult:
    given = dict(response.params)
    for end in ("After", "Before"):
        if f"Created{end}" in given:
            given[f"CreationTime{end}"] = given[f"Created{end}"]
    return ActionResult(select(given, found, member, stem))


@replace(SageMakerResponse, "list_models", "(self)")
def list_models(self: Any) -> ActionResult:
    return _selected(self, _all(self, list_models, "Models"), "Models", "Model")


@replace(SageMakerResponse, "list_endpoint_configs", "(self)")
def list_endpoint_configs(self: Any) -> ActionResult:
    found = _all(self, list_endpoint_configs, "EndpointConfigs")
    return _selected(self, found, "EndpointConfigs", "EndpointConfig")


@replace(SageMakerResponse, "list_experiments", "(self)")
def list_experiments(self: Any) -> ActionResult:
    member = "ExperimentSummaries"
    return _selected(self, _all(self, list_experiments, member), member, "Experiment")


@replace(SageMakerResponse, "list_trials", "(self)")
def list_trials(self: Any) -> ActionResult:
    return _selected(self, _all(self, list_trials, "TrialSummaries"), "TrialSummaries", "Trial")


@replace(SageMakerResponse, "list_trial_components", "(self)")
def list_trial_components(self: Any) -> ActionResult:
    given, of, member = self.params, self.sagemaker_backend, "TrialComponentSummaries"
    found = _all(self, list_trial_components, member)
    if "SourceArn" in given:
        made = {name for name, item in of.trial_components.items() if _source(item) == given["SourceArn"]}
        found = [item for item in found if item["TrialComponentName"] in made]
    if "ExperimentName" in given:
        trials = [trial for trial in of.trials.values() if trial.experiment_name == given["ExperimentName"]]
        within = {name for trial in trials for name in trial.trial_components}
        found = [item for item in found if item["TrialComponentName"] in within]
    return _selected(self, found, member, "TrialComponent")


def _source(component: Any) -> Any:
    return (getattr(component, "source", None) or {}).get("SourceArn")


@replace(SageMakerResponse, "list_pipelines", "(self)")
def list_pipelines(self: Any) -> ActionResult:
    found = _all(self, list_pipelines, "PipelineSummaries")
    if self.params.get("ManagedBy") == "AWS":
        found = []
    return _selected(self, found, "PipelineSummaries", "Pipeline")


@replace(SageMakerResponse, "list_model_packages", "(self)")
def list_model_packages(self: Any) -> ActionResult:
    """Without a group and a type: packages that are no versions."""
    given, member = self.params, "ModelPackageSummaryList"
    found = _all(self, list_model_packages, member)
    kind = given.get("ModelPackageType") or ("Both" if given.get("ModelPackageGroupName") else "Unversioned")
    if kind != "Both":
        found = [item for item in found if bool(item.get("ModelPackageVersion")) == (kind == "Versioned")]
    self.params = {**given, "SortOrder": given.get("SortOrder") or "Ascending"}
    return _selected(self, found, member, "ModelPackage")


@replace(SageMakerResponse, "list_model_package_groups", "(self)")
def list_model_package_groups(self: Any) -> ActionResult:
    if self.params.get("CrossAccountFilterOption") == "CrossAccount":
        raise NotImplementedLocallyError("sagemaker", "ListModelPackageGroups of what other accounts share")
    return list_model_package_groups.original(self)  # type: ignore[attr-defined]
