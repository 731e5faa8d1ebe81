"""Arguments and variables of training scripts: ours, and what AWS's own packages make of the same files."""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from benchmarks import image
from localcloud.sagemaker.images import ImageFacts, facts
from localcloud.sagemaker.toolkit_arguments import TrainingEnvironment

VALUES = (
    *(
        "5",
        "-0",
        "0.1",
        ".5",
        "1.",
        "1e-3",
        "1E5",
        "1e400",
        "-1.50",
        "NaN",
        "Infinity",
        "10000000000000000000000",
        "01",
    ),
    *(
        "+1",
        "0x10",
        "1_000",
        "true",
        "false",
        "null",
        "True",
        "None",
        '"true"',
        '"null"',
        '"5"',
        '""',
        "",
        " ",
        " 5 ",
    ),
    *(
        "adam",
        '"adam"',
        "two words",
        '"two words"',
        "it's",
        'say "hi"',
        '"say \\"hi\\""',
        '"\\"quoted\\""',
        "a\\b",
        '"a\\nb"',
    ),
    *(
        "line\nbreak",
        "tab\tbed",
        "é",
        '"é"',
        '"\\u00e9"',
        "東京",
        '"\U0001f600"',
        "$HOME `id` ; rm *",
        "--flag",
        "a=b,c=d",
    ),
    *("[]", "[1, 2.0, true, null]", '["a", "b c"]', "[[1], [2]]", '[{"a": 1}]', "[1,", "{}", '{"b": "x", "a": 1}'),
    *(
        '{"a": null, "b": true}',
        '{"a": {"c": [1, 2], "b": "x"}}',
        '{"a": "x,y=z"}',
        '{"1": 1, "10": 2, "2": 3}',
        "{'a': 1}",
    ),
    *("s3://bucket/key", "/opt/ml/model", '"/opt/ml/input/data/train"', "2013-01-01", "1,2", "x" * 300),
)
NAMES = (
    "e",
    "E",
    "é",
    "batch-size",
    "batch_size",
    "batch.size",
    "BatchSize",
    "a b",
    "1",
    "1a",
    "-x",
    "--y",
    "_z",
    "sagemaker",
)
SETS: dict[str, dict[str, str]] = {
    "none": {},
    **{f"value {value!r:.40}": {"name": value} for value in VALUES},
    **{f"name {name!r}": {name: "1"} for name in NAMES},
    "sorted": {"zz": "1", "b": "2", "aa": "3", "B": "4", "_": "5"},
    "the same in capitals": {"a": "1", "A": "2"},
    "quotes at the end": {"a": '"x"', "z": '"\\"y\\""'},
    "framework": {"sagemaker_mpi_enabled": "true", "sagemaker_anything": '{"b": 1}', "x": "1"},
    "job name": {"sagemaker_job_name": '"first"'},
    "job name bare": {"sagemaker_job_name": "first"},
    "region": {"sagemaker_region": '"eu-west-1"'},
    "log level": {"sagemaker_container_log_level": "10"},
    "metrics": {"sagemaker_enable_cloudwatch_metrics": "false", "sagemaker_s3_output": "s3://b/o"},
    "tuned": {"_tuning_objective_metric": "validation-auc", "eta": "0.30000000000000004"},
    "module name": {"default_user_module_name": "mine"},
    "groups to distribute": {"sagemaker_distribution_instance_groups": '["homogeneousCluster"]'},
    "program quoted": {"sagemaker_program": '"train.py"'},
    "program bare": {"sagemaker_program": "train"},
    "program in a folder": {"sagemaker_program": "steps/train.py"},
    "program of a shell": {"sagemaker_program": "train.sh"},
    "source quoted": {"sagemaker_submit_directory": '"s3://bucket/source.tar.gz"'},
}
GROUP = {"instance_group_name": "homogeneousCluster", "instance_type": "ml.m5.large", "hosts": ["algo-1"]}
HOSTS: dict[str, dict[str, Any]] = {
    "bare": {"current_host": "algo-1", "hosts": ["algo-1"]},
    "whole": {
        "current_host": "algo-1",
        "hosts": ["algo-1"],
        "network_interface_name": "eth7",
        "current_instance_type": "ml.m5.large",
        "current_group_name": "homogeneousCluster",
        "instance_groups": [GROUP],
    },
    "two groups": {
        "current_host": "algo-2",
        "hosts": ["algo-1", "algo-2"],
        "current_instance_type": "ml.c5.large",
        "current_group_name": "second",
        "instance_groups": [
            GROUP,
            {"instance_group_name": "second", "instance_type": "ml.c5.large", "hosts": ["algo-2"]},
        ],
    },
}
CHANNEL = {"TrainingInputMode": "File", "S3DistributionType": "FullyReplicated", "RecordWrapperType": "None"}
CHANNELS: dict[str, dict[str, Any]] = {
    "none": {},
    "some": {"train": {**CHANNEL, "ContentType": "text/csv"}, "validation": CHANNEL, "hold-out_1": CHANNEL},
}
SOURCE = {"sagemaker_program": "train.py", "sagemaker_submit_directory": "s3://bucket/source.tar.gz"}
JOBS: dict[str, dict[str, Any]] = {
    **{
        name: {
            "hyperparameters": {**SOURCE, **given},
            "resourceconfig": HOSTS["whole"],
            "inputdataconfig": CHANNELS["some"],
        }
        for name, given in SETS.items()
    },
    **{
        f"hosts {hosts}, channels {channels}": {
            "hyperparameters": {**SOURCE, "a": "1", "sagemaker_mpi_enabled": "true"},
            "resourceconfig": HOSTS[hosts],
            "inputdataconfig": CHANNELS[channels],
        }
        for hosts in HOSTS
        for channels in CHANNELS
    },
    "no program": {"hyperparameters": {"a": "1"}, "resourceconfig": HOSTS["bare"], "inputdataconfig": {}},
}
IMAGES = {
    "sagemaker_containers": facts("1.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:3.2-0"),
    "sagemaker_training": facts("1.dkr.ecr.us-east-1.amazonaws.com/sagemaker-scikit-learn:1.9-0"),
}


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("ml")


