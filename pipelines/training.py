"""The training pipeline: preprocess → train (or tune) → evaluate → baseline → condition → register, or fail.

``python -m pipelines.training`` writes the definitions that the Training stack deploys; it needs the group
``pipelines`` of the dependencies (the SageMaker SDK), no network and no account. What depends on the account is a
sentinel of `pipelines.definition`, and the stack puts the real value there.

SageMaker cannot use what a step inside a branch of a condition made after that condition, so "train or tune" is no
parameter: there are two definitions, which differ in that one step.
"""

import json
import os
from typing import Any

# The SDK builds clients while it is imported, and asks IAM about roles while it builds steps.
os.environ.setdefault("AWS_DEFAULT_REGION", "us-east-1")
os.environ.setdefault("AWS_EC2_METADATA_DISABLED", "true")
os.environ.setdefault("SAGEMAKER_VALIDATE_ROLE", "false")

import boto3
from sagemaker.core import image_uris
from sagemaker.core.drift_check_baselines import DriftCheckBaselines
from sagemaker.core.model_metrics import MetricsSource, ModelMetrics
from sagemaker.core.parameter import ContinuousParameter, IntegerParameter
from sagemaker.core.processing import Processor
from sagemaker.core.shapes import (
    MetricDefinition,
    OutputDataConfig,
    ProcessingInput,
    ProcessingOutput,
    ProcessingS3Input,
    ProcessingS3Output,
    StoppingCondition,
)
from sagemaker.core.training.configs import Compute, InputData
from sagemaker.core.workflow.conditions import ConditionGreaterThan, ConditionGreaterThanOrEqualTo
from sagemaker.core.workflow.execution_variables import ExecutionVariables
from sagemaker.core.workflow.functions import Join, JsonGet
from sagemaker.core.workflow.parameters import Parameter, ParameterFloat, ParameterInteger, ParameterString
from sagemaker.core.workflow.pipeline_context import PipelineSession
from sagemaker.core.workflow.properties import PropertyFile
from sagemaker.mlops.workflow.condition_step import ConditionStep
from sagemaker.mlops.workflow.fail_step import FailStep
from sagemaker.mlops.workflow.model_step import ModelStep
from sagemaker.mlops.workflow.pipeline import Pipeline
from sagemaker.mlops.workflow.steps import CacheConfig, ProcessingStep, TrainingStep, TuningStep
from sagemaker.serve.model_builder import ModelBuilder
from sagemaker.train import ModelTrainer
from sagemaker.train.tuner import HyperparameterTuner

from pipelines.definition import DEFINITIONS, TRAINING, TUNED_TRAINING, Sentinel

INPUT = "/opt/ml/processing/input"
OUTPUT = "/opt/ml/processing/output"
MAX_RUNTIME_SECONDS = 3600
TUNING_JOBS = 10
CACHE = CacheConfig(enable_caching=True, expire_after="P30D")
SPLITS = ("train", "validation", "test", "temporal_test")
METRIC = {"name": "validation:auc", "regex": r"validation-auc:([0-9\.]+)"}  # as xgboost prints it


class OfflineSession(PipelineSession):  # type: ignore[misc]
    """A session that asks no service: the bucket is only a name, and nothing may be uploaded."""

    def __init__(self) -> None:
        super().__init__(
            boto_session=boto3.Session(
                region_name=Sentinel.REGION.value,
                aws_access_key_id="none",
                aws_secret_access_key="none",  # noqa: S106 - nothing is called
            ),
            default_bucket=Sentinel.BUCKET.value,
            sagemaker_config={
                "SchemaVersion": "1.0",
                "SageMaker": {"PythonSDK": {"Modules": {"TelemetryOptOut": True}}},  # telemetry is an HTTP call
            },
        )

    def default_bucket(self) -> str:
        return Sentinel.BUCKET.value

    def upload_data(self, *_: object, **__: object) -> None:
        raise RuntimeError("a definition uploads nothing: code is given by its S3 URI")

    upload_string_as_file_body = upload_data


