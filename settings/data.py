"""What concerns the way of the data: stream, delivery, lakehouse."""

from typing import Literal, Self

from pydantic import Field, field_validator, model_validator

import contracts
from settings.base import Section


class Data(Section):
    """From events to the curated table."""

    dataset: str = Field(
        "flights",
        pattern=r"^[a-z][a-z0-9]{1,30}$",
        description="Folder of datasets/ with everything that knows a column: contract, features, curation, queries",
    )

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

    @field_validator("dataset")
    @classmethod
    def _there_is_one(cls, value: str) -> str:
        if value not in contracts.names():
            raise ValueError(
                f"there is no folder datasets/{value} with a contract, only {', '.join(contracts.names())}"
            )
        return value

    @model_validator(mode="after")
    def _shards_are_provisioned(self) -> Self:
        if self.stream_mode == "on_demand" and self.shards is not None:
            raise ValueError("shards is for provisioned streams only: remove it or set stream_mode=provisioned")
        return self
