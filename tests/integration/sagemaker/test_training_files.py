"""What a training job does with S3 besides its model, and what it installs."""

import os
import zipfile
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from localcloud.sagemaker import job_run, jobs_api, training
from tests.integration.sagemaker.workshop import BUCKET, Workshop, processing
from tests.integration.sagemaker.workshop import training as training_request

LOG = "/aws/sagemaker/TrainingJobs"
SCIKIT_LEARN = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-scikit-learn:1.9-0-cpu-py3"


def trained(shop: Workshop, script: str, name: str = "job", **more: Any) -> dict[str, Any]:
    shop.put_source({"train.py": script})
    shop.train(name, **more)
    return shop.ended("training", name)


def keys(shop: Workshop, prefix: str) -> list[str]:
    found = shop.s3.list_objects_v2(Bucket=BUCKET, Prefix=prefix).get("Contents", ())
    return [item["Key"].removeprefix(prefix) for item in found]


STEPS = """
import json, os, pathlib, sys
folder = pathlib.Path(json.load(open("/opt/ml/input/config/checkpointconfig.json"))["LocalPath"])
last = max([int(p.name) for p in folder.iterdir()], default=0)
print("from", last)
(folder / str(last + 1)).write_text("x" * (last + 1))
sys.exit(1 if last == 0 else 0)
"""


@pytest.mark.parametrize("path", [None, "/opt/ml/checkpoints", "/opt/ml/own/place"])
def test_a_job_goes_on_where_another_failed(workshop: Workshop, path: str | None) -> None:
    """Spot training with checkpoints: what the first has saved is there for the second, whatever its end."""
    config = {"S3Uri": f"s3://{BUCKET}/steps", **({"LocalPath": path} if path else {})}
    limits = {"MaxRuntimeInSeconds": 60, "MaxWaitTimeInSeconds": 120}
    more = {"CheckpointConfig": config, "EnableManagedSpotTraining": True, "StoppingCondition": limits}
    assert trained(workshop, STEPS, "first", **more)["TrainingJobStatus"] == "Failed"
    assert keys(workshop, "steps/") == ["1"]
    stamp = workshop.s3.head_object(Bucket=BUCKET, Key="steps/1")["LastModified"]
    second = trained(workshop, STEPS, "second", **more)
    assert second["TrainingJobStatus"] == "Completed", second.get("FailureReason")
    assert workshop.log(LOG, "second") == ["from 1"]
    assert workshop.get(f"s3://{BUCKET}/steps/2") == b"xx"
    assert workshop.s3.head_object(Bucket=BUCKET, Key="steps/1")["LastModified"] == stamp, "uploaded again"


