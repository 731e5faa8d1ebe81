"""Keys that can be files, and files that are the job's."""

from pathlib import Path

import pytest

from localcloud.sagemaker.container import Container, JobError
from localcloud.sagemaker.s3_data import places


def _placed(*below: str) -> list[str]:
    return [path for _, path in places([(f"in/{name}", name) for name in below], "bucket")]


@pytest.mark.parametrize(
    ("below", "paths"),
    [
        (["a", "b/c", "b/d/e"], ["a", "b/c", "b/d/e"]),
        (["a//b"], ["a/b"]),
        (["/x"], ["x"]),
        (["..a", "b..", "...", ".hidden"], ["..a", "b..", "...", ".hidden"]),
        (["a b", "ä", "a\nb", "a=1/b.csv"], ["a b", "ä", "a\nb", "a=1/b.csv"]),
        (["a", "ab/c", "a.b/c"], ["a", "ab/c", "a.b/c"]),
        (["x" * 255], ["x" * 255]),
        ([], []),
    ],
)
def test_keys_that_are_files(below: list[str], paths: list[str]) -> None:
    assert _placed(*below) == paths


@pytest.mark.parametrize(
    ("below", "why"),
    [
        (["../x"], "has no name that a file can have"),
        (["a/../../x"], "has no name that a file can have"),
        (["a/.."], "has no name that a file can have"),
        (["/../x"], "has no name that a file can have"),
        (["./x"], "has no name that a file can have"),
        (["a/./x"], "has no name that a file can have"),
        (["a\0b"], "has no name that a file can have"),
        (["x" * 256], "has no name that a file can have"),
        (["a/" + "ä" * 128 + "/b"], "has no name that a file can have"),
        (["a", "a/b"], "in/a/b lies in a folder that is the object in/a"),
        (["a/b/c", "a/b", "x"], "in/a/b/c lies in a folder that is the object in/a/b"),
        (["a/b", "a//b"], "in/a//b and in/a/b are one file"),
    ],
)
def test_keys_that_are_none(below: list[str], why: str) -> None:
    with pytest.raises(JobError, match=r"^ClientError: Data download failed: ") as failed:
        _placed(*below)
    assert why in str(failed.value)


@pytest.fixture(params=[True, False], ids=["real", "translated"])
def container(request: pytest.FixtureRequest, tmp_path: Path) -> Container:
    made = Container(tmp_path / "job", real=request.param)
    for name in ("out/a", "out/deep/b", "elsewhere/c"):
        made.path(f"/opt/ml/{name}").parent.mkdir(parents=True, exist_ok=True)
        made.path(f"/opt/ml/{name}").write_text(name)
    return made


def _uploaded(container: Container) -> dict[str, str]:
    return {name: path.read_text() for name, path in container.files(container.path("/opt/ml/out"))}


FILES = {"a": "out/a", "deep/b": "out/deep/b"}


@pytest.mark.parametrize(
    ("link", "target", "more"),
    [
        ("l", "a", {"l": "out/a"}),
        ("l", "/opt/ml/elsewhere/c", {"l": "elsewhere/c"}),
        ("l", "../elsewhere", {"l/c": "elsewhere/c"}),
        ("deep/l", "/opt/ml/out/a", {"deep/l": "out/a"}),
        ("l", "nothing", {}),
        ("l", "/opt/ml/nothing", {}),
    ],
)
def test_links_are_followed_as_the_job_sees_them(
    container: Container, link: str, target: str, more: dict[str, str]
) -> None:
    container.path(f"/opt/ml/out/{link}").symlink_to(target)
    assert _uploaded(container) == {**FILES, **more}


@pytest.mark.parametrize(
    ("target", "why"),
    [
        ("/etc/hostname", "is a link to /etc/hostname, not below /opt/ml"),
        ("/etc", "not below /opt/ml"),
        ("../../../../../../../../../../etc/hostname", "not below /opt/ml"),
        ("/opt/ml/../../etc/hostname", "the local cloud has no"),
        (".", "is a link to a folder that it lies in"),
        ("../out", "is a link to a folder that it lies in"),
    ],
)
def test_links_that_lead_out_end_the_job(container: Container, target: str, why: str) -> None:
    container.path("/opt/ml/out/l").symlink_to(target)
    with pytest.raises(JobError, match=r"^ClientError: ") as failed:
        _uploaded(container)
    assert why in str(failed.value)
    assert str(container.root) not in str(failed.value)


def test_links_in_a_circle_end(container: Container) -> None:
    container.path("/opt/ml/out/l").symlink_to("m")
    container.path("/opt/ml/out/m").symlink_to("l")
    with pytest.raises(JobError, match="/opt/ml/out/l is a link in a circle"):
        _uploaded(container)
