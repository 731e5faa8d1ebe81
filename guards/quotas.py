"""Quotas that a new account meets: what these settings need of each, and how to ask for more.

A new account's quota of most SageMaker instance types is 0, and its Lambda concurrency may be 10
(https://docs.aws.amazon.com/sagemaker/latest/dg/regions-quotas.html,
https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html).
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from settings import Settings
from stacks.catalogue import chosen

# Functions that can run at once: one transform a shard (or a few on demand), and the small ones of the other stacks
OTHER_FUNCTIONS = 5


@dataclass(frozen=True)
class Need:
    """What is needed of a quota.

    Attributes:
        service: code of Service Quotas.
        quota: its name there.
        why: what asks for it.
    """

    service: str
    quota: str
    number: int
    why: str


def needs(settings: Settings) -> tuple[Need, ...]:
    """What a deployment with these settings needs, the endpoint included."""
    names = [architecture.name for architecture in chosen(settings)]
    return tuple(need for name in names if name in NEEDS for need in NEEDS[name](settings))


def _training(settings: Settings) -> Iterator[Need]:
    # Evaluation and baseline run at once, and so do both checks of monitoring.
    yield Need("sagemaker", f"{settings.processing_instance} for processing job usage", 2, "processing jobs")
    kind = "spot training" if settings.training_spot else "training"
    # The jobs of tuning run one after the other.
    yield Need("sagemaker", f"{settings.training_instance} for {kind} job usage", 1, "training jobs")


def _serving(settings: Settings) -> Iterator[Need]:
    if settings.endpoint == "instance":
        variants = 2 if settings.challenger_share > 0 else 1
        most = settings.endpoint_max_instances or settings.endpoint_instances
        # blue/green: the new fleet runs beside the old one
        # (https://docs.aws.amazon.com/sagemaker/latest/dg/deployment-guardrails-blue-green.html)
        number = 2 * variants * most
        yield Need(
            "sagemaker", f"{settings.endpoint_instance} for endpoint usage", number, "the endpoint and its successor"
        )


def _network(_: Settings) -> Iterator[Need]:
    yield Need("vpc", "VPCs per Region", 1, "the network of jobs and models")


def _events_to_sql(settings: Settings) -> Iterator[Need]:
    shards = (settings.shards or 1) if settings.stream_mode == "provisioned" else 4  # on demand begins with four
    yield Need("lambda", "Concurrent executions", shards + OTHER_FUNCTIONS, "the functions")
    if settings.stream_mode == "provisioned":
        yield Need("kinesis", "Shards per Region", shards, "the event stream")
    yield Need("firehose", "Delivery streams", 1, "the delivery stream")
    yield Need("glue", "Max concurrent job runs per account", 1, "the curation job")
    yield Need("glue", "Max task DPUs per account", settings.glue_workers, "the curation job")


def _realtime_scoring(settings: Settings) -> Iterator[Need]:
    shards = (settings.shards or 1) if settings.stream_mode == "provisioned" else 4
    # beside the transform function two consumers of each shard, and one of the table's stream
    number = shards * (1 + 2 * settings.score_parallel) + 1 + OTHER_FUNCTIONS
    yield Need("lambda", "Concurrent executions", number, "the functions, those that score included")
    if settings.stream_mode == "provisioned":
        yield Need("kinesis", "Shards per Region", 2 * shards, "the streams of events and of scores")


NEEDS: dict[str, Callable[[Settings], Iterator[Need]]] = {
    "network": _network,
    "events_to_sql": _events_to_sql,
    "training": _training,
    "serving": _serving,
    "realtime_scoring": _realtime_scoring,
}
