"""The training pipeline: preprocess → train (or tune) → evaluate → baseline → condition → register, or fail.

SageMaker cannot use what a step inside a branch of a condition made after that condition, so "train or tune" is no
parameter: there are two definitions, which differ in that one step.
"""

import json
from typing import Any

from sagemaker.core.drift_check_baselines import DriftCheckBaselines
from sagemaker.core.model_metrics import MetricsSource, ModelMetrics
from sagemaker.core.parameter import ContinuousParameter, IntegerParameter
from sagemaker.core.processing import Processor
from sagemaker.core.shapes import MetricDefinition, OutputDataConfig, ProcessingOutput, StoppingCondition
from sagemaker.core.training.configs import Compute, InputData
from sagemaker.core.workflow.conditions import ConditionGreaterThan, ConditionGreaterThanOrEqualTo
from sagemaker.core.workflow.execution_variables import ExecutionVariables
from sagemaker.core.workflow.functions import Join, JsonGet
from sagemaker.core.workflow.parameters import Parameter, ParameterFloat, ParameterInteger, ParameterString
from sagemaker.core.workflow.properties import PropertyFile
from sagemaker.mlops.workflow.condition_step import ConditionStep
from sagemaker.mlops.workflow.fail_step import FailStep
from sagemaker.mlops.workflow.model_step import ModelStep
from sagemaker.mlops.workflow.pipeline import Pipeline
from sagemaker.mlops.workflow.steps import CacheConfig, ProcessingStep, TrainingStep, TuningStep
from sagemaker.serve.model_builder import ModelBuilder
from sagemaker.train import ModelTrainer
from sagemaker.train.tuner import HyperparameterTuner

from pipelines.definition import Sentinel
from pipelines.jobs import MAX_RUNTIME_SECONDS, code, processor, s3_input, s3_output, uri_of
from pipelines.offline import OfflineSession

TUNING_JOBS = 10
CACHE = CacheConfig(enable_caching=True, expire_after="P30D")
SPLITS = ("train", "validation", "test", "temporal_test")
METRIC = {"name": "validation:auc", "regex": r"validation-auc:([0-9\.]+)"}  # as xgboost prints it
# The XGBoost image makes a package of our scripts and runs `pip install .` before it trains or serves
# (sagemaker-containers 2.8.6.post2, _modules.py). pip builds in isolation, for which it fetches a setuptools. Without
# network an endpoint so never starts, nor does a training (aws/deep-learning-containers expects the failure in
# test/xgboost/e2e/test_network_isolation.py); with network it is any version. The image's own setuptools will do.
# 0 is how pip spells "no isolation" in a variable, 1 is the opposite (https://github.com/pypa/pip/issues/5735).
BUILD = {"PIP_NO_BUILD_ISOLATION": "0"}


