"""What a training container runs, by its toolkit: sagemaker-training or sagemaker-containers."""

from pathlib import Path

import pytest

from localcloud.sagemaker.container import Container, JobError
from localcloud.sagemaker.entry_point import CODE, EntryPoint, of_request, of_toolkit
from localcloud.sagemaker.images import facts
from localcloud.sagemaker.toolkit_arguments import TrainingEnvironment

XGBOOST, SKLEARN, TORCH = (
    f"683313688378.dkr.ecr.us-east-1.amazonaws.com/{name}"
    for name in (
        "sagemaker-xgboost:3.2-0",
        "sagemaker-scikit-learn:1.9-0-cpu-py3",
        "pytorch-training:2.8.0-cpu-py312",
    )
)
PIP = ("python3", "-m", "pip", "install")


def entry(tmp_path: Path, image: str, files: list[str], program: str, **given: str) -> tuple[EntryPoint, Container]:
    container = Container(tmp_path / "job", real=True)
    for name in files:
        path = container.path(f"{CODE}/{name}")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    toolkit = TrainingEnvironment(
        image=facts(image),
        root="/opt/ml",
        hyperparameters={"sagemaker_program": program, **given},
        resource_config={"current_host": "algo-1", "hosts": ["algo-1"]},
        input_data_config={},
        job_name="job",
        region="us-east-1",
    )
    return of_toolkit(toolkit, container, "s3://bucket/source.tar.gz"), container


@pytest.mark.parametrize(
    ("given", "words", "install", "error"),
    [
        ((SKLEARN, "train.py", "train.py"), ("python3", f"{CODE}/train.py"), (), ""),
        ((SKLEARN, "src/train.py", "src/train.py"), ("python3", f"{CODE}/src/train.py"), (), ""),
        (
            (SKLEARN, "train.py requirements.txt", "train.py"),
            ("python3", f"{CODE}/train.py"),
            *((*PIP, "-r", "requirements.txt"), "InstallRequirementsError"),
        ),
        ((SKLEARN, "train.py setup.py", "train.py"), ("python3", "-m", "train"), (*PIP, "."), "InstallModuleError"),
        (
            (SKLEARN, "setup.py requirements.txt model/__main__.py", "model"),
            ("python3", "-m", "model"),
            *((*PIP, ".", "-r", "requirements.txt"), "InstallModuleError"),
        ),
        ((SKLEARN, "run.sh requirements.txt", "run.sh"), ("/bin/sh", "-c", "./run.sh"), (), ""),
        ((SKLEARN, "train", "train"), ("/bin/sh", "-c", "./train"), (), ""),
        ((TORCH, "train.py", "train.py"), ("python3", f"{CODE}/train.py"), (), ""),
        ((XGBOOST, "train.py", "train.py"), ("python3", "-m", "train"), (), ""),
        (
            (XGBOOST, "train.py requirements.txt", "train.py"),
            ("python3", "-m", "train"),
            *((*PIP, "-r", "requirements.txt"), "InstallModuleError"),
        ),
        ((XGBOOST, "train.py setup.py", "train.py"), ("python3", "-m", "train"), (*PIP, "."), "InstallModuleError"),
        ((XGBOOST, "run.sh", "run.sh"), ("python3", "-m", "run.sh"), (), ""),
    ],
)
def test_entry_points(
    tmp_path: Path, given: tuple[str, str, str], words: tuple[str, ...], install: tuple[str, ...], error: str
) -> None:
    image, files, program = given
    found, _ = entry(tmp_path, image, files.split(), program)
    assert (found.words, found.install) == (words, install)
    assert found.install_error == error or not install


def test_arguments_of_a_shell_script_are_quoted(tmp_path: Path) -> None:
    found, container = entry(tmp_path, SKLEARN, ["run.sh"], "run.sh", note="a b; $HOME", n="1")
    assert found.words == ("/bin/sh", "-c", "./run.sh -n 1 --note 'a b; $HOME'")
    assert container.path(f"{CODE}/run.sh").stat().st_mode & 0o777 == 0o777


@pytest.mark.parametrize("program", ["train.py", "../train.py", "run.sh"])
def test_what_is_not_there_is_said(tmp_path: Path, program: str) -> None:
    with pytest.raises(JobError, match=r"ClientError: s3://bucket/source.tar.gz has no .* at its root"):
        entry(tmp_path, SKLEARN, ["other.py"], program)


@pytest.mark.parametrize("real", [True, False])
def test_the_request_s_own_entry_point(tmp_path: Path, real: bool) -> None:
    container = Container(tmp_path / "job", real=real)
    given = {"ContainerEntrypoint": ["/bin/bash"], "ContainerArguments": ["-c", "cd /opt/ml/input && ./x"]}
    found = of_request(container, given)
    assert found.words == ("/bin/bash", "-c", f"cd {container.inside('/opt/ml/input')} && ./x")
    assert found.shown == "/bin/bash -c cd /opt/ml/input && ./x"