class Training:
    """Builds the pipeline; one method a step, in the order in which they run."""

    def __init__(self, name: str, *, tuned: bool) -> None:
        self.session = OfflineSession()
        self.name = name
        self.tuned = tuned
        self.lake = Sentinel.BUCKET.value
        self.input_data = ParameterString("InputDataUri", default_value=f"s3://{self.lake}/curated/flights/")
        self.features = ParameterString("FeaturesModule", default_value="processing.features")
        self.window_start = ParameterString("WindowStart", default_value="2013-01-01")
        self.window_end = ParameterString("WindowEnd", default_value="2013-12-31")
        self.temporal_days = ParameterInteger("TemporalTestDays", default_value=14)
        self.processing_type = ParameterString("ProcessingInstanceType", default_value="ml.m5.xlarge")
        self.training_type = ParameterString("TrainingInstanceType", default_value="ml.m5.xlarge")
        self.minimum_auc = ParameterFloat("MinimumTemporalAuc", default_value=0.62)
        self.minimum_gain = ParameterFloat("MinimumGainOverBaseline", default_value=0.0)
        self.approval = ParameterString("ModelApprovalStatus", default_value="PendingManualApproval")

    def parameters(self) -> list[Parameter]:
        return [
            *(self.input_data, self.features, self.window_start, self.window_end, self.temporal_days),
            *(self.processing_type, self.training_type, self.minimum_auc, self.minimum_gain, self.approval),
        ]

    def build(self) -> Pipeline:
        preprocess = self.preprocess()
        fit, model = self.tune(preprocess) if self.tuned else self.train(preprocess)
        evaluate, report = self.evaluate(preprocess, model)
        baseline = self.baseline(preprocess, evaluate)
        register = self.register(model, evaluate, baseline)
        check = ConditionStep(
            "CheckMetrics",
            conditions=[  # all of them must hold
                ConditionGreaterThanOrEqualTo(left=_value(evaluate, report, "auc_temporal"), right=self.minimum_auc),
                ConditionGreaterThan(left=_value(evaluate, report, "baseline_gain"), right=self.minimum_gain),
            ],
            if_steps=[register],
            else_steps=[self.fail(evaluate)],
        )
        return Pipeline(
            self.name,
            parameters=self.parameters(),
            steps=[preprocess, fit, evaluate, baseline, check],
            sagemaker_session=self.session,
        )

    def preprocess(self) -> ProcessingStep:
        return ProcessingStep(
            "Preprocess",
            cache_config=CACHE,
            step_args=self._processor(Sentinel.SKLEARN_IMAGE, "preprocess").run(
                arguments=[
                    *("--features", self.features, "--start", self.window_start, "--end", self.window_end),
                    *("--temporal-days", self.temporal_days.to_string()),
                ],
                inputs=[self._code(), _input("curated", self.input_data)],
                outputs=[self._output(name, "preprocess") for name in (*SPLITS, "baseline", "artifacts", "report")],
            ),
        )

    def train(self, preprocess: ProcessingStep) -> tuple[TrainingStep, Any]:
        step = TrainingStep(
            "Train", cache_config=CACHE, step_args=self._trainer().train(input_data_config=_channels(preprocess))
        )
        return step, step.properties.ModelArtifacts.S3ModelArtifacts

    def tune(self, preprocess: ProcessingStep) -> tuple[TuningStep, Any]:
        """Bayesian search over the ranges of AWS's own tuning guide for XGBoost, jobs without a prospect stopped.

        https://docs.aws.amazon.com/sagemaker/latest/dg/xgboost-tuning.html
        """
        tuner = HyperparameterTuner(
            self._trainer(),
            objective_metric_name="validation:auc",
            metric_definitions=[METRIC],
            hyperparameter_ranges={
                "eta": ContinuousParameter(0.02, 0.5, scaling_type="Logarithmic"),
                "max_depth": IntegerParameter(3, 10),
                "min_child_weight": ContinuousParameter(1, 10),
                "subsample": ContinuousParameter(0.5, 1.0),
                "gamma": ContinuousParameter(0, 5),
                "alpha": ContinuousParameter(0, 2),
                "lambda": ContinuousParameter(0.1, 10, scaling_type="Logarithmic"),
            },
            strategy="Bayesian",
            objective_type="Maximize",
            max_jobs=TUNING_JOBS,  # SDK 3.27 takes no pipeline parameter here
            max_parallel_jobs=1,  # a Bayesian search learns from each job that has ended
            early_stopping_type="Auto",
            random_seed=13,
        )
        step = TuningStep("Tune", cache_config=CACHE, step_args=tuner.tune(inputs=_channels(preprocess), wait=False))
        # SageMaker writes each job's artifacts below the output path by the job's name
        best = Join(
            on="/",
            values=[
                self._runs("train"),
                step.properties.BestTrainingJob.TrainingJobName,
                "output",
                "model.tar.gz",
            ],
        )
        return step, best

    def evaluate(self, preprocess: ProcessingStep, model: Any) -> tuple[ProcessingStep, PropertyFile]:
        report = PropertyFile(name="EvaluationReport", output_name="evaluation", path="evaluation.json")
        step = ProcessingStep(
            "Evaluate",
            cache_config=CACHE,
            property_files=[report],
            step_args=self._processor(Sentinel.XGBOOST_IMAGE, "evaluate").run(
                inputs=[
                    self._code(),
                    _input("model", model),
                    *(_input(name, _uri(preprocess, name)) for name in ("test", "temporal_test")),
                ],
                outputs=[self._output("evaluation", "evaluate")],
            ),
        )
        return step, report

    def baseline(self, preprocess: ProcessingStep, evaluate: ProcessingStep) -> ProcessingStep:
        """Statistics and constraints that the Monitoring stack holds traffic and predictions against."""
        return ProcessingStep(
            "Baseline",
            cache_config=CACHE,
            step_args=self._processor(Sentinel.SKLEARN_IMAGE, "monitor").run(
                arguments=["suggest", "--features", self.features],
                inputs=[
                    self._code(),
                    _input("baseline", _uri(preprocess, "baseline")),
                    _input("evaluation", _uri(evaluate, "evaluation")),
                ],
                outputs=[self._output("constraints", "baseline")],
            ),
        )

    def register(self, model: Any, evaluate: ProcessingStep, baseline: ProcessingStep) -> ModelStep:
        report = _file(_uri(evaluate, "evaluation"), "evaluation.json")
        files = ("statistics", "constraints", "model_quality_statistics", "model_quality_constraints")
        data, data_limits, quality, quality_limits = (
            _file(_uri(baseline, "constraints"), f"{name}.json") for name in files
        )
        builder = ModelBuilder(
            s3_model_data_url=model,
            image_uri=Sentinel.XGBOOST_IMAGE.value,
            sagemaker_session=self.session,
            role_arn=Sentinel.ROLE.value,
            env_vars={"SAGEMAKER_PROGRAM": "inference.py", "SAGEMAKER_SUBMIT_DIRECTORY": "/opt/ml/model/code"},
        )
        return ModelStep(
            "Register",
            step_args=builder.register(
                model_package_group_name=Sentinel.PACKAGE_GROUP.value,
                content_types=["application/json", "text/csv"],
                response_types=["application/json"],
                inference_instances=["ml.m5.large", "ml.m5.xlarge"],
                transform_instances=["ml.m5.large", "ml.m5.xlarge"],
                approval_status=self.approval,
                model_metrics=ModelMetrics(
                    model_statistics=report,
                    model_constraints=quality_limits,
                    model_data_statistics=data,
                    model_data_constraints=data_limits,
                ),
                drift_check_baselines=DriftCheckBaselines(
                    model_statistics=quality,
                    model_constraints=quality_limits,
                    model_data_statistics=data,
                    model_data_constraints=data_limits,
                ),
            ),
        )

    def fail(self, evaluate: ProcessingStep) -> FailStep:
        return FailStep(
            "MetricsTooLow",
            error_message=Join(
                on="",
                values=[
                    *("The AUC on the latest days must be at least ", self.minimum_auc),
                    *(", and above that of the carrier-hour rate by more than ", self.minimum_gain),
                    *(": see ", _uri(evaluate, "evaluation"), "/evaluation.json"),
                ],
            ),
        )

    def _trainer(self) -> ModelTrainer:
        return ModelTrainer(
            training_image=Sentinel.XGBOOST_IMAGE.value,
            role=Sentinel.ROLE.value,
            base_job_name="train",
            sagemaker_session=self.session,
            compute=Compute(instance_type=self.training_type, instance_count=1),
            stopping_condition=StoppingCondition(max_runtime_in_seconds=MAX_RUNTIME_SECONDS),
            output_data_config=OutputDataConfig(s3_output_path=self._runs("train")),
            hyperparameters={
                "objective": "binary:logistic",
                "num_round": "400",
                "early_stopping_rounds": "20",
                "sagemaker_program": "train.py",
                "sagemaker_submit_directory": f"s3://{Sentinel.CODE_BUCKET}/{Sentinel.SOURCE_KEY}",
            },
        ).with_metric_definitions([MetricDefinition(**METRIC)])

    def _processor(self, image: Sentinel, script: str) -> Processor:
        return Processor(
            role=Sentinel.ROLE.value,
            image_uri=image.value,
            entrypoint=["python3", "-m", f"processing.sagemaker.{script}"],
            env={"PYTHONPATH": f"{INPUT}/code/{Sentinel.CODE_KEY}"},
            instance_type=self.processing_type,
            instance_count=1,
            max_runtime_in_seconds=MAX_RUNTIME_SECONDS,
            base_job_name=script,
            sagemaker_session=self.session,
        )

    def _code(self) -> ProcessingInput:
        return _input("code", f"s3://{Sentinel.CODE_BUCKET}/{Sentinel.CODE_KEY}")

    def _runs(self, *path: str) -> Join:
        return Join(on="/", values=[f"s3://{self.lake}/runs", ExecutionVariables.PIPELINE_EXECUTION_ID, *path])

    def _output(self, name: str, step: str) -> ProcessingOutput:
        return ProcessingOutput(
            output_name=name,
            s3_output=ProcessingS3Output(
                s3_uri=self._runs(step, name), local_path=f"{OUTPUT}/{name}", s3_upload_mode="EndOfJob"
            ),
        )


