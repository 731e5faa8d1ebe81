"""The committed training pipeline with the project's own scripts, on two months of real flights."""

import json
from pathlib import Path

import pytest

from pipelines.definition import TRAINING, TUNED_TRAINING, Sentinel, image_uri, render
from stacks.parts.bundle import job_library, training_source
from tests.integration.sagemaker.workshop import BUCKET, ROLE, Workshop
from tests.unit.processing.sagemaker.support import curated, write_curated

GROUP = "flight-delays"
VALUES = {
    Sentinel.ROLE: ROLE,
    Sentinel.REGION: "us-east-1",
    Sentinel.BUCKET: BUCKET,
    Sentinel.CODE_BUCKET: BUCKET,
    Sentinel.CODE_KEY: "library.zip",
    Sentinel.SOURCE_KEY: "source.tar.gz",
    Sentinel.PACKAGE_GROUP: GROUP,
    Sentinel.ENDPOINT_INSTANCE: "ml.m5.large",
    Sentinel.XGBOOST_IMAGE: image_uri("xgboost", "us-east-1"),
    Sentinel.SKLEARN_IMAGE: image_uri("sklearn", "us-east-1"),
}


@pytest.fixture
def flights(workshop: Workshop, tmp_path: Path) -> Workshop:
    """The bundles of the stacks, and January and February in the lake."""
    return _lake(workshop, tmp_path, "2013-01-08", "2013-02-28")


@pytest.fixture
def winter(workshop: Workshop, tmp_path: Path) -> Workshop:
    """The same with all of January, February and March."""
    return _lake(workshop, tmp_path, "2013-01-01", "2013-03-31")


def _lake(workshop: Workshop, folder: Path, start: str, end: str) -> Workshop:
    for bundle, key in ((job_library, "library.zip"), (training_source, "source.tar.gz")):
        with bundle("flights") as archive:
            workshop.put(key, archive.read_bytes())
    for path in write_curated(curated(start, end), folder / "flights").rglob("*.parquet"):
        workshop.put(f"curated/flights/{path.relative_to(folder / 'flights').as_posix()}", path.read_bytes())
    return workshop


def _rendered(workshop: Workshop, name: str) -> tuple[str, str]:
    """The definition, and the ARN of the key that it encrypts with."""
    key = str(workshop.cloud.client("kms").create_key()["KeyMetadata"]["Arn"])
    return render(name, {**VALUES, Sentinel.KEY: key}), key


def _create(workshop: Workshop, name: str, body: str) -> None:
    workshop.client.create_pipeline(PipelineName=name, PipelineDefinition=body, RoleArn=ROLE)


def _keys_of(workshop: Workshop, execution: str) -> set[str | None]:
    """Keys that the objects of an execution are encrypted with."""
    found = workshop.s3.list_objects_v2(Bucket=BUCKET, Prefix=f"runs/{execution.rpartition('/')[2]}/")["Contents"]
    heads = [workshop.s3.head_object(Bucket=BUCKET, Key=item["Key"]) for item in found]
    return {head.get("SSEKMSKeyId") for head in heads}


