"""Jobs that a state starts and waits for."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.integration.inbox import until

One = Callable[..., dict[str, Any]]
IMAGE = "123456789012.dkr.ecr.us-east-1.amazonaws.com/none:1"
SCRIPT = """
import sys, time
if "--slow" in sys.argv:
    time.sleep(600)
if "--fail" in sys.argv:
    raise SystemExit("as wanted")
"""


@pytest.fixture(scope="module")
def job(states: Any) -> str:
    """A job of Glue, which fails or takes long when it is told to."""
    s3 = states.cloud.client("s3")
    s3.create_bucket(Bucket="jobs")
    s3.put_object(Bucket="jobs", Key="job.py", Body=SCRIPT.encode())
    states.cloud.client("iam").create_role(RoleName="glue", AssumeRolePolicyDocument="{}")
    states.cloud.client("glue").create_job(
        Name="job",
        Role="glue",
        GlueVersion="6.0",
        Command={"Name": "glueetl", "PythonVersion": "3", "ScriptLocation": "s3://jobs/job.py"},
        ExecutionProperty={"MaxConcurrentRuns": 5},
    )
    return "job"


def glue(job: str, **arguments: str) -> dict[str, Any]:
    parameters = {"JobName": job, **({"Arguments": arguments} if arguments else {})}
    return {"Type": "Task", "Resource": "arn:aws:states:::glue:startJobRun.sync", "Parameters": parameters}


def test_a_glue_job_is_waited_for(states: Any, job: str, one: One) -> None:
    told = states.run(one(glue(job)))
    assert (told["JobName"], told["JobRunState"]) == (job, "SUCCEEDED")
    assert isinstance(told["StartedOn"], int)


def test_a_glue_job_that_fails_is_caught(states: Any, job: str) -> None:
    machine = {
        "StartAt": "Job",
        "States": {
            "Job": {
                **glue(job, **{"--fail": "1"}),
                "Catch": [{"ErrorEquals": ["States.TaskFailed"], "Next": "Caught"}],
                "End": True,
            },
            "Caught": {"Type": "Pass", "Parameters": {"why.$": "States.StringToJson($.Cause)"}, "End": True},
        },
    }
    assert states.run(machine)["why"]["JobRunState"] == "FAILED"


def test_a_job_is_stopped_with_the_execution(states: Any, job: str, one: One) -> None:
    glue_client = states.cloud.client("glue")
    before = {run["Id"] for run in glue_client.get_job_runs(JobName=job)["JobRuns"]}

    def new() -> list[dict[str, Any]]:
        return [run for run in glue_client.get_job_runs(JobName=job)["JobRuns"] if run["Id"] not in before]

    execution = states.start(states.machine(one(glue(job, **{"--slow": "1"}))))
    until(lambda: [run["JobRunState"] for run in new()], lambda found: found == ["RUNNING"])
    states.client.stop_execution(executionArn=execution)
    assert states.ended(execution)["status"] == "ABORTED"
    until(lambda: [run["JobRunState"] for run in new()], lambda found: found == ["STOPPED"])


def test_a_job_that_is_not_there_has_the_error_of_glue(states: Any, one: One) -> None:
    error, cause = states.fail(one(glue("none")))
    assert error == "Glue.EntityNotFoundException"
    assert "none" in cause


def athena(query: str) -> dict[str, Any]:
    return {
        "Type": "Task",
        "Resource": "arn:aws:states:::athena:startQueryExecution.sync",
        "Parameters": {"QueryString": query, "ResultConfiguration": {"OutputLocation": "s3://jobs/athena/"}},
    }


def test_a_query_is_waited_for_and_read(states: Any, job: str) -> None:
    read = {
        "Type": "Task",
        "Resource": "arn:aws:states:::athena:getQueryResults",
        "Parameters": {"QueryExecutionId.$": "$.QueryExecution.QueryExecutionId"},
        "ResultSelector": {"value.$": "$.ResultSet.Rows[1].Data[0].VarCharValue"},
        "End": True,
    }
    machine = {"StartAt": "Ask", "States": {"Ask": {**athena("SELECT 40 + 2 AS n"), "Next": "Read"}, "Read": read}}
    assert states.run(machine) == {"value": "42"}


def test_a_query_with_a_fault_fails_with_its_description(states: Any, job: str, one: One) -> None:
    error, cause = states.fail(one(athena("SELEC 1")))
    assert error in ("Athena.InvalidRequestException", "States.TaskFailed")
    assert "SELEC" in cause


def test_a_training_job_that_is_refused_has_the_error_of_sagemaker(states: Any, one: One) -> None:
    parameters = {
        "TrainingJobName": "t",
        "RoleArn": states.role,
        "AlgorithmSpecification": {"TrainingInputMode": "File", "TrainingImage": IMAGE},
        "OutputDataConfig": {"S3OutputPath": "s3://jobs/out"},
        "ResourceConfig": {"InstanceCount": 1, "InstanceType": "ml.m5.large", "VolumeSizeInGB": 1},
        "StoppingCondition": {"MaxRuntimeInSeconds": 60},
    }  # fmt: skip
    state = {
        "Type": "Task",
        "Resource": "arn:aws:states:::sagemaker:createTrainingJob.sync",
        "Parameters": parameters,
    }
    error, cause = states.fail(one(state))
    assert error in ("States.TaskFailed", "SageMaker.NotImplementedException")
    assert "none:1" in json.dumps(cause)