def _input(name: str, uri: Any) -> ProcessingInput:
    return ProcessingInput(
        input_name=name,
        s3_input=ProcessingS3Input(
            s3_uri=uri, local_path=f"{INPUT}/{name}", s3_data_type="S3Prefix", s3_input_mode="File"
        ),
    )


def _uri(step: ProcessingStep, output: str) -> Any:
    return step.properties.ProcessingOutputConfig.Outputs[output].S3Output.S3Uri


def _channels(preprocess: ProcessingStep) -> list[InputData]:
    return [
        InputData(channel_name=name, data_source=_uri(preprocess, name), content_type=kind)
        for name, kind in (("train", "text/csv"), ("validation", "text/csv"), ("artifacts", "application/json"))
    ]


def _value(step: ProcessingStep, report: PropertyFile, path: str) -> JsonGet:
    return JsonGet(step_name=step.name, property_file=report, json_path=path)


def _file(folder: Any, name: str) -> MetricsSource:
    return MetricsSource(content_type="application/json", s3_uri=Join(on="/", values=[folder, name]))


def build(name: str) -> dict[str, Any]:
    """The definition ``name`` of `pipelines.definition`, from its source."""
    definition: dict[str, Any] = json.loads(Training(name, tuned=name == TUNED_TRAINING).build().definition())
    return definition


def images() -> dict[str, Any]:
    """Where AWS keeps the two images in each region, from the tables inside the SDK."""
    found = {}
    for framework, version, tag in (("xgboost", "3.2-0", "3.2-0"), ("sklearn", "1.9-0", "1.9-0-cpu-py3")):
        known = image_uris.config_for_framework(framework)
        entry = known.get("training", known)["versions"][version]
        found[framework] = {
            "repository": entry["repository"],
            "tag": tag,
            "registries": dict(sorted(entry["registries"].items())),
        }
    return found


def main() -> None:
    _write("images", images())
    for name in (TRAINING, TUNED_TRAINING):
        _write(name, build(name))


def _write(name: str, content: dict[str, Any]) -> None:
    (DEFINITIONS / f"{name}.json").write_text(f"{json.dumps(content, indent=1, sort_keys=True)}\n", "utf-8")


if __name__ == "__main__":
    main()
