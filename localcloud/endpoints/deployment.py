"""Deployments: a new fleet comes up beside the old one, takes the traffic in steps, and stays or goes.

https://docs.aws.amazon.com/sagemaker/latest/dg/deployment-guardrails.html
"""

import math
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from moto.core.utils import utcnow

from localcloud.cloud import Cloud
from localcloud.endpoints.endpoint import Endpoint
from localcloud.endpoints.fleet import Fleet, FleetError
from localcloud.endpoints.policy import Step, alarms, steps

_EVENT = "SageMaker Endpoint Deployment State Change"
_LOOK = 0.1  # seconds between two looks at the alarms


class AlarmError(Exception):
    """Alarms went off while the new fleet was watched."""


def create(endpoint: Endpoint, fleet: Fleet, ended: threading.Event) -> None:
    """Bring up the first fleet: InService, or Failed with the reason."""
    _stage(endpoint, fleet, "Creating", "Launching {} instance(s).")
    try:
        fleet.start(ended)
    except FleetError as error:
        with endpoint.lock:
            endpoint.green = None
        if not ended.is_set():
            endpoint.enter("Failed", str(error))
        return
    with endpoint.lock:
        endpoint.serving, endpoint.green = fleet, None
        _clear(fleet)
    endpoint.enter("InService")


@dataclass(frozen=True)
class Update:
    """The replacement of the serving fleet by a new one; when that fails, the old one keeps, or gets back, all traffic.

    Attributes:
        cloud: says how fast waits pass.
        endpoint: in status Updating.
        fleet: the new one, not started yet.
        policy: DeploymentConfig as `policy.resolved` returns it.
        ended: set when the cloud is gone.
    """

    cloud: Cloud
    endpoint: Endpoint
    fleet: Fleet
    policy: dict[str, Any] | None
    ended: threading.Event

    def run(self) -> None:
        try:
            _stage(self.endpoint, self.fleet, "Creating", "Launching {} instance(s).")
            self.fleet.start(self.ended)
            for step in steps(self.policy):
                self._shift(step)
                self._bake(step)
        except (FleetError, AlarmError) as error:
            if not self.ended.is_set():
                self._roll_back(str(error))
            return
        if not self.ended.is_set():
            self._finish()

    def _shift(self, step: Step) -> None:
        message = f"Activating traffic on {step.stage} capacity of {{}} instance(s)."
        _stage(self.endpoint, self.fleet, "ActivatingTraffic", message, step)
        with self.endpoint.lock:
            self.endpoint.green_share = step.share

    def _bake(self, step: Step) -> None:
        """Watch the alarms for the step's time. Raises AlarmError."""
        if not step.seconds:
            return
        message = (
            f"Baking for {step.seconds} seconds ({step.member}) with traffic enabled on {step.stage} capacity of"
        )
        _stage(self.endpoint, self.fleet, "Baking", f"{message} {{}} instance(s).", step)
        # https://docs.aws.amazon.com/sagemaker/latest/dg/deployment-guardrails-configuration.html: the execution role
        # needs cloudwatch:DescribeAlarms
        client = next(iter(self.fleet.variants.values())).client("cloudwatch")
        names = alarms(self.policy)
        deadline = time.monotonic() + self.cloud.wait_time(step.seconds)
        while not self.ended.is_set():
            if names and (loud := alarming(client, names)):
                raise AlarmError(
                    f"The deployment was rolled back because these alarms are in ALARM state: {', '.join(loud)}."
                )
            left = deadline - time.monotonic()
            if left <= 0:
                return
            self.ended.wait(min(left, _LOOK))

    def _finish(self) -> None:
        endpoint = self.endpoint
        with endpoint.lock:
            old, endpoint.serving, endpoint.green, endpoint.green_share = endpoint.serving, self.fleet, None, 0.0
            endpoint.config = self.fleet.config
            _clear(self.fleet)
        if old is not None:
            old.drain()
            old.end()
        endpoint.enter("InService")

    def _roll_back(self, reason: str) -> None:
        """InService with the old configuration and the reason, which the next update takes away; that it does so is in
        https://github.com/aws-controllers-k8s/sagemaker-controller/pull/7."""
        with self.endpoint.lock:
            self.endpoint.green_share = 0.0
        self.endpoint.enter("RollingBack", reason)
        _stage(self.endpoint, self.fleet, "Deleting", "Terminating {} instance(s).")
        self.fleet.drain()
        self.fleet.end()
        with self.endpoint.lock:
            self.endpoint.green = None
        self.endpoint.enter("InService", reason)


def scale(endpoint: Endpoint, serving: Fleet, changes: list[dict[str, Any]]) -> None:
    """New weights and instance counts for variants of the serving fleet; one process serves any number of instances."""
    with endpoint.lock:
        for change in changes:
            variant = serving.variants[change["VariantName"]]
            if change.get("DesiredWeight") is not None:
                variant.weight = float(change["DesiredWeight"])
            if change.get("DesiredInstanceCount") is not None:
                variant.count = change["DesiredInstanceCount"]
            if change.get("ServerlessUpdateConfig"):
                variant.serverless = {**(variant.serverless or {}), **change["ServerlessUpdateConfig"]}
    endpoint.enter("InService")


def delete(endpoint: Endpoint, forget: Callable[[], Any]) -> None:
    """End what serves, when the requests under way are answered."""
    with endpoint.lock:
        fleet, endpoint.serving = endpoint.serving, None
    if fleet is not None:
        fleet.drain()
        fleet.end()
    forget()


def described(client: Any, names: list[str]) -> dict[str, str]:
    """State of each alarm that exists."""
    told = client.describe_alarms(AlarmNames=names, AlarmTypes=["MetricAlarm", "CompositeAlarm"])
    return {
        alarm["AlarmName"]: alarm["StateValue"]
        for alarm in (*told.get("MetricAlarms", ()), *told.get("CompositeAlarms", ()))
    }


def alarming(client: Any, names: list[str]) -> list[str]:
    """Those of ``names`` that are in ALARM."""
    return sorted(name for name, state in described(client, names).items() if state == "ALARM")


def _stage(endpoint: Endpoint, fleet: Fleet, status: str, message: str, step: Step | None = None) -> None:
    """Set the VariantStatus of the new fleet and tell EventBridge; ``message`` has a place for the instances."""
    with endpoint.lock:
        if endpoint.green is not fleet:
            endpoint.green, endpoint.green_since = fleet, utcnow()
        for variant in fleet.variants.values():
            count = math.ceil((step.share if step else 1.0) * (variant.count or 1))
            variant.status = {"Status": status, "StatusMessage": message.format(count), "StartTime": utcnow()}
    endpoint.announce(_EVENT)


def _clear(fleet: Fleet) -> None:
    for variant in fleet.variants.values():
        variant.status = None
