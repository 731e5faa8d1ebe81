"""The state of an endpoint: who serves it with what share of the traffic, and how it is described."""

import random
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from moto.core.utils import utcnow
from moto.sagemaker.models import SageMakerModelBackend
from moto.sagemaker.utils import arn_formatter

from localcloud.endpoints.fleet import Fleet
from localcloud.endpoints.variant import Variant
from localcloud.sagemaker.notify import notify

STATE_CHANGE = "SageMaker Endpoint State Change"
_REASON_CHARACTERS = 1024  # of FailureReason
_TAKING_REQUESTS = ("InService", "Updating", "SystemUpdating", "RollingBack")


class Endpoint:
    """One endpoint; it lives where moto has its own, so that tags, search and lists find it.

    A deployment's thread and the API write it under its lock.
    """

    def __init__(self, of: SageMakerModelBackend, request: dict[str, Any], config: dict[str, Any]) -> None:
        self.endpoint_name: str = request["EndpointName"]
        self.region: str = of.region_name
        self.account: str = of.account_id
        self.arn = str(arn_formatter("endpoint", self.endpoint_name, of.account_id, of.region_name))
        self.tags: list[dict[str, str]] = list(request.get("Tags") or ())
        self.creation_time = self.last_modified_time = utcnow()
        self.endpoint_status = "Creating"
        self.failure_reason: str | None = None
        self.deployment_config: dict[str, Any] | None = request.get("DeploymentConfig")
        self.lock = threading.RLock()
        self.config = config  # of the fleet that serves, or, while it is created, that will
        self.serving: Fleet | None = None
        self.green: Fleet | None = None  # the new fleet of a deployment
        self.green_since: datetime | None = None
        self.green_share = 0.0

    @contextmanager
    def request(self, target: str | None) -> Iterator[Variant | None]:
        """The variant for one request, which is not ended meanwhile; None when the endpoint takes none.

        Raises:
            UnknownVariantError: ``target`` is no variant.
        """
        with self.lock:
            fleet = self.serving if self.endpoint_status in _TAKING_REQUESTS else None
            if self.green is not None and random.random() < self.green_share:  # noqa: S311 - a share of traffic
                fleet = self.green
            if fleet is not None:
                fleet.enter()
        if fleet is None:
            yield None
            return
        try:
            yield fleet.pick(target)
        finally:
            fleet.leave()

    def set_status(self, status: str, failure: str | None = None) -> None:
        with self.lock:
            self.endpoint_status = status
            self.failure_reason = failure[:_REASON_CHARACTERS] if failure else None
            self.last_modified_time = utcnow()

    def enter(self, status: str, failure: str | None = None) -> None:
        """Change the status and tell EventBridge; not under the lock, as a target of a rule may ask for the state."""
        self.set_status(status, failure)
        self.announce(STATE_CHANGE)

    def announce(self, event: str) -> None:
        """Send the description, with the status in capitals and times in milliseconds.

        https://docs.aws.amazon.com/sagemaker/latest/dg/automating-sagemaker-with-eventbridge.html
        """
        detail = {
            **self.response_object,
            "EndpointStatus": _capitals(self.endpoint_status),
            "Tags": {tag["Key"]: tag["Value"] for tag in self.tags},
        }
        notify(event, [self.arn], _milliseconds(detail), self.region)

    def summary(self) -> dict[str, Any]:
        """One entry of ListEndpoints."""
        return {
            "EndpointName": self.endpoint_name,
            "EndpointArn": self.arn,
            "CreationTime": self.creation_time,
            "LastModifiedTime": self.last_modified_time,
            "EndpointStatus": self.endpoint_status,
        }

    @property
    def response_object(self) -> dict[str, Any]:
        """DescribeEndpoint."""
        with self.lock:
            told = {
                **self.summary(),
                "EndpointConfigName": self.config["EndpointConfigName"],
                "FailureReason": self.failure_reason,
                "LastDeploymentConfig": self.deployment_config,
                "DataCaptureConfig": self._capture(),
                "PendingDeploymentSummary": self._pending(),
            }
            if self.serving is not None:
                told["ProductionVariants"] = [variant.describe() for variant in self.serving.variants.values()]
            return {name: value for name, value in told.items() if value is not None}

    def gen_response_object(self) -> dict[str, Any]:
        """What moto's Search answers with."""
        return self.response_object

    def _capture(self) -> dict[str, Any] | None:
        config = self.config.get("DataCaptureConfig")
        if not config:
            return None
        enabled = config.get("EnableCapture", True)
        return {
            "EnableCapture": enabled,
            "CaptureStatus": "Started" if enabled and self.serving is not None else "Stopped",
            "CurrentSamplingPercentage": config["InitialSamplingPercentage"],
            "DestinationS3Uri": config["DestinationS3Uri"],
            "KmsKeyId": config.get("KmsKeyId", ""),
        }

    def _pending(self) -> dict[str, Any] | None:
        if self.green is None:
            return None
        variants = []
        for variant in self.green.variants.values():
            told = variant.describe()
            if variant.instance_type:
                told["InstanceType"] = variant.instance_type
            variants.append(told)
        return {
            "EndpointConfigName": self.green.name,
            "ProductionVariants": variants,
            "StartTime": self.green_since,
        }


def _capitals(status: str) -> str:
    return "".join(f"_{letter}" if letter.isupper() else letter.upper() for letter in status).lstrip("_")


def _milliseconds(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _milliseconds(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_milliseconds(item) for item in value]
    return int(value.replace(tzinfo=UTC).timestamp() * 1000) if isinstance(value, datetime) else value
