"""Processing and training jobs: real processes on the /opt/ml contract, with SageMaker's statuses and artifacts."""

import io
import json
import os
import time
import zipfile
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from localcloud import LocalCloud
from localcloud.sagemaker import process
from localcloud.sagemaker.container import Container
from tests.integration.sagemaker.workshop import BUCKET, Workshop, processing, training

PROCESSING_LOG = "/aws/sagemaker/ProcessingJobs"
TRAINING_LOG = "/aws/sagemaker/TrainingJobs"


def _pid(cloud: LocalCloud) -> int:
    """The process of the one job that sleeps: the script leaves its number in its folder."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        for path in (cloud.workdir / "sagemaker").glob("*/opt/ml/processing/pid"):
            if text := path.read_text():
                return int(text)
        time.sleep(0.02)
    raise AssertionError("no job sleeps")


def _alive(pid: int) -> bool:
    """Whether the process is still there after a moment, in which its parent may have to notice its end."""
    deadline = time.monotonic() + 3
    while time.monotonic() < deadline:
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return False
        time.sleep(0.02)
    return True


def test_processing_brings_input_and_stores_output(workshop: Workshop) -> None:
    workshop.process("prepare")
    job = workshop.ended("processing", "prepare")
    assert job["ProcessingJobStatus"] == "Completed"
    assert job["CreationTime"] <= job["ProcessingStartTime"] <= job["ProcessingEndTime"]
    assert "FailureReason" not in job
    assert workshop.get(f"s3://{BUCKET}/out/data/upper.txt") == b"ONE\nTWO\n"
    assert workshop.log(PROCESSING_LOG, "prepare") == ["read 8 characters"]


def test_a_script_sees_what_a_container_has(workshop: Workshop) -> None:
    workshop.put(
        "code/look.py",
        """
