"""`mlref doctor` finds what is missing and names the fix."""

import importlib.metadata
import shutil
from datetime import date
from pathlib import Path
from types import SimpleNamespace

import pytest
import typer

from cli import doctor
from cli.doctor import Finding, examine


@pytest.fixture(scope="module")
def findings() -> dict[str, Finding]:
    return {finding.what: finding for finding in examine()}


def test_this_environment_is_right(findings: dict[str, Finding]) -> None:
    wrong = {name: finding.fix for name, finding in findings.items() if finding.fix and finding.required}
    assert wrong == {}


def test_pinned_packages_are_looked_at(findings: dict[str, Finding]) -> None:
    assert {"aws-cdk-lib", "moto", "duckdb", "pysail", "cfn-lint", "pyspark-client"} <= set(findings)
    assert findings["moto"].found == "5.2.5"


def test_other_version_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.metadata, "version", lambda _: "0.0")
    moto = next(finding for finding in examine() if finding.what == "moto")
    assert (moto.found, moto.fix) == ("0.0", "make demo installs 5.2.5")


def test_unsupported_python_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    class Version(tuple[int, int, int]):  # sys.version_info compares as a tuple
        __slots__ = ()

    monkeypatch.setattr(doctor, "sys", SimpleNamespace(version_info=Version((3, 14, 0)), executable="python"))
    python = next(examine())
    assert python.found == "3.14.0"
    assert python.fix == "make clean && make PYTHON=python3.13 demo"


def test_empty_checkout_names_every_fix_and_fails(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copy(repository / "pyproject.toml", tmp_path)
    monkeypatch.setattr(doctor, "ROOT", tmp_path)
    monkeypatch.setattr(shutil, "which", lambda _: None)
    monkeypatch.delenv("JAVA_HOME", raising=False)
    with pytest.raises(typer.Exit) as ended:
        doctor.doctor()
    assert ended.value.exit_code == 1
    missing = {finding.what: finding.fix for finding in examine() if finding.found == "missing"}
    assert set(missing) == {"CDK CLI", "PySpark", "Java"}
    assert all(missing.values())
    assert "CDK CLI" in capsys.readouterr().out


def test_full_disk_is_found(monkeypatch: pytest.MonkeyPatch, findings: dict[str, Finding]) -> None:
    assert findings["Disk"].fix == ""
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=2**30))
    assert doctor._disk().fix == "free 3 GiB"


def test_versions_that_aws_ends_are_a_warning() -> None:
    assert doctor._versions(date(2026, 11, 21)).fix == ""
    later = doctor._versions(date(2028, 4, 1))
    assert "nodejs24.x ends 2028-04-30" in later.fix
    assert not later.required
