"""Scoring of single events: how many at once, how long they are tried, which a person looks at."""

from typing import Literal

from pydantic import Field

from settings.base import Section


class Scoring(Section):
    """The architecture realtime_scoring."""

    # --- the consumers of the stream (https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-parameters.html)
    score_batch: int = Field(
        100, ge=1, le=1000, description="Events in one call of the scoring function, and of that which keeps features"
    )
    score_window_seconds: int = Field(
        0, ge=0, le=60, description="Wait so long for a batch to fill before events are scored; 0 scores at once"
    )
    score_parallel: int = Field(
        1, ge=1, le=10, description="Batches of one shard that are worked on at the same time"
    )
    # What can never be taken is not tried again at all, so the age is the bound: a late score is worth nothing.
    score_retries: int = Field(
        -1, ge=-1, le=10_000, description="Times a failed batch is tried again; -1 as often as its age allows"
    )
    score_max_age_seconds: int = Field(
        3600, ge=60, le=604_800, description="An event that could not be scored for so long is a dead letter"
    )
    score_wait_ms: int = Field(
        2000, ge=0, le=10_000, description="Wait so long for an event's features to be kept; then score without"
    )
    score_latency_ms: int = Field(
        5000, ge=100, le=300_000, description="Budget from an event's arrival to its score, of 99 in 100; an alarm"
    )
    score_keep_days: int = Field(30, ge=1, le=365, description="Days to keep scores")

    # --- doubtful scores
    review_margin: float = Field(
        0.01, ge=0, le=0.5, description="A probability so near to the threshold is shown to a person"
    )
    # a message waits at most 14 days (https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/
    # quotas-messages.html)
    review_hours: int = Field(24, ge=1, le=336, description="Hours that a review waits for its verdict")

    # --- tracing
    # Traces of functions that nobody calls cost nothing; the first 100,000 a month cost nothing either
    # (https://aws.amazon.com/xray/pricing/).
    tracing: Literal["active", "adot", "off"] = Field(
        "active",
        description="Traces of functions and reviews: their calls, with AWS's OpenTelemetry layer also what they call, "
        "or none",
    )
