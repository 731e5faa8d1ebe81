"""Operations on endpoints: what they refuse, and the deployments they begin."""

import copy
from typing import Any

from moto.core.responses import ActionResult, EmptyResult
from moto.sagemaker.exceptions import ValidationError
from moto.sagemaker.models import SageMakerModelBackend
from moto.sagemaker.responses import SageMakerResponse
from moto.sagemaker.utils import arn_formatter

from localcloud.endpoints import deployment
from localcloud.endpoints.endpoint import STATE_CHANGE, Endpoint
from localcloud.endpoints.engine import endpoints_engine
from localcloud.endpoints.fleet import Fleet
from localcloud.endpoints.policy import alarms, resolved
from localcloud.patching import add, replace
from localcloud.sagemaker.engine import sagemaker_engine

_IN_PROGRESS = ("Creating", "Updating", "SystemUpdating", "RollingBack", "Deleting")


def find(of: SageMakerModelBackend, name: str) -> Endpoint:
    """The endpoint ``name``."""
    found = of.endpoints.get(name)
    if not isinstance(found, Endpoint):
        arn = arn_formatter("endpoint", name, of.account_id, of.region_name)
        raise ValidationError(f'Could not find endpoint "{arn}".')
    return found


def _config(of: SageMakerModelBackend, name: str) -> dict[str, Any]:
    found = of.endpoint_configs.get(name)
    if found is None:
        arn = arn_formatter("endpoint-config", name, of.account_id, of.region_name)
        raise ValidationError(f'Could not find endpoint configuration "{arn}".')
    return copy.deepcopy(found.response_object)


@replace(SageMakerResponse, "create_endpoint", "(self)")
def create_endpoint(self: Any) -> ActionResult:
    of, given, engine = self.sagemaker_backend, dict(self.params), endpoints_engine()
    config = _config(of, given["EndpointConfigName"])
    with engine.lock:
        # "The name is case-insensitive in CreateEndpoint, but the case is preserved and must be matched in
        # InvokeEndpoint": https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateEndpoint.html
        present = {name.lower(): endpoint for name, endpoint in of.endpoints.items()}.get(
            given["EndpointName"].lower()
        )
        if present is not None:
            raise ValidationError(f'Cannot create already existing endpoint "{present.arn}".')
        _check_deployment(of, given.get("DeploymentConfig"), config)
        endpoint = of.endpoints[given["EndpointName"]] = Endpoint(of, given, config)
        fleet = Fleet(engine, endpoint.region, endpoint.endpoint_name, config)
    endpoint.announce(STATE_CHANGE)
    sagemaker_engine().background(
        f"create-{endpoint.endpoint_name}", lambda ended: deployment.create(endpoint, fleet, ended)
    )
    return ActionResult({"EndpointArn": endpoint.arn})


@replace(SageMakerResponse, "describe_endpoint", "(self)")
def describe_endpoint(self: Any) -> ActionResult:
    return ActionResult(find(self.sagemaker_backend, self.params["EndpointName"]).response_object)


@add(SageMakerResponse, "update_endpoint")
def update_endpoint(self: Any) -> ActionResult:
    """https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_UpdateEndpoint.html"""
    of, given, engine = self.sagemaker_backend, self.params, endpoints_engine()
    config = _config(of, given["EndpointConfigName"])
    endpoint = find(of, given["EndpointName"])
    with endpoint.lock:
        serving = _serving(endpoint)
        _check_kind(serving, config)
        if given.get("RetainAllVariantProperties"):
            kept = {item["VariantPropertyType"] for item in given.get("ExcludeRetainedVariantProperties") or ()}
            _retain(serving, config, kept)
        elif given.get("ExcludeRetainedVariantProperties"):
            raise ValidationError("ExcludeRetainedVariantProperties needs RetainAllVariantProperties.")
        wanted = given.get("DeploymentConfig")
        if given.get("RetainDeploymentConfig"):
            if wanted:
                raise ValidationError("DeploymentConfig cannot be given together with RetainDeploymentConfig.")
            wanted = endpoint.deployment_config
        policy = _check_deployment(of, wanted, config, set(serving.variants))
        endpoint.deployment_config = wanted
        fleet = Fleet(engine, endpoint.region, endpoint.endpoint_name, config)
        endpoint.set_status("Updating")
    endpoint.announce(STATE_CHANGE)
    sagemaker_engine().background(
        f"update-{endpoint.endpoint_name}",
        lambda ended: deployment.Update(engine.cloud, endpoint, fleet, policy, ended).run(),
    )
    return ActionResult({"EndpointArn": endpoint.arn})


