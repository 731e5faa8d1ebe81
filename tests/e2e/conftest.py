"""January 2013, streamed with dirt into stacks that `mlref up` deployed, and curated: one run for all tests here."""

import json
import os
import signal
import subprocess
import time
from collections.abc import Iterator

import pandas as pd
import pytest

from cli.lake.producer.accounting import Account, Accountant
from contracts import load
from datasets.flights.producer import data_folder
from tests.e2e.support import DATASET, MLREF, Deployment, January, Told, curate, demo

SENT_WITHIN_SECONDS = 240


@pytest.fixture(scope="session")
def whole_demo(tmp_path_factory: pytest.TempPathFactory) -> Told:
    """The demo to its end, in a cloud that refuses what no policy allows: one run for all tests of it."""
    return demo(tmp_path_factory.mktemp("demo"), "--enforce", "--dataset", DATASET)


@pytest.fixture(scope="session")
def deployment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    ready = tmp_path_factory.mktemp("up") / "ready.json"
    process = subprocess.Popen(
        [MLREF, "up", "--port", "0", "--ready-file", str(ready)], stderr=subprocess.PIPE, text=True
    )
    try:
        deadline = time.monotonic() + 180
        while not ready.exists():
            if process.poll() is not None or time.monotonic() > deadline:
                pytest.fail(f"mlref up did not get ready: {process.communicate(timeout=5)[1]}")
            time.sleep(0.1)
        facts = json.loads(ready.read_text("utf-8"))
        environment = {**os.environ, "AWS_ENDPOINT_URL": facts["endpoint"], "AWS_REGION": facts["region"]}
        yield Deployment(environment, facts["outputs"])
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=30) == 130, "as shells tell Ctrl-C"
    finally:
        process.kill()
        process.communicate()


@pytest.fixture(scope="session")
def january(deployment: Deployment) -> January:
    assert deployment.mlref("load-reference").returncode == 0
    replayed = deployment.mlref("replay", "--months", "1", "--dirt", "0.01", "--seed", "7")
    assert replayed.returncode == 0, replayed.stderr
    accepted = int(replayed.stderr.split(" records")[0].replace(",", ""))
    bucket = deployment.output("Foundation", "LakeBucketName")
    os.environ["AWS_ENDPOINT_URL"] = deployment.environment["AWS_ENDPOINT_URL"]
    try:
        found = _settled(bucket, accepted)
    finally:
        del os.environ["AWS_ENDPOINT_URL"]
    flights = pd.read_csv(data_folder() / "flights.csv.zip")
    curate(deployment)
    return January(deployment, found, accepted, flights[flights["month"] == 1])


def _settled(bucket: str, accepted: int) -> Account:
    deadline = time.monotonic() + SENT_WITHIN_SECONDS
    accountant = Accountant(bucket, load("flights").events)
    while True:
        found = accountant.count()
        if found.delivered + found.quarantined + found.dropped >= accepted or time.monotonic() > deadline:
            return found
        time.sleep(0.5)