import importlib.util, json, os, pathlib, sys
root = pathlib.Path(os.environ["PROCESSING_ROOT"])
config = json.loads((root.parent / "config/processingjobconfig.json").read_text())
found = {
    "arguments": sys.argv[1:],
    "environment": dict(os.environ),
    "config": config["ProcessingJobName"],
    "modules": [name for name in ("localcloud", "contracts", "cli") if importlib.util.find_spec(name)],
    "input": sorted(str(path.relative_to(root)) for path in (root / "input/data").rglob("*.txt")),
}
(root / "output/seen").mkdir(exist_ok=True)
(root / "output/seen/seen.json").write_text(json.dumps(found))
""",
    )
    request = processing(
        "look",
        ["--in", "/opt/ml/processing/input/data", "--pattern=x/opt/ml"],
        {"data": f"s3://{BUCKET}/data/"},
        "seen",
    )
    request["Environment"] = {"MODE": "quiet", "WHERE": "/opt/ml/processing/input/data"}
    workshop.client.create_processing_job(ProcessingJobName="look", **request)
    assert workshop.ended("processing", "look")["ProcessingJobStatus"] == "Completed"
    seen = json.loads(workshop.get(f"s3://{BUCKET}/out/seen/seen.json"))
    root = seen["environment"]["PROCESSING_ROOT"]
    assert seen["arguments"] == ["--in", f"{root}/input/data", "--pattern=x/opt/ml"]
    assert seen["environment"]["MODE"] == "quiet"
    assert seen["environment"]["WHERE"] == f"{root}/input/data"
    assert seen["environment"]["AWS_ENDPOINT_URL"] == workshop.cloud.endpoint
    assert "PYTEST_CURRENT_TEST" not in seen["environment"]
    assert seen["config"] == "look"
    assert seen["input"] == ["input/data/a.txt", "input/data/deep/b.txt"]
    assert seen["modules"] == []


def test_code_starts_cold_when_a_variable_has_to_be_there_before_python(workshop: Workshop) -> None:
    workshop.put("code/cold.py", "import sys; print('pandas' in sys.modules, sys.flags.hash_randomization)")
    request = processing("cold", [], {})
    workshop.client.create_processing_job(ProcessingJobName="warm", **request)
    workshop.client.create_processing_job(ProcessingJobName="cold", **request, Environment={"PYTHONHASHSEED": "0"})
    for name in ("warm", "cold"):
        assert workshop.ended("processing", name)["ProcessingJobStatus"] == "Completed"
    assert workshop.log(PROCESSING_LOG, "warm") == ["True 1"]
    assert workshop.log(PROCESSING_LOG, "cold") == ["False 0"]


@pytest.mark.parametrize("environment", [{}, {"PYTHONHASHSEED": "0"}], ids=["warm", "cold"])
def test_a_zip_of_modules_runs_by_name(workshop: Workshop, environment: dict[str, str]) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("shop/__init__.py", "")
        archive.writestr("shop/tools.py", "def text():\n    return 'from the zip'\n")
        archive.writestr(
            "shop/main.py", "import sys\nfrom shop.tools import text\nprint(text(), __name__, sys.argv[1:])\n"
        )
    workshop.put("code/code.zip", packed.getvalue())
    request = processing("none", ["a"], {})
    request["AppSpecification"]["ContainerEntrypoint"] = ["python3", "-m", "shop.main"]
    request["ProcessingInputs"][0]["S3Input"]["S3Uri"] = f"s3://{BUCKET}/code/code.zip"
    environment = {"PYTHONPATH": "/opt/ml/processing/input/code/code.zip", **environment}
    workshop.client.create_processing_job(ProcessingJobName="zipped", **request, Environment=environment)
    job = workshop.ended("processing", "zipped")
    assert workshop.log(PROCESSING_LOG, "zipped") == ["from the zip __main__ ['a']"], job


def test_a_script_that_raises_fails_the_job_with_its_error(workshop: Workshop) -> None:
    workshop.put("code/prepare.py", "import sys\nprint('before')\nraise KeyError('tail')")
    workshop.process("raising")
    job = workshop.ended("processing", "raising")
    assert job["ProcessingJobStatus"] == "Failed"
    assert job["FailureReason"] == "AlgorithmError: KeyError: 'tail', exit code: 1"
    assert workshop.log(PROCESSING_LOG, "raising") == [
        "before",
        "Traceback (most recent call last):",
        '  File "/opt/ml/processing/input/code/prepare.py", line 3, in <module>',
        "    raise KeyError('tail')",
        "KeyError: 'tail'",
    ]


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        ("import sys; sys.exit('nothing to do')", "AlgorithmError: nothing to do, exit code: 1"),
        (
            "import os, signal; print('big'); os.kill(os.getpid(), signal.SIGKILL)",
            "AlgorithmError: big, exit code: 137",
        ),
        (
            "import absent_library",
            "AlgorithmError: ModuleNotFoundError: No module named 'absent_library', exit code: 1",
        ),
        ("def broken(:", "AlgorithmError: SyntaxError: invalid syntax, exit code: 1"),
        (
            "try:\n    1 / 0\nexcept ZeroDivisionError as e:\n    raise ValueError('two\\nlines') from e",
            "AlgorithmError: ValueError: two\nlines, exit code: 1",
        ),
    ],
)
def test_every_way_to_fail_is_told(workshop: Workshop, script: str, reason: str) -> None:
    workshop.put("code/prepare.py", script)
    workshop.process("failing")
    assert workshop.ended("processing", "failing")["FailureReason"] == reason


def test_a_script_ends_with_its_threads_and_exit_handlers(workshop: Workshop) -> None:
    workshop.put(
        "code/prepare.py",
        "import atexit, sys, threading, time\n"
        "sys.stdout = open(1, 'w', closefd=False)  # buffered, unlike the container's own\n"
        "atexit.register(print, 'handler', end='')\n"
        "threading.Thread(target=lambda: (time.sleep(0.2), print('thread'))).start()\n"
        "print('main')\n",
    )
    workshop.process("lasting")
    assert workshop.ended("processing", "lasting")["ProcessingJobStatus"] == "Completed"
    assert workshop.log(PROCESSING_LOG, "lasting") == ["main", "thread", "handler"]


def test_a_library_that_is_not_installed_is_not_missed(
    cloud: LocalCloud, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`make demo` installs less than `make test` does: no matplotlib."""
    monkeypatch.setattr(process, "PRELOADED", ("absent_library", "json"))
    (tmp_path / "script.py").write_text("print('alive')")
    host = process.PythonHost(cloud)
    try:
        container = Container(tmp_path / "job", real=False)
        started = host.start(process.Command(("python3", "script.py"), str(tmp_path), container))
        with started.output:
            assert started.output.read() == b"alive\n"
        assert started.wait() == 0
    finally:
        host.close()


def test_the_exit_message_is_kept(workshop: Workshop) -> None:
    workshop.put(
        "code/prepare.py",
        "import os, pathlib; pathlib.Path(os.environ['PROCESSING_ROOT']).parent.joinpath('output/message')"
        ".write_text('three rows dropped')",
    )
    workshop.process("telling")
    assert workshop.ended("processing", "telling")["ExitMessage"] == "three rows dropped"