@pytest.fixture(scope="module")
def theirs(base: Path) -> dict[str, dict[str, Any]]:
    """What each package says of each job."""
    told = {}
    for package, found in IMAGES.items():
        environment = {
            "PATH": os.environ["PATH"],
            "SAGEMAKER_BASE_DIR": str(base),
            "AWS_DEFAULT_REGION": "us-west-1",
            "TRAINING_JOB_NAME": "first",
            "SAGEMAKER_TRAINING_MODULE": str(found.training_module),
        }
        done = subprocess.run(
            [image.TOOLKITS / "bin" / "python", "-W", "ignore", image.MODULES / "told.py", package],
            env=environment,
            input="\n".join(json.dumps(job) for job in JOBS.values()),
            capture_output=True,
            text=True,
            timeout=image.TIMEOUT,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        told[package] = dict(zip(JOBS, map(json.loads, done.stdout.splitlines()), strict=True))
    return told


def ours(found: ImageFacts, base: Path, job: dict[str, Any]) -> TrainingEnvironment:
    return TrainingEnvironment(
        image=found,
        root=str(base),
        hyperparameters=job["hyperparameters"],
        resource_config=job["resourceconfig"],
        input_data_config=job["inputdataconfig"],
        job_name="first",
        region="us-west-1",
    )


@pytest.mark.parametrize("name", JOBS)
@pytest.mark.parametrize("package", IMAGES)
def test_a_script_is_told_what_the_package_tells_it(
    package: str, name: str, base: Path, theirs: dict[str, dict[str, Any]]
) -> None:
    told = ours(IMAGES[package], base, JOBS[name])
    expected = theirs[package][name]
    assert told.variables == expected["variables"]
    arguments = list(expected["arguments"])
    if package == "sagemaker_training" and arguments:  # which process.check_error does when it starts the script
        arguments[-1] = arguments[-1].strip('"')
    assert told.arguments == arguments
