"""A Glue workflow: a crawler, then a job."""

from aws_cdk import aws_glue as glue
from constructs import Construct

_Trigger = glue.CfnTrigger


def crawl_then_run(
    scope: Construct, name: str, *, crawler: glue.CfnCrawler, job: glue.CfnJob, nightly_hour_utc: int | None
) -> glue.CfnWorkflow:
    """Run ``crawler`` and, when it has succeeded, ``job``.

    Args:
        nightly_hour_utc: starts every day at this hour; None: only on demand, which costs nothing.
    """
    workflow = glue.CfnWorkflow(scope, name, description="Crawls, then runs the job", max_concurrent_runs=1)
    crawl = [_Trigger.ActionProperty(crawler_name=crawler.ref)]
    if nightly_hour_utc is None:
        _Trigger(scope, f"{name}Start", type="ON_DEMAND", workflow_name=workflow.ref, actions=crawl)
    else:
        _Trigger(
            scope,
            f"{name}Start",
            type="SCHEDULED",
            schedule=f"cron(0 {nightly_hour_utc} * * ? *)",
            start_on_creation=True,
            workflow_name=workflow.ref,
            actions=crawl,
        )
    _Trigger(
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
    return workflow
