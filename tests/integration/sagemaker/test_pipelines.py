"""Pipelines run the definition that was created, step by step, with the results of real jobs."""

import io
import json
import time
import zipfile
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.integration.sagemaker.workshop import (
    BUCKET,
    ROLE,
    TRAIN,
    Workshop,
    create,
    definition,
    output,
    processing,
)


def test_every_step_runs_with_the_results_of_the_steps_before(workshop: Workshop) -> None:
    create(workshop, definition())
    execution, steps = workshop.run("workshop")

    assert execution["PipelineExecutionStatus"] == "Succeeded"
    assert "FailureReason" not in execution
    assert list(steps) == ["Prepare", "Train", "Evaluate", "Check", "Register"]
    assert {step["StepStatus"] for step in steps.values()} == {"Succeeded"}
    assert all(step["StartTime"] <= step["EndTime"] for step in steps.values())
    assert steps["Check"]["Metadata"] == {"Condition": {"Outcome": "True"}}

    identifier = execution["PipelineExecutionArn"].rpartition("/")[2]
    report = json.loads(workshop.get(f"s3://{BUCKET}/runs/{identifier}/evaluation/evaluation.json"))
    assert report == {"metrics": {"auc": {"value": 0.7}}, "text": "ONE\nTWO\n"}

    arn = steps["Train"]["Metadata"]["TrainingJob"]["Arn"]
    job = workshop.client.describe_training_job(TrainingJobName=arn.rpartition("/")[2])
    assert job["TrainingJobName"].startswith(f"pipelines-{identifier}-Train-")
    package = workshop.client.describe_model_package(
        ModelPackageName=steps["Register"]["Metadata"]["RegisterModel"]["Arn"]
    )
    assert package["ModelPackageVersion"] == 1
    assert package["ModelApprovalStatus"] == "PendingManualApproval"
    (container,) = package["InferenceSpecification"]["Containers"]
    assert container["ModelDataUrl"] == job["ModelArtifacts"]["S3ModelArtifacts"]
    assert package["ModelMetrics"]["ModelQuality"]["Statistics"]["S3Uri"] == (
        f"s3://{BUCKET}/runs/{identifier}/evaluation/evaluation.json"
    )


def test_the_other_branch_fails_with_its_message(workshop: Workshop) -> None:
    create(workshop, definition())
    execution, steps = workshop.run("workshop", Threshold="0.75")

    assert execution["PipelineExecutionStatus"] == "Failed"
    assert execution["FailureReason"] == "Step failure: One or multiple steps failed."
    assert steps["Check"]["Metadata"] == {"Condition": {"Outcome": "False"}}
    assert "Register" not in steps
    assert steps["TooLow"]["StepStatus"] == "Failed"
    assert steps["TooLow"]["FailureReason"] == "the AUC is below 0.75"
    assert steps["TooLow"]["Metadata"] == {"Fail": {"ErrorMessage": "the AUC is below 0.75"}}
    assert workshop.client.list_model_package_groups()["ModelPackageGroupSummaryList"] == []


def test_a_failing_script_fails_its_step_with_its_own_error(workshop: Workshop) -> None:
    create(workshop, definition())
    execution, steps = workshop.run("workshop", Mode="fail")

    assert execution["PipelineExecutionStatus"] == "Failed"
    assert list(steps) == ["Prepare"]
    assert steps["Prepare"]["StepStatus"] == "Failed"
    assert steps["Prepare"]["FailureReason"] == "AlgorithmError: ValueError: column 'tail' is missing, exit code: 1"
    job = steps["Prepare"]["Metadata"]["ProcessingJob"]["Arn"].rpartition("/")[2]
    log = workshop.log("/aws/sagemaker/ProcessingJobs", job)
    assert log[0] == "read 8 characters"
    assert log[1] == "Traceback (most recent call last):"
    assert log[-1] == "ValueError: column 'tail' is missing"


def test_a_call_that_sagemaker_refuses_fails_the_step(workshop: Workshop) -> None:
    document = definition()
    document["Steps"][1]["Arguments"]["StoppingCondition"]["MaxWaitTimeInSeconds"] = 900
    create(workshop, document)
    _, steps = workshop.run("workshop")
    assert steps["Train"]["FailureReason"] == (
        "ClientError: Failed to invoke sagemaker:CreateTrainingJob. Error Details: Invalid MaxWaitTimeInSeconds. "
        "It is only supported when EnableManagedSpotTraining is set to true"
    )