def test_from_curated_flights_to_a_registered_model_or_a_refusal(winter: Workshop) -> None:
    """With the committed parameters, thresholds among them."""
    definition, key = _rendered(winter, TRAINING)
    _create(winter, "train", definition)
    execution, steps = winter.run("train")
    assert execution["PipelineExecutionStatus"] == "Succeeded", steps
    assert list(steps) == ["Preprocess", "Train", "Evaluate", "Baseline", "CheckMetrics", "Register"] or list(
        steps
    ) == ["Preprocess", "Train", "Evaluate", "CheckMetrics", "Baseline", "Register"]

    arn = steps["Register"]["Metadata"]["RegisterModel"]["Arn"]
    package = winter.client.describe_model_package(ModelPackageName=arn)
    assert package["ModelPackageGroupName"] == GROUP
    metrics = package["ModelMetrics"]
    report = json.loads(winter.get(metrics["ModelQuality"]["Statistics"]["S3Uri"]))
    assert 0.70 <= report["auc_random"] <= 0.85
    assert 0.62 <= report["auc_temporal"] <= 0.85
    assert report["auc_temporal"] - report["baseline_auc"] == pytest.approx(report["baseline_gain"])
    assert report["baseline_auc"] > 0.55, "the rate of carrier and hour is no straw man"
    assert report["baseline_gain"] > 0.03
    for told in (
        *metrics["ModelDataQuality"].values(),
        metrics["ModelQuality"]["Constraints"],
        *package["DriftCheckBaselines"]["ModelDataQuality"].values(),
        *package["DriftCheckBaselines"]["ModelQuality"].values(),
    ):
        assert json.loads(winter.get(told["S3Uri"])), told

    (container,) = package["InferenceSpecification"]["Containers"]
    assert container["Environment"]["PIP_NO_BUILD_ISOLATION"] == "0"
    assert _keys_of(winter, execution["PipelineExecutionArn"]) == {key}
    model = winter.archive(container["ModelDataUrl"])
    assert {"xgboost-model.json", "features.json", "code/inference.py"} <= model.keys()
    job = winter.client.describe_training_job(
        TrainingJobName=steps["Train"]["Metadata"]["TrainingJob"]["Arn"].rpartition("/")[2]
    )
    (metric,) = job["FinalMetricDataList"]
    assert 0.5 < metric["Value"] < 0.85

    refused, again = winter.run("train", MinimumTemporalAuc="0.84")
    assert refused["PipelineExecutionStatus"] == "Failed"
    assert again["Evaluate"]["CacheHitResult"] == {"SourcePipelineExecutionArn": execution["PipelineExecutionArn"]}
    assert "at least 0.84" in again["MetricsTooLow"]["FailureReason"]
    assert metrics["ModelQuality"]["Statistics"]["S3Uri"] in again["MetricsTooLow"]["FailureReason"]


def test_a_window_without_flights_fails_with_the_scripts_reason(flights: Workshop) -> None:
    _create(flights, "train", _rendered(flights, TRAINING)[0])
    execution, steps = flights.run("train", WindowStart="2013-06-01", WindowEnd="2013-06-30")
    assert execution["PipelineExecutionStatus"] == "Failed"
    assert list(steps) == ["Preprocess"]
    assert "JobError" in steps["Preprocess"]["FailureReason"]
    job = steps["Preprocess"]["Metadata"]["ProcessingJob"]["Arn"].rpartition("/")[2]
    log = flights.log("/aws/sagemaker/ProcessingJobs", job)
    assert log[-1] in steps["Preprocess"]["FailureReason"]


def test_the_tuned_pipeline_registers_the_best_model(flights: Workshop) -> None:
    definition, key = _rendered(flights, TUNED_TRAINING)
    document = json.loads(definition)
    tune = next(step for step in document["Steps"] if step["Name"] == "Tune")["Arguments"]
    tune["HyperParameterTuningJobConfig"]["ResourceLimits"]["MaxNumberOfTrainingJobs"] = 3
    tune["TrainingJobDefinition"]["StaticHyperParameters"]["num_round"] = "20"
    _create(flights, "tune", json.dumps(document))
    execution, steps = flights.run("tune", MinimumTemporalAuc="0.5", MinimumGainOverBaseline="-1")
    assert execution["PipelineExecutionStatus"] == "Succeeded", steps
    name = steps["Tune"]["Metadata"]["TuningJob"]["Arn"].rpartition("/")[2]
    job = flights.client.describe_hyper_parameter_tuning_job(HyperParameterTuningJobName=name)
    assert job["TrainingJobStatusCounters"]["Completed"] >= 1
    best = job["BestTrainingJob"]["TrainingJobName"]
    package = flights.client.describe_model_package(
        ModelPackageName=steps["Register"]["Metadata"]["RegisterModel"]["Arn"]
    )
    assert _keys_of(flights, execution["PipelineExecutionArn"]) == {key}
    assert f"/{best}/output/model.tar.gz" in package["InferenceSpecification"]["Containers"][0]["ModelDataUrl"]
