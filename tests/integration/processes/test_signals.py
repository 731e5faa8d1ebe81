"""Every command ends within two seconds of a signal, at any moment, and leaves nothing.

`make test` takes a few moments of the first seconds, `make soak` thirty of each command's life.
"""

import os
from pathlib import Path

import pytest

from localcloud import LocalCloud
from stacks import outputs as keys
from tests.integration.datasets.flights.curated_days import DATABASE, WORK_GROUP, publish
from tests.integration.endpoints.hall import BUCKET, Hall, variant
from tests.integration.processes.interrupted import Interrupted, moments

MOMENTS = int(os.environ.get("MLREF_MOMENTS", "0"))  # of each command; 0: a few, soon
SOON = 4.0

# Seconds that they take on two processors, and options
OWN_CLOUD = {
    "up": (25.0, ("--port", "0", "--ready-file", "{out}/ready.json")),
    "demo": (110.0, ("--out", "{out}/demo")),
    "deploy-local": (80.0, ()),
}
RUNNING_CLOUD = {
    "replay": (15.0, ("--stream", "flights", "--rate", "2000")),
    "traffic": (15.0, ("--days", "2013-01-11..2013-01-13", "--rate", "100")),
}
ANSWER = """
import time
def model_fn(model_dir):
    return None
def transform_fn(model, body, content_type, accept):
    time.sleep(0.1)
    return '{"predictions": [{"probability": 0.5, "late": true}]}', "application/json"
"""


def end_often(
    command: str, options: tuple[str, ...], life: float, few: int, folder: Path, **environment: str
) -> None:
    """Start a command once for each moment. Prints figures."""
    took = []
    chosen = moments(command, MOMENTS or few, life if MOMENTS else SOON)
    for number, moment in enumerate(chosen):
        run = Interrupted(folder / f"{command}-{number}", command, *options, **environment)
        try:
            seconds = run.at(moment)
        finally:
            run.kill()
        if seconds is not None:
            took.append(seconds)
    assert len(took) > 0.8 * (number + 1), "it is to be interrupted"
    took.sort()
    most = took[int(0.95 * (len(took) - 1))]
    print(f"\n{command}: {len(took)} signals; to the end p95 {most:.2f} s, longest {took[-1]:.2f} s")


@pytest.mark.parametrize(("command", "few"), [("up", 2), ("demo", 2), ("deploy-local", 1)])
def test_with_a_cloud_of_its_own(command: str, few: int, tmp_path: Path) -> None:
    life, options = OWN_CLOUD[command]
    end_often(command, options, life, few, tmp_path)


@pytest.fixture
def target(cloud: LocalCloud, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """Variables of a cloud with a stream, a table and an endpoint, and stacks whose outputs name them."""
    for name, value in cloud.environment.items():
        monkeypatch.setenv(name, value)
    hall = Hall(cloud)
    publish(cloud, tmp_path, "2013-01-11", "2013-01-13")
    hall.endpoint(hall.config("first", variant(hall.model("slow", ANSWER))))
    cloud.client("kinesis").create_stream(StreamName="flights", ShardCount=2)
    told = {
        keys.FOUNDATION: {keys.DATASET: "flights", keys.LAKE_BUCKET: BUCKET, keys.DATABASE: DATABASE},
        keys.LAKEHOUSE: {keys.WORK_GROUP: WORK_GROUP},
        keys.SERVING: {keys.ENDPOINT: "flights"},
    }
    for stack, names in told.items():
        lines = "\n".join(f"  {key}: {{Value: {name}}}" for key, name in names.items())
        template = f"Resources: {{Topic: {{Type: AWS::SNS::Topic}}}}\nOutputs:\n{lines}\n"
        cloud.client("cloudformation").create_stack(StackName=keys.stack_name("mlref", stack), TemplateBody=template)
    return cloud.environment


def test_against_a_running_cloud(target: dict[str, str], tmp_path: Path) -> None:
    for command, (life, options) in RUNNING_CLOUD.items():
        end_often(command, options, life, 2, tmp_path, **target)
