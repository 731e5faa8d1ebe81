"""What starts a SageMaker pipeline without a person: a schedule, or the end of a Glue job."""

from aws_cdk import aws_events as events
from aws_cdk import aws_scheduler as scheduler
from constructs import Construct

from stacks.parts.role import Allow, scoped_role

_Schedule = scheduler.CfnSchedule


def every(number: int, unit: str) -> str:
    """``rate(7 days)``, and ``rate(1 day)``, for EventBridge tells one from many."""
    return f"rate({number} {unit if number == 1 else f'{unit}s'})"


def start_every(scope: Construct, name: str, *, description: str, rate: str, pipeline_arn: str) -> _Schedule:
    """Start the pipeline with its default parameters at a ``rate``, as `every` writes it.

    https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-targets-templated.html
    """
    return _Schedule(
        scope,
        name,
        description=description,
        schedule_expression=rate,
        flexible_time_window=_Schedule.FlexibleTimeWindowProperty(mode="OFF"),
        target=_Schedule.TargetProperty(
            arn=pipeline_arn, role_arn=_starter(scope, f"{name}Role", "scheduler.amazonaws.com", pipeline_arn)
        ),
    )


def start_after_job(scope: Construct, name: str, *, job_name: str, pipeline_arn: str) -> events.CfnRule:
    """Start the pipeline with its default parameters whenever a run of the Glue job has succeeded.

    https://docs.aws.amazon.com/eventbridge/latest/ref/events-ref-glue.html
    """
    return events.CfnRule(
        scope,
        name,
        description="Trains when there is new curated data",
        event_pattern={
            "source": ["aws.glue"],
            "detail-type": ["Glue Job State Change"],
            "detail": {"jobName": [job_name], "state": ["SUCCEEDED"]},
        },
        targets=[
            events.CfnRule.TargetProperty(
                id="Pipeline",
                arn=pipeline_arn,
                role_arn=_starter(scope, f"{name}Role", "events.amazonaws.com", pipeline_arn),
            )
        ],
    )


def _starter(scope: Construct, name: str, service: str, pipeline_arn: str) -> str:
    allow = Allow(("sagemaker:StartPipelineExecution",), (pipeline_arn,))
    return scoped_role(scope, name, service, "Starts the pipeline", allow).role_arn
