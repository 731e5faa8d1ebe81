"""What checkov finds in the templates is what guards/checkov.yaml gives reasons for, no more and no less.

It runs in an environment of its own, for it pins other versions of what we use. A set of templates takes it some 10 s,
so it sees those of all architectures with the default settings only.
"""

import fnmatch
import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from costs.templates import Resource

Found = set[tuple[str, str]]  # rule, logical id without hash


def scan(repository: Path, folder: Path) -> dict[str, Any]:
    checkov = repository / ".venv-checkov" / "bin" / "checkov"
    assert checkov.exists(), "checkov is not installed here: make setup"
    quiet = ("--output", "json", "--quiet", "--skip-download")
    done = subprocess.run(
        [str(checkov), "--directory", str(folder), "--framework", "cloudformation", *quiet],
        cwd=repository / "guards",  # no configuration of checkov's own is found here
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert done.returncode in (0, 1), done.stderr[-2000:]
    report: dict[str, Any] = json.loads(done.stdout)
    return report


def findings(report: dict[str, Any]) -> Found:
    failed = report["results"]["failed_checks"]
    return {(item["check_id"], Resource(item["resource"].rpartition(".")[2], "", {}).name) for item in failed}


def unexpected(found: Found, accepted: dict[str, Any]) -> list[str]:
    new = [
        f"{resource} breaks {rule}"
        for rule, resource in sorted(found)
        if not any(fnmatch.fnmatchcase(resource, pattern) for pattern in accepted.get(rule, {}).get("where", []))
    ]
    return new + [
        f"nothing at {pattern} breaks {rule}"
        for rule, entry in accepted.items()
        for pattern in entry["where"]
        if not any(name == rule and fnmatch.fnmatchcase(resource, pattern) for name, resource in found)
    ]


@pytest.fixture(scope="module")
def accepted(repository: Path) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((repository / "guards" / "checkov.yaml").read_text("utf-8"))
    return found


def test_every_finding_has_a_reason_and_every_reason_a_finding(
    repository: Path, everything: Any, accepted: dict[str, Any], tmp_path: Path
) -> None:
    """With a template beside ours in which a bucket is open: it must be found, or nothing was looked at."""
    for template in everything.templates:
        (tmp_path / f"{template.name}.template.json").write_text(json.dumps(template.document))
    opened = {"Resources": {"Open": {"Type": "AWS::S3::Bucket", "Properties": {"AccessControl": "PublicRead"}}}}
    (tmp_path / "open.template.json").write_text(json.dumps(opened))
    report = scan(repository, tmp_path)
    assert report["summary"]["parsing_errors"] == 0
    found = findings(report)
    assert ("CKV_AWS_20", "Open") in found  # public read
    assert unexpected({(rule, resource) for rule, resource in found if resource != "Open"}, accepted) == []
    assert all(entry["reason"] for entry in accepted.values())


def test_new_finding_and_reason_for_nothing_are_told(accepted: dict[str, Any]) -> None:
    only = {"CKV_AWS_21": accepted["CKV_AWS_21"]}
    assert unexpected({("CKV_AWS_21", "Lake")}, only) == [
        "Lake breaks CKV_AWS_21",
        "nothing at AccessLogs breaks CKV_AWS_21",
    ]
