"""Serving: what answers requests, and how a new version gets there."""

from typing import Literal, Self

from pydantic import Field, field_validator, model_validator

from settings.base import Section
from settings.instances import ENDPOINT_FAMILIES, of_families

INSTANCE_ONLY = (
    "endpoint_instance", "endpoint_instances", "endpoint_max_instances", "endpoint_requests_per_minute",
    "challenger_share", "capture_percent", "canary_percent", "canary_minutes",
)  # fmt: skip


class Serving(Section):
    """The endpoint."""

    # Nothing of it exists, nor is billed, before a version is approved. List prices of us-east-1: ml.m5.large $0.115 an
    # hour, $83 a month for each instance; serverless by the millisecond (https://aws.amazon.com/sagemaker/pricing/).
    endpoint: Literal["instance", "serverless", "off"] = Field(
        "instance",
        description="What serves approved versions: instances, nothing between requests, or no endpoint at all",
    )
    endpoint_instance: str = Field("ml.m5.large", description="Instance type of the endpoint")
    # Security Hub's SageMaker.4 asks for two, so that the endpoint survives the loss of an Availability Zone; one is
    # half the price (https://docs.aws.amazon.com/securityhub/latest/userguide/sagemaker-controls.html#sagemaker-4).
    endpoint_instances: int = Field(
        1, ge=1, le=100, description="Instances behind each variant of the endpoint; two for high availability"
    )
    endpoint_max_instances: int | None = Field(
        None, ge=1, le=100, description="Scale each variant up to so many instances; by default it is not scaled"
    )
    endpoint_requests_per_minute: int = Field(
        1000, ge=1, le=1_000_000, description="Requests a minute and instance that scaling aims at"
    )
    # https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_ProductionVariantServerlessConfig.html
    endpoint_memory_mb: int | None = Field(
        None, ge=1024, le=6144, multiple_of=1024, description="Memory of a serverless endpoint; 2048 when not given"
    )
    endpoint_concurrency: int | None = Field(
        None, ge=1, le=200, description="Requests a serverless endpoint takes at the same time; 5 when not given"
    )
    challenger_share: float = Field(
        0.0,
        ge=0,
        le=0.9,
        description="Share of the requests for the newest version, beside the approved one before it",
    )
    capture_percent: int = Field(
        100, ge=0, le=100, description="Requests and answers kept in the lake for monitoring, in percent"
    )
    # At most half of the fleet, so one instance has none, and an hour
    # (https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_TrafficRoutingConfig.html).
    canary_percent: int = Field(
        10,
        ge=1,
        le=50,
        description="Share of the requests a new version gets at first, where there are two instances",
    )
    # An alarm takes up to three: for the data of a minute to be complete, to arrive, and to be looked at.
    canary_minutes: int = Field(
        10, ge=5, le=60, description="Minutes a new version is watched with that share, and again with all requests"
    )
    endpoint_latency_ms: int = Field(
        1000, ge=1, le=60_000, description="A version that on average takes longer to answer is rolled back"
    )

    @field_validator("endpoint_instance")
    @classmethod
    def _runs_the_image(cls, value: str) -> str:
        return of_families(value, ENDPOINT_FAMILIES)

    @model_validator(mode="after")
    def _serve(self) -> Self:
        if self.endpoint != "serverless":
            for name in ("endpoint_memory_mb", "endpoint_concurrency"):
                if getattr(self, name) is not None:
                    raise ValueError(f"{name} is for serverless endpoints only: remove it or set endpoint=serverless")
        else:
            # https://docs.aws.amazon.com/sagemaker/latest/dg/serverless-endpoints.html, "Feature exclusions"
            for name in INSTANCE_ONLY:
                if getattr(self, name) != type(self).model_fields[name].default:
                    raise ValueError(f"{name} is not for serverless endpoints: remove it or set endpoint=instance")
        if self.endpoint_max_instances is not None:
            if self.endpoint_max_instances < self.endpoint_instances:
                raise ValueError(
                    "endpoint_max_instances is smaller than endpoint_instances: raise it, or remove it for no scaling"
                )
            # https://docs.aws.amazon.com/sagemaker/latest/dg/endpoint-auto-scaling-add-policy.html
            if self.endpoint_instance.startswith("ml.t2."):
                raise ValueError(
                    "endpoint_max_instances cannot be used with burstable instances: "
                    "remove it or set endpoint_instance=ml.m5.large"
                )
        return self