def test_missing_input_fails_before_the_script_runs(workshop: Workshop) -> None:
    request = processing("prepare", [], {"data": f"s3://{BUCKET}/nothing/"}, "data")
    workshop.client.create_processing_job(ProcessingJobName="hungry", **request)
    job = workshop.ended("processing", "hungry")
    assert job["ProcessingJobStatus"] == "Failed"
    assert f'No S3 objects found under S3 URL "s3://{BUCKET}/nothing/"' in job["FailureReason"]
    assert workshop.cloud.client("logs").describe_log_groups(logGroupNamePrefix=PROCESSING_LOG)["logGroups"] == []


@pytest.mark.parametrize("uri", [f"s3://{BUCKET}/nothing/", "s3://no-such-bucket/data/"])
def test_training_without_data_is_refused_at_once(workshop: Workshop, uri: str) -> None:
    """aws/amazon-sagemaker-examples#2267"""
    with pytest.raises(ClientError, match=f'ValidationException.*No S3 objects found under S3 URL "{uri}"'):
        workshop.client.create_training_job(TrainingJobName="hungry", **training(uri, {}))
    assert workshop.client.list_training_jobs()["TrainingJobSummaries"] == []


def test_a_job_that_takes_too_long_is_stopped(workshop: Workshop) -> None:
    workshop.process("slow", "sleep", StoppingCondition={"MaxRuntimeInSeconds": 1})
    began = time.monotonic()
    assert workshop.ended("processing", "slow", 20)["ProcessingJobStatus"] == "Stopped"
    assert time.monotonic() - began < 15


def test_a_job_can_be_stopped_once(workshop: Workshop) -> None:
    workshop.process("endless", "sleep")
    process = _pid(workshop.cloud)
    workshop.client.stop_processing_job(ProcessingJobName="endless")
    assert workshop.ended("processing", "endless", 20)["ProcessingJobStatus"] == "Stopped"
    assert not _alive(process)
    with pytest.raises(ClientError, match="is in status Stopped"):
        workshop.client.stop_processing_job(ProcessingJobName="endless")


def test_names_are_unique_and_unknown_ones_an_error(workshop: Workshop) -> None:
    workshop.process("twice")
    with pytest.raises(ClientError, match="a job with this name already exists") as refused:
        workshop.process("twice")
    assert refused.value.response["Error"]["Code"] == "ResourceInUse"
    with pytest.raises(ClientError, match="not found"):
        workshop.client.describe_processing_job(ProcessingJobName="never")
    workshop.ended("processing", "twice")


def test_what_no_local_job_does_is_refused_by_name(workshop: Workshop) -> None:
    many = processing("prepare", [], {})
    many["ProcessingResources"]["ClusterConfig"]["InstanceCount"] = 2
    with pytest.raises(
        ClientError, match=r"CreateProcessingJob with more than one instance \(.*InstanceCount\) is not implemented"
    ):
        workshop.client.create_processing_job(ProcessingJobName="many", **many)
    request = training(f"s3://{BUCKET}/data/", {})
    del request["HyperParameters"]["sagemaker_program"]
    with pytest.raises(ClientError, match=r"built-in algorithm of .*sagemaker-xgboost"):
        workshop.client.create_training_job(TrainingJobName="builtin", **request)


def test_training_stores_the_model_where_sagemaker_does(workshop: Workshop) -> None:
    workshop.train("fit", {"depth": "4", "rate": "0.3"})
    job = workshop.ended("training", "fit")
    assert job["TrainingJobStatus"] == "Completed"
    assert job["SecondaryStatus"] == "Completed"
    assert job["ModelArtifacts"] == {"S3ModelArtifacts": f"s3://{BUCKET}/models/fit/output/model.tar.gz"}
    model = json.loads(workshop.archive(job["ModelArtifacts"]["S3ModelArtifacts"])["model.json"])
    assert model == {"depth": 4, "rate": 0.3, "text": "ONE"}
    notes = workshop.archive(f"s3://{BUCKET}/models/fit/output/output.tar.gz")
    assert json.loads(notes["notes.txt"]) == {"depth": 4, "rate": 0.3}
    # without KmsKeyId with the account's key, which a bucket that has a key of its own may deny
    managed = workshop.cloud.client("kms").describe_key(KeyId="alias/aws/s3")["KeyMetadata"]["Arn"]
    assert workshop.s3.head_object(Bucket=BUCKET, Key="models/fit/output/model.tar.gz")["SSEKMSKeyId"] == managed
    (metric,) = job["FinalMetricDataList"]
    assert metric["MetricName"] == "validation:auc"
    assert metric["Value"] == pytest.approx(0.65)
    assert [item["Status"] for item in job["SecondaryStatusTransitions"]] == [
        *("Downloading", "Training", "Uploading", "Completed")
    ]
    assert job["TrainingTimeInSeconds"] >= 1
    assert workshop.log(TRAINING_LOG, "fit")[0] == "[1] validation-auc:0.5700"


