"""Folders that stand for /opt/ml, and the error at the end of a log."""

from pathlib import Path

import pytest

from localcloud.sagemaker.container import Container, JobError, last_error


@pytest.fixture
def container(tmp_path: Path) -> Container:
    return Container(tmp_path / "job", real=False)


def test_paths_are_below_the_folder_of_the_job(container: Container) -> None:
    assert container.path("/opt/ml/processing/input") == container.root / "processing/input"
    assert container.path("/opt/ml") == container.root


@pytest.mark.parametrize("outside", ["/var/x", "/opt/ml/../x", "opt/ml/x", "/opt/mlx"])
def test_other_paths_are_an_error(container: Container, outside: str) -> None:
    with pytest.raises(JobError, match="the local cloud has no"):
        container.path(outside)


@pytest.mark.parametrize(
    ("text", "translated"),
    [
        ("/opt/ml/processing/x", "{}/processing/x"),
        ("--in=/opt/ml/a:/opt/ml/b", "--in={}/a:{}/b"),
        ("/opt/ml", "{}"),
        ("/opt/mlflow", "/opt/mlflow"),
        ("/data/opt/ml/x", "/data/opt/ml/x"),
        ("s3://bucket/opt/ml/x", "s3://bucket/opt/ml/x"),
    ],
)
def test_paths_in_text(container: Container, text: str, translated: str) -> None:
    assert container.translate(text) == translated.replace("{}", str(container.root))


def test_messages_are_cut(container: Container) -> None:
    assert container.message("/opt/ml/output/failure") is None
    container.folder("/opt/ml/output")
    container.path("/opt/ml/output/failure").write_text("x" * 2000)
    assert container.message("/opt/ml/output/failure") == "x" * 1024


@pytest.mark.parametrize(
    ("log", "error"),
    [
        ("a\nTraceback (most recent call last):\n  File x\n    raise\nValueError: bad", "ValueError: bad"),
        (
            "Traceback (most recent call last):\n  File x\nKeyError: 1\n\nDuring handling of the above exception, "
            "another exception occurred:\n\nTraceback (most recent call last):\n  File y\nOSError: disk\nis full",
            "OSError: disk\nis full",
        ),
        ("usage: x\nx: error: required: --a", "x: error: required: --a"),
        ("", ""),
        ("Traceback (most recent call last):", "Traceback (most recent call last):"),
    ],
)  # fmt: skip
def test_the_last_error(log: str, error: str) -> None:
    assert last_error(log.splitlines()) == error
