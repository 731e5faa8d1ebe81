"""Every knob of the project, read from CDK context (``cdk.json``, ``-c name=value``) and checked before synthesis.

A setting that cannot be used raises `SettingsError`: one sentence with the setting's name and the fix.
"""

import difflib
import re
from collections.abc import Mapping
from typing import Any, Literal, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)

from pipelines.definition import image_regions

# https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html
LOG_RETENTION_DAYS = (
    1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
)  # fmt: skip

# https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_ResourceConfig.html lists them; AWS adds some each year
INSTANCE_TYPE = r"^ml\.[a-z0-9-]+\.(medium|large|\d*xlarge)$"

# Endpoints: x86, as AWS's image of XGBoost 3.2-0 is, and without a local disk. Those disks SageMaker encrypts with a
# key of the hardware, and it refuses an endpoint configuration that names ours for them
# (https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateEndpointConfig.html, KmsKeyId).
ENDPOINT_FAMILIES = (
    "t2", "m4", "m5", "m6i", "m7i", "c4", "c5", "c6i", "c6in", "c7i", "r5", "r6i", "r7i",
)  # fmt: skip

# Monitoring jobs: the same of what processing jobs may run on, for their volumes are encrypted with our key, too
# (https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_ProcessingClusterConfig.html, VolumeKmsKeyId).
MONITOR_FAMILIES = ("t3", "m4", "m5", "m6i", "m7i", "c4", "c5", "c6i", "c7i", "r5", "r6i", "r7i")

# Model Monitor runs hourly, every so many hours, or daily
# (https://docs.aws.amazon.com/sagemaker/latest/dg/model-monitor-schedule-expression.html).
MODEL_MONITOR_HOURS = 24

INSTANCE_ONLY = (
    "endpoint_instance", "endpoint_instances", "endpoint_max_instances", "endpoint_requests_per_minute",
    "challenger_share", "capture_percent", "canary_percent", "canary_minutes",
)  # fmt: skip

# CDK's own context keys have one of ":", "/", "@", "-"; ours never do, so a plain word that is no setting is a typo.
_OURS = re.compile(r"[A-Za-z_]\w*")


class SettingsError(ValueError):
    """A setting that cannot be used: one sentence that names it and says what to do."""


