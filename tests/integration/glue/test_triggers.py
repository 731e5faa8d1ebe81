"""Triggers and workflows start real jobs and crawlers."""

import time
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.integration.glue.lake import BUCKET, DATABASE, WAIT, Lake, wait_for

CRAWLED = {"CrawlerName": "crawl", "CrawlState": "SUCCEEDED", "LogicalOperator": "EQUALS"}
PRINT = "import sys\nprint('ran', *sys.argv[1:])\n"
FAIL = "raise ValueError('no')\n"


def crawler(lake: Lake) -> None:
    lake.put_parquet("raw/flights/day=01/a.parquet", {"id": [1]})
    targets = {"S3Targets": [{"Path": f"s3://{BUCKET}/raw/flights/"}]}
    lake.glue.create_crawler(Name="crawl", Role="r", DatabaseName=DATABASE, Targets=targets)


def workflow(lake: Lake, script: str = PRINT) -> None:
    """A crawler, then the job ``first``, then the job ``second``."""
    crawler(lake)
    lake.job(script, "first")
    lake.job(PRINT, "second")
    lake.glue.create_workflow(Name="flow", MaxConcurrentRuns=1)
    lake.glue.create_trigger(Name="start", Type="ON_DEMAND", WorkflowName="flow", Actions=[{"CrawlerName": "crawl"}])
    conditional(lake, "then", {"CrawlerName": "crawl", "CrawlState": "SUCCEEDED"}, "first", WorkflowName="flow")
    conditional(lake, "last", {"JobName": "first", "State": "SUCCEEDED"}, "second", WorkflowName="flow")


def conditional(lake: Lake, name: str, condition: dict[str, str], job: str, **more: Any) -> None:
    lake.glue.create_trigger(
        Name=name,
        Type="CONDITIONAL",
        StartOnCreation=True,
        Predicate={"Conditions": [{"LogicalOperator": "EQUALS", **condition}]},
        Actions=[{"JobName": job, "Arguments": {"--by": name}}],
        **more,
    )


def run_workflow(lake: Lake) -> dict[str, Any]:
    run_id = lake.glue.start_workflow_run(Name="flow")["RunId"]
    read = lambda: lake.glue.get_workflow_run(Name="flow", RunId=run_id)["Run"]  # noqa: E731
    return wait_for(read, "Status", {"COMPLETED", "STOPPED", "ERROR"})