def test_same_arguments_hit_the_cache_other_ones_do_not(workshop: Workshop) -> None:
    create(workshop, definition(cached=True))
    first, before = workshop.run("workshop")
    second, steps = workshop.run("workshop")
    assert second["PipelineExecutionStatus"] == "Succeeded"
    for name in ("Prepare", "Train", "Evaluate"):
        assert steps[name]["CacheHitResult"] == {"SourcePipelineExecutionArn": first["PipelineExecutionArn"]}
        assert steps[name]["Metadata"] == before[name]["Metadata"]
    assert "CacheHitResult" not in steps["Register"]

    _, steps = workshop.run("workshop", Rate="0.2")
    assert "CacheHitResult" in steps["Prepare"]
    assert "CacheHitResult" not in steps["Train"]
    assert len(workshop.client.list_training_jobs()["TrainingJobSummaries"]) == 2


def test_a_failed_step_is_never_in_the_cache(workshop: Workshop) -> None:
    create(workshop, definition(cached=True))
    workshop.run("workshop", Mode="fail")
    _, steps = workshop.run("workshop", Mode="fail")
    assert steps["Prepare"]["StepStatus"] == "Failed"
    assert "CacheHitResult" not in steps["Prepare"]


def test_stopping_ends_the_running_job(workshop: Workshop) -> None:
    create(workshop, definition())
    arn = workshop.start("workshop", Mode="sleep")
    jobs: list[str] = []
    while not jobs:
        found = workshop.client.list_processing_jobs()["ProcessingJobSummaries"]
        jobs = [job["ProcessingJobName"] for job in found]
    while not workshop.steps(arn)["Prepare"].get("Metadata"):
        time.sleep(0.02)
    workshop.client.stop_pipeline_execution(PipelineExecutionArn=arn, ClientRequestToken="t" * 32)
    assert workshop.finished(arn, 20)["PipelineExecutionStatus"] == "Stopped"
    assert workshop.steps(arn)["Prepare"]["StepStatus"] == "Stopped"
    assert workshop.ended("processing", jobs[0])["ProcessingJobStatus"] == "Stopped"
    with pytest.raises(ClientError, match="Only pipelines with 'Executing' status can be stopped"):
        workshop.client.stop_pipeline_execution(PipelineExecutionArn=arn, ClientRequestToken="u" * 32)


def test_retry_runs_on_from_the_failed_step(workshop: Workshop) -> None:
    workshop.put_source({"train.py": "raise OSError('disk is full')"})
    create(workshop, definition())
    execution, steps = workshop.run("workshop")
    prepared = steps["Prepare"]["StartTime"]
    assert 'ErrorMessage "OSError: disk is full"' in steps["Train"]["FailureReason"]

    workshop.put_source({"train.py": TRAIN})
    arn = execution["PipelineExecutionArn"]
    workshop.client.retry_pipeline_execution(PipelineExecutionArn=arn, ClientRequestToken="r" * 32)
    assert workshop.finished(arn)["PipelineExecutionStatus"] == "Succeeded"
    assert workshop.steps(arn)["Prepare"]["StartTime"] == prepared


def test_independent_steps_run_side_by_side(workshop: Workshop) -> None:
    script = "import time, pathlib, os; time.sleep(0.5)"
    workshop.put("code/wait.py", script)
    arguments = processing("wait", [], {})
    document = definition(
        Steps=[{"Name": f"Wait{number}", "Type": "Processing", "Arguments": arguments} for number in range(3)]
    )
    create(workshop, document)
    _, steps = workshop.run("workshop")
    spans = sorted((step["StartTime"], step["EndTime"]) for step in steps.values())
    assert spans[1][0] < spans[0][1], "the second began before the first ended"
    assert spans[2][0] >= min(spans[0][1], spans[1][1]), "no more than two at once"


