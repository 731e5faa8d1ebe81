"""The SageMaker SDK is a client like any other: it builds a pipeline, creates, starts, waits and lists.

In a process of its own, because importing the SDK takes 10 s and changes the defaults of boto3.
"""

import json
import os
import subprocess
import sys

from tests.integration.sagemaker.workshop import BUCKET, ROLE, Workshop

PROGRAM = """
import json, sys
import boto3
from sagemaker.core.processing import ScriptProcessor
from sagemaker.core.shapes import ProcessingInput, ProcessingOutput, ProcessingS3Input, ProcessingS3Output
from sagemaker.core.workflow.conditions import ConditionEquals, ConditionIn, ConditionNot, ConditionOr
from sagemaker.core.workflow.execution_variables import ExecutionVariables
from sagemaker.core.workflow.functions import Join
from sagemaker.core.workflow.parameters import ParameterBoolean, ParameterInteger, ParameterString
from sagemaker.core.workflow.pipeline_context import PipelineSession
from sagemaker.mlops.workflow.condition_step import ConditionStep
from sagemaker.mlops.workflow.fail_step import FailStep
from sagemaker.mlops.workflow.pipeline import Pipeline
from sagemaker.mlops.workflow.retry import StepExceptionTypeEnum, StepRetryPolicy
from sagemaker.mlops.workflow.steps import CacheConfig, ProcessingStep

bucket, role = sys.argv[1:]
session = PipelineSession(default_bucket=bucket)
mode = ParameterString("Mode", default_value="plain", enum_values=["plain", "fail"])
strict = ParameterBoolean("Strict", default_value=True)
times = ParameterInteger("Times", default_value=2)
processor = ScriptProcessor(
    image_uri="image", command=["python3"], instance_type="ml.m5.large", instance_count=1, role=role,
    sagemaker_session=session,
)
folder = Join(on="/", values=[f"s3://{bucket}/sdk", ExecutionVariables.PIPELINE_EXECUTION_ID, "data"])
step = ProcessingStep(
    "Prepare",
    step_args=processor.run(
        code=f"s3://{bucket}/code/prepare.py",
        arguments=[mode, times.to_string()],
        inputs=[ProcessingInput(input_name="data", s3_input=ProcessingS3Input(
            s3_uri=f"s3://{bucket}/data/", local_path="/opt/ml/processing/input/data",
            s3_data_type="S3Prefix", s3_input_mode="File"))],
        outputs=[ProcessingOutput(output_name="data", s3_output=ProcessingS3Output(
            s3_uri=folder, local_path="/opt/ml/processing/output/data", s3_upload_mode="EndOfJob"))],
    ),
    cache_config=CacheConfig(enable_caching=True, expire_after="30d"),
    retry_policies=[StepRetryPolicy([StepExceptionTypeEnum.THROTTLING], max_attempts=2)],
)
status = step.properties.ProcessingJobStatus
check = ConditionStep(
    "Check",
    conditions=[
        ConditionOr([ConditionEquals(status, "Failed"), ConditionIn(times, [1, 2])]),
        ConditionNot(ConditionEquals(strict, False)),
    ],
    if_steps=[FailStep("Good", error_message=Join(on=" ", values=["status", status, "strict", strict]))],
    else_steps=[FailStep("Bad", error_message="not strict")],
)
pipeline = Pipeline("FromSdk", parameters=[mode, strict, times], steps=[step, check], sagemaker_session=session)
pipeline.upsert(role_arn=role)
pipeline.upsert(role_arn=role, description="again")
told = {"pipeline": pipeline.describe()["PipelineDescription"]}
for name, parameters in (("strict", {}), ("loose", {"Strict": "false"}), ("failing", {"Mode": "fail"})):
    execution = pipeline.start(parameters=parameters)
    try:
        execution.wait(delay=1, max_attempts=60)
    except Exception as error:
        told[f"{name}-error"] = type(error).__name__
    steps = [
        {key: item.get(key) for key in ("StepName", "StepStatus", "FailureReason")} for item in execution.list_steps()
    ]
    told[name] = {"status": execution.describe()["PipelineExecutionStatus"], "steps": steps}
try:
    pipeline.start(parameters={"Mode": "other"})
except Exception as error:
    told["refused"] = str(error)
print(json.dumps(told))
"""


def test_the_sdk_runs_a_pipeline(workshop: Workshop) -> None:
    environment = {
        **os.environ,
        **workshop.cloud.environment,
        "SAGEMAKER_VALIDATE_ROLE": "false",
        "SAGEMAKER_TELEMETRY_OPT_OUT": "true",
    }
    ran = subprocess.run(
        [sys.executable, "-c", PROGRAM, BUCKET, ROLE], env=environment, capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stderr[-3000:]
    told = json.loads(ran.stdout.splitlines()[-1])
    assert told["pipeline"] == "again"
    assert told["strict"]["status"] == "Failed"
    assert told["strict-error"] == "WaiterError"
    assert [(step["StepName"], step["StepStatus"]) for step in told["strict"]["steps"]] == [
        ("Good", "Failed"),
        ("Check", "Succeeded"),
        ("Prepare", "Succeeded"),
    ]
    assert told["strict"]["steps"][0]["FailureReason"] == "status Completed strict true"
    assert told["loose"]["steps"][0] == {"StepName": "Bad", "StepStatus": "Failed", "FailureReason": "not strict"}
    assert told["failing"]["steps"] == [
        {
            "StepName": "Prepare",
            "StepStatus": "Failed",
            "FailureReason": "AlgorithmError: ValueError: column 'tail' is missing, exit code: 1",
        }
    ]
    assert "must be one of ['plain', 'fail']" in told["refused"]
