"""The monitoring pipeline: plan → condition (anything captured?) → check of the data, and of the predictions.

The plan is a Lambda function: it lists what the endpoint has captured in the window, and the curated table, and
writes manifests of them, which are the jobs' inputs. A prefix would not do: a window is no prefix, and a job whose
prefix has no objects fails, which on a quiet day, or before the first arrivals are known, nobody wants.
"""

import json
from typing import Any

from sagemaker.core.lambda_helper import Lambda
from sagemaker.core.network import NetworkConfig
from sagemaker.core.workflow.conditions import ConditionGreaterThanOrEqualTo
from sagemaker.core.workflow.execution_variables import ExecutionVariables
from sagemaker.core.workflow.functions import Join
from sagemaker.core.workflow.parameters import Parameter, ParameterInteger, ParameterString
from sagemaker.mlops.workflow.condition_step import ConditionStep
from sagemaker.mlops.workflow.lambda_step import LambdaOutput, LambdaOutputTypeEnum, LambdaStep
from sagemaker.mlops.workflow.pipeline import Pipeline
from sagemaker.mlops.workflow.steps import ProcessingStep

from pipelines.definition import Sentinel
from pipelines.jobs import code, processor, s3_input, s3_output
from pipelines.offline import OfflineSession

# An execution cannot be started with an empty parameter: "string is too short (length: 0, required minimum: 1)"
# (https://github.com/aws/sagemaker-python-sdk/issues/4016).
AUTO = "auto"
FILES = "Files"
CAPTURE, LABELLED, TRUTH = "CaptureManifest", "LabelledManifest", "TruthManifest"


class Monitoring:
    """Builds the pipeline; one method a step, in the order in which they run."""

    def __init__(self, name: str) -> None:
        self.session = OfflineSession()
        self.name = name
        self.lake = Sentinel.BUCKET.value
        self.endpoint = ParameterString("EndpointName", default_value=Sentinel.ENDPOINT.value)
        self.window_start = ParameterString("WindowStart", default_value=AUTO)
        self.window_end = ParameterString("WindowEnd", default_value=AUTO)
        self.window_hours = ParameterInteger("WindowHours", default_value=24)
        self.truth = ParameterString("TruthUri", default_value=f"s3://{self.lake}/curated/flights/")
        self.truth_delay = ParameterInteger("TruthDelayHours", default_value=0)
        self.features = ParameterString("FeaturesModule", default_value="datasets.flights.features")
        self.processing_type = ParameterString("ProcessingInstanceType", default_value="ml.m5.large")

    def parameters(self) -> list[Parameter]:
        return [
            *(self.endpoint, self.window_start, self.window_end, self.window_hours),
            *(self.truth, self.truth_delay, self.features, self.processing_type),
        ]

    def build(self) -> Pipeline:
        plan = self.plan()
        captured = ConditionStep(
            "AnythingCaptured",
            conditions=[ConditionGreaterThanOrEqualTo(left=plan.properties.Outputs[FILES], right=1)],
            if_steps=[
                self.job("Check", "check", plan, capture=CAPTURE, folder="data"),
                self.job("Quality", "quality", plan, capture=LABELLED, folder="quality", truth=True),
            ],
            else_steps=[],
        )
        return Pipeline(
            self.name, parameters=self.parameters(), steps=[plan, captured], sagemaker_session=self.session
        )

    def plan(self) -> LambdaStep:
        text, number = LambdaOutputTypeEnum.String, LambdaOutputTypeEnum.Integer
        return LambdaStep(
            "Plan",
            lambda_func=Lambda(function_arn=Sentinel.PLAN_FUNCTION.value, session=self.session),
            inputs={
                **{
                    item.name: item for item in (self.endpoint, self.window_start, self.window_end, self.window_hours)
                },
                **{item.name: item for item in (self.truth, self.truth_delay)},
                "StartedAt": ExecutionVariables.START_DATETIME,
                "Execution": ExecutionVariables.PIPELINE_EXECUTION_ID,
            },
            outputs=[
                LambdaOutput(FILES, number),
                *(LambdaOutput(name, text) for name in (CAPTURE, LABELLED, TRUTH, "WindowStart", "WindowEnd")),
            ],
        )

    def job(
        self, name: str, mode: str, plan: LambdaStep, *, capture: str, folder: str, truth: bool = False
    ) -> ProcessingStep:
        """Compares captured data with the baseline; its results go to ``monitoring/<endpoint>/<folder>/<run>/``."""
        run = Join(
            on="/",
            values=[
                *(f"s3://{self.lake}/monitoring", self.endpoint, folder),
                ExecutionVariables.PIPELINE_EXECUTION_ID,
            ],
        )
        return ProcessingStep(
            name,
            step_args=processor(
                self.session,
                "monitor",
                image=Sentinel.SKLEARN_IMAGE,
                instance_type=self.processing_type,
                # It calls nobody. https://docs.aws.amazon.com/sagemaker/latest/dg/mkt-algo-model-internet-free.html
                network_config=NetworkConfig(enable_network_isolation=True),
            ).run(
                arguments=[mode, "--features", self.features],
                inputs=[
                    code(),
                    s3_input("capture", plan.properties.Outputs[capture], manifest=True),
                    s3_input("constraints", f"s3://{self.lake}/monitoring/baseline/"),
                    *([s3_input("truth", plan.properties.Outputs[TRUTH], manifest=True)] if truth else []),
                ],
                outputs=[s3_output("monitoring", run)],
            ),
        )


def build(name: str) -> dict[str, Any]:
    """The definition of the pipeline ``name``."""
    definition: dict[str, Any] = json.loads(Monitoring(name).build().definition())
    return definition
