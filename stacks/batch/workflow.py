"""A Glue workflow: a crawler, then a job."""

from aws_cdk import aws_glue as glue
from constructs import Construct

_Trigger = glue.CfnTrigger


def crawl_then_run(
    scope: Construct, name: str, *, crawler: glue.CfnCrawler, job: glue.CfnJob, nightly_hour_utc: int | None
) -> glue.CfnWorkflow:
    """Run ``crawler`` and, when it has succeeded, ``job``.

    A workflow has one starting trigger. When the hour is set or taken back, that trigger becomes one of another type,
    which CloudFormation makes before it deletes the old one; so the nightly workflow is another workflow.

    Args:
        nightly_hour_utc: starts every day at this hour; None: only on demand, which costs nothing.
    """
    if nightly_hour_utc is not None:
        name = f"{name}Nightly"
    workflow = glue.CfnWorkflow(scope, name, description="Crawls, then runs the job", max_concurrent_runs=1)
    crawl = [_Trigger.ActionProperty(crawler_name=crawler.ref)]
    if nightly_hour_utc is None:
        start = _Trigger(scope, f"{name}Start", type="ON_DEMAND", workflow_name=workflow.ref, actions=crawl)
    else:
        start = _Trigger(
            scope,
            f"{name}Start",
            type="SCHEDULED",
            schedule=f"cron(0 {nightly_hour_utc} * * ? *)",
            start_on_creation=True,
            workflow_name=workflow.ref,
            actions=crawl,
        )
    run = _Trigger(
        scope,
        f"{name}Run",
        type="CONDITIONAL",
        start_on_creation=True,  # else it is created switched off
        workflow_name=workflow.ref,
        predicate=_Trigger.PredicateProperty(
            conditions=[
                _Trigger.ConditionProperty(
                    crawler_name=crawler.ref, crawl_state="SUCCEEDED", logical_operator="EQUALS"
                )
            ]
        ),
        actions=[_Trigger.ActionProperty(job_name=job.ref)],
    )
    # Changed at the same time, the triggers of one workflow fail each other now and then
    # (https://github.com/aws-cloudformation/cloudformation-coverage-roadmap/issues/2103).
    run.add_resource_dependency(start)
    return workflow