@pytest.mark.parametrize(
    ("mode", "reason"),
    [
        (
            "raise",
            'AlgorithmError: ExecuteUserScriptError:\nExitCode 1\nErrorMessage "RuntimeError: no positive rows"\n'
            'Command "python3 -m train --mode raise", exit code: 1',
        ),
        ("told", "AlgorithmError: the label has one class only, exit code: 3"),
    ],
)
def test_training_that_fails_says_why(workshop: Workshop, mode: str, reason: str) -> None:
    workshop.train("fit", {"mode": mode})
    job = workshop.ended("training", "fit")
    assert job["TrainingJobStatus"] == job["SecondaryStatus"] == "Failed"
    assert job["FailureReason"] == reason
    assert "ModelArtifacts" not in job
    assert workshop.s3.list_objects_v2(Bucket=BUCKET, Prefix="models/")["KeyCount"] == 0


def test_a_stopped_training_keeps_what_it_saved(workshop: Workshop) -> None:
    workshop.put_source(
        {
            "train.py": """
import os, pathlib, signal, sys, time
def save(*_):
    pathlib.Path(os.environ["SM_MODEL_DIR"], "partial").write_text("half")
    sys.exit(0)
signal.signal(signal.SIGTERM, save)
print("ready", flush=True)
time.sleep(60)
"""
        }
    )
    workshop.train("long", StoppingCondition={"MaxRuntimeInSeconds": 2})
    job = workshop.ended("training", "long", 30)
    assert (job["TrainingJobStatus"], job["SecondaryStatus"]) == ("Stopped", "MaxRuntimeExceeded")
    assert workshop.archive(job["ModelArtifacts"]["S3ModelArtifacts"]) == {"partial": "half"}


def test_spot_needs_a_time_to_wait(workshop: Workshop) -> None:
    with pytest.raises(ClientError, match="only supported when EnableManagedSpotTraining is set to true"):
        workshop.train("spot", StoppingCondition={"MaxRuntimeInSeconds": 60, "MaxWaitTimeInSeconds": 60})
    with pytest.raises(ClientError, match="must be present and be greater than or equal to MaxRuntimeInSeconds"):
        workshop.train("spot", EnableManagedSpotTraining=True)
    workshop.train(
        "spot",
        EnableManagedSpotTraining=True,
        StoppingCondition={"MaxRuntimeInSeconds": 60, "MaxWaitTimeInSeconds": 60},
    )
    job = workshop.ended("training", "spot")
    assert job["EnableManagedSpotTraining"] is True
    assert job["BillableTimeInSeconds"] == job["TrainingTimeInSeconds"]


def test_reset_ends_what_runs(workshop: Workshop, cloud: LocalCloud) -> None:
    workshop.process("endless", "sleep")
    process = _pid(cloud)
    cloud.reset()
    assert not _alive(process)
    assert workshop.client.list_processing_jobs()["ProcessingJobSummaries"] == []
    assert not (cloud.workdir / "sagemaker").exists()


def test_jobs_are_listed_with_filters_and_tagged(workshop: Workshop) -> None:
    for name in ("list-a", "list-b", "other"):
        workshop.process(name, Tags=[{"Key": "team", "Value": name}])
        workshop.ended("processing", name)
    listed = workshop.client.list_processing_jobs(NameContains="list-", SortBy="Name", SortOrder="Ascending")
    assert [job["ProcessingJobName"] for job in listed["ProcessingJobSummaries"]] == ["list-a", "list-b"]
    page = workshop.client.list_processing_jobs(MaxResults=2)
    assert [job["ProcessingJobName"] for job in page["ProcessingJobSummaries"]] == ["other", "list-b"]
    rest = workshop.client.list_processing_jobs(NextToken=page["NextToken"])
    assert [job["ProcessingJobName"] for job in rest["ProcessingJobSummaries"]] == ["list-a"]
    arn = rest["ProcessingJobSummaries"][0]["ProcessingJobArn"]
    assert workshop.client.list_tags(ResourceArn=arn)["Tags"] == [{"Key": "team", "Value": "list-a"}]
