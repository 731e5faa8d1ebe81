"""EventBridge Scheduler, and the clock by which rules and Glue's schedules fire too.

The clock agrees with the wall clock at the start and then passes ``speed`` times as fast (``timetable``).
"""

from localcloud.cloud import Cloud
from localcloud.scheduler import api, rules  # noqa: F401 - importing registers the patches
from localcloud.scheduler.engine import SchedulerEngine

TITLE = "EventBridge Scheduler"
REAL = (
    "rate, cron (with L, W, #, years, time zones and daylight saving) and at; start, end, state, flexible time "
    "windows, deletion after completion; groups",
    "templated targets Lambda, Step Functions, SNS, SQS, SageMaker pipelines, Kinesis, Data Firehose, EventBridge, and "
    "universal targets: any operation of the AWS SDK that is not read-only, as far as the local cloud has it",
    "context attributes, retries, dead-letter queues with Scheduler's attributes",
)
DIFFERENT = (
    "schedules follow a clock that starts at the wall clock's time and passes speed times as fast: with speed 60 a "
    "rate(1 hour) fires every minute, and <aws.scheduler.scheduled-time> runs ahead of the wall clock",
    "to the second, where AWS promises the minute",
    "refused by name: CodeBuild, CodePipeline, ECS, Inspector as templated targets",
)


def engine(cloud: Cloud) -> SchedulerEngine:
    """The timetable of one cloud."""
    return SchedulerEngine(cloud)