def runs(lake: Lake, job: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = lake.glue.get_job_runs(JobName=job)["JobRuns"]
    return found


def test_a_workflow_crawls_then_runs_the_jobs_one_after_the_other(lake: Lake) -> None:
    workflow(lake)
    run = run_workflow(lake)
    assert run["Status"] == "COMPLETED"
    assert run["Statistics"]["TotalActions"] == run["Statistics"]["SucceededActions"] == 3
    assert lake.partitions("flights") == [["01"]]
    (first,), (second,) = runs(lake, "first"), runs(lake, "second")
    assert (first["JobRunState"], first["TriggerName"]) == ("SUCCEEDED", "then")
    assert second["StartedOn"] >= first["CompletedOn"]
    assert second["Arguments"] == {
        "--by": "last",
        "--WORKFLOW_NAME": "flow",
        "--WORKFLOW_RUN_ID": run["WorkflowRunId"],
    }


def test_a_failed_job_ends_the_chain(lake: Lake) -> None:
    workflow(lake, FAIL)
    run = run_workflow(lake)
    assert run["Status"] == "COMPLETED"
    assert (run["Statistics"]["SucceededActions"], run["Statistics"]["FailedActions"]) == (1, 1)
    assert runs(lake, "second") == []


def test_a_job_that_no_trigger_started_fires_nothing(lake: Lake) -> None:
    lake.job(PRINT, "first")
    lake.job(PRINT, "second")
    conditional(lake, "then", {"JobName": "first", "State": "SUCCEEDED"}, "second")
    lake.wait(lake.start("first"), "first")
    lake.glue.create_trigger(Name="go", Type="ON_DEMAND", Actions=[{"JobName": "first"}])
    lake.glue.start_trigger(Name="go")
    deadline = time.monotonic() + WAIT
    while not (second := runs(lake, "second")) or second[0]["StartedOn"] < runs(lake, "first")[0]["StartedOn"]:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    lake.wait(second[0]["Id"], "second")
    assert len(runs(lake, "first")) == 2
    assert len(second) == 1  # the run by hand did not count
    assert lake.glue.get_trigger(Name="go")["Trigger"]["State"] == "CREATED"


def test_a_deactivated_trigger_does_not_fire(lake: Lake) -> None:
    workflow(lake)
    lake.glue.stop_trigger(Name="then")
    run_workflow(lake)
    assert runs(lake, "first") == []
    assert lake.glue.get_trigger(Name="then")["Trigger"]["State"] == "DEACTIVATED"


def test_a_workflow_runs_as_often_at_once_as_it_may_and_can_be_stopped(lake: Lake) -> None:
    lake.job("import time\ntime.sleep(60)\n", "first", ExecutionProperty={"MaxConcurrentRuns": 2})
    lake.glue.create_workflow(Name="flow", MaxConcurrentRuns=1)
    lake.glue.create_trigger(Name="start", Type="ON_DEMAND", WorkflowName="flow", Actions=[{"JobName": "first"}])
    run_id = lake.glue.start_workflow_run(Name="flow")["RunId"]
    with pytest.raises(lake.glue.exceptions.ConcurrentRunsExceededException):
        lake.glue.start_workflow_run(Name="flow")
    lake.glue.stop_workflow_run(Name="flow", RunId=run_id)
    read = lambda: lake.glue.get_workflow_run(Name="flow", RunId=run_id)["Run"]  # noqa: E731
    assert wait_for(read, "Status", {"STOPPED", "COMPLETED"})["Status"] == "STOPPED"
    assert runs(lake, "first")[0]["JobRunState"] == "STOPPED"


def test_trigger_definitions_are_read_back_changed_and_deleted(lake: Lake) -> None:
    lake.job(PRINT, "first")
    action = {"JobName": "first", "Arguments": {"--a": "1"}, "Timeout": 5}
    schedule = "cron(0 3 * * ? *)"
    lake.glue.create_trigger(
        Name="nightly", Type="SCHEDULED", Schedule=schedule, StartOnCreation=True, Actions=[action], Tags={"a": "b"}
    )
    assert lake.glue.get_trigger(Name="nightly")["Trigger"] == {
        "Name": "nightly",
        "Type": "SCHEDULED",
        "State": "ACTIVATED",
        "Schedule": schedule,
        "Actions": [action],
    }
    with pytest.raises(lake.glue.exceptions.AlreadyExistsException):
        lake.glue.create_trigger(Name="nightly", Type="ON_DEMAND", Actions=[action])
    changed = lake.glue.update_trigger(
        Name="nightly", TriggerUpdate={"Schedule": "cron(0 4 * * ? *)", "Description": "later", "Actions": [action]}
    )["Trigger"]
    assert (changed["Schedule"], changed["Description"]) == ("cron(0 4 * * ? *)", "later")
    lake.glue.delete_trigger(Name="nightly")
    assert lake.glue.get_triggers()["Triggers"] == []


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"Type": "ON_DEMAND", "StartOnCreation": True}, "StartOnCreation"),
        ({"Type": "SCHEDULED"}, "Schedule"),
        ({"Type": "CONDITIONAL"}, "Predicate"),
        ({"Type": "ON_DEMAND", "Actions": []}, "Actions"),
        *(
            ({"Type": "CONDITIONAL", "Predicate": {"Conditions": [condition]}}, told)
            for condition, told in (
                ({"LogicalOperator": "EQUALS"}, "JobName with State, or CrawlerName with CrawlState"),
                ({"CrawlerName": "crawl", "CrawlState": "SUCCEEDED"}, "Logical operator cannot be null or empty"),
                (
                    {"CrawlerName": "crawl", "State": "SUCCEEDED", "LogicalOperator": "EQUALS"},
                    r"choose from one of the following crawler state: \[SUCCEEDED, FAILED, CANCELLED\]",
                ),
                ({"JobName": "other", "LogicalOperator": "EQUALS"}, "State cannot be null or empty"),
                (
                    {"JobName": "first", "State": "SUCCEEDED", "LogicalOperator": "EQUALS"},
                    "Job cannot be a Predicate and Action",
                ),
            )
        ),
    ],
)
def test_a_wrong_trigger_is_refused(lake: Lake, wrong: dict[str, Any], told: str) -> None:
    with pytest.raises(lake.glue.exceptions.InvalidInputException, match=told):
        lake.glue.create_trigger(**{"Name": "bad", "Actions": [{"JobName": "first"}], **wrong})


@pytest.mark.parametrize("operator", ["", "NOT"])
def test_an_operator_outside_of_the_model_is_refused_before_the_service_looks(lake: Lake, operator: str) -> None:
    condition = {**CRAWLED, "LogicalOperator": operator}
    with pytest.raises(ClientError, match=r"ValidationException.*enum value set: \[EQUALS\]"):
        lake.glue.create_trigger(
            Name="bad", Type="CONDITIONAL", Actions=[{"JobName": "first"}], Predicate={"Conditions": [condition]}
        )


@pytest.mark.parametrize("second", [{"Type": "ON_DEMAND"}, {"Type": "SCHEDULED", "Schedule": "cron(0 3 * * ? *)"}])
def test_a_workflow_has_one_starting_trigger(lake: Lake, second: dict[str, str]) -> None:
    actions = [{"JobName": "first"}]
    for name in ("flow", "other"):
        lake.glue.create_workflow(Name=name)
    lake.glue.create_trigger(Name="start", Type="ON_DEMAND", WorkflowName="flow", Actions=actions)
    with pytest.raises(lake.glue.exceptions.InvalidInputException, match="flow already has a starting trigger"):
        lake.glue.create_trigger(Name="again", WorkflowName="flow", Actions=actions, **second)
    lake.glue.create_trigger(Name="again", WorkflowName="other", Actions=actions, **second)
    lake.glue.create_trigger(Name="outside", Actions=actions, **second)
    lake.glue.delete_trigger(Name="start")
    lake.glue.create_trigger(Name="start", WorkflowName="flow", Actions=actions, **second)