class Settings(BaseModel):
    """What an owner can choose. Defaults are a sandbox: cheapest when idle, and nothing is left after destroy."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    # --- where and under which names -------------------------------------------------------------------------
    prefix: str = Field(
        "mlref",
        pattern=r"^[a-z][a-z0-9]{1,19}$",
        description="Starts the names of the stacks: a lower-case letter, then letters or digits",
    )
    account: str | None = Field(
        None, pattern=r"^\d{12}$", description="AWS account to deploy to; by default that of the credentials"
    )
    region: str | None = Field(
        None,
        pattern=r"^[a-z]{2,4}(-[a-z]+)+-\d$",
        description="AWS region to deploy to; by default that of the credentials",
    )
    database: str = Field(
        "mlref_lake", pattern=r"^[a-z][a-z0-9_]{0,63}$", description="Name of the Glue database (as Athena allows it)"
    )

    # --- what an organisation asks for ---------------------------------------------------------------------------
    permissions_boundary: str | None = Field(
        None,
        pattern=r"^[\w+=,.@-]{1,128}$",
        description="Name of the managed policy that bounds every role; cdk bootstrap has its own option for its roles",
    )
    # https://docs.aws.amazon.com/tag-editor/latest/userguide/tagging.html has the characters that every service takes
    tags: str | None = Field(
        None,
        pattern=r"^[\w.:/+@-]+=[\w .:/+@-]*(,[\w.:/+@-]+=[\w .:/+@-]*)*$",
        max_length=1000,
        description="Tags of every resource beside project, such as owner=me,cost-center=42",
    )

    # --- what is kept ----------------------------------------------------------------------------------------
    keep_data: bool = Field(
        False, description="First of two keys: keep the lake and its KMS key when the stacks are destroyed"
    )
    removal_policy: Literal["destroy", "retain"] = Field(
        "destroy",
        description="Second of two keys; must agree with keep_data, so that no slip decides over data",
    )
    noncurrent_days: int = Field(
        30, ge=1, le=3650, description="Days to keep overwritten and deleted objects before they expire"
    )
    query_result_days: int = Field(7, ge=1, le=3650, description="Days to keep Athena's query results")
    log_retention_days: int = Field(30, description="Days to keep CloudWatch logs")

    # --- stream ----------------------------------------------------------------------------------------------
    # Idle cost decides the default, for neither mode is free when idle. List prices of us-east-1: $0.015 a shard-hour
    # provisioned, $0.36 a day for one shard; $0.04 a stream-hour on demand, $0.96 a day
    # (https://aws.amazon.com/kinesis/data-streams/pricing/, compared at https://www.trek10.com/blog/
    # amazon-kinesis-data-streams-on-demand-vs.-provisioned-billing-mode-cost-comparison). One shard takes 1,000
    # records/s: a month of these flights in a minute.
    stream_mode: Literal["provisioned", "on_demand"] = Field(
        "provisioned",
        description="Capacity mode of the Kinesis stream; one provisioned shard is cheapest",
    )
    # Provisioned streams have a shard quota of 1,000 to 20,000 a region
    # (https://docs.aws.amazon.com/streams/latest/dev/service-sizes-and-limits.html).
    shards: int | None = Field(None, ge=1, le=1000, description="Shards of a provisioned stream; 1 when not given")
    retention_hours: int = Field(
        24, ge=24, le=8760, description="Hours the stream keeps records; more than 24 costs extra"
    )

    # --- delivery --------------------------------------------------------------------------------------------
    # At least 64 MiB with dynamic partitioning or format conversion, at most 128
    # (https://docs.aws.amazon.com/firehose/latest/dev/buffering-hints.html).
    buffer_mib: int = Field(64, ge=64, le=128, description="Firehose delivers a partition when it holds so many MiB")
    # Zero buffering is not available with dynamic partitioning
    # (https://docs.aws.amazon.com/firehose/latest/dev/buffering.html).
    buffer_seconds: int = Field(60, ge=60, le=900, description="Firehose delivers a partition after so many seconds")
    transform_buffer_mib: float = Field(
        1, ge=0.2, le=3, description="Records Firehose hands to one call of the transform function, in MiB"
    )
    transform_memory_mb: int = Field(512, ge=128, le=10240, description="Memory of the transform function")
    # Firehose gives up on a call after 5 minutes
    # (https://docs.aws.amazon.com/firehose/latest/dev/data-transformation.html).
    transform_timeout_seconds: int = Field(60, ge=1, le=300, description="Time limit of the transform function")
    transform_retries: int = Field(3, ge=0, le=300, description="Times Firehose repeats a failed call")

    # --- lakehouse -------------------------------------------------------------------------------------------
    glue_workers: int = Field(2, ge=2, le=299, description="G.1X workers of the Glue job")
    glue_timeout_minutes: int = Field(30, ge=1, le=10080, description="Time limit of a run of the Glue job")
    nightly_hour_utc: int | None = Field(
        None,
        ge=0,
        le=23,
        description="Hour (UTC) to start the Glue workflow every day; by default only on demand",
    )
    quality_gate: bool = Field(True, description="Publish curated data only if the data quality rules hold")
    # https://docs.aws.amazon.com/athena/latest/APIReference/API_WorkGroupConfiguration.html
    athena_cutoff_bytes: int = Field(
        1_000_000_000,
        ge=10_000_000,
        le=7_000_000_000_000_000,
        description="Athena cancels a query of the work group that scans more bytes",
    )

    # --- training --------------------------------------------------------------------------------------------
    processing_instance: str = Field(
        "ml.m5.xlarge", pattern=INSTANCE_TYPE, description="Instance type of the pipeline's processing jobs"
    )
    training_instance: str = Field(
        "ml.m5.xlarge", pattern=INSTANCE_TYPE, description="Instance type of the pipeline's training jobs"
    )
    training_spot: bool = Field(False, description="Train on spot capacity: cheaper, may wait or start again")
    tuning: bool = Field(False, description="Search the hyperparameters by ten training jobs instead of one")
    # Above 0.85 the evaluation takes the model for one that knows the answer
    minimum_auc: float = Field(
        0.62, ge=0.5, le=0.85, description="A model is registered only with so large an AUC on the latest days"
    )
    minimum_gain: float = Field(
        0.0, ge=0, le=0.35, description="A model is registered only if its AUC beats the carrier-hour rate's by more"
    )
    train_every_days: int | None = Field(
        None, ge=1, le=365, description="Start the training pipeline every so many days; by default only on demand"
    )
    train_after_curation: bool = Field(
        False, description="Start the training pipeline when the curation job has succeeded"
    )

    # --- serving ---------------------------------------------------------------------------------------------
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
    # At most half of the fleet and an hour
    # (https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_TrafficRoutingConfig.html).
    canary_percent: int = Field(10, ge=1, le=50, description="Share of the requests a new version gets at first")
    # An alarm takes up to three: for the data of a minute to be complete, to arrive, and to be looked at.
    canary_minutes: int = Field(
        10, ge=5, le=60, description="Minutes a new version is watched with that share, and again with all requests"
    )
    endpoint_latency_ms: int = Field(
        1000, ge=1, le=60_000, description="A version that on average takes longer to answer is rolled back"
    )

    # --- monitoring ------------------------------------------------------------------------------------------
    # Model Monitor is closed to accounts that have not used it before 2026-07-30: "processing" does the same in every
    # account (https://docs.aws.amazon.com/sagemaker/latest/dg/model-monitor-availability-change.html).
    monitoring: Literal["processing", "model_monitor", "off"] = Field(
        default_factory=lambda others: "processing" if _captures(others) else "off",
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
        90, ge=28, le=3650, description="Days of curated flights, the newest ones, that such a training uses"
    )

    # --- people and money ------------------------------------------------------------------------------------
    alarm_email: str | None = Field(
        None,
        pattern=r"^[A-Za-z0-9._%+-]+@([A-Za-z0-9-]+\.)+[A-Za-z]{2,}$",
        max_length=50,
        description="Who gets alarms and budget warnings",
    )
    budget_usd: float | None = Field(
        None, gt=0, le=1_000_000, description="Monthly budget; a mail is sent at 80 % and when 100 % is forecast"
    )

    @field_validator("*", mode="before")
    @classmethod
    def _empty_is_unset(cls, value: Any) -> Any:
        return None if value == "" else value

    @field_validator("log_retention_days")
    @classmethod
    def _known_retention(cls, value: int) -> int:
        if value not in LOG_RETENTION_DAYS:
            raise ValueError(f"CloudWatch Logs keeps logs for one of {', '.join(map(str, LOG_RETENTION_DAYS))} days")
        return value

    @field_validator("endpoint_instance", "monitor_instance")
    @classmethod
    def _runs_the_image(cls, value: str, field: ValidationInfo) -> str:
        families = ENDPOINT_FAMILIES if field.field_name == "endpoint_instance" else MONITOR_FAMILIES
        if not re.fullmatch(rf"ml\.({'|'.join(families)})\.(medium|large|\d*xlarge)", value):
            raise ValueError(
                "it must be an x86 type without a local disk, which our key could not encrypt: ml., one of "
                f"{', '.join(families)}, and a size"
            )
        return value

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

    @model_validator(mode="after")
    def _monitor(self) -> Self:
        if self.monitoring == "off":
            return self
        others = self.model_dump(include={"endpoint", "capture_percent"})
        if not _captures(others):
            given = ", ".join(f"{name}={value}" for name, value in others.items())
            raise ValueError(
                f"monitoring would see nothing, for with {given} no traffic is captured: remove it, or set "
                "endpoint=instance and capture_percent above 0"
            )
        if self.monitoring == "model_monitor" and self.monitor_every_hours > MODEL_MONITOR_HOURS:
            raise ValueError(
                f"monitor_every_hours must be at most {MODEL_MONITOR_HOURS} with monitoring=model_monitor: lower it, "
                "or set monitoring=processing"
            )
        return self

    @model_validator(mode="after")
    def _agree(self) -> Self:
        if self.keep_data != (self.removal_policy == "retain"):
            raise ValueError(
                "keep_data and removal_policy disagree: to keep data set keep_data=true and removal_policy=retain, "
                "to let destroy remove it set keep_data=false and removal_policy=destroy"
            )
        if self.stream_mode == "on_demand" and self.shards is not None:
            raise ValueError("shards is for provisioned streams only: remove it or set stream_mode=provisioned")
        if self.budget_usd is not None and self.alarm_email is None:
            raise ValueError("budget_usd would warn nobody: set alarm_email too, or remove budget_usd")
        if self.account is not None and self.region is None:
            raise ValueError("region is missing: with account set, set region too, or remove account")
        return self

    @model_validator(mode="after")
    def _images_are_there(self) -> Self:
        frameworks = ["xgboost", "sklearn", *(["model-monitor"] if self.monitoring == "model_monitor" else [])]
        regions = image_regions(*frameworks)
        if self.region is not None and self.region not in regions:
            raise ValueError(
                f"region {self.region} is not among those where AWS keeps the images of {', '.join(frameworks)}: "
                f"choose one of {', '.join(sorted(regions))}"
            )
        return self

    @field_validator("tags")
    @classmethod
    def _free_tags(cls, value: str | None) -> str | None:
        names = [tag.partition("=")[0] for tag in (value or "").split(",")]
        if "project" in names or any(name.startswith("aws:") for name in names):
            raise ValueError("project and what begins with aws: are taken")
        if len(set(names)) < len(names):
            raise ValueError("a tag is there twice")
        return value

    @property
    def all_tags(self) -> dict[str, str]:
        """What every resource is tagged with: the project, and the owner's tags."""
        own = (tag.partition("=") for tag in (self.tags or "").split(",") if tag)
        return {"project": self.prefix} | {name: value for name, _, value in own}