class Training:
    """Builds the pipeline; one method a step, in the order in which they run."""

    def __init__(self, name: str, *, tuned: bool) -> None:
        self.session = OfflineSession()
        self.name = name
        self.tuned = tuned
        self.lake = Sentinel.BUCKET.value
        self.input_data = ParameterString("InputDataUri", default_value=f"s3://{self.lake}/curated/flights/")
        self.features = ParameterString("FeaturesModule", default_value="datasets.flights.features")
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
                inputs=[code(), s3_input("curated", self.input_data)],
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
                    code(),
                    s3_input("model", model),
                    *(s3_input(name, uri_of(preprocess, name)) for name in ("test", "temporal_test")),
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
                    code(),
                    s3_input("baseline", uri_of(preprocess, "baseline")),
                    s3_input("evaluation", uri_of(evaluate, "evaluation")),
                ],
                outputs=[self._output("constraints", "baseline")],
            ),
        )

    def register(self, model: Any, evaluate: ProcessingStep, baseline: ProcessingStep) -> ModelStep:
        report = _file(uri_of(evaluate, "evaluation"), "evaluation.json")
        files = ("statistics", "constraints", "model_quality_statistics", "model_quality_constraints")
        data, data_limits, quality, quality_limits = (
            _file(uri_of(baseline, "constraints"), f"{name}.json") for name in files
        )
        builder = ModelBuilder(
            s3_model_data_url=model,
            image_uri=Sentinel.XGBOOST_IMAGE.value,
            sagemaker_session=self.session,
            role_arn=Sentinel.ROLE.value,
            env_vars={
                **BUILD,
                "SAGEMAKER_PROGRAM": "inference.py",
                "SAGEMAKER_SUBMIT_DIRECTORY": "/opt/ml/model/code",
            },
        )
        return ModelStep(
            "Register",
            step_args=builder.register(
                model_package_group_name=Sentinel.PACKAGE_GROUP.value,
                content_types=["application/json", "text/csv"],
                response_types=["application/json"],
                # that of the endpoint, in case SageMaker holds it against the list
                inference_instances=[Sentinel.ENDPOINT_INSTANCE.value],
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
                    *(", and above that of the mean label of rows alike by more than ", self.minimum_gain),
                    *(": see ", uri_of(evaluate, "evaluation"), "/evaluation.json"),
                ],
            ),
        )

    def _trainer(self) -> ModelTrainer:
        return ModelTrainer(
            training_image=Sentinel.XGBOOST_IMAGE.value,
            role=Sentinel.ROLE.value,
            base_job_name="train",
            sagemaker_session=self.session,
            compute=Compute(instance_type=self.training_type, instance_count=1, volume_kms_key_id=Sentinel.KEY.value),
            stopping_condition=StoppingCondition(max_runtime_in_seconds=MAX_RUNTIME_SECONDS),
            output_data_config=OutputDataConfig(s3_output_path=self._runs("train"), kms_key_id=Sentinel.KEY.value),
            environment=BUILD,
            hyperparameters={
                "objective": "binary:logistic",
                "num_round": "400",
                "early_stopping_rounds": "20",
                "sagemaker_program": "train.py",
                "sagemaker_submit_directory": f"s3://{Sentinel.CODE_BUCKET}/{Sentinel.SOURCE_KEY}",
            },
        ).with_metric_definitions([MetricDefinition(**METRIC)])

    def _processor(self, image: Sentinel, script: str) -> Processor:
        return processor(self.session, script, image=image, instance_type=self.processing_type)

    def _runs(self, *path: str) -> Join:
        return Join(on="/", values=[f"s3://{self.lake}/runs", ExecutionVariables.PIPELINE_EXECUTION_ID, *path])

    def _output(self, name: str, step: str) -> ProcessingOutput:
        return s3_output(name, self._runs(step, name))


def _channels(preprocess: ProcessingStep) -> list[InputData]:
    return [
        InputData(channel_name=name, data_source=uri_of(preprocess, name), content_type=kind)
        for name, kind in (("train", "text/csv"), ("validation", "text/csv"), ("artifacts", "application/json"))
    ]


def _value(step: ProcessingStep, report: PropertyFile, path: str) -> JsonGet:
    return JsonGet(step_name=step.name, property_file=report, json_path=path)


def _file(folder: Any, name: str) -> MetricsSource:
    return MetricsSource(content_type="application/json", s3_uri=Join(on="/", values=[folder, name]))


def build(name: str, *, tuned: bool) -> dict[str, Any]:
    """The definition of the pipeline ``name``, which fits by a search of the hyperparameters when ``tuned``."""
    definition: dict[str, Any] = json.loads(Training(name, tuned=tuned).build().definition())
    for step in definition["Steps"]:
        if step["Type"] == "Tuning":
            # Of the trainer's keys SDK 3.27's tuner hands on that of the output
            # (https://github.com/aws/sagemaker-python-sdk/issues/5622) and still drops that of the volume.
            step["Arguments"]["TrainingJobDefinition"]["ResourceConfig"]["VolumeKmsKeyId"] = Sentinel.KEY.value
    return definition
