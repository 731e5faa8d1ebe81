"""app.py as the CDK CLI runs it."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from settings import Settings, from_context


def run(repository: Path, folder: Path, context: dict[str, str], *options: str) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"CDK_OUTDIR": str(folder), "CDK_CONTEXT_JSON": json.dumps(context)}
    return subprocess.run(
        [sys.executable, *options, str(repository / "app.py")],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_bad_setting_is_one_sentence_and_exit_status_1(repository: Path, tmp_path: Path) -> None:
    result = run(repository, tmp_path, {"retention_hours": "12"})
    assert result.returncode == 1
    assert result.stdout == ""
    (line,) = result.stderr.splitlines()
    assert "retention_hours=12" in line
    assert not list(tmp_path.iterdir())  # nothing half-made is left to deploy


def test_app_gives_the_same_templates_again(repository: Path, tmp_path: Path, default: Any) -> None:
    """From another folder, in another process: same templates, same assets, so `cdk diff` is quiet.

    Without SageMaker's SDK and boto3: importing them takes seconds, and their clients look for an account.
    """
    result = run(repository, tmp_path, {}, "-X", "importtime")
    imported = {line.rpartition("|")[2].strip() for line in result.stderr.splitlines() if line.startswith("import")}
    told = [line for line in result.stderr.splitlines() if not line.startswith("import")]
    assert (result.returncode, told) == (0, [])
    assert {"sagemaker", "boto3", "pipelines.definition"} & imported == {"pipelines.definition"}
    names = {path.name for path in default.folder.iterdir()}
    assert {path.name for path in tmp_path.iterdir()} == names
    for name in sorted(names):
        if name.endswith((".template.json", ".assets.json")):
            assert (tmp_path / name).read_bytes() == (default.folder / name).read_bytes(), name


def test_outputs_have_the_keys_that_the_cli_reads(assembly: Any) -> None:
    expected = {
        "Foundation": {"Dataset", "LakeBucketName", "ArtifactBucketName", "DatabaseName", "KeyArn", "AlarmTopicArn"},
        "StreamIngest": {"EventStreamName", "DeliveryStreamName", "TransformFunctionName"},
        "Lakehouse": {
            "ReferenceCrawlerName",
            "EventsCrawlerName",
            "CurateJobName",
            "CurateWorkflowName",
            "QualityRulesetName",
            "WorkGroupName",
        },
        "Training": {"TrainingPipelineName", "ModelPackageGroupName"},
        "Serving": {"EndpointName"},
        "Monitoring": {"DashboardName", "MonitoringPipelineName"},
        "Network": {"VpcId"},
    }
    if "AWS::SageMaker::MonitoringSchedule" in {item["Type"] for item in assembly.monitoring.resources.values()}:
        expected["Monitoring"] = {"DashboardName", "MonitoringScheduleName"}
    for name in expected.keys() - ({"Network"} if assembly.network is None else set()):
        own = {key for key in assembly[name].document["Outputs"] if not key.startswith("ExportsOutput")}
        assert own == expected[name]


def test_no_stack_reads_the_environment_or_knows_the_laptop(repository: Path) -> None:
    files = [
        repository / "app.py",
        *(file for name in ("settings", "stacks") for file in (repository / name).rglob("*.py")),
    ]
    assert len(files) > 15
    for file in files:
        text = file.read_text("utf-8")
        for word in ("os.environ", "getenv", "boto3", "localcloud", "from_lookup", "localhost"):
            assert word not in text, f"{file.name} has {word}"


def test_otherwise_changes_every_setting(other_settings: dict[str, str]) -> None:
    """What these tests call `otherwise` leaves no setting at its default, but for those that exclude another.

    Another dataset is in test_dataset.py.
    """
    changed, usual = from_context(other_settings), from_context({})
    same = {name for name in Settings.model_fields if getattr(changed, name) == getattr(usual, name)}
    assert same == {"dataset", "shards", "endpoint", "endpoint_memory_mb", "endpoint_concurrency"}