def _captures(settings: Mapping[str, Any]) -> bool:
    """Whether there is captured traffic: serverless endpoints have no data capture.

    https://docs.aws.amazon.com/sagemaker/latest/dg/serverless-endpoints.html, "Feature exclusions"
    """
    percent: int = settings.get("capture_percent", 100)
    return settings.get("endpoint", "instance") == "instance" and percent > 0


def from_context(context: Mapping[str, Any]) -> Settings:
    """The settings in a CDK context; raises SettingsError with one sentence when one cannot be used."""
    given = {name: value for name, value in context.items() if _OURS.fullmatch(name)}
    for name in given:
        if name not in Settings.model_fields:
            near = difflib.get_close_matches(name, Settings.model_fields, n=1)
            hint = f"did you mean {near[0]!r}?" if near else f"settings are {', '.join(Settings.model_fields)}."
            raise SettingsError(f"There is no setting {name!r}: {hint}")
    try:
        return Settings.model_validate(given)
    except ValidationError as error:
        raise SettingsError(_sentence(error)) from None


def _sentence(error: ValidationError) -> str:
    first = error.errors(include_url=False)[0]
    reason = first["msg"].removeprefix("Value error, ")
    if not first["loc"]:
        return f"Setting {reason}."
    name = str(first["loc"][0])
    field = Settings.model_fields[name]
    reason = reason[0].lower() + reason[1:]
    return (
        f"Setting {name}={_shown(first['input'])} cannot be used ({field.description}): {reason}; "
        f"the default is {field.get_default(call_default_factory=True, validated_data={})}."
    )


def _shown(value: Any) -> str:
    text = " ".join(str(value).split())
    return text if len(text) <= 60 else f"{text[:57]}..."
