"""What cdk-nag's other packs find is what guards/nag.yaml gives reasons for, no more and no less."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from guards.nag import PACKS, Finding, accepted, report, unexpected


@pytest.fixture(scope="module")
def findings(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Finding, ...]:
    """Of a process of its own: the packs print every finding."""
    folder = tmp_path_factory.mktemp("packs")
    done = subprocess.run(
        [sys.executable, "-m", "guards.nag", str(folder)],
        cwd=repository,
        env=os.environ,
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return report(folder)


def test_every_pack_has_looked(findings: tuple[Finding, ...]) -> None:
    assert {finding.pack for finding in findings} == PACKS.keys()


def test_every_finding_has_a_reason_and_every_reason_a_finding(findings: tuple[Finding, ...]) -> None:
    assert list(unexpected(findings)) == []
    assert all(entry["reason"] for entry in accepted().values())


def test_new_finding_and_reason_for_nothing_are_told(findings: tuple[Finding, ...]) -> None:
    kept = tuple(finding for finding in findings if finding.rule != "S3BucketVersioningEnabled")
    new = Finding("S3BucketVersioningEnabled", "Foundation/Lake", "HIPAA.Security")
    assert [sentence.split(" ")[0] for sentence in unexpected((*kept, new))] == ["Foundation/Lake", "guards/nag.yaml"]