def test_depends_on_is_kept(workshop: Workshop) -> None:
    workshop.put("code/wait.py", "pass")
    arguments = processing("wait", [], {})
    document = definition(
        Steps=[
            {"Name": "Second", "Type": "Processing", "Arguments": arguments, "DependsOn": ["First"]},
            {"Name": "First", "Type": "Processing", "Arguments": arguments},
        ]
    )
    create(workshop, document)
    _, steps = workshop.run("workshop")
    assert list(steps) == ["First", "Second"]
    assert steps["First"]["EndTime"] <= steps["Second"]["StartTime"]


def test_an_execution_keeps_the_definition_it_began_with(workshop: Workshop) -> None:
    create(workshop, definition())
    execution, _ = workshop.run("workshop")
    changed = definition()
    changed["Parameters"][2]["DefaultValue"] = 0.99
    workshop.client.update_pipeline(PipelineName="workshop", PipelineDefinition=json.dumps(changed))
    told = workshop.client.describe_pipeline_definition_for_execution(
        PipelineExecutionArn=execution["PipelineExecutionArn"]
    )
    assert json.loads(told["PipelineDefinition"]) == definition()
    assert json.loads(workshop.client.describe_pipeline(PipelineName="workshop")["PipelineDefinition"]) == changed
    later, steps = workshop.run("workshop")
    assert later["PipelineExecutionStatus"] == "Failed"
    assert steps["TooLow"]["FailureReason"] == "the AUC is below 0.99"


def test_executions_are_listed_newest_first(workshop: Workshop) -> None:
    create(workshop, definition())
    first, _ = workshop.run("workshop", Mode="fail")
    second, _ = workshop.run("workshop")
    listed = workshop.client.list_pipeline_executions(PipelineName="workshop")["PipelineExecutionSummaries"]
    assert [item["PipelineExecutionArn"] for item in listed] == [
        second["PipelineExecutionArn"],
        first["PipelineExecutionArn"],
    ]
    assert [item["PipelineExecutionStatus"] for item in listed] == ["Succeeded", "Failed"]
    pipeline = workshop.client.describe_pipeline(PipelineName="workshop")
    assert pipeline["LastRunTime"] <= datetime.now(UTC)

    minute = timedelta(minutes=1)  # botocore sends whole seconds
    earlier, later = first["CreationTime"] - minute, datetime.now(UTC) + minute
    for bounds, count in (
        ({"CreatedAfter": earlier, "CreatedBefore": later}, 2),
        ({"CreatedAfter": later}, 0),
        ({"CreatedBefore": earlier}, 0),
    ):
        found = workshop.client.list_pipeline_executions(PipelineName="workshop", **bounds)
        assert len(found["PipelineExecutionSummaries"]) == count, bounds


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"Treshold": "0.7"}, r"Unknown parameter\(s\) \['Treshold'\]"),
        ({"Threshold": "high"}, "must be of type Float"),
    ],
)
def test_wrong_parameters_are_refused(workshop: Workshop, parameters: dict[str, str], message: str) -> None:
    create(workshop, definition())
    with pytest.raises(ClientError, match=message) as refused:
        workshop.start("workshop", **parameters)
    assert refused.value.response["Error"]["Code"] == "ValidationException"
    assert workshop.client.list_pipeline_executions(PipelineName="workshop")["PipelineExecutionSummaries"] == []


def test_a_start_with_the_same_token_is_the_same_execution(workshop: Workshop) -> None:
    create(workshop, definition())
    token = "k" * 32
    arns = {
        workshop.client.start_pipeline_execution(PipelineName="workshop", ClientRequestToken=token)[
            "PipelineExecutionArn"
        ]
        for _ in range(2)
    }
    assert len(arns) == 1
    workshop.finished(arns.pop())


def test_what_cannot_be_run_is_refused_when_the_pipeline_is_created(workshop: Workshop) -> None:
    document = definition(Steps=[{"Name": "Check", "Type": "QualityCheck", "Arguments": {}}])
    with pytest.raises(ClientError, match="step Check of type QualityCheck is not implemented") as refused:
        create(workshop, document)
    assert refused.value.response["Error"]["Code"] == "NotImplemented"

    create(workshop, definition())
    with pytest.raises(ClientError, match="depends on 'Register', which is inside a branch"):
        workshop.client.update_pipeline(
            PipelineName="workshop",
            PipelineDefinition=json.dumps(
                definition(
                    Steps=[
                        *definition()["Steps"],
                        {
                            "Name": "After",
                            "Type": "Processing",
                            "Arguments": processing("prepare", [], {"data": output("Prepare", "data")}),
                            "DependsOn": ["Register"],
                        },
                    ]
                )
            ),
        )


