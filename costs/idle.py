"""What a resource costs in an hour in which nothing happens: one small function a CloudFormation type."""

from collections.abc import Callable, Iterator

from costs.prices import CostError, PriceTable
from costs.templates import Resource, Stack
from costs.use import Use, monthly

Estimator = Callable[[Resource, Stack], Iterator[Use]]


def key(_resource: Resource, _stack: Stack) -> Iterator[Use]:
    # A rotated key costs as much again, at most twice (https://aws.amazon.com/kms/pricing/): first after a year.
    yield monthly("kms.key_month")


def stream(resource: Resource, _stack: Stack) -> Iterator[Use]:
    hours = int(resource.properties.get("RetentionPeriodHours", 24))
    if resource.properties.get("StreamModeDetails", {}).get("StreamMode") == "ON_DEMAND":
        yield Use("kinesis.stream_hour", 1)  # longer retention is billed by what is kept
        return
    shards = int(resource.properties.get("ShardCount", 1))
    yield Use("kinesis.shard_hour", shards, f"{shards} shards" if shards > 1 else "")
    if hours > 24:
        yield Use("kinesis.extended_shard_hour", shards, f"{hours} h retention")


def alarm(resource: Resource, _stack: Stack) -> Iterator[Use]:
    """Billed by the metrics an alarm looks at; those with a period under a minute cost more."""
    metrics = [item["MetricStat"] for item in resource.properties.get("Metrics", ()) if "MetricStat" in item]
    periods = [int(metric["Period"]) for metric in metrics] or [int(resource.properties.get("Period", 60))]
    price = "cloudwatch.alarm_month" if min(periods) >= 60 else "cloudwatch.fast_alarm_month"
    yield monthly(price, len(periods))


def composite_alarm(_resource: Resource, _stack: Stack) -> Iterator[Use]:
    yield monthly("cloudwatch.composite_alarm_month")


def dashboard(_resource: Resource, _stack: Stack) -> Iterator[Use]:
    yield monthly("cloudwatch.dashboard_month")


def secret(_resource: Resource, _stack: Stack) -> Iterator[Use]:
    yield monthly("secrets.secret_month")


def vpc_endpoint(resource: Resource, _stack: Stack) -> Iterator[Use]:
    if resource.properties.get("VpcEndpointType", "Gateway") == "Interface":
        zones = len(resource.properties.get("SubnetIds", ())) or 1
        yield Use("vpc.endpoint_hour", zones, f"{zones} zones" if zones > 1 else "")


ESTIMATORS: dict[str, Estimator] = {
    "AWS::KMS::Key": key,
    "AWS::Kinesis::Stream": stream,
    "AWS::CloudWatch::Alarm": alarm,
    "AWS::CloudWatch::CompositeAlarm": composite_alarm,
    "AWS::CloudWatch::Dashboard": dashboard,
    "AWS::SecretsManager::Secret": secret,
    "AWS::EC2::VPCEndpoint": vpc_endpoint,
}
# Cost what they start, as often as they start it: see costs.schedules.
STARTERS = ("AWS::Glue::Trigger", "AWS::Scheduler::Schedule", "AWS::SageMaker::MonitoringSchedule")


def idle(resource: Resource, stack: Stack, table: PriceTable) -> tuple[Use, ...]:
    """What it uses in an idle hour; nothing for what is free or billed by use.

    Raises:
        CostError: nobody has said what this type costs.
    """
    if resource.type in ESTIMATORS:
        return tuple(ESTIMATORS[resource.type](resource, stack))
    if resource.type in STARTERS or resource.type in table.used or is_free(resource.type, table):
        return ()
    raise CostError(
        f"nobody has said what {resource.type} ({stack.name}/{resource.name}) costs: add an estimator to "
        "costs/idle.py, or the type to used or free in costs/prices.yaml"
    )


def is_free(kind: str, table: PriceTable) -> bool:
    return kind in table.free or (kind.startswith("Custom::") and "Custom::*" in table.free)
