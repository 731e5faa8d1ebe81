"""ManifestFile: a job gets the objects that a list in S3 names, and no others."""

import json
from typing import Any

import pytest

from tests.integration.sagemaker.workshop import BUCKET, Workshop, processing, training

MANIFEST = f"s3://{BUCKET}/lists/today.manifest"


def _process(workshop: Workshop, name: str, manifest: Any) -> dict[str, Any]:
    workshop.put("lists/today.manifest", manifest if isinstance(manifest, str) else json.dumps(manifest))
    request = processing("prepare", [], {"data": MANIFEST}, "data")
    request["ProcessingInputs"][1]["S3Input"]["S3DataType"] = "ManifestFile"
    workshop.client.create_processing_job(ProcessingJobName=name, **request)
    return workshop.ended("processing", name)


def test_a_processing_job_gets_the_listed_objects_of_any_bucket(workshop: Workshop) -> None:
    workshop.s3.create_bucket(Bucket="elsewhere")
    for key in ("day/1/x.txt", "day/2/x.txt", "day/3/x.txt"):
        workshop.s3.put_object(Bucket="elsewhere", Key=key, Body=f"{key}\n")
    job = _process(workshop, "listed", [{"prefix": "s3://elsewhere/day/"}, "3/x.txt", "1/x.txt"])
    assert job["ProcessingJobStatus"] == "Completed", job
    assert workshop.get(f"s3://{BUCKET}/out/data/upper.txt") == b"DAY/1/X.TXT\nDAY/3/X.TXT\n"


def test_a_training_channel_takes_a_manifest(workshop: Workshop) -> None:
    workshop.put("many/upper.txt", "LISTED")
    workshop.put("many/other.txt", "NOT LISTED")
    workshop.put("lists/train.manifest", json.dumps([{"prefix": f"s3://{BUCKET}/"}, "many/upper.txt"]))
    request = training(f"s3://{BUCKET}/lists/train.manifest", {"mode": "raise"})
    request["InputDataConfig"][0]["DataSource"]["S3DataSource"]["S3DataType"] = "ManifestFile"
    workshop.put_source(
        {
            "train.py": "import os, pathlib\n"
            "folder = pathlib.Path(os.environ['SM_CHANNEL_TRAIN'])\n"
            "print(*(str(path.relative_to(folder)) + '=' + path.read_text() for path in folder.rglob('*.txt')))\n"
        }
    )
    workshop.client.create_training_job(TrainingJobName="listed", **request)
    assert workshop.ended("training", "listed")["TrainingJobStatus"] == "Completed"
    assert workshop.log("/aws/sagemaker/TrainingJobs", "listed") == ["many/upper.txt=LISTED"]


@pytest.mark.parametrize(
    ("manifest", "reason"),
    [
        ("[{", "is not JSON"),
        ({"prefix": f"s3://{BUCKET}/data/"}, "is not a list that begins with"),
        (["a.txt"], "is not a list that begins with"),
        ([{"prefix": "data/"}, "a.txt"], "'data/' is not an s3:// URI"),
        ([{"prefix": f"s3://{BUCKET}/data/"}, 7], "lists 7, which is no object's path"),
        ([{"prefix": f"s3://{BUCKET}/data/"}, "../code/prepare.py"], "which is no object's path"),
        ([{"prefix": f"s3://{BUCKET}/data/"}], f'No S3 objects found under S3 URL "{MANIFEST}"'),
        (
            [{"prefix": f"s3://{BUCKET}/data/"}, "a.txt", "gone.txt"],
            f"s3://{BUCKET}/data/gone.txt: The specified key does not exist",
        ),
        ([{"prefix": "s3://no-such-bucket/"}, "a.txt"], "The specified bucket does not exist"),
    ],
)
def test_a_wrong_manifest_fails_the_job_with_the_reason(workshop: Workshop, manifest: Any, reason: str) -> None:
    job = _process(workshop, "wrong", manifest)
    assert job["ProcessingJobStatus"] == "Failed"
    assert job["FailureReason"].startswith("ClientError: Data download failed: ")
    assert reason in job["FailureReason"]


def test_a_manifest_that_is_not_there_fails_the_job(workshop: Workshop) -> None:
    request = processing("prepare", [], {"data": MANIFEST}, "data")
    request["ProcessingInputs"][1]["S3Input"]["S3DataType"] = "ManifestFile"
    workshop.client.create_processing_job(ProcessingJobName="none", **request)
    reason = workshop.ended("processing", "none")["FailureReason"]
    assert reason == f"ClientError: Data download failed: {MANIFEST}: The specified key does not exist."
