"""Tuning: training jobs one after the other, the best of them named."""

import json
import time
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.integration.sagemaker.workshop import BUCKET, Workshop, create, definition, output, training

TRAINING_JOBS = 4


def _request(data: Any, *, strategy: str = "Bayesian", objective: str = "Maximize", **more: Any) -> dict[str, Any]:
    job = training(data, {})
    static = job.pop("HyperParameters")
    return {
        "HyperParameterTuningJobConfig": {
            "Strategy": strategy,
            "HyperParameterTuningJobObjective": {"Type": objective, "MetricName": "validation:auc"},
            "ResourceLimits": {"MaxNumberOfTrainingJobs": TRAINING_JOBS, "MaxParallelTrainingJobs": 1},
            "RandomSeed": 7,
            "ParameterRanges": {
                "IntegerParameterRanges": [{"Name": "depth", "MinValue": "2", "MaxValue": "5"}],
                "ContinuousParameterRanges": [{"Name": "rate", "MinValue": "0.01", "MaxValue": "1"}],
            },
            **more,
        },
        "TrainingJobDefinition": {**job, "StaticHyperParameters": static},
    }


@pytest.fixture
def data(workshop: Workshop) -> str:
    workshop.put("ready/upper.txt", "ONE")
    return f"s3://{BUCKET}/ready/"


@pytest.mark.parametrize(("strategy", "objective"), [("Bayesian", "Maximize"), ("Random", "Minimize")])
def test_the_best_job_is_found(workshop: Workshop, data: str, strategy: str, objective: str) -> None:
    workshop.client.create_hyper_parameter_tuning_job(
        HyperParameterTuningJobName="tune", **_request(data, strategy=strategy, objective=objective)
    )
    job = workshop.ended("hyper_parameter_tuning", "tune")
    assert job["HyperParameterTuningJobStatus"] == "Completed"
    assert job["TrainingJobStatusCounters"]["Completed"] == TRAINING_JOBS
    trained = workshop.client.list_training_jobs_for_hyper_parameter_tuning_job(
        HyperParameterTuningJobName="tune", SortBy="FinalObjectiveMetricValue", SortOrder="Ascending"
    )["TrainingJobSummaries"]
    rates = [float(item["TunedHyperParameters"]["rate"]) for item in trained]
    assert len(set(rates)) == TRAINING_JOBS
    assert all(0.01 <= rate <= 1 for rate in rates)
    assert {int(item["TunedHyperParameters"]["depth"]) for item in trained} <= {2, 3, 4, 5}
    assert rates == sorted(rates), "the script's AUC grows with the rate"
    best = trained[-1 if objective == "Maximize" else 0]
    assert job["BestTrainingJob"]["TrainingJobName"] == best["TrainingJobName"]
    single = workshop.client.describe_training_job(TrainingJobName=best["TrainingJobName"])
    assert single["TuningJobArn"] == job["HyperParameterTuningJobArn"]
    assert single["HyperParameters"]["rate"] == best["TunedHyperParameters"]["rate"]


def test_a_job_without_a_prospect_is_stopped(workshop: Workshop, data: str) -> None:
    """The first job is good at every step; each later one is worse and would go on for a minute."""
    workshop.put_source(
        {
            "train.py": """
import os, pathlib, time
good = os.environ["TRAINING_JOB_NAME"].split("-")[1] == "001"
for step in range(3):
    print(f"validation-auc:{0.9 if good else 0.5}", flush=True)
    time.sleep(0.05)
if not good:
    time.sleep(60)
pathlib.Path(os.environ["SM_MODEL_DIR"], "model").write_text("m")
"""
        }
    )
    workshop.client.create_hyper_parameter_tuning_job(
        HyperParameterTuningJobName="early", **_request(data, TrainingJobEarlyStoppingType="Auto")
    )
    job = workshop.ended("hyper_parameter_tuning", "early", 40)
    assert job["HyperParameterTuningJobStatus"] == "Completed"
    assert job["TrainingJobStatusCounters"] == {
        "Completed": 1,
        "InProgress": 0,
        "RetryableError": 0,
        "NonRetryableError": 0,
        "Stopped": TRAINING_JOBS - 1,
    }
    assert job["BestTrainingJob"]["TrainingJobName"].startswith("early-001-")


