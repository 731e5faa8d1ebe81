"""Code with SageMaker's paths written into it runs unchanged: in a mount namespace, and by translation elsewhere."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from localcloud.processes.isolation import Isolation
from localcloud.sagemaker.engine import sagemaker_engine
from tests.integration.sagemaker.workshop import BUCKET, ROLE, Workshop, processing, training

PROCESSING_LOG, TRAINING_LOG = "/aws/sagemaker/ProcessingJobs", "/aws/sagemaker/TrainingJobs"


@pytest.fixture(params=["real", "translated"])
def shop(request: pytest.FixtureRequest, workshop: Workshop, monkeypatch: pytest.MonkeyPatch) -> Iterator[Workshop]:
    """In both ways; where the machine allows no namespace, the first is the second."""
    if request.param == "translated":
        monkeypatch.setattr(sagemaker_engine(), "isolation", Isolation(False, "a test"))
    before = Path("/proc/self/mountinfo").read_text() if Path("/proc").exists() else ""
    yield workshop
    if before:
        assert Path("/proc/self/mountinfo").read_text() == before
    assert workshop.cleared()


def processed(shop: Workshop, script: str | None, entry: list[str] | None = None, **more: Any) -> dict[str, Any]:
    request = processing("prepare", [], {"data": f"s3://{BUCKET}/data/"}, "data")
    if script is not None:
        shop.put("code/prepare.py", script)
    if entry is not None:
        request["AppSpecification"]["ContainerEntrypoint"] = entry
    shop.client.create_processing_job(ProcessingJobName="job", **(request | more))
    return shop.ended("processing", "job")


def trained(
    shop: Workshop, files: dict[str, str], given: dict[str, str] | None = None, **more: Any
) -> dict[str, Any]:
    shop.put_source(files)
    shop.train("job", given, **more)
    return shop.ended("training", "job")


def test_processing_with_fixed_paths(shop: Workshop) -> None:
    job = processed(
        shop,
        "import bz2, glob, os, pathlib, shutil, subprocess, sys, tarfile\n"
        "assert glob.glob('/opt/ml/processing/input/data/**/*.txt', recursive=True)\n"
        "shutil.copy('/opt/ml/processing/input/data/a.txt', '/opt/ml/processing/output/data/a.txt')\n"
        "tarfile.open('/opt/ml/processing/output/data/t.tar.gz', 'w:gz').add(__file__, 'code')\n"
        "bz2.open('/opt/ml/processing/output/data/b.bz2', 'w').close()\n"
        'child = \'open("/opt/ml/processing/output/data/child", "w").write("c")\'\n'
        "subprocess.run([sys.executable, '-c', child], check=True)\n"
        "subprocess.run(['sh', '-c', 'echo s > /opt/ml/processing/output/data/shell'], check=True)\n"
        "pathlib.Path('/opt/ml/output/message').write_text('told')\n"
        "print(__file__, os.path.expanduser('~') != '/tmp')\n",
    )
    assert (job["ProcessingJobStatus"], job.get("ExitMessage")) == ("Completed", "told"), job.get("FailureReason")
    names = [item["Key"] for item in shop.s3.list_objects_v2(Bucket=BUCKET, Prefix="out/data/")["Contents"]]
    assert names == [f"out/data/{name}" for name in ("a.txt", "b.bz2", "child", "shell", "t.tar.gz")]
    assert shop.log(PROCESSING_LOG, "job") == ["/opt/ml/processing/input/code/prepare.py True"]


def test_errors_read_opt_ml(shop: Workshop) -> None:
    job = processed(shop, "open('/opt/ml/processing/input/none')")
    assert job["FailureReason"] == (
        "AlgorithmError: FileNotFoundError: [Errno 2] No such file or directory: '/opt/ml/processing/input/none', "
        "exit code: 1"
    )
    assert shop.log(PROCESSING_LOG, "job")[1] == (
        '  File "/opt/ml/processing/input/code/prepare.py", line 1, in <module>'
    )


def test_the_sdk_s_shell_entry_point(shop: Workshop) -> None:
    """What FrameworkProcessor uploads, in its form: sagemaker.core.processing, _generate_framework_script."""
    shop.put_source(
        {"main.py": "import helper, sys\nprint('with', helper.X, *sys.argv[1:])\n", "helper.py": "X = 1\n"}
    )
    shop.put(
        "code/runproc.sh",
        "#!/bin/bash\nset -e\ncd /opt/ml/processing/input/code/\ntar -xzf source.tar.gz\n"
        'if [[ -f requirements.txt ]]; then pip install -r requirements.txt; fi\npython3 main.py "$@"\n',
    )
    inputs = {"code": f"s3://{BUCKET}/code/source.tar.gz", "entrypoint": f"s3://{BUCKET}/code/runproc.sh"}
    request = processing("prepare", ["a b"], inputs, "data")
    request["AppSpecification"]["ContainerEntrypoint"] = [
        "/bin/bash",
        "/opt/ml/processing/input/entrypoint/runproc.sh",
    ]
    shop.client.create_processing_job(ProcessingJobName="job", **request)
    job = shop.ended("processing", "job")
    assert job["ProcessingJobStatus"] == "Completed", job.get("FailureReason")
    assert shop.log(PROCESSING_LOG, "job") == ["with 1 a b"]


@pytest.mark.parametrize(
    ("entry", "reason"),
    [
        (["no-such-program"], "AlgorithmError: no-such-program cannot be started: No such file or directory, exit"),
        (["/opt/ml/processing/input/code/prepare.py"], "cannot be started: Permission denied, exit code: 126"),
        (["/bin/sh", "-c", "exit 7"], "AlgorithmError: See job logs for more information, exit code: 7"),
        (["/bin/sh", "-c", "echo why; kill -9 $$"], "AlgorithmError: why, exit code: 137"),
    ],
)
def test_entry_points_that_fail(shop: Workshop, entry: list[str], reason: str) -> None:
    job = processed(shop, None, entry)
    assert job["ProcessingJobStatus"] == "Failed"
    assert reason in job["FailureReason"]


def test_training_with_fixed_paths(shop: Workshop) -> None:
    job = trained(
        shop,
        {
            "train.py": "import json, os\n"
            "text = open('/opt/ml/input/data/train/upper.txt').read()\n"
            "config = json.load(open('/opt/ml/input/config/resourceconfig.json'))\n"
            "assert 'train.py' in os.listdir('/opt/ml/code') and os.getcwd().endswith('/opt/ml/code')\n"
            "open('/opt/ml/model/m.json', 'w').write(text + config['current_instance_type'])\n"
        },
    )
    assert job["TrainingJobStatus"] == "Completed", job.get("FailureReason")
    assert shop.archive(job["ModelArtifacts"]["S3ModelArtifacts"]) == {"m.json": "ONEml.m5.large"}


def test_a_container_entry_point_as_model_trainer_sends_it(shop: Workshop) -> None:
    """SDK v3: sagemaker.train.constants.DEFAULT_CONTAINER_ENTRYPOINT, sagemaker.train.templates."""
    shop.put(
        "drivers/sm_train.sh",
        "\n#!/bin/bash\nset -e\ntrap 'echo told > /opt/ml/output/failure' ERR\n"
        "PYTHON=$(command -v python3)\nPIP=$(command -v pip3)\n"
        'echo "export SM_MODEL_DIR=/opt/ml/model" > /opt/ml/input/sm_training.env\n'
        "source /opt/ml/input/sm_training.env\ncd /opt/ml/input/data/code\n"
        "$PYTHON /opt/ml/input/data/sm_drivers/driver.py\n",
    )
    shop.put(
        "drivers/driver.py", "import subprocess, sys; sys.exit(subprocess.run([sys.executable, 'own.py']).returncode)"
    )
    shop.put(
        "own/own.py", "import os; open(os.environ['SM_MODEL_DIR'] + '/m', 'w').write('made'); print(os.getcwd())"
    )
    request = training(f"s3://{BUCKET}/own/", {})
    drivers = {"S3DataType": "S3Prefix", "S3Uri": f"s3://{BUCKET}/drivers/"}
    request["InputDataConfig"][0]["ChannelName"] = "code"
    request["InputDataConfig"].append({"ChannelName": "sm_drivers", "DataSource": {"S3DataSource": drivers}})
    run = "/opt/ml/input/data/sm_drivers/sm_train.sh"
    request["AlgorithmSpecification"] |= {
        "ContainerEntrypoint": ["/bin/bash"],
        "ContainerArguments": ["-c", f"chmod +x {run} && {run}"],
    }
    request["HyperParameters"] = {"depth": "3"}
    shop.client.create_training_job(TrainingJobName="job", **request)
    job = shop.ended("training", "job")
    assert job["TrainingJobStatus"] == "Completed", job.get("FailureReason")
    assert shop.archive(job["ModelArtifacts"]["S3ModelArtifacts"]) == {"m": "made"}
    assert shop.log(TRAINING_LOG, "job") == ["/opt/ml/input/data/code"]
    shop.put("own/own.py", "raise SystemExit(3)")
    shop.client.create_training_job(TrainingJobName="failing", **request)
    assert shop.ended("training", "failing")["FailureReason"] == "AlgorithmError: told, exit code: 3"


def test_an_endpoint_s_worker_has_its_model_there(shop: Workshop) -> None:
    shop.put_source(
        {
            "code/inference.py": "import os\nNAMES = sorted(os.listdir('/opt/ml/model'))\n"
            "def model_fn(folder): return open('/opt/ml/model/m.txt').read() + folder\n"
            "def input_fn(body, kind): return body\n"
            "def predict_fn(data, model): return model + str(NAMES)\n"
            "def output_fn(answer, accept): return answer, 'text/plain'\n",
            "m.txt": "model of ",
        }
    )
    container = {
        "Image": "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:3.2-0",
        "ModelDataUrl": f"s3://{BUCKET}/code/source.tar.gz",
    }
    shop.client.create_model(ModelName="m", ExecutionRoleArn=ROLE, PrimaryContainer=container)
    variant = {"VariantName": "v", "ModelName": "m", "InstanceType": "ml.m5.large", "InitialInstanceCount": 1}
    shop.client.create_endpoint_config(EndpointConfigName="c", ProductionVariants=[variant])
    shop.client.create_endpoint(EndpointName="e", EndpointConfigName="c")
    shop.client.get_waiter("endpoint_in_service").wait(EndpointName="e", WaiterConfig={"Delay": 1, "MaxAttempts": 60})
    answer = shop.cloud.client("sagemaker-runtime").invoke_endpoint(
        EndpointName="e", Body="1", ContentType="text/csv"
    )
    text = answer["Body"].read().decode()
    shop.client.delete_endpoint(EndpointName="e")
    assert text.startswith("model of ")
    assert text.endswith("['code', 'm.txt']")


NETWORK = """
import os, socket, urllib.request
with socket.create_server(("127.0.0.1", 0)) as own:
    socket.create_connection(own.getsockname()).close()