@replace(SageMakerResponse, "update_endpoint_weights_and_capacities", "(self)")
def update_endpoint_weights_and_capacities(self: Any) -> ActionResult:
    endpoint = find(self.sagemaker_backend, self.params["EndpointName"])
    changes = self.params["DesiredWeightsAndCapacities"]
    with endpoint.lock:
        serving = _serving(endpoint)
        names = [change["VariantName"] for change in changes]
        for name in names:
            if names.count(name) > 1:
                raise ValidationError(f'The variant name "{name}" was non-unique within the request.')
            if name not in serving.variants:
                raise ValidationError(
                    f'The variant name(s) "{name}" is/are not present within endpoint configuration '
                    f'"{endpoint.config["EndpointConfigName"]}".'
                )
        endpoint.set_status("Updating")
    endpoint.announce(STATE_CHANGE)
    sagemaker_engine().background(
        f"scale-{endpoint.endpoint_name}", lambda ended: deployment.scale(endpoint, serving, changes)
    )
    return ActionResult({"EndpointArn": endpoint.arn})


@replace(SageMakerResponse, "delete_endpoint", "(self)")
def delete_endpoint(self: Any) -> EmptyResult:
    of = self.sagemaker_backend
    endpoint = find(of, self.params["EndpointName"])
    with endpoint.lock:
        _check_idle(endpoint)
        endpoint.set_status("Deleting")
    endpoint.announce(STATE_CHANGE)
    sagemaker_engine().background(
        f"delete-{endpoint.endpoint_name}",
        lambda ended: deployment.delete(endpoint, lambda: of.endpoints.pop(endpoint.endpoint_name, None)),
    )
    return EmptyResult()


def _check_idle(endpoint: Endpoint) -> None:
    if endpoint.endpoint_status in _IN_PROGRESS:
        raise ValidationError(f'Cannot update in-progress endpoint "{endpoint.arn}".')


def _serving(endpoint: Endpoint) -> Fleet:
    """The fleet of an endpoint that may be updated."""
    _check_idle(endpoint)
    if endpoint.serving is None:
        raise ValidationError(
            f'Cannot update endpoint "{endpoint.arn}" in status {endpoint.endpoint_status}: it can only be deleted.'
        )
    return endpoint.serving


def _check_kind(serving: Fleet, config: dict[str, Any]) -> None:
    """No way from instances to serverless: https://docs.aws.amazon.com/sagemaker/latest/dg/serverless-endpoints.html"""
    if any(variant.get("ServerlessConfig") for variant in config["ProductionVariants"]) and not all(
        variant.serverless for variant in serving.variants.values()
    ):
        raise ValidationError("An instance-based endpoint cannot be updated to a serverless endpoint.")


def _check_deployment(
    of: SageMakerModelBackend,
    wanted: dict[str, Any] | None,
    config: dict[str, Any],
    present: set[str] | None = None,
) -> dict[str, Any] | None:
    counts = {given["VariantName"]: given.get("InitialInstanceCount") for given in config["ProductionVariants"]}
    policy = resolved(wanted, counts)
    # https://docs.aws.amazon.com/sagemaker/latest/dg/deployment-guardrails-exclusions.html
    if wanted and present is not None and set(counts) != present:
        raise ValidationError(
            "With a deployment configuration the new endpoint configuration must have the same variant names as the "
            f"old one: {', '.join(sorted(present))}."
        )
    if names := alarms(wanted):
        missing = set(names) - set(
            deployment.described(endpoints_engine().cloud.engine_client("cloudwatch", of.region_name), names)
        )
        if missing:
            raise ValidationError(f"Could not find the following alarms: {', '.join(sorted(missing))}.")
    return policy


def _retain(serving: Fleet, config: dict[str, Any], excluded: set[str]) -> None:
    """Variants of the same name keep their scaled instance count and weight.

    https://docs.aws.amazon.com/sagemaker/latest/dg/endpoint-scaling-update.html
    """
    for given in config["ProductionVariants"]:
        present = serving.variants.get(given["VariantName"])
        if present is None:
            continue
        if "DesiredInstanceCount" not in excluded and present.count and given.get("InitialInstanceCount"):
            given["InitialInstanceCount"] = present.count
        if "DesiredWeight" not in excluded:
            given["InitialVariantWeight"] = present.weight
