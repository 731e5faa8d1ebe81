"""The curation job through Glue's API against bare Sail doing the same reads and writes."""

import os
import subprocess
import sys
from pathlib import Path

import boto3

from benchmarks.measure import Ratio, seconds
from cli.deployment import Outputs
from cli.lake.lakehouse import run_job

BARE = Path(__file__).parent / "bare_sail.py"
REPEAT = 3


def measure(names: Outputs) -> Ratio:
    """Wall-clock of a whole run, from the start of the process or the call to the last object written."""
    environment = {**os.environ, "LAKE": names.lake_bucket}
    peer = seconds(
        lambda: subprocess.run([sys.executable, str(BARE)], env=environment, check=True, capture_output=True), REPEAT
    )

    def job() -> None:
        boto3.client("glue").reset_job_bookmark(JobName=names.curate_job)
        run_job(names.curate_job)

    ours = seconds(job, REPEAT)
    how = (
        "January: new events, all events and reference files in, two staged tables, 31 partitions out. Ours besides: "
        "casts, rates, quality rules, catalog, bookmark; it starts in a worker that waits with Sail loaded; "
        f"best of {REPEAT}"
    )
    return Ratio("Glue job", ours, "bare Sail", peer, "s", "≤ 1.3", how)
