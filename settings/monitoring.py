"""Monitoring: who looks at the endpoint's traffic, how often, and what follows."""

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import Field, field_validator

from settings.base import Section
from settings.instances import MONITOR_FAMILIES, of_families

# Model Monitor runs hourly, every so many hours, or daily
# (https://docs.aws.amazon.com/sagemaker/latest/dg/model-monitor-schedule-expression.html).
MODEL_MONITOR_HOURS = 24


def captures(settings: Mapping[str, Any]) -> bool:
    """Whether there is captured traffic: serverless endpoints have no data capture.

    https://docs.aws.amazon.com/sagemaker/latest/dg/serverless-endpoints.html, "Feature exclusions"
    """
    percent: int = settings.get("capture_percent", 100)
    return settings.get("endpoint", "instance") == "instance" and percent > 0


class Monitoring(Section):
    """From captured traffic to another training."""

    # Model Monitor is closed to accounts that have not used it before 2026-07-30: "processing" does the same in every
    # account (https://docs.aws.amazon.com/sagemaker/latest/dg/model-monitor-availability-change.html).
    monitoring: Literal["processing", "model_monitor", "off"] = Field(
        default_factory=lambda others: "processing" if captures(others) else "off",
        description="What compares the endpoint's traffic with its baseline: a pipeline of ours, which every account "
        "can run, or SageMaker Model Monitor, which new accounts cannot; off where the endpoint captures nothing",
    )
    # Two ml.m5.large jobs of 5 minutes each: hourly they are $14 a month, daily $0.60.
    monitor_every_hours: int = Field(24, ge=1, le=168, description="Check the traffic every so many hours")
    monitor_instance: str = Field("ml.m5.large", description="Instance type of the monitoring jobs")
    truth_delay_hours: int = Field(
        0,
        ge=0,
        le=720,
        description="Hours until what came true is curated: predictions are compared with it so much later",
    )
    retrain_on_violations: bool = Field(
        True, description="Start the training pipeline when a check has found violations"
    )
    retrain_cooldown_hours: int = Field(
        24, ge=1, le=720, description="Hours in which violations start the training pipeline at most once"
    )
    train_window_days: int = Field(
        90, ge=28, le=3650, description="Days of curated rows, the newest ones, that such a training uses"
    )

    @field_validator("monitor_instance")
    @classmethod
    def _runs_monitoring(cls, value: str) -> str:
        return of_families(value, MONITOR_FAMILIES)