def test_definitions_that_are_none_are_refused_by_the_api(workshop: Workshop) -> None:
    def refused(**given: Any) -> str:
        with pytest.raises(ClientError) as refusal:
            workshop.client.create_pipeline(PipelineName="none", RoleArn=ROLE, ClientRequestToken="k" * 32, **given)
        assert refusal.value.response["Error"]["Code"] == "ValidationException"
        return str(refusal.value.response["Error"]["Message"])

    for text in ("[", "[]", "[" * 20_000, '{"Steps": ["x"]}', '{"Version": "2020-12-01", "Steps": [{"Name": []}]}'):
        assert refused(PipelineDefinition=text).startswith("Unable to parse pipeline definition. ")

    workshop.put("definition.json", b'{"Version": "2020-12-01", "Steps": "\xff"}')
    place = {"Bucket": BUCKET, "ObjectKey": "definition.json"}
    assert "Unable to parse pipeline definition. Not JSON: half of" in refused(PipelineDefinitionS3Location=place)
    for missing in ({"ObjectKey": "other.json"}, {"Bucket": "no-such-bucket"}):
        assert "The definition cannot be read: " in refused(PipelineDefinitionS3Location={**place, **missing})
    assert workshop.client.list_pipelines()["PipelineSummaries"] == []


def test_a_pipeline_needs_a_name_of_its_own(workshop: Workshop) -> None:
    create(workshop, definition())
    with pytest.raises(ClientError, match="already exists"):
        create(workshop, definition())
    workshop.client.delete_pipeline(PipelineName="workshop", ClientRequestToken="d" * 32)
    with pytest.raises(ClientError, match="does not exist"):
        workshop.client.describe_pipeline(PipelineName="workshop")
    workshop.client.create_pipeline(
        PipelineName="workshop",
        PipelineDefinition=json.dumps(definition()),
        RoleArn=ROLE,
        ClientRequestToken="e" * 32,
    )


def test_a_lambda_step_without_its_function_fails_by_name(workshop: Workshop) -> None:
    arn = "arn:aws:lambda:us-east-1:123456789012:function:gone"
    create(workshop, definition(Steps=[{"Name": "Call", "Type": "Lambda", "FunctionArn": arn, "Arguments": {}}]))
    _, steps = workshop.run("workshop")
    assert steps["Call"]["StepStatus"] == "Failed"
    assert steps["Call"]["FailureReason"] == (
        f"ClientError: Failed to invoke lambda:Invoke. Error Details: Function not found: {arn}"
    )


def test_a_lambda_step_takes_arguments_and_gives_outputs(workshop: Workshop) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("index.py", "def handler(event, _):\n    return {'twice': event['number'] * 2, 'more': 1}\n")
    workshop.cloud.client("iam").create_role(RoleName="sagemaker", AssumeRolePolicyDocument="{}")
    arn = workshop.cloud.client("lambda").create_function(
        FunctionName="twice",
        Runtime="python3.13",
        Role=ROLE,
        Handler="index.handler",
        Code={"ZipFile": packed.getvalue()},
    )["FunctionArn"]
    call = {
        "Name": "Call",
        "Type": "Lambda",
        "FunctionArn": arn,
        "Arguments": {"number": {"Get": "Parameters.Number"}},
        "OutputParameters": [{"OutputName": "twice", "OutputType": "Integer"}],
    }
    message = {"Std:Join": {"On": "=", "Values": ["twice", {"Get": "Steps.Call.OutputParameters['twice']"}]}}
    end = {"Name": "End", "Type": "Fail", "Arguments": {"ErrorMessage": message}}
    parameters = [{"Name": "Number", "Type": "Integer", "DefaultValue": 4}]
    create(workshop, definition(Steps=[call, end], Parameters=parameters))
    _, steps = workshop.run("workshop")
    assert steps["Call"]["Metadata"]["Lambda"] == {
        "Arn": arn,
        "OutputParameters": [{"Name": "twice", "Value": "8"}],
    }
    assert steps["End"]["FailureReason"] == "twice=8"
