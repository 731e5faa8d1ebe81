"""The endpoint and what it is made of, through SageMaker's API."""

import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from botocore.exceptions import ClientError

from lambdas.deploy_model.configuration import Serving
from lambdas.deploy_model.plan import Plan, update

IN_SERVICE, FAILED = "InService", "Failed"
BUSY = {"Creating", "Updating", "SystemUpdating", "RollingBack", "Deleting"}
ATTEMPT = "deployment"  # tag of the endpoint: the configuration of a deployment of which the end is not noted yet
FIRST_PAUSE, LONGEST_PAUSE = 0.5, 10.0  # seconds between two looks


class Hosting:
    """The endpoint of ``serving``.

    Args:
        client: of SageMaker.
        seconds_left: how long waits may take, asked at each look.
    """

    def __init__(self, client: Any, serving: Serving, seconds_left: Callable[[], float]) -> None:
        self._client = client
        self._serving = serving
        self._seconds_left = seconds_left

    def endpoint(self) -> dict[str, Any] | None:
        """Its description; None when there is none."""
        described: dict[str, Any] | None = found(
            partial(self._client.describe_endpoint, EndpointName=self._serving.endpoint)
        )
        return described

    def variants(self, config: str) -> list[dict[str, Any]]:
        """Those of an endpoint configuration."""
        described = self._client.describe_endpoint_config(EndpointConfigName=config)
        variants: list[dict[str, Any]] = described["ProductionVariants"]
        return variants

    def attempt(self, endpoint: dict[str, Any]) -> str | None:
        """The configuration whose deployment was started last, unless its end has been noted (`forget_attempt`)."""
        pages = self._client.get_paginator("list_tags").paginate(ResourceArn=endpoint["EndpointArn"])
        values = [tag["Value"] for page in pages for tag in page["Tags"] if tag["Key"] == ATTEMPT]
        return values[0] if values else None

    def forget_attempt(self, endpoint: dict[str, Any]) -> None:
        self._client.delete_tags(ResourceArn=endpoint["EndpointArn"], TagKeys=[ATTEMPT])

    def deploy(self, wanted: Plan, now: dict[str, Any] | None) -> bool:
        """Create the endpoint, or update it as it is ``now``; False when another call of us was faster.

        What a name stands for never changes (see `plan`), so what is there already is what is wanted.
        """
        for model in wanted.models:
            if not found(partial(self._client.describe_model, ModelName=model["ModelName"])):
                self._client.create_model(**model)
        if not found(partial(self._client.describe_endpoint_config, EndpointConfigName=wanted.name)):
            self._client.create_endpoint_config(**wanted.config)
        attempt = [{"Key": ATTEMPT, "Value": wanted.name}]
        try:
            if now is None:
                self._client.create_endpoint(
                    EndpointName=self._serving.endpoint,
                    EndpointConfigName=wanted.name,
                    Tags=[*wanted.config["Tags"], *attempt],
                )
                return True
            # serverless variants have no number of instances
            present = {item["VariantName"]: item.get("DesiredInstanceCount", 0) for item in now["ProductionVariants"]}
            self._client.update_endpoint(**update(self._serving, wanted, present))
        except ClientError:
            endpoint = self.endpoint()
            if endpoint is not None and endpoint["EndpointStatus"] in BUSY:
                return False
            raise
        # Only now: an attempt that was never started would look like one that failed, and lose the approval.
        self._client.add_tags(ResourceArn=now["EndpointArn"], Tags=attempt)
        return True

    def delete_endpoint(self) -> None:
        """Delete the endpoint, when it can be, and wait until it is gone.

        Raises:
            TimeoutError: it is still being created, updated or deleted when the time is over.
        """
        asked = False
        for endpoint in self._looks():
            if endpoint is None:
                return
            if endpoint["EndpointStatus"] not in BUSY and not asked:  # SageMaker refuses while it is at work
                self._client.delete_endpoint(EndpointName=self._serving.endpoint)
                asked = True

    def delete_all(self) -> None:
        """The endpoint, then every configuration and model that was made for it."""
        self.delete_endpoint()
        prefix = self._serving.prefix
        for kind, name in (("endpoint_config", "EndpointConfigName"), ("model", "ModelName")):
            pages = self._client.get_paginator(f"list_{kind}s").paginate(NameContains=prefix)
            listed = [item[name] for page in pages for item in page[f"{name.removesuffix('Name')}s"]]
            for ours in (item for item in listed if item.startswith(prefix)):
                getattr(self._client, f"delete_{kind}")(**{name: ours})

    def _looks(self) -> Iterator[dict[str, Any] | None]:
        pause = FIRST_PAUSE
        while True:
            endpoint = self.endpoint()
            yield endpoint
            if self._seconds_left() < 2 * LONGEST_PAUSE:
                status = endpoint["EndpointStatus"] if endpoint else "gone"
                raise TimeoutError(f"endpoint {self._serving.endpoint} is still {status}: try again later")
            time.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE)


def found(describe: Callable[[], Any]) -> Any:
    """What ``describe`` answers; None when there is no such thing, which SageMaker says as a ValidationException."""
    try:
        return describe()
    except ClientError as error:
        if "Could not find" in error.response["Error"].get("Message", ""):
            return None
        raise
