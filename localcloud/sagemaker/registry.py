"""The model registry where moto's is not like SageMaker's: versions, approval events, deletion, refusals."""

from typing import Any

from moto.core.responses import ActionResult, EmptyResult
from moto.sagemaker.exceptions import ConflictException, ValidationError
from moto.sagemaker.models import ModelPackage, ModelPackageGroup, SageMakerModelBackend
from moto.sagemaker.responses import SageMakerResponse

from localcloud.patching import add, replace
from localcloud.sagemaker.notify import notify

_EVENT = "SageMaker Model Package State Change"
# Members of CreateModelPackage that moto drops
_KEPT = ("SkipModelValidation", "SourceUri", "ModelCard", "ModelLifeCycle", "SecurityConfig")


def _announce(package: ModelPackage, changed: list[str] | None = None) -> None:
    """The detail is the package's description; after an update it names the members that were given."""
    detail = package.gen_response_object()
    if changed is not None:
        detail["UpdatedModelPackageFields"] = changed
    notify(_EVENT, [package.arn], detail, package.arn.split(":")[3])


def _package(of: SageMakerModelBackend, name: str) -> ModelPackage:
    return of.describe_model_package(model_package_name=name)


@replace(SageMakerResponse, "create_model_package_group", "(self)")
def create_model_package_group(self: Any) -> ActionResult:
    """A name that is taken is refused; moto would empty the group's description."""
    of, name = self.sagemaker_backend, self.params["ModelPackageGroupName"]
    if name in of.model_package_groups:
        raise ValidationError(f"Model Package Group already exists: {of.model_package_groups[name].arn}")
    return create_model_package_group.original(self)  # type: ignore[attr-defined]


@replace(SageMakerResponse, "create_model_package", "(self)")
def create_model_package(self: Any) -> ActionResult:
    """A version number is never given twice, also when versions have been deleted: moto counts what is left."""
    of, given = self.sagemaker_backend, self.params
    before = dict(of.model_packages)
    answer: Any = create_model_package.original(self)  # type: ignore[attr-defined]
    package = of.model_packages[answer.result["ModelPackageArn"]]
    group = str(given.get("ModelPackageGroupName") or "").rpartition("/")[2]
    if group:
        holder = of.model_package_groups[group]
        holder.localcloud_last_version = getattr(holder, "localcloud_last_version", 0) + 1
        package.model_package_version = holder.localcloud_last_version
        package.arn = f"{package.arn.rpartition('/')[0]}/{package.model_package_version}"
    of.model_packages.clear()
    of.model_packages.update({**before, package.arn: package})
    of.model_package_name_mapping[package.arn] = package.arn
    package.tags = list(given.get("Tags") or ())
    package.localcloud_given = {name: given[name] for name in _KEPT if given.get(name) is not None}
    _announce(package)
    return ActionResult({"ModelPackageArn": package.arn})


@replace(ModelPackage, "gen_response_object", "(self)")
def gen_response_object(self: Any) -> dict[str, Any]:
    """The description, with the members that moto drops; nothing was validated or scanned."""
    told: dict[str, Any] = gen_response_object.original(self)  # type: ignore[attr-defined]
    told["ModelPackageStatusDetails"] = {"ValidationStatuses": [], "ImageScanStatuses": []}
    return {**told, **getattr(self, "localcloud_given", {})}


@replace(ModelPackageGroup, "gen_response_object", "(self)")
def group_description(self: Any) -> dict[str, Any]:
    """CreatedBy is there, and says nothing of who is no user of SageMaker Studio."""
    return {**group_description.original(self), "CreatedBy": {}}  # type: ignore[attr-defined]


@replace(SageMakerResponse, "update_model_package", "(self)")
def update_model_package(self: Any) -> ActionResult:
    """Only what is named changes; moto would empty the rest. An approval is an event."""
    given = self.params
    package = _package(self.sagemaker_backend, given["ModelPackageArn"])
    if given.get("ModelApprovalStatus") is not None:
        package.set_model_approval_status(given["ModelApprovalStatus"])
    if given.get("ApprovalDescription") is not None:
        package.approval_description = given["ApprovalDescription"]
    added = given.get("CustomerMetadataProperties") or {}
    removed = given.get("CustomerMetadataPropertiesToRemove") or ()
    merged = {**(package.customer_metadata_properties or {}), **added}
    kept = {name: value for name, value in merged.items() if name not in removed}
    package.customer_metadata_properties = kept or None
    package.add_additional_inference_specifications(given.get("AdditionalInferenceSpecificationsToAdd"))
    if given.get("InferenceSpecification") is not None:
        package.inference_specification = given["InferenceSpecification"]
    package.localcloud_given.update({name: given[name] for name in _KEPT if given.get(name) is not None})
    package.modifications_done()
    _announce(package, sorted(name for name in given if name not in ("ModelPackageArn", "ClientToken")))
    return ActionResult({"ModelPackageArn": package.arn})


@add(SageMakerResponse, "delete_model_package")
def delete_model_package(self: Any) -> EmptyResult:
    of = self.sagemaker_backend
    package = _package(of, self.params["ModelPackageName"])
    del of.model_packages[package.arn]
    for name in [name for name, arn in of.model_package_name_mapping.items() if arn == package.arn]:
        del of.model_package_name_mapping[name]
    return EmptyResult()


@add(SageMakerResponse, "delete_model_package_group")
def delete_model_package_group(self: Any) -> EmptyResult:
    """Refused while versions are left: https://docs.aws.amazon.com/sagemaker/latest/dg/model-registry-delete-model-group.html"""
    of = self.sagemaker_backend
    name = self.params["ModelPackageGroupName"].rpartition("/")[2]
    group = of.describe_model_package_group(name)
    if any(package.model_package_group_name == name for package in of.model_packages.values()):
        raise ConflictException(
            f"Model Package Group {group.arn} cannot be deleted because it still has model packages"
        )
    del of.model_package_groups[name]
    return EmptyResult()
