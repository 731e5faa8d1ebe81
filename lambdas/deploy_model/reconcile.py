"""Makes the endpoint serve the newest approved version.

Level-triggered: whatever the event was, what is served is compared with what should be. So an event that comes twice,
too late or in the wrong order does no harm, and one that comes while the endpoint is being updated is not lost: the
end of the update is an event too.
"""

from dataclasses import dataclass
from typing import Any

from lambdas.deploy_model import baselines
from lambdas.deploy_model.configuration import Serving
from lambdas.deploy_model.hosting import BUSY, FAILED, IN_SERVICE, Hosting
from lambdas.deploy_model.plan import Plan, plan, version_of
from lambdas.deploy_model.registry import FAILED as DEPLOYMENT_FAILED
from lambdas.deploy_model.registry import SERVED, Registry, Version
from lambdas.deploy_model.scaling import RollbackAlarms, Scaling


@dataclass(frozen=True)
class Reconciler:
    """The endpoint with all that belongs to it."""

    serving: Serving
    registry: Registry
    hosting: Hosting
    scaling: Scaling
    alarms: RollbackAlarms
    s3: Any

    def run(self) -> str:
        """One step towards the wanted state; what was done, for the log."""
        if self.serving.kind == "off":
            self.remove()
            return "there is no endpoint, as the settings say"
        endpoint = self.hosting.endpoint()
        status = endpoint["EndpointStatus"] if endpoint else None
        if status in BUSY:
            return f"waits, for the endpoint is {status}"
        if status not in (None, IN_SERVICE, FAILED):
            raise RuntimeError(
                f"endpoint {self.serving.endpoint} is {status}: delete it, then approve the version again"
            )
        versions = self.registry.versions()
        if endpoint is not None:
            self._conclude(endpoint, versions)
        if wanted := self._wanted(endpoint, versions):
            return self._deploy(wanted, endpoint)
        if endpoint is None or status == FAILED:
            return "there is no version to serve"
        self._settle(endpoint, versions)
        return f"{endpoint['EndpointConfigName']} is in service"

    def remove(self) -> None:
        """Everything that was made for the endpoint. Captured data and baselines are the lake's."""
        self.scaling.apply(set())
        self.hosting.delete_all()
        self.alarms.delete()

    def _conclude(self, endpoint: dict[str, Any], versions: list[Version]) -> None:
        """Note with the version how its deployment ended, and put its alarms away."""
        attempt = self.hosting.attempt(endpoint)
        if attempt is None:
            return
        good = endpoint["EndpointStatus"] == IN_SERVICE and endpoint["EndpointConfigName"] == attempt
        number = version_of(self.serving, attempt)
        for version in versions:
            if version.number == number:
                self.registry.write_note(version.arn, SERVED if good else DEPLOYMENT_FAILED, attempt)
        self.alarms.delete()
        self.hosting.forget_attempt(endpoint)

    def _wanted(self, endpoint: dict[str, Any] | None, versions: list[Version]) -> Plan | None:
        """What to serve instead of what is served; None when nothing.

        The newest approved version whose deployment has not failed; never one older than that in service, unless that
        is no longer approved. With no approved version the endpoint goes on as it is: a rejection is no outage.
        """
        config = endpoint["EndpointConfigName"] if endpoint and endpoint["EndpointStatus"] == IN_SERVICE else ""
        served = version_of(self.serving, config)
        candidates = [version for version in versions if version.approved]
        for position, version in enumerate(candidates):
            wanted = plan(self.serving, version, self._champion(candidates[position + 1 :], served))
            if wanted.name == config:
                return None
            if self.registry.note(version.arn) != (DEPLOYMENT_FAILED, wanted.name):
                return wanted
            if version.number == served:
                return None
        return None

    def _champion(self, older: list[Version], served: int | None) -> Version | None:
        """Who serves beside a challenger: the version in service, or the newest that has not failed."""
        if not self.serving.challenger_share:
            return None
        for version in older:
            if version.number == served or self.registry.note(version.arn)[0] != DEPLOYMENT_FAILED:
                return version
        return None

    def _deploy(self, wanted: Plan, endpoint: dict[str, Any] | None) -> str:
        if endpoint is not None:
            variants = self.hosting.variants(endpoint["EndpointConfigName"])
            if endpoint["EndpointStatus"] == FAILED or self._other_kind(variants):
                # A failed endpoint can only be deleted
                # (https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_DescribeEndpoint.html).
                self.scaling.apply(set())
                self.hosting.delete_endpoint()
                endpoint = None
            else:
                self.scaling.stop(self._other_instances(variants))
        if endpoint is not None and self.serving.kind == "instance":
            self.alarms.put(wanted)
        if not self.hosting.deploy(wanted, endpoint):
            return "waits, for another call has started a deployment"
        return f"deploys version {wanted.version.number} as {wanted.name}"

    def _other_kind(self, variants: list[dict[str, Any]]) -> bool:
        """Instances cannot become serverless, nor the other way and back.

        https://docs.aws.amazon.com/sagemaker/latest/dg/serverless-endpoints.html, "Feature exclusions"
        """
        return any(("ServerlessConfig" in variant) != (self.serving.kind == "serverless") for variant in variants)

    def _other_instances(self, variants: list[dict[str, Any]]) -> set[str]:
        """Variants that must not be scaled while they are updated: those whose instance type changes.

        An update that changes the model alone is allowed
        (https://docs.aws.amazon.com/sagemaker/latest/dg/endpoint-scaling-update.html).
        """
        wanted = self.serving.instance_type
        return {variant["VariantName"] for variant in variants if variant.get("InstanceType", wanted) != wanted}

    def _settle(self, endpoint: dict[str, Any], versions: list[Version]) -> None:
        """Scaling and baselines of the version in service."""
        self.scaling.apply({variant["VariantName"] for variant in endpoint["ProductionVariants"]})
        number = version_of(self.serving, endpoint["EndpointConfigName"])
        for version in versions:
            if version.number == number:
                baselines.copy(self.s3, self.serving.bucket, self.registry.describe(version.arn))