def test_checkpoints_are_in_s3_while_the_job_runs(workshop: Workshop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(job_run, "_SYNC_SECONDS", 3)  # at the cloud's speed
    script = (
        "import time, pathlib, boto3\nfolder = pathlib.Path('/opt/ml/checkpoints')\n"
        "(folder / 'a').write_text('1')\ns3 = boto3.client('s3')\n"
        "def wait(text):\n"
        "    for _ in range(600):\n"
        "        try:\n"
        f"            if s3.get_object(Bucket='{BUCKET}', Key='live/a')['Body'].read() == text: return True\n"
        "        except s3.exceptions.NoSuchKey: pass\n"
        "        time.sleep(0.05)\n"
        "print(wait(b'1'))\n(folder / 'a').write_text('22')\nprint(wait(b'22'))\n"
    )
    trained(workshop, script, CheckpointConfig={"S3Uri": f"s3://{BUCKET}/live"})
    assert workshop.log(LOG, "job") == ["True", "True"]


def test_a_stopped_job_keeps_its_checkpoints(workshop: Workshop) -> None:
    script = "import time\nopen('/opt/ml/checkpoints/a', 'w').write('1')\ntime.sleep(60)"
    limits = {"MaxRuntimeInSeconds": 1}
    config = {"S3Uri": f"s3://{BUCKET}/kept/"}
    job = trained(workshop, script, CheckpointConfig=config, StoppingCondition=limits)
    assert (job["TrainingJobStatus"], keys(workshop, "kept/")) == ("Stopped", ["a"])


def test_checkpoints_that_cannot_be_stored_fail_the_job(workshop: Workshop) -> None:
    script = "open('/opt/ml/checkpoints/a', 'w').write('1')"
    job = trained(workshop, script, CheckpointConfig={"S3Uri": "s3://no-such-bucket-of-ours/x"})
    assert job["TrainingJobStatus"] == "Failed"
    assert "no-such-bucket-of-ours" in job["FailureReason"]


def test_an_uncompressed_model(workshop: Workshop) -> None:
    script = (
        "import os\nos.makedirs('/opt/ml/model/deep')\nopen('/opt/ml/model/deep/m', 'w').write('1')\n"
        "open('/opt/ml/output/data/d', 'w').write('2')\n"
    )
    config = {"S3OutputPath": f"s3://{BUCKET}/flat", "CompressionType": "NONE"}
    job = trained(workshop, script, OutputDataConfig=config)
    assert job["ModelArtifacts"]["S3ModelArtifacts"] == f"s3://{BUCKET}/flat/job/output/model/"
    assert keys(workshop, "flat/job/output/") == ["data/d", "model/deep/m"]
    packed = trained(workshop, script, "packed", OutputDataConfig=config | {"CompressionType": "GZIP"})
    assert packed["ModelArtifacts"]["S3ModelArtifacts"].endswith("/packed/output/model.tar.gz")


@pytest.mark.parametrize(
    ("member", "path", "prefix"),
    [
        ("TensorBoardOutputConfig", "/opt/ml/output/tensorboard", "tensorboard-output"),
        ("DebugHookConfig", "/opt/ml/output/tensors", "debug-output"),
    ],
)
def test_files_for_others_to_look_at(workshop: Workshop, member: str, path: str, prefix: str) -> None:
    script = f"open({path + '/events'!r}, 'w').write('e')"
    elsewhere: dict[str, Any] = {member: {"S3OutputPath": f"s3://{BUCKET}/look"}}
    trained(workshop, script, **elsewhere)
    assert keys(workshop, "look/") == [f"job/{prefix}/events"]
    own = {"S3OutputPath": f"s3://{BUCKET}/look", "LocalPath": "/opt/ml/mine"}
    trained(workshop, "open('/opt/ml/mine/e', 'w').write('e')", "own", **{member: own})
    assert keys(workshop, "look/own/") == [f"{prefix}/e"]


def test_a_continuous_output_is_stored_also_when_the_job_fails(workshop: Workshop) -> None:
    request = processing("prepare", [], {}, "data")
    request["ProcessingOutputConfig"]["Outputs"][0]["S3Output"]["S3UploadMode"] = "Continuous"
    workshop.put("code/prepare.py", "open('/opt/ml/processing/output/data/a', 'w').write('1'); raise SystemExit(2)")
    workshop.client.create_processing_job(ProcessingJobName="job", **request)
    assert workshop.ended("processing", "job")["ProcessingJobStatus"] == "Failed"
    assert keys(workshop, "out/data/") == ["a"]


def wheel(folder: Path, name: str) -> Path:
    """A package of one module."""
    path = folder / f"{name}-0.1-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(f"{name}.py", "X = 41")
        info = f"{name}-0.1.dist-info"
        archive.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: 0.1\n")
        archive.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        archive.writestr(f"{info}/RECORD", f"{name}.py,,\n{info}/METADATA,,\n{info}/WHEEL,,\n{info}/RECORD,,\n")
    return path


SETUP = "from setuptools import setup\nsetup(name='own', version='1', packages=['own'])\n"
OFFLINE = {
    "PIP_NO_INDEX": "1",
    "PIP_CONFIG_FILE": os.devnull,
    "PIP_NO_DEPENDENCIES": "1",
    "PIP_NO_WARN_CONFLICTS": "1",
}


def test_requirements_are_installed_for_the_job_alone(workshop: Workshop, tmp_path: Path) -> None:
    files = {
        "train.py": "import asked_for; print(asked_for.X + 1)",
        "requirements.txt": f"{wheel(tmp_path, 'asked_for')}\n",
    }
    workshop.put_source(files)
    workshop.train("job", Environment=OFFLINE)
    job = workshop.ended("training", "job")
    assert job["TrainingJobStatus"] == "Completed", job.get("FailureReason")
    assert workshop.log(LOG, "job")[-1] == "42"
    workshop.put_source({"train.py": "import numpy; print(numpy.__version__)"})
    workshop.train("next")
    workshop.ended("training", "next")
    assert workshop.log(LOG, "next") == [version("numpy")]


@pytest.mark.parametrize(
    ("image", "error"),
    [
        ("sagemaker-scikit-learn:1.9-0-cpu-py3", "InstallRequirementsError"),
        ("sagemaker-xgboost:3.2-0", "InstallModuleError"),
    ],
)
def test_a_requirement_that_cannot_be_had(workshop: Workshop, image: str, error: str) -> None:
    workshop.put_source({"train.py": "print('never')", "requirements.txt": "no-such-package-of-ours==9.9\n"})
    request = training_request(f"s3://{BUCKET}/ready/", {})
    request["AlgorithmSpecification"]["TrainingImage"] = f"683313688378.dkr.ecr.us-east-1.amazonaws.com/{image}"
    workshop.put("ready/upper.txt", "ONE")
    workshop.client.create_training_job(TrainingJobName="job", Environment=OFFLINE, **request)
    job = workshop.ended("training", "job")
    assert job["TrainingJobStatus"] == "Failed"
    assert job["FailureReason"] == (
        f'AlgorithmError: {error}:\nExitCode 1\nErrorMessage "ERROR: No matching distribution found for '
        'no-such-package-of-ours==9.9"\nCommand "python3 -m pip install -r requirements.txt", exit code: 1'
    )
    assert "never" not in workshop.log(LOG, "job")


def test_a_script_that_installs_while_it_runs(workshop: Workshop, tmp_path: Path) -> None:
    """Another version of what warm interpreters have imported."""
    script = (
        "import subprocess, sys\n"
        f"subprocess.check_call([sys.executable, '-m', 'pip', 'install', {str(wheel(tmp_path, 'numpy'))!r}])\n"
        "import numpy\nprint(numpy.X, numpy.__file__.startswith(sys.prefix))\n"
    )
    job = trained(workshop, script, Environment=OFFLINE)
    assert job["TrainingJobStatus"] == "Completed", job.get("FailureReason")
    assert workshop.log(LOG, "job")[-1] == "41 True"


def test_a_package_is_installed_and_run(workshop: Workshop) -> None:
    workshop.put_source(
        {"setup.py": SETUP, "own/__init__.py": "", "own/__main__.py": "import own; print(own.__file__)"}
    )
    # no build isolation: the setuptools that is here, as in an image, rather than one of an index
    given = {**OFFLINE, "PIP_NO_BUILD_ISOLATION": "0"}
    workshop.train("job", {"sagemaker_program": "own"}, Environment=given)
    job = workshop.ended("training", "job")
    assert job["TrainingJobStatus"] == "Completed", job.get("FailureReason")
    assert workshop.log(LOG, "job")[-1] == "/opt/ml/code/own/__init__.py"


SHELL = {"run.sh": 'echo "$SM_HP_DEPTH:$@" > /opt/ml/model/m\ncat /opt/ml/model/m\nexit $3\n'}


def test_a_shell_script_trains(workshop: Workshop) -> None:
    workshop.put_source(SHELL)
    algorithm = {"TrainingImage": SCIKIT_LEARN, "TrainingInputMode": "File"}
    workshop.train("job", {"sagemaker_program": "run.sh", "depth": "0"}, AlgorithmSpecification=algorithm)
    assert workshop.ended("training", "job")["TrainingJobStatus"] == "Completed"
    assert workshop.log(LOG, "job") == ["0:--depth 0"]


def test_a_shell_script_is_no_module_for_the_image_of_xgboost(workshop: Workshop) -> None:
    """As tests/integration/toolkits/test_image.py has it of AWS's own code."""
    workshop.put_source(SHELL)
    workshop.train("job", {"sagemaker_program": "run.sh", "depth": "0"})
    job = workshop.ended("training", "job")
    assert job["TrainingJobStatus"] == "Failed"
    assert "ExecuteUserScriptError" in job["FailureReason"]
    assert "python3 -m run.sh --depth 0" in job["FailureReason"]


@pytest.mark.parametrize(
    "regex",
    ["loss=([0-9", "(?<1>x)"],
)
def test_a_metric_that_no_line_can_match_is_refused(workshop: Workshop, regex: str) -> None:
    algorithm = training_request("s3://x/", {})["AlgorithmSpecification"] | {
        "MetricDefinitions": [{"Name": "a", "Regex": regex}]
    }
    with pytest.raises(ClientError, match="Invalid regular expression in MetricDefinitions") as refused:
        workshop.train("job", AlgorithmSpecification=algorithm)
    assert refused.value.response["Error"]["Code"] == "ValidationException"


@pytest.mark.parametrize(
    ("module", "broken"),
    [
        *((job_run, name) for name in ("Output", "track", "announce", "utcnow", "credentials_of")),
        *((training, name) for name in ("TrainingRun", "upload_archive", "EntryPoint")),
        (jobs_api, "announce"),
    ],
    ids=lambda value: value if isinstance(value, str) else value.__name__.rpartition(".")[2],
)
def test_whatever_raises_a_job_has_an_end(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch, module: Any, broken: str
) -> None:
    class Surprise(BaseException):
        pass

    seen: list[str] = []
    works = getattr(module, broken)

    def fails(*given: Any, **named: Any) -> Any:
        if not seen:
            seen.append("once")
            raise Surprise("of ours")
        return works(*given, **named)

    monkeypatch.setattr(module, broken, fails)
    workshop.train("job")
    job = workshop.ended("training", "job", 30)
    if (module, broken) == (job_run, "announce"):  # all else is done by then
        assert job["TrainingJobStatus"] == "Completed"
        return
    assert (job["TrainingJobStatus"], job["FailureReason"]) == ("Failed", "InternalServerError: Surprise: of ours")
    assert workshop.cleared()


def test_a_trial_component_is_made(workshop: Workshop) -> None:
    config = {"ExperimentName": "e", "TrialName": "t", "TrialComponentDisplayName": "Training"}
    with pytest.raises(ClientError, match="Experiment 'e' does not exist"):
        workshop.train("job", ExperimentConfig=config)
    workshop.client.create_experiment(ExperimentName="e")
    workshop.client.create_trial(TrialName="t", ExperimentName="e")
    workshop.train("job", {"depth": "4"}, ExperimentConfig=config)
    job = workshop.ended("training", "job")
    (found,) = workshop.client.list_trial_components(TrialName="t")["TrialComponentSummaries"]
    assert found["TrialComponentName"] == "job-aws-training-job"
    told = workshop.client.describe_trial_component(TrialComponentName="job-aws-training-job")
    assert told["DisplayName"] == "Training"
    assert told["Source"] == {"SourceArn": job["TrainingJobArn"], "SourceType": "SageMakerTrainingJob"}
    assert told["Status"] == {
        "PrimaryStatus": "Completed",
        "Message": "Status: Completed, secondary status: Completed, failure reason: .",
    }
    assert told["Parameters"]["depth"] == {"StringValue": "4"}
    assert told["OutputArtifacts"]["SageMaker.ModelArtifact"]["Value"] == job["ModelArtifacts"]["S3ModelArtifacts"]
    assert told["StartTime"] <= told["EndTime"]
    workshop.process("prepare", ExperimentConfig={"ExperimentName": "e"})
    workshop.ended("processing", "prepare")
    assert [item["TrialName"] for item in workshop.client.list_trials(ExperimentName="e")["TrialSummaries"]] == [
        *("prepare", "t")  # newest first
    ]


@pytest.mark.parametrize("key", ["in/../../../../../../../../../../../../escaped", "in/a/b", "in/" + "x" * 256])
def test_keys_that_are_no_files_fail_the_job(workshop: Workshop, key: str, tmp_path: Path) -> None:
    workshop.put("in/a", "1")
    workshop.put(key, "2")
    request = training_request(f"s3://{BUCKET}/in/", {})
    workshop.client.create_training_job(TrainingJobName="job", **request)
    job = workshop.ended("training", "job")
    assert job["FailureReason"].startswith("ClientError: Data download failed: s3://workshop/in/")
    assert not Path("/escaped").exists()


@pytest.mark.parametrize("planted", ["model.tar.gz", "output.tar.gz", "output"])
def test_links_beside_the_model_are_not_written_through(workshop: Workshop, tmp_path: Path, planted: str) -> None:
    victim = tmp_path / "victim"
    victim.write_text("untouched")
    script = (
        "import os\nfor folder in ('/opt/ml', '/opt/ml/output'):\n"
        f"    path = folder + '/{planted}'\n"
        f"    if not os.path.exists(path): os.symlink({str(victim)!r}, path)\n"
        "open('/opt/ml/model/m', 'w').write('1')\nopen('/opt/ml/output/data/d', 'w').write('2')\n"
    )
    job = trained(workshop, script)
    assert victim.read_text() == "untouched"
    assert job["TrainingJobStatus"] == "Completed", job.get("FailureReason")


def test_an_output_that_leads_out_fails_the_job(workshop: Workshop) -> None:
    request = processing("prepare", [], {}, "data")
    workshop.put("code/prepare.py", "import os; os.symlink('/etc/hostname', '/opt/ml/processing/output/data/l')")
    workshop.client.create_processing_job(ProcessingJobName="job", **request)
    job = workshop.ended("processing", "job")
    assert job["FailureReason"] == (
        "ClientError: /opt/ml/processing/output/data/l is a link to /etc/hostname, not below /opt/ml"
    )
    assert keys(workshop, "out/data/") == []
