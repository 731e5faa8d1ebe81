"""AWS's own examples of SDK v3 on a local cloud, unmodified: ``python -m benchmarks.sdk_examples CHECKOUT [NAME…]``.

CHECKOUT is a clone of https://github.com/aws/sagemaker-python-sdk. Its notebooks run cell by cell, its integration
tests by pytest, each in a process of its own; docs/sdk-examples.md has the table that this printed. They sign with
the credentials of a role, as in a notebook of SageMaker Studio, and find AWS's sample data in a bucket of its name.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

from localcloud import LocalCloud

INTEG = "tests/integ"
EXAMPLES = (
    "v3-examples/ml-ops-examples/v3-processing-job-sklearn.ipynb",
    "v3-examples/ml-ops-examples/v3-model-registry-example/v3-model-registry-example.ipynb",
    "v3-examples/ml-ops-examples/v3-pipeline-train-create-registry.ipynb",
    "v3-examples/ml-ops-examples/v3-transform-job-example.ipynb",
    "v3-examples/training-examples/hyperparameter-training-example.ipynb",
    "v3-examples/training-examples/custom-distributed-training-example.ipynb",
    "v3-examples/inference-examples/in-process-mode-example.ipynb",
    "v3-examples/inference-examples/inference-pipeline-modelbuilder-vs-core-example.ipynb",
    f"sagemaker-train/{INTEG}/train/test_model_trainer.py",
    f"sagemaker-train/{INTEG}/train/test_tuner_distributed.py",
    f"sagemaker-train/{INTEG}/train/shallow/test_model_trainer.py",
    f"sagemaker-train/{INTEG}/train/shallow/test_tuner.py",
    f"sagemaker-serve/{INTEG}/test_passthrough_source_code_repack_integration.py",
    f"sagemaker-serve/{INTEG}/test_in_process_integration.py",
    f"sagemaker-mlops/{INTEG}/test_model_registry.py",
    f"sagemaker-mlops/{INTEG}/test_processing_job_sklearn.py",
    f"sagemaker-mlops/{INTEG}/test_transform_job.py",
    f"sagemaker-mlops/{INTEG}/workflow/test_pipeline_train_registry.py",
)
SAMPLES = {  # in AWS's bucket sagemaker-sample-files -> the same file in the checkout
    "datasets/tabular/uci_abalone/abalone.csv": f"sagemaker-mlops/{INTEG}/data/abalone.csv",
}
TIMEOUT = 600  # seconds an example
# The SDK asks https://sts.REGION.amazonaws.com for account and role, whatever AWS_ENDPOINT_URL says
# (session_helper.py, sts_regional_endpoint): here STS is where the other services are.
STS = """
import botocore.session
_create = botocore.session.Session.create_client
def create_client(self, service_name, *args, **more):
    if service_name == "sts":
        more["endpoint_url"] = None
    return _create(self, service_name, *args, **more)
botocore.session.Session.create_client = create_client
"""


def main(checkout: Path, names: list[str]) -> None:
    """Print a row of the table for each example."""
    print("| example | outcome | seconds |\n| --- | --- | --- |", flush=True)
    with tempfile.TemporaryDirectory() as folder, LocalCloud(speed=60) as cloud:
        Path(folder, "sitecustomize.py").write_text(STS)
        environment = {**os.environ, **cloud.environment, **_role(cloud), "PYTHONPATH": folder}
        s3 = cloud.client("s3")
        s3.create_bucket(Bucket="sagemaker-sample-files")
        for key, path in SAMPLES.items():
            s3.upload_file(str(checkout / path), "sagemaker-sample-files", key)
        for example in EXAMPLES:
            if not names or any(name in example for name in names):
                began = time.monotonic()
                outcome = _run(checkout / example, Path(folder), environment)
                print(f"| `{example}` | {outcome} | {time.monotonic() - began:.0f} |", flush=True)


def _role(cloud: LocalCloud) -> dict[str, str]:
    """Credentials of a role that SageMaker's jobs may have and that may do everything else."""
    iam, sts = cloud.client("iam"), cloud.client("sts")
    trust = {"Effect": "Allow", "Principal": {"Service": "sagemaker.amazonaws.com", "AWS": cloud.account}}
    everything = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    trusted = _policy({**trust, "Action": "sts:AssumeRole"})
    role = iam.create_role(RoleName="SageMakerRole", AssumeRolePolicyDocument=trusted)["Role"]["Arn"]
    iam.put_role_policy(RoleName="SageMakerRole", PolicyName="all", PolicyDocument=_policy(everything))
    keys = sts.assume_role(RoleArn=role, RoleSessionName="notebook")["Credentials"]
    return {
        "AWS_ACCESS_KEY_ID": keys["AccessKeyId"],
        "AWS_SECRET_ACCESS_KEY": keys["SecretAccessKey"],
        "AWS_SESSION_TOKEN": keys["SessionToken"],
    }


def _policy(statement: Mapping[str, object]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def _run(example: Path, folder: Path, environment: dict[str, str]) -> str:
    """What became of a notebook or a file of tests: its last lines where it failed."""
    if example.suffix == ".ipynb":
        program = folder / "notebook.py"
        program.write_text(script(json.loads(example.read_text("utf-8"))))
        command, home = [sys.executable, str(program)], example.parent
    else:
        home = Path(str(example).partition("/tests/")[0])
        options = ("-q", "-p", "no:cacheprovider", "-c", os.devnull, f"--rootdir={home}")
        command = [sys.executable, "-m", "pytest", *options, str(example)]
    try:
        ran = subprocess.run(
            command, cwd=home, env=environment, capture_output=True, text=True, check=False, timeout=TIMEOUT
        )
    except subprocess.TimeoutExpired:
        return f"no end in {TIMEOUT} s"
    (folder / f"{example.name}.log").write_text(ran.stdout + ran.stderr)
    lines = [line for line in (ran.stderr if example.suffix == ".ipynb" else ran.stdout).splitlines() if line.strip()]
    if example.suffix == ".ipynb" and ran.returncode == 0:
        return "ran"
    errors = {line.removeprefix("E").strip() for line in lines if line.startswith("E ") and "Error" in line}
    return " · ".join([lines[-1], *sorted(errors)]) if lines else f"exit {ran.returncode}"


def script(notebook: dict[str, list[dict[str, object]]]) -> str:
    """The code cells of a notebook as a program: ``%%writefile`` and ``!`` as IPython has them."""
    parts = ["import pathlib, subprocess"]
    for cell in notebook["cells"]:
        source = cell["source"]
        text = "".join(source) if isinstance(source, list) else str(source)
        if cell["cell_type"] != "code":
            continue
        if text.startswith("%%writefile "):
            first, _, rest = text.partition("\n")
            parts.append(f"pathlib.Path({first.split()[1]!r}).write_text({rest!r})")
        else:
            parts += [_line(line) for line in text.splitlines()]
    return "\n".join(parts) + "\n"


def _line(line: str) -> str:
    return f"subprocess.run(f{line[1:]!r}, shell=True, check=True)" if line.startswith("!") else line


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve(), sys.argv[2:])