try:
    urllib.request.urlopen(os.environ["AWS_ENDPOINT_URL"], timeout=2)
    print("reached")
except OSError as error:
    print("not reached")
print(os.environ["AWS_ACCESS_KEY_ID"] != "", socket.gethostbyname("localhost"))
"""


def test_a_job_without_network(workshop: Workshop) -> None:
    if not sagemaker_engine().isolation.real:
        pytest.skip(f"no namespaces here: {sagemaker_engine().isolation.why}")
    processed(workshop, NETWORK, NetworkConfig={"EnableNetworkIsolation": True})
    assert workshop.log(PROCESSING_LOG, "job") == ["not reached", "False 127.0.0.1"]
    trained(workshop, {"train.py": NETWORK}, EnableNetworkIsolation=True)
    assert workshop.log(TRAINING_LOG, "job") == ["not reached", "False 127.0.0.1"]
    trained_open = training(f"s3://{BUCKET}/ready/", {})
    workshop.client.create_training_job(TrainingJobName="open", **trained_open)
    workshop.ended("training", "open")
    assert workshop.log(TRAINING_LOG, "open") == ["reached", "True 127.0.0.1"]


def test_the_host_s_name_is_known(workshop: Workshop) -> None:
    if not sagemaker_engine().isolation.real:
        pytest.skip(f"no namespaces here: {sagemaker_engine().isolation.why}")
    code = "import json, os, socket; print([socket.gethostbyname(n) for n in json.loads(os.environ['SM_HOSTS'])])"
    trained(workshop, {"train.py": code})
    assert workshop.log(TRAINING_LOG, "job") == ["['127.0.0.1']"]
    assert not any("algo-1" in line for line in Path("/etc/hosts").read_text().splitlines())


def test_jobs_side_by_side_have_each_their_own(workshop: Workshop) -> None:
    """Each waits for the other before it looks: two processes at once see two folders at one path."""
    script = (
        "import os, pathlib, time\n"
        "here = pathlib.Path('/opt/ml/processing/input/data')\n"
        "(here / 'own').write_text(os.environ['NAME'])\n"
        f"flags = pathlib.Path({str(workshop.cloud.workdir)!r})\n"
        "(flags / ('flag-' + os.environ['NAME'])).touch()\n"
        "deadline = time.monotonic() + 30\n"
        "while len(list(flags.glob('flag-*'))) < 2 and time.monotonic() < deadline: time.sleep(0.02)\n"
        "print((here / 'own').read_text(), len(list(flags.glob('flag-*'))))\n"
    )
    workshop.put("code/prepare.py", script)
    for name in ("one", "two"):
        workshop.process(name, Environment={"NAME": name})
    for name in ("one", "two"):
        workshop.ended("processing", name)
        assert workshop.log(PROCESSING_LOG, name) == [f"{name} 2"]
    for flag in workshop.cloud.workdir.glob("flag-*"):
        flag.unlink()
