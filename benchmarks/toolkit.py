"""AWS's own toolkits, as they run in SageMaker's containers: the peer that our executor and endpoints are held against.

In .venv-toolkits, which ``make setup`` makes. SAGEMAKER_BASE_DIR is the toolkits' own name for what stands for
/opt/ml.
"""

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ENVIRONMENT = Path(__file__).parents[1] / ".venv-toolkits"
SERVER = Path(__file__).parent / "toolkit_server.py"
TIMEOUT = 120


def train(base: Path, source: Path, channels: dict[str, Path], hyperparameters: dict[str, str]) -> str:
    """Run ``train.py`` of the archive ``source`` through sagemaker-training; the log.

    Args:
        base: an empty folder, in which ``model`` is afterwards what SageMaker packs into model.tar.gz.
        channels: folders by name.
    """
    for name in ("input/config", "input/data", "model", "output/data", "code"):
        (base / name).mkdir(parents=True)
    for name, folder in channels.items():
        shutil.copytree(folder, base / "input" / "data" / name)
    shutil.unpack_archive(source, base / "code", "gztar", filter="data")
    given = {"sagemaker_program": "train.py", "sagemaker_submit_directory": str(base / "code"), **hyperparameters}
    # a host's name is looked up, for 15 minutes if need be: it must be one that resolves
    group = {"instance_group_name": "homogeneousCluster", "instance_type": "ml.m5.xlarge", "hosts": ["localhost"]}
    hosts = {
        "current_host": "localhost",
        "hosts": ["localhost"],
        "network_interface_name": "lo",
        "current_instance_type": group["instance_type"],
        "current_group_name": group["instance_group_name"],
        "instance_groups": [group],
    }
    inputs = {name: {"TrainingInputMode": "File"} for name in channels}
    for name, content in (("hyperparameters", given), ("resourceconfig", hosts), ("inputdataconfig", inputs)):
        (base / "input" / "config" / f"{name}.json").write_text(json.dumps(content), "utf-8")
    done = subprocess.run(
        [_program("train")],
        env=_environment(base),
        cwd=base,
        capture_output=True,
        text=True,
        check=False,
        timeout=TIMEOUT,
    )
    log = done.stdout + done.stderr
    if done.returncode:
        raise RuntimeError(f"sagemaker-training ended with {done.returncode}:\n{log}")
    return log


@contextmanager
def serve(base: Path) -> Iterator[str]:
    """Serve ``base/model``, which has code/inference.py, through sagemaker-inference; the URL of its invocations."""
    environment = {**_environment(base), "SAGEMAKER_PROGRAM": "inference.py"}
    process = subprocess.Popen(
        [_program("python"), str(SERVER), str(base)], env=environment, stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        port = process.stdout.readline().strip()
        if not port:
            raise RuntimeError(f"the toolkit's server ended with {process.wait()}")
        yield f"http://localhost:{port}/invocations"
    finally:
        process.kill()
        process.communicate()


def _program(name: str) -> str:
    path = ENVIRONMENT / "bin" / name
    if not path.is_file():
        raise RuntimeError(f"{path} is missing: run make setup")
    return str(path)


def _environment(base: Path) -> dict[str, str]:
    kept = {name: os.environ[name] for name in ("LANG", "TMPDIR") if name in os.environ}
    path = f"{ENVIRONMENT / 'bin'}{os.pathsep}{os.environ['PATH']}"  # the toolkit runs `python`
    return {**kept, "PATH": path, "SAGEMAKER_BASE_DIR": str(base), "AWS_REGION": "us-east-1"}
