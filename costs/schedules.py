"""What starts by itself also costs while nobody does anything: triggers and schedules, as often as they fire."""

import re
from collections.abc import Iterator
from typing import Any

from costs import runs
from costs.prices import CostError
from costs.templates import Resource, Stack, text
from costs.use import Use

_RATE = re.compile(r"rate\((\d+) (minute|hour|day)s?\)")
_ANY_DAY = r"(?:\* \* \? \*|\? \* \* \*)"
_DAILY = re.compile(rf"cron\(\d+ \d+ {_ANY_DAY}\)")
_HOURLY = re.compile(rf"cron\(\d+ \* {_ANY_DAY}\)")
_EVERY = re.compile(rf"cron\(\d+ (\d+)/(\d+) {_ANY_DAY}\)")  # from an hour of the day on, every so many hours
_HOURS = {"minute": 1 / 60, "hour": 1.0, "day": 24.0}


def times_an_hour(expression: str) -> float:
    """How often a schedule expression fires. Raises CostError for one that is not a rate, daily or hourly."""
    if found := _RATE.fullmatch(expression):
        return 1 / (int(found[1]) * _HOURS[found[2]])
    if _HOURLY.fullmatch(expression):
        return 1.0
    if found := _EVERY.fullmatch(expression):
        return len(range(int(found[1]), 24, int(found[2]))) / 24
    if _DAILY.fullmatch(expression):
        return 1 / 24
    raise CostError(f"how often {expression} fires is not known to costs/schedules.py")


def starts(resource: Resource, stack: Stack) -> Iterator[Use]:
    """What a trigger or a schedule causes in an idle hour."""
    match resource.type:
        case "AWS::Glue::Trigger" if resource.properties["Type"] == "SCHEDULED":
            # It starts its workflow, which is every crawler and job that the stack's triggers name.
            often = times_an_hour(resource.properties["Schedule"])
            for use in _workflow(stack):
                yield Use(use.price, use.quantity * often, f"{use.note}, {often * 24:g} times a day")
        case "AWS::Scheduler::Schedule" if resource.properties.get("State", "ENABLED") == "ENABLED":
            often = times_an_hour(resource.properties["ScheduleExpression"])
            yield Use("scheduler.invocation", often)
            for pipeline in _started(resource, stack):
                # With no traffic there is nothing to process, so conditional steps are left out.
                for use in runs.pipeline(pipeline, conditional=False):
                    yield Use(use.price, use.quantity * often, f"{use.note}, {often * 24:.3g} times a day")
        case "AWS::SageMaker::MonitoringSchedule":
            config = resource.properties["MonitoringScheduleConfig"]
            often = times_an_hour(config["ScheduleConfig"]["ScheduleExpression"])
            cluster = _monitoring_cluster(config, stack)
            quantity = often * int(cluster["InstanceCount"]) * runs.PROCESSING_SECONDS / runs.HOUR
            yield Use(f"sagemaker.{cluster['InstanceType']}", quantity, f"{often * 24:g} times a day")


def _workflow(stack: Stack) -> Iterator[Use]:
    actions = [action for trigger in stack.of("AWS::Glue::Trigger") for action in trigger.properties["Actions"]]
    named = {
        value["Ref"] for action in actions for value in action.values() if isinstance(value, dict) and "Ref" in value
    }
    for resource in stack.resources:
        if resource.logical_id in named and resource.type == "AWS::Glue::Job":
            yield runs.glue_job(resource)
        if resource.logical_id in named and resource.type == "AWS::Glue::Crawler":
            yield runs.crawl(resource)


def _started(schedule: Resource, stack: Stack) -> tuple[Resource, ...]:
    return (
        tuple(stack.of("AWS::SageMaker::Pipeline"))
        if ":pipeline/" in text(schedule.properties["Target"]["Arn"])
        else ()
    )


def _monitoring_cluster(config: dict[str, Any], stack: Stack) -> dict[str, Any]:
    definitions = list(stack.of("AWS::SageMaker::DataQualityJobDefinition"))
    if len(definitions) != 1:
        raise CostError(f"{stack.name} has {len(definitions)} data quality job definitions for its schedule")
    found: dict[str, Any] = definitions[0].properties["JobResources"]["ClusterConfig"]
    return found