def test_tuning_fails_when_no_training_gives_the_objective(workshop: Workshop, data: str) -> None:
    workshop.put_source({"train.py": "raise ValueError('no label')"})
    workshop.client.create_hyper_parameter_tuning_job(HyperParameterTuningJobName="bad", **_request(data))
    job = workshop.ended("hyper_parameter_tuning", "bad")
    assert job["HyperParameterTuningJobStatus"] == "Failed"
    assert "ValueError: no label" in job["FailureReason"]


def test_stopping_ends_the_training_under_way(workshop: Workshop, data: str) -> None:
    workshop.put_source({"train.py": "import time; time.sleep(60)"})
    workshop.client.create_hyper_parameter_tuning_job(HyperParameterTuningJobName="stop", **_request(data))
    while not workshop.client.list_training_jobs()["TrainingJobSummaries"]:
        time.sleep(0.02)
    workshop.client.stop_hyper_parameter_tuning_job(HyperParameterTuningJobName="stop")
    assert workshop.ended("hyper_parameter_tuning", "stop", 20)["HyperParameterTuningJobStatus"] == "Stopped"
    (job,) = workshop.client.list_training_jobs()["TrainingJobSummaries"]
    assert job["TrainingJobStatus"] == "Stopped"


def test_what_is_not_done_is_refused(workshop: Workshop, data: str) -> None:
    parents = [{"HyperParameterTuningJobName": "before"}]
    for request, what in (
        (_request(data, strategy="Hyperband"), "strategy Hyperband"),
        (_request(data, strategy="Grid"), "strategy Grid"),
        ({**_request(data), "Autotune": {"Mode": "Enabled"}}, "Autotune"),
        (
            {
                **_request(data),
                "WarmStartConfig": {
                    "ParentHyperParameterTuningJobs": parents,
                    "WarmStartType": "TransferLearning",
                },
            },
            "WarmStartConfig",
        ),
    ):
        with pytest.raises(ClientError, match=f"with {what} is not implemented"):
            workshop.client.create_hyper_parameter_tuning_job(HyperParameterTuningJobName="no", **request)
    unknown = _request(data)
    unknown["HyperParameterTuningJobConfig"]["HyperParameterTuningJobObjective"]["MetricName"] = "f1"
    with pytest.raises(ClientError, match=r"\[f1\], isn't valid"):
        workshop.client.create_hyper_parameter_tuning_job(HyperParameterTuningJobName="no", **unknown)


def test_a_pipeline_goes_on_with_the_best_model(workshop: Workshop) -> None:
    document = definition()
    tune = _request(output("Prepare", "data"))
    model = {
        "Std:Join": {
            "On": "/",
            "Values": [
                f"s3://{BUCKET}/models",
                {"Get": "Steps.Tune.BestTrainingJob.TrainingJobName"},
                "output/model.tar.gz",
            ],
        }
    }
    text = json.dumps(document).replace('{"Get": "Steps.Train.ModelArtifacts.S3ModelArtifacts"}', json.dumps(model))
    document = json.loads(text)
    document["Steps"][1] = {"Name": "Tune", "Type": "Tuning", "Arguments": tune}
    create(workshop, document)
    execution, steps = workshop.run("workshop")
    assert execution["PipelineExecutionStatus"] == "Succeeded", steps
    name = steps["Tune"]["Metadata"]["TuningJob"]["Arn"].rpartition("/")[2]
    best = workshop.client.describe_hyper_parameter_tuning_job(HyperParameterTuningJobName=name)["BestTrainingJob"]
    package = workshop.client.describe_model_package(
        ModelPackageName=steps["Register"]["Metadata"]["RegisterModel"]["Arn"]
    )
    assert best["TrainingJobName"] in package["InferenceSpecification"]["Containers"][0]["ModelDataUrl"]
